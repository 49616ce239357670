"""Deadlines: a rule and a year give the first day, the last day and the instant lateness begins."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.deadlines import (
    ICT,
    DayRule,
    Deadline,
    DeadlineRule,
    RuleKind,
    count_within,
    days_late,
    deadlines_of,
    facts_dates,
    names_of,
    possible,
    start_of_day,
    wording_with_last_day,
)
from tests.rules.calendars import PLAIN, REAL


@dataclass(frozen=True)
class AGroup:
    key: str
    cohorts: tuple[str, ...]
    unit_kinds: tuple[str, ...] = ()


OTHERS = AGroup("others", ("residential", "administrative"))
SCHOOL = AGroup("school", ("school",))


def a_day(text: str) -> DayRule:
    """ "10/11-1" is 10 November of the year before."""
    day, rest = text.split("/")
    month, sign, offset = (*rest.partition("-"),) if "-" in rest else (*rest.partition("+"),)
    return DayRule(day=int(day), month=int(month), year_offset=int(sign + offset) if offset else 0)


def a_rule(kind: str, day: str | None = None, **changes) -> DeadlineRule:
    for key in ("opens", "campaign"):
        if key in changes:
            changes[key] = a_day(changes[key])
    rule = DeadlineRule(
        name="x",
        rule=RuleKind(kind),
        cohorts=(),
        label="Việc",
        wording="trước ngày {date}" if kind == "before" else "câu chữ",
        source="kiểm thử",
        boundary="exclusive" if kind == "before" else "inclusive",
        date=a_day(day) if day else None,
    )
    return replace(rule, **changes)


def last_day(rule: DeadlineRule, year: int, calendar=PLAIN) -> str | None:
    day = deadlines_of([rule], OTHERS, year, calendar)["x"].last_day
    return day and day.isoformat()


@pytest.mark.parametrize(
    "day,year,last",
    [
        # "trước ngày D/M" ends the day before, at 24:00.
        ("10/11-1", 2026, "2025-11-09"),
        ("10/11-1", 2027, "2026-11-09"),
        ("10/11-1", 2029, "2028-11-09"),
        ("10/11-1", 2031, "2030-11-09"),
        ("30/9-1", 2026, "2025-09-29"),
        ("30/9-1", 2027, "2026-09-29"),
        ("30/9-1", 2030, "2029-09-29"),
        ("20/11-1", 2027, "2026-11-19"),
        ("10/11", 2027, "2027-11-09"),
        ("30/11", 2026, "2026-11-29"),
        ("30/11", 2027, "2027-11-29"),
        ("20/5", 2027, "2027-05-19"),
        ("20/5", 2028, "2028-05-19"),
        ("10/5", 2031, "2031-05-09"),
        ("1/1", 2027, "2026-12-31"),
        ("1/1+1", 2027, "2027-12-31"),
        ("1/3", 2027, "2027-02-28"),
        ("1/3", 2028, "2028-02-29"),
        # 29/2 means the last day of February; before it is the day before that.
        ("29/2", 2027, "2027-02-27"),
        ("29/2", 2028, "2028-02-28"),
    ],
)
def test_before_excludes_the_named_day(day, year, last):
    assert last_day(a_rule("before", day), year) == last


@pytest.mark.parametrize(
    "rule,year,last",
    [
        (a_rule("before", "10/11", boundary="inclusive"), 2027, "2027-11-10"),
        (a_rule("by", "30/11"), 2028, "2028-11-30"),
        (a_rule("by", "29/2"), 2026, "2026-02-28"),
        (a_rule("by", "29/2"), 2028, "2028-02-29"),
        (a_rule("by", "28/2"), 2028, "2028-02-28"),
        (a_rule("by", "31/12"), 2025, "2025-12-31"),
        (a_rule("by", "31/1+1"), 2026, "2027-01-31"),
        (a_rule("by", "30/11", boundary="exclusive"), 2028, "2028-11-29"),
        (a_rule("standing"), 2028, None),
        (a_rule("within", n=5, unit="working_day", event="e"), 2028, None),
        (a_rule("month_start", number=10), 2025, "2025-10-01"),
        (a_rule("month_start", number=10, year_offset=-1), 2027, "2026-10-01"),
        (a_rule("one_off", on=date(2027, 7, 31)), 2027, "2027-07-31"),
        (a_rule("one_off", on=date(2027, 7, 31), year_offset=-1), 2028, "2027-07-31"),
    ],
)
def test_last_day_of_the_other_kinds(rule, year, last):
    assert last_day(rule, year) == last


@pytest.mark.parametrize(
    "rule,year,days",
    [
        # Index: weights in February–March, survey in quarter IV, scoring December–January, report January–February.
        (a_rule("window", "31/3", opens="1/2"), 2027, ("2027-02-01", "2027-03-31")),
        (a_rule("window", "31/1+1", opens="1/12"), 2026, ("2026-12-01", "2027-01-31")),
        (a_rule("window", "29/2+1", opens="1/1+1"), 2026, ("2027-01-01", "2027-02-28")),
        (a_rule("window", "29/2+1", opens="1/1+1"), 2027, ("2028-01-01", "2028-02-29")),
        (a_rule("quarter", number=1), 2028, ("2028-01-01", "2028-03-31")),
        (a_rule("quarter", number=4), 2026, ("2026-10-01", "2026-12-31")),
        (a_rule("quarter", number=4, year_offset=-1), 2027, ("2026-10-01", "2026-12-31")),
        (a_rule("quarter", number=2), 2025, ("2025-04-01", "2025-06-30")),
        # "ngày 05 tháng sau quý"
        (a_rule("after_period", period="quarter", number=1, n=5), 2027, ("2027-04-01", "2027-04-05")),
        (a_rule("after_period", period="quarter", number=2, n=5), 2027, ("2027-07-01", "2027-07-05")),
        (a_rule("after_period", period="quarter", number=3, n=5), 2027, ("2027-10-01", "2027-10-05")),
        (a_rule("after_period", period="quarter", number=4, n=5, year_offset=-1), 2027, ("2027-01-01", "2027-01-05")),
        (a_rule("after_period", period="quarter", number=4, n=5), 2031, ("2032-01-01", "2032-01-05")),
        (a_rule("after_period", period="month", number=1, n=29), 2027, ("2027-02-01", "2027-02-28")),
        (a_rule("after_period", period="month", number=1, n=29), 2028, ("2028-02-01", "2028-02-29")),
        (a_rule("after_period", period="month", number=12, n=10), 2026, ("2027-01-01", "2027-01-10")),
        (a_rule("after_period", period="year", n=31), 2026, ("2027-01-01", "2027-01-31")),
        (
            a_rule("after_period", period="quarter", number=1, n=10, boundary="exclusive"),
            2027,
            ("2027-04-01", "2027-04-09"),
        ),
    ],
)
def test_windows_and_periods(rule, year, days):
    found = deadlines_of([rule], OTHERS, year, PLAIN)["x"]
    assert (found.first_day.isoformat(), found.last_day.isoformat()) == days


@pytest.mark.parametrize("roll,last", [("fixed", "2027-11-20"), ("next", "2027-11-22"), ("previous", "2027-11-19")])
def test_a_last_day_on_a_saturday_is_moved_only_if_the_rule_says_so(roll, last):
    assert last_day(a_rule("by", "20/11", roll=roll), 2027, REAL) == last


@pytest.mark.parametrize(
    "event,n,unit,last",
    [
        # Civil Code, articles 147 and 148: the first day does not count, a rest day moves to the next working day.
        ("2026-11-27", 5, "working_day", "2026-12-04"),
        ("2026-11-20", 5, "working_day", "2026-11-30"),  # 24/11 is off
        ("2027-01-29", 5, "working_day", "2027-02-12"),  # three days before Tết 2027, two after
        ("2027-05-16", 3, "working_day", "2027-05-19"),  # a Sunday
        ("2026-12-31", 1, "working_day", "2027-01-04"),
        ("2026-12-30", 1, "working_day", "2026-12-31"),
        ("2026-08-21", 1, "working_day", "2026-08-22"),  # a Saturday worked instead of Monday 31/8
        ("2026-03-02", 15, "calendar_day", "2026-03-17"),
        ("2026-01-31", 15, "calendar_day", "2026-02-23"),  # 15/2 is a Sunday, then Tết
        ("2025-01-10", 15, "calendar_day", "2025-02-03"),  # 25/1 is a Saturday, then Tết
        ("2025-04-17", 15, "calendar_day", "2025-05-05"),  # 2/5 is off
        ("2028-02-14", 15, "calendar_day", "2028-02-29"),
        ("2027-02-14", 15, "calendar_day", "2027-03-01"),
        ("2029-12-17", 15, "calendar_day", "2030-01-02"),
        ("2026-11-09", 15, "calendar_day", "2026-11-25"),  # 24/11
    ],
)
def test_within_counts_from_the_day_after_the_event(event, n, unit, last):
    rule = a_rule("within", n=n, unit=unit, event="e")
    assert count_within(rule, date.fromisoformat(event), REAL).isoformat() == last


def test_a_deadline_with_everything():
    rule = a_rule(
        "before", "10/11-1", name="register", opens="1/10-1", campaign="1/11-1", label="Đăng ký", source="Phụ lục 3"
    )
    assert deadlines_of([rule], OTHERS, 2027, REAL) == {
        "register": Deadline(
            name="register",
            group="others",
            label="Đăng ký",
            first_day=date(2026, 10, 1),
            campaign_day=date(2026, 11, 1),
            last_day=date(2026, 11, 9),
            wording="trước ngày 10/11/2026",
            source="Phụ lục 3",
            named_day=date(2026, 11, 10),
        )
    }


def test_each_group_gets_the_rows_of_its_cohorts():
    rules = [
        a_rule("before", "10/11-1", name="register", cohorts=("residential", "armed_forces")),
        a_rule("before", "30/9-1", name="register", cohorts=("school",)),
        a_rule("before", "20/11-1", name="report"),
    ]
    found = {
        group.key: {name: d.last_day.isoformat() for name, d in deadlines_of(rules, group, 2027, PLAIN).items()}
        for group in (OTHERS, SCHOOL)
    }
    assert found == {
        "others": {"register": "2026-11-09", "report": "2026-11-19"},
        "school": {"register": "2026-09-29", "report": "2026-11-19"},
    }


def test_a_row_holds_only_in_its_years():
    rules = [
        a_rule("by", "1/3", last_year=2027),
        a_rule("by", "15/3", first_year=2028, last_year=2029),
    ]
    found = [last_day_of(rules, year) for year in range(2027, 2031)]
    assert found == ["2027-03-01", "2028-03-15", "2029-03-15", None]


def last_day_of(rules, year):
    found = deadlines_of(rules, OTHERS, year, PLAIN).get("x")
    return found and found.last_day.isoformat()


def test_a_one_off_day_belongs_to_the_cycle_of_its_year_only():
    rule = a_rule("one_off", on=date(2027, 7, 31))
    assert [year for year in range(2025, 2031) if deadlines_of([rule], OTHERS, year, PLAIN)] == [2027]


@pytest.mark.parametrize(
    "period,year,count,first,last",
    [
        ("month", 2027, 12, ("x-1", "2027-01-01", "2027-01-31"), ("x-12", "2027-12-01", "2027-12-31")),
        ("month", 2028, 12, ("x-1", "2028-01-01", "2028-01-31"), ("x-12", "2028-12-01", "2028-12-31")),
        ("quarter", 2027, 4, ("x-1", "2027-01-01", "2027-03-31"), ("x-4", "2027-10-01", "2027-12-31")),
        ("year", 2027, 1, ("x", "2027-01-01", "2027-12-31"), ("x", "2027-01-01", "2027-12-31")),
        # ISO weeks: Monday to Sunday, in the year of their Thursday.
        ("week", 2026, 53, ("x-1", "2025-12-29", "2026-01-04"), ("x-53", "2026-12-28", "2027-01-03")),
        ("week", 2027, 52, ("x-1", "2027-01-04", "2027-01-10"), ("x-52", "2027-12-27", "2028-01-02")),
    ],
)
def test_recurrences_are_numbered(period, year, count, first, last):
    found = list(deadlines_of([a_rule("recurring", period=period, n=1)], OTHERS, year, PLAIN).values())
    ends = [(d.name, d.first_day.isoformat(), d.last_day.isoformat()) for d in (found[0], found[-1])]
    assert (len(found), ends) == (count, [first, last])


def test_a_recurrence_says_its_number():
    rule = a_rule("recurring", period="quarter", n=1, label="Phiếu quý {number}", wording="hết quý {number} ({date})")
    found = deadlines_of([rule], OTHERS, 2027, PLAIN)["x-3"]
    assert (found.label, found.wording) == ("Phiếu quý 3", "hết quý 3 (30/09/2027)")


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_names_of_a_recurrence_cover_the_longest_year(offset):
    names = names_of(a_rule("recurring", period="week", n=1, year_offset=offset))
    assert (len(names), names[-1]) == (53, "x-53")


@pytest.mark.parametrize(
    "rule,text",
    [
        (a_rule("before", "10/11-1"), "trước ngày 10/11/2026 (hạn cuối: hết ngày 09/11/2026)"),
        (a_rule("before", "1/3"), "trước ngày 01/03/2027 (hạn cuối: hết ngày 28/02/2027)"),
        (
            a_rule("before", "30/9-1", wording="trước ngày 30/9 hằng năm"),
            "trước ngày 30/9 hằng năm (hạn cuối: hết ngày 29/09/2026)",
        ),
        (a_rule("by", "5/4", wording="đến hết ngày {date}"), "đến hết ngày 05/04/2027 (hạn cuối: hết ngày 05/04/2027)"),
        (a_rule("standing", wording="thường xuyên"), "thường xuyên"),
        (
            a_rule("before", "10/11", wording="trước {date} {khác}"),
            "trước 10/11/2027 {khác} (hạn cuối: hết ngày 09/11/2027)",
        ),
    ],
)
def test_the_wording_shows_the_last_valid_day(rule, text):
    assert wording_with_last_day(deadlines_of([rule], OTHERS, 2027, PLAIN)["x"]) == text


def test_lateness_begins_when_the_last_day_ends():
    deadline = deadlines_of([a_rule("before", "30/9-1")], SCHOOL, 2027, PLAIN)["x"]
    assert deadline.late_from == datetime(2026, 9, 29, 17, tzinfo=UTC)
    at = [deadline.late_from - timedelta(microseconds=1), deadline.late_from, deadline.late_from + timedelta(days=1)]
    assert [days_late(deadline.last_day, instant) for instant in at] == [0, 1, 2]


def test_the_instants_that_timers_name():
    rules = [
        a_rule("before", "10/11-1", name="register", opens="1/10-1", campaign="1/11-1"),
        a_rule("standing", name="progress"),
        a_rule(
            "within", name="appeal", cohorts=("residential",), n=5, unit="working_day", event="e", wording="năm ngày"
        ),
        a_rule("within", name="appeal", cohorts=("school",), n=3, unit="working_day", event="e", wording="ba ngày"),
    ]
    # 18:00 UTC of 18/5 is already 19/5, a Wednesday, in Việt Nam.
    now = datetime(2027, 5, 18, 18, tzinfo=UTC)
    facts = {
        group.key: facts_dates(deadlines_of(rules, group, 2027, REAL), now, REAL, rules) for group in (OTHERS, SCHOOL)
    }
    assert facts["school"] == {
        "register": facts["others"]["register"],
        "progress": {},
        "appeal": {"last_day": local("2027-05-24"), "late_from": local("2027-05-25")},
    }
    assert facts["others"] == {
        "register": {
            "opens": local("2026-10-01"),
            "campaign": local("2026-11-01"),
            "last_day": local("2026-11-09"),
            "late_from": local("2026-11-10"),
        },
        "progress": {},
        "appeal": {"last_day": local("2027-05-26"), "late_from": local("2027-05-27")},
    }


def local(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00+07:00").astimezone(UTC)


@pytest.mark.parametrize(
    "day,month,answer",
    [
        (31, 1, True),
        (29, 2, True),
        (30, 2, False),
        (31, 4, False),
        (30, 4, True),
        (31, 12, True),
        (1, 13, False),
        (0, 1, False),
    ],
)
def test_possible_days(day, month, answer):
    assert possible(day, month) is answer


POSSIBLE = st.tuples(st.integers(1, 31), st.integers(1, 12)).filter(lambda dm: possible(*dm))
YEARS = st.integers(2000, 2100)
OFFSETS = st.integers(-1, 1)


@given(POSSIBLE, YEARS, OFFSETS)
def test_before_and_by_differ_by_one_day(day_month, year, offset):
    day = DayRule(day=day_month[0], month=day_month[1], year_offset=offset)
    before = deadlines_of([a_rule("before", date=day)], OTHERS, year, PLAIN)["x"]
    by = deadlines_of([a_rule("by", date=day)], OTHERS, year, PLAIN)["x"]
    assert by.last_day - before.last_day == timedelta(days=1)


@given(POSSIBLE, YEARS, OFFSETS)
def test_the_same_rule_a_year_later_is_365_or_366_days_later(day_month, year, offset):
    rule = a_rule("by", date=DayRule(day=day_month[0], month=day_month[1], year_offset=offset))
    days = [deadlines_of([rule], OTHERS, y, PLAIN)["x"].last_day for y in (year, year + 1)]
    assert (days[1] - days[0]).days in (365, 366)


@given(YEARS, st.sampled_from(["week", "month", "quarter", "year"]))
def test_recurrences_follow_each_other_without_gap(year, period):
    found = list(deadlines_of([a_rule("recurring", period=period)], OTHERS, year, PLAIN).values())
    following = list(deadlines_of([a_rule("recurring", period=period)], OTHERS, year + 1, PLAIN).values())
    chain = [*found, following[0]]
    assert all(b.first_day - a.last_day == timedelta(days=1) for a, b in pairwise(chain))


@given(YEARS, st.integers(1, 4))
def test_a_quarterly_report_opens_when_the_quarter_ends(year, number):
    quarter = deadlines_of([a_rule("quarter", number=number)], OTHERS, year, PLAIN)["x"]
    report = deadlines_of([a_rule("after_period", period="quarter", number=number, n=5)], OTHERS, year, PLAIN)["x"]
    assert (report.first_day - quarter.last_day, report.last_day - report.first_day) == (timedelta(1), timedelta(4))


@given(
    st.dates(date(2025, 1, 1), date(2031, 6, 1)), st.integers(1, 60), st.sampled_from(["calendar_day", "working_day"])
)
def test_a_counted_deadline_ends_on_a_working_day_and_never_early(event, n, unit):
    last = count_within(a_rule("within", n=n, unit=unit, event="e"), event, REAL)
    assert REAL.is_working(last)
    assert (REAL.count(event + timedelta(days=1), last) if unit == "working_day" else (last - event).days) >= n


@given(st.dates(date(1980, 1, 1), date(2100, 1, 1)))
def test_days_begin_at_midnight_in_vietnam(day):
    assert start_of_day(day).astimezone(ICT).isoformat() == f"{day.isoformat()}T00:00:00+07:00"
