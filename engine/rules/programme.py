"""What is the programme of a model? Milestones with their periods, and money that was planned for it.

The source's own words and figures are kept as they stand: a total that its parts do not add up to is shown beside
their sum, never corrected. Money is whole đồng.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from engine.rules.decisions import DecisionId
from engine.rules.text import sort_key
from engine.rules.units import AccountId, UnitId

_DAY: Final = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(\d{2})(?:-(\d{2}))?))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From the first to the last day, both inclusive; None: the source leaves that end open."""

    first: date | None
    last: date | None

    def touches(self, other: "Period") -> bool:
        """Whether the two have a day in common."""
        before = self.last is not None and other.first is not None and self.last < other.first
        after = self.first is not None and other.last is not None and other.last < self.first
        return not before and not after

    def years(self) -> tuple[int, ...]:
        """The calendar years it touches; none when an end is open."""
        if self.first is None or self.last is None:
            return ()
        return tuple(range(self.first.year, self.last.year + 1))


def year(number: int) -> Period:
    """A calendar year."""
    return Period(first=date(number, 1, 1), last=date(number, 12, 31))


def quarter(number: int, of_year: int) -> Period:
    """The first to fourth quarter of a year."""
    return Period(first=date(of_year, 3 * number - 2, 1), last=_month_end(of_year, 3 * number))


def period_of(text: str) -> Period | None:
    """Read 2025, 2025-Q2, 2025-07, 2025-07-31, A..B, A.. or ..B; None for anything else or B before A."""
    start, dots, end = text.partition("..")
    first, last = _part(start), _part(end) if dots else _part(start)
    wrong = (start and first is None) or (end and last is None) or not (start or end)
    if wrong or (not dots and first is None):
        return None
    found = Period(first=first.first if first else None, last=last.last if last else None)
    return None if found.first and found.last and found.last < found.first else found


def _part(text: str) -> Period | None:
    match = _DAY.fullmatch(text)
    if match is None or not 2000 <= int(match[1]) <= 2100:
        return None
    own = int(match[1])
    if match[2]:
        return quarter(int(match[2]), own)
    if not match[3]:
        return year(own)
    try:
        first = date(own, int(match[3]), int(match[4] or 1))
    except ValueError:
        return None
    return Period(first=first, last=first if match[4] else _month_end(own, first.month))


def _month_end(of_year: int, month: int) -> date:
    return date(of_year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """Something that is to be reached or done in a period; texts are the source's."""

    key: str
    label: str
    period: Period
    leads: tuple[str, ...]  #: names of the bodies that answer for it
    coordinating: tuple[str, ...]
    product: str
    wording: str
    source: str
    note: str  #: what is odd about the source here; shown beside it


class Per(StrEnum):
    """What an amount is for."""

    PERIOD = "period"  # the whole of it
    YEAR = "year"  # each year of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """One planned amount; `part_of` names the amount that it is counted in."""

    key: str
    label: str
    fund: str  #: where it comes from
    period: Period
    amount: int | None  #: đồng; None: the source names no figure
    per: Per
    part_of: str | None
    wording: str
    source: str
    note: str

    @property
    def planned(self) -> int | None:
        """The amount for the whole period, in đồng; None without a figure, or yearly without an end."""
        if self.amount is None or self.per is Per.PERIOD:
            return self.amount
        return self.amount * len(self.period.years()) if self.period.years() else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """All of it, of one model."""

    leads: tuple[str, ...]
    coordinating: tuple[str, ...]
    source: str
    milestones: tuple[Milestone, ...]
    money: tuple[Money, ...]

    def milestone(self, key: str) -> Milestone | None:
        """The milestone of that key."""
        return next((m for m in self.milestones if m.key == key), None)

    def amount(self, key: str) -> Money | None:
        """The amount of that key."""
        return next((m for m in self.money if m.key == key), None)

    def parts(self, key: str) -> tuple[Money, ...]:
        """What an amount is made of, as the source says it."""
        return tuple(m for m in self.money if m.part_of == key)


NO_PROGRAMME: Final = Programme(leads=(), coordinating=(), source="", milestones=(), money=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A stated amount and the sum of its parts, which is another; both in đồng."""

    key: str
    stated: int
    summed: int


def mismatches(programme: Programme) -> tuple[Mismatch, ...]:
    """Amounts that their parts do not add up to; one with a part without a figure cannot be checked."""
    found = []
    for money in programme.money:
        parts = [part.planned for part in programme.parts(money.key)]
        known = [part for part in parts if part is not None]
        if parts and len(known) == len(parts) and money.planned not in (None, sum(known)):
            found.append(Mismatch(key=money.key, stated=money.planned or 0, summed=sum(known)))
    return tuple(found)


class MilestoneState(StrEnum):
    """How far a milestone is, as the lead's officer says it."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What the lead's officer said last about a milestone of this installation, and on what evidence."""

    id: int
    model: str  #: key of the model
    milestone: str
    state: MilestoneState
    number: str  #: number of the document that shows it
    dated: date | None
    decision_id: DecisionId | None  #: the document in this installation's register
    note: str
    at: datetime
    by_id: AccountId | None
    by_name: str
    row_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyYear:
    """What was allotted to one amount of the programme in a calendar year, and what was spent; đồng, None: not said."""

    id: int
    model: str
    money: str
    year: int
    planned: int | None
    actual: int | None
    paper: str  #: number and day of the document that says so
    at: datetime
    by_id: AccountId | None
    by_name: str
    row_version: int


class Part(StrEnum):
    """What a unit has to do with a model's programme."""

    LEAD = "lead"
    COORDINATING = "coordinating"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bond:
    """One unit of this installation and its part in a model's programme."""

    id: int
    model: str
    unit_id: UnitId
    part: Part


class Standing(StrEnum):
    """How a milestone is shown on a day."""

    PLANNED = "planned"
    UNDER_WAY = "under_way"
    OVERDUE = "overdue"
    BEFORE = "before"  # its period was over before the installation knew it: no alarm
    DONE = "done"
    DROPPED = "dropped"


def standing(milestone: Milestone, state: MilestoneState, *, known_since: date | None, today: date) -> Standing:
    """How the milestone stands on `today`; `known_since`: the day from which the installation has had the model."""
    last = milestone.period.last
    if state in (MilestoneState.DONE, MilestoneState.DROPPED) or last is None or today <= last:
        return Standing(state.value)
    return Standing.BEFORE if known_since is None or last < known_since else Standing.OVERDUE


def names_fit(name: str, names: Iterable[str]) -> bool:
    """Whether an organisation goes by one of these names; case and "ủy" or "uỷ" do not count, accents do."""
    return sort_key(name) in {sort_key(other) for other in names}


def in_order(milestones: Sequence[Milestone]) -> list[Milestone]:
    """By the end of their periods, then their beginnings; open ends last, else as the source has them."""
    return sorted(milestones, key=lambda m: (m.period.last or date.max, m.period.first or date.min))
