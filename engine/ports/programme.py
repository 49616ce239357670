"""What does the core ask of the store about programmes? What was said of milestones and money, and opinions."""

from collections.abc import Collection
from typing import Protocol

from engine.rules.opinions import Opinion, Request
from engine.rules.programme import Bond, Mark, MoneyYear
from engine.rules.units import UnitId


class Programmes(Protocol):
    """What this installation knows beside the packs' own programmes; models are named by their keys."""

    def marks(self) -> list[Mark]:
        """What was said last of every milestone of every model."""
        ...

    def mark(self, model: str, milestone: str) -> Mark | None: ...
    def put_mark(self, mark: Mark) -> Mark:
        """Keep a mark that is new (id `NEW`) or that was read before; `StaleVersion`."""
        ...

    def money(self) -> list[MoneyYear]:
        """The years of every amount of every model, in their order."""
        ...

    def money_year(self, model: str, money: str, year: int) -> MoneyYear | None: ...
    def put_money(self, row: MoneyYear) -> MoneyYear:
        """Keep a year that is new (id `NEW`) or that was read before; `StaleVersion`."""
        ...

    def bonds(self) -> list[Bond]:
        """Which units were said to lead or to coordinate."""
        ...

    def set_bonds(self, model: str, bonds: Collection[Bond]) -> None:
        """Say it anew for a model."""
        ...


class Opinions(Protocol):
    """Questions to units and their answers."""

    def ask(self, request: Request, units: Collection[UnitId]) -> Request:
        """Keep a question and for each unit the answer that is waited for."""
        ...

    def get(self, request_id: int) -> Request: ...
    def save(self, request: Request) -> Request: ...
    def of_model(self, model: str) -> list[Request]:
        """The questions about a model, the newest first."""
        ...

    def answers(self, request_ids: Collection[int]) -> list[Opinion]:
        """What was or is to be answered, in the order of asking."""
        ...

    def answer_of(self, request_id: int, unit_id: UnitId) -> Opinion | None: ...
    def save_answer(self, opinion: Opinion) -> Opinion: ...
    def waiting(self, units: Collection[UnitId]) -> list[tuple[Request, Opinion]]:
        """The open questions that these units have not answered, the nearest last day first."""
        ...

    def waiting_count(self, units: Collection[UnitId]) -> int:
        """How many answers of these units are waited for."""
        ...
