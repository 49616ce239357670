"""Where does the name of a line stand so that it covers no other name and no box?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise

from engine.process.model import Edge, Element, Shape

#: Roughly how wide a letter and how high a line of a name is, in diagram units.
_LETTER, _LINE = 6.2, 15.0
_MARGIN = 2.0
#: Names times what they may cover.
_CROWD = 200_000


def places(
    names: Mapping[str, Sequence[str]],
    edges: Mapping[str, Edge],
    shapes: Mapping[str, Shape],
    elements: Mapping[str, Element],
) -> dict[str, tuple[float, float]]:
    """Middle of the first line of every name, by edge: the first free place along its line, else the middle of its beginning."""
    taken = [shape for key, shape in shapes.items() if key in elements and elements[key].kind != "subProcess"]
    taken += [
        _below(shapes[key], element.name) for key, element in elements.items() if key in shapes and _named(element)
    ]
    # In a crowd of thousands nobody reads names, and looking for free places would take minutes.
    crowded = len(names) * (len(taken) + len(names)) > _CROWD
    found: dict[str, tuple[float, float]] = {}
    for key, lines in names.items():
        points = edges[key].points
        free = (place for place in _along(points, lines) if not _touches(_box(place, lines), taken))
        middle = _middle(points[0], points[1])
        found[key] = middle if crowded else next(free, middle)
        taken.append(_box(found[key], lines))
    return found


def _along(points: Sequence[tuple[float, float]], lines: Sequence[str]) -> Iterator[tuple[float, float]]:
    """Places along a line, those near its beginning first."""
    wide, high = _size(lines)
    for (ax, ay), (bx, by) in pairwise(points):
        if ay == by:
            step = (wide / 2 + 4) * (1 if bx > ax else -1)
            if abs(bx - ax) >= wide:
                yield from ((x, y) for x in (ax + step, (ax + bx) / 2, bx - step) for y in (ay - high + 8, ay + 15))
        else:
            way = 1 if by > ay else -1
            for part in (18 + high / 2, abs(by - ay) / 2, abs(by - ay) - 18 - high / 2):
                yield from ((ax + side * (wide / 2 + 4), ay + way * part) for side in (1, -1))


def _middle(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2 - 4


def _size(lines: Sequence[str]) -> tuple[float, float]:
    return max((len(line) for line in lines), default=0) * _LETTER, len(lines) * _LINE


def _box(place: tuple[float, float], lines: Sequence[str]) -> Shape:
    wide, high = _size(lines)
    return Shape(element="", x=place[0] - wide / 2, y=place[1] - 11, width=wide, height=high)


def _named(element: Element) -> bool:
    return bool(element.name) and element.kind.endswith(("Event", "Gateway"))


def _below(shape: Shape, name: str) -> Shape:
    wide = min(len(name), 18) * _LETTER
    rows = 1 + (len(name) - 1) // 18
    x, y = shape.x + shape.width / 2 - wide / 2, shape.y + shape.height + 3
    return Shape(element=shape.element, x=x, y=y, width=wide, height=rows * _LINE)


def _touches(box: Shape, others: Iterable[Shape]) -> bool:
    return any(
        box.x < o.x + o.width + _MARGIN
        and o.x < box.x + box.width + _MARGIN
        and box.y < o.y + o.height + _MARGIN
        and o.y < box.y + box.height + _MARGIN
        for o in others
    )
