"""Where does a node stand that its author did not draw?

A file without drawing is laid out in columns (how far from the start) and rows (one band per lane).
A single node that was inserted without a shape is put between its neighbours. The result is always
a complete set of shapes and lines for one page.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from engine.process.model import Diagram, Edge, Element, Flow, Process, Shape
from engine.process.routes import Router

_SIZES: Final = {"Event": (36.0, 36.0), "Gateway": (50.0, 50.0)}
_TASK: Final = (120.0, 80.0)
_GAP_X, _GAP_Y, _PAD, _BAND_TITLE = 60.0, 50.0, 40.0, 30.0
#: How wide a name below an event is at most, and how much room one letter of a lane's name takes.
_NAME_WIDTH, _LETTER = 120.0, 7.0


@dataclass(frozen=True, slots=True)
class Page:
    """Shapes and lines of one page, in drawing order."""

    shapes: dict[str, Shape]
    edges: dict[str, Edge]


def lay_out(diagram: Diagram) -> Page:
    """All shapes and lines of the file's main page; what has none is given a place."""
    inner = {e.id for p in diagram.processes for e in p.elements.values() if e.kind == "subProcess"}
    shapes = {key: shape for key, shape in diagram.shapes.items() if shape.plane not in inner}
    edges = {key: edge for key, edge in diagram.edges.items() if edge.plane not in inner}
    top = max((s.y + s.height for s in shapes.values()), default=0.0)
    for process in diagram.processes:
        visible = _visible(process, shapes)
        drawn = [element for element in visible if element.id in shapes]
        if drawn:
            _insert(process, visible, shapes)
        elif visible:
            fresh, below = _fresh(process, visible, top + (_PAD if top else 0.0))
            fresh.update(_pool(diagram, process, fresh))
            shapes.update(fresh)
            top = below
        _connect(process, {element.id for element in visible}, shapes, edges)
    _message_flows(diagram, shapes, edges)
    return Page(shapes, edges)


def size_of(element: Element) -> tuple[float, float]:
    """Width and height of a node that has no shape."""
    return next((size for suffix, size in _SIZES.items() if element.kind.endswith(suffix)), _TASK)


def _visible(process: Process, shapes: Mapping[str, Shape]) -> list[Element]:
    """Nodes that are drawn: not those inside a collapsed sub-process."""
    hidden: set[str] = set()
    shown = []
    for element in process.elements.values():
        shape = shapes.get(element.id)
        if element.scope in hidden:
            hidden.add(element.id)
            continue
        shown.append(element)
        if element.kind == "subProcess" and shape is not None and not shape.expanded:
            hidden.add(element.id)
    return shown


# A whole process without drawing


def _fresh(process: Process, visible: list[Element], top: float) -> tuple[dict[str, Shape], float]:
    shapes: dict[str, Shape] = {}
    lanes = [lane for lane in process.lanes.values() if lane.scope is None]
    bands = {lane.id: number for number, lane in enumerate(lanes)}
    left = _BAND_TITLE + 2 * _PAD if lanes else _PAD
    room = {number: len(lane.name) * _LETTER for number, lane in enumerate(lanes)}
    plan = _Planner(process, visible, bands, room).plan()
    width, below = _place(plan, left, top, shapes)
    for lane in lanes:
        rows = [plan.rows[e.id] for e in plan.nodes if e.lane == lane.id]
        if rows:
            low, high = top + plan.tops[min(rows)], top + plan.tops[max(rows) + 1]
            shapes[lane.id] = Shape(element=lane.id, x=_PAD, y=low, width=width - _PAD + _GAP_X, height=high - low)
    return shapes, below


def _pool(diagram: Diagram, process: Process, shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """The pool around a process that was laid out here."""
    participant = next((p.id for p in diagram.participants if p.process == process.id), None)
    if participant is None or not shapes:
        return {}
    left, top = min(s.x for s in shapes.values()) - _BAND_TITLE - 10, min(s.y for s in shapes.values()) - 10
    right = max(s.x + s.width for s in shapes.values()) + 20
    below = max(s.y + s.height for s in shapes.values()) + 30
    return {participant: Shape(element=participant, x=left, y=top, width=right - left, height=below - top)}


@dataclass(frozen=True, slots=True)
class _Plan:
    """The grid of one scope: where each node stands in it, and how large everything is."""

    nodes: list[Element]
    boundaries: list[Element]
    columns: Mapping[str, int]
    rows: Mapping[str, int]
    sizes: Mapping[str, tuple[float, float]]
    lefts: list[float]  #: left border of each column, and behind the last
    tops: list[float]
    inside: Mapping[str, "_Plan"]


class _Planner:
    """Plans every scope once, the inner ones first."""

    def __init__(
        self, process: Process, visible: list[Element], bands: Mapping[str, int], room: Mapping[int, float]
    ) -> None:
        self.bands, self.room = bands, room
        self.members: dict[str | None, list[Element]] = {}
        self.scope_of = {e.id: e.scope for e in visible}
        self.flows: dict[str | None, list[Flow]] = {}
        for element in visible:
            self.members.setdefault(element.scope, []).append(element)
        for flow in process.flows.values():
            self.flows.setdefault(self.scope_of.get(flow.source), []).append(flow)

    def plan(self, scope: str | None = None) -> _Plan:
        members = self.members.get(scope, [])
        nodes = [e for e in members if not e.attached_to]
        inside = {e.id: self.plan(e.id) for e in nodes if e.kind == "subProcess" and e.id in self.members}
        sizes = {e.id: _extent(inside[e.id]) if e.id in inside else size_of(e) for e in nodes}
        columns = _columns(nodes, self.flows.get(scope, []), {e.id: e.attached_to or "" for e in members})
        rows = _rows(nodes, columns, self.bands if scope is None else {}, self._before(members, scope))
        lefts = _borders([(columns[e.id], max(sizes[e.id][0], _name_width(e))) for e in nodes], _GAP_X)
        heights = [(rows[name], size[1]) for name, size in sizes.items()]
        tops = _borders(heights + (self._widened(nodes, rows, heights) if scope is None else []), _GAP_Y)
        return _Plan(nodes, [e for e in members if e.attached_to], columns, rows, sizes, lefts, tops, inside)

    def _before(self, members: list[Element], scope: str | None) -> dict[str, list[str]]:
        """The nodes (or the hosts of boundary events) from which a flow leads to each node, in the order of the file."""
        hosts = {e.id: e.attached_to or e.id for e in members}
        found: dict[str, list[str]] = {e.id: [] for e in members}
        for flow in self.flows.get(scope, []):
            if flow.target in found and flow.source in hosts:
                found[flow.target].append(hosts[flow.source])
        return found

    def _widened(
        self, nodes: list[Element], rows: Mapping[str, int], heights: list[tuple[int, float]]
    ) -> list[tuple[int, float]]:
        """What the last row of each lane needs so that the lane's name fits beside it."""
        tops = _borders(heights, _GAP_Y)
        found = []
        for number, wanted in self.room.items():
            own = [rows[e.id] for e in nodes if self.bands.get(e.lane or "") == number]
            if own:
                first, last = min(own), max(own)
                missing = wanted - (tops[last + 1] - tops[first])
                found.append((last, tops[last + 1] - tops[last] - _GAP_Y + max(0.0, missing)))
        return found


def _borders(extents: list[tuple[int, float]], gap: float) -> list[float]:
    """Where each column (or row) begins, from the widest node of each, and where the last one ends."""
    largest: dict[int, float] = {}
    for number, extent in extents:
        largest[number] = max(largest.get(number, 0.0), extent)
    borders = [0.0]
    for number in range(max(largest, default=-1) + 1):
        borders.append(borders[-1] + largest.get(number, 0.0) + gap)
    return borders


def _name_width(element: Element) -> float:
    """How much room the name below an event or gateway takes."""
    below = element.kind.endswith(("Event", "Gateway"))
    return min(len(element.name) * _LETTER, _NAME_WIDTH) - _GAP_X / 2 if below else 0.0


def _extent(plan: _Plan) -> tuple[float, float]:
    return plan.lefts[-1] + _PAD, plan.tops[-1] + _GAP_Y + _PAD


def _place(plan: _Plan, left: float, top: float, shapes: dict[str, Shape]) -> tuple[float, float]:
    """Give every node of a plan its shape; returns the right and lower border."""
    for element in plan.nodes:
        width, height = plan.sizes[element.id]
        column, row = plan.columns[element.id], plan.rows[element.id]
        x = left + (plan.lefts[column] + plan.lefts[column + 1] - _GAP_X - width) / 2
        y = top + _GAP_Y / 2 + (plan.tops[row] + plan.tops[row + 1] - _GAP_Y - height) / 2
        shapes[element.id] = Shape(element=element.id, x=x, y=y, width=width, height=height)
        if element.id in plan.inside:
            _place(plan.inside[element.id], x + _PAD / 2, y + _PAD / 2, shapes)
    _place_boundaries(plan.boundaries, shapes)
    return left + plan.lefts[-1], top + plan.tops[-1] + _GAP_Y


def _columns(nodes: list[Element], flows: Iterable[Flow], hosts: Mapping[str, str]) -> dict[str, int]:
    """How many steps each node is from a start; flows that go back do not count."""
    after: dict[str, list[str]] = {e.id: [] for e in nodes}
    entered: set[str] = set()
    for flow in flows:
        source = hosts.get(flow.source) or flow.source
        if source in after and flow.target in after:
            after[source].append(flow.target)
            entered.add(flow.target)
    starts = [e.id for e in nodes if e.id not in entered] or [e.id for e in nodes[:1]]
    columns: dict[str, int] = {}
    todo = deque((start, 0) for start in starts)
    while todo:
        name, column = todo.popleft()
        if name in columns:
            continue
        columns[name] = column
        todo += [(following, column + 1) for following in after[name]]
    return {e.id: columns.get(e.id, 0) for e in nodes}


def _rows(
    nodes: list[Element], columns: Mapping[str, int], bands: Mapping[str, int], before: Mapping[str, list[str]]
) -> dict[str, int]:
    """Which row each node stands in: that of what comes before it in its lane as long as it is free, else the next below."""
    rows: dict[str, int] = {}
    first = 0
    for band in [*range(len(bands)), None]:
        members = [e for e in nodes if bands.get(e.lane or "") == band]
        taken: set[tuple[int, int]] = set()
        for element in sorted(members, key=lambda e: columns[e.id]):
            column = columns[element.id]
            row = next((rows[name] - first for name in before[element.id] if rows.get(name, -1) >= first), 0)
            while (column, row) in taken:
                row += 1
            taken.add((column, row))
            rows[element.id] = first + row
        first += max((row for _, row in taken), default=-1) + 1
    return rows


def _place_boundaries(events: list[Element], shapes: dict[str, Shape]) -> None:
    placed: dict[str, int] = {}
    for event in events:
        host = shapes.get(event.attached_to or "")
        if host is None or event.id in shapes:
            continue
        number = placed.get(host.element, 0)
        placed[host.element] = number + 1
        apart = _NAME_WIDTH if host.width > 3 * _NAME_WIDTH else 48
        x = min(host.x + 12 + number * apart, host.x + host.width - 18)
        shapes[event.id] = Shape(element=event.id, x=x, y=host.y + host.height - 18, width=36, height=36)


# Single nodes without drawing


def _insert(process: Process, visible: list[Element], shapes: dict[str, Shape]) -> None:
    for element in visible:
        if element.id in shapes or element.attached_to:
            continue
        before = [s for f in process.flows.values() if f.target == element.id and (s := shapes.get(f.source))]
        after = [s for f in process.flows.values() if f.source == element.id and (s := shapes.get(f.target))]
        width, height = size_of(element)
        around = before + after or [shapes[e.id] for e in visible if e.id in shapes][-1:]
        x = sum(s.x + s.width / 2 for s in around) / len(around) - width / 2
        y = sum(s.y + s.height / 2 for s in around) / len(around) - height / 2
        wanted = Shape(element=element.id, x=x, y=y, width=width, height=height)
        nodes = [shapes[e.id] for e in visible if e.id in shapes and e.kind != "subProcess" and e.id != element.id]
        shapes[element.id] = _free(wanted, nodes)
    _place_boundaries([e for e in visible if e.attached_to], shapes)


def _free(wanted: Shape, others: list[Shape]) -> Shape:
    """The nearest place below that touches no other node."""
    shape = wanted
    while any(_overlap(shape, other) for other in others):
        shape = replace(shape, y=shape.y + 20)
    return shape


def _overlap(a: Shape, b: Shape) -> bool:
    return (
        a.x < b.x + b.width + 10
        and b.x < a.x + a.width + 10
        and a.y < b.y + b.height + 10
        and b.y < a.y + a.height + 10
    )


# Lines


def _connect(process: Process, visible: set[str], shapes: Mapping[str, Shape], edges: dict[str, Edge]) -> None:
    router = Router(shapes, process.elements, [edges[key] for key in process.flows if key in edges])
    drawn = visible & shapes.keys()
    missing = [f for f in process.flows.values() if f.id not in edges and {f.source, f.target} <= drawn]
    # What can run straight comes first: the others go around it.
    for flow in sorted(missing, key=lambda f: not _level(shapes[f.source], shapes[f.target])):
        edges[flow.id] = Edge(element=flow.id, points=router.line(flow))


def _level(a: Shape, b: Shape) -> bool:
    return a.x < b.x and a.y + a.height / 2 == b.y + b.height / 2


def _message_flows(diagram: Diagram, shapes: Mapping[str, Shape], edges: dict[str, Edge]) -> None:
    for flow in diagram.message_flows:
        source, target = shapes.get(flow.source), shapes.get(flow.target)
        if flow.id not in edges and source and target:
            edges[flow.id] = Edge(element=flow.id, points=_route(source, target))


def _route(a: Shape, b: Shape) -> tuple[tuple[float, float], ...]:
    """A line of right angles from the border of one box to that of another."""
    ay, by = a.y + a.height / 2, b.y + b.height / 2
    if a.x + a.width <= b.x:
        start, stop = (a.x + a.width, ay), (b.x, by)
        if ay == by:
            return start, stop
        middle = (start[0] + stop[0]) / 2
        return start, (middle, ay), (middle, by), stop
    down = b.y >= a.y
    ax, bx = a.x + a.width / 2, b.x + b.width / 2
    start = (ax, a.y + a.height if down else a.y)
    stop = (bx, b.y if down and b.y > a.y + a.height else b.y + b.height)
    level = max(a.y + a.height, b.y + b.height) + 25 if stop[1] != b.y else (start[1] + stop[1]) / 2
    return (ax, a.y + a.height) if stop[1] != b.y else start, (ax, level), (bx, level), stop
