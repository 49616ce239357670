"""How do printed questionnaires come back? Numbered sheets made, entered twice and settled; spreadsheets taken and undone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from engine.errors import FieldError, Invalid, WrongState
from engine.ports.store import NEW, UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.survey_rounds import (
    MOST_SHEETS,
    AnswerState,
    RoundState,
    SurveyAnswer,
    SurveyPlace,
    SurveySheet,
)
from engine.rules.surveys import Answer, Difference, Origin, Question, QuestionKind, canonical, differences, typed
from engine.rules.units import AccountId, Actor
from engine.use_cases.surveys import Held, new_answer, new_code, note, workplace

#: Sheets of one place, over all batches.
MOST_OF_PLACE = 20_000
NUMBER = "number"
#: What a clerk types for a question that was left empty.
BLANK = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What entering a sheet came to."""

    number: int
    second: bool
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsettled:
    """A sheet that two people read differently."""

    answer_id: int
    number: int
    first_by: str
    second_by: str
    differences: tuple[Difference, ...]


def make_sheets(uow: UnitOfWork, place_id: int, count: int, *, actor: Actor, now: datetime) -> SurveyPlace:
    """Number `count` more sheets of a unit, as its next batch, each with a link that is good once."""
    found, place, unit = workplace(uow, place_id, actor=actor)
    _check_open(found)
    most = min(MOST_SHEETS, MOST_OF_PLACE - place.sheets)
    if not 1 <= count <= most:
        raise Invalid({"count": FieldError("survey.out_of_bounds", {"low": 1, "high": most})})
    saved = uow.surveys.save_place(replace(place, batches=place.batches + 1, sheets=place.sheets + count))
    uow.surveys.add_sheets(
        [
            SurveySheet(id=NEW, place_id=place.id, batch=saved.batches, number=number, token=new_code(), used=False)
            for number in range(place.sheets + 1, saved.sheets + 1)
        ]
    )
    facts = {"first": place.sheets + 1, "last": saved.sheets}
    note(uow, found.cycle, found.survey, "survey_sheets_made", actor=actor, now=now, unit=unit, **facts)
    return saved


def read_typed(found: Held, texts: Mapping[str, str]) -> dict[str, Answer]:
    """The answers that a clerk typed; `Invalid` by question, or for a sheet that is empty.

    A question that was left empty on paper is typed as "-": so no key is forgotten. Texts may stay empty.
    """
    read = {q.key: _typed(q, texts.get(q.key, "")) for q in found.survey.questions}
    wrong = {key: value for key, value in read.items() if isinstance(value, FieldError)}
    if wrong:
        raise Invalid(wrong)
    answers = canonical(found.survey, read)
    if not answers:
        raise Invalid({NUMBER: FieldError("survey.empty", {})})
    return answers


def enter(
    uow: UnitOfWork,
    place_id: int,
    number: int,
    answers: Mapping[str, object],
    *,
    second: bool,
    mend: bool = False,
    actor: Actor,
    now: datetime,
) -> Entered:
    """Enter a sheet by its number, the first time or (by another person) the second; `mend`: over one's own first time.

    A sheet that is read differently does not count until `settle`. Refused (`Invalid` for `number`): no such sheet, answered by its
    link, entered before, not entered yet, the same person twice.
    """
    found, place, unit = workplace(uow, place_id, actor=actor)
    _check_open(found)
    sheet = uow.surveys.sheet(place.id, number)
    if sheet is None:
        raise _number_error("survey.no_such_sheet", number=number, most=place.sheets)
    before = uow.surveys.answer_of(sheet.id)
    if before is None and sheet.used:
        raise _number_error("survey.answered_by_link", number=number)
    kept = canonical(found.survey, answers)
    if second:
        return _enter_second(uow, found, place, number, before, kept, actor=actor, now=now)
    if before is not None:
        if not mend or before.checked or before.by_id != actor.account_id:
            raise _number_error("survey.entered", number=number)
        uow.surveys.save_answer(replace(before, answers=kept))
    else:
        uow.surveys.use_sheet(sheet.id)
        entered = new_answer(place.id, Origin.PAPER, kept, local_day(now), sheet_id=sheet.id, by_id=actor.account_id)
        uow.surveys.add_answers([entered])
    event = "survey_sheet_mended" if before is not None else "survey_sheet_entered"
    note(uow, found.cycle, found.survey, event, actor=actor, now=now, unit=unit, number=number)
    return Entered(number=number, second=False, differences=())


def next_number(uow: UnitOfWork, place: SurveyPlace, *, second: bool) -> int | None:
    """The number of a sheet that was not entered yet (`second`: not a second time); None: none is left."""
    entered = uow.surveys.numbers(place.id)
    if not second:
        last = max(entered.values(), default=0)
        return last + 1 if last < place.sheets else None
    waiting = [a for a in uow.surveys.answers(place.id) if a.sheet_id in entered and not a.checked]
    return min((entered[a.sheet_id] for a in waiting if a.sheet_id is not None), default=None)


def unsettled(uow: UnitOfWork, place_id: int, *, actor: Actor) -> list[Unsettled]:
    """The sheets of a unit that two people read differently, in the order of their numbers."""
    found, place, _ = workplace(uow, place_id, actor=actor)
    numbers = uow.surveys.numbers(place.id)
    rows = [
        Unsettled(
            answer_id=own.id,
            number=numbers[own.sheet_id],
            first_by=_name(uow, own.by_id),
            second_by=_name(uow, own.second_by_id),
            differences=_differences(found, own),
        )
        for own in uow.surveys.answers(place.id)
        if own.state is AnswerState.DIFFERS and own.sheet_id is not None
    ]
    return sorted(rows, key=lambda row: row.number)


def settle(
    uow: UnitOfWork, place_id: int, answer_id: int, chosen: Mapping[str, str], *, actor: Actor, now: datetime
) -> None:
    """Decide, question by question, which of two entries is what the sheet says; `chosen`: question → first or second."""
    found, place, unit = workplace(uow, place_id, actor=actor)
    _check_open(found)
    own = uow.surveys.answer(answer_id)
    if own.place_id != place.id or own.state is not AnswerState.DIFFERS:
        raise WrongState("survey.settled")
    open_ones = _differences(found, own)
    missing = {
        d.question.key: FieldError("survey.choose", {})
        for d in open_ones
        if chosen.get(d.question.key) not in ("first", "second")
    }
    if missing:
        raise Invalid(missing)
    merged = dict(own.answers)
    for difference in open_ones:
        value = difference.first if chosen[difference.question.key] == "first" else difference.second
        merged[difference.question.key] = value
    kept = canonical(found.survey, merged)
    uow.surveys.save_answer(replace(own, answers=kept, state=AnswerState.COUNTED, settled_by_id=actor.account_id))
    facts = {"number": uow.surveys.numbers(place.id).get(own.sheet_id or 0), "count": len(open_ones)}
    note(uow, found.cycle, found.survey, "survey_sheet_settled", actor=actor, now=now, unit=unit, **facts)


def check_rows(
    uow: UnitOfWork, found: Held, place: SurveyPlace, rows: Sequence[Mapping[str, str]]
) -> tuple[list[tuple[int | None, dict[str, Answer]]], dict[str, FieldError]]:
    """Read a spreadsheet's rows (question → what was typed, `number` → of the sheet); errors by `rows.<row>.<column>`."""
    wrong: dict[str, FieldError] = {}
    read, seen = [], set[int]()
    for place_in_list, row in enumerate(rows):
        answers: dict[str, Answer] = {}
        for question in found.survey.questions:
            answer = typed(question, row.get(question.key, ""))
            if isinstance(answer, FieldError):
                wrong[f"rows.{place_in_list}.{question.key}"] = answer
            elif answer is not None:
                answers[question.key] = answer
        number, error = _number(uow, place, row.get(NUMBER, ""), seen)
        if not error and not answers and not any(key.startswith(f"rows.{place_in_list}.") for key in wrong):
            error = FieldError("survey.empty", {})
        if error:
            wrong[f"rows.{place_in_list}.{NUMBER}"] = error
        read.append((number, canonical(found.survey, answers)))
    return read, wrong


def take_rows(uow: UnitOfWork, place_id: int, rows: Sequence[Mapping[str, str]], *, actor: Actor, now: datetime) -> int:
    """Keep the answers of a spreadsheet, all or none; how many. `undo_rows` takes them back.

    Refused: cells with something wrong (`Invalid`), the same list twice (`WrongState`).
    """
    found, place, unit = workplace(uow, place_id, actor=actor)
    _check_open(found)
    read, wrong = check_rows(uow, found, place, rows)
    if wrong or not read:
        raise Invalid(wrong or {NUMBER: FieldError("survey.empty", {})})
    upload = _digest(rows)
    known = [a for a in uow.surveys.answers(place.id) if a.upload == upload]
    if known:
        raise WrongState("survey.uploaded", count=len(known))
    made = []
    for number, answers in read:
        sheet = uow.surveys.sheet(place.id, number) if number is not None else None
        if sheet is not None:
            uow.surveys.use_sheet(sheet.id)
        own = sheet.id if sheet is not None else None
        made.append(
            new_answer(
                place.id, Origin.SHEET, answers, local_day(now), sheet_id=own, upload=upload, by_id=actor.account_id
            )
        )
    uow.surveys.add_answers(made)
    note(uow, found.cycle, found.survey, "survey_uploaded", actor=actor, now=now, unit=unit, count=len(made))
    return len(made)


def uploads(uow: UnitOfWork, place: SurveyPlace) -> list[tuple[str, int, str]]:
    """The spreadsheets that were taken at a place: (which, how many answers, by whom), in the order of coming."""
    found: dict[str, list[SurveyAnswer]] = {}
    for own in uow.surveys.answers(place.id):
        if own.upload:
            found.setdefault(own.upload, []).append(own)
    return [(upload, len(own), _name(uow, own[0].by_id)) for upload, own in found.items()]


def undo_rows(uow: UnitOfWork, place_id: int, upload: str, *, actor: Actor, now: datetime) -> int:
    """Take the answers of a spreadsheet back; how many there were."""
    found, place, unit = workplace(uow, place_id, actor=actor)
    _check_open(found)
    count = uow.surveys.drop_upload(place.id, upload) if upload else 0
    if count:
        note(uow, found.cycle, found.survey, "survey_upload_undone", actor=actor, now=now, unit=unit, count=count)
    return count


def _typed(question: Question, text: str) -> Answer | FieldError | None:
    if text.strip() == BLANK:
        return None
    if not text.strip() and question.kind is not QuestionKind.TEXT:
        return FieldError("survey.say_blank", {})
    return typed(question, text)


def _enter_second(
    uow: UnitOfWork,
    found: Held,
    place: SurveyPlace,
    number: int,
    before: SurveyAnswer | None,
    answers: Mapping[str, Answer],
    *,
    actor: Actor,
    now: datetime,
) -> Entered:
    if before is None:
        raise _number_error("survey.not_entered", number=number)
    if before.checked:
        raise _number_error("survey.checked", number=number)
    if before.by_id == actor.account_id:
        raise _number_error("survey.same_person", number=number)
    apart = differences(found.survey, canonical(found.survey, before.answers), answers)
    state = AnswerState.DIFFERS if apart else before.state
    uow.surveys.save_answer(
        replace(before, checked=True, second=dict(answers), second_by_id=actor.account_id, state=state)
    )
    unit = uow.units.get(place.unit_id)
    facts = {"number": number, "count": len(apart)}
    note(uow, found.cycle, found.survey, "survey_sheet_checked", actor=actor, now=now, unit=unit, **facts)
    return Entered(number=number, second=True, differences=apart)


def _differences(found: Held, own: SurveyAnswer) -> tuple[Difference, ...]:
    first, second = canonical(found.survey, own.answers), canonical(found.survey, own.second)
    return differences(found.survey, first, second)


def _number(uow: UnitOfWork, place: SurveyPlace, text: str, seen: set[int]) -> tuple[int | None, FieldError | None]:
    """The sheet's number in a row, if it has one, and what is wrong with it."""
    plain = text.strip()
    if not plain:
        return None, None
    number = int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 7 else 0
    sheet = uow.surveys.sheet(place.id, number) if number else None
    if sheet is None:
        return None, FieldError("survey.no_such_sheet", {"number": plain, "most": place.sheets})
    if number in seen:
        return number, FieldError("survey.number_twice", {"number": number})
    seen.add(number)
    if sheet.used:
        entered = uow.surveys.answer_of(sheet.id) is not None
        return number, FieldError("survey.entered" if entered else "survey.answered_by_link", {"number": number})
    return number, None


def _check_open(found: Held) -> None:
    if found.round.state is RoundState.CLOSED:
        raise WrongState("survey.closed")


def _number_error(code: str, **facts: object) -> Invalid:
    return Invalid({NUMBER: FieldError(code, facts)})


def _digest(rows: Sequence[Mapping[str, str]]) -> str:
    text = "\n".join("\t".join(f"{key}={row[key]}" for key in sorted(row)) for row in rows)
    return sha256(text.encode()).hexdigest()


def _name(uow: UnitOfWork, account_id: int | None) -> str:
    return uow.accounts.get(AccountId(account_id)).full_name if account_id is not None else "–"
