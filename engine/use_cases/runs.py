"""What does a command on an instance need at hand? The instance, its dossier, cycle, model and dates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from engine.errors import WrongState
from engine.ports.process import Data, Definition, Value
from engine.ports.store import CalendarDay, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.calendar import WorkingCalendar
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle
from engine.rules.deadlines import Deadline, facts_dates, local_day, start_of_day
from engine.rules.dossiers import Dossier, Instance, InstanceId, InstanceState
from engine.rules.units import Actor, Unit, UnitId
from engine.use_cases import owning
from engine.use_cases.judging import deadlines_for

#: How far around the present day rest days matter: durations, and reminders of a year's deadlines.
HORIZON = timedelta(days=400)
#: How far a pack may set a date from its cycle's year.
YEARS = 4


@dataclass(slots=True, kw_only=True)
class Run:
    """One instance during one command; `dossier` and `instance` are replaced as they are saved."""

    instance: Instance
    dossier: Dossier
    cycle: Cycle
    model: CycleModel
    path: tuple[Unit, ...]  #: the dossier's unit, its superior, … the root
    chain: tuple[Unit, ...]  #: the path, then whoever else may act for the dossier (`chain_of`)
    deadlines: Mapping[str, Deadline]
    days: tuple[CalendarDay, ...]  #: rows of the calendar for all, and of the units of `path`
    calendar: WorkingCalendar  #: of the dossier's unit
    definition: Definition
    dates: Mapping[str, Mapping[str, datetime]]  #: what timers of the diagram may name
    fresh: bool = False  #: made by this command: nothing lies in the tables that it waits for

    @property
    def facts(self) -> Data:
        """Read-only names for the diagram's expressions."""
        return self.facts_with(self.dates)

    def facts_with(self, instants_of: Mapping[str, Mapping[str, datetime]]) -> Data:
        """The same under other dates."""
        dates: dict[str, Value] = {name: dict(instants) for name, instants in instants_of.items()}
        return {
            "dates": dates,
            "settings": dict(self.cycle.settings),
            "business_key": self.instance.business_key,
            "superior_code": self.path[1].code if len(self.path) > 1 else "",
        }

    @property
    def unit(self) -> Unit:
        """The dossier's unit."""
        return self.path[0]

    def calendar_at(self, unit_id: UnitId) -> WorkingCalendar:
        """The calendar of a unit of the path; for one outside it, that of the dossier's."""
        place = next((n for n, unit in enumerate(self.path) if unit.id == unit_id), 0)
        return calendar_for(self.days, self.path[place:]) if place else self.calendar

    def deadline(self, name: str | None, now: datetime, unit_id: UnitId) -> Deadline | None:
        """A deadline by name; a duration is counted from the day of `now` by the unit's calendar."""
        if name is None or name not in self.deadlines:
            return None
        deadline = self.deadlines[name]
        counted = self.counted(deadline, now, unit_id)
        if deadline.last_day is not None or counted is None:
            return deadline
        return replace(deadline, first_day=local_day(now), last_day=counted)

    def counted(self, deadline: Deadline, since: datetime, unit_id: UnitId) -> date | None:
        """The last day of a duration that begins at `since` (aware), by the unit's calendar; a fixed last day as it is."""
        calendar = self.calendar_at(unit_id)
        found = facts_dates({deadline.name: deadline}, since, calendar, self.model.deadlines)[deadline.name]
        return local_day(found["last_day"]) if "last_day" in found else None


def since_of(properties: Mapping[str, str], data: Data, opened: datetime) -> datetime:
    """When the count of a task's duration began: on the day in the variable that the task names by `since`, else `opened`.

    A law may count from a day that people only enter afterwards; a day to come counts as `opened`.
    """
    value = data.get(properties.get("since", ""))
    try:
        day = date.fromisoformat(value[:10]) if isinstance(value, str) else value
    except ValueError:
        return opened
    return min(start_of_day(day), opened) if isinstance(day, date) else opened


def days_around(uow: UnitOfWork, now: datetime, path: Sequence[Unit]) -> tuple[CalendarDay, ...]:
    """The calendar's rows around `now`, as far as durations reach: those for all, and those of the units of the path."""
    day = local_day(now)

    def made() -> tuple[CalendarDay, ...]:
        first, last = day - HORIZON, day + HORIZON
        return (*uow.calendar.days(first, last), *uow.calendar.of_units(first, last))

    rows = uow.remember(("calendar", day), made)
    units = {unit.id for unit in path}
    return rows if all(row.unit_id is None for row in rows) else tuple(r for r in rows if r.unit_id in (None, *units))


def calendar_of(uow: UnitOfWork, year: int, path: Sequence[Unit]) -> WorkingCalendar:
    """The calendar of a cycle's year and of the years around it, as far as its dates reach, for the unit of the path."""
    first, last = date(year - YEARS, 1, 1), date(year + YEARS, 12, 31)
    return calendar_for(uow.calendar.days(first, last, [unit.id for unit in path]), path)


def calendar_for(rows: Sequence[CalendarDay], path: Sequence[Unit]) -> WorkingCalendar:
    """The working days of the unit at the start of `path` (unit, superior, … root).

    Its own row of a day stands over its superiors', the nearer over the farther, and these over the row for all.
    """
    order = {unit.id: place for place, unit in enumerate(path)}
    found = [row for row in rows if row.unit_id is None or row.unit_id in order]
    nearest = sorted(found, key=lambda row: -order[row.unit_id] if row.unit_id is not None else -len(order))
    return WorkingCalendar({row.day: row for row in nearest})


def load(uow: UnitOfWork, instance_id: InstanceId, *, now: datetime) -> Run:
    """Load and lock an instance with all that a command on it needs; `WrongState` while it is suspended."""
    instance, dossier, cycle = uow.instances.take(instance_id)
    check_awake(instance)
    return gather(uow, cycle, dossier, instance, now=now)


def check_awake(instance: Instance) -> None:
    """Refuse a command on an instance that rests: `WrongState`."""
    if instance.state is InstanceState.SUSPENDED:
        raise WrongState("suspended", since=instance.suspended_at)


def look(uow: UnitOfWork, instance_id: InstanceId, *, now: datetime) -> Run:
    """Load an instance for showing; nothing is locked."""
    return of(uow, uow.instances.look(instance_id), now=now)


def gather(uow: UnitOfWork, cycle: Cycle, dossier: Dossier, instance: Instance, *, now: datetime) -> Run:
    """Bring together what belongs to an instance (which may be new)."""
    model = uow.models.get(instance.version)
    path = uow.units.path(dossier.unit_id)
    rows = days_around(uow, now, path)
    calendar = calendar_for(rows, path)
    deadlines = deadlines_for(uow, cycle, dossier, path[0].code, today=local_day(now))

    def dates() -> Mapping[str, Mapping[str, datetime]]:
        return facts_dates(deadlines, now, calendar, model.deadlines)

    # A change or a rest day may be for some units only; as long as there is none, a group has the same dates.
    own = bool(uow.cycles.changes(cycle.id)) or any(row.unit_id is not None for row in rows)
    of_group = ("dates", cycle.id, dossier.group, model.sha256, local_day(now))
    return Run(
        instance=instance,
        dossier=dossier,
        cycle=cycle,
        model=model,
        path=path,
        chain=chain_of(uow, model, cycle, path),
        deadlines=deadlines,
        days=rows,
        calendar=calendar,
        definition=uow.models.definition(instance.version),
        dates=dates() if own else uow.remember(of_group, dates),
    )


def chain_of(uow: UnitOfWork, model: CycleModel, cycle: Cycle, path: tuple[Unit, ...]) -> tuple[Unit, ...]:
    """Who may act for a dossier, the nearest first: its unit and those above, the cycle's lead and those above it, and
    the bodies of which the installation has only one; for one unit's model only those around the unit."""

    def others() -> tuple[Unit, ...]:
        bodies = tuple(unit for unit in uow.units.all() if unit.kind in model.single and unit.until_day is None)
        return (*uow.units.path(cycle.unit_id), *owning.around(uow, model.key, bodies))

    beside = uow.remember(("chain", cycle.unit_id, model.key, model.single), others)
    return tuple({unit.id: unit for unit in (*path, *beside)}.values())


def gathered_by(uow: UnitOfWork, model: CycleModel, cycle: Cycle, dossier: Dossier) -> list[Dossier]:
    """The dossiers that a dossier's process is `over`: of the units below; of the whole cycle for its lead."""
    spec = model.process(dossier.process)
    if spec.over is None:
        return []
    group = dossier.group if spec.scope == "group" else None
    if dossier.unit_id == cycle.unit_id:
        return uow.dossiers.of_process(cycle.id, spec.over, group)
    return uow.dossiers.below(cycle.id, dossier.unit_id, spec.over, group)


def readers_path(uow: UnitOfWork, dossier: Dossier) -> tuple[Unit, ...]:
    """At which units one must hold a reading position to read a dossier: its own and those above, the cycle's lead and
    those above that."""
    path = uow.units.path(dossier.unit_id)
    return tuple({u.id: u for u in (*path, *uow.units.path(uow.cycles.get(dossier.cycle_id).unit_id))}.values())


def of(uow: UnitOfWork, instance: Instance, *, now: datetime) -> Run:
    """Bring together what belongs to an instance, whatever its state."""
    dossier = uow.dossiers.get(instance.dossier_id)
    return gather(uow, uow.cycles.get(instance.cycle_id), dossier, instance, now=now)


def line(run: Run, event: str, *, actor: Actor, now: datetime, **facts: object) -> AuditLine:
    """An audit line about the run's dossier; `facts` are what its sentence needs."""
    return line_about(run, run.dossier, event, actor=actor, now=now, **facts)


def line_about(run: Run, dossier: Dossier, event: str, *, actor: Actor, now: datetime, **facts: object) -> AuditLine:
    """An audit line about any dossier of the run's cycle; `facts` are what its sentence needs."""
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event=event,
        target=f"dossier:{dossier.id}",
        dossier_id=dossier.id,
        cycle_id=run.cycle.id,
        unit_id=dossier.unit_id,
        cohort=dossier.cohort,
        facts=facts,
    )
