"""Where does a running process stand? Its state as given, locked for the one who moves it, and what it waits for."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from engine.errors import NotFound
from engine.ports.store import SubscriptionRow
from engine.rules.cycles import CycleId
from engine.rules.dossiers import (
    DossierId,
    Instance,
    InstanceId,
    InstanceState,
    WorkItem,
    WorkItemId,
    WorkState,
)
from engine.rules.units import UnitId
from engine.store.rows import Rows, Seen
from engine.store.tables import dossiers, instances, subscriptions, timers, work_items

INSTANCES = Rows(Instance, instances)
SUBSCRIPTIONS = Rows(SubscriptionRow, subscriptions)
WORK = Rows(WorkItem, work_items)

# On SQLite "for update" says nothing: there the whole transaction holds the write lock.
_LOCK = INSTANCES.select.where(instances.c.id == bindparam("instance_id")).with_for_update()
_OF_DOSSIER = INSTANCES.where(instances.c.dossier_id == bindparam("dossier_id"))
_SUBSCRIPTIONS = SUBSCRIPTIONS.where(subscriptions.c.instance_id == bindparam("instance_id"))
_DROP = subscriptions.delete().where(subscriptions.c.id.in_(bindparam("ids", expanding=True)))
_SUBSCRIBERS = SUBSCRIPTIONS.where(
    subscriptions.c.dossier_id == bindparam("dossier_id"),
    subscriptions.c.kind == bindparam("of_kind"),
    subscriptions.c.name == bindparam("named"),
)
_open = work_items.c.state == WorkState.OPEN
# Unordered, or SQLite walks the index of all open items, which has their order, instead of the instance's few.
_OPEN_OF_INSTANCE = WORK.select.where(work_items.c.instance_id == bindparam("instance_id"), _open)
_SUSPENDED_OF_INSTANCE = WORK.where(
    work_items.c.instance_id == bindparam("instance_id"), work_items.c.state == WorkState.SUSPENDED
)
_WORK_OF_DOSSIER = WORK.where(work_items.c.dossier_id == bindparam("dossier_id"))
_OPEN_AFTER = WORK.where(work_items.c.id > bindparam("item_id"), _open)


_OPEN_DUE = WORK.select.join(dossiers, dossiers.c.id == work_items.c.dossier_id).where(
    dossiers.c.cycle_id == bindparam("cycle_id"), work_items.c.deadline == bindparam("named"), _open
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
_WORK_TOKENS = select(work_items.c.instance_id, work_items.c.token).where(work_items.c.instance_id.in_(_ids), _open)
_TIMER_TOKENS = select(timers.c.instance_id, timers.c.token).where(
    timers.c.instance_id.in_(_ids), timers.c.state == "waiting"
)
_SUBSCRIPTION_TOKENS = select(subscriptions.c.instance_id, subscriptions.c.token).where(
    subscriptions.c.instance_id.in_(_ids)
)


class SqlInstances:
    """`engine.ports.store.Instances`."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._seen = connection, Seen(INSTANCES, connection)

    def get(self, instance_id: InstanceId) -> Instance:
        instance = INSTANCES.find(self._connection, _LOCK, instance_id=instance_id)
        if instance is None:
            raise NotFound("Instance", instance_id)
        return self._seen.note(instance)

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
        gone = [row.id for key, row in found.items() if key not in keys]
        if gone:
            self._connection.execute(_DROP, {"ids": gone})
        new = [row for row in wanted if _key(row) not in found]
        SUBSCRIPTIONS.insert(self._connection, new)
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

    def __init__(self, connection: Connection) -> None:
        self._connection, self._seen = connection, Seen(WORK, connection)

    def get(self, item_id: WorkItemId) -> WorkItem:
        return self._seen.note(WORK.get(self._connection, item_id))

    def add(self, item: WorkItem) -> WorkItem:
        return WORK.add(self._connection, item)

    def save(self, item: WorkItem) -> WorkItem:
        return self._seen.save(item)

    def open_of_instance(self, instance_id: InstanceId) -> list[WorkItem]:
        found = WORK.list(self._connection, _OPEN_OF_INSTANCE, instance_id=instance_id)
        return sorted(map(self._seen.note, found), key=lambda item: item.id)

    def suspended_of_instance(self, instance_id: InstanceId) -> list[WorkItem]:
        return WORK.list(self._connection, _SUSPENDED_OF_INSTANCE, instance_id=instance_id)

    def of_dossier(self, dossier_id: DossierId) -> list[WorkItem]:
        return WORK.list(self._connection, _WORK_OF_DOSSIER, dossier_id=dossier_id)

    def open_due(self, cycle_id: CycleId, deadline: str) -> list[WorkItem]:
        return WORK.list(self._connection, _OPEN_DUE, cycle_id=cycle_id, named=deadline)

    def open_at(self, unit_id: UnitId) -> list[WorkItem]:
        return WORK.list(self._connection, _OPEN_AT, unit_id=unit_id)

    def open_after(self, item_id: WorkItemId) -> list[WorkItem]:
        return WORK.list(self._connection, _OPEN_AFTER, item_id=item_id)


def _key(row: SubscriptionRow) -> tuple[str, str, str]:
    return row.token, row.kind, row.name
