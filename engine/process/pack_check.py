"""Do a model's tables and its diagram fit together? What the diagram names must be declared."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.errors import Finding
from engine.ports.process import Definition, Node, ProcessInfo, call_of
from engine.process.pack_figures import check_figures
from engine.process.pack_files import MODEL, SHARED
from engine.process.pack_papers import check_draft, check_paper
from engine.process.pack_toml import Report
from engine.process.safe_xml import line_of, read_xml
from engine.process.shared_calls import filled, holes
from engine.rules.cycle_models import ACTS, OPERATIONS, RANKING, CycleModel
from engine.rules.deadlines import names_of
from engine.rules.dossiers import DossierState
from engine.use_cases.wording import properties

_TASKS: Final = ("userTask", "manualTask", "task")
_DATES: Final = re.compile(r"\b(?:opens|campaign|last_day|late_from)\(\s*[\"']([^\"']*)[\"']\s*\)")
_SETTINGS: Final = re.compile(r"\bsetting\(\s*[\"']([^\"']*)[\"']\s*\)")
_TOPIC: Final = re.compile(r"\{[^}]*camunda[^}]*\}topic")


@dataclass(slots=True)
class _Drawn:
    """What the diagrams' XML says beside the definition: where elements stand, which names its texts use."""

    places: dict[str, tuple[str, int]] = field(default_factory=dict)  #: element id → file, line
    topics: dict[str, str] = field(default_factory=dict)  #: element id → camunda:topic
    texts: list[tuple[str, int, str]] = field(default_factory=list)  #: file, line, text or attribute

    def place(self, node: Node) -> tuple[str, int]:
        """File and line of a node; of one that a call copied, those of the call."""
        return self.places.get(node.id) or self.places.get(call_of(node.id), ("", node.line))


def check_model(model: CycleModel, definition: Definition) -> list[Finding]:
    """Find what the diagram asks for and the model does not declare, and the other way round.

    `definition` is the compiled diagram of the model's own files. Findings that are no warning stop a deployment.
    """
    report, drawn = Report(), _read(model)
    _check_processes(model, definition, report)
    for info in definition.processes.values():
        for node in info.nodes.values():
            for element, reason in (*_about_node(model, info, node, drawn), *_about_since(model, definition, node)):
                report.add(*drawn.place(node), element, reason)
    _check_texts(model, definition, drawn, report)
    check_figures(model, definition, report)
    _warn_unused(model, definition, report)
    return report.findings


def _read(model: CycleModel) -> _Drawn:
    drawn = _Drawn()
    for name, content in model.files.items():
        if not name.endswith(".bpmn"):
            continue
        for element in read_xml(name, content).iter():
            line = line_of(element)
            drawn.texts += [(name, line, str(text)) for text in (element.text, *element.attrib.values()) if text]
            if own := element.get("id"):
                drawn.places[own] = (name, line)
                topic = next((str(v) for key, v in element.attrib.items() if _TOPIC.fullmatch(str(key))), None)
                drawn.topics |= {own: topic} if topic else {}
    return drawn


def _check_processes(model: CycleModel, definition: Definition, report: Report) -> None:
    for spec in model.processes:
        info = definition.processes.get(spec.id)
        if info is None:
            report.add(MODEL, 0, f"process.{spec.id}", f"Sơ đồ không có quy trình “{spec.id}”.")
        elif spec.scope == "demand" and not info.start_messages:
            report.add(
                MODEL, 0, f"process.{spec.id}", "Quy trình theo yêu cầu cần một sự kiện bắt đầu bằng thông điệp."
            )


def _about_node(model: CycleModel, info: ProcessInfo, node: Node, drawn: _Drawn) -> Iterator[tuple[str, str]]:
    if node.lane is not None and node.lane not in model.lanes and node.kind in _TASKS:
        yield node.id, f"Làn “{node.lane}” chưa được khai bằng [[lane]]."
    if node.kind in _TASKS:
        yield from _about_task(model, info, node)
    operation = node.properties.get("operation") or drawn.topics.get(node.id)
    if operation is not None:
        yield from _about_operation(model, node, operation)
        yield from ((node.id, reason) for reason in check_draft(model, node))
    if "offered_to" in node.properties:
        yield from _about_offer(model, node)
    yield from _about_names(model, node)


def _about_task(model: CycleModel, info: ProcessInfo, node: Node) -> Iterator[tuple[str, str]]:
    act = node.properties.get("act", "fill")
    if act not in ACTS:
        yield node.id, f"Không có hành vi (act) “{act}”; chọn một trong: {', '.join(ACTS)}."
    spec = next((p for p in model.processes if p.id == info.id), None)
    kinds = {kind for lane in model.lanes.values() for kind in model.kinds(lane.unit_kind)}
    if node.lane is None and spec is not None and not kinds.issuperset(model.kinds(spec.unit_kind)):
        yield node.id, f"Việc không ở làn nào, và không có [[lane]] nào của loại đơn vị “{spec.unit_kind}”."
    yield from ((node.id, reason) for reason in check_paper(model, node))


def _about_since(model: CycleModel, definition: Definition, node: Node) -> Iterator[tuple[str, str]]:
    """The variable from whose day a task's duration is counted: asked by a form, or carried by a message or signal."""
    since = node.properties.get("since")
    if since is None:
        return
    if "deadline" not in node.properties:
        yield node.id, "“since” là ngày bắt đầu đếm của một hạn: cần có thuộc tính “deadline”."
    nodes = (n for process in definition.processes.values() for n in process.nodes.values())
    if not any(since in properties(form) for form in model.forms.values()) and not any(
        since in n.properties for n in nodes
    ):
        yield node.id, f"“since”: không biểu mẫu, thông điệp hay tín hiệu nào mang “{since}”."


def _about_operation(model: CycleModel, node: Node, operation: str) -> Iterator[tuple[str, str]]:
    if operation not in OPERATIONS:
        yield node.id, f"Không có thao tác (operation) “{operation}”; chọn một trong: {', '.join(OPERATIONS)}."
        return
    for name in OPERATIONS[operation]:
        if not node.properties.get(name):
            yield node.id, f"Thao tác “{operation}” cần thuộc tính “{name}”."
    if operation in RANKING and model.ranking is None:
        yield node.id, f"Thao tác “{operation}” cần tệp ranking.toml."
    named = node.properties.get({"mark": "state", "count": "states"}.get(operation, ""), "").split()
    yield from (
        (node.id, f"Không có trạng thái hồ sơ “{state}”.") for state in named if state not in tuple(DossierState)
    )


def _about_offer(model: CycleModel, node: Node) -> Iterator[tuple[str, str]]:
    lane = node.properties["offered_to"]
    if lane not in model.lanes:
        yield node.id, f"“offered_to”: làn “{lane}” chưa được khai bằng [[lane]]."
    if not node.name.strip():
        yield node.id, "Sự kiện cho người dùng gửi cần có tên: tên là chữ trên nút."


def _about_names(model: CycleModel, node: Node) -> Iterator[tuple[str, str]]:
    """The keys of deadlines, forms and documents that a node names."""
    known = _deadline_names(model)
    deadline = node.properties.get("deadline")
    if deadline and deadline not in known:
        yield node.id, f"Hạn “{deadline}” chưa được khai bằng [[deadline]]."
    for form in (node.form_key, node.properties.get("form")):
        if form and form not in model.forms:
            yield node.id, f"Thiếu biểu mẫu forms/{form}.json."
    yield from ((node.id, reason) for reason in _about_survey(model, node))
    document = node.properties.get("document")
    if document and document not in model.documents:
        yield node.id, f"Thiếu văn bản documents/{document}.toml."


def _about_survey(model: CycleModel, node: Node) -> Iterator[str]:
    key, indicator = node.properties.get("survey"), node.properties.get("indicator")
    if key and key not in model.surveys:
        yield f"Thiếu phiếu khảo sát surveys/{key}.toml."
    elif key and indicator and indicator not in {i.key for i in model.surveys[key].indicators}:
        yield f"Phiếu surveys/{key}.toml không có [[indicator]] “{indicator}”."
    elif key and node.properties.get("operation") == "survey_result" and not model.surveys[key].indicators:
        yield f"Phiếu surveys/{key}.toml chưa có [[indicator]] nào để lấy kết quả."


def _filled_in(drawn: _Drawn, definition: Definition) -> Iterator[tuple[str, int, str]]:
    """The texts of shared processes as each call fills them in, told where the call stands."""
    open_texts = [text for _, _, text in drawn.texts if holes(text)]
    for info in definition.processes.values():
        for node in info.nodes.values():
            if node.kind == "callActivity" and node.called.partition(".")[0] in definition.shared:
                file, line = drawn.place(node)
                yield from ((file, line, filled(text, node.properties)) for text in open_texts)


def _check_texts(model: CycleModel, definition: Definition, drawn: _Drawn, report: Report) -> None:
    deadlines, settings = _deadline_names(model), {setting.key for setting in model.settings}
    for file, line, text in (*drawn.texts, *_filled_in(drawn, definition)):
        if holes(text):
            continue
        for name in _DATES.findall(text):
            if name not in deadlines:
                report.add(file, line, name, f"Hạn “{name}” chưa được khai bằng [[deadline]].")
        for name in _SETTINGS.findall(text):
            if name not in settings:
                report.add(file, line, name, f"Tùy chọn “{name}” chưa được khai bằng [[setting]].")


def _warn_unused(model: CycleModel, definition: Definition, report: Report) -> None:
    nodes = [node for info in definition.processes.values() for node in info.nodes.values()]
    used = {node.form_key for node in nodes} | {node.properties.get("form") for node in nodes}
    used |= {survey.form for survey in model.surveys.values()}
    for form in model.forms:
        if form not in used and f"{SHARED}/forms/{form}.json" not in model.files:
            report.add(f"forms/{form}.json", 0, form, "Không bước nào của sơ đồ dùng biểu mẫu này.", warning=True)
    lanes: Mapping[str, str] = {
        lane: name for info in definition.processes.values() for lane, name in info.lanes.items()
    }
    for lane in model.lanes:
        if lane not in lanes:
            report.add(MODEL, 0, f"lane.{lane}", "Sơ đồ không có làn này.", warning=True)


def _deadline_names(model: CycleModel) -> set[str]:
    return {name for rule in model.deadlines for name in names_of(rule)}
