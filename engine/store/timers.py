"""What falls due, and who takes it? A due row is taken by one process only, and once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Update, bindparam, func, or_, select

from engine.ports.store import TimerRow
from engine.rules.cycles import CycleId
from engine.rules.dossiers import InstanceId, WorkItemId
from engine.store import direct
from engine.store.columns import unindexed
from engine.store.rows import Rows, Upsert
from engine.store.tables import timers

TIMERS = Rows(TimerRow, timers)
_WAITING, _FIRED, _GONE, _PAUSED = "waiting", "fired", "gone", "paused"
_PROCESS = "process"

_waits = timers.c.state == _WAITING
_still_waits = unindexed(timers.c.state) == _WAITING
_PLAN = Upsert(timers, ["key"])
_OF_INSTANCE = TIMERS.where(timers.c.instance_id == bindparam("instance_id"), _waits, timers.c.kind == _PROCESS)
_WAITING_IN_CYCLE = TIMERS.select.where(
    timers.c.cycle_id == bindparam("cycle_id"), _waits, timers.c.kind.in_(bindparam("kinds", expanding=True))
).order_by(timers.c.due_at, timers.c.key)
_NEXT_DUE = select(func.min(timers.c.due_at)).where(_waits)
_CLAIM = (
    TIMERS.select.where(_waits, timers.c.due_at <= bindparam("now"))
    .order_by(timers.c.due_at, timers.c.key)
    .limit(bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_mark = timers.update().where(_still_waits).values(state=bindparam("becomes"))
_MARK = _mark.where(timers.c.id.in_(bindparam("ids", expanding=True)))


@cache  # places come in powers of two, so there are few
def _gone(by_id: int, of_work: int) -> Update:
    """Let so many rows by id, and those of so many items, be gone; one statement, built once."""
    ids = timers.c.id.in_([bindparam(f"t{place}") for place in range(by_id)])
    items = timers.c.work_item_id.in_([bindparam(f"w{place}") for place in range(of_work)])
    either = or_(*([ids] if by_id else []), *([items] if of_work else []))  # an empty IN cannot be built once
    return timers.update().where(_still_waits, either).values(state=_GONE)


def _places(letter: str, ids: Sequence[int]) -> dict[str, int]:
    """Values for the places of an IN list; the last id fills those that are left."""
    count = 1 << (len(ids) - 1).bit_length() if ids else 0
    return {f"{letter}{place}": ids[min(place, len(ids) - 1)] for place in range(count)}


_of_either = or_(
    timers.c.instance_id == bindparam("of_instance"),
    timers.c.work_item_id.in_(bindparam("item_ids", expanding=True)),
)
_PAUSE = _mark.where(_of_either)
_PAUSED_ROWS = TIMERS.where(_of_either, unindexed(timers.c.state) == _PAUSED)
_REVIVE = (
    timers.update()
    .where(timers.c.key.in_(bindparam("keys", expanding=True)), unindexed(timers.c.state) == _GONE)
    .values(state=_WAITING)
)
_REPLAN = timers.update().where(timers.c.key == bindparam("by_key"), timers.c.state == _FIRED).values(state=_WAITING)


class SqlTimers:
    """`engine.ports.store.Timers`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def plan(self, timers: Sequence[TimerRow]) -> None:
        rows = [TIMERS.write(timer) for timer in timers]
        for row in rows:
            del row["id"]
        _PLAN.run(self._connection, rows)

    def of_instance(self, instance_id: InstanceId) -> list[TimerRow]:
        return TIMERS.list(self._connection, _OF_INSTANCE, instance_id=instance_id)

    def drop(self, timer_ids: Sequence[int], *, of_work: Sequence[WorkItemId] = ()) -> None:
        if timer_ids or of_work:
            ids, items = _places("t", timer_ids), _places("w", of_work)
            direct.write(self._connection, _gone(len(ids), len(items)), ids | items)

    def waiting(self, cycle_id: CycleId, kinds: Sequence[str]) -> list[TimerRow]:
        return TIMERS.list(self._connection, _WAITING_IN_CYCLE, cycle_id=cycle_id, kinds=list(kinds))

    def pause(self, instance_id: InstanceId, item_ids: Sequence[WorkItemId]) -> None:
        params = {"of_instance": instance_id, "item_ids": list(item_ids), "becomes": _PAUSED}
        self._connection.execute(_PAUSE, params)

    def paused(self, instance_id: InstanceId, item_ids: Sequence[WorkItemId]) -> list[TimerRow]:
        return TIMERS.list(self._connection, _PAUSED_ROWS, of_instance=instance_id, item_ids=list(item_ids))

    def save(self, timer: TimerRow) -> TimerRow:
        return TIMERS.save(self._connection, timer)

    def revive(self, keys: Sequence[str]) -> None:
        if keys:
            self._connection.execute(_REVIVE, {"keys": list(keys)})

    def replan(self, key: str) -> None:
        self._connection.execute(_REPLAN, {"by_key": key})

    def next_due(self) -> datetime | None:
        return self._connection.execute(_NEXT_DUE).scalar()

    def claim_due(self, now: datetime, limit: int) -> list[TimerRow]:
        due = TIMERS.list(self._connection, _CLAIM, now=now, at_most=limit)
        if due:
            self._connection.execute(_MARK, {"ids": [timer.id for timer in due], "becomes": _FIRED})
        return [replace(timer, state=_FIRED) for timer in due]
