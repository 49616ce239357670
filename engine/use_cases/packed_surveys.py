"""What of a cycle's surveys goes into its evidence package? What was asked of whom, how many answered by which way, and what it comes to.

Never a single answer and never a text that somebody wrote: nobody can be found in a package. How often an answer was given stands
there from the minimum sample on, as on the pages. Of a confidential survey only that it was held, and how many sheets there are.
"""

from collections.abc import Iterator, Mapping, Sequence

from engine.ports.store import UnitOfWork
from engine.rules.cycles import Cycle
from engine.rules.surveys import Count, QuestionKind, Result, tally
from engine.rules.units import UnitId
from engine.use_cases import survey_results, surveys
from engine.use_cases.surveys import Held, Standing


def records(uow: UnitOfWork, cycle: Cycle, unit_id: UnitId | None) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """Key, title and content of each survey that was held in the cycle; of one unit's alone where `unit_id` is given."""
    for held in sorted(uow.surveys.of_cycle(cycle.id), key=lambda one: one.key):
        found = surveys.load(uow, cycle.id, held.key)
        rows = surveys.standings(uow, found, None if unit_id is None else [unit_id])
        if rows:
            yield held.key, found.survey.title, _record(found, rows, whole=unit_id is None)


def _record(found: Held, rows: Sequence[Standing], *, whole: bool) -> Mapping[str, object]:
    held, survey = found.round, found.survey
    told: dict[str, object] = {
        "key": held.key,
        "title": survey.title,
        "model_version": held.version,
        "form": f"mo-hinh/forms/{survey.form}.json",
        "asked": survey.asked,
        "source": survey.source,
        "held_by": found.holder.code,
        "confidential": survey.confidential,
        "state": held.state,
        "first_day": held.first_day,
        "last_day": held.last_day,
        "opened_at": held.opened_at,
        "closed_at": held.closed_at,
        "minimum_sample": survey.minimum,
        "units": [_unit(row, results=not survey.confidential) for row in rows],
    }
    if survey.confidential:
        return told
    if whole:
        sheets = [row.kept for row in rows]
        told["overall"] = [_result(survey_results.overall(survey, own, sheets)) for own in survey.indicators]
    told["answers"] = _counts(found, rows)
    return told


def _unit(row: Standing, *, results: bool) -> Mapping[str, object]:
    told: dict[str, object] = {
        "unit_code": row.unit.code,
        "unit_name": row.unit.name,
        "printed": row.place.sheets,
        "sheets": row.sheets,
        "sheets_by_origin": {origin.value: number for origin, number in sorted(row.origins.items())},
        "entered_twice": row.checked,
        "not_settled": row.differing,
    }
    return told | {"results": [_result(own) for own in row.results]} if results else told


def _result(own: Result) -> Mapping[str, object]:
    return {
        "indicator": own.indicator.key,
        "label": own.indicator.label,
        "measure": own.indicator.measure,
        "sample": own.sheets,
        "minimum_sample": own.minimum,
        "value": own.value,
        "gap": own.gap,
    }


def _counts(found: Held, rows: Sequence[Standing]) -> Sequence[Mapping[str, object]]:
    """How often each answer was given in the units with enough sheets; written texts are left out."""
    survey = found.survey
    enough = [row for row in rows if row.sheets >= max(1, survey.minimum)]
    if not enough:
        return []
    counted = tally(survey, [sheet for row in enough for sheet in row.kept])
    return [_count(own) for own in counted if own.question.kind is not QuestionKind.TEXT]


def _count(own: Count) -> Mapping[str, object]:
    return {"question": own.question.key, "text": own.question.text, "answered": own.answered, "counts": own.counts}
