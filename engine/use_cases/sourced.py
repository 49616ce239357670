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
from engine.rules.units import Unit
from engine.use_cases.runs import Run

#: Answers which share of a criterion's full points (0 to 1) a unit has reached; None: nothing stands yet.
Finder = Callable[[UnitOfWork, Run, Source, Unit, datetime], Decimal | None]


def found(uow: UnitOfWork, run: Run, criteria: CriteriaSet, unit: Unit, *, now: datetime) -> dict[str, Decimal]:
    """The points that stand already for a unit, by criterion key."""
    points: dict[str, Decimal] = {}
    part = run.model.part_of(unit.cohort, unit.kind)
    for criterion in applicable(criteria, part, unit.kind):
        source = criterion.source
        share = FINDERS[source.kind](uow, run, source, unit, now) if source and source.kind in FINDERS else None
        if share is not None:
            points[criterion.key] = half_up(criterion.max_points * max(Decimal(0), min(Decimal(1), share)))
    return points


def filled(uow: UnitOfWork, run: Run, criteria: CriteriaSet, unit: Unit, given: Given, *, now: datetime) -> Given:
    """What was given, with the points that stand already: nobody gives others for these."""
    if all(criterion.source is None for criterion in criteria.criteria):
        return given
    return replace(given, points={**given.points, **found(uow, run, criteria, unit, now=now)})


def origin(uow: UnitOfWork, criterion: Criterion) -> str:
    """Whose result it is, for people: the model's name, else the key."""
    source = criterion.source
    model = uow.models.latest(source.model) if source is not None and source.model else None
    return model.name if model is not None else (source.key if source is not None else "")


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


#: Where each kind of source is looked up; kinds that nobody answers yet are left to people.
FINDERS: Mapping[SourceKind, Finder] = {SourceKind.POINTS: _points, SourceKind.TITLE: _title}
