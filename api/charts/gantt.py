"""When in the year does each step run, and where are we today?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from api.charts.svg import WIDE, Drawing, Table, element, figure, text_lines
from api.texts.words import day as written

_STATES = {
    "done": ("c-good", "Đã xong"), "current": ("c-info", "Đang làm"), "late": ("c-late", "Quá hạn"),
    "waiting": ("c-quiet", "Chưa đến"), "dropped": ("c-quiet", "Không thực hiện"), "before": ("c-quiet", "Trước khi dùng phần mềm"),
}  # fmt: skip


#: Longer spans are divided by years, not months.
_MONTHS_SHOWN = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class GanttRow:
    """One step: its first and last valid day, both counted in; `state` is done, current, late, waiting, dropped or before."""

    label: str
    first: date
    last: date
    state: str = "waiting"
    href: str = ""


def year_gantt(title: str, rows: Sequence[GanttRow], *, today: date, thing: str = "bước") -> Markup:
    """Draw the steps over the months (years, when there are many) they touch, with a line for today among them."""
    first = min((row.first for row in rows), default=today).replace(day=1)
    last = _next_month(max((row.last for row in rows), default=today))
    running = [row.label for row in rows if row.state in {"current", "late"}]
    description = f"{len(rows)} {thing} từ {written(first)}. Đang chạy: {', '.join(running) or 'không có'}."
    table = Table(
        (thing.capitalize(), "Từ ngày", "Đến hết ngày", "Tình trạng"),
        tuple(((row.label, row.href), written(row.first), written(row.last), _STATES[row.state][1]) for row in rows),
        (False, False, False, False),
    )
    return figure(title, description, lambda width: _draw(rows, first, last, today, width), table)


def _draw(rows: Sequence[GanttRow], first: date, last: date, today: date, width: int) -> Drawing:
    left = 220.0 if width == WIDE else 0.0
    step = 40.0 if width == WIDE else 48.0
    height = 44 + step * len(rows)

    def x(moment: date) -> float:
        return left + (width - left - 2) * (moment - first).days / max(1, (last - first).days)

    long = (last - first).days > _MONTHS_SHOWN * 31
    scale = _years(first, last, x, height, width) if long else _months(first, last, x, height, 1 if left else 3)
    parts = [*scale]
    for number, row in enumerate(rows):
        parts += _row(row, x, 44 + step * number, left, width)
    if first <= today < last:
        spans = (
            [(20.0, height)] if left else [(20.0, 44.0), *((64 + step * n, 84 + step * n) for n in range(len(rows)))]
        )
        parts += _today(x(today), spans, width)
    return Drawing(tuple(parts), height)


def _years(first: date, last: date, x: Callable[[date], float], height: float, width: int) -> Iterator[Markup]:
    start = first.year if first.month == 1 else first.year + 1
    many = last.year - start > (12 if width == WIDE else 6)
    for year in range(start, last.year + 1):
        if date(year, 1, 1) < last and (not many or year % 5 == 0):
            at = x(date(year, 1, 1))
            yield element("line", x1=at, y1=24.0, x2=at, y2=height, class_="c-grid")
            yield element("text", str(year), x=at + 3, y=38.0, class_="c-soft")


def _months(first: date, last: date, x: Callable[[date], float], height: float, every: int) -> Iterator[Markup]:
    month, number, year = first, 0, 0
    while month < last:
        if number % every == 0:
            yield element("line", x1=x(month), y1=24.0, x2=x(month), y2=height, class_="c-grid")
            # The year stands where it changes, so that "T1" of two years cannot be taken for each other.
            label = f"T{month.month}" if month.year == year else f"{month.month}/{month.year}"
            if every > 1 or number == 0 or month.year != year or month.month % 3 == 0:
                yield element("text", label, x=x(month) + 3, y=38.0, class_="c-soft")
            year = month.year
        month, number = _next_month(month), number + 1


def _row(row: GanttRow, x: Callable[[date], float], y: float, left: float, width: int) -> Iterator[Markup]:
    start, length = x(row.first), max(4.0, x(row.last) - x(row.first))
    colour = _STATES[row.state][0]
    if left:
        # Bold letters are wider.
        room = left - (34 if row.state == "current" else 12)
        label_y = y + 25 if len(row.label) * 7.6 < room else y + 17
        yield text_lines(row.label, 0, label_y, room, class_="c-strong" if row.state == "current" else "")
        yield element("rect", x=start, y=y + 12, width=length, height=16.0, rx=3, class_=colour)
    else:
        yield text_lines(row.label, 0, y + 15, width, most=1)
        yield element("rect", x=start, y=y + 22, width=length, height=16.0, rx=3, class_=colour)


def _today(x: float, spans: Sequence[tuple[float, float]], width: int) -> Iterator[Markup]:
    for top, bottom in spans:  # on narrow screens the line does not cross the labels
        yield element("line", x1=x, y1=top, x2=x, y2=bottom, class_="c-now")
    side = "c-nowtext c-end" if x > width - 70 else "c-nowtext"
    yield element("text", "hôm nay", x=x - 4 if x > width - 70 else x + 4, y=15.0, class_=side)


def _next_month(moment: date) -> date:
    return date(moment.year + moment.month // 12, moment.month % 12 + 1, 1)
