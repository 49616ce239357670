"""How does what was reached run beside what was to be reached? A line of targets and a dot for each year's figure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from markupsafe import Markup

from api.charts.svg import WIDE, Drawing, Table, element, figure
from api.texts.words import number

_TOP, _BOTTOM, _LEFT = 26.0, 30.0, 56.0
#: About how many heights are named at the side, and by which numbers they rise.
_STEPS = 4
_ROUND = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathPoint:
    """One year: its target and what was reached, each with the words for the table; None where there is none."""

    label: str
    target: Decimal | None
    target_text: str
    reached: Decimal | None
    reached_text: str
    said: str  #: what the target says to it
    tone: str  #: good, late, or any other


def path_chart(title: str, points: Sequence[PathPoint], *, sign: str = "") -> Markup:
    """Draw the targets as a dashed line and what was reached as dots, year by year; `sign` stands behind the numbers."""
    description = "; ".join(
        f"{p.label}: mức {p.target_text or 'không có'}, thực hiện {p.reached_text or 'chưa có'}" for p in points
    )
    table = Table(
        ("Năm", "Mức", "Thực hiện", "Kết quả"),
        tuple((p.label, p.target_text or "–", p.reached_text or "–", p.said) for p in points),
        (False, True, True, False),
    )
    return figure(title, description, lambda width: _draw(points, sign, width), table)


@dataclass(frozen=True, slots=True)
class _Scale:
    low: Decimal
    step: Decimal
    steps: int
    width: float
    height: float
    count: int

    def x(self, place: int) -> float:
        room = self.width - _LEFT - 44
        return _LEFT + 20 + room * (place / (self.count - 1) if self.count > 1 else 0.5)

    def y(self, value: Decimal) -> float:
        share = float((value - self.low) / (self.step * self.steps))
        return _TOP + (self.height - _TOP - _BOTTOM) * (1 - share)


def _draw(points: Sequence[PathPoint], sign: str, width: int) -> Drawing:
    height = 240.0 if width == WIDE else 210.0
    low, step, steps = _heights([v for p in points for v in (p.target, p.reached) if v is not None], sign)
    scale = _Scale(low, step, steps, float(width), height, len(points))
    parts = [*_grid(scale, sign), *_years(points, scale), *_targets(points, scale), *_dots(points, scale, sign)]
    return Drawing(tuple(parts), height)


def _heights(values: Sequence[Decimal], sign: str) -> tuple[Decimal, Decimal, int]:
    """The lowest height, round steps from it, and how many: a path from 95,5 to 99 is no flat line at the top."""
    low, high = min(values, default=Decimal(0)), max(values, default=Decimal(100))
    room = max((high - low) / 8, abs(high) / 50, Decimal(1))
    rough = (high - low + 2 * room) / _STEPS
    size = Decimal(1).scaleb(rough.adjusted())
    step = next(size * n for n in _ROUND if size * n >= rough)
    start = ((low - room) / step).to_integral_value(ROUND_FLOOR) * step
    start = max(Decimal(0), start) if low >= 0 else start
    steps = int(((high + room - start) / step).to_integral_value(ROUND_CEILING))
    if sign == "%" and high <= 100 < start + step * steps:
        # No share is drawn above a whole.
        steps = int((100 - start) / step)
        start = 100 - step * steps
        if low < start:
            start, steps = start - step, steps + 1
    return start, step, max(1, steps)


def _grid(scale: _Scale, sign: str) -> Iterator[Markup]:
    for place in range(scale.steps + 1):
        value = scale.low + scale.step * place
        y = scale.y(value)
        yield element("line", x1=_LEFT, y1=y, x2=scale.width, y2=y, class_="c-grid")
        yield element("text", f"{_short(value)}{sign}", x=_LEFT - 6, y=y + 5, class_="c-soft c-end")


def _short(value: Decimal) -> str:
    """Large numbers at the side in thousands and millions."""
    for size, name in ((9, " tỷ"), (6, " tr"), (3, " ng")):
        if abs(value) >= Decimal(10) ** (size + 1):
            return number(value.scaleb(-size).quantize(Decimal("0.1")).normalize() + 0) + name
    return number(value.quantize(Decimal("0.1")).normalize() + 0)


def _years(points: Sequence[PathPoint], scale: _Scale) -> Iterator[Markup]:
    every = 1 if scale.width == WIDE or len(points) <= 5 else 2
    for place, point in enumerate(points):
        if place % every == 0:
            yield element("text", point.label, x=scale.x(place), y=scale.height - 8, class_="c-soft c-mid")


def _targets(points: Sequence[PathPoint], scale: _Scale) -> Iterator[Markup]:
    known = [(scale.x(n), scale.y(p.target)) for n, p in enumerate(points) if p.target is not None]
    if len(known) > 1:
        yield element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in known), class_="c-path")
    for x, y in known:
        yield element("rect", x=x - 5, y=y - 2, width=10.0, height=4.0, class_="c-mark")


def _dots(points: Sequence[PathPoint], scale: _Scale, sign: str) -> Iterator[Markup]:
    for place, point in enumerate(points):
        if point.reached is None:
            continue
        x, y = scale.x(place), scale.y(point.reached)
        colour = {"good": "c-good", "late": "c-late"}.get(point.tone, "c-info")
        yield element("circle", cx=x, cy=y, r=6.0, class_=colour)
        above = point.target is None or point.reached >= point.target
        side = y - 11 if above or y + 26 > scale.height - _BOTTOM else y + 22
        yield element("text", f"{_short(point.reached)}{sign}", x=x, y=side, class_="c-strong c-mid")
