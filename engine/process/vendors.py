"""Which words of other tools do we understand? Camunda 7 and its kin, Zeebe, and Spiff.

Everything here becomes a field of `model.Element`; whatever would change execution and is not
understood comes back as a note, never silently.
"""

from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from engine.process.model import Handover
from engine.process.safe_xml import BPMN

_CAMUNDA: Final = ("http://camunda.org/schema/1.0/bpmn", "http://flowable.org/bpmn", "http://activiti.org/bpmn")
_ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"
_SPIFF: Final = "http://spiffworkflow.org/bpmn/schema/1.0/core"

#: Extension elements that change nothing about execution here, or are read below.
_KNOWN: Final = frozenset(
    "properties property inputOutput in out field taskDefinition assignmentDefinition formDefinition ioMapping loopCharacteristics calledElement "
    "calledDecision script taskHeaders userTask taskSchedule subscription versionTag formData taskListener executionListener "
    "unitTests serviceTaskOperator calledDecisionId instructionsForEndUser failedJobRetryTimeCycle validation constraint connector".split()
)
_UNKNOWN_EFFECT: Final = {
    "preScript": "Kịch bản chạy trước (preScript) bị bỏ qua.",
    "postScript": "Kịch bản chạy sau (postScript) bị bỏ qua.",
    "taskListener": "Bộ lắng nghe (taskListener) bị bỏ qua.",
    "executionListener": "Bộ lắng nghe (executionListener) bị bỏ qua.",
    "connector": "Bộ nối (connector) bị bỏ qua.",
}


_XSI_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_EXPRESSIONS: Final = frozenset(
    "conditionExpression completionCondition loopCondition loopCardinality timeDate timeDuration timeCycle condition".split()
)


def repair(root: etree._Element) -> None:
    """Undo known faults of common modelers that the schema would refuse."""
    for element in root.iter(f"{{{BPMN}}}*"):
        _repair_type(element)
    for expression in root.iter(f"{{{BPMN}}}correlationPropertyRetrievalExpression"):
        for child in expression:
            if child.tag == f"{{{BPMN}}}formalExpression":
                child.tag = f"{{{BPMN}}}messagePath"


def _repair_type(element: etree._Element) -> None:
    """Name the type of an expression with the prefix that stands for BPMN here."""
    written = element.get(_XSI_TYPE)
    formal = _local(element)[1] in _EXPRESSIONS and (
        "language" in element.attrib or "evaluatesToTypeRef" in element.attrib
    )
    if formal or (written or "").rpartition(":")[2] == "tFormalExpression":
        element.set(_XSI_TYPE, f"{element.prefix}:tFormalExpression" if element.prefix else "tFormalExpression")


def read(node: etree._Element, tag: str) -> dict[str, Any]:
    """The fields of `Element` that vendors write, with `notes` on what was set aside."""
    properties = dict(_properties(node))
    handovers_in, handovers_out, notes = _handovers(node)
    decision = (
        _attribute(node, "decisionRef")
        or _zeebe(node, "calledDecision", "decisionId")
        or _spiff_text(node, "calledDecisionId")
    )
    found: dict[str, Any] = {
        "properties": properties,
        "form_key": _attribute(node, "formKey")
        or _zeebe(node, "formDefinition", "formKey")
        or _zeebe(node, "formDefinition", "formId"),
        "due_date": _attribute(node, "dueDate") or _zeebe(node, "taskSchedule", "dueDate"),
        "assignee": _attribute(node, "assignee") or _zeebe(node, "assignmentDefinition", "assignee"),
        "candidate_groups": tuple(_groups(node)),
        "operation": _operation(node, properties),
        "called": (node.get("calledElement") or "").rpartition(":")[2]
        or _zeebe(node, "calledElement", "processId")
        or "",
        "decision": decision or "",
        "decision_result": _attribute(node, "mapDecisionResult") or "",
        "result": _attribute(node, "resultVariable")
        or _zeebe(node, "calledDecision", "resultVariable")
        or _zeebe(node, "script", "resultVariable")
        or "",
        "script": (_zeebe(node, "script", "expression") or "").removeprefix("="),
        "inputs": handovers_in,
        "outputs": handovers_out,
        "notes": [*notes, *ignored(node)],
    }
    return found


def declared(node: etree._Element, prefix: str) -> dict[str, str]:
    """The properties of an element whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): value for name, value in _properties(node) if name.startswith(prefix)}


def message_key(message: etree._Element) -> str:
    """The key that a message's catchers ask for, where the vendor writes it at the message."""
    return _zeebe(message, "subscription", "correlationKey") or ""


def counts_from_one(several: etree._Element) -> bool:
    """Whether the first instance of a loop is number one for this vendor."""
    return _extension(several, _ZEEBE, "loopCharacteristics") is not None


def loop(several: etree._Element) -> dict[str, str]:
    """Collection and element names that vendors write on a multi-instance marker."""
    zeebe = _extension(several, _ZEEBE, "loopCharacteristics")
    written: dict[str, str] = {} if zeebe is None else {str(key): str(value) for key, value in zeebe.attrib.items()}
    return {
        "collection": _attribute(several, "collection") or written.get("inputCollection", ""),
        "item": _attribute(several, "elementVariable") or written.get("inputElement", ""),
        "output_collection": written.get("outputCollection", ""),
        "output_item": written.get("outputElement", ""),
    }


def _attribute(node: etree._Element, name: str) -> str | None:
    for namespace in _CAMUNDA:
        if (value := node.get(f"{{{namespace}}}{name}")) is not None:
            return value.strip()
    return None


def _extensions(node: etree._Element) -> Iterator[etree._Element]:
    for child in node:
        if child.tag == f"{{{BPMN}}}extensionElements":
            yield from child


def _extension(node: etree._Element, namespace: str, name: str) -> etree._Element | None:
    return next((child for child in _extensions(node) if child.tag == f"{{{namespace}}}{name}"), None)


def _local(element: etree._Element) -> tuple[str, str]:
    namespace, _, name = str(element.tag).rpartition("}")
    return namespace.lstrip("{"), name


def _zeebe(node: etree._Element, element: str, attribute: str) -> str | None:
    found = _extension(node, _ZEEBE, element)
    return None if found is None else found.get(attribute)


def _spiff_text(node: etree._Element, element: str) -> str | None:
    found = _extension(node, _SPIFF, element)
    return None if found is None else (found.text or "").strip()


def _properties(node: etree._Element) -> Iterator[tuple[str, str]]:
    for extension in _extensions(node):
        namespace, name = _local(extension)
        if name == "properties":
            for child in extension:
                yield child.get("name", ""), child.get("value", "")
        elif name == "taskHeaders" and namespace == _ZEEBE:
            for child in extension:
                yield child.get("key", ""), child.get("value", "")


def _groups(node: etree._Element) -> list[str]:
    written = _attribute(node, "candidateGroups") or _zeebe(node, "assignmentDefinition", "candidateGroups") or ""
    return [group.strip() for group in written.split(",") if group.strip()]


def _operation(node: etree._Element, properties: dict[str, str]) -> str:
    operator = _extension(node, _SPIFF, "serviceTaskOperator")
    candidates = (
        properties.get("operation"),
        _attribute(node, "topic"),
        _zeebe(node, "taskDefinition", "type"),
        None if operator is None else operator.get("id"),
        _attribute(node, "delegateExpression"),
        _attribute(node, "class"),
    )
    return next((name for name in candidates if name), "")


def _handovers(node: etree._Element) -> tuple[tuple[Handover, ...], tuple[Handover, ...], list[str]]:
    into: list[Handover] = []
    out: list[Handover] = []
    notes: list[str] = []
    for extension in _extensions(node):
        namespace, name = _local(extension)
        if namespace in _CAMUNDA and name in ("in", "out"):
            _call_mapping(extension, into if name == "in" else out, notes)
        elif name == "inputOutput":
            _parameters(extension, into, out, notes)
        elif namespace == _ZEEBE and name == "ioMapping":
            for child in extension:
                side = into if _local(child)[1] == "input" else out
                side.append(Handover(source=child.get("source", ""), target=child.get("target", "")))
    return tuple(into), tuple(out), notes


def _call_mapping(extension: etree._Element, side: list[Handover], notes: list[str]) -> None:
    if extension.get("variables") == "all":
        side.append(Handover(source="", target="", everything=True))
    elif extension.get("businessKey") is not None:
        notes.append("Khóa nghiệp vụ (businessKey) bị bỏ qua.")
    else:
        source = extension.get("source")
        written = f"={source}" if source else extension.get("sourceExpression", "")
        side.append(Handover(source=written, target=extension.get("target", "")))


def _parameters(extension: etree._Element, into: list[Handover], out: list[Handover], notes: list[str]) -> None:
    for child in extension:
        name = child.get("name", "")
        if len(child):
            notes.append(f"Tham số “{name}” dùng danh sách, bảng hoặc kịch bản: chưa hỗ trợ, bị bỏ qua.")
            continue
        side = into if _local(child)[1] == "inputParameter" else out
        side.append(Handover(source=(child.text or "").strip(), target=name))


#: Attributes that are read, or change nothing here (transactions, retries, history, forms of other engines).
_ATTRIBUTES: Final = frozenset(
    "assignee candidateGroups candidateUsers dueDate followUpDate priority formKey formRef formRefBinding formRefVersion topic type class "
    "delegateExpression expression resultVariable decisionRef decisionRefBinding decisionRefVersion decisionRefTenantId mapDecisionResult "
    "collection elementVariable asyncBefore asyncAfter async exclusive jobPriority taskPriority versionTag historyTimeToLive isStartableInStarterTool "
    "initiator calledElementBinding calledElementVersion calledElementTenantId formFieldValidation modelerTemplate modelerTemplateVersion "
    "modelerTemplateIcon formHandlerClass variableMappingClass candidateStarterGroups candidateStarterUsers owner category".split()
)


def ignored(node: etree._Element) -> Iterator[str]:
    """What vendors wrote at an element that is not understood here, one sentence each."""
    for name in node.attrib:
        namespace, local = str(name).lstrip("{").rpartition("}")[::2]
        if namespace in _CAMUNDA and local not in _ATTRIBUTES:
            yield f"Thuộc tính “{local}” không được hiểu và bị bỏ qua."
    for extension in _extensions(node):
        namespace, name = _local(extension)
        if name in _UNKNOWN_EFFECT:
            yield _UNKNOWN_EFFECT[name]
        elif name not in _KNOWN and namespace in (*_CAMUNDA, _ZEEBE, _SPIFF):
            yield f"Phần mở rộng <{name}> không được hiểu và bị bỏ qua."
