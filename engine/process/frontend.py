"""What does this BPMN file say? From bytes to a `Diagram`, with a note for everything set aside.

The file is read safely, checked against the BPMN 2.0 schema, then normalised: missing ids are made
from the place, references lose their prefixes, vendor attributes (Camunda, Flowable, Activiti,
Zeebe, Spiff) become the fields of `model`.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from lxml import etree

from engine.errors import BadDiagram, Finding
from engine.process import vendors
from engine.process.model import Diagram, Element, Event, Flow, Lane, Loop, MessageFlow, Participant, Process
from engine.process.safe_xml import BPMN, line_of, read_xml, schema_findings
from engine.process.shapes import read_shapes

FLOW_NODES: Final = frozenset(
    "task userTask manualTask serviceTask scriptTask businessRuleTask sendTask receiveTask callActivity subProcess transaction "
    "adHocSubProcess startEvent endEvent intermediateCatchEvent intermediateThrowEvent boundaryEvent implicitThrowEvent exclusiveGateway "
    "inclusiveGateway parallelGateway eventBasedGateway complexGateway callChoreography choreographyTask subChoreography event".split()
)
SUB_PROCESSES: Final = frozenset({"subProcess", "transaction", "adHocSubProcess"})
_DRAWING: Final = {"textAnnotation": "chú thích", "group": "khung nhóm", "association": "đường nối chú thích"}
_NOTED_ELSEWHERE: Final = frozenset(
    "process message signal error escalation dataObject multiInstanceLoopCharacteristics".split()
)
_EVENT_SUFFIX: Final = "EventDefinition"


def tag_of(element: etree._Element) -> str:
    """Local name of a BPMN element; empty for any other namespace."""
    name = str(element.tag)
    return name.removeprefix(f"{{{BPMN}}}") if name.startswith(f"{{{BPMN}}}") else ""


def children(element: etree._Element, *tags: str) -> Iterator[etree._Element]:
    """Direct BPMN children with one of the names, in document order."""
    return (child for child in element if tag_of(child) in tags)


def text_of(element: etree._Element | None) -> str:
    """Stripped text of an element, empty when it is missing."""
    return "" if element is None else "".join(str(part) for part in element.itertext()).strip()


def child_text(element: etree._Element, tag: str) -> str:
    """Text of the first direct child with that name."""
    return text_of(next(children(element, tag), None))


def read_diagram(file: str, content: bytes) -> tuple[Diagram, list[Finding]]:
    """Read one BPMN file; the findings are notes. Raise `BadDiagram` when it cannot be understood."""
    root = read_xml(file, content)
    if tag_of(root) != "definitions":
        raise BadDiagram(
            [
                Finding(
                    file=file,
                    line=line_of(root),
                    element="",
                    reason="Tệp không phải BPMN 2.0: thiếu phần tử gốc <definitions>.",
                )
            ]
        )
    vendors.repair(root)
    if found := schema_findings(file, root):
        raise BadDiagram(found)
    return _Reader(file, root).diagram()


class _Reader:
    """One walk over one file; holds the tables of names that events refer to."""

    def __init__(self, file: str, root: etree._Element) -> None:
        self.file, self.root = file, root
        self.notes: list[Finding] = []
        self.messages = self._names("message", "name")
        self.signals = self._names("signal", "name")
        self.errors = self._names("error", "errorCode")
        self.escalations = self._names("escalation", "escalationCode")
        self.keys = {child.get("id", ""): vendors.message_key(child) for child in children(self.root, "message")}
        self.message_flows = self._message_flows()
        self.flows_of: dict[str, MessageFlow] = {}
        for message_flow in self.message_flows:
            self.flows_of.setdefault(message_flow.source, message_flow)
            self.flows_of.setdefault(message_flow.target, message_flow)
        self.data = _data_nodes(self.root)

    def diagram(self) -> tuple[Diagram, list[Finding]]:
        processes = tuple(self._process(child) for child in children(self.root, "process"))
        shapes, edges = read_shapes(self.root)
        diagram = Diagram(
            file=self.file,
            processes=processes,
            participants=tuple(self._participants()),
            message_flows=tuple(self.message_flows),
            shapes=shapes,
            edges=edges,
            artifacts=self._artifacts(),
        )
        self._note_drawing()
        self._note_vendors()
        return diagram, self.notes

    def note(self, element: etree._Element, reason: str) -> None:
        self.notes.append(
            Finding(file=self.file, line=line_of(element), element=element.get("id", ""), reason=reason, warning=True)
        )

    def _names(self, tag: str, attribute: str) -> dict[str, str]:
        return {
            child.get("id", ""): child.get(attribute) or child.get("name") or child.get("id") or ""
            for child in children(self.root, tag)
        }

    def _participants(self) -> Iterator[Participant]:
        for collaboration in children(self.root, "collaboration"):
            for child in children(collaboration, "participant"):
                process = _unprefixed(child.get("processRef")) or None
                yield Participant(id=child.get("id", ""), name=child.get("name", ""), process=process)

    def _message_flows(self) -> list[MessageFlow]:
        return [
            MessageFlow(
                id=child.get("id", f"messageFlow_{number}"),
                name=self.messages.get(_unprefixed(child.get("messageRef")), child.get("name", "")),
                source=_unprefixed(child.get("sourceRef")),
                target=_unprefixed(child.get("targetRef")),
            )
            for collaboration in children(self.root, "collaboration")
            for number, child in enumerate(children(collaboration, "messageFlow"), 1)
        ]

    def _artifacts(self) -> dict[str, str]:
        found = {}
        for child in self.root.iter(f"{{{BPMN}}}textAnnotation", f"{{{BPMN}}}group"):
            found[child.get("id", "")] = child_text(child, "text")
        return found

    def _note_drawing(self) -> None:
        for tag, word in _DRAWING.items():
            first = next(self.root.iter(f"{{{BPMN}}}{tag}"), None)
            if first is not None:
                self.note(first, f"Phần tử chỉ để vẽ ({word}) không ảnh hưởng đến việc chạy.")
        first = next(self.root.iter(f"{{{BPMN}}}dataStoreReference"), None)
        if first is not None:
            self.note(first, "Kho dữ liệu (dataStoreReference) chỉ được vẽ, không được đọc hay ghi.")

    def _note_vendors(self) -> None:
        """Note what vendors wrote elsewhere than at flow nodes and is not understood."""
        for element in self.root.iter(f"{{{BPMN}}}*"):
            tag = tag_of(element)
            if tag in _NOTED_ELSEWHERE or tag.endswith(_EVENT_SUFFIX):
                for reason in vendors.ignored(element):
                    self.note(element, reason)

    # Processes

    def _process(self, node: etree._Element) -> Process:
        identity = node.get("id") or f"process_{line_of(node)}"
        lanes, lane_of = self._lanes(node)
        elements: dict[str, Element] = {}
        flows: dict[str, Flow] = {}
        self._scope(node, None, lane_of, elements, flows)
        executable = node.get("isExecutable")
        return Process(
            id=identity,
            name=node.get("name") or identity,
            file=self.file,
            line=line_of(node),
            executable=None if executable is None else executable in ("true", "1"),
            elements=elements,
            flows=flows,
            lanes=lanes,
            data_objects=tuple(_data_objects(node)),
            documentation=child_text(node, "documentation"),
            asks=vendors.declared(node, "parameter."),
            options=vendors.declared(node, "option."),
        )

    def _lanes(self, node: etree._Element) -> tuple[dict[str, Lane], dict[str, str]]:
        lanes: dict[str, Lane] = {}
        lane_of: dict[str, str] = {}
        for lane in node.iter(f"{{{BPMN}}}lane"):
            identity = lane.get("id") or f"lane_{len(lanes) + 1}"
            outer = next(lane.iterancestors(f"{{{BPMN}}}lane"), None)
            scope = next(lane.iterancestors(*(f"{{{BPMN}}}{tag}" for tag in SUB_PROCESSES)), None)
            lanes[identity] = Lane(
                id=identity,
                name=lane.get("name", ""),
                parent=None if outer is None else outer.get("id"),
                scope=None if scope is None else scope.get("id"),
            )
            # Document order puts inner lanes after their outer lane, so the innermost wins.
            lane_of.update({_unprefixed(text_of(ref)): identity for ref in children(lane, "flowNodeRef")})
        return lanes, lane_of

    def _scope(
        self,
        node: etree._Element,
        scope: str | None,
        lane_of: Mapping[str, str],
        elements: dict[str, Element],
        flows: dict[str, Flow],
    ) -> None:
        for number, child in enumerate(node, 1):
            tag = tag_of(child)
            if tag == "sequenceFlow":
                flow = self._flow(child, f"{scope or node.get('id', 'process')}_flow_{number}")
                flows[flow.id] = flow
            elif tag in FLOW_NODES:
                element = self._element(
                    child, tag, scope, lane_of, f"{scope or node.get('id', 'process')}_{tag}_{number}"
                )
                elements[element.id] = element
                if tag in SUB_PROCESSES:
                    self._scope(child, element.id, _inner_lanes(child, lane_of, element.lane), elements, flows)

    def _flow(self, node: etree._Element, fallback: str) -> Flow:
        condition = next(children(node, "conditionExpression"), None)
        return Flow(
            id=node.get("id") or fallback,
            name=node.get("name", ""),
            source=_unprefixed(node.get("sourceRef")),
            target=_unprefixed(node.get("targetRef")),
            condition=None if condition is None or not text_of(condition) else text_of(condition),
            line=line_of(node),
        )

    def _element(
        self, node: etree._Element, tag: str, scope: str | None, lane_of: Mapping[str, str], fallback: str
    ) -> Element:
        identity = node.get("id") or fallback
        definitions = [child for child in node if tag_of(child).endswith(_EVENT_SUFFIX)]
        definitions += children(node, "eventDefinitionRef")
        extras = vendors.read(node, tag)
        for reason in extras.pop("notes"):
            self.note(node, reason)
        self._associations(node)
        event = self._event(node, tag, definitions, works=bool(extras["operation"]))
        if key := self._key(node, definitions):
            extras["properties"] = {"correlation": key, **extras["properties"]}
        return Element(
            id=identity,
            kind=tag,
            name=_one_line(node.get("name", "")),
            scope=scope,
            line=line_of(node),
            lane=lane_of.get(identity, lane_of.get("")),
            event=event,
            extra_events=max(len(definitions) - 1, 0),
            attached_to=_unprefixed(node.get("attachedToRef")) or None,
            interrupting=(node.get("cancelActivity") or node.get("isInterrupting") or "true") in ("true", "1"),
            triggered_by_event=node.get("triggeredByEvent") in ("true", "1"),
            parallel_gateway_events=node.get("eventGatewayType") == "Parallel"
            or node.get("instantiate") in ("true", "1"),
            compensation=node.get("isForCompensation") in ("true", "1"),
            default=_unprefixed(node.get("default")) or None,
            loop=self._loop(node),
            script=child_text(node, "script") or extras.pop("script", ""),
            documentation=child_text(node, "documentation"),
            **{key: value for key, value in extras.items() if key != "script"},
        )

    def _associations(self, node: etree._Element) -> None:
        """Data associations are drawings of who reads what; one that computes would change what happens."""
        for association in children(node, "dataInputAssociation", "dataOutputAssociation"):
            for child in children(association, "assignment", "transformation"):
                reason = "Chưa hỗ trợ phép gán hoặc biến đổi trên đường dữ liệu."
                self.notes.append(
                    Finding(file=self.file, line=line_of(child), element=node.get("id", ""), reason=reason)
                )

    # Events

    def _key(self, node: etree._Element, definitions: list[etree._Element]) -> str:
        """The key that the message itself asks of those who catch it; a start of a process has no key to wait for."""
        tag = tag_of(node)
        by_event = tag == "startEvent" and _is_true(node.getparent(), "triggeredByEvent")
        if tag not in ("receiveTask", "intermediateCatchEvent", "boundaryEvent") and not by_event:
            return ""
        references = [node.get("messageRef"), *(definition.get("messageRef") for definition in definitions)]
        return next((key for reference in references if (key := self.keys.get(_unprefixed(reference)))), "")

    def _event(self, node: etree._Element, tag: str, definitions: list[etree._Element], *, works: bool) -> Event:
        if tag in ("sendTask", "receiveTask"):
            reference = _unprefixed(node.get("messageRef"))
            if tag == "sendTask" and not reference and (works or self._flow_of(node) is None):
                return Event(line=line_of(node))
            return Event(kind="message", name=self._named(node, self.messages, reference), line=line_of(node))
        if not definitions:
            return Event(line=line_of(node))
        definition = definitions[0]
        kind = tag_of(definition).removesuffix(_EVENT_SUFFIX)
        line = line_of(definition)
        if kind == "message":
            return Event(
                kind=kind, name=self._named(node, self.messages, _unprefixed(definition.get("messageRef"))), line=line
            )
        if kind == "signal":
            return Event(
                kind=kind, name=self._named(node, self.signals, _unprefixed(definition.get("signalRef"))), line=line
            )
        if kind == "error":
            return Event(kind=kind, name=_code(self.errors, definition.get("errorRef")), line=line)
        if kind == "escalation":
            return Event(kind=kind, name=_code(self.escalations, definition.get("escalationRef")), line=line)
        if kind == "timer":
            return _timer(definition)
        return Event(kind=kind, line=line)

    def _named(self, node: etree._Element, table: Mapping[str, str], reference: str) -> str:
        """Name of a message or signal; a missing reference falls back on the message flow, then the node's own name."""
        if reference:
            return table.get(reference, reference)
        flow = self._flow_of(node)
        if flow is not None:
            self.note(node, "Sự kiện không nêu thông điệp: dùng tên của luồng thông điệp nối với nó.")
            return flow.name or flow.id
        self.note(node, "Sự kiện không nêu thông điệp hoặc tín hiệu: dùng chính tên của phần tử.")
        return _one_line(node.get("name", "")) or node.get("id", "")

    def _flow_of(self, node: etree._Element) -> MessageFlow | None:
        """The message flow drawn at a node."""
        return self.flows_of.get(node.get("id", "") or "?")

    # Loops

    def _loop(self, node: etree._Element) -> Loop | None:
        standard = next(children(node, "standardLoopCharacteristics"), None)
        if standard is not None:
            return Loop(
                kind="standard",
                condition=child_text(standard, "loopCondition"),
                test_before=standard.get("testBefore") in ("true", "1"),
                maximum=standard.get("loopMaximum", ""),
                line=line_of(standard),
            )
        several = next(children(node, "multiInstanceLoopCharacteristics"), None)
        if several is None:
            return None
        vendor = vendors.loop(several)
        return Loop(
            kind="sequential" if several.get("isSequential") in ("true", "1") else "parallel",
            cardinality=child_text(several, "loopCardinality"),
            collection=vendor["collection"]
            or _data_source(self.data, node, child_text(several, "loopDataInputRef"), "dataInputAssociation"),
            item=vendor["item"] or _item_name(several, "inputDataItem"),
            output_collection=vendor["output_collection"]
            or _data_source(self.data, node, child_text(several, "loopDataOutputRef"), "dataOutputAssociation"),
            output_item=vendor["output_item"] or _item_name(several, "outputDataItem"),
            completion=child_text(several, "completionCondition"),
            first=1 if vendors.counts_from_one(several) else 0,
            line=line_of(several),
        )


def _unprefixed(reference: str | None) -> str:
    return (reference or "").strip().rpartition(":")[2]


def _is_true(node: etree._Element | None, name: str) -> bool:
    return node is not None and node.get(name) in ("true", "1")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _code(table: Mapping[str, str], reference: str | None) -> str:
    name = _unprefixed(reference)
    return table.get(name, name)


def _timer(definition: etree._Element) -> Event:
    for tag, kind in (("timeDate", "date"), ("timeDuration", "duration"), ("timeCycle", "cycle")):
        if text := child_text(definition, tag):
            return Event(kind="timer", timer=kind, text=text, line=line_of(definition))
    return Event(kind="timer", line=line_of(definition))


def _inner_lanes(node: etree._Element, lane_of: Mapping[str, str], lane: str | None) -> Mapping[str, str]:
    # A node of a sub-process that no lane lists stands in the lane of the sub-process ("" is the fallback).
    inherited = lane if lane is not None else lane_of.get("")
    return {**lane_of, "": inherited} if inherited is not None else lane_of


def _data_objects(node: etree._Element) -> Iterator[str]:
    for child in node.iter(f"{{{BPMN}}}dataObject"):
        yield child.get("name") or child.get("id") or ""


def _item_name(several: etree._Element, tag: str) -> str:
    item = next(children(several, tag), None)
    return "" if item is None else item.get("name") or item.get("id") or ""


def _data_nodes(root: etree._Element) -> dict[str, etree._Element]:
    """Everything that stands for data, by id; what is drawn stands for what it refers to."""
    found: dict[str, etree._Element] = {}
    for tag in ("dataObjectReference", "dataObject", "dataInput", "dataOutput"):
        for node in root.iter(f"{{{BPMN}}}{tag}"):
            found.setdefault(node.get("id", ""), node)
    return found


def _data_source(data: Mapping[str, etree._Element], node: etree._Element, reference: str, association: str) -> str:
    """Variable behind a loop's data reference: through the activity's own data input to the data object, if so drawn."""
    reference = _unprefixed(reference)
    ends = ("targetRef", "sourceRef") if association == "dataInputAssociation" else ("sourceRef", "targetRef")
    for child in children(node, association):
        if _unprefixed(child_text(child, ends[0])) == reference:
            reference = _unprefixed(child_text(child, ends[1]))
    return _data_name(data, reference)


def _data_name(data: Mapping[str, etree._Element], reference: str) -> str:
    seen: set[str] = set()
    while reference in data and reference not in seen:
        seen.add(reference)
        target = _unprefixed(data[reference].get("dataObjectRef"))
        if not target or target == reference:
            return data[reference].get("name") or reference
        reference = target
    return reference
