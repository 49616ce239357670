"""What does the core ask of the store about who receives a document?"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from engine.rules.decisions import DecisionId
from engine.rules.distribution import Recipient
from engine.rules.units import AccountId, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Arriving:
    """One recipient with its document, for lists."""

    recipient: Recipient
    symbol: str
    subject: str
    dated: date | None
    issuer: str


class Distribution(Protocol):
    """Recipients of issued documents."""

    def add(self, recipients: Sequence[Recipient]) -> None:
        """Keep them; one that is known already (document and number) changes nothing."""
        ...

    def get(self, decision_id: DecisionId, number: int) -> Recipient: ...
    def save(self, recipient: Recipient) -> Recipient: ...
    def of_decision(self, decision_id: DecisionId) -> list[Recipient]:
        """In the order of the document."""
        ...

    def receive(self, ids: Collection[int], at: datetime, on: date, by: str, by_id: AccountId | None) -> int:
        """Note that these have arrived; what was noted before stays. How many were noted now."""
        ...

    def at_units(self, units: Collection[UnitId], *, waiting: bool, limit: int) -> list[Arriving]:
        """What was sent to these very units, the newest first; `waiting`: only what nobody has received."""
        ...

    def addressed(self, decision_id: DecisionId, units: Collection[UnitId]) -> bool:
        """Whether one of these very units is a recipient."""
        ...

    def overdue(self, scope: Collection[UnitId], before: datetime, *, limit: int) -> list[Arriving]:
        """Of documents issued at or below these units what was sent before and is not received, the oldest first;
        what nobody has sent yet counts from its document's issue."""
        ...
