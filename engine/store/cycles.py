"""Which cycles run, by which dates, on which working days?"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, or_

from engine.errors import NotFound
from engine.ports.store import CalendarDay
from engine.rules.cycles import Cycle, CycleId
from engine.rules.deadlines import Deadline
from engine.rules.redating import DeadlineChange
from engine.rules.units import UnitId
from engine.store.hidden import Hidden
from engine.store.known import Reference
from engine.store.rows import Rows
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
_of_all = calendar_days.c.unit_id.is_(None)
_within = calendar_days.c.day.between(bindparam("first"), bindparam("last"))
_DAYS = DAYS.select.where(_within, _of_all).order_by(calendar_days.c.day)
_DAYS_AT = DAYS.select.where(
    _within, or_(_of_all, calendar_days.c.unit_id.in_(bindparam("units", expanding=True)))
).order_by(calendar_days.c.day, calendar_days.c.unit_id.is_not(None), calendar_days.c.unit_id)
_DAYS_OF_UNITS = DAYS.select.where(_within, ~_of_all).order_by(calendar_days.c.day, calendar_days.c.unit_id)
_PUT_DAY = calendar_days.insert()
_DELETE_DAY = calendar_days.delete().where(calendar_days.c.day == bindparam("the_day"), _of_all)
_DELETE_DAY_AT = calendar_days.delete().where(
    calendar_days.c.day == bindparam("the_day"), calendar_days.c.unit_id == bindparam("of_unit")
)


class SqlCycles:
    """`engine.ports.store.Cycles`."""

    def __init__(self, connection: Connection, reference: Reference, hidden: Hidden) -> None:
        self._connection, self._reference, self._hidden = connection, reference, hidden

    def get(self, cycle_id: CycleId) -> Cycle:
        cycle = CYCLES.get(self._connection, cycle_id)
        if cycle.model in self._hidden.keys:
            raise NotFound("Cycle", cycle_id)
        return cycle

    def find(self, model: str, year: int) -> Cycle | None:
        if model in self._hidden.keys:
            return None
        return CYCLES.find(self._connection, _FIND, model=model, year=year)

    def all(self) -> list[Cycle]:
        return [cycle for cycle in CYCLES.list(self._connection, _ALL) if cycle.model not in self._hidden.keys]

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

    def days(self, first: date, last: date, units: Collection[UnitId] = ()) -> list[CalendarDay]:
        wanted = frozenset(units)
        return [*self._reference.recall(("days", first, last, wanted), lambda: self._read_days(first, last, wanted))]

    def _read_days(self, first: date, last: date, units: Collection[UnitId]) -> list[CalendarDay]:
        if not units:
            return DAYS.list(self._connection, _DAYS, first=first, last=last)
        return DAYS.list(self._connection, _DAYS_AT, first=first, last=last, units=sorted(units))

    def of_units(self, first: date, last: date) -> list[CalendarDay]:
        return DAYS.list(self._connection, _DAYS_OF_UNITS, first=first, last=last)

    def put(self, days: Sequence[CalendarDay]) -> None:
        self._reference.changed()
        # Nothing equals NULL, so the row for all has no key that an upsert could meet.
        rows = {(day.day, day.unit_id): DAYS.write(day) for day in days}
        for unit_id in {unit_id for _, unit_id in rows}:
            gone = [{"the_day": day, "of_unit": unit_id} for day, of in rows if of == unit_id]
            if unit_id is None:
                self._connection.execute(_DELETE_DAY, [{"the_day": row["the_day"]} for row in gone])
            else:
                self._connection.execute(_DELETE_DAY_AT, gone)
        if rows:
            self._connection.execute(_PUT_DAY, list(rows.values()))

    def delete(self, day: date, unit_id: UnitId | None = None) -> None:
        self._reference.changed()
        if unit_id is None:
            self._connection.execute(_DELETE_DAY, {"the_day": day})
        else:
            self._connection.execute(_DELETE_DAY_AT, {"the_day": day, "of_unit": unit_id})
