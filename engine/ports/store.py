"""What does the core ask of the store? One transaction with registers, the process runtime and the job queue.

Values are frozen; a register's `add` takes a value with `id=NEW` and answers it with its id; `save` writes
the whole value, guards `row_version` (raises `StaleVersion`) and answers it with the next version. `get`
raises `NotFound`; `find` answers None. Lists come in the order of their ids unless said otherwise.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from types import TracebackType
from typing import Literal, Protocol, Self, TypeVar

from engine.ports.absences import Absences
from engine.ports.batches import Batches
from engine.ports.books import Books
from engine.ports.conversations import Conversations
from engine.ports.conversations import SubscriptionRow as SubscriptionRow  # noqa: PLC0414  # still found here
from engine.ports.distribution import Distribution
from engine.ports.figures import Figures
from engine.ports.notices import Notices
from engine.ports.office_templates import OfficeTemplates
from engine.ports.packages import Handovers, Packages
from engine.ports.process import Definition, ProcessRuntime
from engine.ports.programme import Opinions, Programmes
from engine.ports.queries import Queries
from engine.ports.queries_admin import AdminQueries
from engine.ports.remedies import Remedies
from engine.ports.scores import Rankings, Scores
from engine.ports.signings import Signings
from engine.ports.surveys import Surveys
from engine.ports.titles import TitleFilter, TitlePage
from engine.ports.unit_lists import UnitLists
from engine.ports.versions import Switches
from engine.ports.workload import Workload
from engine.rules.archiving import HandoverTerm, Retention
from engine.rules.audit import AuditEntry, AuditLine
from engine.rules.cycle_models import CycleModel, Json
from engine.rules.cycles import Cycle, CycleId
from engine.rules.deadlines import Deadline
from engine.rules.decisions import Decision, DecisionId, LegalBasis, RegisterRow
from engine.rules.dossiers import (
    Dossier,
    DossierId,
    DossierState,
    Instance,
    InstanceId,
    Member,
    Submission,
    WorkItem,
    WorkItemId,
)
from engine.rules.notices import Habits
from engine.rules.redating import DeadlineChange
from engine.rules.titles import Title
from engine.rules.units import Account, AccountId, Position, Unit, UnitId

NEW = 0
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRow:
    """Something that falls due: a timer of a diagram, a rung of a reminder ladder, a campaign's first day."""

    id: int
    kind: str  #: process | reminder | late | campaign | invitation
    key: str  #: unique: the same timer is never planned twice
    due_at: datetime
    instance_id: InstanceId | None
    cycle_id: CycleId | None
    work_item_id: WorkItemId | None
    token: str
    payload: Mapping[str, object]
    state: str  #: waiting | fired | gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one person: `sending` is written before, `sent` after; a repeat keeps its Message-ID."""

    id: int
    key: str  #: unique, e.g. work item + rung + account
    account_id: AccountId | None
    address: str
    message_id: str
    subject: str
    text: str
    html: str
    state: str  #: queued | sending | sent | failed | dead
    attempts: int
    error: str
    created_at: datetime
    sent_at: datetime | None
    work_item_id: WorkItemId | None
    calendar: str = ""  #: iCalendar part; may be empty
    file_sha256: str = ""  #: of the archive's file that goes with it
    file_name: str = ""  #: what that file is called
    channel: str = "mail"  #: by which way it goes
    webhook_id: int | None = None  #: whose secret signs it


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A stored file's facts; the bytes lie in the archive under `sha256`."""

    sha256: str
    size: int
    media_type: str
    name: str  #: as the person named it; for display and download only
    dossier_id: DossierId | None
    by_id: AccountId | None
    at: datetime
    scan: str = ""  #: what a virus scanner said: clean | unscanned; empty: there was none to ask


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that could not go on by itself and waits for a person."""

    id: int
    kind: str  #: process | document | mail
    instance_id: InstanceId | None
    decision_id: DecisionId | None
    dossier_id: DossierId | None
    reason: str
    payload: Mapping[str, object]  #: what a retry needs
    opened_at: datetime
    resolved_at: datetime | None
    resolution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """A signed-in browser; only the token's digest is kept."""

    token_sha256: str
    account_id: AccountId
    csrf: str
    created_at: datetime
    seen_at: datetime
    revoked_at: datetime | None
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeToken:
    """A reset or first-password token, good once until `expires_at`; only its digest is kept."""

    token_sha256: str
    account_id: AccountId
    purpose: str  #: reset | activate
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """One row of the working calendar, with the document that orders it."""

    day: date
    kind: str  #: off | work
    reason: str
    source: str
    unit_id: UnitId | None = None  #: whose day it is, and that of all below; None: everybody's


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A row that says what an instance waits for."""

    of: str  #: work | timer | subscription
    id: int
    token: str
    kind: str  #: of a subscription
    name: str  #: of a subscription


class Units(Protocol):
    def get(self, unit_id: UnitId) -> Unit: ...
    def find_code(self, code: str) -> Unit | None: ...
    def alike(self, texts: Collection[str]) -> list[Unit]:
        """Existing units of which name, code or symbol is one of these but for case and marks, in the order of code."""
        ...

    def add(self, unit: Unit) -> Unit: ...
    def save(self, unit: Unit) -> Unit: ...
    def all(self) -> list[Unit]:
        """Every unit, in the order of code."""
        ...

    def children(self, unit_id: UnitId) -> list[Unit]:
        """Units directly below, in the order of code."""
        ...

    def path(self, unit_id: UnitId) -> tuple[Unit, ...]:
        """The unit, its superior, … up to the root."""
        ...


class Accounts(Protocol):
    def get(self, account_id: AccountId) -> Account: ...
    def find_username(self, username: str) -> Account | None: ...
    def find_email(self, email: str) -> list[Account]: ...
    def add(self, account: Account) -> Account: ...
    def save(self, account: Account) -> Account: ...
    def add_position(self, position: Position) -> Position: ...
    def save_position(self, position: Position) -> Position: ...
    def positions(self, account_id: AccountId) -> list[Position]: ...
    def holders(self, unit_id: UnitId, roles: Iterable[str], on: date) -> list[Account]:
        """Enabled people who hold one of `roles` at the unit on that day."""
        ...

    def at_unit(self, unit_id: UnitId) -> list[tuple[Position, Account]]: ...
    def add_session(self, session: SessionRow) -> None: ...
    def session(self, token_sha256: str) -> SessionRow | None: ...
    def touch_session(self, token_sha256: str, at: datetime) -> None: ...
    def revoke_sessions(self, account_id: AccountId, at: datetime, token_sha256: str | None = None) -> None:
        """End one session, or all of the account when no token is given."""
        ...

    def add_token(self, token: OneTimeToken) -> None: ...
    def use_token(self, token_sha256: str, purpose: str, at: datetime) -> AccountId | None:
        """Spend the token; None when unknown, used or expired. At most one caller wins."""
        ...


class Models(Protocol):
    """Deployed packs by content hash; compiled definitions are cached in the process."""

    def deploy(self, model: CycleModel, at: datetime, owner: UnitId | None = None) -> None:
        """Keep this version (a known hash changes nothing), of the unit that owns the model; None: of the installation."""
        ...

    def owners(self) -> Mapping[str, UnitId]:
        """Key → the unit that owns the model; models of the whole installation are not named."""
        ...

    def owned_around(self, units: Collection[UnitId], above: Collection[UnitId]) -> frozenset[str]:
        """Keys of models whose owner, or whom it was merged into, is one of the units, stands below one, or is one of
        those `above`."""
        ...

    def taken_part_in(self, keys: Collection[str], units: Collection[UnitId]) -> frozenset[str]:
        """Those of these models in one of whose cycles one of the units, or one below it, has a dossier or open work."""
        ...

    def get(self, version: str) -> CycleModel: ...
    def latest(self, key: str) -> CycleModel | None: ...
    def hold(self, key: str) -> str | None:
        """The latest version of a model; nobody else can deploy anything before this transaction ends."""
        ...

    def keys(self) -> list[str]: ...
    def definition(self, version: str) -> Definition: ...


class Cycles(Protocol):
    def get(self, cycle_id: CycleId) -> Cycle: ...
    def find(self, model: str, year: int) -> Cycle | None: ...
    def all(self) -> list[Cycle]: ...
    def add(self, cycle: Cycle) -> Cycle: ...
    def save(self, cycle: Cycle) -> Cycle: ...
    def set_deadlines(self, cycle_id: CycleId, deadlines: Sequence[Deadline]) -> None: ...
    def deadlines(self, cycle_id: CycleId, group: str) -> Mapping[str, Deadline]:
        """As they were fixed when the cycle was opened; `changes` stand over them."""
        ...

    def add_change(self, change: DeadlineChange) -> DeadlineChange: ...
    def change(self, change_id: int) -> DeadlineChange:
        """Load and lock."""
        ...

    def save_change(self, change: DeadlineChange) -> DeadlineChange: ...
    def changes(self, cycle_id: CycleId) -> list[DeadlineChange]:
        """Every change of the cycle's dates, those that were taken back included, in the order of time."""
        ...


class Dossiers(Protocol):
    def get(self, dossier_id: DossierId) -> Dossier: ...
    def add(self, dossier: Dossier) -> Dossier: ...
    def save(self, dossier: Dossier) -> Dossier: ...
    def find(self, cycle_id: CycleId, unit_id: UnitId, process: str, group: str) -> Dossier | None: ...
    def below(self, cycle_id: CycleId, unit_id: UnitId, process: str, group: str | None = None) -> list[Dossier]:
        """Dossiers of that process whose unit stands directly below `unit_id`, in the order of unit code."""
        ...

    def of_process(self, cycle_id: CycleId, process: str, group: str | None = None) -> list[Dossier]:
        """Every dossier of that process in the cycle, in the order of unit code."""
        ...

    def of_cycle(self, cycle_id: CycleId) -> list[Dossier]: ...
    def page(self, cycle_id: CycleId, after: int, limit: int) -> list[Dossier]:
        """Dossiers of the cycle with a higher id, in the order of id."""
        ...

    def of_unit(self, unit_id: UnitId) -> list[Dossier]: ...
    def count_by_state(self, cycle_id: CycleId) -> Mapping[tuple[str, DossierState], int]:
        """(process, state) → how many."""
        ...

    def add_members(self, members: Sequence[Member]) -> None: ...
    def set_members(self, dossier_id: DossierId, members: Sequence[Member]) -> None:
        """Replace the whole list."""
        ...

    def members(self, dossier_id: DossierId) -> list[Member]: ...
    def add_submission(self, submission: Submission) -> Submission: ...
    def save_lateness(self, submission: Submission) -> None:
        """Keep what the rule says of it now: last day, days late, whether it waits for the reading; nothing else."""
        ...

    def submissions(self, dossier_id: DossierId, act: str | None = None) -> list[Submission]:
        """In the order of time."""
        ...

    def latest_submission(self, dossier_id: DossierId, act: str) -> Submission | None: ...
    def add_blob(self, blob: Blob) -> None: ...
    def blob(self, sha256: str, dossier_id: DossierId) -> Blob | None: ...
    def blobs(self, dossier_id: DossierId) -> list[Blob]: ...


class Work(Protocol):
    def get(self, item_id: WorkItemId) -> WorkItem: ...
    def take(self, item_id: WorkItemId) -> tuple[WorkItem, Instance, Dossier, Cycle]:
        """The item with all that it belongs to, in one read; all but the cycle are locked until the transaction ends."""
        ...

    def let_go(self, item_ids: Sequence[WorkItemId], at: datetime) -> None:
        """Nobody does these open items any more."""
        ...

    def add(self, item: WorkItem) -> WorkItem: ...
    def save(self, item: WorkItem) -> WorkItem: ...
    def open_of_instance(self, instance_id: InstanceId) -> list[WorkItem]: ...
    def suspended_of_instance(self, instance_id: InstanceId) -> list[WorkItem]: ...
    def of_dossier(self, dossier_id: DossierId) -> list[WorkItem]: ...
    def open_due(self, cycle_id: CycleId, deadline: str) -> list[WorkItem]:
        """Open items of a cycle that this deadline is for."""
        ...

    def of_act(self, cycle_id: CycleId, act: str) -> list[WorkItem]:
        """Items of a cycle that ask for this act, whatever their state."""
        ...

    def open_at(self, unit_id: UnitId) -> list[WorkItem]:
        """Open items that people of the unit have to do."""
        ...

    def open_after(self, item_id: WorkItemId) -> list[WorkItem]:
        """Open items with a higher id, in the order of id (rehearsals look for new work with it)."""
        ...


class Instances(Protocol):
    def get(self, instance_id: InstanceId) -> Instance:
        """Load and lock the row until the transaction ends."""
        ...

    def take(self, instance_id: InstanceId) -> tuple[Instance, Dossier, Cycle]:
        """The same with its dossier, locked too, and its cycle, in one read."""
        ...

    def waits(self, instance_id: InstanceId) -> list[Awaited]:
        """The open items, planned timers and subscriptions of the instance."""
        ...

    def subscribe(self, rows: Sequence[SubscriptionRow]) -> None: ...
    def unsubscribe(self, subscription_ids: Sequence[int]) -> None: ...
    def look(self, instance_id: InstanceId) -> Instance:
        """Load without a lock, for showing."""
        ...

    def add(self, instance: Instance) -> Instance: ...
    def save(self, instance: Instance) -> Instance: ...
    def of_dossier(self, dossier_id: DossierId) -> list[Instance]: ...
    def set_subscriptions(self, instance: Instance, wanted: Sequence[SubscriptionRow]) -> list[SubscriptionRow]:
        """Make the instance's subscriptions exactly `wanted`; answer those that are new."""
        ...

    def subscribers(self, dossier_id: DossierId, kind: str, name: str) -> list[SubscriptionRow]: ...
    def subscriptions(self, instance_id: InstanceId) -> list[SubscriptionRow]: ...
    def running(self, after: InstanceId, limit: int) -> list[Instance]:
        """Running instances with a higher id, in the order of id; not locked."""
        ...

    def unended(self, cycle_id: CycleId, after: InstanceId, limit: int) -> list[Instance]:
        """Running and suspended instances of the cycle with a higher id, in the order of id; not locked."""
        ...

    def awaited(self, instance_ids: Collection[InstanceId]) -> set[tuple[InstanceId, str]]:
        """(instance, token) of every open work item, planned timer and subscription of these instances."""
        ...


class Timers(Protocol):
    def plan(self, timers: Sequence[TimerRow]) -> None:
        """Add rows; a key that is known already changes nothing."""
        ...

    def of_instance(self, instance_id: InstanceId) -> list[TimerRow]:
        """Waiting process timers of the instance."""
        ...

    def drop(self, timer_ids: Sequence[int], *, of_work: Sequence[WorkItemId] = ()) -> None:
        """Mark these rows, and all that belong to these items, as gone."""
        ...

    def waiting(self, cycle_id: CycleId, kinds: Sequence[str]) -> list[TimerRow]:
        """Waiting rows of these kinds in the cycle, earliest first."""
        ...

    def pause(self, instance_id: InstanceId, item_ids: Sequence[WorkItemId]) -> None:
        """Let the waiting rows of the instance and of these items stand still."""
        ...

    def paused(self, instance_id: InstanceId, item_ids: Sequence[WorkItemId]) -> list[TimerRow]:
        """The rows of the instance and of these items that stand still."""
        ...

    def save(self, timer: TimerRow) -> TimerRow: ...
    def revive(self, keys: Sequence[str]) -> None:
        """Let rows wait again that had gone."""
        ...

    def replan(self, key: str) -> None:
        """Let a fired row wait again (an incident is tried again)."""
        ...

    def next_due(self) -> datetime | None:
        """The earliest due moment of a waiting row; reads only."""
        ...

    def claim_due(self, now: datetime, limit: int) -> list[TimerRow]:
        """Take up to `limit` rows with due_at ≤ now, in order of (due_at, key), and mark them fired."""
        ...


class Decisions(Protocol):
    def get(self, decision_id: DecisionId) -> Decision: ...
    def add(self, decision: Decision) -> Decision: ...
    def save(self, decision: Decision) -> Decision: ...
    def of_dossier(self, dossier_id: DossierId) -> list[Decision]: ...
    def of_cycle(self, cycle_id: CycleId) -> list[Decision]: ...
    def find_code(self, code: str) -> Decision | None: ...
    def take_number(self, unit_id: UnitId, book: str, year: int, *, first: int = 1) -> int:
        """The next number of the book, from `first`, without a gap; held until the transaction ends."""
        ...

    def add_register_row(self, row: RegisterRow) -> RegisterRow: ...
    def register_rows(self, unit_id: UnitId, year: int) -> list[RegisterRow]:
        """In the order of book and number."""
        ...

    def basis(self, key: str) -> LegalBasis | None: ...
    def bases(self) -> list[LegalBasis]: ...
    def put_basis(self, basis: LegalBasis) -> LegalBasis:
        """Add, or replace the one with the same key."""
        ...


class Titles(Protocol):
    def grant(self, titles: Sequence[Title]) -> None: ...
    def save(self, title: Title) -> Title: ...
    def of_unit(self, unit_id: UnitId) -> list[Title]: ...
    def of_decision(self, decision_id: DecisionId) -> list[Title]:
        """The titles that rest on the decision."""
        ...

    def of_dossier(self, dossier_id: DossierId) -> list[Title]: ...
    def held_on(self, model: str, key: str, day: date) -> list[Title]: ...
    def page(self, wanted: TitleFilter, *, limit: int, offset: int = 0) -> TitlePage:
        """Titles in the Vietnamese order of their units, a unit's own before those of its members as they were listed."""
        ...


class Audit(Protocol):
    def write(self, line: AuditLine) -> None:
        """Append to the chain in this transaction."""
        ...

    def of_dossier(self, dossier_id: DossierId) -> list[AuditEntry]: ...
    def of_cycle(self, cycle_id: CycleId, after: int = 0) -> list[AuditEntry]: ...
    def entries(self, after: int, limit: int) -> list[AuditEntry]:
        """Entries with seq > after, in order."""
        ...

    def span(self, *, cycle_id: int, dossier_id: int | None = None) -> tuple[int, int]:
        """Sequence numbers of the first and the last line of a cycle, or of one of its dossiers; (1, 0): there is none."""
        ...

    def end(self) -> tuple[int, str]:
        """Sequence number and hash of the last entry; (0, the beginning's hash) before the first."""
        ...

    def erase(self, seq: int) -> None:
        """Delete a line's content; the chain stays valid."""
        ...


class Outbox(Protocol):
    def add(self, delivery: Delivery) -> Delivery | None:
        """Keep the message to send; None when its key is known already."""
        ...

    def get(self, delivery_id: int) -> Delivery: ...
    def known(self, key: str) -> bool:
        """Whether a message with this key was promised."""
        ...

    def by_message_id(self, message_id: str) -> Delivery | None: ...

    def save(self, delivery: Delivery) -> Delivery: ...
    def in_state(self, *states: str) -> list[Delivery]: ...


class Incidents(Protocol):
    def add(self, incident: Incident) -> Incident: ...
    def get(self, incident_id: int) -> Incident: ...
    def save(self, incident: Incident) -> Incident: ...
    def open(self) -> list[Incident]: ...
    def of_dossier(self, dossier_id: DossierId) -> list[Incident]:
        """Open incidents of the dossier."""
        ...


class Calendar(Protocol):
    def days(self, first: date, last: date, units: Collection[UnitId] = ()) -> list[CalendarDay]:
        """Rows for all within both days, inclusive, and those of these very units; by day, for all first."""
        ...

    def of_units(self, first: date, last: date) -> list[CalendarDay]:
        """Rows of any unit within both days, inclusive."""
        ...

    def put(self, days: Sequence[CalendarDay]) -> None:
        """Add or replace by day and unit."""
        ...

    def delete(self, day: date, unit_id: UnitId | None = None) -> None:
        """Take out the row for all, or the unit's."""
        ...


class Jobs(Protocol):
    def enqueue(self, job: str, key: str, payload: Mapping[str, object]) -> None:
        """Promise a job in this transaction; the same key is never promised twice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """A last day as a calendar shows it: one whole day."""

    uid: str  #: stable: the same entry keeps it when its day moves
    name: str  #: of the work
    unit: str  #: that it is about; may be empty
    day: date
    href: str  #: address within the site
    stamp: datetime  #: when it came to be, or was over
    sequence: int  #: how often it was changed
    cancelled: bool = False  #: the work is done or gone


class Words(Protocol):
    """How the installation says things: templates of messages, in Vietnamese."""

    def mail(self, template: str, facts: Mapping[str, object]) -> tuple[str, str, str]:
        """Subject, text and HTML; `{base_url}` stays in them until the message is sent."""
        ...

    def label(self, kind: str, code: str) -> str:
        """What people call a code of `bpmn/_shared/organisation.toml`: unit_kind, cohort or role."""
        ...

    def codes(self, kind: str) -> Mapping[str, str]:
        """Every code of a kind with what people call it, in the order of the file."""
        ...

    def phrase(self, text: str, words: Mapping[str, str], lists: Mapping[str, Sequence[Mapping[str, str]]]) -> str:
        """Fill an office's text that has conditions or loops; `BadTemplate` when it cannot be."""
        ...

    def phrase_fault(self, text: str, known: Collection[str], lists: Mapping[str, Collection[str]]) -> str:
        """What is wrong with an office's text, as a sentence; `known`: places, `lists`: columns of each. Empty: nothing."""
        ...

    def habits(self) -> Habits:
        """How the organisation sends mail unless a person chooses otherwise."""
        ...

    def calendar(self, entries: Sequence[CalendarEntry]) -> str:
        """An iCalendar file of these whole days; `{base_url}` and `{host}` stay in it until it leaves."""
        ...

    def remedy(self, kind: str) -> Mapping[str, Json]:
        """The office's template for what is done about a document that is out: replace, correct or recall."""
        ...

    def retentions(self) -> Sequence[Retention]:
        """How long dossiers are kept unless the installation says otherwise, in the order of the file."""
        ...

    def handover_term(self) -> HandoverTerm:
        """When closed dossiers are handed over."""
        ...

    def standing_as(self) -> Mapping[str, str]:
        """Role → the role whose rights its holder has as well: a director is to a department what a secretary is to a branch."""
        ...

    def deputies(self) -> Mapping[str, str]:
        """Role → the role for whose holder such a deputy signs."""
        ...


class UnitOfWork(Protocol):
    """One transaction. Leaving the block commits, an exception rolls back; nobody else commits."""

    units: Units
    accounts: Accounts
    absences: Absences
    models: Models
    cycles: Cycles
    dossiers: Dossiers
    work: Work
    instances: Instances
    conversations: Conversations
    switches: Switches
    timers: Timers
    books: Books
    remedies: Remedies
    decisions: Decisions
    office_templates: OfficeTemplates
    distribution: Distribution
    figures: Figures
    scores: Scores
    rankings: Rankings
    signings: Signings
    batches: Batches
    surveys: Surveys
    titles: Titles
    audit: Audit
    outbox: Outbox
    notices: Notices
    incidents: Incidents
    packages: Packages
    handovers: Handovers
    unit_lists: UnitLists
    programmes: Programmes
    opinions: Opinions
    calendar: Calendar
    queries: Queries
    admin: AdminQueries
    workload: Workload
    jobs: Jobs
    runtime: ProcessRuntime
    words: Words

    def remember(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is made of units, deadlines and rest days alone: made once, for as long as none of these changes."""
        ...

    def hide(self, find: Callable[[], Collection[str]]) -> None:
        """From here on neither find these models (keys) nor their cycles; `find` is asked when it first matters."""
        ...

    def whole(self) -> AbstractContextManager[None]:
        """A part that finds them all: what a change brings about does not depend on who makes it."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """A part that is undone alone when it raises; the exception goes on."""
        ...

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False] | None: ...
