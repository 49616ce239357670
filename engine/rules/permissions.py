"""Who may? Questions of position and place in the tree; when it may be done is `policies`' question."""

from collections.abc import Sequence

from engine.errors import NotPermitted
from engine.rules.dossiers import WorkItem
from engine.rules.units import Actor, Unit, UnitId

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


def may_do(actor: Actor, item: WorkItem) -> bool:
    """Whether the actor's position makes this item theirs."""
    return actor.holds(item.unit_id, *item.roles)


def check_may_do(actor: Actor, item: WorkItem) -> None:
    """Refuse who holds none of the item's roles at its unit, or would judge their own unit."""
    if not may_do(actor, item):
        raise NotPermitted("not_your_work", item=item.id)
    if item.act in JUDGING and item.subject_unit_id != item.unit_id and item.subject_unit_id in actor.units():
        raise NotPermitted("own_unit", item=item.id)


def may_read(actor: Actor, path: Sequence[Unit]) -> bool:
    """Whether the actor may read what belongs to the unit at the start of `path` (unit, superior, … root)."""
    return any(actor.holds(unit.id, *READERS) for unit in path)


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
