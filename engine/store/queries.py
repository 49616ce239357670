"""How are pages read? Each method one statement with exactly the columns that its rows show."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    exists,
    func,
    or_,
    select,
    true,
)

from engine.ports.notices import LastDayRow
from engine.ports.queries import (
    AuditFilter,
    CycleRow,
    DecisionFilter,
    DecisionPage,
    DecisionRow,
    DeliveryRow,
    DossierFilter,
    DossierPage,
    DossierRow,
    MemberCount,
    MemberFilter,
    MemberRow,
    NodeCount,
    PackRow,
    PersonRow,
    Positions,
    ProgressRow,
    ReportRow,
    Scope,
    Waiting,
    WorkRow,
)
from engine.rules.audit import AuditEntry
from engine.rules.cycles import CycleId
from engine.rules.decisions import DecisionId
from engine.rules.dossiers import DossierId, DossierState, WorkState
from engine.rules.text import fold
from engine.rules.units import UnitId
from engine.store.audit_log import _entry
from engine.store.hidden import Hidden
from engine.store.query_parts import (
    ACCEPTED,
    ENDED,
    LAST_DAY_NAMES,
    LAST_DAYS,
    LATE,
    NONE,
    REGISTERED,
    REGISTERING,
    SUPERIOR,
    TITLED,
    WORK,
    audit_conditions,
    below,
    count_of,
    decision_conditions,
    dossier_conditions,
    gives_or_takes,
    may_do,
    member_conditions,
    not_of,
    past,
)
from engine.store.tables import (
    accounts,
    audit_chain,
    audit_content,
    cycles,
    decisions,
    deliveries,
    dossiers,
    incidents,
    instances,
    members,
    packs,
    positions,
    register_rows,
    submissions,
    titles,
    units,
    work_items,
)

RowType = TypeVar("RowType")


class SqlQueries:
    """`engine.ports.queries.Queries`."""

    def __init__(self, connection: Connection, hidden: Hidden) -> None:
        self._connection, self._hidden = connection, hidden

    def inbox(self, positions: Positions, *, model: str = "", year: int | None = None, act: str = "") -> list[WorkRow]:
        # Roles lie in a JSON list that no index sees; a unit has few enough open tasks to look at each.
        statement = WORK.where(work_items.c.unit_id.in_({unit for unit, _ in positions} or {NONE}))
        for column, wanted in ((cycles.c.model, model), (cycles.c.year, year), (work_items.c.act, act)):
            if wanted:
                statement = statement.where(column == wanted)
        return [row for row in self._rows(WorkRow, statement) if may_do(positions, row.unit_id, row.roles)]

    def waiting(self, positions: Positions, today: date) -> Waiting:
        statement = (
            select(work_items.c.unit_id, work_items.c.roles, func.count(), func.sum(past(today)))
            .where(work_items.c.unit_id.in_({unit for unit, _ in positions} or {NONE}))
            .where(work_items.c.state == WorkState.OPEN)
            .group_by(work_items.c.unit_id, work_items.c.roles)
        )
        found = [row for row in self._connection.execute(statement) if may_do(positions, row[0], row[1])]
        return Waiting(total=sum(row[2] for row in found), late=sum(row[3] for row in found))

    def last_days(self, positions: Positions, since: datetime) -> list[LastDayRow]:
        statement = LAST_DAYS.where(
            work_items.c.unit_id.in_({unit for unit, _ in positions} or {NONE}),
            or_(work_items.c.state.in_([WorkState.OPEN, WorkState.SUSPENDED]), work_items.c.done_at >= since),
        )
        found = self._connection.execute(statement).mappings()
        rows = [dict(row) for row in found if may_do(positions, row["unit_id"], row["roles"])]
        return [LastDayRow(**{name: row[name] for name in LAST_DAY_NAMES}) for row in rows]

    def open_work(self, dossier_id: DossierId) -> list[WorkRow]:
        return self._rows(WorkRow, WORK.where(work_items.c.dossier_id == dossier_id))

    def cycles(self, scope: Scope) -> list[CycleRow]:
        # Who reads at the lead of a cycle, or above it, reads about all its units.
        read = or_(dossiers.c.unit_id.in_(below(scope)), cycles.c.unit_id.in_(below(scope)))
        mine = and_(dossiers.c.cycle_id == cycles.c.id, REGISTERING, read)
        statement = (
            select(
                cycles.c.id,
                cycles.c.model,
                packs.c.name.label("model_name"),
                cycles.c.version,
                cycles.c.year,
                cycles.c.state,
                cycles.c.opened_at,
                func.count(dossiers.c.id).label("units"),
                count_of(REGISTERED).label("registered"),
                count_of(or_(dossiers.c.state.in_(ACCEPTED), and_(ENDED, REGISTERED))).label("accepted"),
                count_of(dossiers.c.state == DossierState.RECOGNISED).label("recognised"),
                count_of(ENDED).label("ended"),
                func.coalesce(func.sum(dossiers.c.member_count), 0).label("members"),
            )
            .join(packs, packs.c.version == cycles.c.version)
            .outerjoin(dossiers, mine)
            .where(not_of(self._hidden.keys))
            .group_by(
                cycles.c.id,
                cycles.c.model,
                packs.c.name,
                cycles.c.version,
                cycles.c.year,
                cycles.c.state,
                cycles.c.opened_at,
            )
            .order_by(cycles.c.year.desc(), cycles.c.model)
        )
        return self._rows(CycleRow, statement)

    def progress(self, cycle_id: CycleId, scope: Scope) -> list[ProgressRow]:
        kinds = (
            SUPERIOR.c.id,
            SUPERIOR.c.code,
            SUPERIOR.c.name,
            dossiers.c.cohort,
            dossiers.c.group,
            dossiers.c.state,
            REGISTERED,
            LATE,
        )
        names = ("superior_id", "superior_code", "superior", "cohort", "group", "state", "registered", "late")
        statement: Select[Any] = (
            select(
                *(column.label(name) for column, name in zip(kinds, names, strict=True)),
                func.count().label("units"),
                func.coalesce(func.sum(dossiers.c.member_count), 0).label("members"),
            )
            .select_from(dossiers)
            .join(units, units.c.id == dossiers.c.unit_id)
            .outerjoin(SUPERIOR, SUPERIOR.c.id == units.c.parent_id)
            .where(dossiers.c.cycle_id == cycle_id, REGISTERING, dossiers.c.unit_id.in_(below(scope)))
            .group_by(*kinds)
            .order_by(SUPERIOR.c.code, dossiers.c.cohort, dossiers.c.state)
        )
        return [_progress(row) for row in self._connection.execute(statement)]

    def on_named_day(self, cycle_id: CycleId, scope: Scope) -> int:
        statement = (
            select(func.count())
            .select_from(dossiers)
            .where(dossiers.c.cycle_id == cycle_id, dossiers.c.on_named_day, dossiers.c.unit_id.in_(below(scope)))
        )
        return int(self._connection.execute(statement).scalar_one())

    def member_counts(self, cycle_id: CycleId, scope: Scope) -> list[MemberCount]:
        statement = (
            select(
                units.c.parent_id.label("superior_id"),
                dossiers.c.cohort,
                func.count().label("members"),
                count_of(TITLED).label("titled"),
            )
            .select_from(members)
            .join(dossiers, dossiers.c.id == members.c.dossier_id)
            .join(units, units.c.id == dossiers.c.unit_id)
            .where(dossiers.c.cycle_id == cycle_id, REGISTERING, dossiers.c.unit_id.in_(below(scope)))
            .group_by(units.c.parent_id, dossiers.c.cohort)
            .order_by(units.c.parent_id, dossiers.c.cohort)
        )
        return self._rows(MemberCount, statement)

    def members(self, wanted: MemberFilter, *, limit: int, offset: int = 0) -> tuple[list[MemberRow], int]:
        statement = (
            select(
                *(members.c[name] for name in ("full_name", "birth_year", "self_result", "result", "dossier_id")),
                TITLED.label("titled"),
                units.c.code.label("unit_code"),
                units.c.name.label("unit"),
                SUPERIOR.c.name.label("superior"),
            )
            .join(dossiers, dossiers.c.id == members.c.dossier_id)
            .join(units, units.c.id == dossiers.c.unit_id)
            .outerjoin(SUPERIOR, SUPERIOR.c.id == units.c.parent_id)
            .where(*member_conditions(wanted))
            .order_by(SUPERIOR.c.code, units.c.code, members.c.id)
        )
        return self._page(MemberRow, statement, limit, offset)

    def dossiers(self, wanted: DossierFilter, *, limit: int, offset: int = 0) -> DossierPage:
        conditions = dossier_conditions(wanted)
        statement = (
            select(
                dossiers.c.id,
                dossiers.c.unit_id,
                units.c.code.label("unit_code"),
                units.c.name.label("unit"),
                units.c.parent_id.label("superior_id"),
                SUPERIOR.c.name.label("superior"),
                *(dossiers.c[name] for name in ("process", "cohort", "group", "state", "submitted_at", "days_late")),
                *(dossiers.c[name] for name in ("receipt", "score", "band", "member_count", "on_named_day")),
            )
            .join(units, units.c.id == dossiers.c.unit_id)
            .outerjoin(SUPERIOR, SUPERIOR.c.id == units.c.parent_id)
            .where(*conditions)
            .order_by(SUPERIOR.c.code, units.c.code, dossiers.c.id)
        )
        rows, total = self._page(DossierRow, statement, limit, offset)
        return DossierPage(rows=tuple(rows), total=total)

    def decisions(self, wanted: DecisionFilter, *, limit: int, offset: int = 0) -> DecisionPage:
        stuck = exists().where(incidents.c.decision_id == decisions.c.id, incidents.c.resolved_at.is_(None))
        names = ("id", "document", "type_code", "subject", "state", "symbol", "dated", "signer_name")
        statement = (
            select(
                *(decisions.c[name] for name in (*names, "created_at", "issued_at", "unit_id", "dossier_id")),
                units.c.name.label("unit"),
                decisions.c.cycle_id,
                packs.c.name.label("model_name"),
                cycles.c.year,
                stuck.label("stuck"),
            )
            .join(units, units.c.id == decisions.c.unit_id)
            .join(cycles, cycles.c.id == decisions.c.cycle_id)
            .join(packs, packs.c.version == cycles.c.version)
            .where(*decision_conditions(wanted))
            .order_by(decisions.c.id.desc())
        )
        rows, total = self._page(DecisionRow, statement, limit, offset)
        return DecisionPage(rows=tuple(rows), total=total)

    def concerns(self, decision_id: DecisionId, scope: Scope) -> bool:
        statement = select(titles.c.id).where(gives_or_takes(decision_id), titles.c.unit_id.in_(below(scope))).limit(1)
        return self._connection.execute(statement).first() is not None

    def registers(self, scope: Scope) -> list[tuple[UnitId, str, int]]:
        statement = (
            select(register_rows.c.unit_id, units.c.name, register_rows.c.year)
            .join(units, units.c.id == register_rows.c.unit_id)
            .where(register_rows.c.unit_id.in_(below(scope)))
            .group_by(register_rows.c.unit_id, units.c.name, units.c.code, register_rows.c.year)
            .order_by(units.c.code, register_rows.c.year.desc())
        )
        return [(UnitId(row[0]), row[1], row[2]) for row in self._connection.execute(statement)]

    def nodes(self, cycle_id: CycleId, scope: Scope, today: date) -> list[NodeCount]:
        statement = (
            select(
                instances.c.process,
                work_items.c.node,
                func.min(work_items.c.name).label("name"),
                func.count().label("units"),
                func.sum(past(today)).label("late"),
            )
            .join(instances, instances.c.id == work_items.c.instance_id)
            .where(work_items.c.cycle_id == cycle_id, work_items.c.state == WorkState.OPEN)
            .where(or_(work_items.c.subject_unit_id.in_(below(scope)), work_items.c.unit_id.in_(below(scope))))
            .group_by(instances.c.process, work_items.c.node)
            .order_by(instances.c.process, work_items.c.node)
        )
        return self._rows(NodeCount, statement)

    def work_at(self, cycle_id: CycleId, process: str, node: str, scope: Scope, *, limit: int = 500) -> list[WorkRow]:
        statement = (
            WORK.join(instances, instances.c.id == work_items.c.instance_id)
            .where(work_items.c.cycle_id == cycle_id, instances.c.process == process)
            .where(or_(work_items.c.node == node, work_items.c.node.startswith(f"{node}.", autoescape=True)))
            .where(or_(work_items.c.subject_unit_id.in_(below(scope)), work_items.c.unit_id.in_(below(scope))))
            .limit(limit)
        )
        return self._rows(WorkRow, statement)

    def open_below(self, cycle_id: CycleId, scope: Scope, *, limit: int) -> list[WorkRow]:
        wanted = (work_items.c.cycle_id == cycle_id, work_items.c.unit_id.in_(below(scope)))
        return self._rows(WorkRow, WORK.where(*wanted).limit(limit))

    def open_acts(self, cycle_id: CycleId, act: str, scope: Scope) -> list[WorkRow]:
        wanted = (work_items.c.cycle_id == cycle_id, work_items.c.act == act, work_items.c.unit_id.in_(below(scope)))
        return self._rows(WorkRow, WORK.where(*wanted))

    def reports(self, cycle_id: CycleId, act: str, scope: Scope) -> list[ReportRow]:
        newest = (
            select(func.max(submissions.c.id))
            .join(dossiers, dossiers.c.id == submissions.c.dossier_id)
            .where(dossiers.c.cycle_id == cycle_id, submissions.c.act == act)
            .where(dossiers.c.unit_id.in_(below(scope)))
            .group_by(submissions.c.dossier_id, submissions.c.node)
        )
        names = ("act", "title", "form", "deadline", "at", "by_name", "days_late", "answers")
        statement = (
            select(
                submissions.c.id,
                submissions.c.dossier_id,
                dossiers.c.unit_id,
                units.c.code.label("unit_code"),
                units.c.name.label("unit"),
                *(submissions.c[name] for name in names),
            )
            .join(dossiers, dossiers.c.id == submissions.c.dossier_id)
            .join(units, units.c.id == dossiers.c.unit_id)
            .where(submissions.c.id.in_(newest))
            .order_by(units.c.code, submissions.c.id)
        )
        return self._rows(ReportRow, statement)

    def people(self, scope: Scope, *, text: str = "", exactly: bool = False, limit: int = 500) -> list[PersonRow]:
        where = positions.c.unit_id.in_(set(scope) or {NONE}) if exactly else positions.c.unit_id.in_(below(scope))
        found = accounts.c.search_text.contains(fold(text), autoescape=True) if text else true()
        statement = (
            select(
                positions.c.id.label("position_id"),
                positions.c.account_id,
                *(accounts.c[name] for name in ("username", "full_name", "email", "disabled_at")),
                accounts.c.must_change_password,
                accounts.c.password_hash.is_not(None).label("has_password"),
                *(positions.c[name] for name in ("role", "unit_id", "from_day", "until_day")),
                units.c.name.label("unit"),
            )
            .join(accounts, accounts.c.id == positions.c.account_id)
            .join(units, units.c.id == positions.c.unit_id)
            .where(where, found)
            .order_by(accounts.c.sort_key, positions.c.id)
            .limit(limit)
        )
        return self._rows(PersonRow, statement)

    def deliveries(self, states: Sequence[str], *, limit: int, offset: int = 0) -> tuple[list[DeliveryRow], int]:
        names = ("id", "address", "subject", "state", "attempts", "error", "created_at", "sent_at", "channel")
        statement = (
            select(
                *(deliveries.c[name] for name in names),
                accounts.c.full_name.label("person"),
                work_items.c.dossier_id,
            )
            .outerjoin(accounts, accounts.c.id == deliveries.c.account_id)
            .outerjoin(work_items, work_items.c.id == deliveries.c.work_item_id)
            .outerjoin(cycles, cycles.c.id == work_items.c.cycle_id)
            .where(not_of(self._hidden.keys))
            .where(deliveries.c.state.in_(states) if states else true())
            .order_by(deliveries.c.id.desc())
        )
        return self._page(DeliveryRow, statement, limit, offset)

    def delivery_counts(self) -> Mapping[str, int]:
        statement = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
        return {row[0]: row[1] for row in self._connection.execute(statement)}

    def audit(self, wanted: AuditFilter, *, limit: int, before_seq: int | None = None) -> list[AuditEntry]:
        conditions = audit_conditions(wanted)
        statement: Select[Any] = (
            select(
                *(audit_chain.c[name] for name in ("seq", "digest", "previous", "hash")),
                audit_content.c.content,
            )
            .outerjoin(audit_content, audit_content.c.seq == audit_chain.c.seq)
            .where(*conditions, audit_chain.c.seq < before_seq if before_seq else true())
            .order_by(audit_chain.c.seq.desc())
            .limit(limit)
        )
        return [_entry(row) for row in self._connection.execute(statement)]

    def audit_events(self) -> list[str]:
        statement = select(audit_content.c.event).where(audit_content.c.event.is_not(None)).distinct()
        return sorted(event for (event,) in self._connection.execute(statement))

    def packs(self) -> list[PackRow]:
        used = select(func.count()).where(cycles.c.version == packs.c.version).scalar_subquery()
        statement = (
            select(
                *(packs.c[name] for name in ("version", "key", "name", "deployed_at")),
                used.label("cycles"),
                units.c.code.label("owner_code"),
                units.c.name.label("owner"),
            )
            .outerjoin(units, units.c.id == packs.c.owner_unit_id)
            .order_by(packs.c.id.desc())
        )
        return [row for row in self._rows(PackRow, statement) if row.key not in self._hidden.keys]

    def _rows(self, kind: type[RowType], statement: Select[Any]) -> list[RowType]:
        return [kind(**row._mapping) for row in self._connection.execute(statement)]

    def _page(self, kind: type[RowType], statement: Select[Any], limit: int, offset: int) -> tuple[list[RowType], int]:
        counted = statement.add_columns(func.count().over().label("whole")).limit(limit).offset(offset)
        found = self._connection.execute(counted).all()
        rows = [kind(**{name: value for name, value in row._mapping.items() if name != "whole"}) for row in found]
        if found or not offset:
            return rows, found[0].whole if found else 0
        return rows, self._connection.execute(select(func.count()).select_from(_inner(statement))).scalar_one()


def _inner(statement: Select[Any]) -> FromClause:
    return statement.order_by(None).subquery()


def _progress(row: Row[Any]) -> ProgressRow:
    values = dict(row._mapping)
    return ProgressRow(**{**values, "registered": bool(values["registered"]), "late": bool(values["late"])})
