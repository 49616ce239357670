"""What do the pages about units, accounts, the audit log and the administrator's registers read?

Like `engine.ports.queries`: every method is one statement, none changes anything; a `scope` is a set of units with all
below them; text to search for is folded by the callee.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol

from engine.ports.queries import PersonRow, Scope, UnitRow
from engine.rules.audit import AuditEntry
from engine.rules.cycles import CycleId
from engine.rules.decisions import DecisionId
from engine.rules.dossiers import DossierId, DossierState
from engine.rules.units import AccountId, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFilter:
    """Which units are wanted; None and empty leave a question open."""

    scope: Scope
    text: str = ""  #: name or code
    kind: str = ""
    cohort: str = ""
    ended: bool | None = None
    parent_id: UnitId | None = None  #: directly below this one
    only: Collection[UnitId] | None = None  #: these very ones


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One dossier of a unit, for its results by year."""

    dossier_id: DossierId
    cycle_id: CycleId
    model_name: str
    year: int
    process: str
    group: str  #: deadline group
    state: DossierState
    submitted_at: datetime | None
    days_late: int | None
    score: Decimal | None
    band: str | None
    member_count: int
    version: str  #: of the model


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTitle:
    """A title of a unit or of one of its members, with the decision that confers it."""

    member_name: str  #: empty: the unit's own
    version: str  #: of the model
    key: str
    year: int
    from_day: date
    until_day: date | None
    cancelled_on: date | None
    dossier_id: DossierId
    decision_id: DecisionId
    symbol: str
    dated: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A browser in which a person is signed in."""

    token_sha256: str
    created_at: datetime
    seen_at: datetime
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRow:
    """An incident with the names of what it is about."""

    id: int
    kind: str
    reason: str
    opened_at: datetime
    resolved_at: datetime | None
    resolution: str
    dossier_id: DossierId | None
    decision_id: DecisionId | None
    unit: str | None
    model_name: str | None
    year: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which lines of the audit log are wanted; empty leaves a question open."""

    person: str = ""  #: name or user name, without marks
    unit: str = ""  #: name or code, without marks
    event: str = ""
    dossier_id: int | None = None
    first: datetime | None = None  #: inclusive
    before: datetime | None = None  #: exclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """An entry of the audit log with the unit that it is about."""

    entry: AuditEntry
    unit_id: UnitId | None
    unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCheck:
    """What reading the whole audit chain found; `fault` is empty when every entry is what was once written."""

    length: int
    last_hash: str
    fault: str


class AdminQueries(Protocol):
    """The read side for looking after an installation."""

    def units(self, wanted: UnitFilter, *, limit: int, offset: int = 0) -> tuple[list[UnitRow], int]:
        """Units by name, and how many there are."""
        ...

    def children(self, parents: Collection[UnitId], *, each: int) -> list[UnitRow]:
        """Units directly below each of these, by name; at most `each` of every one."""
        ...

    def results(self, unit_id: UnitId) -> list[ResultRow]:
        """Every dossier of the unit, the newest year first."""
        ...

    def titles(self, unit_id: UnitId) -> list[HeldTitle]:
        """Titles of the unit and its members, the newest first."""
        ...

    def people(
        self, below: Scope | None, day: date, *, text: str = "", limit: int, offset: int = 0
    ) -> tuple[list[PersonRow], int]:
        """Positions held on `day` or later in units directly below these (None: everywhere), by given name."""
        ...

    def sessions(self, account_id: AccountId, since: datetime, seen_since: datetime) -> list[OpenSession]:
        """Sessions begun after `since`, used after `seen_since` and not ended, the latest used first."""
        ...

    def incidents(self, *, resolved: bool, limit: int, offset: int = 0) -> tuple[list[IncidentRow], int]:
        """Incidents, the newest first, and how many there are."""
        ...

    def log(self, wanted: LogFilter, *, limit: int, before_seq: int | None = None) -> list[LogLine]:
        """Lines of the audit log, the newest first, from below `before_seq`."""
        ...

    def check_chain(self) -> ChainCheck:
        """Read the whole audit chain and compare every hash; takes about a second for 50,000 entries."""
        ...
