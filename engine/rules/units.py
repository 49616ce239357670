"""Who takes part: units in a tree, people and the positions that they hold there.

Kinds, cohorts and roles are codes; their Vietnamese labels stand in `bpmn/_shared/organisation.toml`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NewType

UnitId = NewType("UnitId", int)
AccountId = NewType("AccountId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An organisation's place in the tree; `name` exactly as the organisation writes itself."""

    id: UnitId
    code: str  #: unique, given by the installation; never derived from the name
    name: str
    kind: str
    cohort: str | None
    parent_id: UnitId | None
    from_day: date  #: first day of existence
    until_day: date | None  #: last day of existence, inclusive
    successor_id: UnitId | None  #: the unit it was merged into
    symbol: str  #: abbreviation in document symbols, e.g. "ĐTN"
    place: str  #: place name before the date of its documents

    def exists_on(self, day: date) -> bool:
        """Whether the unit exists on `day`."""
        return self.from_day <= day and (self.until_day is None or day <= self.until_day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who signs in."""

    id: AccountId
    username: str
    full_name: str
    email: str | None
    password_hash: str | None  #: None until the first password is set
    must_change_password: bool
    disabled_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A role held by a person at a unit, from `from_day` to `until_day`, both inclusive."""

    id: int
    account_id: AccountId
    unit_id: UnitId
    role: str
    from_day: date
    until_day: date | None

    def held_on(self, day: date) -> bool:
        """Whether the position is held on `day`."""
        return self.from_day <= day and (self.until_day is None or day <= self.until_day)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """One position whose work the actor does today in the stead of who holds it; it opens no other door."""

    delegation_id: int
    for_id: AccountId
    for_name: str
    unit_id: UnitId
    role: str
    acts: frozenset[str] | None  #: acts that were handed over, signing aside; None: all
    cycle_ids: frozenset[int] | None  #: None: of every cycle
    signing: frozenset[str]  #: acts of signing that were handed over
    not_about: frozenset[UnitId]  #: units where the absent person holds a position, and so may not judge

    def covers(self, unit_id: UnitId, roles: Iterable[str], act: str, cycle_id: int, *, signing: bool) -> bool:
        """Whether this work was handed over; `signing`: the act signs a document."""
        if unit_id != self.unit_id or self.role not in roles or cycle_id not in (self.cycle_ids or {cycle_id}):
            return False
        return act in self.signing if signing else self.acts is None or act in self.acts


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts: a signed-in person with the positions held today, or the system itself."""

    account_id: AccountId | None  #: None: the system
    full_name: str
    positions: frozenset[tuple[UnitId, str]]  #: (unit, role)
    stands_in: tuple[StandIn, ...] = ()  #: what the actor does today for people who are absent

    def holds(self, unit_id: UnitId, *roles: str) -> bool:
        """Whether the actor holds one of `roles` at this very unit."""
        return any((unit_id, role) in self.positions for role in roles)

    def holds_anywhere(self, *roles: str) -> bool:
        """Whether the actor holds one of `roles` at any unit."""
        return any(role in roles for _, role in self.positions)

    def units(self) -> frozenset[UnitId]:
        """The units where the actor holds a position."""
        return frozenset(unit for unit, _ in self.positions)


SYSTEM = Actor(account_id=None, full_name="Hệ thống", positions=frozenset())
