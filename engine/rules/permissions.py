"""Who may? Questions of position and place in the tree; when it may be done is `policies`' question."""

from collections.abc import Sequence

from engine.errors import NotPermitted
from engine.rules.dossiers import WorkItem
from engine.rules.units import Actor, StandIn, Unit, UnitId

ADMINISTRATOR = "administrator"
AUDITOR = "auditor"
DESIGNER = "designer"
OFFICER = "officer"
SECRETARY = "secretary"
DEPUTY = "deputy_secretary"
CLERK = "clerk"

#: Roles that read whatever lies at or below their unit.
READERS = (SECRETARY, DEPUTY, OFFICER, CLERK, AUDITOR, ADMINISTRATOR)
#: Acts by which one unit judges another: nobody judges a unit where they hold a position themselves.
JUDGING = frozenset({"review", "assess", "meet", "answer_appeal", "verify", "cancel_decide"})
#: Acts that sign a document: handed over to a substitute only by name.
SIGNING = frozenset({"sign"})


def may_do(actor: Actor, item: WorkItem) -> bool:
    """Whether the actor's position, or one that they stand in for today, makes this item theirs."""
    return actor.holds(item.unit_id, *item.roles) or stand_in(actor, item) is not None


def stand_in(actor: Actor, item: WorkItem) -> StandIn | None:
    """In whose stead the actor would do the item; None in their own right, or not at all."""
    return standing(actor, item.unit_id, item.roles, item.act, item.cycle_id)


def standing(actor: Actor, unit_id: UnitId, roles: Sequence[str], act: str, cycle_id: int) -> StandIn | None:
    """The same for work that is known by its parts."""
    if not actor.stands_in or actor.holds(unit_id, *roles):
        return None
    signing = act in SIGNING
    return next((s for s in actor.stands_in if s.covers(unit_id, roles, act, cycle_id, signing=signing)), None)


def check_may_do(actor: Actor, item: WorkItem) -> None:
    """Refuse whose work the item is not, or who would judge their own unit: one where they hold a position or stand in
    for somebody, or where the person in whose stead they would judge holds one."""
    if not may_do(actor, item):
        raise NotPermitted("not_your_work", item=item.id)
    if item.act in JUDGING and item.subject_unit_id != item.unit_id and item.subject_unit_id in _own_units(actor, item):
        raise NotPermitted("own_unit", item=item.id)


def _own_units(actor: Actor, item: WorkItem) -> frozenset[UnitId]:
    absent = stand_in(actor, item)
    return actor.units() | {s.unit_id for s in actor.stands_in} | (absent.not_about if absent else frozenset())


def may_read(actor: Actor, path: Sequence[Unit]) -> bool:
    """Whether the actor may read what belongs to the unit at the start of `path` (unit, superior, … root).

    Who stands in for all work of a reading position reads with it.
    """
    if any(actor.holds(unit.id, *READERS) for unit in path):
        return True
    whole = {s.unit_id for s in actor.stands_in if s.acts is None and s.cycle_ids is None and s.role in READERS}
    return any(unit.id in whole for unit in path)


def check_may_read(actor: Actor, path: Sequence[Unit]) -> None:
    """Refuse who holds no reading position at the unit or above it."""
    if not may_read(actor, path):
        raise NotPermitted("not_your_unit", unit=path[0].id)


def check_may_lead(actor: Actor, unit_id: UnitId) -> None:
    """Refuse who may not open or close cycles for the unit: its officers and secretary may."""
    if not actor.holds(unit_id, OFFICER, SECRETARY):
        raise NotPermitted("not_lead", unit=unit_id)


def may_operate(actor: Actor, path: Sequence[Unit]) -> bool:
    """Whether the actor looks after the processes of the unit at the start of `path`: administrators and designers
    there or above; the operator at the server always."""
    return actor.account_id is None or any(actor.holds(unit.id, ADMINISTRATOR, DESIGNER) for unit in path)


def check_may_operate(actor: Actor, path: Sequence[Unit]) -> None:
    """Refuse who does not look after the unit's processes."""
    if not may_operate(actor, path):
        raise NotPermitted("not_operator", unit=path[0].id)


def check_may_design(actor: Actor) -> None:
    """Refuse who may neither deploy models nor compare their versions."""
    if actor.account_id is not None and not actor.holds_anywhere(DESIGNER, ADMINISTRATOR):
        raise NotPermitted("not_designer")


def check_may_arrange_units(actor: Actor, path: Sequence[Unit]) -> None:
    """Refuse who may not change the tree at this place: officers above the unit, or an administrator."""
    if actor.holds_anywhere(ADMINISTRATOR) or any(actor.holds(u.id, OFFICER, SECRETARY) for u in path[1:]):
        return
    raise NotPermitted("not_arranger", unit=path[0].id)
