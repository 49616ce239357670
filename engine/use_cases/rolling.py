"""How does a school year turn for many units at once, and how is a list undone? Looked at first, then everything or nothing.

A class that goes up is the same unit under a new name and keeps its history; the last class ends once its recognition is
decided; new classes appear. Undoing makes up for every step, and is refused where later work rests on one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from engine.errors import FieldError, Invalid, WrongState
from engine.ports.store import UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycles import CycleState
from engine.rules.deadlines import local_day
from engine.rules.dossiers import Dossier, DossierState
from engine.rules.text import nfc, sort_key
from engine.rules.unit_lists import Act, ListChange, grade_of, suggested
from engine.rules.units import Actor, Unit, UnitId
from engine.use_cases import arranging, decisions, list_changes, units
from engine.use_cases.owning import whole
from engine.use_cases.units import NewUnit

#: States in which a dossier waits for nobody's word about recognition.
_DECIDED = frozenset(
    {
        DossierState.DRAFT, DossierState.REFUSED, DossierState.NOT_MET, DossierState.RECOGNISED, DossierState.CANCELLED,
        DossierState.WITHDRAWN, DossierState.NOT_PARTICIPATING, DossierState.DISSOLVED, DossierState.CLOSED,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the list of a new school year."""

    code: str
    name: str  #: as the unit is called now; empty of a new one
    act: str
    new_name: str
    parent_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """What the tree is before the list."""

    units: Mapping[str, Unit]
    arranged: Mapping[UnitId, bool]


def proposal(uow: UnitOfWork, superior: UnitId | None, *, actor: Actor, today: date) -> list[Row]:
    """The units with a class in their name that the actor arranges, with what is likely to become of them, and the
    lowest classes that will appear; below one superior, or everywhere."""
    rows, firsts = [], []
    codes = {unit.code for unit in uow.units.all()}
    for unit in sorted(uow.units.all(), key=lambda u: (u.parent_id or 0, sort_key(u.name))):
        known = unit.exists_on(today) and unit.cohort is not None and grade_of(unit.name) is not None
        if not known or (superior is not None and unit.parent_id != superior) or not _may(uow, unit, actor):
            continue
        act, new_name = suggested(unit.name)
        above = uow.units.get(unit.parent_id).code if unit.parent_id else ""
        rows.append(Row(code=unit.code, name=unit.name, act=act, new_name=new_name, parent_code=above))
        firsts.append((above, unit, grade_of(unit.name) or 0))
    lowest = {above: min(grade for own, _, grade in firsts if own == above) for above, _, _ in firsts}
    for above, unit, grade in firsts:
        if grade == lowest[above] and suggested(unit.name)[0] is Act.UP:
            code = f"{unit.code.partition('~')[0]}~{today.year}"
            if code not in codes:
                rows.append(Row(code=code, name="", act=Act.NEW, new_name=unit.name, parent_code=above))
    return rows


@whole
def check(uow: UnitOfWork, rows: Sequence[Row], *, actor: Actor, now: datetime) -> dict[str, FieldError]:
    """Say what cannot be done, as `rows.<row>.<column>`, rows from 0; nothing changes."""
    known = {unit.code: unit for unit in uow.units.all()}
    sight = _Sight(units=known, arranged={unit.id: _may(uow, unit, actor) for unit in known.values()})
    errors: dict[str, FieldError] = {}
    seen: set[str] = set()
    for index, row in enumerate(rows):
        found = {"code": FieldError("code_twice", {"code": row.code})} if row.code in seen else {}
        found = found or _row_errors(uow, row, sight, local_day(now))
        errors |= {f"rows.{index}.{column}": error for column, error in found.items()}
        seen.add(row.code)
    errors |= _new_errors(uow, rows, actor, known)
    return errors | _twins(rows, known, errors)


@whole
def roll_over(uow: UnitOfWork, rows: Sequence[Row], dispatch: str, *, actor: Actor, now: datetime) -> ListChange | None:
    """Carry the list out from today: renamed, ended with yesterday, added; None when it changes nothing.

    Refused whole: what `check` says, no document (`Invalid`).
    """
    if not dispatch.strip():
        raise Invalid({"dispatch": FieldError("form.required", {"title": "Số, ngày văn bản"})})
    if errors := check(uow, rows, actor=actor, now=now):
        raise Invalid(errors)
    known = {unit.code: unit for unit in uow.units.all()}
    steps = [_rename(uow, known[row.code], row.new_name, actor=actor, now=now) for row in rows if row.act == Act.UP]
    steps += [_end(uow, known[row.code], dispatch, actor=actor, now=now) for row in rows if row.act == Act.END]
    new = [_new_unit(row, known) for row in rows if row.act == Act.NEW]
    if new:
        added = units.add_units(uow, new, actor=actor, now=now, day=local_day(now))
        steps += [_added(unit) for unit in added]
    return _note(uow, "rolled_over", steps, dispatch, actor=actor, now=now) if steps else None


def note_added(uow: UnitOfWork, added: Sequence[Unit], *, actor: Actor, now: datetime) -> ListChange:
    """Remember a list of units that came in, so that it can be undone."""
    return _note(uow, "added", [_added(unit) for unit in added], "", actor=actor, now=now)


@whole
def undo_fault(uow: UnitOfWork, change: ListChange, *, actor: Actor) -> FieldError | None:
    """Why a list cannot be undone any more; None: it can."""
    if change.undone_at is not None:
        return FieldError("list_undone", {"name": change.undone_by})
    for step in reversed(change.steps):
        unit = uow.units.get(UnitId(int(str(step["unit"]))))
        if not _may(uow, unit, actor):
            return FieldError("not_arranger", {})
        if fault := _step_fault(uow, unit, step):
            return fault
    return None


@whole
def undo(uow: UnitOfWork, change_id: int, *, actor: Actor, now: datetime) -> ListChange:
    """Make up for every step of a list, the last one first. Refused (`WrongState`) with what stands in the way."""
    change = uow.unit_lists.get(change_id)
    if fault := undo_fault(uow, change, actor=actor):
        raise WrongState(fault.code, **dict(fault.facts))
    for step in reversed(change.steps):
        _take_back(uow, uow.units.get(UnitId(int(str(step["unit"])))), step, actor=actor, now=now)
    kept = uow.unit_lists.save(replace(change, undone_at=now, undone_by=actor.full_name))
    uow.audit.write(_line(kept, "unit_list_undone", "", actor=actor, now=now))
    return kept


# ---- looking


def _may(uow: UnitOfWork, unit: Unit, actor: Actor) -> bool:
    return unit.parent_id is not None and arranging.may_arrange(actor, uow.units.path(unit.id))


def _row_errors(uow: UnitOfWork, row: Row, sight: _Sight, today: date) -> dict[str, FieldError]:
    if row.act not in set(Act):
        return {"act": FieldError("unknown_code", {"text": row.act})}
    if row.act == Act.NEW:
        return {}
    unit = sight.units.get(row.code)
    if unit is None:
        return {"code": FieldError("unknown_unit", {"code": row.code})}
    if not unit.exists_on(today):
        return {"code": FieldError("unit_ended", {"unit": unit.name, "day": unit.until_day})}
    if not sight.arranged[unit.id]:
        return {"code": FieldError("not_arranger", {})}
    if row.name and sort_key(row.name) != sort_key(unit.name):
        return {"name": FieldError("other_name_now", {"unit": unit.name})}
    if row.act == Act.UP and not row.new_name.strip():
        return {"new_name": FieldError("form.required", {"title": "Tên mới"})}
    if row.act == Act.END and (fault := _end_fault(uow, unit, today)):
        return {"act": fault}
    return {}


def _end_fault(uow: UnitOfWork, unit: Unit, today: date) -> FieldError | None:
    if unit.from_day >= today:
        return FieldError("before_founding", {"first_day": unit.from_day})
    if any(child.until_day is None for child in uow.units.children(unit.id)):
        return FieldError("units_below", {"unit": unit.name})
    if waiting := _undecided(uow, unit):
        return FieldError("not_yet_recognised", {"year": uow.cycles.get(waiting.cycle_id).year})
    try:
        decisions.check_not_being_signed(uow, unit)
    except WrongState as refusal:
        return FieldError(refusal.code, refusal.facts)
    return None


def _undecided(uow: UnitOfWork, unit: Unit) -> Dossier | None:
    """A dossier of the unit in an open cycle that has begun and waits for its result."""
    waiting = (d for d in uow.dossiers.of_unit(unit.id) if d.state not in _DECIDED)
    return next((d for d in waiting if uow.cycles.get(d.cycle_id).state is CycleState.OPEN), None)


def _new_errors(uow: UnitOfWork, rows: Sequence[Row], actor: Actor, known: Mapping[str, Unit]) -> dict[str, FieldError]:
    places = [index for index, row in enumerate(rows) if row.act == Act.NEW]
    found = arranging.check_units(uow, [_new_unit(rows[place], known) for place in places], actor=actor)
    errors: dict[str, FieldError] = {}
    for name, error in found.items():
        _, index, column = name.split(".", 2)
        # What a new class is follows from its siblings: without them its superior is the wrong one.
        column = {"name": "new_name", "kind": "parent_code", "cohort": "parent_code"}.get(column, column)
        errors.setdefault(f"rows.{places[int(index)]}.{column}", error)
    return errors


def _new_unit(row: Row, known: Mapping[str, Unit]) -> NewUnit:
    superior = known.get(row.parent_code.strip())
    siblings = [u for u in known.values() if superior is not None and u.parent_id == superior.id and u.cohort]
    # Where branches of several kinds stand together, a class is like the other classes.
    classes = [u for u in siblings if grade_of(u.name) is not None]
    found = classes or siblings
    like = found[-1] if found else None
    return NewUnit(
        code=row.code,
        name=row.new_name,
        kind=like.kind if like else "",
        cohort=(like.cohort or "") if like else "",
        parent_code=row.parent_code,
    )


def _twins(rows: Sequence[Row], known: Mapping[str, Unit], errors: Mapping[str, FieldError]) -> dict[str, FieldError]:
    """Rows that leave two units of one superior under the same name."""
    if errors:
        return {}
    changed = {row.code for row in rows}
    names: dict[tuple[object, str], str] = {}
    for unit in known.values():
        if unit.code not in changed and unit.until_day is None:
            names[unit.parent_id, sort_key(unit.name)] = unit.name
    found: dict[str, FieldError] = {}
    for index, row in enumerate(rows):
        if row.act == Act.END:
            continue
        own = known.get(row.code)
        above = known.get(row.parent_code.strip()) if own is None else None
        parent = own.parent_id if own is not None else above.id if above else None
        name = row.new_name if row.act in (Act.UP, Act.NEW) else own.name if own else ""
        if (parent, sort_key(name)) in names:
            found[f"rows.{index}.new_name"] = FieldError("name_twice", {"unit": name})
        names[parent, sort_key(name)] = name
    return found


# ---- doing


def _rename(uow: UnitOfWork, unit: Unit, name: str, *, actor: Actor, now: datetime) -> dict[str, object]:
    kept = units.rename_unit(uow, unit.id, name, actor=actor, now=now)
    return {"what": "renamed", "unit": unit.id, "old": unit.name, "new": kept.name}


def _end(uow: UnitOfWork, unit: Unit, dispatch: str, *, actor: Actor, now: datetime) -> dict[str, object]:
    positions = [
        {"id": position.id, "until": position.until_day.isoformat() if position.until_day else ""}
        for position, _ in uow.accounts.at_unit(unit.id)
    ]
    before = {dossier.id: dossier.state for dossier in uow.dossiers.of_unit(unit.id)}
    last_day = local_day(now) - timedelta(days=1)
    arranging.end(uow, unit.id, last_day=last_day, successor_code="", dispatch=dispatch, actor=actor, now=now)
    stopped = [d.id for d in uow.dossiers.of_unit(unit.id) if d.state is not before.get(d.id)]
    return {
        "what": "ended",
        "unit": unit.id,
        "old": unit.name,
        "last_day": last_day.isoformat(),
        "positions": positions,
        "stopped": stopped,
    }


def _added(unit: Unit) -> dict[str, object]:
    return {"what": "added", "unit": unit.id, "new": unit.name, "code": unit.code}


# ---- taking back


def _step_fault(uow: UnitOfWork, unit: Unit, step: Mapping[str, object]) -> FieldError | None:
    if step["what"] == "renamed":
        return None if unit.name == step["new"] else FieldError("list_name_changed", {"unit": unit.name})
    if step["what"] == "ended":
        if unit.until_day is None or unit.until_day.isoformat() != step["last_day"]:
            return FieldError("list_unit_changed", {"unit": unit.name})
        return FieldError("list_dossier_stopped", {"unit": unit.name}) if step["stopped"] else None
    if unit.until_day is not None:
        return FieldError("list_unit_changed", {"unit": unit.name})
    if uow.units.children(unit.id) or uow.accounts.at_unit(unit.id):
        return FieldError("list_unit_used", {"unit": unit.name})
    begun = [
        d for d in uow.dossiers.of_unit(unit.id) if d.state is not DossierState.DRAFT or uow.dossiers.submissions(d.id)
    ]
    return FieldError("list_unit_used", {"unit": unit.name}) if begun else None


def _take_back(uow: UnitOfWork, unit: Unit, step: Mapping[str, object], *, actor: Actor, now: datetime) -> None:
    if step["what"] == "renamed":
        units.rename_unit(uow, unit.id, str(step["old"]), actor=actor, now=now)
    elif step["what"] == "ended":
        uow.units.save(replace(unit, until_day=None))
        kept = {int(str(one["id"])): str(one["until"]) for one in _positions(step)}
        for position, _ in uow.accounts.at_unit(unit.id):
            if position.id in kept:
                until = date.fromisoformat(kept[position.id]) if kept[position.id] else None
                uow.accounts.save_position(replace(position, until_day=until))
    else:
        today = local_day(now)
        arranging.end(uow, unit.id, last_day=today, successor_code="", dispatch="–", actor=actor, now=now)
        # It never was: its code is free again, and it stands on no day.
        gone = uow.units.get(unit.id)
        uow.units.save(replace(gone, code=f"{unit.code}~{unit.id}", until_day=unit.from_day - timedelta(days=1)))


def _positions(step: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    found = step.get("positions")
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list | tuple) else []


def _note(
    uow: UnitOfWork, kind: str, steps: Sequence[Mapping[str, object]], dispatch: str, *, actor: Actor, now: datetime
) -> ListChange:
    made = list_changes.remember(uow, kind, steps, actor=actor, now=now)
    uow.audit.write(_line(made, f"unit_list_{kind}", nfc(dispatch.strip()), actor=actor, now=now))
    return made


def _line(change: ListChange, event: str, dispatch: str, *, actor: Actor, now: datetime) -> AuditLine:
    count = {what: sum(step["what"] == what for step in change.steps) for what in ("renamed", "ended", "added")}
    return list_changes.line(change, event, {**count, "dispatch": dispatch}, actor=actor, now=now)
