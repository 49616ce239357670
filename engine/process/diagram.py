"""What does a running process look like to a person? The author's drawing as SVG, and the same as a list.

The picture carries classes only (no style, no script), so the strict content policy holds and the
page's style sheet decides on colours. Marks say how many instances stand at a node and how many of
them are late. Classes: `ck-bpmn` with `__pool __lane __node __flow __label __token __late`, nodes
also `--task --event --gateway --sub`, the BPMN element name, and `--current --done --late`.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Final

from engine.process import flow_labels
from engine.process.icons import CALL, EVENTS, GATEWAYS, LOOPS, TASKS, icon
from engine.process.layout import Page, lay_out
from engine.process.model import Diagram, Element, Process, Shape

KINDS: Final = {
    "userTask": "việc của người",
    "manualTask": "việc làm tay",
    "task": "công việc",
    "serviceTask": "việc phần mềm tự làm",
    "scriptTask": "phép tính",
    "businessRuleTask": "tra bảng quyết định",
    "sendTask": "gửi thông điệp",
    "receiveTask": "chờ thông điệp",
    "callActivity": "gọi quy trình khác",
    "subProcess": "nhóm bước",
    "startEvent": "bắt đầu",
    "endEvent": "kết thúc",
    "intermediateCatchEvent": "chờ sự kiện",
    "intermediateThrowEvent": "phát sự kiện",
    "boundaryEvent": "sự kiện xen vào",
    "exclusiveGateway": "rẽ một nhánh",
    "inclusiveGateway": "rẽ một hoặc nhiều nhánh",
    "parallelGateway": "chạy song song",
    "eventBasedGateway": "chờ sự kiện đến trước",
}
_LINKS: Final = ("/", "#", "?", "https://", "http://")
_MARGIN: Final = 20.0
_LETTER: Final = 6.8  #: how much room a letter of a name takes along its line
#: Plain attributes, so that the picture is legible where no style sheet reaches it; any rule of a page overrides them.
_INK: Final = 'fill="currentColor" stroke="none" text-anchor="middle" font-family="sans-serif" font-size="12"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What is known of one node: `tokens` stand there now, `late` of them, `done` passed through it."""

    tokens: int = 0
    late: int = 0
    done: int = 0
    href: str | None = None  #: where a click leads, e.g. the list of open work at this node


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedStep:
    """One line of the text alternative, in the order of the process."""

    node: str
    name: str
    kind: str  #: BPMN element name
    what: str  #: the same in Vietnamese
    lane: str
    depth: int  #: 0 in the process, 1 in a sub-process …
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A picture with its text alternative."""

    svg: str
    steps: tuple[ListedStep, ...]


_EMPTY: Final = Mark()


def draw(
    diagram: Diagram,
    *,
    title: str,
    description: str,
    marks: Mapping[str, Mark] | None = None,
    prefix: str = "so-do",
    process: str | None = None,
) -> Drawing:
    """Draw a file's main page with marks by node id; `prefix` keeps ids apart when a page holds several pictures.

    `process` limits picture and list to one process of the file, with its pool.
    """
    marks = marks or {}
    page = lay_out(diagram)
    if process is not None:
        diagram, page = _only(diagram, page, process)
    steps = tuple(step for p in diagram.processes for step in list_steps(p, marks))
    return Drawing(svg=_Picture(diagram, page, marks, prefix).svg(title, description), steps=steps)


def _only(diagram: Diagram, page: Page, process: str) -> tuple[Diagram, Page]:
    """The part of a file and its page that belongs to one process."""
    kept = tuple(p for p in diagram.processes if p.id == process)
    pools = tuple(p for p in diagram.participants if p.process == process)
    names = {p.id for p in pools} | {key for p in kept for table in (p.elements, p.lanes, p.flows) for key in table}
    notes = diagram.artifacts if len(diagram.processes) == 1 else {}
    shapes = {key: shape for key, shape in page.shapes.items() if key in names or key in notes}
    known = {key for p in diagram.processes for key in (*p.elements, *p.flows)} | {f.id for f in diagram.message_flows}
    edges = {key: edge for key, edge in page.edges.items() if key in names or (notes and key not in known)}
    return replace(diagram, processes=kept, participants=pools, message_flows=(), artifacts=notes), Page(shapes, edges)


def list_steps(process: Process, marks: Mapping[str, Mark] | None = None) -> list[ListedStep]:
    """The nodes of a process as people meet them: activities, events and named gateways, starts first."""
    depths = _depths(process)
    return [
        ListedStep(
            node=element.id,
            name=element.name or KINDS.get(element.kind, element.kind).capitalize(),
            kind=element.kind,
            what=KINDS.get(element.kind, element.kind),
            lane=process.lanes[element.lane].name if element.lane and element.lane in process.lanes else "",
            depth=depths[element.id],
            mark=(marks or {}).get(element.id, _EMPTY),
        )
        for element in _in_order(process)
        if element.name or not element.kind.endswith("Gateway")
    ]


def _depths(process: Process) -> dict[str, int]:
    depths: dict[str, int] = {}
    for element in process.elements.values():
        depths[element.id] = 0 if element.scope is None else depths[element.scope] + 1
    return depths


def _in_order(process: Process) -> list[Element]:
    """Breadth first along the flows; a sub-process is followed by its content, a host by its boundary events."""
    after: dict[str, list[str]] = {}
    entered: set[str] = set()
    for flow in process.flows.values():
        after.setdefault(flow.source, []).append(flow.target)
        entered.add(flow.target)
    inside: dict[str | None, list[Element]] = {}
    hanging: dict[str, list[Element]] = {}
    for element in process.elements.values():
        inside.setdefault(element.scope, []).append(element)
        if element.attached_to:
            hanging.setdefault(element.attached_to, []).append(element)
    ordered: dict[str, Element] = {}

    def visit(scope: str | None) -> None:
        members = [e for e in inside.get(scope, []) if not e.attached_to]
        entries = [e for e in members if e.id not in entered and not e.triggered_by_event]
        first = {e.id for e in entries}
        late = deque(e for e in members if e.id not in first)
        todo = deque(sorted(entries, key=lambda e: e.kind != "startEvent"))
        while todo or late:
            element = todo.popleft() if todo else late.popleft()
            if element.id in ordered:
                continue
            ordered[element.id] = element
            visit(element.id)
            for boundary in hanging.get(element.id, []):
                ordered[boundary.id] = boundary
            following = [
                *after.get(element.id, []),
                *(n for b in hanging.get(element.id, []) for n in after.get(b.id, [])),
            ]
            todo += [process.elements[name] for name in following if name in process.elements]

    visit(None)
    return list(ordered.values())


class _Picture:
    """The parts of one picture, back to front."""

    def __init__(self, diagram: Diagram, page: Page, marks: Mapping[str, Mark], prefix: str) -> None:
        self.diagram, self.page, self.marks = diagram, page, marks
        self.prefix = escape(prefix, quote=True)
        self.lanes = {lane.id: lane.name for process in diagram.processes for lane in process.lanes.values()}
        self.pools = {participant.id: participant.name for participant in diagram.participants}
        self.elements = {e.id: e for process in diagram.processes for e in process.elements.values()}
        self.flow_names = {f.id: f.name for process in diagram.processes for f in process.flows.values()}
        self.message_names = {f.id: f.name for f in diagram.message_flows}

    def svg(self, title: str, description: str) -> str:
        left, top, width, height = self._box()
        linked = any(mark.href for mark in self.marks.values())
        # A picture with links in it is a group: role img would hide them from assistive technology.
        role = "group" if linked else "img"
        return "".join(
            (
                f'<svg class="ck-bpmn" role="{role}" aria-labelledby="{self.prefix}-ten {self.prefix}-mo-ta" '
                f'viewBox="{_n(left)} {_n(top)} {_n(width)} {_n(height)}" xmlns="http://www.w3.org/2000/svg" fill="none" stroke="currentColor">',
                f'<title id="{self.prefix}-ten">{escape(title)}</title><desc id="{self.prefix}-mo-ta">{escape(description)}</desc>',
                f'<defs><marker id="{self.prefix}-mui" class="ck-bpmn__arrow" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="9" '
                'markerHeight="9" orient="auto"><path d="M0 0 10 5 0 10z" fill="currentColor" stroke="none"/></marker></defs>',
                *(
                    self._band(shape, self.pools[key], "pool")
                    for key, shape in self.page.shapes.items()
                    if key in self.pools
                ),
                *(
                    self._band(shape, self.lanes[key], "lane")
                    for key, shape in self.page.shapes.items()
                    if key in self.lanes
                ),
                *(self._node(e) for e in self.elements.values() if e.kind == "subProcess"),
                *self._flows(),
                *(self._node(e) for e in self.elements.values() if e.kind != "subProcess" and not e.attached_to),
                *(self._node(e) for e in self.elements.values() if e.attached_to),
                *self._artifacts(),
                "</svg>",
            )
        )

    def _box(self) -> tuple[float, float, float, float]:
        shapes = self.page.shapes.values()
        points = [point for edge in self.page.edges.values() for point in edge.points]
        xs = [s.x for s in shapes] + [s.x + s.width for s in shapes] + [x for x, _ in points]
        ys = [s.y for s in shapes] + [s.y + s.height + 24 for s in shapes] + [y for _, y in points]
        if not xs:
            return 0.0, 0.0, 100.0, 40.0
        left, top = min(xs) - _MARGIN, min(ys) - _MARGIN
        return left, top, max(xs) + _MARGIN - left, max(ys) + _MARGIN - top

    # Pools and lanes

    def _band(self, shape: Shape, name: str, kind: str) -> str:
        rect = f'<rect class="ck-bpmn__{kind}" {_rect(shape)}/>'
        if not name:
            return rect
        if not shape.horizontal:
            return rect + _text([name], shape.x + shape.width / 2, shape.y + 18, "band")
        lines = _wrap(name, max(int(shape.height / _LETTER), 8))
        first = shape.x + (18 if len(lines) == 1 else 12)
        y = shape.y + shape.height / 2
        return rect + "".join(
            f'<text class="ck-bpmn__label ck-bpmn__label--band" {_INK} transform="translate({_n(first + 13 * number)} {_n(y)}) rotate(-90)">{escape(line)}</text>'
            for number, line in enumerate(lines)
        )

    # Flows

    def _flows(self) -> Iterable[str]:
        said = {key: _wrap(name, 20) for key in self.page.edges if (name := self._flow_name(key))}
        elements = {key: element for p in self.diagram.processes for key, element in p.elements.items()}
        places = flow_labels.places(said, self.page.edges, self.page.shapes, elements)
        for key, edge in self.page.edges.items():
            kind = "flow" if key in self.flow_names else "message" if key in self.message_names else "association"
            points = " ".join(f"{_n(x)},{_n(y)}" for x, y in edge.points)
            arrow = f' marker-end="url(#{self.prefix}-mui)"' if kind != "association" else ""
            yield f'<polyline class="ck-bpmn__flow ck-bpmn__flow--{kind}" points="{points}"{arrow}/>'
            if key in places:
                yield _text(said[key], *places[key], "flow")

    def _flow_name(self, key: str) -> str:
        return self.flow_names.get(key) or self.message_names.get(key) or ""

    # Nodes

    def _node(self, element: Element) -> str:
        shape = self.page.shapes.get(element.id)
        if shape is None:
            return ""
        mark = self.marks.get(element.id, _EMPTY)
        parts = [self._body(element, shape), self._badges(shape, mark)]
        name = f"<title>{escape(self._spoken(element, mark))}</title>"
        group = f'<g class="{self._classes(element, mark)}" data-node="{escape(element.id, quote=True)}">{name}{"".join(parts)}</g>'
        if mark.href is None or not mark.href.startswith(_LINKS):
            return group
        return f'<a class="ck-bpmn__link" href="{escape(mark.href, quote=True)}">{group}</a>'

    def _classes(self, element: Element, mark: Mark) -> str:
        family = (
            "event" if element.kind.endswith("Event") else "gateway" if element.kind.endswith("Gateway") else "task"
        )
        names = [
            "ck-bpmn__node",
            f"ck-bpmn__node--{'sub' if element.kind == 'subProcess' else family}",
            f"ck-bpmn__node--{element.kind}",
        ]
        states = {"current": mark.tokens > 0, "late": mark.late > 0, "done": mark.done > 0 and not mark.tokens}
        return " ".join([*names, *(f"ck-bpmn__node--{state}" for state, on in states.items() if on)])

    def _spoken(self, element: Element, mark: Mark) -> str:
        words = [element.name or KINDS.get(element.kind, element.kind), KINDS.get(element.kind, "")]
        if mark.tokens:
            words.append(f"đang có {mark.tokens}")
        if mark.late:
            words.append(f"trễ hạn {mark.late}")
        if mark.done:
            words.append(f"đã qua {mark.done}")
        return ", ".join(word for word in dict.fromkeys(words) if word)

    def _body(self, element: Element, shape: Shape) -> str:
        if element.kind.endswith("Event"):
            return self._event(element, shape)
        if element.kind.endswith("Gateway"):
            return self._gateway(element, shape)
        return self._task(element, shape)

    def _event(self, element: Element, shape: Shape) -> str:
        x, y, radius = shape.x + shape.width / 2, shape.y + shape.height / 2, min(shape.width, shape.height) / 2
        aside = (
            " ck-bpmn__ring--aside"
            if not element.interrupting and element.kind in ("boundaryEvent", "startEvent")
            else ""
        )
        parts = [f'<circle class="ck-bpmn__ring{aside}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>']
        if element.kind in ("boundaryEvent", "intermediateCatchEvent", "intermediateThrowEvent"):
            parts.append(
                f'<circle class="ck-bpmn__ring{aside}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(max(radius - 3, 1))}"/>'
            )
        if sign := EVENTS.get(element.event.kind):
            parts.append(icon(sign, x, y, filled=element.kind in ("intermediateThrowEvent", "endEvent")))
        lines = _wrap(element.name, 18)
        host = self.page.shapes.get(element.attached_to or "")
        above = host is not None and y < host.y + host.height / 2
        parts.append(
            _text(lines, x, shape.y - 6 - 15 * (len(lines) - 1) if above else shape.y + shape.height + 14, "below")
        )
        return "".join(parts)

    def _gateway(self, element: Element, shape: Shape) -> str:
        x, y = shape.x + shape.width / 2, shape.y + shape.height / 2
        corners = f"{_n(x)},{_n(shape.y)} {_n(shape.x + shape.width)},{_n(y)} {_n(x)},{_n(shape.y + shape.height)} {_n(shape.x)},{_n(y)}"
        sign = icon(GATEWAYS.get(element.kind, ""), x, y, scale=1.3)
        return f'<polygon class="ck-bpmn__diamond" points="{corners}"/>{sign}' + _text(
            _wrap(element.name, 18), x, shape.y + shape.height + 14, "below"
        )

    def _task(self, element: Element, shape: Shape) -> str:
        rect = f'<rect class="ck-bpmn__box" {_rect(shape)} rx="8"/>'
        path = TASKS.get(element.kind)
        sign = icon(path, shape.x + 14, shape.y + 14, filled=element.kind == "sendTask") if path else ""
        if element.kind == "subProcess" and any(
            other.scope == element.id and other.id in self.page.shapes for other in self.elements.values()
        ):
            return rect + _text([element.name], shape.x + shape.width / 2, shape.y + 16, "box")
        lines = _wrap(element.name, max(int(shape.width / 7), 6))[:5]
        middle = shape.y + shape.height / 2 + 5 - (len(lines) - 1) * 7.5
        signs = [LOOPS[element.loop.kind]] if element.loop else []
        signs += [CALL] if element.kind == "callActivity" else []
        left = shape.x + shape.width / 2 - 10 * (len(signs) - 1)
        foot = "".join(icon(s, left + 20 * n, shape.y + shape.height - 10) for n, s in enumerate(signs))
        return rect + sign + _text(lines, shape.x + shape.width / 2, middle, "box") + foot

    def _badges(self, shape: Shape, mark: Mark) -> str:
        parts = []
        if mark.tokens:
            parts.append(_badge(shape.x + shape.width, shape.y, mark.tokens, "token"))
        if mark.late:
            parts.append(_badge(shape.x, shape.y, mark.late, "late"))
        return "".join(parts)

    def _artifacts(self) -> Iterable[str]:
        for key, text in self.diagram.artifacts.items():
            if shape := self.page.shapes.get(key):
                lines = _wrap(text, max(int(shape.width / 6), 8))
                yield f'<rect class="ck-bpmn__note" {_rect(shape)}/>' + _text(
                    lines, shape.x + shape.width / 2, shape.y + 16, "note"
                )


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _rect(shape: Shape) -> str:
    return f'x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" height="{_n(shape.height)}"'


def _badge(x: float, y: float, count: int, kind: str) -> str:
    text = str(count) if count < 1000 else f"{count // 1000}k"
    half = 11 + 3.5 * (len(text) - 1)
    return (
        f'<g class="ck-bpmn__{kind}" aria-hidden="true"><rect x="{_n(x - half)}" y="{_n(y - 11)}" width="{_n(half * 2)}" height="22" rx="11"/>'
        f'<text class="ck-bpmn__label ck-bpmn__label--badge" {_INK} x="{_n(x)}" y="{_n(y + 5)}">{text}</text></g>'
    )


def _text(lines: list[str], x: float, y: float, kind: str) -> str:
    lines = [line for line in lines if line]
    if not lines:
        return ""
    spans = "".join(
        f'<tspan x="{_n(x)}" y="{_n(y + 15 * number)}">{escape(line)}</tspan>' for number, line in enumerate(lines)
    )
    return f'<text class="ck-bpmn__label ck-bpmn__label--{kind}" {_INK}>{spans}</text>'


def _wrap(text: str, width: int) -> list[str]:
    """Break a text at blanks into lines of about `width` letters."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
