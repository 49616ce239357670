"""Where does a running process stand? Its state as given, locked for the one who moves it, and what it waits for."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, literal, select, union_all

from engine.errors import NotFound
from engine.ports.store import Awaited, SubscriptionRow
from engine.rules.cycles import Cycle, CycleId
from engine.rules.dossiers import (
    Dossier,
    DossierId,
    Instance,
    InstanceId,
    InstanceState,
    WorkItem,
    WorkItemId,
    WorkState,
)
from engine.rules.units import UnitId
from engine.store import direct
from engine.store.columns import unindexed
from engine.store.cycles import CYCLES
from engine.store.dossiers import DOSSIERS, SqlDossiers
from engine.store.known import NUMBER, Reference
from engine.store.rows import Rows, Seen
from engine.store.tables import cycles, dossiers, instances, subscriptions, timers, units, work_items
from engine.store.units import UNITS, SqlUnits

INSTANCES = Rows(Instance, instances)
SUBSCRIPTIONS = Rows(SubscriptionRow, subscriptions)
WORK = Rows(WorkItem, work_items)

# On SQLite "for update" says nothing: there the whole transaction holds the write lock.
_LOCK = INSTANCES.select.where(instances.c.id == bindparam("instance_id")).with_for_update()
# One read for a command: what it is about, and the number of what the process knows (`known`). What it may change is locked.
_in_run: list[Any] = [*(instances.c[n] for n in INSTANCES.names), *(dossiers.c[n] for n in DOSSIERS.names)]
_in_run += [*(cycles.c[n] for n in CYCLES.names), *(units.c[n] for n in UNITS.names), NUMBER.label("reference_number")]
_TO_INSTANCE, _TO_DOSSIER = len(WORK.names), len(INSTANCES.names)
_TO_CYCLE = _TO_DOSSIER + len(DOSSIERS.names)
_TO_UNIT = _TO_CYCLE + len(CYCLES.names)
_run = (
    instances.join(dossiers, dossiers.c.id == instances.c.dossier_id)
    .join(cycles, cycles.c.id == instances.c.cycle_id)
    .join(units, units.c.id == dossiers.c.unit_id)
)
_TAKE = (
    select(*_in_run)
    .select_from(_run)
    .where(instances.c.id == bindparam("instance_id"))
    .with_for_update(of=[instances, dossiers])
)
_TAKE_WORK = (
    select(*(work_items.c[n] for n in WORK.names), *_in_run)
    .select_from(_run.join(work_items, work_items.c.instance_id == instances.c.id))
    .where(work_items.c.id == bindparam("item_id"))
    .with_for_update(of=[work_items, instances, dossiers])
)
_OF_DOSSIER = INSTANCES.where(instances.c.dossier_id == bindparam("dossier_id"))
_SUBSCRIPTIONS = SUBSCRIPTIONS.where(subscriptions.c.instance_id == bindparam("instance_id"))
_DROP = subscriptions.delete().where(subscriptions.c.id.in_(bindparam("ids", expanding=True)))
_SUBSCRIBERS = SUBSCRIPTIONS.where(
    subscriptions.c.dossier_id == bindparam("dossier_id"),
    subscriptions.c.kind == bindparam("of_kind"),
    subscriptions.c.name == bindparam("named"),
)
_open = work_items.c.state == WorkState.OPEN
_still_open = unindexed(work_items.c.state) == WorkState.OPEN.value
_OPEN_OF_INSTANCE = WORK.where(work_items.c.instance_id == bindparam("instance_id"), _still_open)
_LET_GO = (
    work_items.update()
    .where(work_items.c.id.in_(bindparam("ids", expanding=True)), _still_open)
    .values(state=WorkState.GONE, done_at=bindparam("moment"), row_version=work_items.c.row_version + 1)
)
_none = literal("").label("kind"), literal("").label("name")
_WAITS = union_all(
    select(literal("work").label("of"), work_items.c.id, work_items.c.token, *_none).where(
        work_items.c.instance_id == bindparam("instance_id"), _still_open
    ),
    select(literal("timer"), timers.c.id, timers.c.token, *_none).where(
        timers.c.instance_id == bindparam("instance_id"), timers.c.state == "waiting", timers.c.kind == "process"
    ),
    select(
        literal("subscription"), subscriptions.c.id, subscriptions.c.token, subscriptions.c.kind, subscriptions.c.name
    ).where(subscriptions.c.instance_id == bindparam("instance_id")),
)
_SUSPENDED_OF_INSTANCE = WORK.where(
    work_items.c.instance_id == bindparam("instance_id"), unindexed(work_items.c.state) == WorkState.SUSPENDED.value
)
_WORK_OF_DOSSIER = WORK.where(work_items.c.dossier_id == bindparam("dossier_id"))
_OPEN_AFTER = WORK.where(work_items.c.id > bindparam("item_id"), _open)


_OPEN_DUE = WORK.select.join(dossiers, dossiers.c.id == work_items.c.dossier_id).where(
    dossiers.c.cycle_id == bindparam("cycle_id"), work_items.c.deadline == bindparam("named"), _open
)
_OF_ACT = WORK.select.join(dossiers, dossiers.c.id == work_items.c.dossier_id).where(
    dossiers.c.cycle_id == bindparam("cycle_id"), work_items.c.act == bindparam("for_act")
)
_OPEN_AT = WORK.where(work_items.c.unit_id == bindparam("unit_id"), _open)


_ids: Any = bindparam("ids", expanding=True)
_RUNNING = INSTANCES.where(instances.c.id > bindparam("after"), instances.c.state == InstanceState.RUNNING).limit(
    bindparam("at_most")
)
_UNENDED = INSTANCES.where(
    instances.c.cycle_id == bindparam("cycle_id"),
    instances.c.state.in_((InstanceState.RUNNING, InstanceState.SUSPENDED)),
    instances.c.id > bindparam("after"),
).limit(bindparam("at_most"))
_WORK_TOKENS = select(work_items.c.instance_id, work_items.c.token).where(
    work_items.c.instance_id.in_(_ids), _still_open
)
_TIMER_TOKENS = select(timers.c.instance_id, timers.c.token).where(
    timers.c.instance_id.in_(_ids), timers.c.state == "waiting"
)
_SUBSCRIPTION_TOKENS = select(subscriptions.c.instance_id, subscriptions.c.token).where(
    subscriptions.c.instance_id.in_(_ids)
)


class SqlInstances:
    """`engine.ports.store.Instances`."""

    def __init__(self, connection: Connection, dossiers: SqlDossiers, units: SqlUnits, reference: Reference) -> None:
        self._connection, self._dossiers, self._units, self._reference = connection, dossiers, units, reference
        self._seen = Seen(INSTANCES, connection)

    def get(self, instance_id: InstanceId) -> Instance:
        instance = INSTANCES.find(self._connection, _LOCK, instance_id=instance_id)
        if instance is None:
            raise NotFound("Instance", instance_id)
        return self._seen.note(instance)

    def take(self, instance_id: InstanceId) -> tuple[Instance, Dossier, Cycle]:
        found = direct.fetch(self._connection, _TAKE, {"instance_id": instance_id})
        if not found:
            raise NotFound("Instance", instance_id)
        return self.taken(found[0])

    def taken(self, row: Sequence[Any]) -> tuple[Instance, Dossier, Cycle]:
        """What a row of `_TAKE` holds."""
        self._reference.read_at(row[-1])
        self._units.note(UNITS.read(row[_TO_UNIT:]))
        return (
            self._seen.note(INSTANCES.read(row)),
            self._dossiers.note(DOSSIERS.read(row[_TO_DOSSIER:])),
            CYCLES.read(row[_TO_CYCLE:]),
        )

    def waits(self, instance_id: InstanceId) -> list[Awaited]:
        rows = direct.fetch(self._connection, _WAITS, {"instance_id": instance_id})
        return [Awaited(of=row[0], id=row[1], token=row[2], kind=row[3], name=row[4]) for row in rows]

    def subscribe(self, rows: Sequence[SubscriptionRow]) -> None:
        SUBSCRIPTIONS.insert(self._connection, rows)

    def unsubscribe(self, subscription_ids: Sequence[int]) -> None:
        if subscription_ids:
            self._connection.execute(_DROP, {"ids": list(subscription_ids)})

    def look(self, instance_id: InstanceId) -> Instance:
        return INSTANCES.get(self._connection, instance_id)

    def add(self, instance: Instance) -> Instance:
        return INSTANCES.add(self._connection, instance)

    def save(self, instance: Instance) -> Instance:
        return self._seen.save(instance)

    def of_dossier(self, dossier_id: DossierId) -> list[Instance]:
        return INSTANCES.list(self._connection, _OF_DOSSIER, dossier_id=dossier_id)

    def set_subscriptions(self, instance: Instance, wanted: Sequence[SubscriptionRow]) -> list[SubscriptionRow]:
        found = {
            _key(row): row for row in SUBSCRIPTIONS.list(self._connection, _SUBSCRIPTIONS, instance_id=instance.id)
        }
        keys = {_key(row) for row in wanted}
        self.unsubscribe([row.id for key, row in found.items() if key not in keys])
        new = [row for row in wanted if _key(row) not in found]
        self.subscribe(new)
        return new

    def subscriptions(self, instance_id: InstanceId) -> list[SubscriptionRow]:
        return SUBSCRIPTIONS.list(self._connection, _SUBSCRIPTIONS, instance_id=instance_id)

    def running(self, after: InstanceId, limit: int) -> list[Instance]:
        return INSTANCES.list(self._connection, _RUNNING, after=after, at_most=limit)

    def unended(self, cycle_id: CycleId, after: InstanceId, limit: int) -> list[Instance]:
        return INSTANCES.list(self._connection, _UNENDED, cycle_id=cycle_id, after=after, at_most=limit)

    def awaited(self, instance_ids: Collection[InstanceId]) -> set[tuple[InstanceId, str]]:
        ids = sorted(instance_ids)
        return {
            (row.instance_id, row.token)
            for statement in (_WORK_TOKENS, _TIMER_TOKENS, _SUBSCRIPTION_TOKENS)
            for row in self._connection.execute(statement, {"ids": ids})
        }

    def subscribers(self, dossier_id: DossierId, kind: str, name: str) -> list[SubscriptionRow]:
        return SUBSCRIPTIONS.list(self._connection, _SUBSCRIBERS, dossier_id=dossier_id, of_kind=kind, named=name)


class SqlWork:
    """`engine.ports.store.Work`."""

    def __init__(self, connection: Connection, instances: SqlInstances) -> None:
        self._connection, self._instances = connection, instances
        self._seen = Seen(WORK, connection)

    def get(self, item_id: WorkItemId) -> WorkItem:
        return self._seen.note(WORK.get(self._connection, item_id))

    def take(self, item_id: WorkItemId) -> tuple[WorkItem, Instance, Dossier, Cycle]:
        found = direct.fetch(self._connection, _TAKE_WORK, {"item_id": item_id})
        if not found:
            raise NotFound("WorkItem", item_id)
        return self._seen.note(WORK.read(found[0])), *self._instances.taken(found[0][_TO_INSTANCE:])

    def let_go(self, item_ids: Sequence[WorkItemId], at: datetime) -> None:
        if item_ids:
            self._connection.execute(_LET_GO, {"ids": list(item_ids), "moment": at})
            self._seen.forget(item_ids)

    def add(self, item: WorkItem) -> WorkItem:
        return WORK.add(self._connection, item)

    def save(self, item: WorkItem) -> WorkItem:
        return self._seen.save(item)

    def open_of_instance(self, instance_id: InstanceId) -> list[WorkItem]:
        found = WORK.list(self._connection, _OPEN_OF_INSTANCE, instance_id=instance_id)
        return [self._seen.note(item) for item in found]

    def suspended_of_instance(self, instance_id: InstanceId) -> list[WorkItem]:
        return WORK.list(self._connection, _SUSPENDED_OF_INSTANCE, instance_id=instance_id)

    def of_dossier(self, dossier_id: DossierId) -> list[WorkItem]:
        return WORK.list(self._connection, _WORK_OF_DOSSIER, dossier_id=dossier_id)

    def open_due(self, cycle_id: CycleId, deadline: str) -> list[WorkItem]:
        return WORK.list(self._connection, _OPEN_DUE, cycle_id=cycle_id, named=deadline)

    def of_act(self, cycle_id: CycleId, act: str) -> list[WorkItem]:
        return WORK.list(self._connection, _OF_ACT, cycle_id=cycle_id, for_act=act)

    def open_at(self, unit_id: UnitId) -> list[WorkItem]:
        return WORK.list(self._connection, _OPEN_AT, unit_id=unit_id)

    def open_after(self, item_id: WorkItemId) -> list[WorkItem]:
        return WORK.list(self._connection, _OPEN_AFTER, item_id=item_id)


def _key(row: SubscriptionRow) -> tuple[str, str, str]:
    return row.token, row.kind, row.name
