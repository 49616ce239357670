"""What does a page read? Rows made for reading; every method is one statement, and none of them changes anything.

A `scope` is a set of units: rows of these units and of all below them are found, none else. Text to search for is
folded (`engine.rules.text.fold`) by the callee. Lists of work and dossiers come in the order people expect: the
nearest last day first, then by the Vietnamese order of unit names.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from engine.ports.notices import LastDayRow
from engine.rules.audit import AuditEntry
from engine.rules.cycles import CycleId, CycleState
from engine.rules.decisions import DecisionId, DecisionState
from engine.rules.dossiers import DossierId, DossierState, WorkItemId
from engine.rules.units import AccountId, UnitId

Scope = Collection[UnitId]
Positions = Collection[tuple[UnitId, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """One open task with the names that its row shows."""

    id: WorkItemId
    name: str
    act: str
    deadline: str | None
    last_day: date | None
    opened_at: datetime
    roles: tuple[str, ...]
    row_version: int
    unit_id: UnitId  #: whose people do it
    unit: str
    subject_unit_id: UnitId
    subject: str
    subject_code: str
    dossier_id: DossierId
    dossier_state: DossierState
    cohort: str | None
    group: str
    cycle_id: CycleId
    model: str  #: key
    model_name: str
    year: int
    lenient_until: date | None = None  #: up to this day nobody calls it late though its last day is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How much work waits."""

    total: int
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleRow:
    """A cycle with how far the units in scope are."""

    id: CycleId
    model: str
    model_name: str
    version: str
    year: int
    state: CycleState
    opened_at: datetime
    units: int  #: that take part
    registered: int
    accepted: int  #: registrations accepted, whatever came after
    recognised: int
    ended: int  #: at the end of their year without a title
    members: int  #: registered


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressRow:
    """How many registering units of one superior and cohort are in one state."""

    superior_id: UnitId | None
    superior_code: str | None
    superior: str | None
    cohort: str
    group: str
    state: DossierState
    registered: bool
    late: bool
    units: int
    members: int  #: registered


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCount:
    """How many members of one superior's units are on a list, and how many of them hold a title of this cycle."""

    superior_id: UnitId | None
    cohort: str
    members: int
    titled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFilter:
    """Which members of a cycle's lists are wanted; None and empty leave a question open."""

    cycle_id: CycleId
    scope: Scope
    superior_id: UnitId | None = None
    cohort: str = ""
    titled: bool | None = None
    text: str = ""  #: name of the person or of the unit


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRow:
    """One person on a unit's list."""

    full_name: str
    birth_year: int | None
    self_result: str | None
    result: str | None
    titled: bool
    dossier_id: DossierId
    unit_code: str
    unit: str
    superior: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierFilter:
    """Which dossiers of a cycle are wanted; None and empty leave a question open."""

    cycle_id: CycleId
    scope: Scope
    states: Sequence[DossierState] = ()
    superior_id: UnitId | None = None
    cohort: str = ""
    group: str = ""
    registered: bool | None = None
    late: bool | None = None
    text: str = ""  #: unit name, unit code or receipt code
    registering: bool = True  #: units that register; False: their superiors' own dossiers


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierRow:
    """One dossier of a list."""

    id: DossierId
    unit_id: UnitId
    unit_code: str
    unit: str
    superior_id: UnitId | None
    superior: str | None
    process: str
    cohort: str | None
    group: str
    state: DossierState
    submitted_at: datetime | None
    days_late: int | None
    receipt: str
    score: Decimal | None
    band: str | None
    member_count: int
    on_named_day: bool = False  #: registered on the named day, and waits for the reading to be confirmed


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierPage:
    """Some rows of a list, and how long the whole list is."""

    rows: tuple[DossierRow, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFilter:
    """Which documents are wanted; None and empty leave a question open."""

    scope: Scope
    states: Sequence[DecisionState] = ()
    cycle_id: CycleId | None = None
    year: int | None = None  #: of its date, or of its draft
    text: str = ""  #: subject or symbol
    document: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """One document of a list."""

    id: DecisionId
    document: str
    type_code: str
    subject: str
    state: DecisionState
    symbol: str
    dated: date | None
    signer_name: str
    created_at: datetime
    issued_at: datetime | None
    unit_id: UnitId
    unit: str
    dossier_id: DossierId
    cycle_id: CycleId
    model_name: str
    year: int
    stuck: bool  #: an incident about it is open


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionPage:
    """Some rows of a list, and how long the whole list is."""

    rows: tuple[DecisionRow, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeCount:
    """How much open work stands at one node of a diagram."""

    process: str
    node: str
    name: str
    units: int
    late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """The latest form of one kind that a unit handed in for a cycle."""

    id: int
    dossier_id: DossierId
    unit_id: UnitId
    unit_code: str
    unit: str
    act: str
    title: str
    form: str | None
    deadline: str | None
    at: datetime
    by_name: str
    days_late: int | None
    answers: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit of a list, with how many stand below it and hold a position there."""

    id: UnitId
    code: str
    name: str
    kind: str
    cohort: str | None
    parent_id: UnitId | None
    parent: str | None
    until_day: date | None
    below: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A position with the person who holds it."""

    position_id: int
    account_id: AccountId
    username: str
    full_name: str
    email: str | None
    role: str
    unit_id: UnitId
    unit: str
    from_day: date
    until_day: date | None
    disabled_at: datetime | None
    has_password: bool
    must_change_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """A mail of the outbox, without its text."""

    id: int
    address: str
    person: str | None
    subject: str
    state: str
    attempts: int
    error: str
    created_at: datetime
    sent_at: datetime | None
    dossier_id: DossierId | None
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which lines of the audit log are wanted; None and empty leave a question open."""

    event: str = ""
    actor_id: AccountId | None = None
    unit_id: UnitId | None = None
    dossier_id: DossierId | None = None
    first: datetime | None = None  #: inclusive
    before: datetime | None = None  #: exclusive
    text: str = ""  #: as it stands in the line, marks and capitals included


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRow:
    """A deployed version of a model."""

    version: str
    key: str
    name: str
    deployed_at: datetime
    cycles: int
    owner_code: str | None = None  #: of the unit that owns the model; None: the whole installation
    owner: str | None = None  #: its name


class Queries(Protocol):
    """The read side of the store."""

    def inbox(self, positions: Positions, *, model: str = "", year: int | None = None, act: str = "") -> list[WorkRow]:
        """Open work that these positions may do, the nearest last day first, work without one at the end."""
        ...

    def waiting(self, positions: Positions, today: date) -> Waiting:
        """How much of it there is; late: its last day is before `today`."""
        ...

    def last_days(self, positions: Positions, since: datetime) -> list[LastDayRow]:
        """Work of these positions that has a last day: what is open, and what was over after `since`."""
        ...

    def open_work(self, dossier_id: DossierId) -> list[WorkRow]:
        """Everybody's open work on a dossier."""
        ...

    def cycles(self, scope: Scope) -> list[CycleRow]:
        """Every cycle, the newest year first, counting the units in scope."""
        ...

    def progress(self, cycle_id: CycleId, scope: Scope) -> list[ProgressRow]:
        """Counts of registering units by superior, cohort and state, in the order of the superiors' codes."""
        ...

    def on_named_day(self, cycle_id: CycleId, scope: Scope) -> int:
        """How many registered on the named day and wait for the reading to be confirmed."""
        ...

    def member_counts(self, cycle_id: CycleId, scope: Scope) -> list[MemberCount]:
        """Members on the lists of registering units by superior and cohort; titles that are not cancelled."""
        ...

    def members(self, wanted: MemberFilter, *, limit: int, offset: int = 0) -> tuple[list[MemberRow], int]:
        """Members by superior's code, unit's code and the order of the list, and how many there are."""
        ...

    def dossiers(self, wanted: DossierFilter, *, limit: int, offset: int = 0) -> DossierPage:
        """Dossiers of a cycle, by superior's code and then the unit's."""
        ...

    def decisions(self, wanted: DecisionFilter, *, limit: int, offset: int = 0) -> DecisionPage:
        """Documents of units in scope, and those in force that give or take their titles; the newest first."""
        ...

    def concerns(self, decision_id: DecisionId, scope: Scope) -> bool:
        """Whether a document gives or takes a title of somebody in scope."""
        ...

    def registers(self, scope: Scope) -> list[tuple[UnitId, str, int]]:
        """Outgoing registers: (unit, its name, year), by unit code, the newest year first."""
        ...

    def nodes(self, cycle_id: CycleId, scope: Scope, today: date) -> list[NodeCount]:
        """Open work of a cycle by node of its diagram."""
        ...

    def work_at(self, cycle_id: CycleId, process: str, node: str, scope: Scope, *, limit: int = 500) -> list[WorkRow]:
        """Open work at one node of the diagram (at a call: within the shared process), about or for units in scope."""
        ...

    def open_below(self, cycle_id: CycleId, scope: Scope, *, limit: int) -> list[WorkRow]:
        """Open work of a cycle that units in scope have to do."""
        ...

    def open_acts(self, cycle_id: CycleId, act: str, scope: Scope) -> list[WorkRow]:
        """Open work of one act in a cycle, of units in scope."""
        ...

    def reports(self, cycle_id: CycleId, act: str, scope: Scope) -> list[ReportRow]:
        """Each unit's latest form of this act, in the order of unit codes."""
        ...

    def people(self, scope: Scope, *, text: str = "", exactly: bool = False, limit: int = 500) -> list[PersonRow]:
        """Positions in scope; `exactly`: at these very units, none below."""
        ...

    def deliveries(self, states: Sequence[str], *, limit: int, offset: int = 0) -> tuple[list[DeliveryRow], int]:
        """Mails in these states (empty: all), the newest first, and how many there are."""
        ...

    def delivery_counts(self) -> Mapping[str, int]:
        """State → how many mails."""
        ...

    def audit(self, wanted: AuditFilter, *, limit: int, before_seq: int | None = None) -> list[AuditEntry]:
        """Lines of the audit log, the newest first, from below `before_seq`."""
        ...

    def audit_events(self) -> list[str]:
        """Every event name that occurs, sorted."""
        ...

    def packs(self) -> list[PackRow]:
        """Every deployed version, the newest first."""
        ...
