"""What does a command on an instance need at hand? The instance, its dossier, cycle, model and dates."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from engine.errors import WrongState
from engine.ports.process import Data, Definition, Value
from engine.ports.store import UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.calendar import WorkingCalendar
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle
from engine.rules.deadlines import Deadline, facts_dates, local_day
from engine.rules.dossiers import Dossier, Instance, InstanceId, InstanceState
from engine.rules.units import Actor, Unit
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
    deadlines: Mapping[str, Deadline]
    calendar: WorkingCalendar
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

    def deadline(self, name: str | None, now: datetime) -> Deadline | None:
        """A deadline by name; a duration is counted from the day of `now`."""
        if name is None or name not in self.deadlines:
            return None
        deadline = self.deadlines[name]
        counted = self.dates.get(name, {}).get("last_day")
        if deadline.last_day is not None or counted is None:
            return deadline
        return replace(deadline, first_day=local_day(now), last_day=local_day(counted))


def working_calendar(uow: UnitOfWork, now: datetime) -> WorkingCalendar:
    """The calendar around `now`, as far as durations reach."""
    day = local_day(now)

    def made() -> WorkingCalendar:
        return WorkingCalendar({row.day: row for row in uow.calendar.days(day - HORIZON, day + HORIZON)})

    return uow.remember(("calendar", day), made)


def calendar_of(uow: UnitOfWork, year: int) -> WorkingCalendar:
    """The calendar of a cycle's year and of the years around it, as far as its dates reach."""
    rows = uow.calendar.days(date(year - YEARS, 1, 1), date(year + YEARS, 12, 31))
    return WorkingCalendar({row.day: row for row in rows})


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
    calendar = working_calendar(uow, now)
    path = uow.units.path(dossier.unit_id)
    deadlines = deadlines_for(uow, cycle, dossier, path[0].code)

    def dates() -> Mapping[str, Mapping[str, datetime]]:
        return facts_dates(deadlines, now, calendar, model.deadlines)

    # A change may be for some units only; as long as there is none, a group has the same dates.
    of_group = ("dates", cycle.id, dossier.group, model.sha256, local_day(now))
    return Run(
        instance=instance,
        dossier=dossier,
        cycle=cycle,
        model=model,
        path=path,
        deadlines=deadlines,
        calendar=calendar,
        definition=uow.models.definition(instance.version),
        dates=dates() if uow.cycles.changes(cycle.id) else uow.remember(of_group, dates),
    )


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
