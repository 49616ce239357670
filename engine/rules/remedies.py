"""What is done about a document that is out and wrong? Replaced, corrected, or recalled; frozen while a recall is open.

Source: Nghị định 30/2020/NĐ-CP, Điều 18 (wrong content: a document of the same form replaces it; wrong form or technique: a
công văn đính chính; recall) and Phụ lục VI (a document under recall is frozen).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.rules.decisions import DecisionId
from engine.rules.permissions import CLERK, DEPUTY, OFFICER, SECRETARY
from engine.rules.units import AccountId

#: Roles at the issuing unit that draft what is done about its documents, and the one that signs it.
DRAFTERS = (CLERK, OFFICER, SECRETARY, DEPUTY)
SIGNATORY = SECRETARY


class RemedyKind(StrEnum):
    """What is done about the document."""

    REPLACE = "replace"  # thay thế
    CORRECT = "correct"  # đính chính
    RECALL = "recall"  # thu hồi


class RemedyState(StrEnum):
    """Drafted, then signed by somebody else, then out; or dropped before it was signed."""

    OPEN = "open"
    SIGNED = "signed"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What is being done about one document, with the document that does it."""

    id: int
    kind: RemedyKind
    decision_id: DecisionId  #: about which it is
    draft_id: DecisionId  #: the document that does it
    state: RemedyState
    reason: str
    kept: tuple[str, ...]  #: dossiers whose titles the replacing document carries on, as text
    by_id: AccountId | None
    by_name: str
    at: datetime
    settled_by: str  #: who signed or dropped it
    settled_why: str
    settled_at: datetime | None
    row_version: int

    @property
    def under_way(self) -> bool:
        """Whether it has neither come out nor been dropped."""
        return self.state in (RemedyState.OPEN, RemedyState.SIGNED)

    @property
    def freezes(self) -> bool:
        """Whether nobody may distribute or cite the document, or draw consequences from it."""
        return self.kind is RemedyKind.RECALL and self.under_way
