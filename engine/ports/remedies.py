"""What does the core ask of the store about documents that are replaced, corrected or recalled?"""

from collections.abc import Collection
from typing import Protocol

from engine.rules.decisions import DecisionId
from engine.rules.remedies import Remedy


class Remedies(Protocol):
    """What is done about documents that are out."""

    def add(self, remedy: Remedy) -> Remedy: ...
    def get(self, remedy_id: int) -> Remedy: ...
    def save(self, remedy: Remedy) -> Remedy: ...
    def of(self, decision_id: DecisionId) -> list[Remedy]:
        """All that was ever done about the document."""
        ...

    def by_draft(self, draft_id: DecisionId) -> Remedy | None:
        """What the document does; None: it is no remedy."""
        ...

    def frozen(self, decision_ids: Collection[DecisionId]) -> set[DecisionId]:
        """Which of these documents are under recall."""
        ...

    def all_frozen(self) -> list[DecisionId]:
        """Every document that is under recall now, in the order of ids."""
        ...
