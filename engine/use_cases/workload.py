"""Can people do what falls due? Work by person and week, what a new cycle would add, and the limit that counts as too much."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from engine.errors import FieldError, Invalid, NotPermitted
from engine.ports.process import Node
from engine.ports.store import UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.calendar import WorkingCalendar
from engine.rules.cycle_models import CycleModel
from engine.rules.deadlines import Deadline, DeadlineRule, count_within, deadlines_of, local_day
from engine.rules.permissions import ADMINISTRATOR
from engine.rules.units import Actor, Unit, UnitId
from engine.rules.workload import Demand, PersonWeek, crowded, monday_of, shared
from engine.use_cases import effects, owning
from engine.use_cases.cycles import parties
from engine.use_cases.runs import calendar_of

#: Bounds of the limit that an administrator may set.
LEAST, MOST = 1, 10_000
#: Units whose people are asked for at a time.
_CHUNK = 500


def person_weeks(
    uow: UnitOfWork, scope: Sequence[UnitId], first: date, last: date, *, now: datetime
) -> list[PersonWeek]:
    """Open work at these units and below by person and week, both days inclusive."""
    demands = uow.workload.demands(scope, first, last)
    return _shared(uow, demands, now)


def too_much(uow: UnitOfWork, model_key: str, year: int, limit: int, *, now: datetime) -> list[PersonWeek]:
    """Weeks in which somebody would have more than `limit` tasks, were this cycle opened: its work and what is open."""
    model = uow.models.latest(model_key)
    roots = [unit.id for unit in uow.units.all() if unit.parent_id is None]
    if model is None or not roots:
        return []
    coming = _coming(uow, model, year, now=now)
    last = max((d.last_day for d in coming), default=local_day(now))
    both = [*coming, *uow.workload.demands(roots, local_day(now), last)]
    weeks = _shared(uow, crowded(both, limit), now)
    mondays = {monday_of(d.last_day) for d in coming}
    return [week for week in weeks if week.tasks > limit and week.monday in mondays]


def set_limit(uow: UnitOfWork, tasks: int | None, *, actor: Actor, now: datetime) -> None:
    """Set how many tasks of one person in one week are too many; administrators may. Field error: not a sensible number."""
    if not actor.holds_anywhere(ADMINISTRATOR):
        raise NotPermitted("not_administrator")
    if tasks is None or not LEAST <= tasks <= MOST:
        raise Invalid({"tasks": FieldError("week_limit_range", {"least": LEAST, "most": MOST})})
    uow.workload.set_limit(tasks, now, actor.account_id, actor.full_name)
    uow.audit.write(
        AuditLine(
            at=now,
            actor_id=actor.account_id,
            actor_name=actor.full_name,
            event="week_limit_set",
            target="week_limit:1",
            facts={"tasks": tasks},
        )
    )


def _shared(uow: UnitOfWork, demands: Sequence[Demand], now: datetime) -> list[PersonWeek]:
    units = sorted({d.unit_id for d in demands})
    parts = [units[at : at + _CHUNK] for at in range(0, len(units), _CHUNK)]
    today = local_day(now)
    holders = [holder for part in parts for holder in uow.workload.holders(part, today)]
    substitutes = [one for part in parts for one in uow.workload.substitutes(part, today)] if uow.absences.any() else []
    return shared(demands, holders, substitutes)


def _coming(uow: UnitOfWork, model: CycleModel, year: int, *, now: datetime) -> list[Demand]:
    """What the cycle's dated tasks would ask of whom; corrections, appeals and the like are not foreseen."""
    known = {unit.id: unit for unit in uow.units.all()}
    lead = owning.lead_of(uow, model)
    bodies = [unit for unit in known.values() if unit.kind in model.single]
    beside = [*_path(known, lead), *owning.around(uow, model.key, bodies)]
    calendar = calendar_of(uow, year, _path(known, lead))
    dates = {g.key: deadlines_of(model.deadlines, g, year, calendar) for g in model.groups}
    definition = uow.models.definition(model.sha256)
    settings = {s.key: s.default for s in model.settings}
    counts: dict[tuple[UnitId, tuple[str, ...], date], int] = {}
    for unit, spec, group in parties(uow, model, settings, lead=lead.id, year=year, now=now):
        nodes = [n for n in effects.nodes_under(definition, spec.id) if n.kind == "userTask"]
        path = _path(known, unit)
        for node, day in _due(nodes, dates[group], model.deadlines, calendar):
            lane = model.lanes.get(node.lane or "")
            if lane is not None and day >= local_day(now):
                key = (effects.unit_of((*path, *beside), model, lane).id, lane.roles, day)
                counts[key] = counts.get(key, 0) + 1
    return [Demand(unit_id=u, roles=r, last_day=d, tasks=n) for (u, r, d), n in counts.items()]


def _due(
    nodes: Sequence[Node], dates: Mapping[str, Deadline], rules: Sequence[DeadlineRule], calendar: WorkingCalendar
) -> list[tuple[Node, date]]:
    """Tasks with the day by which they are due; a duration right behind a dated task counts from that task's last day."""
    found: list[tuple[Node, date]] = []
    before: date | None = None
    for node in nodes:
        deadline = dates.get(node.properties.get("deadline", ""))
        day = deadline.last_day if deadline else None
        if deadline is not None and day is None and before is not None:
            rule = next((r for r in rules if (r.name, r.wording) == (deadline.name, deadline.wording)), None)
            found += [(node, count_within(rule, before, calendar))] if rule is not None and rule.n else []
        elif day is not None:
            found.append((node, day))
        before = day
    return found


def _path(known: Mapping[UnitId, Unit], unit: Unit) -> list[Unit]:
    path = [unit]
    while path[-1].parent_id is not None and len(path) <= len(known):
        path.append(known[path[-1].parent_id])
    return path
