"""How is one cycle rehearsed from its opening to its end?"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from engine.errors import NotFound
from engine.ports.services import OpenUow
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle, CycleId
from engine.rules.deadlines import ICT, deadlines_of
from engine.rules.permissions import OFFICER
from engine.rules.units import Actor, Unit
from engine.use_cases import cycles, owning
from engine.use_cases.actors import actor_of
from engine.use_cases.rehearsal.script import Script
from engine.use_cases.rehearsal.walk import Walk
from engine.use_cases.runs import calendar_of

#: How long before its first day a cycle is opened, and for how long after its year the walk goes on.
BEFORE = timedelta(days=7)
AFTER = timedelta(days=180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How the virtual city officer opens cycles."""

    dispatch: str  #: number of the dispatch that confirms the reading of "trước ngày"
    settings: dict[str, bool | int | str]


def opening(script: Script) -> Opening:
    """How the script's officer opens the cycle."""
    raw = script.section("opening")
    settings = {k: v for k, v in script.section("opening", "settings").items() if isinstance(v, bool | int | str)}
    return Opening(dispatch=str(raw.get("dispatch", "")), settings=settings)


def opening_moment(uow: UnitOfWork, model: CycleModel, year: int) -> datetime:
    """When the cycle of `year` is opened: a week before its first day, at 08:00 local time."""
    calendar = calendar_of(uow, year, ())
    days = [
        day
        for group in model.groups
        for deadline in deadlines_of(model.deadlines, group, year, calendar).values()
        for day in (deadline.first_day or deadline.last_day,)
        if day is not None
    ]
    return datetime.combine(min(days) - BEFORE, time(8), ICT).astimezone(UTC)


def open_year(uow: UnitOfWork, model_key: str, year: int, opening: Opening, *, now: datetime) -> Cycle:
    """Let the leading unit's officer open the cycle, reading "trước ngày" as excluding the named day."""
    model = uow.models.latest(model_key)
    if model is None:
        raise NotFound("model", model_key)
    lead = owning.lead_of(uow, model)
    return cycles.open_cycle(
        uow,
        model_key,
        year,
        reading_confirmed=True,
        dispatch=opening.dispatch,
        settings=opening.settings,
        actor=officer(uow, lead, now=now),
        now=now,
    )


def officer(uow: UnitOfWork, unit: Unit, *, now: datetime) -> Actor:
    """The first officer of a unit by user name."""
    people = uow.accounts.holders(unit.id, (OFFICER,), now.astimezone(ICT).date())
    return actor_of(uow, min(people, key=lambda account: account.username), now=now)


def last_moment(year: int) -> datetime:
    """Until when a cycle is lived: half a year after its year."""
    return (datetime.combine(date(year, 12, 31), time(), ICT) + AFTER).astimezone(UTC)


def live_year(open_uow: OpenUow, walk: Walk, cycle: Cycle) -> bool:
    """Live a cycle to its end and close it; False: something was still open half a year after its year."""
    walk.until(last_moment(cycle.year))
    return close_if_ended(open_uow, cycle.id, walk.moment)


def close_if_ended(open_uow: OpenUow, cycle_id: CycleId, now: datetime) -> bool:
    """Close the cycle when nothing of it is open any more."""
    with open_uow() as uow:
        if not cycles.ready_to_close(uow, cycle_id):
            return False
        lead = uow.units.get(uow.cycles.get(cycle_id).unit_id)
        cycles.close_cycle(uow, cycle_id, actor=officer(uow, lead, now=now), now=now)
    return True
