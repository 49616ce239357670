"""Which way does a line take from box to box so that people can follow it?

Of several lines of right angles the one is taken that runs through the fewest boxes, covers the least of the lines that
stand already, crosses few of them and of the names below events, and has few bends.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from engine.process.model import Edge, Element, Flow, Shape

Points = tuple[tuple[float, float], ...]
#: How often a line is held against a box, a name or another line in one drawing; from then on lines are plain. Somebody
#: waits for the picture, and a diagram of hundreds of nodes without places is nothing that people read.
MAX_COMPARED: Final = 1_000_000
_STUB: Final = 15.0  #: how far a line runs straight on before it turns
_LANE: Final = 20.0  #: how far from boxes a line passes them
#: What it costs to run through a box, to meet another line in its direction and to go along it (per unit), to cross one,
#: to cross a name, to bend, to be long.
_BOX, _TOUCH, _ALONG, _ACROSS, _NAME, _BEND, _LONG = 1000.0, 30.0, 2.0, 15.0, 25.0, 8.0, 0.02


class Router:
    """Finds lines one after the other; each knows those before it."""

    def __init__(self, shapes: Mapping[str, Shape], elements: Mapping[str, Element], edges: Iterable[Edge]) -> None:
        self.shapes = shapes
        self.elements = elements
        self.boxes = [shape for key, shape in shapes.items() if key in elements]
        self.names = [_name_of(shape) for key, shape in shapes.items() if key in elements and _below(elements[key])]
        self.lines = [segment for edge in edges for segment in pairwise(edge.points)]
        self.left = MAX_COMPARED

    def line(self, flow: Flow) -> Points:
        """The line of a flow whose both ends are drawn."""
        a, b = self.shapes[flow.source], self.shapes[flow.target]
        source = self.elements[flow.source]
        if self.left <= 0:
            best = _trimmed(next(_ways(a, b, source, ())))
        else:
            ways = dict.fromkeys(_trimmed(way) for way in _ways(a, b, source, self._between(a, b)))
            best = self._cheapest(list(ways), self._barriers(flow), (a, b))
        self.lines += pairwise(best)
        return best

    def _cheapest(self, ways: Sequence[Points], barriers: Sequence[Shape], ends: Sequence[Shape]) -> Points:
        """The cheapest of these lines; of those that were looked at, once too much was compared."""
        best, least = ways[0], float("inf")
        for way in ways:
            cost = self._cost(way, barriers, ends, least)
            if cost < least:
                best, least = way, cost
            if self.left <= 0:
                break
        return best

    def _between(self, a: Shape, b: Shape) -> Sequence[Shape]:
        """The boxes that stand between the two, over the whole width of both."""
        left, right = min(a.x, b.x), max(a.x + a.width, b.x + b.width)
        return [s for s in self.boxes if s.x < right and left < s.x + s.width and not (_holds(s, a) or _holds(s, b))]

    def _barriers(self, flow: Flow) -> list[Shape]:
        ends = {flow.source, flow.target, self.elements[flow.source].attached_to}
        a, b = self.shapes[flow.source], self.shapes[flow.target]
        return [s for s in self.boxes if s.element not in ends and not (_holds(s, a) or _holds(s, b))]

    def _cost(self, way: Points, barriers: Sequence[Shape], ends: Sequence[Shape], least: float) -> float:
        """What a line costs; no longer counted when it is dearer than `least`."""
        segments = list(pairwise(way))
        cost = _BEND * len(segments) + _LONG * sum(abs(ax - bx) + abs(ay - by) for (ax, ay), (bx, by) in segments)
        # A line may begin and end at the two boxes, and run through neither.
        cost += _BOX * sum(_enters(segment, box, -1.0) for segment in segments for box in ends)
        for segment in segments:
            if cost >= least:
                return cost
            self.left -= len(barriers) + len(self.names) + len(self.lines)
            cost += _BOX * sum(_enters(segment, box, 4.0) for box in barriers)
            cost += _NAME * sum(_enters(segment, name, 0.0) for name in self.names)
            cost += sum(_meeting(segment, other) for other in self.lines)
        return cost


def _ways(a: Shape, b: Shape, source: Element, between: Sequence[Shape]) -> Iterator[Points]:
    """Lines that could be taken, plain ones first."""
    ax, ay, bx, by = a.x + a.width / 2, a.y + a.height / 2, b.x + b.width / 2, b.y + b.height / 2
    right, bottom = a.x + a.width, a.y + a.height
    over = min([s.y for s in between] + [a.y, b.y]) - _LANE
    under = max([s.y + s.height for s in between] + [bottom, b.y + b.height]) + 2 * _LANE
    rows = {s.y + s.height + _LANE for s in between} | {s.y - _LANE for s in between}
    near = {bottom + _LANE, b.y + b.height + _LANE, a.y - _LANE, b.y - _LANE, (bottom + b.y) / 2}
    levels = sorted(rows | near | {over, under}, key=lambda y: abs(y - ay) + abs(y - by))
    hangs = source.attached_to is not None
    exits = [((ax, bottom), 1)] if hangs else [((ax, bottom), 1), ((ax, a.y), -1)]
    if not hangs and right <= b.x:
        if ay == by:
            yield (right, ay), (b.x, by)
        for x in ((right + b.x) / 2, right + _STUB, b.x - _STUB, right + 2 * _STUB, b.x - 2 * _STUB):
            yield (right, ay), (x, ay), (x, by), (b.x, by)
        yield (right, ay), (bx, ay), (bx, b.y if by > ay else b.y + b.height)
        for level in levels:
            yield (
                (right, ay),
                (right + _STUB, ay),
                (right + _STUB, level),
                (b.x - _STUB, level),
                (b.x - _STUB, by),
                (b.x, by),
            )
    for start, way in exits:
        side = b.x if bx > ax else b.x + b.width
        yield start, (ax, by), (side, by)
        for level in levels:
            if (level - start[1]) * way >= 0:
                end = b.y if level < b.y else b.y + b.height
                yield start, (ax, level), (bx, level), (bx, end)
                yield start, (ax, level), (b.x - _STUB, level), (b.x - _STUB, by), (b.x, by)
    for level in levels:
        end = b.y if level < b.y else b.y + b.height
        if not hangs:
            yield (right, ay), (right + _STUB, ay), (right + _STUB, level), (bx, level), (bx, end)


def _trimmed(way: Points) -> Points:
    """Without points that lie on the line anyway."""
    kept: list[tuple[float, float]] = []
    for point in way:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and (kept[-2][0] == kept[-1][0] == point[0] or kept[-2][1] == kept[-1][1] == point[1]):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _below(element: Element) -> bool:
    return bool(element.name) and element.kind.endswith(("Event", "Gateway"))


def _name_of(shape: Shape) -> Shape:
    """Where the name below an event or gateway stands, roughly."""
    middle = shape.x + shape.width / 2
    return Shape(element=shape.element, x=middle - 45, y=shape.y + shape.height + 4, width=90, height=26)


def _holds(outer: Shape, inner: Shape) -> bool:
    return (
        outer.element != inner.element
        and outer.x <= inner.x
        and inner.x + inner.width <= outer.x + outer.width
        and outer.y <= inner.y
        and inner.y + inner.height / 2 <= outer.y + outer.height
    )


Segment = tuple[tuple[float, float], tuple[float, float]]


def _enters(segment: Segment, box: Shape, margin: float) -> bool:
    """Whether a line comes nearer to a box than `margin`; a negative one lets it touch the border."""
    (x1, y1), (x2, y2) = segment
    return (
        max(x1, x2) > box.x - margin
        and min(x1, x2) < box.x + box.width + margin
        and max(y1, y2) > box.y - margin
        and min(y1, y2) < box.y + box.height + margin
    )


def _meeting(one: Segment, other: Segment) -> float:
    """What it costs that two lines lie upon each other or cross."""
    for axis in (0, 1):
        across = 1 - axis
        if one[0][axis] == one[1][axis] and other[0][axis] == other[1][axis]:
            if abs(one[0][axis] - other[0][axis]) > 6:  # lines that near cannot be told apart
                return 0.0
            low = max(min(one[0][across], one[1][across]), min(other[0][across], other[1][across]))
            high = min(max(one[0][across], one[1][across]), max(other[0][across], other[1][across]))
            return _TOUCH + _ALONG * (high - low) if high >= low else 0.0
    crossed = _enters(one, _box(other), 1.0)
    return _ACROSS if crossed else 0.0


def _box(segment: Segment) -> Shape:
    (x1, y1), (x2, y2) = segment
    return Shape(element="", x=min(x1, x2), y=min(y1, y2), width=abs(x1 - x2), height=abs(y1 - y2))
