"""How does a diagram become specifications that tokens walk on?

Lint has judged the diagram before; what is compiled here is known to be supported. Nothing of the
result changes while instances run, so one compiled definition serves them all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.process.clockwork import Clockwork, compile_timer
from engine.process.decisions import Decisions
from engine.process.expressions import (
    Template,
    Value,
    compile_condition,
    compile_script,
    compile_template,
    compile_value,
)
from engine.process.model import Diagram, Element, Event, Handover, Loop, Process
from engine.process.spiff_instance import ScopeSpec
from engine.process.spiff_specs import (
    Activity,
    BoundaryEvent,
    CallActivity,
    CatchEvent,
    EndEvent,
    EventBasedGateway,
    EventSubProcess,
    ExclusiveGateway,
    FlowNode,
    HumanTask,
    InclusiveGateway,
    OperationTask,
    ParallelGateway,
    ReceiveTask,
    Repeat,
    RuleTask,
    ScriptTask,
    SendTask,
    StartEvent,
    SubProcess,
    ThrowEvent,
    Way,
)

#: Properties of a message event that say something to the engine: key, how long it is kept, how many are counted.
_OF_MESSAGES: Final = ("correlation", "ttl", "expected")
#: Properties of a throwing event that are no part of what it sends.
RESERVED: Final = frozenset({"operation", *_OF_MESSAGES})


@dataclass(frozen=True, slots=True)
class Program:
    """Everything compiled: scopes by key (process id, or process id and sub-process id), names to fill in."""

    scopes: dict[str, ScopeSpec] = field(default_factory=dict)
    names: dict[tuple[str, str], Template] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    diagrams: dict[str, Diagram] = field(default_factory=dict)  #: by process id
    decisions: Mapping[str, Decisions] = field(default_factory=dict)
    shared: Mapping[str, Diagram] = field(default_factory=dict)  #: drawn once, copied for each call


def scope_key(process: str, scope: str | None) -> str:
    """Key of a process's own scope, or of a sub-process in it."""
    return process if scope is None else f"{process}/{scope}"


def compile_program(
    diagrams: Iterable[Diagram], decisions: Mapping[str, Decisions], shared: Mapping[str, Diagram] | None = None
) -> Program:
    """Compile checked diagrams; raise `BadExpression` only for what lint should have found."""
    program = Program(decisions=decisions, shared=shared or {})
    for diagram in diagrams:
        for process in diagram.processes:
            program.processes[process.id] = process
            program.diagrams[process.id] = diagram
            _Compiler(process, program).run()
    return program


class _Compiler:
    def __init__(self, process: Process, program: Program) -> None:
        self.process, self.program = process, program
        self.inside: dict[str | None, list[Element]] = {None: []}
        for element in process.elements.values():
            self.inside.setdefault(element.scope, []).append(element)

    def run(self) -> None:
        for scope in [None, *(e.id for e in self.process.elements.values() if e.kind == "subProcess")]:
            key = scope_key(self.process.id, scope)
            self.program.scopes[key] = self._scope(key, scope)

    def _scope(self, key: str, scope: str | None) -> ScopeSpec:
        spec = ScopeSpec(key)
        elements = self.inside.get(scope, [])
        nodes = {element.id: self._node(spec, element) for element in elements}
        self._connect(nodes)
        for element in elements:
            if element.kind == "boundaryEvent" and isinstance(host := nodes[element.attached_to or ""], Activity):
                host.boundaries.append(element.id)
            name = compile_template(element.name)
            if not name.plain:
                self.program.names[key, element.id] = name
        self._entries(spec, elements, nodes)
        _upstream(nodes, elements)
        return spec

    def _connect(self, nodes: Mapping[str, FlowNode]) -> None:
        for flow in self.process.flows.values():
            if flow.source not in nodes:
                continue
            source = nodes[flow.source]
            condition = None if flow.condition is None else compile_condition(flow.condition)
            source.connect(nodes[flow.target])
            source.ways.append(
                Way(flow=flow.id, target=flow.target, condition=condition, default=source.element.default == flow.id)
            )
            nodes[flow.target].incoming.append(flow.id)

    def _entries(self, spec: ScopeSpec, elements: list[Element], nodes: Mapping[str, FlowNode]) -> None:
        starts = [e for e in elements if e.kind == "startEvent"]
        spec.messages = {e.event.name: e.id for e in starts if e.event.kind == "message"}
        spec.signals = {e.event.name: e.id for e in starts if e.event.kind == "signal"}
        spec.listeners = [e.id for e in elements if e.triggered_by_event]
        plain = [e.id for e in starts if e.event.kind in ("none", "timer")]
        implicit = [
            e.id
            for e in elements
            if not starts and not nodes[e.id].incoming and e.kind != "boundaryEvent" and not e.triggered_by_event
        ]
        others = [e.id for e in starts]
        spec.starts = plain[:1] or implicit or others[:1]

    # Nodes

    def _node(self, spec: ScopeSpec, element: Element) -> FlowNode:
        node = self._bare_node(spec, element)
        if isinstance(node, Activity):
            node.repeat = _repeat(element.loop)
            node.taken = _handovers(element.inputs)
            node.given = _handovers(element.outputs)
        if isinstance(node, CallActivity):
            node.everything_in = not element.inputs or any(h.everything for h in element.inputs)
            node.everything_out = not element.outputs or any(h.everything for h in element.outputs)
        if isinstance(node, ThrowEvent):
            node.payload = {
                name: compile_value(text) for name, text in element.properties.items() if name not in RESERVED
            }
        awaited = node.start if isinstance(node, EventSubProcess) else element
        if awaited.event.kind == "message":
            node.correlation, node.kept, node.expected = (_property(awaited, name) for name in _OF_MESSAGES)
        return node

    def _bare_node(self, spec: ScopeSpec, element: Element) -> FlowNode:
        match element.kind:
            case "userTask" | "manualTask" | "task":
                return HumanTask(spec, element)
            case "scriptTask" if element.script:
                return ScriptTask(spec, element, compile_script(element.script, element.result))
            case "businessRuleTask" if element.decision:
                return RuleTask(spec, element, self.program.decisions[element.decision].bind(element.decision, element))
            case "sendTask" if element.event.kind == "message":
                return SendTask(spec, element)
            case "serviceTask" | "sendTask" | "businessRuleTask" | "scriptTask":
                return OperationTask(spec, element)
            case "receiveTask":
                return ReceiveTask(spec, element)
            case "callActivity":
                return CallActivity(spec, element, element.called)
            case "subProcess" if element.triggered_by_event:
                start = next(e for e in self.inside[element.id] if e.kind == "startEvent")
                return EventSubProcess(
                    spec, element, scope_key(self.process.id, element.id), start, _timer(start.event)
                )
            case "subProcess":
                return SubProcess(spec, element, scope_key(self.process.id, element.id))
            case "boundaryEvent":
                return BoundaryEvent(spec, element, _timer(element.event))
        return _event_or_gateway(spec, element)


def _event_or_gateway(spec: ScopeSpec, element: Element) -> FlowNode:
    match element.kind:
        case "startEvent":
            return StartEvent(spec, element)
        case "endEvent":
            return EndEvent(spec, element)
        case "intermediateThrowEvent":
            return ThrowEvent(spec, element)
        case "intermediateCatchEvent":
            return CatchEvent(spec, element, _timer(element.event))
        case "exclusiveGateway":
            return ExclusiveGateway(spec, element)
        case "parallelGateway":
            return ParallelGateway(spec, element)
        case "inclusiveGateway":
            return InclusiveGateway(spec, element)
        case "eventBasedGateway":
            return EventBasedGateway(spec, element)
    raise AssertionError(f"lint let <{element.kind}> pass")


def _property(element: Element, name: str) -> Value | None:
    text = element.properties.get(name, "")
    return compile_value(text) if text.strip() else None


def _timer(event: Event) -> Clockwork | None:
    return compile_timer(event.timer, event.text) if event.kind == "timer" else None


def _handovers(handovers: Iterable[Handover]) -> list[tuple[str, Any]]:
    return [(h.target, compile_value(h.source)) for h in handovers if not h.everything]


def _repeat(loop: Loop | None) -> Repeat | None:
    if loop is None:
        return None

    def compiled(text: str) -> Any:
        return compile_condition(text) if text else None

    return Repeat(
        kind=loop.kind,
        cardinality=compiled(loop.cardinality),
        collection=compiled(loop.collection),
        item=loop.item,
        output_collection=loop.output_collection,
        output_item=compiled(loop.output_item),
        completion=compiled(loop.completion),
        condition=compiled(loop.condition),
        test_before=loop.test_before,
        maximum=compiled(loop.maximum),
        first=loop.first,
    )


def _upstream(nodes: Mapping[str, FlowNode], elements: Iterable[Element]) -> None:
    """For each flow into an inclusive join: the nodes from which a token can come without passing the join."""
    before: dict[str, set[str]] = {name: set() for name in nodes}
    source_of = {way.flow: name for name, node in nodes.items() for way in node.ways}
    for name, node in nodes.items():
        for way in node.ways:
            before[way.target].add(name)
    for element in elements:
        if element.kind == "boundaryEvent" and element.attached_to:
            before[element.id].add(element.attached_to)
    for name, node in nodes.items():
        if isinstance(node, InclusiveGateway) and len(node.incoming) > 1:
            node.upstream = {flow: _reaching(source_of[flow], before, name) for flow in node.incoming}


def _reaching(start: str, before: Mapping[str, set[str]], stop: str) -> frozenset[str]:
    seen, todo = {start} - {stop}, [start]
    while todo:
        name = todo.pop()
        if name == stop:
            continue
        fresh = before[name] - seen - {stop}
        seen |= fresh
        todo.extend(fresh)
    return frozenset(seen)
