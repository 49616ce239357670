"""How does a page about units, accounts or the audit log get its rows? One statement each."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, true

from engine.errors import Corrupt
from engine.ports.queries import PersonRow, Scope, UnitRow
from engine.ports.queries_admin import (
    ChainCheck,
    HeldTitle,
    IncidentRow,
    LogFilter,
    LogLine,
    OpenSession,
    ResultRow,
    UnitFilter,
)
from engine.rules.text import fold
from engine.rules.units import AccountId, UnitId
from engine.store.audit_log import _entry, check_chain
from engine.store.hidden import Hidden
from engine.store.queries import RowType
from engine.store.query_parts import below, incidents_not_of
from engine.store.tables import (
    accounts,
    audit_chain,
    audit_content,
    cycles,
    decisions,
    dossiers,
    incidents,
    packs,
    positions,
    sessions,
    titles,
    units,
)

_superior = units.alias("superior")
_child = units.alias("child")
_UNIT_ROW = (
    *(units.c[name] for name in ("id", "code", "name", "kind", "cohort", "parent_id", "until_day")),
    _superior.c.name.label("parent"),
    select(func.count()).where(_child.c.parent_id == units.c.id).scalar_subquery().label("below"),
    select(func.count(positions.c.account_id.distinct()))
    .where(positions.c.unit_id == units.c.id, positions.c.until_day.is_(None))
    .scalar_subquery()
    .label("people"),
)
_PERSON_ROW = (
    positions.c.id.label("position_id"),
    positions.c.account_id,
    *(accounts.c[name] for name in ("username", "full_name", "email", "disabled_at", "must_change_password")),
    accounts.c.password_hash.is_not(None).label("has_password"),
    *(positions.c[name] for name in ("role", "unit_id", "from_day", "until_day")),
    units.c.name.label("unit"),
)
#: What is named after a model as the target of a line.
_NAMED = ("model", "programme", "figure", "template", "opinion")


class SqlAdminQueries:
    """`engine.ports.queries_admin.AdminQueries`."""

    def __init__(self, connection: Connection, hidden: Hidden) -> None:
        self._connection, self._hidden = connection, hidden

    def units(self, wanted: UnitFilter, *, limit: int, offset: int = 0) -> tuple[list[UnitRow], int]:
        statement = (
            select(*_UNIT_ROW)
            .outerjoin(_superior, _superior.c.id == units.c.parent_id)
            .where(*_unit_conditions(wanted))
            .order_by(units.c.sort_key, units.c.code)
        )
        return self._page(UnitRow, statement, limit, offset)

    def children(self, parents: Collection[UnitId], *, each: int) -> list[UnitRow]:
        if not parents:
            return []
        place = func.row_number().over(partition_by=units.c.parent_id, order_by=(units.c.sort_key, units.c.code))
        first = (
            select(units.c.id, place.label("place")).where(units.c.parent_id.in_(set(parents))).subquery("first_ones")
        )
        statement = (
            select(*_UNIT_ROW)
            .join(first, and_(first.c.id == units.c.id, first.c.place <= each))
            .outerjoin(_superior, _superior.c.id == units.c.parent_id)
            .order_by(units.c.sort_key, units.c.code)
        )
        return self._rows(UnitRow, statement)

    def results(self, unit_id: UnitId) -> list[ResultRow]:
        names = ("cycle_id", "process", "group", "state", "submitted_at", "days_late", "score", "band", "member_count")
        statement = (
            select(
                dossiers.c.id.label("dossier_id"),
                *(dossiers.c[name] for name in names),
                packs.c.name.label("model_name"),
                cycles.c.year,
                cycles.c.version,
            )
            .join(cycles, cycles.c.id == dossiers.c.cycle_id)
            .join(packs, packs.c.version == cycles.c.version)
            .where(dossiers.c.unit_id == unit_id)
            .order_by(cycles.c.year.desc(), packs.c.name, dossiers.c.id)
        )
        return self._rows(ResultRow, statement)

    def titles(self, unit_id: UnitId) -> list[HeldTitle]:
        names = ("member_name", "key", "year", "from_day", "until_day", "cancelled_on", "dossier_id", "decision_id")
        statement = (
            select(
                *(titles.c[name] for name in names),
                cycles.c.version,
                decisions.c.symbol,
                decisions.c.dated,
            )
            .join(dossiers, dossiers.c.id == titles.c.dossier_id)
            .join(cycles, cycles.c.id == dossiers.c.cycle_id)
            .join(decisions, decisions.c.id == titles.c.decision_id)
            .where(titles.c.unit_id == unit_id)
            .order_by(titles.c.year.desc(), titles.c.id)
        )
        return self._rows(HeldTitle, statement)

    def people(
        self, below: Scope | None, day: date, *, text: str = "", limit: int, offset: int = 0
    ) -> tuple[list[PersonRow], int]:
        statement = (
            select(*_PERSON_ROW)
            .join(accounts, accounts.c.id == positions.c.account_id)
            .join(units, units.c.id == positions.c.unit_id)
            .where(or_(positions.c.until_day.is_(None), positions.c.until_day >= day))
            .where(true() if below is None else units.c.parent_id.in_(set(below)))
            .where(_person(text) if text else true())
            .order_by(accounts.c.sort_key, positions.c.id)
        )
        return self._page(PersonRow, statement, limit, offset)

    def sessions(self, account_id: AccountId, since: datetime, seen_since: datetime) -> list[OpenSession]:
        statement = (
            select(*(sessions.c[name] for name in ("token_sha256", "created_at", "seen_at", "agent")))
            .where(sessions.c.account_id == account_id, sessions.c.revoked_at.is_(None))
            .where(sessions.c.created_at > since, sessions.c.seen_at > seen_since)
            .order_by(sessions.c.seen_at.desc(), sessions.c.created_at.desc())
        )
        return self._rows(OpenSession, statement)

    def incidents(self, *, resolved: bool, limit: int, offset: int = 0) -> tuple[list[IncidentRow], int]:
        done = incidents.c.resolved_at
        names = ("id", "kind", "reason", "opened_at", "resolved_at", "resolution", "dossier_id", "decision_id")
        statement = (
            select(
                *(incidents.c[name] for name in names),
                units.c.name.label("unit"),
                packs.c.name.label("model_name"),
                cycles.c.year,
            )
            .outerjoin(dossiers, dossiers.c.id == incidents.c.dossier_id)
            .outerjoin(units, units.c.id == dossiers.c.unit_id)
            .outerjoin(cycles, cycles.c.id == dossiers.c.cycle_id)
            .outerjoin(packs, packs.c.version == cycles.c.version)
            .where(done.is_not(None) if resolved else done.is_(None), incidents_not_of(self._hidden.keys))
            .order_by(incidents.c.id.desc())
        )
        return self._page(IncidentRow, statement, limit, offset)

    def log(self, wanted: LogFilter, *, limit: int, before_seq: int | None = None) -> list[LogLine]:
        statement: Select[Any] = (
            select(
                *(audit_chain.c[name] for name in ("seq", "digest", "previous", "hash")),
                audit_content.c.content,
                audit_content.c.unit_id,
                units.c.name.label("unit"),
            )
            .outerjoin(audit_content, audit_content.c.seq == audit_chain.c.seq)
            .outerjoin(units, units.c.id == audit_content.c.unit_id)
            .where(*_log_conditions(wanted), *_not_about(self._hidden.keys))
            .where(audit_chain.c.seq < before_seq if before_seq else true())
            .order_by(audit_chain.c.seq.desc())
            .limit(limit)
        )
        found = self._connection.execute(statement)
        return [LogLine(entry=_entry(row), unit_id=row.unit_id, unit=row.unit) for row in found]

    def check_chain(self) -> ChainCheck:
        try:
            length, last = check_chain(self._connection)
        except Corrupt as corrupt:
            return ChainCheck(length=0, last_hash="", fault=str(corrupt))
        return ChainCheck(length=length, last_hash=last, fault="")

    def _rows(self, kind: type[RowType], statement: Select[Any]) -> list[RowType]:
        return [kind(**row._mapping) for row in self._connection.execute(statement)]

    def _page(self, kind: type[RowType], statement: Select[Any], limit: int, offset: int) -> tuple[list[RowType], int]:
        counted = statement.add_columns(func.count().over().label("whole")).limit(limit).offset(offset)
        found = self._connection.execute(counted).all()
        rows = [kind(**{name: value for name, value in row._mapping.items() if name != "whole"}) for row in found]
        if found or not offset:
            return rows, found[0].whole if found else 0
        inner = statement.order_by(None).subquery()
        return rows, self._connection.execute(select(func.count()).select_from(inner)).scalar_one()


def _unit_conditions(wanted: UnitFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [units.c.id.in_(below(wanted.scope))]
    found += [
        column == value for column, value in ((units.c.kind, wanted.kind), (units.c.cohort, wanted.cohort)) if value
    ]
    if wanted.text:
        found.append(units.c.search_text.contains(fold(wanted.text), autoescape=True))
    if wanted.ended is not None:
        found.append(units.c.until_day.is_not(None) if wanted.ended else units.c.until_day.is_(None))
    if wanted.parent_id is not None:
        found.append(units.c.parent_id == wanted.parent_id)
    if wanted.only is not None:
        found.append(units.c.id.in_(set(wanted.only)))
    return found


def _log_conditions(wanted: LogFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.person:
        found.append(audit_content.c.actor_id.in_(select(accounts.c.id).where(_person(wanted.person))))
    if wanted.unit:
        folded = units.c.search_text.contains(fold(wanted.unit), autoescape=True)
        found.append(audit_content.c.unit_id.in_(select(units.c.id).where(folded)))
    if wanted.event:
        found.append(audit_content.c.event == wanted.event)
    if wanted.dossier_id is not None:
        found.append(audit_content.c.dossier_id == wanted.dossier_id)
    if wanted.first is not None:
        found.append(audit_content.c.at >= wanted.first)
    if wanted.before is not None:
        found.append(audit_content.c.at < wanted.before)
    return found


def _not_about(hidden: Collection[str]) -> list[ColumnElement[bool]]:
    """Lines that tell of none of these models: neither of their cycles, nor of what is named after them."""
    if not hidden:
        return []
    inside = select(cycles.c.id).where(cycles.c.model.in_(hidden))
    theirs = select(dossiers.c.id).where(dossiers.c.cycle_id.in_(inside))
    found = [
        or_(audit_content.c.cycle_id.is_(None), audit_content.c.cycle_id.not_in(inside)),
        or_(audit_content.c.dossier_id.is_(None), audit_content.c.dossier_id.not_in(theirs)),
    ]
    named = [f'"{kind}:{key}{end}' for key in hidden for kind in _NAMED for end in ('"', "/")]
    return [*found, *(~func.coalesce(audit_content.c.content, "").contains(name, autoescape=True) for name in named)]


def _person(text: str) -> ColumnElement[bool]:
    return accounts.c.search_text.contains(fold(text), autoescape=True)
