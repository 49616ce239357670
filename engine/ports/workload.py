"""What does the core ask of the store about how much is due? Counts by day, who does it, and the limit of a week."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from engine.rules.cycles import CycleId
from engine.rules.units import AccountId, UnitId
from engine.rules.workload import Demand, Holder, Substitute


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """How many open tasks of one name and cycle have one last day."""

    last_day: date
    lenient_until: date | None
    name: str
    cycle_id: CycleId
    model_name: str
    year: int
    tasks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many tasks of one person in one week are too many, and who said so when."""

    tasks: int
    at: datetime
    by_name: str


class Workload(Protocol):
    """How much is due; nothing of what is done or gone."""

    def due(self, scope: Collection[UnitId], first: date, last: date) -> list[DueRow]:
        """Open tasks for people at these units or below whose last day lies within both days, by day and name."""
        ...

    def demands(self, scope: Collection[UnitId], first: date, last: date) -> list[Demand]:
        """The same by unit and roles."""
        ...

    def holders(self, unit_ids: Collection[UnitId], day: date) -> list[Holder]:
        """Enabled people who hold a position at these very units on that day."""
        ...

    def substitutes(self, unit_ids: Collection[UnitId], day: date) -> list[Substitute]:
        """Who has the whole work of a position at these very units on that day or later."""
        ...

    def limit(self) -> Limit | None:
        """The limit that somebody has set."""
        ...

    def set_limit(self, tasks: int, at: datetime, by_id: AccountId | None, by_name: str) -> None:
        """Set the limit."""
        ...
