"""When and where is a questionnaire held? One round of it in a cycle, one place per unit, numbered sheets, kept answers.

A round is anonymous: an answer that came by a link knows neither the link nor the moment, and a link only knows that it
was used. What was printed and entered by clerks keeps the number of its sheet, which has no name on it either.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.rules.cycles import CycleId
from engine.rules.surveys import Origin
from engine.rules.units import UnitId

#: Letters of links and printed codes: nobody takes one for another.
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH = 14
#: Sheets that are printed at once, at most.
MOST_SHEETS = 500


class RoundState(StrEnum):
    """Answers are taken while it is open; closing fixes the results."""

    OPEN = "open"
    CLOSED = "closed"


class AnswerState(StrEnum):
    """Whether an answer counts."""

    COUNTED = "counted"
    DIFFERS = "differs"  # two people read the sheet differently: not counted until that is settled


class Door(StrEnum):
    """What somebody finds who follows a link."""

    OPEN = "open"
    NOT_YET = "not_yet"
    OVER = "over"  # the last day has passed
    CLOSED = "closed"
    USED = "used"  # the link was good once


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRound:
    """A questionnaire in one cycle, on the version of the model with which it was opened."""

    id: int
    cycle_id: CycleId
    key: str  #: of the questionnaire
    unit_id: UnitId  #: who holds it: its officers lead it beside those of the cycle's leading unit
    version: str  #: sha256 of the pack: questions never change while they are asked
    state: RoundState
    first_day: date  #: answers by link are taken from this day …
    last_day: date | None  #: … to this one, both inclusive; None: until it is closed
    opened_at: datetime
    opened_by_id: int | None
    opened_by_name: str
    closed_at: datetime | None
    row_version: int

    def door(self, day: date) -> Door:
        """What a link leads to on `day`."""
        if self.state is RoundState.CLOSED:
            return Door.CLOSED
        if day < self.first_day:
            return Door.NOT_YET
        return Door.OVER if self.last_day is not None and day > self.last_day else Door.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyPlace:
    """One unit in which the round is held."""

    id: int
    round_id: int
    unit_id: UnitId
    token: str  #: of the unit's open link
    batches: int  #: of numbered sheets that were made
    sheets: int  #: the highest number of a sheet
    row_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveySheet:
    """A numbered sheet: a questionnaire on paper, a card with a code, or both; good for one answer."""

    id: int
    place_id: int
    batch: int  #: from 1 at its place
    number: int  #: from 1 at its place
    token: str
    used: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyAnswer:
    """One person's answers, as `surveys.canonical` gives them."""

    id: int
    place_id: int
    origin: Origin
    state: AnswerState
    day: date  #: never the moment
    answers: Mapping[str, object]
    once_sha256: str | None  #: of the page that was sent, so that sending it twice counts once
    sheet_id: int | None  #: of what clerks entered; never of what came by a link
    upload: str  #: of what came as a spreadsheet: which one
    by_id: int | None  #: the clerk who entered it first
    checked: bool  #: entered a second time, by somebody else
    second: Mapping[str, object]  #: what the second person entered
    second_by_id: int | None
    settled_by_id: int | None  #: who decided between the two
    row_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCount:
    """How many answers of one origin and state a place has."""

    place_id: int
    origin: Origin
    state: AnswerState
    number: int
    checked: int  #: of them entered twice


def counted(answers: Iterable[SurveyAnswer]) -> list[Mapping[str, object]]:
    """The answers that count."""
    return [answer.answers for answer in answers if answer.state is AnswerState.COUNTED]
