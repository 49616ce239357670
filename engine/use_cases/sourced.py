"""Which criteria take their points from a result that stands already? Another model's, a title, a figure, a survey.

What is not known yet is left to people, and may hold the score as any other.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from engine.ports.store import UnitOfWork
from engine.rules.criteria import CriteriaSet, Criterion, Source, SourceKind
from engine.rules.deadlines import local_day
from engine.rules.scores import Given
from engine.rules.scoring import applicable, half_up
from engine.rules.survey_rounds import RoundState
from engine.rules.surveys import Measure as SurveyMeasure
from engine.rules.targets import Measure
from engine.rules.units import Unit
from engine.use_cases import survey_results
from engine.use_cases.owning import whole
from engine.use_cases.runs import Run

#: Answers which share of a criterion's full points (0 to 1) a unit has reached; None: nothing stands yet.
Finder = Callable[[UnitOfWork, Run, Source, Unit, datetime], Decimal | None]


@whole
def found(uow: UnitOfWork, run: Run, criteria: CriteriaSet, unit: Unit, *, now: datetime) -> dict[str, Decimal]:
    """The points that stand already for a unit, by criterion key."""
    points: dict[str, Decimal] = {}
    part = run.model.part_of(unit.cohort, unit.kind)
    for criterion in applicable(criteria, part, unit.kind):
        source = criterion.source
        share = FINDERS[source.kind](uow, run, source, unit, now) if source else None
        if share is not None:
            points[criterion.key] = half_up(criterion.max_points * max(Decimal(0), min(Decimal(1), share)))
    return points


def filled(uow: UnitOfWork, run: Run, criteria: CriteriaSet, unit: Unit, given: Given, *, now: datetime) -> Given:
    """What was given, with the points that stand already: nobody gives others for these."""
    if all(criterion.source is None for criterion in criteria.criteria):
        return given
    return replace(given, points={**given.points, **found(uow, run, criteria, unit, now=now)})


def origin(uow: UnitOfWork, run: Run, criterion: Criterion) -> str:
    """Whose result it is, for people: the name of the other model or of the survey."""
    source = criterion.source
    if source is None:
        return ""
    survey = run.model.surveys.get(source.key.partition(":")[0])
    if source.kind is SourceKind.SURVEY and survey is not None:
        return survey.title
    model = uow.models.latest(source.model) if source.model else None
    return model.name if model is not None else source.key


def _points(uow: UnitOfWork, run: Run, source: Source, unit: Unit, now: datetime) -> Decimal | None:
    """The unit's points in the other model's cycle of the same year, once its dossier there has come to an end."""
    cycle = uow.cycles.find(source.model, run.cycle.year)
    if cycle is None:
        return None
    own = [d for d in uow.dossiers.of_unit(unit.id) if d.cycle_id == cycle.id and d.closed_at is not None]
    scores = [d.score for d in own if d.score is not None]
    return scores[-1] / 100 if scores else None


def _title(uow: UnitOfWork, run: Run, source: Source, unit: Unit, now: datetime) -> Decimal | None:
    """Full points while the unit holds the title, else none; nothing as long as nobody can hold it."""
    if uow.models.latest(source.model) is None:
        return None
    day = local_day(now)
    held = (t for t in uow.titles.of_unit(unit.id) if (t.model, t.key, t.member_name) == (source.model, source.key, ""))
    return Decimal(int(any(title.held_on(day) for title in held)))


def _indicator(uow: UnitOfWork, run: Run, source: Source, unit: Unit, now: datetime) -> Decimal | None:
    """The share that the unit has reached this year by a percentage of the other model, in its latest period."""
    model = uow.models.latest(source.model)
    known = {i.key: i.measure for i in model.indicators} if model is not None else {}
    if known.get(source.key) is not Measure.PERCENT:
        return None
    year = run.cycle.year
    own = [
        e for e in uow.figures.standing([source.model], year, year) if (e.indicator, e.unit_id) == (source.key, unit.id)
    ]
    entry = max(own, key=lambda e: (e.quarter == 0, e.quarter), default=None)
    if entry is None or entry.value is None or entry.whole == 0:
        return None
    return entry.value / (entry.whole or 100)


def _survey(uow: UnitOfWork, run: Run, source: Source, unit: Unit, now: datetime) -> Decimal | None:
    """The share of a survey of the cycle ("survey" or "survey:indicator") that is closed, with enough sheets of the unit."""
    key, _, indicator = source.key.partition(":")
    survey, held = run.model.surveys.get(key), uow.surveys.find(run.cycle.id, key)
    if survey is None or held is None or held.state is RoundState.OPEN:
        return None
    own = unit.id if unit.kind in survey.unit_kinds else None
    result = survey_results.result_of(uow, run.cycle.id, key, own, indicator or None)
    if result.value is None or result.indicator.measure is not SurveyMeasure.SHARE:
        return None
    return result.value / 100


#: Where each kind of source is looked up.
FINDERS: Mapping[SourceKind, Finder] = {
    SourceKind.POINTS: _points,
    SourceKind.TITLE: _title,
    SourceKind.INDICATOR: _indicator,
    SourceKind.SURVEY: _survey,
}
