"""How do figures of indicators come in? By hand with their source, or with a form that is handed in; never over an old row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from engine.errors import FieldError, Invalid, NotPermitted
from engine.ports.store import NEW, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycle_models import CycleModel
from engine.rules.deadlines import is_for
from engine.rules.dossiers import Submission, WorkItem
from engine.rules.figures import (
    QUARTERS,
    WHOLE_YEAR,
    Entry,
    Indicator,
    Mark,
    Part,
    Period,
    is_ambiguous,
    marks,
    quarter_of,
)
from engine.rules.permissions import CLERK, DEPUTY, OFFICER, SECRETARY
from engine.rules.units import Actor, Unit, UnitId
from engine.use_cases import owning, runs
from engine.use_cases.acts import Answers, number, table
from engine.use_cases.runs import Run

#: The cell of a table's fixed row that says whose figure the row is.
UNIT_CELL = "code"
#: Years that a figure may be about.
FIRST_YEAR, LAST_YEAR = 2000, 2100
Parts = Mapping[Part, Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A figure as a person states it; `value` None takes it back."""

    indicator: str
    unit_id: UnitId
    period: Period
    value: Decimal | None
    whole: Decimal | None = None
    baseline: Decimal | None = None
    source: str
    document: str = ""


def state(uow: UnitOfWork, model: CycleModel, stated: Stated, *, actor: Actor, now: datetime) -> Entry:
    """Keep a figure by hand, or the correction of one: a new row that stands from now on.

    Refused: neither the lead unit's officer nor of the unit itself (`NotPermitted`); an unknown indicator or one that
    the cycle counts, a wrong period, a number that can be read in two ways, no source (`Invalid`).
    """
    indicator, unit = _known(model, stated.indicator), uow.units.get(stated.unit_id)
    check_may_state(uow, model, indicator, unit, stated.period.year, actor)
    if errors := faults(indicator, stated):
        raise Invalid(errors)
    before = uow.figures.history(model.key, indicator.key, unit.id, stated.period.year, stated.period.quarter)
    parts = {Part.VALUE: stated.value, Part.WHOLE: stated.whole, Part.BASELINE: stated.baseline}
    entry = new_entry(model, indicator, unit.id, stated.period, parts, len(before) + 1, actor=actor, now=now,
                      source=stated.source.strip(), document=stated.document.strip())  # fmt: skip
    uow.figures.add([entry])
    event = "figure_taken_back" if stated.value is None else "figure_corrected" if before else "figure_stated"
    uow.audit.write(_line(event, indicator, unit, entry, before[-1] if before else None))
    return entry


def check_may_state(
    uow: UnitOfWork, model: CycleModel, indicator: Indicator, unit: Unit, year: int, actor: Actor
) -> None:
    """Refuse who is neither an officer of the lead unit nor of the unit itself, where units of its kind count."""
    if not may_state(uow, model, indicator, unit, year, actor):
        raise NotPermitted("not_your_figure", unit=unit.id)


def may_state(uow: UnitOfWork, model: CycleModel, indicator: Indicator, unit: Unit, year: int, actor: Actor) -> bool:
    """Whether the actor may state figures of this indicator for the unit."""
    if not owning.concerns(uow, model, unit):
        return False
    return may_state_of(lead_units(uow, model, year), indicator, unit, actor)


def may_state_of(lead: Sequence[Unit], indicator: Indicator, unit: Unit, actor: Actor) -> bool:
    """The same of a unit that the model concerns, with the units that lead it in the year already looked up."""
    if any(actor.holds(one.id, OFFICER, SECRETARY, DEPUTY) for one in lead):
        return unit.kind in indicator.unit_kinds or unit.id in {one.id for one in lead}
    return unit.kind in indicator.unit_kinds and actor.holds(unit.id, OFFICER, SECRETARY, DEPUTY, CLERK)


def leads(uow: UnitOfWork, model: CycleModel, year: int, actor: Actor) -> bool:
    """Whether the actor states figures for a unit that leads the model in the year."""
    return any(actor.holds(one.id, OFFICER, SECRETARY, DEPUTY) for one in lead_units(uow, model, year))


def lead_units(uow: UnitOfWork, model: CycleModel, year: int) -> list[Unit]:
    """Whose officers lead the model in the year: the unit that opened its cycle, else every unit of the lead kind."""
    cycle = uow.cycles.find(model.key, year)
    if cycle is not None:
        return [uow.units.get(cycle.unit_id)]
    return owning.leads(uow, model)


def feed(uow: UnitOfWork, run: Run, item: WorkItem, handed_in: Submission, *, actor: Actor, now: datetime) -> int:
    """Keep the figures of a form that is being handed in: how many. What it leaves empty stays as it stood.

    Refused: a number that can be read in two ways (`Invalid`).
    """
    marked = tuple(marks(run.model.forms.get(item.form or "", {})))
    if not marked:
        return 0
    found: dict[tuple[str, UnitId], dict[Part, Decimal | None]] = {}
    for mark, unit_id, value in _answered(uow, run, marked, handed_in.answers):
        found.setdefault((mark.indicator, unit_id), {})[mark.part] = value
    entries = [
        _fed(uow, run, item, handed_in, _known(run.model, key), unit_id, parts, actor=actor, now=now)
        for (key, unit_id), parts in found.items()
    ]
    uow.figures.add(entries)
    if entries:
        uow.audit.write(runs.line(run, "figures_fed", actor=actor, now=now, name=item.name, figures=len(entries)))
    return len(entries)


def period_of(run: Run, item: WorkItem, indicator: Indicator) -> Period:
    """Which year, or which quarter, a task's form counts."""
    year = run.cycle.year
    if not indicator.quarterly:
        return Period(year=year)
    group = next((g for g in run.model.groups if g.key == run.dossier.group), run.model.groups[0])
    closed = [
        period
        for rule in run.model.deadlines
        if is_for(rule, group) and (period := quarter_of(rule, item.deadline or "")) is not None
    ]
    said = item.properties.get("quarter", "")
    if said.isdecimal() and int(said) in QUARTERS:
        return Period(year=year, quarter=int(said))
    return Period(year=year + closed[0].year, quarter=closed[0].quarter) if closed else Period(year=year)


def _answered(
    uow: UnitOfWork, run: Run, marked: Sequence[Mark], answers: Answers
) -> Iterator[tuple[Mark, UnitId, Decimal]]:
    for mark in marked:
        if not mark.column:
            value = _exact(answers.get(mark.field), mark.field)
            if value is not None:
                yield mark, run.dossier.unit_id, value
            continue
        for place, row in enumerate(table(answers, mark.field)):
            value = _exact(row.get(mark.column), f"{mark.field}.{place}.{mark.column}")
            unit = uow.units.find_code(str(row.get(UNIT_CELL, "")))
            if value is not None and unit is not None:
                yield mark, unit.id, value


def _exact(answer: object, name: str) -> Decimal | None:
    value = number(answer, name)
    if value is not None and is_ambiguous(value):
        raise Invalid({name: FieldError("figure_ambiguous", {"value": value})})
    return value


def _fed(
    uow: UnitOfWork,
    run: Run,
    item: WorkItem,
    handed_in: Submission,
    indicator: Indicator,
    unit_id: UnitId,
    parts: Parts,
    *,
    actor: Actor,
    now: datetime,
) -> Entry:
    period = period_of(run, item, indicator)
    before = uow.figures.history(run.model.key, indicator.key, unit_id, period.year, period.quarter)
    stood: Parts = {part: getattr(before[-1], part.value) for part in Part} if before else {}
    return new_entry(run.model, indicator, unit_id, period, {**stood, **parts}, len(before) + 1, actor=actor, now=now,
                     source=item.name, submission_id=handed_in.id)  # fmt: skip


def new_entry(
    model: CycleModel,
    indicator: Indicator,
    unit_id: UnitId,
    period: Period,
    parts: Parts,
    place: int,
    *,
    source: str,
    document: str = "",
    submission_id: int | None = None,
    actor: Actor,
    now: datetime,
) -> Entry:
    """The row of a figure that is being stated; `place`: how many rows there are of it with this one."""
    return Entry(
        id=NEW,
        model=model.key,
        indicator=indicator.key,
        unit_id=unit_id,
        year=period.year,
        quarter=period.quarter,
        number=place,
        value=parts.get(Part.VALUE),
        whole=parts.get(Part.WHOLE),
        baseline=parts.get(Part.BASELINE),
        source=source,
        document=document,
        entered_at=now,
        by_id=actor.account_id,
        by_name=actor.full_name,
        submission_id=submission_id,
    )


def _known(model: CycleModel, key: str) -> Indicator:
    indicator = model.indicator(key)
    if indicator is None:
        raise Invalid({"indicator": FieldError("unknown_indicator", {"indicator": key})})
    return indicator


def faults(indicator: Indicator, stated: Stated) -> dict[str, FieldError]:
    """What cannot be kept of a figure as it is stated, by field of `Stated`."""
    errors: dict[str, FieldError] = {}
    if indicator.origin is not None:
        errors["indicator"] = FieldError("figure_is_counted", {"indicator": indicator.label})
    if not FIRST_YEAR <= stated.period.year <= LAST_YEAR:
        errors["year"] = FieldError("figure_year", {"first": FIRST_YEAR, "last": LAST_YEAR})
    if stated.period.quarter not in (*(QUARTERS if indicator.quarterly else ()), WHOLE_YEAR):
        errors["quarter"] = FieldError("figure_quarter", {"indicator": indicator.label})
    for part, value in ((p, getattr(stated, p.value)) for p in Part):
        if value is not None and is_ambiguous(value):
            errors[part.value] = FieldError("figure_ambiguous", {"value": value})
    if not stated.source.strip():
        errors["source"] = FieldError("figure_source", {})
    return errors


def _line(event: str, indicator: Indicator, unit: Unit, entry: Entry, before: Entry | None) -> AuditLine:
    facts = {
        "indicator": indicator.label,
        "model": entry.model,
        "unit": unit.name,
        "period_year": entry.year,
        "quarter": entry.quarter,
        "value": entry.value,
        "before": before.value if before else None,
        "source": entry.source,
        "symbol": entry.document,
    }
    return AuditLine(
        at=entry.entered_at,
        actor_id=entry.by_id,
        actor_name=entry.by_name,
        event=event,
        target=f"figure:{entry.model}/{entry.indicator}",
        unit_id=unit.id,
        facts=facts,
    )
