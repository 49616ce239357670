"""What may a diagram not say? Everything we could not execute as drawn, by file, line and element.

Nothing is ever dropped silently: an element is executed right, or refused here by name, or noted as
set aside. A refusal is a Finding, a note is a Finding with `warning`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from engine.errors import Finding
from engine.process.clockwork import compile_timer
from engine.process.expressions import compile_condition, compile_script, compile_template, compile_value
from engine.process.feel_lexer import BadExpression
from engine.process.model import Diagram, Element, Flow, Loop, Process

MAX_ELEMENTS: Final = 5_000
#: Signs of all names and expressions of a process.
MAX_VOLUME: Final = 500_000
MAX_REACH: Final = 1_000_000
REFUSED: Final = {
    "complexGateway": "cổng phức hợp",
    "transaction": "giao dịch",
    "adHocSubProcess": "quy trình con tùy biến",
    "callChoreography": "vũ đạo",
    "choreographyTask": "vũ đạo",
    "subChoreography": "vũ đạo",
    "implicitThrowEvent": "sự kiện phát ngầm",
    "event": "sự kiện không rõ loại",
}
_EVENT_WORDS: Final = {
    "none": "không có loại",
    "compensate": "bù trừ",
    "conditional": "điều kiện",
    "link": "nối",
    "cancel": "hủy giao dịch",
    "terminate": "chấm dứt",
    "message": "thông điệp",
    "signal": "tín hiệu",
    "timer": "hẹn giờ",
    "error": "lỗi",
    "escalation": "leo thang",
}
ACTIVITIES: Final = frozenset(
    "task userTask manualTask serviceTask scriptTask businessRuleTask sendTask receiveTask callActivity subProcess".split()
)
_EVENTS: Final[dict[str, frozenset[str]]] = {
    "endEvent": frozenset({"none", "message", "signal", "error", "escalation", "terminate"}),
    "intermediateCatchEvent": frozenset({"message", "signal", "timer"}),
    "intermediateThrowEvent": frozenset({"none", "message", "signal", "escalation"}),
    "boundaryEvent": frozenset({"message", "signal", "timer", "error", "escalation"}),
}
_PROCESS_STARTS: Final = frozenset({"none", "message", "signal", "timer"})
_HANDLER_STARTS: Final = frozenset({"message", "signal", "timer", "error", "escalation"})
_CONDITIONAL: Final = ("exclusiveGateway", "inclusiveGateway")


def lint(diagrams: Iterable[Diagram], decisions: Iterable[str] = ()) -> list[Finding]:
    """All findings of diagrams deployed together, by file and line."""
    diagrams = list(diagrams)
    known: dict[str, Process] = {}
    findings: list[Finding] = []
    for diagram in diagrams:
        for process in diagram.processes:
            if process.id in known:
                findings.append(
                    _finding(
                        process,
                        process.line,
                        process.id,
                        f"Mã quy trình “{process.id}” đã dùng ở tệp {known[process.id].file}.",
                    )
                )
            known.setdefault(process.id, process)
    for process in (process for diagram in diagrams for process in diagram.processes):
        findings += _Linter(process, known, frozenset(decisions)).findings()
    return sorted(findings, key=lambda f: (f.file, f.line, f.element, f.reason))


def _finding(process: Process, line: int, element: str, reason: str, *, warning: bool = False) -> Finding:
    return Finding(file=process.file, line=line, element=element, reason=reason, warning=warning)


class _Linter:
    """The findings of one process."""

    def __init__(self, process: Process, known: Mapping[str, Process], decisions: frozenset[str]) -> None:
        self.process, self.known, self.decisions = process, known, decisions
        self.out: dict[str, list[Flow]] = {}
        self.into: dict[str, list[Flow]] = {}
        for flow in process.flows.values():
            self.out.setdefault(flow.source, []).append(flow)
            self.into.setdefault(flow.target, []).append(flow)
        self.scopes: dict[str | None, list[Element]] = {}
        for element in process.elements.values():
            self.scopes.setdefault(element.scope, []).append(element)
        self.found: list[Finding] = []
        self.volume = 0

    def findings(self) -> list[Finding]:
        if len(self.process.elements) > MAX_ELEMENTS:
            self.refuse(self.process.line, self.process.id, f"Quy trình có hơn {MAX_ELEMENTS} phần tử.")
            return self.found
        joins = sum(
            e.kind == "inclusiveGateway" and len(self.into.get(e.id, [])) > 1 for e in self.process.elements.values()
        )
        # Each of them looks at all that can still reach it.
        if joins * (len(self.process.elements) + len(self.process.flows)) > MAX_REACH:
            self.refuse(self.process.line, self.process.id, "Quy trình có quá nhiều cổng bao gồm để gộp nhánh.")
            return self.found
        for flow in self.process.flows.values():
            self._flow(flow)
        for element in self.process.elements.values():
            self._element(element)
        self._scope(None, self.process.line, self.process.id)
        self._unreachable()
        if self.process.executable is False:
            self.warn(
                self.process.line,
                self.process.id,
                "Quy trình đánh dấu không chạy được (isExecutable=false) nhưng vẫn được triển khai.",
            )
        return self.found

    def refuse(self, line: int, element: str, reason: str) -> None:
        self.found.append(_finding(self.process, line, element, reason))

    def warn(self, line: int, element: str, reason: str) -> None:
        self.found.append(_finding(self.process, line, element, reason, warning=True))

    def inside(self, scope: str | None) -> list[Element]:
        return self.scopes.get(scope, [])

    # Flows

    def _flow(self, flow: Flow) -> None:
        source, target = self.process.elements.get(flow.source), self.process.elements.get(flow.target)
        if source is None or target is None:
            missing = flow.source if source is None else flow.target
            self.refuse(flow.line, flow.id, f"Luồng nối với “{missing}”, không có phần tử này trong quy trình.")
            return
        if source.scope != target.scope:
            self.refuse(flow.line, flow.id, "Luồng đi xuyên biên giới của quy trình con.")
        if target.kind in ("startEvent", "boundaryEvent"):
            self.refuse(flow.line, flow.id, "Luồng không được đi vào sự kiện bắt đầu hoặc sự kiện biên.")
        if source.kind == "endEvent":
            self.refuse(flow.line, flow.id, "Luồng không được đi ra từ sự kiện kết thúc.")
        if source.triggered_by_event or target.triggered_by_event:
            self.refuse(flow.line, flow.id, "Quy trình con theo sự kiện không có luồng vào hoặc ra.")
        if flow.condition is not None:
            self._condition(flow, source)

    def _condition(self, flow: Flow, source: Element) -> None:
        if source.kind in ("parallelGateway", "eventBasedGateway"):
            self.refuse(
                flow.line, flow.id, "Luồng ra từ cổng song song hoặc cổng theo sự kiện không được có điều kiện."
            )
        if source.default == flow.id:
            self.warn(flow.line, flow.id, "Điều kiện của luồng mặc định không được xét đến.")
        self._compiles(flow.line, flow.id, "Điều kiện", compile_condition, flow.condition or "")

    def _compiles(self, line: int, element: str, what: str, compiler: Callable[[str], object], text: str) -> None:
        before, self.volume = self.volume, self.volume + len(text)
        if self.volume > MAX_VOLUME:
            if before <= MAX_VOLUME:
                self.refuse(line, element, f"Tên và biểu thức của quy trình dài hơn {MAX_VOLUME} ký tự.")
            return
        try:
            compiler(text)
        except BadExpression as error:
            self.refuse(line, element, f"{what} “{_short(text)}” sai: {error}.")

    # Elements

    def _element(self, element: Element) -> None:
        if word := REFUSED.get(element.kind):
            self.refuse(element.line, element.id, f"Chưa hỗ trợ phần tử <{element.kind}> ({word}).")
            return
        if element.compensation:
            self.refuse(element.line, element.id, "Chưa hỗ trợ việc bù trừ (isForCompensation).")
        if element.name:
            self._compiles(element.line, element.id, "Tên", compile_template, element.name)
        if element.default is not None and element.default not in {flow.id for flow in self.out.get(element.id, [])}:
            self.refuse(element.line, element.id, f"Luồng mặc định “{element.default}” không đi ra từ phần tử này.")
        if element.kind.endswith("Gateway"):
            self._gateway(element)
        elif element.kind in ACTIVITIES:
            self._activity(element)
        if element.kind.endswith("Event") or element.kind == "receiveTask":
            self._event(element)
        for text in _evaluated(element):
            self._compiles(element.line, element.id, "Giá trị", compile_value, text)

    def _gateway(self, element: Element) -> None:
        ways = self.out.get(element.id, [])
        if element.kind in _CONDITIONAL and len(ways) > 1:
            for flow in ways:
                if flow.condition is None and flow.id != element.default:
                    self.refuse(
                        flow.line, flow.id, "Luồng ra từ cổng rẽ nhánh phải có điều kiện hoặc là luồng mặc định."
                    )
        if element.kind == "eventBasedGateway":
            self._event_gateway(element, ways)

    def _event_gateway(self, element: Element, ways: list[Flow]) -> None:
        if element.parallel_gateway_events:
            self.refuse(
                element.line, element.id, "Chưa hỗ trợ cổng theo sự kiện loại song song hoặc khởi tạo quy trình."
            )
        if not ways:
            self.refuse(element.line, element.id, "Cổng theo sự kiện không có luồng ra.")
        for flow in ways:
            target = self.process.elements.get(flow.target)
            if target is None:
                continue
            if target.kind not in ("intermediateCatchEvent", "receiveTask"):
                self.refuse(flow.line, flow.id, "Sau cổng theo sự kiện phải là sự kiện chờ hoặc bước nhận thông điệp.")
            elif len(self.into.get(target.id, [])) > 1:
                self.refuse(target.line, target.id, "Sự kiện sau cổng theo sự kiện chỉ được có một luồng vào.")

    def _activity(self, element: Element) -> None:
        if element.loop is not None:
            self._loop(element, element.loop)
        if element.kind == "callActivity":
            self._call(element)
        elif element.kind == "subProcess":
            self._sub_process(element)
        elif element.kind == "scriptTask" and element.script:
            self._compiles(
                element.line, element.id, "Kịch bản", lambda text: compile_script(text, element.result), element.script
            )
        elif element.kind == "businessRuleTask" and element.decision:
            if element.decision not in self.decisions:
                self.refuse(
                    element.line, element.id, f"Không có bảng quyết định “{element.decision}” trong bản triển khai."
                )
        elif element.kind in ("serviceTask", "scriptTask", "businessRuleTask") and not element.operation:
            self.warn(element.line, element.id, "Bước tự động không nêu thao tác nào (thuộc tính operation).")

    def _call(self, element: Element) -> None:
        if not element.called:
            self.refuse(element.line, element.id, "Hoạt động gọi không nêu quy trình được gọi (calledElement).")
        elif element.called not in self.known:
            self.refuse(
                element.line, element.id, f"Không có quy trình được gọi “{element.called}” trong bản triển khai."
            )

    def _sub_process(self, element: Element) -> None:
        inside = self.inside(element.id)
        if not inside:
            self.refuse(element.line, element.id, "Quy trình con không có phần tử nào.")
            return
        if element.triggered_by_event:
            self._handler(element, [e for e in inside if e.kind == "startEvent"])
            return
        for start in inside:
            if start.kind == "startEvent" and start.event.kind != "none":
                self.refuse(start.line, start.id, "Sự kiện bắt đầu của quy trình con không được có loại.")
        self._scope(element.id, element.line, element.id)

    def _handler(self, element: Element, starts: list[Element]) -> None:
        if len(starts) != 1:
            self.refuse(element.line, element.id, "Quy trình con theo sự kiện phải có đúng một sự kiện bắt đầu.")
        elif starts[0].event.kind not in _HANDLER_STARTS:
            word = _EVENT_WORDS.get(starts[0].event.kind, starts[0].event.kind)
            self.refuse(
                starts[0].line, starts[0].id, f"Quy trình con theo sự kiện không bắt đầu được bằng sự kiện {word}."
            )

    def _loop(self, element: Element, loop: Loop) -> None:
        if loop.kind == "standard":
            if not loop.condition and not loop.maximum:
                self.refuse(loop.line, element.id, "Vòng lặp phải có điều kiện hoặc số lần tối đa.")
        elif bool(loop.cardinality) == bool(loop.collection):
            self.refuse(loop.line, element.id, "Bước nhiều lần phải nêu đúng một trong hai: số lần hoặc tập hợp.")
        if loop.output_collection and not loop.output_item:
            self.refuse(loop.line, element.id, "Bước nhiều lần thu kết quả nhưng không nêu phần tử kết quả.")
        parts = ("cardinality", "collection", "output_item", "completion", "condition", "maximum")
        for text in (getattr(loop, part) for part in parts):
            if text:
                self._compiles(loop.line, element.id, "Biểu thức lặp", compile_condition, text)

    def _event(self, element: Element) -> None:
        event = element.event
        if element.extra_events:
            self.refuse(element.line, element.id, "Chưa hỗ trợ sự kiện nhiều loại cùng lúc.")
        allowed = _EVENTS.get(element.kind)
        if element.kind == "startEvent" and element.scope is None:
            allowed = _PROCESS_STARTS
            if event.kind in ("timer", "signal"):
                self.warn(
                    element.line,
                    element.id,
                    "Quy trình không tự bắt đầu theo giờ hay tín hiệu; phải có người hoặc phần mềm mở nó.",
                )
        if allowed is not None and event.kind not in allowed:
            self.refuse(
                element.line,
                element.id,
                f"Chưa hỗ trợ sự kiện {_EVENT_WORDS.get(event.kind, event.kind)} ở <{element.kind}>.",
            )
        if event.kind in ("message", "signal") and ("${" in event.name or event.name.startswith("=")):
            self.refuse(
                element.line,
                element.id,
                f"Tên “{_short(event.name)}” là biểu thức; tên thông điệp và tín hiệu phải cố định.",
            )
        if element.kind == "boundaryEvent":
            self._boundary(element)
        if event.kind == "timer":
            self._timer(element)

    def _boundary(self, element: Element) -> None:
        host = self.process.elements.get(element.attached_to or "")
        if host is None or host.kind not in ACTIVITIES or host.scope != element.scope or host.triggered_by_event:
            self.refuse(
                element.line,
                element.id,
                f"Sự kiện biên gắn vào “{element.attached_to or ''}”, không phải một hoạt động cùng cấp.",
            )
        elif element.event.kind == "error" and not element.interrupting:
            self.refuse(
                element.line,
                element.id,
                "Sự kiện biên bắt lỗi luôn ngắt hoạt động (cancelActivity không được là false).",
            )

    def _timer(self, element: Element) -> None:
        event = element.event
        if not event.text:
            self.refuse(event.line, element.id, "Sự kiện hẹn giờ không nêu thời điểm.")
            return
        if element.kind == "startEvent" and element.scope is None:
            return
        self._compiles(event.line, element.id, "Thời điểm", lambda text: compile_timer(event.timer, text), event.text)
        repeats = element.kind in ("boundaryEvent", "startEvent") and not element.interrupting
        if event.timer == "cycle" and not repeats:
            self.refuse(event.line, element.id, "Chu kỳ lặp chỉ dùng được cho sự kiện không ngắt.")

    # Scopes

    def _scope(self, scope: str | None, line: int, element: str) -> None:
        inside = self.inside(scope)
        if not inside:
            self.warn(line, element, "Quy trình không có bước nào.")
            return
        starts = [e for e in inside if e.kind == "startEvent"]
        plain = [e for e in starts if e.event.kind in ("none", "timer")]
        if len(plain) > 1:
            self.refuse(plain[1].line, plain[1].id, "Chỉ được có một sự kiện bắt đầu không chờ thông điệp.")
        entries = [
            e for e in inside if not self.into.get(e.id) and e.kind != "boundaryEvent" and not e.triggered_by_event
        ]
        if not starts and not entries:
            self.refuse(line, element, "Không có nơi bắt đầu: mọi bước đều có luồng vào.")

    def _unreachable(self) -> None:
        scopes = [None, *(e.id for e in self.process.elements.values() if e.kind == "subProcess")]
        for scope in scopes:
            inside = self.inside(scope)
            starts = [e for e in inside if e.kind == "startEvent"]
            reached = self._reached(
                starts or [e for e in inside if not self.into.get(e.id) and e.kind != "boundaryEvent"], inside
            )
            for element in inside:
                if element.id not in reached and not element.triggered_by_event and element.kind not in REFUSED:
                    self.warn(element.line, element.id, "Không có đường nào dẫn tới phần tử này.")

    def _reached(self, starts: list[Element], inside: list[Element]) -> set[str]:
        hanging: dict[str, list[str]] = {}
        for element in inside:
            if element.attached_to:
                hanging.setdefault(element.attached_to, []).append(element.id)
        reached: set[str] = set()
        todo = [start.id for start in starts]
        while todo:
            name = todo.pop()
            if name not in reached:
                reached.add(name)
                todo += [flow.target for flow in self.out.get(name, [])] + hanging.get(name, [])
        return reached


def _evaluated(element: Element) -> Iterator[str]:
    """Texts that are evaluated when the element runs."""
    if element.event.kind in ("message", "signal", "escalation") and element.kind in (
        "endEvent",
        "intermediateThrowEvent",
        "sendTask",
    ):
        yield from element.properties.values()
    elif element.event.kind == "message":
        yield from (element.properties[name] for name in ("correlation", "expected") if element.properties.get(name))
    if element.kind in ACTIVITIES:
        yield from (handover.source for handover in (*element.inputs, *element.outputs) if not handover.everything)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 80 else text[:77] + "…"
