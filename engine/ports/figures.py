"""What does the core ask of the store about figures? The rows that stand, and those that they replaced."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from engine.rules.cycles import CycleId
from engine.rules.figures import Entry
from engine.rules.units import Unit, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleCount:
    """How far the units of one kind are in a cycle."""

    cycle_id: CycleId
    kind: str
    units: int  #: that take part
    registered: int
    accepted: int  #: registrations accepted, whatever came after
    recognised: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleCount:
    """How many members stand on the lists of a cycle's units of one kind, and how many of them hold its title."""

    cycle_id: CycleId
    kind: str
    members: int
    titled: int


class Figures(Protocol):
    """What was counted, by indicator, unit and period."""

    def add(self, entries: Sequence[Entry]) -> None:
        """Keep new rows; `StaleVersion` when somebody was faster with one of their numbers."""
        ...

    def history(self, model: str, indicator: str, unit_id: UnitId, year: int, quarter: int) -> list[Entry]:
        """Every row of one figure, the first one first; the last one stands."""
        ...

    def standing(self, models: Collection[str], first_year: int, last_year: int) -> list[Entry]:
        """The rows that stand of these models in these years, both inclusive, by unit id and period."""
        ...

    def units_of(self, kinds: Collection[str]) -> list[Unit]:
        """Every unit of these kinds, those that ended included, in the order of code."""
        ...

    def cycle_counts(self, cycle_ids: Collection[CycleId]) -> list[CycleCount]:
        """The units that take part in these cycles, by kind."""
        ...

    def people_counts(self, cycle_ids: Collection[CycleId]) -> list[PeopleCount]:
        """The members on their lists, by kind of unit."""
        ...

    def handed_in(self, cycle_ids: Collection[CycleId], form: str) -> Mapping[tuple[CycleId, str], int]:
        """How many units of each kind handed in this form at least once: (cycle, kind) → units."""
        ...

    def members_listed(self, cycle_id: CycleId) -> Mapping[UnitId, int]:
        """How many members each registered unit of the cycle has on its list."""
        ...

    def scores(self, cycle_id: CycleId) -> list[tuple[str, Decimal]]:
        """Kind and points of each unit of the cycle that was appraised."""
        ...

    def holders(self, model: str, title: str, day: date) -> Mapping[str, int]:
        """How many units of each kind hold the title on `day`."""
        ...

    def holding_since(self, model: str, title: str) -> Mapping[UnitId, date]:
        """Since when each unit holds the title, by its first grant that was not cancelled."""
        ...
