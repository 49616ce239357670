"""What did the people who were asked answer? Questionnaires, answers as they are kept, counts, figures and their gaps.

A figure is never made of fewer sheets than the minimum sample: below it there is no mean and no percentage, only the
count and "too few". A survey is anonymous: nothing here knows who answered.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum
from fractions import Fraction
from typing import Final

from engine.errors import FieldError
from engine.rules.targets import Figure
from engine.rules.text import nfc

#: What one answer may be: a choice, several, yes or no, a whole number, a text.
Answer = str | tuple[str, ...] | bool | int
Answers = Mapping[str, Answer]

YES, NO = "true", "false"
#: Keys that a clerk types for yes and no.
YES_KEY, NO_KEY = "1", "2"
MOST_TEXT: Final = 2000


class QuestionKind(StrEnum):
    """How a question is answered."""

    CHOICE = "choice"
    CHOICES = "choices"  # any number of the options
    YES_NO = "yes_no"
    WHOLE = "whole"  # a whole number between two bounds, both inclusive
    TEXT = "text"


class Measure(StrEnum):
    """What the figure of an indicator is."""

    MEAN = "mean"  # of the numbers that were chosen
    SHARE = "share"  # percent of the answers that reach a level


class Gap(StrEnum):
    """Why there is no figure."""

    TOO_FEW = "too_few"  # fewer sheets than the minimum sample
    NOT_HELD = "not_held"  # not opened, or not in this unit


class Origin(StrEnum):
    """By which way an answer came."""

    LINK = "link"  # a link or QR code that is good once
    OPEN_LINK = "open_link"  # the open link of a unit
    PAPER = "paper"  # a printed sheet, entered by a clerk
    SHEET = "sheet"  # an uploaded spreadsheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option: `value` is kept, `label` is read, `digit` is printed beside the box and typed by a clerk."""

    value: str
    label: str
    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a questionnaire."""

    key: str
    text: str
    kind: QuestionKind
    options: tuple[Choice, ...] = ()
    low: int = 0  #: of WHOLE
    high: int = 0  #: of WHOLE

    @property
    def scale(self) -> Mapping[str, int]:
        """The options that are whole numbers, by their value."""
        return {c.value: int(c.value) for c in self.options if c.value.removeprefix("-").isdecimal()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """How answers become a figure: the mean of one or more questions, or the share of answers that reach a level."""

    key: str
    label: str
    measure: Measure
    questions: tuple[str, ...]
    at_least: int | None = None  #: of SHARE, where answers are numbers
    values: tuple[str, ...] = ()  #: of SHARE, where they are not; "true" and "false" of yes or no
    left_out: tuple[str, ...] = ()  #: answers that count neither for nor against ("không có ý kiến")


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A questionnaire that a model declares: who is asked, where, how many, and what becomes of the answers."""

    key: str
    title: str
    introduction: str
    asked: str  #: who is asked, for people
    form: str  #: key of the form that holds the questions
    unit_kinds: tuple[str, ...]  #: held once in each unit of these kinds
    sample: int  #: sheets aimed at in each unit
    minimum: int  #: fewer counted sheets give no figure
    deadline: str | None  #: name of the deadline that is its period
    confidential: bool  #: results are for the leading unit and the holder only
    source: str
    questions: tuple[Question, ...]
    indicators: tuple[Indicator, ...]

    def question(self, key: str) -> Question:
        """The question of that key; KeyError when there is none."""
        return {question.key: question for question in self.questions}[key]

    def indicator(self, key: str) -> Indicator:
        """The indicator of that key; KeyError when there is none."""
        return {indicator.key: indicator for indicator in self.indicators}[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How often each answer to a question was given."""

    question: Question
    answered: int  #: sheets on which the question was answered
    counts: tuple[tuple[str, int], ...]  #: (answer, how often), options in the order of asking; of texts nothing
    mean: Decimal | None  #: of numbers, two decimals, half up


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What an indicator comes to in one unit; `value` None: see `gap`."""

    indicator: Indicator
    sheets: int  #: with at least one answer that counts
    minimum: int
    value: Decimal | None  #: two decimals, half up: percent of SHARE, the mean of MEAN
    figure: Figure | None  #: the same for targets and criteria, exact where it is a share
    gap: Gap | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A question that two people who entered the same sheet read differently; None: left empty."""

    question: Question
    first: Answer | None
    second: Answer | None


def canonical(survey: Survey, answers: Mapping[str, object]) -> dict[str, Answer]:
    """The answers as they are kept: known questions in their order, choices in the order of asking, nothing empty.

    What is no answer to its question is dropped; ask `errors` before.
    """
    kept = ((q.key, _kept(q, answers.get(q.key))) for q in survey.questions)
    return {key: answer for key, answer in kept if answer is not None}


def errors(survey: Survey, answers: Mapping[str, object]) -> dict[str, FieldError]:
    """What is wrong with answers, by question: no such option, beyond the bounds, too long. Unanswered is allowed."""
    return {
        question.key: error
        for question in survey.questions
        if (error := _error(question, answers.get(question.key))) is not None
    }


def typed(question: Question, text: str) -> Answer | FieldError | None:
    """Read what a clerk typed: the digits of options, 1 for yes and 2 for no, a number, a text; empty: unanswered."""
    plain = nfc(" ".join(text.split()))
    if not plain:
        return None
    match question.kind:
        case QuestionKind.TEXT:
            return plain if len(plain) <= MOST_TEXT else FieldError("survey.text_too_long", {"most": MOST_TEXT})
        case QuestionKind.YES_NO:
            known = {YES_KEY: True, NO_KEY: False}
            return known.get(plain, _digits_wrong(question))
        case QuestionKind.WHOLE:
            number = int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 10 else None
            inside = number is not None and question.low <= number <= question.high
            return number if inside and number is not None else _bounds_wrong(question)
    by_digit = {choice.digit: choice.value for choice in question.options}
    pressed = [plain] if question.kind is QuestionKind.CHOICE else [d for d in plain if d not in " ,;"]
    if not all(digit in by_digit for digit in pressed):
        return _digits_wrong(question)
    chosen = tuple(c.value for c in question.options if c.digit in pressed)
    return chosen[0] if question.kind is QuestionKind.CHOICE else chosen


def as_typed(question: Question, answer: Answer | None) -> str:
    """What a clerk types for an answer; the reverse of `typed`."""
    if answer is None:
        return ""
    if isinstance(answer, bool):
        return YES_KEY if answer else NO_KEY
    digits = {choice.value: choice.digit for choice in question.options}
    if isinstance(answer, tuple):
        return "".join(digits.get(value, "") for value in answer)
    return digits.get(answer, "") if question.kind is QuestionKind.CHOICE and isinstance(answer, str) else str(answer)


def shown(question: Question, answer: Answer | None) -> str:
    """The answer in words; an unanswered question as "–"."""
    if answer is None or answer == ():
        return "–"
    if isinstance(answer, bool):
        return "Có" if answer else "Không"
    labels = {choice.value: choice.label for choice in question.options}
    if isinstance(answer, tuple):
        return "; ".join(labels.get(value, value) for value in answer)
    return labels.get(answer, answer) if isinstance(answer, str) else str(answer)


def restored(kept: Mapping[str, object]) -> dict[str, Answer]:
    """Answers that `canonical` made, as they come back from where they were kept: lists are tuples again."""
    return {key: tuple(answer) if isinstance(answer, list) else answer for key, answer in kept.items()}  # type: ignore[misc]  # what was kept are answers


def tally(survey: Survey, sheets: Iterable[Answers]) -> tuple[Count, ...]:
    """Count the answers to every question, in the order of asking."""
    kept = list(sheets)
    return tuple(_count(q, _given(q, kept)) for q in survey.questions)


def result(survey: Survey, indicator: Indicator, sheets: Iterable[Answers]) -> Result:
    """What the indicator comes to; below the minimum sample there is no figure."""
    kept = list(sheets)
    given = {key: _weighed(indicator, survey.question(key), kept) for key in indicator.questions}
    counted = sum(any(sheet.get(key) in weights for key, weights in given.items()) for sheet in kept)
    enough = counted >= max(1, survey.minimum)
    value, figure = (
        _figure(indicator, [w for weights in given.values() for w in weights.values()]) if enough else (None, None)
    )
    return Result(
        indicator=indicator,
        sheets=counted,
        minimum=survey.minimum,
        value=value,
        figure=figure,
        gap=None if enough else Gap.TOO_FEW,
    )


def results(survey: Survey, sheets: Iterable[Answers]) -> tuple[Result, ...]:
    """What every indicator of the survey comes to, in their order."""
    kept = list(sheets)
    return tuple(result(survey, indicator, kept) for indicator in survey.indicators)


def differences(survey: Survey, first: Answers, second: Answers) -> tuple[Difference, ...]:
    """Where two entries of one sheet differ, in the order of the questions; spaces and order of choices do not count."""
    one, two = canonical(survey, first), canonical(survey, second)
    return tuple(
        Difference(question=q, first=one.get(q.key), second=two.get(q.key))
        for q in survey.questions
        if one.get(q.key) != two.get(q.key)
    )


def _kept(question: Question, answer: object) -> Answer | None:
    if answer is None or _error(question, answer) is not None:
        return None
    match question.kind:
        case QuestionKind.CHOICES:
            chosen = set(answer) if isinstance(answer, list | tuple) else set()
            return tuple(c.value for c in question.options if c.value in chosen) or None
        case QuestionKind.TEXT:
            return nfc("\n".join(" ".join(line.split()) for line in str(answer).strip().splitlines())) or None
        case QuestionKind.CHOICE:
            return str(answer) or None
    return answer if isinstance(answer, bool | int) else None


def _error(question: Question, answer: object) -> FieldError | None:
    if answer is None or answer in ("", [], ()):
        return None
    known = {choice.value for choice in question.options}
    match question.kind:
        case QuestionKind.CHOICE:
            return None if answer in known else _digits_wrong(question)
        case QuestionKind.CHOICES:
            fits = isinstance(answer, list | tuple) and all(value in known for value in answer)
            return None if fits else _digits_wrong(question)
        case QuestionKind.YES_NO:
            return None if isinstance(answer, bool) else _digits_wrong(question)
        case QuestionKind.WHOLE:
            fits = isinstance(answer, int) and not isinstance(answer, bool) and question.low <= answer <= question.high
            return None if fits else _bounds_wrong(question)
    fits = isinstance(answer, str) and len(answer) <= MOST_TEXT
    return None if fits else FieldError("survey.text_too_long", {"most": MOST_TEXT})


def _digits_wrong(question: Question) -> FieldError:
    digits = [choice.digit for choice in question.options] or [YES_KEY, NO_KEY]
    return FieldError("survey.no_such_option", {"digits": ", ".join(digits)})


def _bounds_wrong(question: Question) -> FieldError:
    return FieldError("survey.out_of_bounds", {"low": question.low, "high": question.high})


def _given(question: Question, sheets: Sequence[Answers]) -> Counter[Answer]:
    """Each answer to a question with how often it was given: few are different, so what follows is little work."""
    key = question.key
    return Counter(sheet[key] for sheet in sheets if key in sheet)


def _count(question: Question, given: Counter[Answer]) -> Count:
    numbers = [(n, times) for answer, times in given.items() if (n := _number(question, answer)) is not None]
    scored = sum(times for _, times in numbers)
    values: Counter[str] = Counter()
    for answer, times in given.items():
        values.update(dict.fromkeys(_values(answer), times))
    return Count(
        question=question,
        answered=given.total(),
        counts=tuple((value, values[value]) for value in _possible(question, given)),
        mean=_half_up(Fraction(sum(n * times for n, times in numbers), scored)) if scored else None,
    )


def _possible(question: Question, answers: Iterable[Answer]) -> list[str]:
    match question.kind:
        case QuestionKind.TEXT:
            return []
        case QuestionKind.YES_NO:
            return [YES, NO]
        case QuestionKind.WHOLE:
            return [str(n) for n in sorted({a for a in answers if isinstance(a, int)})]
    return [choice.value for choice in question.options]


def _values(answer: Answer) -> tuple[str, ...]:
    if isinstance(answer, tuple):
        return answer
    if isinstance(answer, bool):
        return (YES if answer else NO,)
    return (str(answer),)


def _number(question: Question, answer: Answer) -> int | None:
    if question.kind is QuestionKind.WHOLE and isinstance(answer, int):
        return answer
    return question.scale.get(answer) if question.kind is QuestionKind.CHOICE and isinstance(answer, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weight:
    """One answer that counts."""

    number: int | None
    reaches: bool
    times: int


def _weighed(indicator: Indicator, question: Question, sheets: Sequence[Answers]) -> dict[Answer, _Weight]:
    """The answers to one question that count for the indicator."""
    weights = ((answer, _weight(indicator, question, answer, n)) for answer, n in _given(question, sheets).items())
    return {answer: weight for answer, weight in weights if weight is not None}


def _weight(indicator: Indicator, question: Question, answer: Answer, times: int) -> _Weight | None:
    values = set(_values(answer))
    if values & set(indicator.left_out):
        return None
    number = _number(question, answer)
    if indicator.measure is Measure.MEAN and number is None:
        return None
    high = indicator.at_least is not None and number is not None and number >= indicator.at_least
    return _Weight(number=number, reaches=high or bool(values & set(indicator.values)), times=times)


def _figure(indicator: Indicator, weights: Sequence[_Weight]) -> tuple[Decimal, Figure]:
    whole = sum(weight.times for weight in weights)
    if indicator.measure is Measure.MEAN:
        mean = _half_up(Fraction(sum((w.number or 0) * w.times for w in weights), whole))
        return mean, Figure(value=mean)
    part = sum(weight.times for weight in weights if weight.reaches)
    share = _half_up(Fraction(part * 100, whole))
    return share, Figure(value=Decimal(part), whole=Decimal(whole))


def _half_up(exact: Fraction) -> Decimal:
    with localcontext(prec=60):  # far more digits than any half could hide behind
        return (Decimal(exact.numerator) / exact.denominator).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
