"""Working days: weekends, holidays and swapped days."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.calendar import EndlessRest, WorkingCalendar
from tests.rules.calendars import PLAIN, REAL, Row

DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))


@pytest.mark.parametrize(
    "day,working",
    [
        ("2025-01-27", False),  # Tết
        ("2025-02-03", True),  # back to work
        ("2025-04-26", True),  # Saturday worked for Friday 2/5
        ("2025-05-02", False),
        ("2026-01-02", False),  # swapped with Saturday 10/1
        ("2026-01-10", True),
        ("2026-04-27", False),  # Giỗ Tổ fell on a Sunday
        ("2026-08-22", True),
        ("2026-08-31", False),
        ("2026-11-24", False),  # Ngày Văn hóa Việt Nam
        ("2026-11-09", True),
        ("2026-11-07", False),  # Saturday
        ("2028-02-29", True),
        ("2029-09-30", False),  # Sunday
    ],
)
def test_known_days(day, working):
    assert REAL.is_working(date.fromisoformat(day)) is working


@pytest.mark.parametrize(
    "day,following,preceding",
    [
        ("2026-11-09", "2026-11-09", "2026-11-09"),
        ("2026-02-14", "2026-02-23", "2026-02-13"),  # the Saturday before Tết
        ("2026-02-18", "2026-02-23", "2026-02-13"),
        ("2026-01-01", "2026-01-05", "2025-12-31"),  # 2/1 is off, then a weekend
        ("2026-08-29", "2026-09-03", "2026-08-28"),
        ("2026-08-22", "2026-08-22", "2026-08-22"),
        ("2027-11-20", "2027-11-22", "2027-11-19"),
        ("2030-02-02", "2030-02-07", "2030-01-30"),
    ],
)
def test_next_and_previous_working_day(day, following, preceding):
    start = date.fromisoformat(day)
    found = (REAL.next_working_day(start).isoformat(), REAL.previous_working_day(start).isoformat())
    assert found == (following, preceding)


@pytest.mark.parametrize(
    "day,n,reached",
    [
        ("2026-11-09", 1, "2026-11-10"),
        ("2026-11-06", 1, "2026-11-09"),  # over a weekend
        ("2026-11-20", 3, "2026-11-26"),  # 24/11 does not count
        ("2026-02-13", 5, "2026-02-27"),  # over Tết
        ("2026-08-21", 1, "2026-08-22"),  # a Saturday that is worked
        ("2026-12-31", 5, "2027-01-08"),
        ("2026-11-10", -5, "2026-11-03"),
        ("2026-11-08", 0, "2026-11-08"),
    ],
)
def test_adding_working_days(day, n, reached):
    assert REAL.add_working_days(date.fromisoformat(day), n).isoformat() == reached


@pytest.mark.parametrize(
    "first,last,count",
    [
        ("2025-11-01", "2025-11-09", 5),  # the November window of registration, as the annex' dates leave it
        ("2026-11-01", "2026-11-09", 6),
        ("2027-11-01", "2027-11-09", 7),
        ("2026-11-10", "2026-11-29", 13),  # the decision window with 24/11 off
        ("2026-01-01", "2026-01-31", 21),
        ("2026-02-28", "2026-03-01", 0),
        ("2026-03-02", "2026-03-01", 0),
    ],
)
def test_counting_working_days(first, last, count):
    assert REAL.count(date.fromisoformat(first), date.fromisoformat(last)) == count


def test_a_calendar_without_working_days_is_refused():
    days = {date(2026, 1, 1) + timedelta(days=n): Row("off") for n in range(120)}
    with pytest.raises(EndlessRest):
        WorkingCalendar(days).next_working_day(date(2026, 1, 5))


@given(DAYS, st.integers(1, 60))
def test_adding_and_counting_agree(day, n):
    assert REAL.count(day + timedelta(days=1), REAL.add_working_days(day, n)) == n


@given(DAYS, st.integers(1, 60))
def test_going_back_undoes_going_forward(day, n):
    start = REAL.next_working_day(day)
    assert REAL.add_working_days(REAL.add_working_days(start, n), -n) == start


@given(DAYS)
def test_nothing_is_worked_between_a_day_and_its_next_working_day(day):
    following = REAL.next_working_day(day)
    assert (REAL.is_working(following), REAL.count(day, following)) == (True, 1)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_without_rows_a_week_has_five_working_days(day):
    assert PLAIN.count(day, day + timedelta(days=6)) == 5
