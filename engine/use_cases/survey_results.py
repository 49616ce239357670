"""What does a survey of a cycle come to? Figures of one unit or of all together, from the answers that count."""

from collections.abc import Iterable, Sequence

from engine.errors import NotFound
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import CycleId
from engine.rules.survey_rounds import SurveyAnswer, counted
from engine.rules.surveys import Answers, Gap, Indicator, Result, Survey, restored, result
from engine.rules.units import UnitId


def result_of(
    uow: UnitOfWork, cycle_id: CycleId, key: str, unit_id: UnitId | None, indicator: str | None = None
) -> Result:
    """What a survey's indicator (without a key: the first) comes to in a unit; `None`: in all units with enough sheets.

    `value` and `figure` are None where `gap` says why: `not_held` (not opened, or not in this unit), `too_few`.
    `NotFound`: the model of the cycle has no such survey or indicator.
    """
    cycle = uow.cycles.get(cycle_id)
    held = uow.surveys.find(cycle.id, key)
    survey = declared(uow.models.get(held.version if held is not None else cycle.version), key)
    wanted = _indicator(survey, indicator)
    places = uow.surveys.places(held.id) if held is not None else []
    if unit_id is not None:
        places = [place for place in places if place.unit_id == unit_id]
    if not places:
        return Result(indicator=wanted, sheets=0, minimum=survey.minimum, value=None, figure=None, gap=Gap.NOT_HELD)
    if unit_id is not None:
        return result(survey, wanted, sheets_of(uow.surveys.answers(places[0].id)))
    return overall(survey, wanted, by_place(uow, places[0].round_id).values())


def overall(survey: Survey, indicator: Indicator, sheets: Iterable[Sequence[Answers]]) -> Result:
    """The indicator over all units: the answers of those that reached the minimum sample, together."""
    enough = [own for own in sheets if result(survey, indicator, own).gap is None]
    return result(survey, indicator, [sheet for own in enough for sheet in own])


def sheets_of(answers: Sequence[SurveyAnswer]) -> list[Answers]:
    """The answers that count, as the rules read them."""
    return [restored(own) for own in counted(answers)]


def by_place(uow: UnitOfWork, round_id: int) -> dict[int, list[Answers]]:
    """The answers that count, by place."""
    found: dict[int, list[SurveyAnswer]] = {}
    for own in uow.surveys.all_answers(round_id):
        found.setdefault(own.place_id, []).append(own)
    return {place: sheets_of(own) for place, own in found.items()}


def declared(model: CycleModel, key: str) -> Survey:
    """The model's questionnaire; `NotFound` where it has none of that key."""
    if key not in model.surveys:
        raise NotFound("survey", key)
    return model.surveys[key]


def _indicator(survey: Survey, key: str | None) -> Indicator:
    found = next((i for i in survey.indicators if key is None or i.key == key), None)
    if found is None:
        raise NotFound("survey_indicator", key or survey.key)
    return found
