"""What became of many papers that one person signs in one go?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.rules.decisions import DecisionId
from engine.rules.dossiers import WorkItemId
from engine.rules.units import AccountId


class BatchState(StrEnum):
    """How far one paper of a batch is; what follows after `SIGNED` is told by the document itself."""

    WAITING, SIGNED, REFUSED = "waiting", "signed", "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Tasks that a person confirmed at one moment."""

    id: int
    account_id: AccountId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """One task of a batch, in the version that the person saw."""

    id: int
    batch_id: int
    work_item_id: WorkItemId
    seen_version: int
    state: BatchState
    decision_id: DecisionId | None
    code: str  #: of the refusal; empty when there is none
    facts: Mapping[str, object]
    row_version: int
