"""What is kept for how long, packed for an archive, and handed over to it?"""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from engine.errors import WrongState
from engine.rules.cycles import CycleId
from engine.rules.dossiers import Dossier, DossierId, DossierState
from engine.rules.units import AccountId, UnitId


class PackageState(StrEnum):
    """A package is asked for, then made by a job; or the job gave up."""

    ASKED, MADE, FAILED = "asked", "made", "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package of a closed cycle, or of one of its dossiers."""

    id: int
    cycle_id: CycleId
    dossier_id: DossierId | None  #: None: the whole cycle
    state: PackageState
    asked_at: datetime
    by_id: AccountId | None
    by_name: str
    made_at: datetime | None
    name: str  #: of the folder inside, and of the file without its ending; empty until it is made
    sha256: str
    size: int  #: bytes
    reason: str  #: why it could not be made
    row_version: int


class HandoverState(StrEnum):
    """Dossiers are proposed to the archive, which accepts them or refuses with a reason; corrected, they are proposed again."""

    PROPOSED, REFUSED, ACCEPTED = "proposed", "refused", "accepted"


HANDOVERS: Mapping[HandoverState, frozenset[HandoverState]] = {
    HandoverState.PROPOSED: frozenset({HandoverState.ACCEPTED, HandoverState.REFUSED}),
    HandoverState.REFUSED: frozenset({HandoverState.PROPOSED}),
    HandoverState.ACCEPTED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Dossiers of one closed cycle that a unit hands over to its archive (nộp lưu)."""

    id: int
    cycle_id: CycleId
    unit_id: UnitId  #: whose officers give and whose clerks receive
    number: int  #: the unit's how-manieth delivery, from 1
    state: HandoverState
    items: Sequence[Mapping[str, object]]  #: one a dossier: dossier code title first_day last_day retention documents
    left_out: Sequence[int]  #: dossiers that a correction took out; they may be proposed later
    papers: Mapping[str, object]  #: index and minutes as canonical JSON, as they stood at the last step
    note: str  #: of who proposed it
    reason: str  #: of who refused it
    proposed_at: datetime
    proposed_by_id: AccountId | None
    proposed_by_name: str
    decided_at: datetime | None
    decided_by_id: AccountId | None
    decided_by_name: str
    row_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long dossiers of a kind are kept."""

    kind: str  #: recognised | registering | governing
    label: str
    years: int | None  #: None: for good
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverTerm:
    """When closed dossiers are handed over, and how long before people are told."""

    months: int
    notice_days: int
    source: str


def moved(handover: Handover, state: HandoverState) -> Handover:
    """The handover in its next state; `WrongState` when the table does not allow it."""
    if state not in HANDOVERS[handover.state]:
        raise WrongState("handover_state", state=handover.state, wanted=state)
    return replace(handover, state=state)


def due_day(closed: date, term: HandoverTerm) -> date:
    """The last day to hand over what was closed on a day: the same day so many months later, or that month's last."""
    months = closed.year * 12 + closed.month - 1 + term.months
    year, month = divmod(months, 12)
    return date(year, month + 1, min(closed.day, monthrange(year, month + 1)[1]))


def kind_of(dossier: Dossier) -> str:
    """Which retention holds for a dossier."""
    if dossier.cohort is None:
        return "governing"
    recognised = dossier.state in (DossierState.RECOGNISED, DossierState.CANCELLED)
    return "recognised" if recognised else "registering"


def years_text(years: int | None) -> str:
    """How long, in words."""
    return "Vĩnh viễn" if years is None else f"{years} năm"
