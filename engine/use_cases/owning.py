"""Whose is a model? The whole installation's, or one unit's: then who takes part, who leads, who sees it.

A unit that was merged leaves its models to the unit that it was merged into.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from engine.errors import NotFound, NotPermitted, WrongState
from engine.ports.store import UnitOfWork
from engine.rules import permissions
from engine.rules.cycle_models import CycleModel
from engine.rules.permissions import ADMINISTRATOR, DESIGNER, OFFICER, SECRETARY
from engine.rules.units import Actor, Unit, UnitId

Given = ParamSpec("Given")
Result = TypeVar("Result")


def whole(
    function: Callable[Concatenate[UnitOfWork, Given], Result],
) -> Callable[Concatenate[UnitOfWork, Given], Result]:
    """Let a function find every model: what it brings about does not depend on who asks for it."""

    @wraps(function)
    def run(uow: UnitOfWork, /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        with uow.whole():
            return function(uow, *args, **kwargs)

    return run


def owner_of(uow: UnitOfWork, key: str) -> Unit | None:
    """The unit that a deployed model belongs to; None: the whole installation."""
    return next(reversed(_owners(uow, key)), None)


def named(uow: UnitOfWork, code: str) -> Unit | None:
    """The unit of this code, to own a model; an empty code: None. Raise `NotFound`."""
    unit = uow.units.find_code(code) if code else None
    if code and unit is None:
        raise NotFound("đơn vị", code)
    return unit


def hidden_from(uow: UnitOfWork, actor: Actor | None) -> frozenset[str]:
    """Keys of the models that the actor (None: somebody who is not signed in) is not to know of.

    A unit's model is seen at the unit, below it and above it, and by whoever has a dossier or open work in it, or
    somebody below who has: a unit may have been placed elsewhere since.
    """
    owned = uow.models.owners()
    if not owned or (actor is not None and actor.account_id is None):
        return frozenset()
    own = actor.units() | {stand.unit_id for stand in actor.stands_in} if actor is not None else frozenset()
    upwards = {unit.id for unit_id in own for unit in uow.units.path(unit_id)}
    unseen = frozenset(owned) - uow.models.owned_around(own, upwards)
    return unseen - uow.models.taken_part_in(unseen, own)


def lead_of(uow: UnitOfWork, model: CycleModel) -> Unit:
    """The unit that opens the model's cycles: of one unit's model the nearest of its kind from there upwards, else the
    only one below; `NotFound`."""
    found = _leads(uow, model, owner_of(uow, model.key))
    if not found:
        raise NotFound("lead_unit", model.lead_unit_kind)
    return found[0]


def leads(uow: UnitOfWork, model: CycleModel) -> list[Unit]:
    """Every unit that may be its lead as things stand: of one unit's model one, or none."""
    owner = owner_of(uow, model.key)
    found = _leads(uow, model, owner)
    return [unit for unit in found if unit.until_day is None] if owner is None else found


def may_open(uow: UnitOfWork, model: CycleModel, actor: Actor) -> bool:
    """Whether the actor may open the model's cycles: officers and secretaries of its lead."""
    owner = owner_of(uow, model.key)
    if owner is not None:
        return any(actor.holds(unit.id, OFFICER, SECRETARY) for unit in _leads(uow, model, owner))
    kinds = model.kinds(model.lead_unit_kind)
    return any(uow.units.get(unit).kind in kinds for unit, role in actor.positions if role in (OFFICER, SECRETARY))


def around(uow: UnitOfWork, key: str, units: Sequence[Unit]) -> list[Unit]:
    """Of these units those that may have work in the model: at its owner, below it and above it; of the installation's
    all."""
    owners = _owners(uow, key)
    if not owners:
        return list(units)
    wanted = {unit.id for owner in owners for unit in uow.units.path(owner.id)} | _below(uow, owners)
    return [unit for unit in units if unit.id in wanted]


def taking_part(uow: UnitOfWork, model: CycleModel, units: Sequence[Unit]) -> list[Unit]:
    """Of these units those for which the model is: at or below its owner, and from there up to its lead."""
    owner = owner_of(uow, model.key)
    if owner is None:
        return list(units)
    path, wanted = uow.units.path(owner.id), _below(uow, _owners(uow, model.key))
    # For the time being there may be no lead: the only one below has ended, or another has come.
    lead = {unit.id for unit in _leads(uow, model, owner)}
    above = next((place for place, unit in enumerate(path) if unit.id in lead), 0)
    wanted |= {unit.id for unit in path[: above + 1]}
    return [unit for unit in units if unit.id in wanted]


def concerns(uow: UnitOfWork, model: CycleModel, unit: Unit) -> bool:
    """The same for one unit."""
    owners = {owner.id for owner in _owners(uow, model.key)}
    if not owners or any(above.id in owners for above in uow.units.path(unit.id)):
        return True
    return bool(taking_part(uow, model, [unit]))


def may_design(uow: UnitOfWork, actor: Actor, owner: Unit | None) -> bool:
    """Whether the actor may deploy models for the owner (None: the installation): designers and administrators there or
    above it, for the installation those at the top; the operator at the server always."""
    if actor.account_id is None:
        return True
    if owner is not None:
        return any(actor.holds(unit.id, DESIGNER, ADMINISTRATOR) for unit in uow.units.path(owner.id))
    held = {unit for unit, role in actor.positions if role in (DESIGNER, ADMINISTRATOR)}
    return any(uow.units.get(unit).parent_id is None for unit in held)


def may_design_for(uow: UnitOfWork, actor: Actor, on: date) -> list[Unit]:
    """The units that stand on that day and for which the actor may deploy models, in the order of the register."""
    held = [uow.units.get(unit) for unit, role in actor.positions if role in (DESIGNER, ADMINISTRATOR)]
    wanted = _below(uow, held)
    return [u for u in uow.units.all() if u.id in wanted and (u.until_day is None or u.until_day >= on)]


def check_may_design(uow: UnitOfWork, actor: Actor, owner: Unit | None) -> None:
    """Refuse who may not deploy models for the owner."""
    permissions.check_may_design(actor)
    if may_design(uow, actor, owner):
        return
    raise NotPermitted("not_designer_of", owner=owner.name) if owner else NotPermitted("not_designer_of_all")


def check_can_live(uow: UnitOfWork, model: CycleModel, owner: Unit) -> None:
    """Refuse a model that has no lead at this owner, or work that nobody there or above could do."""
    found = _leads(uow, model, owner)
    if not found:
        kind = uow.words.label("unit_kind", model.lead_unit_kind)
        raise WrongState("owner_without_lead", owner=owner.name, kind=kind)
    units = uow.units.all()
    near = {unit.id for unit in uow.units.path(owner.id)} | _below(uow, [owner])
    kinds = {unit.kind for unit in units if unit.id in near}
    taking = {kind for group in model.groups for code in group.unit_kinds for kind in model.kinds(code)}
    for lane in model.lanes.values():
        wanted = model.kinds(lane.unit_kind)
        if not kinds.intersection(wanted) and not taking.intersection(wanted):
            label = uow.words.label("unit_kind", lane.unit_kind)
            raise WrongState("owner_without_lane", owner=owner.name, kind=label, lane=lane.name)


def _leads(uow: UnitOfWork, model: CycleModel, owner: Unit | None) -> list[Unit]:
    kinds = model.kinds(model.lead_unit_kind)
    if owner is None:
        return [unit for unit in uow.units.all() if unit.kind in kinds]
    above = [unit for unit in uow.units.path(owner.id) if unit.kind in kinds]
    if above:
        return above[:1]
    inside = _below(uow, [owner])
    below = [unit for unit in uow.units.all() if unit.kind in kinds and unit.id in inside and unit.until_day is None]
    return below if len(below) == 1 else []


def _owners(uow: UnitOfWork, key: str) -> list[Unit]:
    """The unit that the model was deployed for, then those into which it was merged; empty: the installation's."""
    following = uow.models.owners().get(key)
    found: list[Unit] = []
    while following is not None and all(unit.id != following for unit in found):
        found.append(uow.units.get(following))
        following = found[-1].successor_id
    return found


def _below(uow: UnitOfWork, tops: Sequence[Unit]) -> set[UnitId]:
    """These units and all below them."""
    children: dict[UnitId | None, list[UnitId]] = {}
    for unit in uow.units.all():
        children.setdefault(unit.parent_id, []).append(unit.id)
    found: set[UnitId] = set()
    waiting = [unit.id for unit in tops]
    while waiting:
        unit_id = waiting.pop()
        if unit_id not in found:
            found.add(unit_id)
            waiting += children.get(unit_id, [])
    return found
