"""How do the figures of a model and year come in by a list? Looked at row by row, carried out whole or not at all, undone by new rows.

A cell that is empty leaves what stands; a row that says what stands already changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from engine.errors import FieldError, Invalid, NotPermitted, WrongState
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.figures import QUARTERS, WHOLE_YEAR, Entry, Indicator, Part, Period
from engine.rules.targets import Measure
from engine.rules.text import number_text
from engine.rules.unit_lists import ListChange
from engine.rules.units import Actor, Unit, UnitId
from engine.use_cases import figures, list_changes, owning
from engine.use_cases.figures import Stated
from engine.use_cases.list_changes import About, Checked, Step

KIND = "figures"
#: Where a figure is from that was not there before a list which was undone.
UNDONE = "Hoàn tác danh sách đã nhập"
#: Parts that only figures of one measure have.
_OF_MEASURE = {Part.WHOLE: Measure.PERCENT, Part.BASELINE: Measure.REDUCTION}
_Key = tuple[str, UnitId, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a list of figures; parts that are not named stay as they stand."""

    code: str
    indicator: str
    quarter: int | None  #: None: it cannot be read
    parts: Mapping[Part, Decimal] = field(default_factory=dict)
    taken_back: bool = False
    source: str = ""
    document: str = ""
    seen: int | None = None  #: number of the row that stood when the list was made, 0: none; None: not said


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One figure that may be stated, with what stands of it."""

    unit: Unit
    indicator: Indicator
    quarter: int
    standing: Entry | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """What is known before the list."""

    model: CycleModel
    year: int
    actor: Actor
    lead: Sequence[Unit]
    units: Mapping[str, Unit]
    standing: Mapping[_Key, Entry]


def about(model: CycleModel, year: int) -> About:
    """Whose values a list of the model and year fills in."""
    facts = {"model": model.key, "period_year": year}
    return About(key=f"{KIND}:{model.key}:{year}", target=f"figure:{model.key}", facts=facts)


def places(uow: UnitOfWork, model: CycleModel, year: int, *, actor: Actor, indicator: str = "") -> list[Place]:
    """Every figure of the model (or of one indicator) in the year that the actor may state: by indicator, unit, period."""
    sight = _sight(uow, model, year, actor)
    found: list[Place] = []
    for own in (i for i in model.indicators if i.origin is None and indicator in ("", i.key)):
        units = [u for u in sight.units.values() if u.until_day is None or u in sight.lead]
        quarters = (*QUARTERS, WHOLE_YEAR) if own.quarterly else (WHOLE_YEAR,)
        found += [
            Place(unit=unit, indicator=own, quarter=quarter, standing=sight.standing.get((own.key, unit.id, quarter)))
            for unit in units
            if figures.may_state_of(sight.lead, own, unit, actor)
            for quarter in quarters
        ]
    return found


def may_fill(uow: UnitOfWork, model: CycleModel, year: int, *, actor: Actor) -> bool:
    """Whether there is a figure of the model in the year that the actor may state."""
    sight = _sight(uow, model, year, actor)
    return any(
        figures.may_state_of(sight.lead, own, unit, actor)
        for own in model.indicators
        if own.origin is None
        for unit in sight.units.values()
    )


def check(uow: UnitOfWork, model: CycleModel, year: int, rows: Sequence[Row], *, actor: Actor) -> Checked:
    """Say what each row would change and what is wrong with it; nothing changes."""
    return _looked_at(_sight(uow, model, year, actor), rows)[0]


def carry_out(
    uow: UnitOfWork, model: CycleModel, year: int, rows: Sequence[Row], *, actor: Actor, now: datetime
) -> ListChange | None:
    """State the figures of a list, each as a new row; None when it changes nothing. Refused whole (`Invalid`): what `check` says."""
    checked, changes = _looked_at(_sight(uow, model, year, actor), rows)
    if checked.errors:
        raise Invalid(checked.errors)
    if not changes:
        return None
    entries = [_entry(model, year, place, stated, actor=actor, now=now) for place, stated in changes]
    uow.figures.add(entries)
    steps = [_step(place, entry) for (place, _), entry in zip(changes, entries, strict=True)]
    return list_changes.keep(uow, KIND, about(model, year), steps, actor=actor, now=now)


def undo_fault(uow: UnitOfWork, model: CycleModel, year: int, change: ListChange, *, actor: Actor) -> FieldError | None:
    """Why a list cannot be undone any more; None: it can."""
    if change.undone_at is not None:
        return FieldError("list_undone", {"name": change.undone_by})
    sight = _sight(uow, model, year, actor)
    by_id = {unit.id: unit for unit in sight.units.values()}
    for step in change.steps:
        key, indicator = _key(step), model.indicator(str(step["indicator"]))
        unit = by_id.get(key[1]) or uow.units.get(key[1])
        if indicator is None or not figures.may_state_of(sight.lead, indicator, unit, actor):
            return FieldError("not_your_figure", {})
        stands = sight.standing.get(key)
        if stands is None or stands.number != step["number"]:
            return FieldError("list_figure_changed", {"indicator": indicator.label, "unit": unit.name})
    return None


def undo(
    uow: UnitOfWork, model: CycleModel, year: int, change: ListChange, *, actor: Actor, now: datetime
) -> ListChange:
    """Let what stood before a list stand again, as new rows. Refused (`WrongState`) with what stands in the way."""
    if fault := undo_fault(uow, model, year, change, actor=actor):
        if fault.code == "not_your_figure":
            raise NotPermitted("not_your_figure", unit=None)
        raise WrongState(fault.code, **dict(fault.facts))
    uow.figures.add([_restored(model, year, step, actor=actor, now=now) for step in change.steps])
    return list_changes.undone(uow, change, about(model, year), actor=actor, now=now)


# ---- looking


def _sight(uow: UnitOfWork, model: CycleModel, year: int, actor: Actor) -> _Sight:
    lead = figures.lead_units(uow, model, year)
    kinds = sorted({kind for own in model.indicators for kind in own.unit_kinds})
    below = owning.taking_part(uow, model, uow.figures.units_of(kinds)) if kinds else []
    standing = uow.figures.standing([model.key], year, year)
    return _Sight(
        model=model,
        year=year,
        actor=actor,
        lead=lead,
        units={unit.code: unit for unit in dict.fromkeys((*lead, *below))},
        standing={(e.indicator, e.unit_id, e.quarter): e for e in standing},
    )


def _looked_at(sight: _Sight, rows: Sequence[Row]) -> tuple[Checked, list[tuple[Place, Stated]]]:
    checked, changes = Checked(), []
    seen: set[_Key] = set()
    for index, row in enumerate(rows):
        place = _place(sight, row)
        if isinstance(place, tuple):
            checked.errors[f"rows.{index}.{place[0]}"] = place[1]
            continue
        key = (place.indicator.key, place.unit.id, place.quarter)
        if key in seen:
            checked.errors[f"rows.{index}.code"] = FieldError("figure_twice", {})
        seen.add(key)
        stated = _stated(sight, row, place)
        if stated is None:
            continue
        changes.append((place, stated))
        checked.changed.add(index)
        _note(checked, index, row, place, stated)
    return checked, changes


def _place(sight: _Sight, row: Row) -> Place | tuple[str, FieldError]:
    unit, indicator = sight.units.get(row.code), sight.model.indicator(row.indicator)
    if indicator is None:
        return "indicator", FieldError("unknown_indicator", {"indicator": row.indicator})
    if indicator.origin is not None:
        return "indicator", FieldError("figure_is_counted", {"indicator": indicator.label})
    if unit is None:
        return "code", FieldError("unknown_unit" if row.code else "list_no_code", {"code": row.code})
    if not figures.may_state_of(sight.lead, indicator, unit, sight.actor):
        return "code", FieldError("not_your_figure", {})
    if row.quarter is None or row.quarter not in (*(QUARTERS if indicator.quarterly else ()), WHOLE_YEAR):
        return "period", FieldError("figure_quarter", {"indicator": indicator.label})
    standing = sight.standing.get((indicator.key, unit.id, row.quarter))
    return Place(unit=unit, indicator=indicator, quarter=row.quarter, standing=standing)


def _stated(sight: _Sight, row: Row, place: Place) -> Stated | None:
    """The figure as it would stand; None: nothing changes."""
    stood = _numbers(place.standing)
    source = row.source or (place.standing.source if place.standing else "")
    document = row.document or (place.standing.document if place.standing else "")
    parts: Mapping[Part, Decimal | None] = dict.fromkeys(Part) if row.taken_back else {**stood, **row.parts}
    same_words = place.standing is None or (source, document) == (place.standing.source, place.standing.document)
    said = bool(row.parts) or bool(row.source or row.document)
    if parts == stood and (same_words if place.standing is not None or row.taken_back else not said):
        return None
    return Stated(
        indicator=place.indicator.key,
        unit_id=place.unit.id,
        period=Period(year=sight.year, quarter=place.quarter),
        value=parts[Part.VALUE],
        whole=parts[Part.WHOLE],
        baseline=parts[Part.BASELINE],
        source=source[:500],
        document=document[:60],
    )


def _note(checked: Checked, index: int, row: Row, place: Place, stated: Stated) -> None:
    """What is wrong with a row that changes something, and what stood in its cells."""
    errors = figures.faults(place.indicator, stated)
    if stated.value is None and not row.taken_back:
        errors.setdefault("value", FieldError("list_no_value", {}))
    stood = _numbers(place.standing)
    for part, measure in _OF_MEASURE.items():
        if place.indicator.measure is not measure and part in row.parts and row.parts[part] != stood[part]:
            errors[part.value] = FieldError("list_part_unused", {"indicator": place.indicator.label})
    number = place.standing.number if place.standing else 0
    if row.seen is not None and row.seen != number:
        checked.overtaken.add(index)
        errors["seen"] = _overtaken(place.standing)
    columns = {"year": "period", "quarter": "period"}
    checked.errors |= {f"rows.{index}.{columns.get(name, name)}": error for name, error in errors.items()}
    for part, value in stood.items():
        if value is not None and value != getattr(stated, part.value):
            checked.before[f"rows.{index}.{part.value}"] = number_text(value)


def _overtaken(standing: Entry | None) -> FieldError:
    if standing is None:
        return FieldError("list_row_new", {})
    value = number_text(standing.value) if standing.value is not None else "–"
    facts = {"name": standing.by_name, "at": standing.entered_at, "value": value, "number": standing.number}
    return FieldError("list_row_overtaken", facts)


def _numbers(entry: Entry | None) -> dict[Part, Decimal | None]:
    return {part: getattr(entry, part.value) if entry is not None else None for part in Part}


# ---- doing and taking back


def _entry(model: CycleModel, year: int, place: Place, stated: Stated, *, actor: Actor, now: datetime) -> Entry:
    parts = {Part.VALUE: stated.value, Part.WHOLE: stated.whole, Part.BASELINE: stated.baseline}
    number = place.standing.number + 1 if place.standing else 1
    return figures.new_entry(model, place.indicator, place.unit.id, Period(year=year, quarter=place.quarter), parts,
                             number, source=stated.source.strip(), document=stated.document.strip(), actor=actor,
                             now=now)  # fmt: skip


def _step(place: Place, entry: Entry) -> Step:
    stood = place.standing
    return {
        "what": "figure",
        "unit": entry.unit_id,
        "name": place.unit.name,
        "indicator": entry.indicator,
        "quarter": entry.quarter,
        "number": entry.number,
        "old": {part.value: value for part, value in _numbers(stood).items()},
        "old_source": stood.source if stood else "",
        "old_document": stood.document if stood else "",
        "new": {part.value: value for part, value in _numbers(entry).items()},
    }


def _restored(model: CycleModel, year: int, step: Step, *, actor: Actor, now: datetime) -> Entry:
    indicator, unit, quarter = _key(step)
    own = model.indicator(indicator)
    assert own is not None  # noqa: S101
    old = step["old"]
    parts = {part: old.get(part.value) for part in Part} if isinstance(old, Mapping) else {}
    return figures.new_entry(model, own, unit, Period(year=year, quarter=quarter), parts,
                             int(str(step["number"])) + 1, source=str(step["old_source"]) or UNDONE,
                             document=str(step["old_document"]), actor=actor, now=now)  # fmt: skip


def _key(step: Step) -> _Key:
    return str(step["indicator"]), UnitId(int(str(step["unit"]))), int(str(step["quarter"]))
