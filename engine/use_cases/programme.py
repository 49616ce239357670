"""How far is the programme of every model? What the packs plan, beside what the bodies that lead it have said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.deadlines import local_day
from engine.rules.programme import (
    NO_PROGRAMME,
    Milestone,
    MilestoneState,
    Programme,
    Standing,
    in_order,
    standing,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One milestone as it stands today."""

    model: CycleModel
    milestone: Milestone
    state: MilestoneState
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One model that has a programme."""

    model: CycleModel
    programme: Programme
    known_since: date | None  #: first deployed here; None: never, it is looked at outside an installation


def planned_models(uow: UnitOfWork) -> list[Planned]:
    """The models of this installation that have a programme, by their latest versions, in the order of their names."""
    since = _known_since(uow)
    latest = (uow.models.latest(key) for key in uow.models.keys())  # noqa: SIM118  # a register
    found = [
        Planned(model=m, programme=m.programme, known_since=since.get(m.key))
        for m in latest
        if m is not None and m.programme is not None
    ]
    return sorted(found, key=lambda planned: planned.model.name)


def entries(uow: UnitOfWork, planned: Planned, *, now: datetime) -> list[Entry]:
    """The milestones of a model, the earliest end first."""
    today = local_day(now)
    found = []
    for milestone in in_order(planned.programme.milestones):
        state = MilestoneState.PLANNED
        shown = standing(milestone, state, known_since=planned.known_since, today=today)
        found.append(Entry(model=planned.model, milestone=milestone, state=state, standing=shown))
    return found


def programme_of(model: CycleModel) -> Programme:
    """The model's programme; an empty one where it has none."""
    return model.programme or NO_PROGRAMME


def _known_since(uow: UnitOfWork) -> Mapping[str, date]:
    found: dict[str, date] = {}
    for row in uow.queries.packs():
        own = local_day(row.deployed_at)
        found[row.key] = min(own, found.get(row.key, own))
    return found
