"""What do the virtual people of a city answer who are asked? Sheets by seed, questionnaire and unit, and nothing else."""

from datetime import datetime, timedelta
from random import Random

from engine.ports.store import UnitOfWork
from engine.rules.deadlines import local_day, start_of_day
from engine.rules.survey_rounds import Door, SurveyAnswer, SurveyRound
from engine.rules.surveys import Answer, Origin, Question, QuestionKind, Survey, canonical
from engine.rules.units import Unit
from engine.use_cases.rehearsal.script import Script
from engine.use_cases.surveys import new_answer

#: When people answer: so long after the first day, and again every week for units that join later.
_BEGIN, _AGAIN, _WEEKS = timedelta(days=2, hours=9), timedelta(days=7), 26


def first_answers(held: SurveyRound, now: datetime) -> datetime:
    """When the first people answer."""
    return max(now, start_of_day(held.first_day) + _BEGIN)


def next_answers(held: SurveyRound, now: datetime) -> datetime | None:
    """When people of units that join later answer; None: no more."""
    later = now + _AGAIN
    over = held.door(local_day(later)) is not Door.OPEN
    return None if over or later > start_of_day(held.first_day) + _AGAIN * _WEEKS else later


def respond(uow: UnitOfWork, script: Script, held: SurveyRound, *, now: datetime) -> int:
    """Let the people of every unit that has no answer yet fill in their sheets; how many they are."""
    model = uow.models.get(held.version)
    survey, made = model.surveys[held.key], list[SurveyAnswer]()
    answered = {count.place_id for count in uow.surveys.counts(held.id)}
    for place in uow.surveys.places(held.id):
        if place.id not in answered:
            unit = uow.units.get(place.unit_id)
            sheets = sheets_of(script, survey, unit)
            made += [new_answer(place.id, Origin.OPEN_LINK, own, local_day(now)) for own in sheets]
    uow.surveys.add_answers(made)
    return len(made)


def sheets_of(script: Script, survey: Survey, unit: Unit) -> list[dict[str, Answer]]:
    """A unit's sheets: about the sample, in some units too few; some units please more than others."""
    chance = script.chance(unit.code, survey.key, "survey")
    if chance.random() < script.number("survey", survey.key, "too_few", default=0.02):
        count = chance.randint(0, max(0, survey.minimum - 1))
    else:
        count = max(survey.minimum, round(survey.sample * chance.uniform(0.9, 1.1)))
    mood = script.number("survey", survey.key, "mood", default=0.8) + chance.uniform(-0.08, 0.08)
    return [canonical(survey, {q.key: _answer(q, mood, chance) for q in survey.questions}) for _ in range(count)]


def _answer(question: Question, mood: float, chance: Random) -> object:
    """One answer; the better the mood, the higher on a scale, and the earlier among words."""
    if chance.random() < 0.02:
        return None
    match question.kind:
        case QuestionKind.YES_NO:
            return chance.random() < mood
        case QuestionKind.WHOLE:
            return min(question.high, question.low + int(chance.expovariate(0.4)))
        case QuestionKind.TEXT:
            return None
        case QuestionKind.CHOICES:
            return [choice.value for choice in question.options if chance.random() < 0.4]
    scale = question.scale
    best = (
        sorted(question.options, key=lambda c: -scale[c.value])
        if len(scale) == len(question.options)
        else question.options
    )
    # A step down for each time that the mood does not hold.
    place = 0
    while place < len(best) - 1 and chance.random() > mood:
        place += 1
    return best[place].value
