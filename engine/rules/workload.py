"""How much falls due for whom in which week? Work shared among those who hold its first role, against a limit."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

from engine.rules.units import AccountId, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Tasks of one kind that people of a unit have to do by one day."""

    unit_id: UnitId
    roles: tuple[str, ...]  #: who may do them, the first one first of all
    last_day: date
    tasks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Somebody who holds a role at a unit."""

    unit_id: UnitId
    role: str
    account_id: AccountId
    full_name: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitute:
    """Somebody who has the whole work of a position from `first_day` to `last_day`, both inclusive, in a holder's stead."""

    unit_id: UnitId
    role: str
    from_id: AccountId
    to_id: AccountId
    full_name: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonWeek:
    """How many tasks of one person have their last day in the week that begins with `monday`."""

    account_id: AccountId
    full_name: str
    unit: str
    monday: date
    tasks: int  #: rounded up


def monday_of(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def shared(
    demands: Iterable[Demand], holders: Sequence[Holder], substitutes: Sequence[Substitute] = ()
) -> list[PersonWeek]:
    """Who has how much in which week, by week and name.

    Work is of those who hold the first of its roles that anybody at the unit holds; several share it evenly. What falls
    due while somebody stands in for one of them is the substitute's.
    """
    held: dict[tuple[UnitId, str], list[Holder]] = defaultdict(list)
    for holder in holders:
        held[holder.unit_id, holder.role].append(holder)
    found: dict[tuple[date, AccountId], Fraction] = defaultdict(Fraction)
    people: dict[AccountId, Holder] = {}
    for demand in demands:
        doers = next((held[demand.unit_id, r] for r in demand.roles if (demand.unit_id, r) in held), [])
        for holder in doers:
            doer = _in_place_of(holder, demand.last_day, substitutes)
            people.setdefault(doer.account_id, doer)
            found[monday_of(demand.last_day), doer.account_id] += Fraction(demand.tasks, len(doers))
    return [_week(people[account], monday, tasks) for (monday, account), tasks in _ordered(found, people)]


def crowded(demands: Sequence[Demand], limit: int) -> list[Demand]:
    """Demands of units and weeks in which more than `limit` tasks are due: only there can anybody have too much."""
    totals: dict[tuple[UnitId, date], int] = defaultdict(int)
    for demand in demands:
        totals[demand.unit_id, monday_of(demand.last_day)] += demand.tasks
    return [d for d in demands if totals[d.unit_id, monday_of(d.last_day)] > limit]


def _in_place_of(holder: Holder, day: date, substitutes: Sequence[Substitute]) -> Holder:
    position = (holder.unit_id, holder.role, holder.account_id)
    for one in substitutes:
        if (one.unit_id, one.role, one.from_id) == position and one.first_day <= day <= one.last_day:
            return replace(holder, account_id=one.to_id, full_name=one.full_name)
    return holder


def _ordered(
    found: Mapping[tuple[date, AccountId], Fraction], people: Mapping[AccountId, Holder]
) -> list[tuple[tuple[date, AccountId], Fraction]]:
    return sorted(found.items(), key=lambda entry: (entry[0][0], people[entry[0][1]].full_name, entry[0][1]))


def _week(holder: Holder, monday: date, tasks: Fraction) -> PersonWeek:
    return PersonWeek(
        account_id=holder.account_id, full_name=holder.full_name, unit=holder.unit, monday=monday, tasks=ceil(tasks)
    )
