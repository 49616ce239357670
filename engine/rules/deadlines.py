"""When is something due? A rule of a pack and a year → first day, last day, the instant lateness begins.

All days are days in Asia/Ho_Chi_Minh; a deadline ends at 24:00 of its last day (Civil Code 2015, art. 148).
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

from engine.rules.calendar import WorkingCalendar
from engine.rules.text import short_date

ICT = ZoneInfo("Asia/Ho_Chi_Minh")
Day = date  # beside a field that is called `date`


class RuleKind(StrEnum):
    """The closed vocabulary of deadline rules."""

    BEFORE = "before"
    BY = "by"
    WINDOW = "window"
    QUARTER = "quarter"
    AFTER_PERIOD = "after_period"
    RECURRING = "recurring"
    WITHIN = "within"
    MONTH_START = "month_start"
    STANDING = "standing"
    ONE_OFF = "one_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRule:
    """A day of the year, counted from the cycle's year."""

    day: int
    month: int
    year_offset: int  #: 0 the cycle's year, -1 the year before

    def on(self, year: int) -> date:
        """The calendar day for cycle `year`; 29 February becomes the month's last day."""
        wanted = year + self.year_offset
        if (self.month, self.day) == (2, 29):
            return date(wanted, 3, 1) - timedelta(days=1)
        return date(wanted, self.month, self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRule:
    """A `[[deadline]]` table of a pack. `day/month/year_offset` mean what `rule` says."""

    name: str
    rule: RuleKind
    cohorts: tuple[str, ...]  #: empty: every cohort
    label: str  #: what is due, for people
    wording: str  #: as the source says it, e.g. "trước ngày 10/11 hằng năm"
    source: str
    boundary: str  #: exclusive | inclusive
    unit_kinds: tuple[str, ...] = ()  #: kinds of unit it is for; empty, as `cohorts` is: everybody
    date: DayRule | None = None  #: before, by; the window's end; recurring: the end of the span
    opens: DayRule | None = None  #: accepted from; recurring: the beginning of the span
    campaign: DayRule | None = None  #: start of the campaign window
    period: str | None = None  #: after_period, recurring: month | quarter | year | week
    number: int | None = None  #: which quarter or month of the year; month_start: the month
    n: int | None = None  #: within: how many; after_period: day of the following month; recurring: at least how often
    unit: str | None = None  #: within: calendar_day | working_day
    event: str | None = None  #: within: what starts the count
    year_offset: int = 0  #: year of the period; `date`, `opens` and `campaign` carry their own
    on: Day | None = None  #: one_off: the day itself, whatever the cycle
    starts: Day | None = None  #: one_off: the first day of a phase that ends `on`
    roll: str = "fixed"  #: a last day on a rest day: fixed | next | previous working day
    first_year: int | None = None  #: first cycle year of the rule; None: always
    last_year: int | None = None  #: last cycle year of the rule, inclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One deadline of one cycle for one deadline group: days, never instants, except `late_from`."""

    name: str
    group: str
    label: str
    first_day: date | None  #: accepted from; None: at once
    campaign_day: date | None
    last_day: date | None  #: last valid day, inclusive; None: no deadline
    wording: str
    source: str
    named_day: date | None = None  #: the last valid day if "trước ngày" should include the day it names; None: no doubt

    @property
    def late_from(self) -> datetime | None:
        """The first late instant: 24:00 of the last day, in UTC."""
        return None if self.last_day is None else start_of_day(self.last_day + timedelta(days=1))


def start_of_day(day: date) -> datetime:
    """00:00 of `day` in Asia/Ho_Chi_Minh, as a UTC instant."""
    return datetime.combine(day, time(), ICT).astimezone(UTC)


def local_day(instant: datetime) -> date:
    """The day in Asia/Ho_Chi_Minh that `instant` (aware) falls in."""
    return instant.astimezone(ICT).date()


def days_late(last_day: date | None, at: datetime) -> int | None:
    """Days from the last valid day to the day of `at`; 0 on time, None without a deadline."""
    return None if last_day is None else max(0, (local_day(at) - last_day).days)


class Group(Protocol):
    """Cohorts that share their deadlines."""

    @property
    def key(self) -> str:
        """Key of the group in its pack."""
        ...

    @property
    def cohorts(self) -> tuple[str, ...]:
        """Codes of the cohorts."""
        ...

    @property
    def unit_kinds(self) -> tuple[str, ...]:
        """Codes of the kinds of unit that belong to it whatever their cohort."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    """One occurrence of a rule: `named` is the day the wording names, before boundary and roll."""

    name: str
    number: int = 0
    first: date | None = None
    named: date | None = None


def deadlines_of(
    rules: Sequence[DeadlineRule], group: Group, year: int, calendar: WorkingCalendar
) -> dict[str, Deadline]:
    """Reckon every deadline of cycle `year` for one deadline group, by name, in the order of the rules.

    A rule holds for the group if it names no cohort and no kind of unit, or one of the group's. Days are days in
    Asia/Ho_Chi_Minh, the last one inclusive. A `within` rule has no days until its event (`count_within`).
    """
    return {
        deadline.name: deadline
        for rule in rules
        if is_for(rule, group)
        for deadline in dated(rule, year, calendar, group=group.key)
    }


def dated(
    rule: DeadlineRule, year: int, calendar: WorkingCalendar, *, group: str = "", event_day: date | None = None
) -> list[Deadline]:
    """The deadlines of one rule in cycle `year`, whoever it is for; none in a year in which it does not hold.

    `event_day`: when what a `within` rule counts from happened; without it such a deadline has no days.
    """
    if not in_force(rule, year):
        return []
    found = [_deadline(rule, days, group, year, calendar) for days in _occurrences(rule, year)]
    if rule.rule is not RuleKind.WITHIN or event_day is None:
        return found
    last = count_within(rule, event_day, calendar)
    return [replace(deadline, first_day=event_day, last_day=last) for deadline in found]


def next_occurrences(
    rule: DeadlineRule, calendar: WorkingCalendar, *, after: date, count: int
) -> list[tuple[int, Deadline]]:
    """The first `count` deadlines of the rule, with their cycle's year, whose last valid day is `after` or later.

    In the order of days; empty for rules without a day of their own (`standing`, `within`).
    """
    found: list[tuple[int, Deadline]] = []
    for year in range(after.year - _FAR_YEARS, after.year + _FAR_YEARS + count + 1):
        days = dated(rule, year, calendar)
        found += [(year, deadline) for deadline in days if deadline.last_day and deadline.last_day >= after]
    return sorted(found, key=lambda pair: pair[1].last_day or date.max)[:count]


def is_for(rule: DeadlineRule, group: Group) -> bool:
    """Whether the rule speaks of the group: of everybody, of one of its cohorts or kinds of unit."""
    of_cohort = any(cohort in group.cohorts for cohort in rule.cohorts)
    return of_cohort or any(k in group.unit_kinds for k in rule.unit_kinds) or not (rule.cohorts or rule.unit_kinds)


def in_force(rule: DeadlineRule, year: int) -> bool:
    """Whether the rule holds in cycle `year`."""
    return (rule.first_year or year) <= year <= (rule.last_year or year)


def names_of(rule: DeadlineRule) -> tuple[str, ...]:
    """The names under which a rule's deadlines may be asked for: one, or one per recurrence."""
    if rule.rule is not RuleKind.RECURRING:
        return (rule.name,)
    years = range(_YEAR_OF_53_WEEKS - rule.year_offset - 1, _YEAR_OF_53_WEEKS - rule.year_offset + 7)
    return max((tuple(days.name for days in _occurrences(rule, year)) for year in years), key=len)


def count_within(rule: DeadlineRule, event_day: date, calendar: WorkingCalendar) -> date:
    """The last day, inclusive, of a `within` rule whose event falls on `event_day`.

    The day of the event is not counted; a last day on a rest day moves to the next working day.
    Source: Bộ luật Dân sự 2015, Điều 147, 148.
    """
    n = rule.n or 0
    if rule.unit == "working_day":
        return calendar.add_working_days(event_day, n)
    return calendar.next_working_day(event_day + timedelta(days=n))


def wording_with_last_day(deadline: Deadline) -> str:
    """Say a deadline as its source does, with the last valid day: "… (hạn cuối: hết ngày 09/11/2026)"."""
    if deadline.last_day is None:
        return deadline.wording
    return f"{deadline.wording} (hạn cuối: hết ngày {short_date(deadline.last_day)})"


def facts_dates(
    deadlines: Mapping[str, Deadline], now: datetime, calendar: WorkingCalendar, rules: Sequence[DeadlineRule]
) -> dict[str, dict[str, datetime]]:
    """The instants that timers of a diagram may name: deadline → opens, campaign, last_day, late_from.

    `opens`, `campaign` and `last_day` are 00:00 of their days, `late_from` 24:00 of the last day, in UTC; what a
    deadline does not have is absent. `within` rules are counted from the local day of `now` (aware).
    """
    return {
        name: _instants(deadline, _last_day(deadline, now, calendar, rules)) for name, deadline in deadlines.items()
    }


def possible(day: int, month: int) -> bool:
    """Whether the day occurs in some year: 29/2 does, 30/2 and 31/4 do not."""
    return 1 <= month <= 12 and 1 <= day <= monthrange(_LEAP_YEAR, month)[1]


_LEAP_YEAR = 2028
_YEAR_OF_53_WEEKS = 2026
#: A rule's days lie at most so many years from its cycle's.
_FAR_YEARS = 4
_DAY = timedelta(days=1)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def _deadline(rule: DeadlineRule, days: _Days, group: str, year: int, calendar: WorkingCalendar) -> Deadline:
    spanned = rule.rule is RuleKind.RECURRING
    return Deadline(
        name=days.name,
        group=group,
        label=rule.label.replace("{number}", str(days.number)),
        first_day=rule.opens.on(year) if rule.opens and not spanned else days.first,
        campaign_day=rule.campaign.on(year) if rule.campaign else None,
        last_day=None if days.named is None else _rolled(_last(rule, days.named), rule.roll, calendar),
        wording=_filled(rule.wording, days),
        source=rule.source,
        named_day=_doubtful(rule, days, calendar),
    )


def _doubtful(rule: DeadlineRule, days: _Days, calendar: WorkingCalendar) -> date | None:
    """The last valid day under the other reading of "trước ngày"; None when it makes no difference."""
    if rule.rule is not RuleKind.BEFORE or rule.boundary != "exclusive" or days.named is None:
        return None
    strict, wide = (_rolled(day, rule.roll, calendar) for day in (days.named - _DAY, days.named))
    return wide if wide > strict else None


def _last(rule: DeadlineRule, named: date) -> date:
    return named - _DAY if rule.boundary == "exclusive" else named


def _rolled(day: date, roll: str, calendar: WorkingCalendar) -> date:
    if roll == "next":
        return calendar.next_working_day(day)
    return calendar.previous_working_day(day) if roll == "previous" else day


def _filled(wording: str, days: _Days) -> str:
    named = "" if days.named is None else short_date(days.named)
    return wording.replace("{date}", named).replace("{number}", str(days.number))


def _occurrences(rule: DeadlineRule, year: int) -> Iterator[_Days]:
    match rule.rule:
        case RuleKind.BEFORE | RuleKind.BY | RuleKind.WINDOW:
            yield _Days(name=rule.name, named=None if rule.date is None else rule.date.on(year))
        case RuleKind.QUARTER | RuleKind.AFTER_PERIOD:
            yield _of_period(rule, year + rule.year_offset)
        case RuleKind.RECURRING:
            yield from _recurrences(rule, year)
        case RuleKind.MONTH_START:
            first = date(year + rule.year_offset, rule.number or 1, 1)
            yield _Days(name=rule.name, first=first, named=first)
        case RuleKind.ONE_OFF:
            if rule.on is not None and (rule.starts or rule.on).year <= year + rule.year_offset <= rule.on.year:
                yield _Days(name=rule.name, first=rule.starts, named=rule.on)
        case RuleKind.WITHIN | RuleKind.STANDING:
            yield _Days(name=rule.name)


def _of_period(rule: DeadlineRule, year: int) -> _Days:
    """A quarter's own days, or day `n` of the month that follows a period."""
    months = _MONTHS[rule.period or "quarter"]
    first, after = _period(year, months, rule.number or 1)
    if rule.rule is RuleKind.QUARTER:
        return _Days(name=rule.name, first=first, named=after - _DAY)
    named = DayRule(day=rule.n or 1, month=after.month, year_offset=0).on(after.year)
    return _Days(name=rule.name, first=after, named=named)


def _period(year: int, months: int, number: int) -> tuple[date, date]:
    """First day of the `number`-th period of the year, and the day after its last."""
    first = (number - 1) * months
    after = first + months
    return date(year, first + 1, 1), date(year + after // 12, after % 12 + 1, 1)


def _recurrences(rule: DeadlineRule, year: int) -> Iterator[_Days]:
    """Every period of the year, or those that touch the rule's span, cut to it; numbered from 1."""
    wanted = year + rule.year_offset
    first, last = date(wanted, 1, 1), date(wanted, 12, 31)
    spanned = rule.opens is not None and rule.date is not None
    if rule.opens is not None and rule.date is not None:
        first, last = rule.opens.on(year), rule.date.on(year)
    starts = _starts(rule.period or "year", first, last) if spanned else _starts_of_year(rule.period or "year", wanted)
    for number, (start, after) in enumerate(pairwise(starts), start=1):
        days = (max(start, first), min(after - _DAY, last)) if spanned else (start, after - _DAY)
        name = rule.name if rule.period == "year" else f"{rule.name}-{number}"
        yield _Days(name=name, number=number, first=days[0], named=days[1])


def _starts_of_year(period: str, year: int) -> list[date]:
    """The first days of the year's periods, and the one after the last."""
    if period == "week":
        return _weeks(year)
    months = _MONTHS[period]
    return [_period(year, months, n)[0] for n in range(1, 12 // months + 1)] + [date(year + 1, 1, 1)]


def _starts(period: str, first: date, last: date) -> list[date]:
    """The first days of the periods that touch both days or lie between, and the one after the last."""
    if period == "year":
        return [first, last + _DAY]
    years = range(first.year - 1, last.year + 2)
    starts = sorted({start for year in years for start in _starts_of_year(period, year)})
    return [a for a, after in pairwise(starts) if after > first and a <= last] + [
        min(start for start in starts if start > last)
    ]


def _weeks(year: int) -> list[date]:
    """The Mondays of the year's weeks (ISO 8601: a week belongs to the year of its Thursday), and the one after."""
    # 28 December always lies in the last week of its year.
    weeks = date(year, 12, 28).isocalendar().week
    first = date.fromisocalendar(year, 1, 1)
    return [first + timedelta(weeks=n) for n in range(weeks + 1)]


def _last_day(
    deadline: Deadline, now: datetime, calendar: WorkingCalendar, rules: Sequence[DeadlineRule]
) -> date | None:
    rule = next((r for r in rules if r.rule is RuleKind.WITHIN and _same(r, deadline)), None)
    return deadline.last_day if rule is None else count_within(rule, local_day(now), calendar)


def _same(rule: DeadlineRule, deadline: Deadline) -> bool:
    # `rules` may hold rows of several cohorts under one name; packs must word rows of different length differently.
    return (rule.name, rule.wording) == (deadline.name, deadline.wording)


def _instants(deadline: Deadline, last_day: date | None) -> dict[str, datetime]:
    days = {
        "opens": deadline.first_day,
        "campaign": deadline.campaign_day,
        "last_day": last_day,
        "late_from": None if last_day is None else last_day + _DAY,
    }
    return {fact: start_of_day(day) for fact, day in days.items() if day is not None}
