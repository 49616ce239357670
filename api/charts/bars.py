"""How many are left at each stage, and how near is each part to its target? Horizontal bars with their numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup

from api.charts.svg import WIDE, Drawing, Table, element, figure, text_lines
from api.texts.words import number, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelStage:
    """A stage and how many reached it; `href` leads to those it counts."""

    label: str
    count: int
    href: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """How many of a whole have it; a whole of 0 is shown as "–"."""

    label: str
    part: int
    whole: int
    href: str = ""


def funnel(title: str, stages: Sequence[FunnelStage]) -> Markup:
    """Draw how many reached each stage, as bars against the first stage, with the share that came on."""
    whole = max((stage.count for stage in stages), default=0)
    first = stages[0].count if stages else 0
    description = "; ".join(f"{stage.label}: {number(stage.count)}" for stage in stages)
    table = Table(
        ("Giai đoạn", "Số lượng", "So với đầu"),
        tuple(((stage.label, stage.href), number(stage.count), percent(stage.count, first)) for stage in stages),
        (False, True, True),
    )
    bars = [_Bar(s.label, s.count, whole, f"{number(s.count)} ({percent(s.count, first)})", "c-info") for s in stages]
    return figure(title, description, lambda width: _draw(bars, None, width), table)


def coverage_bars(title: str, rows: Sequence[CoverageRow], *, target: Decimal | int | None = None) -> Markup:
    """Draw the share of each row from 0 to 100 %, with a line at `target` per cent; green from the target on."""
    description = "; ".join(f"{row.label}: {percent(row.part, row.whole)}" for row in rows)
    if target is not None:
        description += f". Mục tiêu: {percent(target)}"
    table = Table(
        ("Đơn vị", "Đạt", "Tổng số", "Tỷ lệ"),
        tuple(((r.label, r.href), number(r.part), number(r.whole), percent(r.part, r.whole)) for r in rows),
        (False, True, True, True),
    )
    bars = [
        _Bar(
            r.label,
            r.part,
            r.whole,
            f"{percent(r.part, r.whole)} ({number(r.part)}/{number(r.whole)})",
            _colour(r, target),
        )
        for r in rows
    ]
    return figure(title, description, lambda width: _draw(bars, target, width), table)


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    value: int
    whole: int
    text: str
    colour: str

    @property
    def share(self) -> float:
        return min(1.0, self.value / self.whole) if self.whole else 0.0


def _colour(row: CoverageRow, target: Decimal | int | None) -> str:
    if target is None or not row.whole:
        return "c-info"
    return "c-good" if Decimal(row.part) * 100 >= Decimal(target) * row.whole else "c-warn"


def _draw(bars: Sequence[_Bar], target: Decimal | int | None, width: int) -> Drawing:
    left, right = (220.0, 150.0) if width == WIDE else (0.0, 0.0)
    step = 38.0 if width == WIDE else 54.0
    top = 20.0 if target is not None else 0.0
    room = width - left - right
    parts: list[Markup] = []
    for place, bar in enumerate(bars):
        parts += _bar(bar, top + step * place, left, room, width)
    height = top + step * len(bars)
    if target is not None:
        x = left + room * float(target) / 100
        offset = 7 if left else 23
        for place in range(len(bars)):
            y = top + step * place + offset
            parts.append(element("line", x1=x, y1=y, x2=x, y2=y + 24, class_="c-target"))
        parts.append(element("text", f"mục tiêu {percent(target)}", x=x, y=14.0, class_="c-soft c-end"))
    return Drawing(tuple(parts), max(1.0, height))


def _bar(bar: _Bar, y: float, left: float, room: float, width: int) -> Iterator[Markup]:
    bar_y = y + 10 if left else y + 26
    yield element("rect", x=left, y=bar_y, width=room, height=18.0, rx=3, class_="c-track")
    if bar.share:
        yield element("rect", x=left, y=bar_y, width=max(3.0, room * bar.share), height=18.0, rx=3, class_=bar.colour)
    if left:
        label_y = y + 24 if len(bar.label) * 7.6 < left - 12 else y + 15
        yield text_lines(bar.label, 0, label_y, left - 12)
        yield element("text", bar.text, x=left + room + 10, y=y + 24, class_="c-strong")
    else:
        yield text_lines(bar.label, 0, y + 18, width - 8 * len(bar.text) - 8, most=1)
        yield element("text", bar.text, x=float(width), y=y + 18, class_="c-strong c-end")
