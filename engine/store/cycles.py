"""Which cycles run, by which dates, on which working days?"""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam

from engine.errors import NotFound
from engine.ports.store import CalendarDay
from engine.rules.cycles import Cycle, CycleId
from engine.rules.deadlines import Deadline
from engine.rules.redating import DeadlineChange
from engine.store.known import Reference
from engine.store.rows import Rows, Upsert, replacing
from engine.store.tables import calendar_days, cycles, deadline_changes, deadlines

CYCLES = Rows(Cycle, cycles)
DEADLINES = Rows(Deadline, deadlines)
CHANGES = Rows(DeadlineChange, deadline_changes)
DAYS = Rows(CalendarDay, calendar_days)

_FIND = CYCLES.where(cycles.c.model == bindparam("model"), cycles.c.year == bindparam("year"))
_ALL = CYCLES.where()
_OF_GROUP = DEADLINES.select.where(
    deadlines.c.cycle_id == bindparam("cycle_id"), deadlines.c.group == bindparam("of_group")
).order_by(deadlines.c.position)
_FORGET = deadlines.delete().where(deadlines.c.cycle_id == bindparam("cycle_id"))
_KEEP = deadlines.insert()
_CHANGE = CHANGES.select.where(deadline_changes.c.id == bindparam("change_id")).with_for_update()
_CHANGES = CHANGES.where(deadline_changes.c.cycle_id == bindparam("cycle_id"))
_DAYS = DAYS.select.where(calendar_days.c.day.between(bindparam("first"), bindparam("last"))).order_by(
    calendar_days.c.day
)
_PUT_DAY = Upsert(calendar_days, ["day"], replacing("kind", "reason", "source"))
_DELETE_DAY = calendar_days.delete().where(calendar_days.c.day == bindparam("the_day"))


class SqlCycles:
    """`engine.ports.store.Cycles`."""

    def __init__(self, connection: Connection, reference: Reference) -> None:
        self._connection, self._reference = connection, reference

    def get(self, cycle_id: CycleId) -> Cycle:
        return CYCLES.get(self._connection, cycle_id)

    def find(self, model: str, year: int) -> Cycle | None:
        return CYCLES.find(self._connection, _FIND, model=model, year=year)

    def all(self) -> list[Cycle]:
        return CYCLES.list(self._connection, _ALL)

    def add(self, cycle: Cycle) -> Cycle:
        return CYCLES.add(self._connection, cycle)

    def save(self, cycle: Cycle) -> Cycle:
        return CYCLES.save(self._connection, cycle)

    def set_deadlines(self, cycle_id: CycleId, deadlines: Sequence[Deadline]) -> None:
        self._reference.changed()
        self._connection.execute(_FORGET, {"cycle_id": cycle_id})
        rows: list[dict[str, Any]] = [
            DEADLINES.write(deadline) | {"cycle_id": cycle_id, "position": position}
            for position, deadline in enumerate(deadlines)
        ]
        if rows:
            self._connection.execute(_KEEP, rows)

    def deadlines(self, cycle_id: CycleId, group: str) -> Mapping[str, Deadline]:
        return self._reference.recall(("deadlines", cycle_id, group), lambda: self._read_deadlines(cycle_id, group))

    def _read_deadlines(self, cycle_id: CycleId, group: str) -> Mapping[str, Deadline]:
        found = DEADLINES.list(self._connection, _OF_GROUP, cycle_id=cycle_id, of_group=group)
        return MappingProxyType({deadline.name: deadline for deadline in found})

    def add_change(self, change: DeadlineChange) -> DeadlineChange:
        self._reference.changed()
        return CHANGES.add(self._connection, change)

    def change(self, change_id: int) -> DeadlineChange:
        found = CHANGES.find(self._connection, _CHANGE, change_id=change_id)
        if found is None:
            raise NotFound("DeadlineChange", change_id)
        return found

    def save_change(self, change: DeadlineChange) -> DeadlineChange:
        self._reference.changed()
        return CHANGES.save(self._connection, change)

    def changes(self, cycle_id: CycleId) -> list[DeadlineChange]:
        return [*self._reference.recall(("changes", cycle_id), lambda: self._read_changes(cycle_id))]

    def _read_changes(self, cycle_id: CycleId) -> list[DeadlineChange]:
        return CHANGES.list(self._connection, _CHANGES, cycle_id=cycle_id)


class SqlCalendar:
    """`engine.ports.store.Calendar`."""

    def __init__(self, connection: Connection, reference: Reference) -> None:
        self._connection, self._reference = connection, reference

    def days(self, first: date, last: date) -> list[CalendarDay]:
        return [*self._reference.recall(("days", first, last), lambda: self._read_days(first, last))]

    def _read_days(self, first: date, last: date) -> list[CalendarDay]:
        return DAYS.list(self._connection, _DAYS, first=first, last=last)

    def put(self, days: Sequence[CalendarDay]) -> None:
        self._reference.changed()
        _PUT_DAY.run(self._connection, [DAYS.write(day) for day in days])

    def delete(self, day: date) -> None:
        self._reference.changed()
        self._connection.execute(_DELETE_DAY, {"the_day": day})
