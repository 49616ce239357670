"""How does the tree of units change? New units, new names, merging and dissolving in mid-year."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from engine.errors import FieldError, Invalid, WrongState
from engine.ports.store import NEW, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import CycleState
from engine.rules.decisions import DecisionState
from engine.rules.permissions import ADMINISTRATOR, check_may_arrange_units
from engine.rules.superiors import superiors_needed
from engine.rules.text import nfc
from engine.rules.units import Actor, Unit, UnitId
from engine.use_cases import cycles, decisions, effects
from engine.use_cases.owning import whole

#: The message that every process about a unit may catch when the unit ceases to exist.
UNIT_ENDED = "unit_ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUnit:
    """A row of a list of units, as an officer types or uploads it."""

    code: str
    name: str
    kind: str
    cohort: str
    parent_code: str
    symbol: str = ""
    place: str = ""


def add_unit(uow: UnitOfWork, new: NewUnit, *, actor: Actor, now: datetime, day: date) -> Unit:
    """Add a unit that exists from `day`; it joins the cycles that are open.

    Refused with field errors: a code that is taken, an unknown superior, no name.
    """
    return add_units(uow, [new], actor=actor, now=now, day=day)[0]


@whole
def add_units(uow: UnitOfWork, rows: Sequence[NewUnit], *, actor: Actor, now: datetime, day: date) -> list[Unit]:
    """Add units in the order of the list (superiors first); all or none.

    Field errors are named `rows.<row>.<column>`, rows counted from 0: codes that are taken or that the organisation does
    not know, unknown superiors, and superiors under which no model would ever decide on the unit.
    """
    errors: dict[str, FieldError] = {}
    added: list[Unit] = []
    known, models = {unit.code: unit for unit in uow.units.all()}, deployed(uow)
    for index, row in enumerate(rows):
        found = _row_errors(uow, row, known, models)
        if found:
            errors |= {f"rows.{index}.{column}": error for column, error in found.items()}
            continue
        unit = uow.units.add(_unit(row, known, day))
        check_may_arrange_units(actor, uow.units.path(unit.id)) if unit.parent_id else _check_root(actor)
        known[unit.code] = unit
        added.append(unit)
    if errors:
        raise Invalid(errors)
    for unit in added:
        uow.audit.write(_line(unit, "unit_added", actor=actor, now=now, name=unit.name, code=unit.code))
    _join_open_cycles(uow, added, actor=actor, now=now)
    return added


def rename_unit(uow: UnitOfWork, unit_id: UnitId, name: str, *, actor: Actor, now: datetime) -> Unit:
    """Give a unit another name; documents issued before keep the old one."""
    unit = uow.units.get(unit_id)
    check_may_arrange_units(actor, uow.units.path(unit_id))
    if not name.strip():
        raise Invalid({"name": FieldError("required", {})})
    uow.audit.write(_line(unit, "unit_renamed", actor=actor, now=now, old=unit.name, name=nfc(name.strip())))
    return uow.units.save(replace(unit, name=nfc(name.strip())))


@whole
def end_unit(
    uow: UnitOfWork,
    unit_id: UnitId,
    *,
    last_day: date,
    successor_code: str,
    dispatch: str,
    actor: Actor,
    now: datetime,
) -> Unit:
    """Dissolve a unit, or merge it into its successor; its open dossiers end with a reason.

    Its drafts are set aside. Refused: units still stand below it, it has ended already, a numbered document that it
    issues or that names it is not yet out (`WrongState`), unknown successor (`Invalid`).
    """
    unit = uow.units.get(unit_id)
    check_may_arrange_units(actor, uow.units.path(unit_id))
    if unit.until_day is not None:
        raise WrongState("unit_ended", unit=unit.name, day=unit.until_day)
    # Those below may end on the very same day.
    if any(child.until_day is None or child.until_day > last_day for child in uow.units.children(unit_id)):
        raise WrongState("units_below", unit=unit.name)
    decisions.check_not_being_signed(uow, unit)
    successor = _successor(uow, unit, successor_code)
    ended = uow.units.save(replace(unit, until_day=last_day, successor_id=successor.id if successor else None))
    event = "unit_merged" if successor else "unit_dissolved"
    facts = {"name": unit.name, "successor": successor.name if successor else "", "dispatch": dispatch}
    uow.audit.write(_line(unit, event, actor=actor, now=now, **facts))
    for dossier in uow.dossiers.of_unit(unit_id):
        effects.deliver(uow, dossier, UNIT_ENDED, {"reason": event}, actor=actor, now=now)
        for decision in uow.decisions.of_dossier(dossier.id):
            if decision.state is DecisionState.DRAFTED and not decision.is_remedy:
                decisions.void(uow, decision, event)
    return ended


def deployed(uow: UnitOfWork) -> list[CycleModel]:
    """The latest version of every model, in the order of their keys; long lists ask once."""
    return [model for key in sorted(uow.models.keys()) if (model := uow.models.latest(key)) is not None]


def unfit_superior(
    uow: UnitOfWork, row: NewUnit | Unit, superior_kind: str, models: Sequence[CycleModel] | None = None
) -> FieldError | None:
    """Why a unit that takes part in cycles may not stand directly below one of this kind: no model decides on it there."""
    if not row.cohort:
        return None
    models = deployed(uow) if models is None else models
    needed = [kinds for model in models if (kinds := superiors_needed(model, row.kind))]
    if not needed or any(superior_kind in kinds for kinds in needed):
        return None
    label = uow.words.label("unit_kind", min(needed[0]))
    return FieldError("no_superior_to_decide", {"kind": label, "unit": row.name.strip()})


def unknown_codes(uow: UnitOfWork, row: NewUnit) -> dict[str, FieldError]:
    """Kind and cohort that the organisation's tables do not hold, by column."""
    asked = (("kind", "unit_kind", row.kind), ("cohort", "cohort", row.cohort))
    return {
        column: FieldError("unknown_code", {"text": code})
        for column, kind, code in asked
        if code and code not in uow.words.codes(kind)
    }


def _row_errors(
    uow: UnitOfWork, row: NewUnit, known: Mapping[str, Unit], models: Sequence[CycleModel]
) -> dict[str, FieldError]:
    errors = unknown_codes(uow, row)
    if not row.kind:
        errors["kind"] = FieldError("form.required", {"title": "Loại"})
    if not row.code.strip():
        errors["code"] = FieldError("required", {})
    elif row.code.strip() in known:
        errors["code"] = FieldError("code_taken", {"code": row.code})
    if not row.name.strip():
        errors["name"] = FieldError("required", {})
    if row.parent_code and row.parent_code not in known:
        errors["parent_code"] = FieldError("unknown_unit", {"code": row.parent_code})
    if not row.parent_code and known:
        errors["parent_code"] = FieldError("required", {})
    elif row.parent_code in known and (unfit := unfit_superior(uow, row, known[row.parent_code].kind, models)):
        errors["parent_code"] = unfit
    return errors


def _unit(row: NewUnit, known: Mapping[str, Unit], day: date) -> Unit:
    parent = known.get(row.parent_code)
    return Unit(
        id=UnitId(NEW),
        code=row.code.strip(),
        name=nfc(row.name.strip()),
        kind=row.kind,
        cohort=row.cohort or None,
        parent_id=parent.id if parent else None,
        from_day=day,
        until_day=None,
        successor_id=None,
        symbol=row.symbol or (parent.symbol if parent else ""),
        place=nfc(row.place) or (parent.place if parent else ""),
    )


def _check_root(actor: Actor) -> None:
    if actor.account_id is not None and not actor.holds_anywhere(ADMINISTRATOR):
        check_may_arrange_units(actor, ())


def _successor(uow: UnitOfWork, unit: Unit, code: str) -> Unit | None:
    if not code:
        return None
    successor = uow.units.find_code(code)
    if successor is None or successor.id == unit.id or successor.until_day is not None:
        raise Invalid({"successor_code": FieldError("unknown_unit", {"code": code})})
    return successor


def _join_open_cycles(uow: UnitOfWork, added: Sequence[Unit], *, actor: Actor, now: datetime) -> None:
    for cycle in uow.cycles.all():
        if cycle.state is CycleState.OPEN:
            cycles.join_units(uow, cycle, added, actor=actor, now=now)


def _line(unit: Unit, event: str, *, actor: Actor, now: datetime, **facts: object) -> AuditLine:
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
