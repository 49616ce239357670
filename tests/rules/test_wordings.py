"""Words and rule name the same day: what is written can be read back, and what contradicts is found."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.deadlines import (
    DayRule,
    DeadlineRule,
    RuleKind,
    dated,
    deadlines_of,
    next_occurrences,
    possible,
    wording_with_last_day,
)
from engine.rules.wordings import NamedDay, contradiction, days_counted, last_day_told, named_days
from tests.rules.calendars import PLAIN, REAL


@dataclass(frozen=True)
class Everybody:
    key: str = "all"
    cohorts: tuple[str, ...] = ()
    unit_kinds: tuple[str, ...] = ()


BASE = DeadlineRule(
    name="x", rule=RuleKind.BEFORE, cohorts=(), label="Việc", wording="", source="kiểm thử", boundary="exclusive"
)
DAYS = st.tuples(st.integers(1, 31), st.integers(1, 12)).filter(lambda dm: possible(*dm))
YEARS = st.integers(2024, 2035)
BEFORE = st.sampled_from(["trước ngày {date}", "xong trước ngày {date}", "gửi về cấp trên trước ngày {date} để xét"])
BY = st.sampled_from(["đến hết ngày {date}", "chậm nhất ngày {date}", "chậm nhất vào ngày {date}", "hết ngày {date}"])


def told(rule: DeadlineRule, year: int) -> str:
    return wording_with_last_day(dated(rule, year, PLAIN)[0])


@given(DAYS, st.integers(-1, 1), YEARS, BEFORE)
def test_a_day_to_be_met_before_can_be_read_back(day, offset, year, words):
    rule = replace(BASE, wording=words, date=DayRule(day=day[0], month=day[1], year_offset=offset))
    text = told(rule, year)
    (named,) = named_days(text)
    on = date(named.year or 0, named.month or 0, named.day or 0)
    assert (named.before, on) == (True, rule.date and rule.date.on(year))
    assert last_day_told(text) == on - timedelta(days=1)
    assert contradiction(rule) is None


@given(DAYS, st.integers(-1, 1), YEARS, BY)
def test_a_day_that_is_included_can_be_read_back(day, offset, year, words):
    on = DayRule(day=day[0], month=day[1], year_offset=offset)
    rule = replace(BASE, rule=RuleKind.BY, boundary="inclusive", wording=words, date=on)
    text = told(rule, year)
    (named,) = named_days(text)
    assert (named.before, named.day, named.month, named.year) == (
        False,
        on.on(year).day,
        on.on(year).month,
        on.on(year).year,
    )
    assert last_day_told(text) == on.on(year) and contradiction(rule) is None


@given(DAYS, YEARS, st.booleans())
def test_the_words_of_the_source_lead_to_the_rule_and_its_days(day, year, before):
    """From words alone to a rule, from the rule to days, and the days are those that the words name."""
    text = f"{'trước' if before else 'đến hết'} ngày {day[0]}/{day[1]} hằng năm"
    (named,) = named_days(text)
    kind = RuleKind.BEFORE if named.before else RuleKind.BY
    read = DayRule(day=named.day or 0, month=named.month or 0, year_offset=0)
    rule = replace(BASE, rule=kind, boundary="exclusive" if named.before else "inclusive", wording=text, date=read)
    (deadline,) = dated(rule, year, PLAIN)
    assert deadline.last_day == read.on(year) - timedelta(days=1 if before else 0)
    assert (contradiction(rule), last_day_told(wording_with_last_day(deadline))) == (None, deadline.last_day)


@given(st.integers(1, 366), st.sampled_from(["calendar_day", "working_day"]))
def test_a_count_can_be_read_back(n, unit):
    text = f"trong thời hạn {n:02} ngày{' làm việc' if unit == 'working_day' else ''} kể từ ngày ban hành"
    assert days_counted(text) == (n, unit)
    rule = replace(BASE, rule=RuleKind.WITHIN, boundary="inclusive", n=n, unit=unit, event="e", wording=text)
    assert (contradiction(rule), contradiction(replace(rule, n=n + 1)) is None) == (None, False)


@pytest.mark.parametrize(
    "text,named",
    [
        ("xong trước ngày 10/11 hằng năm", [NamedDay(how="trước", day=10, month=11, year=None)]),
        ("Trước ngày 30/9/2026", [NamedDay(how="trước", day=30, month=9, year=2026)]),
        ("ngày 05 tháng sau quý", []),
        ("từ ngày 1/10 đến hết ngày 15/10", [
            NamedDay(how="", day=1, month=10, year=None), NamedDay(how="đến hết", day=15, month=10, year=None)
        ]),
        ("trước ngày 10/11/2026 (hạn cuối: hết ngày 09/11/2026)", [
            NamedDay(how="trước", day=10, month=11, year=2026)
        ]),
        ("Quý IV hằng năm", []),
        ("thường xuyên", []),
    ],
)  # fmt: skip
def test_words_of_the_annex(text, named):
    assert named_days(text) == named


@pytest.mark.parametrize(
    "changes,reason",
    [
        ({"wording": "trước ngày 10/11 hằng năm"}, None),
        ({"wording": "trước ngày 30/9 hằng năm"}, "Câu chữ nói ngày 30/9, quy tắc nói ngày khác."),
        ({"wording": "đến hết ngày {date}"}, "Câu chữ nói “đến hết ngày”: chính ngày đó còn hạn, phải kể cả chính ngày đó (boundary = inclusive)."),
        ({"wording": "trước ngày {date}", "rule": RuleKind.BY, "boundary": "inclusive"}, "Câu chữ nói “trước ngày”: cách tính hạn phải là “trước một ngày” (rule = before)."),
        ({"wording": "trước ngày {date}", "boundary": "inclusive"}, None),
        ({"wording": "như kế hoạch năm"}, None),
    ],
)  # fmt: skip
def test_words_against_the_rule(changes, reason):
    rule = replace(BASE, date=DayRule(day=10, month=11, year_offset=0), **changes)
    assert contradiction(rule) == reason


ANY_RULE = st.one_of(
    st.builds(
        lambda day, offset, kind, roll: replace(
            BASE,
            rule=kind,
            boundary="exclusive" if kind is RuleKind.BEFORE else "inclusive",
            date=DayRule(day=day[0], month=day[1], year_offset=offset),
            roll=roll,
        ),
        DAYS,
        st.integers(-1, 1),
        st.sampled_from([RuleKind.BEFORE, RuleKind.BY]),
        st.sampled_from(["fixed", "next", "previous"]),
    ),
    st.builds(
        lambda number, offset: replace(
            BASE, rule=RuleKind.QUARTER, boundary="inclusive", number=number, year_offset=offset
        ),
        st.integers(1, 4),
        st.integers(-1, 1),
    ),
    st.builds(
        lambda period: replace(BASE, rule=RuleKind.RECURRING, boundary="inclusive", period=period, n=1),
        st.sampled_from(["week", "month", "quarter", "year"]),
    ),
    st.builds(
        lambda first, last: replace(
            BASE,
            rule=RuleKind.RECURRING,
            boundary="inclusive",
            period="week",
            opens=DayRule(day=first, month=9, year_offset=-1),
            date=DayRule(day=last, month=5, year_offset=0),
        ),
        st.integers(1, 30),
        st.integers(1, 31),
    ),
)


@given(ANY_RULE, st.dates(date(2025, 1, 1), date(2031, 12, 31)), st.integers(1, 5))
def test_the_next_occurrences_come_in_order_and_none_is_left_out(rule, after, count):
    found = next_occurrences(rule, REAL, after=after, count=count)
    days = [deadline.last_day for _, deadline in found]
    assert (len(days), days == sorted(days)) == (count, True)
    between = [
        deadline.last_day
        for year in range(after.year - 2, days[-1].year + 3)
        for deadline in dated(rule, year, REAL)
        if deadline.last_day and after <= deadline.last_day < days[-1]
    ]
    assert sorted(between) == [day for day in days if day < days[-1]]


@given(ANY_RULE, YEARS)
def test_a_group_gets_what_the_rule_gives(rule, year):
    alone = {deadline.name: replace(deadline, group="all") for deadline in dated(rule, year, REAL)}
    assert deadlines_of([rule], Everybody(), year, REAL) == alone


@given(ANY_RULE, YEARS)
def test_the_named_day_is_the_other_reading(rule, year):
    inclusive = {d.name: d.last_day for d in dated(replace(rule, boundary="inclusive"), year, REAL)}
    doubtful = [d for d in dated(rule, year, REAL) if d.named_day is not None]
    assert {d.name: d.named_day for d in doubtful} == {d.name: inclusive[d.name] for d in doubtful}
    assert rule.rule is RuleKind.BEFORE or doubtful == []


def test_weeks_of_a_school_year_are_cut_to_it():
    rule = replace(
        BASE,
        rule=RuleKind.RECURRING,
        boundary="inclusive",
        period="week",
        opens=DayRule(day=1, month=10, year_offset=-1),
        date=DayRule(day=31, month=5, year_offset=0),
    )
    found = dated(rule, 2027, PLAIN)
    assert [(d.name, d.first_day, d.last_day) for d in (found[0], found[1], found[-1])] == [
        ("x-1", date(2026, 10, 1), date(2026, 10, 4)),
        ("x-2", date(2026, 10, 5), date(2026, 10, 11)),
        ("x-36", date(2027, 5, 31), date(2027, 5, 31)),
    ]
