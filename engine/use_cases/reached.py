"""What has been counted so far, held against the year's targets? Rows for forms (unit by unit) and for documents (the model)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.dossiers import WorkItem
from engine.rules.figures import Entry, Indicator, Period
from engine.rules.gathering import of_year
from engine.rules.targets import Figure, Measure, judge, reached, shown
from engine.rules.targets import of_year as targets_of_year
from engine.rules.text import number_text
from engine.rules.units import UnitId
from engine.use_cases import targets
from engine.use_cases.figures import period_of
from engine.use_cases.runs import Run

#: Name of the list in a document, and its columns.
LIST, COLUMNS = "targets", ("number", "label", "asked", "reached", "met", "source")
#: What a document says of a target.
_SAID: Mapping[bool | None, str] = {True: "Đạt", False: "Chưa đạt", None: "Chưa đánh giá được"}
#: What a form's column says of it.
_JUDGED: Mapping[bool | None, str] = {True: "met", False: "not_met", None: "unknown"}


def target_rows(uow: UnitOfWork, run: Run, *, today: date) -> list[dict[str, str]]:
    """The targets of the cycle's year with what the city has reached, as a document lists them."""
    found = [
        line
        for line in targets.lines(uow, [run.model], [run.cycle.year], today=today)
        if line.target is not None and line.verdict is not None
    ]
    return [
        {
            "number": str(n),
            "label": line.indicator.label,
            "asked": line.target.wording if line.target else "",
            "reached": _amount(line.indicator, line.verdict.reached if line.verdict else None),
            "met": _SAID[line.verdict.met if line.verdict else None],
            "source": line.target.source if line.target else "",
        }
        for n, line in enumerate(found, 1)
    ]


def unit_figures(uow: UnitOfWork, run: Run, item: WorkItem | None) -> Mapping[UnitId, Mapping[str, object]]:
    """What each unit counted of the indicators that units count: under the indicator's key the number or percentage, under
    `<key>_met` whether that reaches the year's target (met, not_met, unknown).

    Of the quarter that the task is about; where it is about none, of the year so far.
    """
    counted = [own for own in run.model.indicators if own.unit_kinds and own.origin is None]
    if not counted:
        return {}
    rows: dict[tuple[str, UnitId], list[Entry]] = {}
    for entry in uow.figures.standing([run.model.key], run.cycle.year, run.cycle.year):
        rows.setdefault((entry.indicator, entry.unit_id), []).append(entry)
    found: dict[UnitId, dict[str, object]] = {}
    for own in counted:
        period = period_of(run, item, own) if item is not None else Period(year=run.cycle.year)
        for unit_id in {unit for key, unit in rows if key == own.key}:
            figure = _figure(own, rows[own.key, unit_id], period)
            found.setdefault(unit_id, {}).update(_cells(run.model, own, figure, run.cycle.year))
    return found


def _figure(indicator: Indicator, entries: list[Entry], period: Period) -> Figure:
    if period.quarter:
        return next((entry.figure for entry in entries if entry.quarter == period.quarter), Figure())
    year = of_year(indicator, entries)
    return year.figure if year is not None else Figure()


def _cells(model: CycleModel, indicator: Indicator, figure: Figure, year: int) -> dict[str, object]:
    exact = reached(indicator.measure, figure)
    target = next((t for t in targets_of_year(model.targets, year) if t.indicator == indicator.key), None)
    judged = judge(target, figure).met if target is not None else None
    value = shown(exact) if isinstance(exact, Fraction) else None
    return {indicator.key: value, f"{indicator.key}_met": _JUDGED[judged]}


def _amount(indicator: Indicator, value: Decimal | None) -> str:
    if value is None:
        return ""
    text = number_text(value.normalize() if value == value.to_integral_value() else value)
    return (
        f"{text}%" if indicator.measure in (Measure.PERCENT, Measure.REDUCTION) else f"{text} {indicator.unit}".strip()
    )
