"""What happens to a dossier (hồ sơ)? One unit's file in one cycle, its states and what it gathered."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from engine.errors import WrongState
from engine.rules.cycles import CycleId
from engine.rules.units import UnitId

DossierId = NewType("DossierId", int)
InstanceId = NewType("InstanceId", int)
WorkItemId = NewType("WorkItemId", int)


class DossierState(StrEnum):
    """From the first draft to the end; `TRANSITIONS` says which may follow which."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    PROPOSED = "proposed"
    ASSESSED = "assessed"
    MET = "met"
    NOT_MET = "not_met"
    DEFERRED = "deferred"
    RECOGNISED = "recognised"
    CANCELLED = "cancelled"  # recognition taken back
    WITHDRAWN = "withdrawn"
    NOT_PARTICIPATING = "not_participating"
    DISSOLVED = "dissolved"
    RUNNING = "running"  # a superior's own file: reports, monitoring, decisions
    CLOSED = "closed"


_S = DossierState
_LEAVE = {_S.WITHDRAWN, _S.DISSOLVED}
TRANSITIONS: Mapping[DossierState, frozenset[DossierState]] = {
    _S.DRAFT: frozenset({_S.SUBMITTED, _S.NOT_PARTICIPATING, _S.CLOSED} | _LEAVE),
    _S.SUBMITTED: frozenset({_S.RETURNED, _S.ACCEPTED, _S.REFUSED} | _LEAVE),
    _S.RETURNED: frozenset({_S.SUBMITTED, _S.NOT_PARTICIPATING} | _LEAVE),
    _S.ACCEPTED: frozenset({_S.PROPOSED, _S.ASSESSED, _S.NOT_MET, _S.DEFERRED, _S.CLOSED} | _LEAVE),
    _S.REFUSED: frozenset(),
    _S.PROPOSED: frozenset({_S.ASSESSED, _S.ACCEPTED, _S.NOT_MET, _S.DEFERRED, _S.CLOSED} | _LEAVE),
    _S.ASSESSED: frozenset({_S.MET, _S.NOT_MET, _S.DEFERRED, _S.CLOSED} | _LEAVE),
    _S.MET: frozenset({_S.RECOGNISED, _S.NOT_MET, _S.DEFERRED, _S.CLOSED} | _LEAVE),
    _S.NOT_MET: frozenset({_S.MET, _S.CLOSED} | _LEAVE),
    _S.DEFERRED: frozenset({_S.MET, _S.NOT_MET, _S.CLOSED} | _LEAVE),
    _S.RECOGNISED: frozenset({_S.CANCELLED}),
    _S.CANCELLED: frozenset(),
    _S.WITHDRAWN: frozenset({_S.DRAFT, _S.SUBMITTED}),
    _S.NOT_PARTICIPATING: frozenset(),
    _S.DISSOLVED: frozenset(),
    _S.RUNNING: frozenset({_S.CLOSED, _S.REFUSED, _S.NOT_PARTICIPATING} | _LEAVE),
    _S.CLOSED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One unit's file in one cycle and one process."""

    id: DossierId
    cycle_id: CycleId
    unit_id: UnitId
    process: str
    group: str  #: deadline group
    cohort: str | None  #: as what the unit takes part: its cohort, or its kind; None: a superior's own file
    state: DossierState
    opened_at: datetime
    submitted_at: datetime | None  #: the registration that counts
    days_late: int | None  #: of the registration, counted from the last valid day
    receipt: str  #: receipt code of the registration, or empty
    score: Decimal | None
    band: str | None
    member_count: int  #: members registered
    closed_at: datetime | None
    row_version: int
    on_named_day: bool = False  #: registered on the named day, which waits for the reading to be confirmed


def moved(dossier: Dossier, state: DossierState) -> Dossier:
    """The dossier in its next state; `WrongState` when the table does not allow it."""
    if state not in TRANSITIONS[dossier.state]:
        raise WrongState("dossier_state", state=dossier.state, wanted=state)
    return replace(dossier, state=state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person on a branch's list: name and year of birth, nothing more (Law 91/2025, data minimised)."""

    id: int
    dossier_id: DossierId
    full_name: str
    birth_year: int | None
    self_result: str | None  #: proposed | not_proposed
    result: str | None  #: recognised | not_met
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One completed form, kept as it was handed in; corrections are new submissions."""

    id: int
    dossier_id: DossierId
    work_item_id: WorkItemId | None  #: None: started from the dossier's page, without a task
    act: str
    node: str
    title: str
    form: str | None
    answers: Mapping[str, object]
    at: datetime
    by_id: int | None
    by_name: str
    deadline: str | None
    last_day: date | None
    days_late: int | None
    on_named_day: bool = False  #: not counted as late until the reading of "trước ngày" is confirmed
    paper: Mapping[str, object] = field(default_factory=dict)  #: what was printed of it, as canonical JSON; or empty


class WorkState(StrEnum):
    """A work item is open until it is done, or gone because its instance moved on; it rests with its instance."""

    OPEN = "open"
    SUSPENDED = "suspended"
    DONE = "done"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """A task that waits for a person (việc)."""

    id: WorkItemId
    instance_id: InstanceId
    dossier_id: DossierId
    cycle_id: CycleId
    subject_unit_id: UnitId  #: whom the dossier is about
    unit_id: UnitId  #: whose people do it
    roles: tuple[str, ...]
    token: str
    node: str
    name: str
    act: str
    form: str | None
    deadline: str | None
    last_day: date | None  #: last valid day
    properties: Mapping[str, str]  #: the node's own, as its author wrote them
    state: WorkState
    opened_at: datetime
    done_at: datetime | None
    done_by: int | None
    draft: Mapping[str, object]
    row_version: int
    lenient_until: date | None = None  #: up to this day, inclusive, nobody calls it late though the last day is over
    moves: int = 0  #: how often its last day was changed after it had opened


class InstanceState(StrEnum):
    """Whether an instance goes on."""

    RUNNING = "running"
    ENDED = "ended"
    SUSPENDED = "suspended"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A running process of a dossier, on the definition it was started with."""

    id: InstanceId
    dossier_id: DossierId
    cycle_id: CycleId
    version: str  #: sha256 of the pack version
    process: str
    state: InstanceState
    blob: bytes
    started_at: datetime
    ended_at: datetime | None
    row_version: int
    business_key: str = (
        ""  #: what messages to it are addressed to by default: the unit's code, else its first message's key
    )
    suspended_at: datetime | None = None
