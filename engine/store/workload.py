"""How much is due for whom? Counted in the database, a statement each."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import Connection, func, or_, select

from engine.ports.workload import DueRow, Limit
from engine.rules.delegations import DelegationScope
from engine.rules.dossiers import WorkState
from engine.rules.units import AccountId, UnitId
from engine.rules.workload import Demand, Holder, Substitute
from engine.store.query_parts import NONE, below
from engine.store.rows import Upsert, replacing
from engine.store.tables import accounts, cycles, packs, positions, units, work_items
from engine.store.tables_absences import delegations, week_limits

_PUT_LIMIT = Upsert(week_limits, ["id"], replacing("tasks", "at", "by_id", "by_name"))
_LIMIT = select(week_limits.c.tasks, week_limits.c.at, week_limits.c.by_name)


class SqlWorkload:
    """`engine.ports.workload.Workload`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def due(self, scope: Collection[UnitId], first: date, last: date) -> list[DueRow]:
        kinds = (work_items.c.last_day, work_items.c.lenient_until, work_items.c.name, work_items.c.cycle_id)
        named = (packs.c.name, cycles.c.year)
        statement = (
            select(*kinds, packs.c.name.label("model_name"), cycles.c.year, func.count().label("tasks"))
            .join(cycles, cycles.c.id == work_items.c.cycle_id)
            .join(packs, packs.c.version == cycles.c.version)
            .where(work_items.c.state == WorkState.OPEN, work_items.c.last_day.between(first, last))
            .where(work_items.c.unit_id.in_(below(scope)))
            .group_by(*kinds, *named)
            .order_by(work_items.c.last_day, work_items.c.name, work_items.c.cycle_id)
        )
        return [DueRow(**row._mapping) for row in self._connection.execute(statement)]

    def demands(self, scope: Collection[UnitId], first: date, last: date) -> list[Demand]:
        kinds = (work_items.c.unit_id, work_items.c.roles, work_items.c.last_day)
        statement = (
            select(*kinds, func.count().label("tasks"))
            .where(work_items.c.state == WorkState.OPEN, work_items.c.last_day.between(first, last))
            .where(work_items.c.unit_id.in_(below(scope)))
            .group_by(*kinds)
            .order_by(work_items.c.unit_id, work_items.c.last_day)
        )
        return [Demand(**row._mapping) for row in self._connection.execute(statement)]

    def holders(self, unit_ids: Collection[UnitId], day: date) -> list[Holder]:
        statement = (
            select(
                positions.c.unit_id,
                positions.c.role,
                positions.c.account_id,
                accounts.c.full_name,
                units.c.name.label("unit"),
            )
            .join(accounts, accounts.c.id == positions.c.account_id)
            .join(units, units.c.id == positions.c.unit_id)
            .where(positions.c.unit_id.in_(set(unit_ids) or {NONE}), accounts.c.disabled_at.is_(None))
            .where(positions.c.from_day <= day, or_(positions.c.until_day.is_(None), positions.c.until_day >= day))
            .order_by(positions.c.id)
        )
        return [Holder(**row._mapping) for row in self._connection.execute(statement)]

    def substitutes(self, unit_ids: Collection[UnitId], day: date) -> list[Substitute]:
        kept = delegations.c
        statement = (
            select(
                kept.unit_id, kept.role, kept.from_id, kept.to_id, accounts.c.full_name, kept.first_day, kept.last_day
            )
            .join(accounts, accounts.c.id == kept.to_id)
            .where(kept.unit_id.in_(set(unit_ids) or {NONE}), kept.last_day >= day)
            .where(kept.scope == DelegationScope.ALL, kept.ended_at.is_(None))
            .order_by(kept.id)
        )
        return [Substitute(**row._mapping) for row in self._connection.execute(statement)]

    def limit(self) -> Limit | None:
        row = self._connection.execute(_LIMIT).first()
        return None if row is None else Limit(**row._mapping)

    def set_limit(self, tasks: int, at: datetime, by_id: AccountId | None, by_name: str) -> None:
        _PUT_LIMIT.run(self._connection, [{"id": 1, "tasks": tasks, "at": at, "by_id": by_id, "by_name": by_name}])
