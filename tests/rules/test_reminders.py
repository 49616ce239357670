"""The reminder ladder: rungs around the last day, moved to working days, one a day."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.cycle_models import ReminderLadder
from engine.rules.deadlines import local_day
from engine.rules.reminders import ladder
from tests.rules.calendars import PLAIN, REAL

USUAL = ReminderLadder(before=(15, 7, 3, 1, 0), after=(1, 3), hour=8)


def planned(last_day: str, rungs: ReminderLadder = USUAL, calendar=REAL) -> list[tuple[int, str]]:
    return [(rung, local_day(at).isoformat()) for rung, at in ladder(date.fromisoformat(last_day), rungs, calendar)]


@pytest.mark.parametrize(
    "last_day,expected",
    [
        # Monday 9/11/2026: T-15 is a Sunday, T-1 a Sunday; T-3 is the Friday to which T-1 moves: T-1 stays.
        ("2026-11-09", "-15:2026-10-23 -7:2026-11-02 -1:2026-11-06 0:2026-11-09 1:2026-11-10 3:2026-11-12"),
        # Tuesday 29/9/2026
        (
            "2026-09-29",
            "-15:2026-09-14 -7:2026-09-22 -3:2026-09-25 -1:2026-09-28 0:2026-09-29 1:2026-09-30 3:2026-10-02",
        ),
        # Monday 29/11/2027
        ("2027-11-29", "-15:2027-11-12 -7:2027-11-22 -1:2027-11-26 0:2027-11-29 1:2027-11-30 3:2027-12-02"),
        # Saturday 29/9/2029: the last day itself is reminded of on Friday; T+1 and T+3 fall together on Monday or later.
        ("2029-09-29", "-15:2029-09-14 -7:2029-09-21 -3:2029-09-26 0:2029-09-28 1:2029-10-01 3:2029-10-02"),
        # Friday 19/2/2027, the week after Tết: T-15 (4/2) moves before the holiday.
        ("2027-02-19", "-15:2027-02-03 -7:2027-02-12 -3:2027-02-16 -1:2027-02-18 0:2027-02-19 1:2027-02-22"),
        # Sunday in the middle of Tết 2026: everything shortly before falls on Friday 13/2.
        ("2026-02-15", "-15:2026-01-30 -7:2026-02-06 -3:2026-02-12 0:2026-02-13 1:2026-02-23"),
        # Before the day off of 24/11/2026
        ("2026-11-24", "-15:2026-11-09 -7:2026-11-17 -3:2026-11-20 0:2026-11-23 1:2026-11-25 3:2026-11-27"),
    ],
)
def test_the_ladder_around_real_deadlines(last_day, expected):
    assert planned(last_day) == [(int(r), d) for r, d in (part.split(":") for part in expected.split())]


def test_mails_leave_at_the_local_hour():
    found = ladder(date(2026, 11, 9), ReminderLadder(before=(0,), after=(), hour=8), REAL)
    assert found == [(0, datetime(2026, 11, 9, 1, tzinfo=UTC))]


def test_of_rungs_on_one_day_the_nearest_to_the_deadline_stays():
    rungs = ReminderLadder(before=(2, 1, 0), after=(1, 2), hour=8)
    assert planned("2026-03-08", rungs, PLAIN) == [(0, "2026-03-06"), (1, "2026-03-09"), (2, "2026-03-10")]


def test_an_empty_ladder_reminds_nobody():
    assert planned("2026-11-09", ReminderLadder(before=(), after=(), hour=8)) == []


LADDERS = st.builds(
    ReminderLadder,
    before=st.lists(st.integers(0, 60), max_size=8).map(tuple),
    after=st.lists(st.integers(1, 60), max_size=8).map(tuple),
    hour=st.integers(0, 23),
)


@given(st.dates(date(2025, 3, 1), date(2031, 9, 1)), LADDERS)
def test_every_ladder_is_fit_for_people(last_day, rungs):
    found = ladder(last_day, rungs, REAL)
    days = [local_day(at) for _, at in found]
    assert days == sorted(set(days))
    assert all(REAL.is_working(day) for day in days)
    assert all((day <= last_day) if rung <= 0 else (day > last_day) for (rung, _), day in zip(found, days, strict=True))
    assert bool(found) is bool(rungs.before or rungs.after)
