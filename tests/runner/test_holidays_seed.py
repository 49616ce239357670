"""The calendar an installation begins with: real holidays, the shared corrections, every row with its source."""

from datetime import date

import pytest

from engine.errors import BadPack
from engine.ports.store import CalendarDay
from engine.rules.calendar import WorkingCalendar
from engine.runner.holidays_seed import seed, seed_calendar
from tests.rules.calendars import REAL

NO_CULTURE_DAY = """
[[yearly]]
day = 24
month = 11
first_year = 2026
enabled = false
reason = "Ngày Văn hóa Việt Nam"
source = "kiểm thử"
"""


def test_the_seed_agrees_with_what_was_announced_or_is_expected():
    rows = seed_calendar(2025, 2031)
    found = WorkingCalendar({row.day: row for row in rows})
    days = [date.fromordinal(n) for n in range(date(2025, 1, 1).toordinal(), date(2031, 12, 31).toordinal() + 1)]
    assert [day.isoformat() for day in days if found.is_working(day) != REAL.is_working(day)] == []


def test_rows_stand_in_order_once_a_day_with_reason_and_source():
    rows = seed_calendar(2025, 2031)
    days = [row.day for row in rows]
    assert days == sorted(set(days))
    assert [row for row in rows if not (row.reason and row.source and row.kind in ("off", "work"))] == []


def test_the_swap_the_library_does_not_know_is_corrected():
    source = "Công văn 12729/VPCP-KGVX ngày 25/12/2025 (theo báo chí, chưa đối chiếu bản gốc)"
    swap = [row for row in seed_calendar(2026, 2026) if row.day in (date(2026, 1, 2), date(2026, 1, 10))]
    assert swap == [
        CalendarDay(day=date(2026, 1, 2), kind="off", reason="Nghỉ hoán đổi với ngày 10/01/2026", source=source),
        CalendarDay(day=date(2026, 1, 10), kind="work", reason="Làm bù ngày 02/01/2026", source=source),
    ]


def test_expected_years_say_so():
    sources = {row.day.year: row.source for row in seed_calendar(2026, 2027) if (row.day.month, row.day.day) == (4, 30)}
    assert ("dự kiến" in sources[2026], "dự kiến" in sources[2027]) == (False, True)


def test_the_culture_day_can_be_switched_off_with_the_day_that_makes_up_for_it():
    with_it = {row.day for row in seed_calendar(2026, 2030)}
    without = {row.day for row in seed(2026, 2030, NO_CULTURE_DAY.encode())}
    gone = {day for day in with_it - without if day.month == 11}
    assert sorted(day.isoformat() for day in gone) == [
        *("2026-11-24", "2027-11-24", "2028-11-24", "2029-11-24", "2029-11-26", "2030-11-24", "2030-11-25"),
    ]


@pytest.mark.parametrize(
    "old,new", [("day = 24", "day = 31"), ("enabled = false", 'enabled = "no"'), ("[[yearly]]", "[[yearli]]")]
)
def test_a_slip_in_the_corrections_is_named(old, new):
    with pytest.raises(BadPack):
        seed(2026, 2030, NO_CULTURE_DAY.replace(old, new).encode())
