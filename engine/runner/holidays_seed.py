"""With which days does an installation's calendar begin? The holiday library, corrected by the shared table.

From then on the administrator's rows are the only source.
"""

from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from typing import Final

import holidays

from engine.errors import BadPack
from engine.ports.store import CalendarDay
from engine.process.pack_files import SHARED, read_shared
from engine.process.pack_toml import Document, Report, Table, parse
from engine.rules.deadlines import DayRule, possible
from engine.rules.text import nfc

_CORRECTIONS: Final = f"{SHARED}/calendar.toml"
#: The last year whose swapped days the library knows from a decision; later years are its reckoning.
_DECIDED: Final = 2026
_LAW: Final = "Bộ luật Lao động 2019, Điều 112"
_EXPECTED: Final = "dự kiến, thay khi có thông báo nghỉ của năm"


def seed_calendar(first_year: int, last_year: int) -> list[CalendarDay]:
    """The rows of both years and all between, in the order of days; raise `BadPack` for a bad corrections file."""
    return seed(first_year, last_year, read_shared().get(_CORRECTIONS, b""))


def seed(first_year: int, last_year: int, corrections: bytes) -> list[CalendarDay]:
    """The library's rows for the years, changed by a corrections file (see `bpmn/README.md`)."""
    rows = {row.day: row for row in _library(first_year, last_year)}
    report = Report()
    document = parse(_CORRECTIONS, corrections, report)
    if document is not None:
        _correct(rows, document, range(first_year, last_year + 1))
    if report.findings:
        raise BadPack(report.findings)
    return [rows[day] for day in sorted(rows)]


def switchable(year: int) -> list[CalendarDay]:
    """Rows of the corrections file that may be switched on and off, as they would stand in the year; by day."""
    report = Report()
    document = parse(_CORRECTIONS, read_shared().get(_CORRECTIONS, b""), report)
    found: dict[date, CalendarDay] = {}
    for table in document.tables("yearly") if document is not None else ():
        day, month = table.whole("day", 1, 31), table.whole("month", 1, 12)
        if year >= table.whole("first_year", 2000, 2200) and possible(day, month):
            on = DayRule(day=day, month=month, year_offset=0).on(year)
            found[on] = CalendarDay(day=on, kind="off", reason=table.text("reason"), source=table.text("source"))
    return [found[day] for day in sorted(found)]


def _library(first_year: int, last_year: int) -> Iterator[CalendarDay]:
    # Swaps may reach over the turn of the year, so the neighbours are asked as well.
    known = holidays.country_holidays("VN", years=range(first_year - 1, last_year + 2), language="vi")
    for day, name in known.items():
        if first_year <= day.year <= last_year:
            yield CalendarDay(day=day, kind="off", reason=nfc(name), source=_source(day))
    for day in known.weekend_workdays:
        if first_year <= day.year <= last_year:
            yield CalendarDay(day=day, kind="work", reason="Làm bù theo lịch hoán đổi", source=_source(day))


def _source(day: date) -> str:
    library = f"thư viện holidays {version('holidays')}"
    return f"{_LAW}; {library}" if day.year <= _DECIDED else f"{_LAW}; {library} ({_EXPECTED})"


def _correct(rows: dict[date, CalendarDay], document: Document, years: range) -> None:
    for table in document.tables("yearly"):
        _yearly(rows, table, years)
    for table in document.tables("day"):
        row = CalendarDay(
            day=table.day("day"),
            kind=table.choice("kind", ("off", "work")),
            reason=table.text("reason"),
            source=table.text("source"),
        )
        table.finish()
        if row.day.year in years:
            rows[row.day] = row
    document.top().finish()
    document.finish()


def _yearly(rows: dict[date, CalendarDay], table: Table, years: range) -> None:
    day, month = table.whole("day", 1, 31), table.whole("month", 1, 12)
    first, enabled = table.whole("first_year", 2000, 2200), table.truth("enabled")
    reason, source = table.text("reason"), table.text("source")
    table.finish()
    if not possible(day, month):
        table.wrong("day", f"Không có ngày {day}/{month}.")
        return
    for year in years:
        on = DayRule(day=day, month=month, year_offset=0).on(year)
        if enabled and year >= first:
            rows[on] = CalendarDay(day=on, kind="off", reason=reason, source=source)
        else:
            _drop(rows, on)


def _drop(rows: dict[date, CalendarDay], day: date) -> None:
    """Take the holiday out, and the day that makes up for it when it falls on a weekend."""
    taken = rows.pop(day, None)
    if taken is None:
        return
    for other in [d for d, row in rows.items() if row.reason.startswith(taken.reason) and abs((d - day).days) < 7]:
        del rows[other]
