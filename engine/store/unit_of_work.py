"""What is one transaction? All registers on one connection; leaving the block commits, an exception rolls back.

    database = Database(
        url,                              # "sqlite:////srv/chuky.sqlite3" or "postgresql://user@host/name"
        read_model=read_model,            # (files: Mapping[str, bytes], key: str) -> CycleModel
        compile_diagrams=runtime.compile, # (files: Mapping[str, bytes]) -> Definition
        synchronous="NORMAL",             # SQLite: "FULL" survives a power cut without losing the last commit
        pool_size=10,
    )
    with database.unit_of_work(runtime, jobs, words) as uow:   # jobs: Callable[[Connection], Jobs]
        ...                                       # uow.session; uow.after_commit.append(callable)
    with database.reading(runtime, words) as uow: # sees one moment, takes no lock, refuses to write
        ...
    database.close()

The schema is made by `engine.store.migrate.upgrade(url)`. What the database refuses because somebody else was
faster (deadlock, time-out, a key just taken) leaves the block as `StaleVersion`.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from engine.errors import StaleVersion
from engine.ports.absences import Absences
from engine.ports.batches import Batches
from engine.ports.books import Books
from engine.ports.conversations import Conversations
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
from engine.ports.store import (
    Accounts,
    Audit,
    Calendar,
    Cycles,
    Decisions,
    Dossiers,
    Incidents,
    Instances,
    Jobs,
    Made,
    Models,
    Outbox,
    Timers,
    Titles,
    Units,
    Words,
    Work,
)
from engine.ports.surveys import Surveys
from engine.ports.unit_lists import UnitLists
from engine.ports.versions import Switches
from engine.ports.workload import Workload
from engine.rules.cycle_models import CycleModel
from engine.store.absences import SqlAbsences
from engine.store.accounts import SqlAccounts
from engine.store.archiving import SqlHandovers, SqlPackages
from engine.store.audit_log import ChainEnd, SqlAudit
from engine.store.batches import SqlBatches
from engine.store.books import SqlBooks
from engine.store.conversations import SqlConversations
from engine.store.cycles import SqlCalendar, SqlCycles
from engine.store.decisions import SqlDecisions
from engine.store.distribution import SqlDistribution
from engine.store.dossiers import SqlDossiers
from engine.store.engines import Synchronous, lost_race, reading_engine, writing_engine
from engine.store.figures import SqlFigures
from engine.store.hidden import Find, Hidden
from engine.store.instances import SqlInstances, SqlWork
from engine.store.known import Known, Reference
from engine.store.locks import FifoLock
from engine.store.models import Files, PackCache, SqlModels
from engine.store.notices import SqlNotices
from engine.store.office_templates import SqlOfficeTemplates
from engine.store.outbox import SqlIncidents, SqlOutbox
from engine.store.programme import SqlOpinions, SqlProgrammes
from engine.store.queries import SqlQueries
from engine.store.queries_admin import SqlAdminQueries
from engine.store.remedies import SqlRemedies
from engine.store.scores import SqlRankings, SqlScores
from engine.store.signings import SqlSignings
from engine.store.surveys import SqlSurveys
from engine.store.switches import SqlSwitches
from engine.store.timers import SqlTimers
from engine.store.titles import SqlTitles
from engine.store.unit_lists import SqlUnitLists
from engine.store.units import SqlUnits
from engine.store.workload import SqlWorkload

JobsFactory = Callable[[Connection], Jobs]
LOCK_SECONDS = 30.0


class Database:
    """One installation's database; made once in a process, used by all its threads."""

    def __init__(
        self,
        url: str,
        *,
        read_model: Callable[[Files, str], CycleModel],
        compile_diagrams: Callable[[Files], Definition],
        synchronous: Synchronous = "NORMAL",
        pool_size: int = 10,
    ) -> None:
        self.engine = writing_engine(url, synchronous=synchronous, pool_size=pool_size)
        self.reader = reading_engine(url, pool_size=pool_size)
        self._kept = _Kept(packs=PackCache(read_model, compile_diagrams), end=ChainEnd(), known=Known())
        self._lock = FifoLock() if self.engine.dialect.name == "sqlite" else None

    def unit_of_work(self, runtime: ProcessRuntime, jobs: JobsFactory, words: Words) -> "SqlUnitOfWork":
        """A transaction that may write."""
        return SqlUnitOfWork(self.engine, self._kept, runtime, jobs, words, self._lock)

    def reading(self, runtime: ProcessRuntime, words: Words) -> "SqlUnitOfWork":
        """A transaction that only reads; a write raises the database's own error."""
        return SqlUnitOfWork(self.reader, self._kept, runtime, _NoJobs, words)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        self.reader.dispose()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What a process keeps from transaction to transaction."""

    packs: PackCache
    end: ChainEnd
    known: Known


class SqlUnitOfWork:
    """`engine.ports.store.UnitOfWork`; used once. The registers exist inside the block only."""

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
    packages: Packages
    handovers: Handovers
    incidents: Incidents
    unit_lists: UnitLists
    programmes: Programmes
    opinions: Opinions
    calendar: Calendar
    queries: Queries  #: rows for pages
    admin: AdminQueries
    workload: Workload
    jobs: Jobs

    def __init__(
        self,
        engine: Engine,
        kept: _Kept,
        runtime: ProcessRuntime,
        jobs: JobsFactory,
        words: Words,
        lock: FifoLock | None = None,
    ) -> None:
        self._engine, self._kept, self._jobs, self._lock = engine, kept, jobs, lock
        self._connection: Connection | None = None
        self._session: Session | None = None
        self.runtime, self.words = runtime, words
        self.after_commit: list[Callable[[], None]] = []  #: called in order once the commit has succeeded

    def __enter__(self) -> Self:
        if self._lock is not None and not self._lock.acquire(LOCK_SECONDS):
            raise StaleVersion("busy")
        try:
            self._open()
        except BaseException as error:
            self._close()
            _raise_translated(error)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        try:
            if error is None:
                self._commit()
            else:
                self._undo()
                _raise_translated(error)
        finally:
            self._close()
        if error is None:
            for call in self.after_commit:
                call()
        return False

    @property
    def session(self) -> Session:
        """The transaction as a session, for queries; nobody commits it. Made when it is asked for: most never do."""
        if self._session is None:
            self._session = Session(self._connected, autoflush=False, expire_on_commit=False)
        return self._session

    def remember(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """`engine.ports.store.UnitOfWork.remember`."""
        return self._reference.recall(key, make)

    def hide(self, find: Find) -> None:
        """`engine.ports.store.UnitOfWork.hide`."""
        self._hidden.by(find)

    def whole(self) -> AbstractContextManager[None]:
        """`engine.ports.store.UnitOfWork.whole`."""
        return self._hidden.lifted()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo the part alone when it raises, its audit lines and hooks included; the exception goes on."""
        lines, hooks, deployed = self._audit.pending(), len(self.after_commit), len(self._models.deployed)
        try:
            with self._connected.begin_nested():
                yield
        except BaseException as error:
            self._audit.restore(lines)
            self._units.forget()
            self._reference.forget()
            del self.after_commit[hooks:]
            self._models.forget(deployed)
            _raise_translated(error)
            raise

    def _open(self) -> None:
        self._connection = connection = self._engine.connect()
        self._transaction = connection.begin()
        self._reference = reference = Reference(connection, self._kept.known)
        self._audit, self._units = SqlAudit(connection, self._kept.end), SqlUnits(connection, reference)
        self._hidden = hidden = Hidden()
        self._models = SqlModels(connection, self._kept.packs, reference, hidden)
        self.audit, self.units, self.models = self._audit, self._units, self._models
        self.accounts, self.absences = SqlAccounts(connection), SqlAbsences(connection, reference)
        self.cycles, self.calendar = SqlCycles(connection, reference, hidden), SqlCalendar(connection, reference)
        self.dossiers = dossiers = SqlDossiers(connection)
        self.timers = SqlTimers(connection)
        self.instances = instances = SqlInstances(connection, dossiers, self._units, reference)
        self.work = SqlWork(connection, instances)
        self.conversations, self.switches = SqlConversations(connection), SqlSwitches(connection)
        self.decisions, self.titles = SqlDecisions(connection), SqlTitles(connection, hidden)
        self.office_templates = SqlOfficeTemplates(connection, reference)
        self.distribution, self.figures = SqlDistribution(connection), SqlFigures(connection)
        self.unit_lists = SqlUnitLists(connection)
        self.programmes, self.opinions = SqlProgrammes(connection), SqlOpinions(connection)
        self.books, self.remedies = SqlBooks(connection), SqlRemedies(connection)
        self.scores, self.rankings = SqlScores(connection), SqlRankings(connection)
        self.signings, self.batches = SqlSignings(connection), SqlBatches(connection)
        self.outbox, self.incidents = SqlOutbox(connection), SqlIncidents(connection, hidden)
        self.notices, self.packages = SqlNotices(connection), SqlPackages(connection)
        self.handovers = SqlHandovers(connection)
        self.queries, self.admin = SqlQueries(connection, hidden), SqlAdminQueries(connection, hidden)
        self.workload = SqlWorkload(connection)
        self.surveys = SqlSurveys(connection)
        self.jobs = self._jobs(connection)

    def _commit(self) -> None:
        try:
            self._reference.flush()
            self._audit.flush()
            self._transaction.commit()
        except BaseException as error:
            self._undo()
            _raise_translated(error)
            raise
        self._audit.committed()

    def _undo(self) -> None:
        self._models.forget(0)
        self._transaction.rollback()

    def _close(self) -> None:
        try:
            if self._session is not None:
                self._session.close()
            if self._connection is not None:
                self._connection.close()
        finally:
            if self._lock is not None:
                self._lock.release()

    @property
    def _connected(self) -> Connection:
        if self._connection is None:
            raise RuntimeError("a unit of work exists inside its block only")
        return self._connection


class _NoJobs:
    def __init__(self, connection: Connection) -> None:
        """Take what every factory takes."""

    def enqueue(self, job: str, key: str, payload: object) -> None:
        raise RuntimeError(f"a reading transaction promises no job: {job} {key}")


def _raise_translated(error: BaseException) -> None:
    if reason := lost_race(error):
        raise StaleVersion(reason) from error
