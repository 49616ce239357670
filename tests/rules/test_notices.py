"""When may a mail reach a person? Outside their quiet hours, on working days, and never later than it must."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.calendar import WorkingCalendar
from engine.rules.deadlines import ICT, local_day
from engine.rules.notices import (
    Habits,
    MailMode,
    PersonalSettings,
    allowed_from,
    defaults,
    digest_moment,
    is_mailed,
    next_digest_moment,
)
from engine.rules.units import AccountId
from tests.rules.calendars import REAL as CALENDAR

HABITS = Habits(mail=MailMode.DIGEST, quiet_from=18, quiet_until=7, digest_minute=485, busy_week=60)


def choice(quiet_from: int = 18, quiet_until: int = 7, days: str = "", minute: int = 485) -> PersonalSettings:
    return PersonalSettings(
        account_id=AccountId(1),
        mail=MailMode.DIGEST,
        quiet_from=quiet_from,
        quiet_until=quiet_until,
        digest_days=tuple(days),
        digest_minute=minute,
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ICT)


def said(moment: datetime) -> str:
    assert moment.tzinfo is UTC
    return moment.astimezone(ICT).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("moment", "quiet", "wanted"),
    [
        ("2026-11-06 10:00", (18, 7), "2026-11-06 10:00"),
        ("2026-11-06 06:59", (18, 7), "2026-11-06 07:00"),
        ("2026-11-06 07:00", (18, 7), "2026-11-06 07:00"),
        ("2026-11-06 17:59", (18, 7), "2026-11-06 17:59"),
        ("2026-11-06 18:00", (18, 7), "2026-11-09 07:00"),  # a Friday evening
        ("2026-11-07 10:00", (18, 7), "2026-11-09 07:00"),  # a Saturday
        ("2026-11-23 20:00", (18, 7), "2026-11-25 07:00"),  # the 24th is a holiday
        ("2026-08-21 20:00", (18, 7), "2026-08-22 07:00"),  # a Saturday that is worked for a Monday
        ("2027-02-03 19:00", (18, 7), "2027-02-11 07:00"),  # Tết
        ("2026-11-06 23:30", (22, 6), "2026-11-09 06:00"),
        ("2026-11-06 12:30", (12, 14), "2026-11-06 14:00"),  # quiet at noon
        ("2026-11-06 23:59", (0, 0), "2026-11-06 23:59"),  # no quiet hours
        ("2026-11-08 00:00", (0, 0), "2026-11-09 00:00"),  # but Sunday
        ("2026-11-06 03:00", (0, 8), "2026-11-06 08:00"),
    ],
)
def test_quiet_hours_and_days_of_rest_are_kept(moment: str, quiet: tuple[int, int], wanted: str) -> None:
    assert said(allowed_from(at(moment), choice(*quiet), CALENDAR)) == wanted


@pytest.mark.parametrize(
    ("moment", "quiet", "wanted", "following"),
    [
        ("2026-11-06 08:00", (18, 7), "2026-11-06 08:05", "2026-11-09 08:05"),
        ("2026-11-06 10:00", (18, 7), "2026-11-06 10:00", "2026-11-09 08:05"),
        ("2026-11-06 18:30", (18, 7), "2026-11-09 08:05", "2026-11-09 08:05"),
        ("2026-11-01 00:00", (18, 7), "2026-11-02 08:05", "2026-11-02 08:05"),
        ("2026-11-06 08:00", (17, 9), "2026-11-06 09:00", "2026-11-09 09:00"),
        ("2026-11-05 08:00", (6, 12), "2026-11-05 12:00", "2026-11-06 12:00"),
    ],
)
def test_a_digest_goes_after_the_rungs_of_its_morning(
    moment: str, quiet: tuple[int, int], wanted: str, following: str
) -> None:
    settings = choice(*quiet)
    assert said(digest_moment(at(moment), settings, CALENDAR)) == wanted
    assert said(next_digest_moment(at(moment), settings, CALENDAR)) == following


@pytest.mark.parametrize(
    ("moment", "days", "minute", "wanted", "following"),
    [
        ("2026-11-02 08:00", "1", 485, "2026-11-02 08:05", "2026-11-09 08:05"),  # Mondays
        ("2026-11-03 08:00", "1", 485, "2026-11-09 08:05", "2026-11-09 08:05"),
        ("2026-11-06 09:00", "15", 905, "2026-11-06 15:05", "2026-11-09 15:05"),
        ("2026-11-20 10:00", "2", 485, "2026-11-25 08:05", "2026-11-25 08:05"),  # Tuesday the 24th is a holiday
        ("2026-11-24 10:00", "2", 485, "2026-11-25 08:05", "2026-11-25 08:05"),  # and so it is for what comes on it
        ("2026-08-21 10:00", "1", 485, "2026-08-24 08:05", "2026-08-24 08:05"),
        ("2026-08-25 10:00", "1", 485, "2026-09-03 08:05", "2026-09-03 08:05"),  # 31/8 to 2/9 are holidays
        ("2026-11-06 10:00", "5", 1380, "2026-11-06 10:00", "2026-11-13 07:00"),  # at 23:00, in the quiet hours
    ],
)
def test_a_digest_goes_on_the_days_that_a_person_chose(
    moment: str, days: str, minute: int, wanted: str, following: str
) -> None:
    settings = choice(days=days, minute=minute)
    assert said(digest_moment(at(moment), settings, CALENDAR)) == wanted
    assert said(next_digest_moment(at(moment), settings, CALENDAR)) == following


def test_what_an_order_changes_is_mailed_whatever_one_chose() -> None:
    silent = replace(choice(), mail=MailMode.NONE)
    assert [is_mailed(kind, silent) for kind in ("redated", "reminder", "escalation", "new_work")] == [
        True,
        *[False] * 3,
    ]
    assert is_mailed("reminder", choice())


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda naive: naive.replace(tzinfo=ICT))


@given(MOMENTS, st.integers(0, 23), st.integers(0, 23))
def test_the_moment_is_allowed_and_the_first_one(moment: datetime, start: int, end: int) -> None:
    settings = choice(start, end)
    found = allowed_from(moment, settings, CALENDAR)
    assert found >= moment
    assert _allowed(found, start, end)
    assert allowed_from(found, settings, CALENDAR) == found
    hours = [moment + timedelta(hours=n) for n in range(1, 24 * 14) if moment + timedelta(hours=n) < found]
    assert not any(_allowed(hour, start, end) for hour in [moment, *hours] if hour < found)


@given(MOMENTS, st.integers(0, 23), st.integers(0, 23), st.sets(st.sampled_from("12345")), st.integers(0, 1439))
def test_a_digest_of_chosen_days_comes_and_is_allowed(
    moment: datetime, start: int, end: int, days: set[str], minute: int
) -> None:
    settings = choice(start, end, "".join(sorted(days)), minute)
    first, following = (f(moment, settings, CALENDAR) for f in (digest_moment, next_digest_moment))
    assert moment <= first <= following
    assert local_day(moment) < local_day(following)
    assert all(_allowed(found, start, end) for found in (first, following))


@given(MOMENTS, st.integers(0, 23), st.integers(0, 23))
def test_the_next_digest_is_on_a_later_day(moment: datetime, start: int, end: int) -> None:
    settings = choice(start, end)
    first, following = (f(moment, settings, CALENDAR) for f in (digest_moment, next_digest_moment))
    assert local_day(moment) <= local_day(first) <= local_day(following)
    assert local_day(moment) < local_day(following)
    assert all(_allowed(found, start, end) for found in (first, following))


def test_who_chose_nothing_has_the_habits_of_the_house() -> None:
    assert defaults(AccountId(1), HABITS) == choice()


def test_an_endless_rest_is_an_error() -> None:
    from engine.rules.calendar import EndlessRest

    class Off:
        kind = "off"

    first = datetime(2026, 1, 1).date()
    with pytest.raises(EndlessRest):
        allowed_from(
            at("2026-01-01 08:00"), choice(), WorkingCalendar({first + timedelta(n): Off() for n in range(99)})
        )


def _allowed(moment: datetime, start: int, end: int) -> bool:
    local = moment.astimezone(ICT)
    quiet = {hour % 24 for hour in range(start, end if end >= start else end + 24)}
    return CALENDAR.is_working(local.date()) and local.hour not in quiet
