"""What does the core ask of the store about figures? The rows that stand, and those that they replaced."""

from collections.abc import Collection, Sequence
from typing import Protocol

from engine.rules.figures import Entry
from engine.rules.units import UnitId


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
