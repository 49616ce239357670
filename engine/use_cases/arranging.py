"""How is the tree of units rearranged? A list checked before it comes in, a unit moved, merged or dissolved with its work.

`units` holds the single acts; here stands what an officer does on a page: look first, then everything at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from engine.errors import FieldError, Invalid, NotPermitted, WrongState
from engine.ports.store import UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycles import CycleState
from engine.rules.deadlines import local_day
from engine.rules.dossiers import (
    TRANSITIONS,
    Dossier,
    DossierState,
    Instance,
    InstanceState,
    moved,
)
from engine.rules.permissions import check_may_arrange_units
from engine.rules.units import Account, Actor, Position, Unit, UnitId
from engine.use_cases import cycles, decisions, instances, units
from engine.use_cases.owning import whole
from engine.use_cases.units import NewUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What ends with a unit, and what goes on elsewhere."""

    unit: Unit
    successor: Unit | None  #: None: it is dissolved
    dossiers: tuple[Dossier, ...]  #: whose processes stop
    people: tuple[tuple[Position, Account], ...]  #: who lose their position
    children: tuple[Unit, ...]  #: that move to the successor


def may_arrange(actor: Actor, path: Sequence[Unit]) -> bool:
    """Whether the actor may change the tree at the unit at the start of `path` (unit, superior, … root)."""
    try:
        check_may_arrange_units(actor, path)
    except NotPermitted:
        return False
    return True


@whole
def check_units(uow: UnitOfWork, rows: Sequence[NewUnit], *, actor: Actor) -> dict[str, FieldError]:
    """Say what `units.add_units` would refuse, and more, as `rows.<row>.<column>`, rows from 0; nothing changes."""
    known = {unit.code: unit for unit in uow.units.all()}
    listed: dict[str, str] = {}
    kinds, models = {code: unit.kind for code, unit in known.items()}, units.deployed(uow)
    errors: dict[str, FieldError] = {}
    for index, row in enumerate(rows):
        code, parent = row.code.strip(), row.parent_code.strip()
        found = _row_errors(uow, row, known, listed, actor)
        errors |= {f"rows.{index}.{column}": error for column, error in found.items()}
        if "parent_code" not in found and (unfit := units.unfit_superior(uow, row, kinds.get(parent, ""), models)):
            errors[f"rows.{index}.parent_code"] = unfit
        listed.setdefault(code, parent)
        kinds.setdefault(code, row.kind)
    return errors


@whole
def move_unit(
    uow: UnitOfWork, unit_id: UnitId, superior_code: str, dispatch: str, *, actor: Actor, now: datetime
) -> Unit:
    """Put a unit under another superior of the same kind; its open work goes along, titles and papers stay.

    Refused: the tree's root, a decision that names it is being signed (`WrongState`); an unknown superior, one below the
    unit or of another kind (`Invalid`), unless only there somebody decides on the unit.
    """
    unit = uow.units.get(unit_id)
    check_may_arrange_units(actor, uow.units.path(unit_id))
    if unit.parent_id is None:
        raise WrongState("root_unit", unit=unit.name)
    decisions.check_not_being_signed(uow, unit)
    old = uow.units.get(unit.parent_id)
    superior = _superior(uow, unit, old, superior_code)
    check_may_arrange_units(actor, (unit, *uow.units.path(superior.id)))
    placed = _place(uow, unit, old, superior, dispatch, actor=actor, now=now)
    _join(uow, [placed], actor=actor, now=now)
    return placed


@whole
def preview_end(uow: UnitOfWork, unit_id: UnitId, successor_code: str, *, actor: Actor, now: datetime) -> Ending:
    """Show what would end with a unit; nothing changes.

    Refused as `end` refuses, but for the last day.
    """
    unit = uow.units.get(unit_id)
    check_may_arrange_units(actor, uow.units.path(unit_id))
    if unit.until_day is not None:
        raise WrongState("unit_ended", unit=unit.name, day=unit.until_day)
    if unit.parent_id is None:
        raise WrongState("root_unit", unit=unit.name)
    decisions.check_not_being_signed(uow, unit)
    successor = _successor(uow, unit, successor_code)
    today = local_day(now)
    children = tuple(child for child in uow.units.children(unit_id) if child.until_day is None)
    if children and successor is None:
        raise WrongState("units_below", unit=unit.name)
    people = tuple((p, a) for p, a in uow.accounts.at_unit(unit_id) if p.until_day is None or p.until_day >= today)
    running = tuple(d for d in uow.dossiers.of_unit(unit_id) if _running(uow, d))
    return Ending(unit=unit, successor=successor, dossiers=running, people=people, children=children)


@whole
def end(
    uow: UnitOfWork,
    unit_id: UnitId,
    *,
    last_day: date,
    successor_code: str,
    dispatch: str,
    actor: Actor,
    now: datetime,
) -> Unit:
    """Dissolve a unit, or merge it with all below it into its successor; its dossiers and positions end.

    `last_day` is the unit's last day of existence, today at the latest. Refused: it has ended, it is the root or units
    stand below it without a successor to go to (`WrongState`); an unknown or unfit successor, a bad day (`Invalid`).
    """
    ending = preview_end(uow, unit_id, successor_code, actor=actor, now=now)
    check_end(ending.unit, last_day, dispatch, now)
    if ending.successor is not None:
        placed = [
            _place(uow, child, ending.unit, ending.successor, dispatch, actor=actor, now=now)
            for child in ending.children
        ]
        _join(uow, placed, actor=actor, now=now)
    # What cannot be dissolved any more (a title is conferred) just stops; the rest is told that its unit is no more.
    for dossier in ending.dossiers:
        if DossierState.DISSOLVED not in TRANSITIONS[dossier.state]:
            _stop(uow, dossier, actor=actor, now=now)
    ended = units.end_unit(
        uow, unit_id, last_day=last_day, successor_code=successor_code, dispatch=dispatch, actor=actor, now=now
    )
    for dossier in uow.dossiers.of_unit(unit_id):
        _stop(uow, dossier, actor=actor, now=now)
    for position, account in ending.people:
        _leave(uow, ended, position, account, last_day, actor=actor, now=now)
    return ended


def check_end(unit: Unit, last_day: date, dispatch: str, now: datetime) -> None:
    """Refuse (`Invalid`) a day ahead or before the unit's founding, and an end without a document."""
    errors = {}
    if not dispatch.strip():
        errors["dispatch"] = FieldError("form.required", {"title": "Số, ngày văn bản"})
    if last_day > local_day(now):
        errors["last_day"] = FieldError("day_ahead", {})
    elif last_day < unit.from_day:
        errors["last_day"] = FieldError("before_founding", {"first_day": unit.from_day})
    if errors:
        raise Invalid(errors)


# ---- lists


def _row_errors(
    uow: UnitOfWork, row: NewUnit, known: Mapping[str, Unit], listed: Mapping[str, str], actor: Actor
) -> dict[str, FieldError]:
    code, parent = row.code.strip(), row.parent_code.strip()
    errors: dict[str, FieldError] = {}
    if not code:
        errors["code"] = FieldError("form.required", {"title": "Mã đơn vị"})
    elif code in known:
        errors["code"] = FieldError("code_taken", {"code": code})
    elif code in listed:
        errors["code"] = FieldError("code_twice", {"code": code})
    if not row.name.strip():
        errors["name"] = FieldError("form.required", {"title": "Tên đơn vị"})
    if not row.kind:
        errors["kind"] = FieldError("form.required", {"title": "Loại"})
    errors |= units.unknown_codes(uow, row)
    if not parent:
        errors["parent_code"] = FieldError("form.required", {"title": "Mã đơn vị cấp trên"})
    elif parent not in known and parent not in listed:
        errors["parent_code"] = FieldError("unknown_unit", {"code": parent})
    elif reason := _not_there(uow, parent, known, listed, actor):
        errors["parent_code"] = reason
    return errors


def _not_there(
    uow: UnitOfWork, code: str, known: Mapping[str, Unit], listed: Mapping[str, str], actor: Actor
) -> FieldError | None:
    """Why no unit may be put below this one: it has ended, or the actor does not arrange units there."""
    while code not in known and code in listed:
        code = listed[code]
    if code not in known:
        return FieldError("unknown_unit", {"code": code})
    if known[code].until_day is not None:
        return FieldError("unit_ended", {"unit": known[code].name, "day": known[code].until_day})
    path = uow.units.path(known[code].id)
    try:
        check_may_arrange_units(actor, (path[0], *path))
    except NotPermitted as refusal:
        return FieldError(refusal.code, refusal.facts)
    return None


# ---- moving


def _superior(uow: UnitOfWork, unit: Unit, old: Unit, code: str) -> Unit:
    found = uow.units.find_code(code.strip())
    if found is None or found.until_day is not None or found.id == old.id:
        raise Invalid({"superior_code": FieldError("unknown_unit", {"code": code})})
    # A unit that stands where nobody decides on it may go to where somebody does.
    put_right = bool(units.unfit_superior(uow, unit, old.kind)) and not units.unfit_superior(uow, unit, found.kind)
    if (found.kind != old.kind and not put_right) or any(above.id == unit.id for above in uow.units.path(found.id)):
        raise Invalid({"superior_code": FieldError("not_a_superior", {"unit": found.name})})
    return found


def _place(
    uow: UnitOfWork, unit: Unit, old: Unit, superior: Unit, dispatch: str, *, actor: Actor, now: datetime
) -> Unit:
    placed = uow.units.save(replace(unit, parent_id=superior.id))
    facts = {"name": unit.name, "old": old.name, "superior": superior.name, "dispatch": dispatch}
    uow.audit.write(_line(placed, "unit_moved", facts, actor=actor, now=now))
    for item in uow.work.open_at(old.id):
        if item.subject_unit_id == unit.id:
            uow.work.save(replace(item, unit_id=superior.id))
    return placed


def _join(uow: UnitOfWork, placed: Sequence[Unit], *, actor: Actor, now: datetime) -> None:
    """Let the new superior take part where it did not: it may have its first unit of a deadline group."""
    for cycle in uow.cycles.all():
        if cycle.state is CycleState.OPEN:
            cycles.join_units(uow, cycle, placed, actor=actor, now=now)


# ---- ending


def _successor(uow: UnitOfWork, unit: Unit, code: str) -> Unit | None:
    if not code.strip():
        return None
    found = uow.units.find_code(code.strip())
    if found is None or found.id == unit.id or found.until_day is not None:
        raise Invalid({"successor_code": FieldError("unknown_unit", {"code": code})})
    if found.kind != unit.kind or any(above.id == unit.id for above in uow.units.path(found.id)):
        raise Invalid({"successor_code": FieldError("not_a_successor", {"unit": found.name})})
    return found


def _running(uow: UnitOfWork, dossier: Dossier) -> list[Instance]:
    return [i for i in uow.instances.of_dossier(dossier.id) if i.state is not InstanceState.ENDED]


def _stop(uow: UnitOfWork, dossier: Dossier, *, actor: Actor, now: datetime) -> None:
    """End the dossier's processes where they stand."""
    running = _running(uow, dossier)
    if not running:
        return
    for instance in running:
        instances.stop(uow, instance, now=now)
    if DossierState.DISSOLVED in TRANSITIONS[dossier.state]:
        uow.dossiers.save(replace(moved(dossier, DossierState.DISSOLVED), closed_at=now))
        line = _line(uow.units.get(dossier.unit_id), "dissolved", {}, actor=actor, now=now)
        uow.audit.write(replace(line, target=f"dossier:{dossier.id}", dossier_id=dossier.id, cycle_id=dossier.cycle_id))


def _leave(
    uow: UnitOfWork, unit: Unit, position: Position, account: Account, last_day: date, *, actor: Actor, now: datetime
) -> None:
    until = max(last_day, position.from_day)
    uow.accounts.save_position(replace(position, until_day=until))
    facts = {
        "username": account.username,
        "full_name": account.full_name,
        "role": position.role,
        "last_day": until,
    }
    line = _line(unit, "position_ended", facts, actor=actor, now=now)
    uow.audit.write(replace(line, target=f"account:{account.id}"))


def _line(unit: Unit, event: str, facts: Mapping[str, object], *, actor: Actor, now: datetime) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event=event,
        target=f"unit:{unit.id}",
        unit_id=unit.id,
        cohort=unit.cohort,
        facts=facts,
    )
