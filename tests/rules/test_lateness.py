"""Lateness is what the rule says: on time, the named day, days late; of returned submissions the one that counts."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.lateness import Lateness, LatenessStatus, Round, counted_moment, lateness

LAST, NAMED = date(2026, 11, 9), date(2026, 11, 10)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00")


@pytest.mark.parametrize(
    "moment,confirmed,status,days",
    [
        ("2026-11-09T23:59:59", False, "on_time", 0),
        ("2026-11-10T00:00:00", False, "named_day_unconfirmed", 0),
        ("2026-11-10T23:59:59", False, "named_day_unconfirmed", 0),
        ("2026-11-11T00:00:00", False, "late", 2),
        ("2026-11-10T00:00:00", True, "late", 1),
        ("2026-11-11T12:00:00", True, "late", 2),
        ("2027-01-01T00:00:00", True, "late", 53),
        ("2026-10-01T00:00:00", True, "on_time", 0),
    ],
)
def test_a_submission_is_judged_by_its_day_in_vietnam(moment, confirmed, status, days):
    found = lateness(LAST, NAMED, at(moment), reading_confirmed=confirmed)
    assert found == Lateness(status=LatenessStatus(status), days_late=days)
    assert lateness(LAST, NAMED, at(moment).astimezone(UTC), reading_confirmed=confirmed) == found


def test_without_a_last_day_nothing_is_late():
    assert lateness(None, None, at("2030-01-01T00:00:00"), reading_confirmed=True).status == "on_time"


def test_without_doubt_about_the_day_the_reading_does_not_matter():
    found = [lateness(LAST, None, at("2026-11-10T08:00:00"), reading_confirmed=known) for known in (True, False)]
    assert [f.days_late for f in found] == [1, 1]


FIRST = at("2026-11-08T09:00:00")


@pytest.mark.parametrize(
    "rounds,counted",
    [
        # handed in once
        ([(FIRST, None)], FIRST),
        # returned, back on the last day of the return deadline: the first counts
        ([(FIRST, None), (at("2026-11-16T23:59:00"), date(2026, 11, 16))], FIRST),
        # back a day later: the correction counts
        ([(FIRST, None), (at("2026-11-17T00:00:00"), date(2026, 11, 16))], at("2026-11-17T00:00:00")),
        # twice returned, both in time
        ([(FIRST, None), (at("2026-11-12T08:00:00"), date(2026, 11, 16)), (at("2026-11-20T08:00:00"), date(2026, 11, 20))], FIRST),
        # too late once: that one counts from then on, a later correction in time changes nothing
        ([(FIRST, None), (at("2026-11-18T08:00:00"), date(2026, 11, 16)), (at("2026-11-20T08:00:00"), date(2026, 11, 25))], at("2026-11-18T08:00:00")),
        # no return deadline was set
        ([(FIRST, None), (at("2026-12-18T08:00:00"), None)], FIRST),
    ],
)  # fmt: skip
def test_the_submission_that_counts(rounds, counted):
    assert counted_moment([Round(at=moment, due=due) for moment, due in rounds]) == counted


MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2031, 12, 31), timezones=st.just(UTC))


@given(st.dates(date(2025, 1, 1), date(2031, 1, 1)), MOMENTS)
def test_confirming_the_reading_changes_the_named_day_only(last, moment):
    named = last + timedelta(days=1)
    before, after = (lateness(last, named, moment, reading_confirmed=known) for known in (False, True))
    if before.status is LatenessStatus.NAMED_DAY_UNCONFIRMED:
        assert (before.days_late, after) == (0, Lateness(status=LatenessStatus.LATE, days_late=1))
    else:
        assert before == after


@given(st.dates(date(2025, 1, 1), date(2031, 1, 1)), MOMENTS, st.integers(0, 400))
def test_waiting_longer_never_makes_a_submission_earlier(last, moment, days):
    now, then = (lateness(last, None, m, reading_confirmed=True) for m in (moment, moment + timedelta(days=days)))
    assert now.days_late <= then.days_late <= now.days_late + days
