"""What does the core ask of the store about absent people? Delegations, and what was done by them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from engine.rules.delegations import Delegation, Handled
from engine.rules.dossiers import DossierId
from engine.rules.units import AccountId, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneWork:
    """One thing that was done in somebody's stead."""

    submission_id: int
    dossier_id: DossierId
    name: str
    unit: str  #: whom it was about
    at: datetime


class Absences(Protocol):
    """Who does whose work."""

    def any(self) -> bool:
        """Whether anybody ever handed work over; known without asking as long as nobody does."""
        ...

    def get(self, delegation_id: int) -> Delegation: ...
    def add(self, delegation: Delegation) -> Delegation: ...
    def save(self, delegation: Delegation) -> Delegation: ...
    def received(self, account_id: AccountId, day: date) -> list[Delegation]:
        """Those by which the person stands in for somebody on `day`."""
        ...

    def given(self, account_id: AccountId, day: date) -> list[Delegation]:
        """Those by which somebody stands in for the person on `day`."""
        ...

    def at_unit(self, unit_id: UnitId, day: date) -> list[Delegation]:
        """Those that hold for positions of the unit on `day`."""
        ...

    def of_person(self, account_id: AccountId) -> list[Delegation]:
        """Every one that the person gave or received, the newest first."""
        ...

    def of_units(self, scope: Collection[UnitId], *, limit: int) -> list[Delegation]:
        """Every one for positions at these units or below, the newest first."""
        ...

    def note(self, delegation_id: int, submission_id: int) -> None:
        """Keep that the form was handed in by this delegation."""
        ...

    def done(self, delegation_id: int) -> list[DoneWork]:
        """What was done by the delegation, in the order of time."""
        ...

    def handled(self, account_id: AccountId, dossier_ids: Collection[DossierId]) -> list[Handled]:
        """What the person handed in on these dossiers, in their own right or in another's stead."""
        ...
