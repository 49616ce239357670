"""How are other units asked for their opinion (xin ý kiến)? Asked by the lead, answered once by each, reminded, closed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from engine.errors import FieldError, Invalid, NotFound, NotPermitted, WrongState
from engine.ports.store import NEW, TimerRow, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.deadlines import ICT, local_day
from engine.rules.opinions import Opinion, Request, View
from engine.rules.permissions import CLERK, DEPUTY, OFFICER, SECRETARY, may_read
from engine.rules.text import nfc
from engine.rules.units import Actor, Unit, UnitId
from engine.use_cases.notifying import Teller
from engine.use_cases.programme import Planned, check_may_write, find_planned, writing_units

#: Kind of the timer that reminds, kind of the notice that asks.
TIMER = "opinion"
#: Who answers for a unit, and who is told that it is asked.
ANSWERERS = (OFFICER, SECRETARY, DEPUTY)
TOLD = (*ANSWERERS, CLERK)
LONGEST = 5000
#: Units that one question goes to.
MOST_UNITS = 500
#: Reminded so many days before the last day, at this hour.
REMIND_DAYS, REMIND_AT = (3, 0), time(8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of whom, until when."""

    milestone: str
    subject: str
    question: str
    last_day: date
    units: frozenset[UnitId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a unit answers; the file, if any, is stored under its SHA-256."""

    view: View
    text: str = ""
    file_sha256: str = ""
    file_name: str = ""
    media_type: str = ""


def ask(uow: UnitOfWork, planned: Planned, asked: Question, *, actor: Actor, now: datetime) -> Request:
    """Ask units for their opinion; they are told at once and reminded before the last day.

    Refused: who does not lead the programme (`NotPermitted`); no text, no units, a last day that is past (`Invalid`).
    """
    unit = check_may_write(uow, planned, actor, now)
    if planned.programme.milestone(asked.milestone) is None:
        raise NotFound("Milestone", asked.milestone)
    asked = replace(asked, subject=nfc(asked.subject.strip()), question=nfc(asked.question.strip()))
    if errors := _errors(uow, asked, unit, local_day(now)):
        raise Invalid(errors)
    request = uow.opinions.ask(_request(planned, asked, unit, actor=actor, now=now), sorted(asked.units))
    uow.timers.plan(_reminders(request, now))
    uow.audit.write(_line(request, "opinion_asked", {"count": len(asked.units)}, actor=actor, now=now))
    for other in sorted(asked.units):
        _tell(uow, request, uow.units.get(other), "asked", now=now)
    return request


def waiting_for(uow: UnitOfWork, actor: Actor) -> list[tuple[Request, Opinion]]:
    """The questions that wait for an answer of the actor's units, the nearest last day first."""
    units = _answers_for(actor)
    return uow.opinions.waiting(units) if units else []


def waiting_count(uow: UnitOfWork, actor: Actor) -> int:
    """How many questions wait for an answer of the actor's units."""
    units = _answers_for(actor)
    return uow.opinions.waiting_count(units) if units else 0


def answer(uow: UnitOfWork, request_id: int, unit_id: UnitId, given: Answer, *, actor: Actor, now: datetime) -> Opinion:
    """Answer for a unit, once. Refused: others (`NotPermitted`), answered or closed already (`WrongState`), no remark
    where there is more to say than agreement (`Invalid`)."""
    if not actor.holds(unit_id, *ANSWERERS):
        raise NotPermitted("not_opinion_answerer")
    request, found = uow.opinions.get(request_id), uow.opinions.answer_of(request_id, unit_id)
    if found is None:
        raise NotFound("Opinion", request_id)
    if found.answered_at is not None:
        raise WrongState("opinion_given", name=found.by_name, at=found.answered_at)
    if request.closed_at is not None:
        raise WrongState("opinion_closed")
    text = nfc(given.text.strip())
    if given.view is not View.AGREE and not text and not given.file_sha256:
        raise Invalid({"text": FieldError("opinion_text", {})})
    if len(text) > LONGEST:
        raise Invalid({"text": FieldError("form.too_long", {"title": "", "limit": LONGEST, "length": len(text)})})
    kept = uow.opinions.save_answer(
        replace(
            found,
            view=given.view,
            text=text,
            file_sha256=given.file_sha256,
            file_name=given.file_name,
            media_type=given.media_type,
            answered_at=now,
            by_id=actor.account_id,
            by_name=actor.full_name,
        )
    )
    facts = {"unit": uow.units.get(unit_id).name, "view": given.view.value}
    uow.audit.write(_line(request, "opinion_given", facts, actor=actor, now=now, unit_id=unit_id))
    return kept


def close(uow: UnitOfWork, planned: Planned, request_id: int, *, actor: Actor, now: datetime) -> Request:
    """Wait for nobody any more; who has not answered stays visible. Refused: others, one that is closed."""
    check_may_write(uow, planned, actor, now)
    request = uow.opinions.get(request_id)
    if request.model != planned.model.key:
        raise NotFound("Request", request_id)
    if request.closed_at is not None:
        raise WrongState("opinion_closed")
    kept = uow.opinions.save(replace(request, closed_at=now))
    uow.audit.write(_line(request, "opinion_ended", {}, actor=actor, now=now))
    return kept


def remind(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    """Remind the units that have not answered."""
    request = uow.opinions.get(int(str(row.payload["request"])))
    if request.closed_at is not None:
        return
    for one in uow.opinions.answers([request.id]):
        if one.answered_at is None:
            _tell(uow, request, uow.units.get(one.unit_id), row.key, now=now)


def may_see(uow: UnitOfWork, planned: Planned, request: Request, actor: Actor, today: date) -> bool:
    """Whether the actor reads all answers: who leads the programme, and who reads the unit that asks."""
    return bool(writing_units(uow, planned, actor, today)) or may_read(actor, uow.units.path(request.unit_id))


def planned_of(uow: UnitOfWork, request: Request) -> Planned:
    """The model that a question is about; `NotFound` when it is not deployed any more."""
    return find_planned(uow, request.model)


def _answers_for(actor: Actor) -> set[UnitId]:
    return {unit for unit, role in actor.positions if role in ANSWERERS}


def _errors(uow: UnitOfWork, asked: Question, own: Unit, today: date) -> Mapping[str, FieldError]:
    errors: dict[str, FieldError] = {}
    for name, text, most in (("subject", asked.subject, 200), ("question", asked.question, LONGEST)):
        if not text:
            errors[name] = FieldError("opinion_empty", {})
        elif len(text) > most:
            errors[name] = FieldError("form.too_long", {"title": "", "limit": most, "length": len(text)})
    if asked.last_day < today:
        errors["last_day"] = FieldError("day_past", {})
    if not 0 < len(asked.units) <= MOST_UNITS or own.id in asked.units:
        errors["units"] = FieldError("opinion_units", {"limit": MOST_UNITS})
    elif gone := [unit for unit in _units(uow, asked.units) if not unit.exists_on(today)]:
        errors["units"] = FieldError("opinion_unit_gone", {"unit": gone[0].name})
    return errors


def _units(uow: UnitOfWork, ids: Collection[UnitId]) -> Sequence[Unit]:
    return [uow.units.get(unit) for unit in sorted(ids)]


def _request(planned: Planned, asked: Question, unit: Unit, *, actor: Actor, now: datetime) -> Request:
    return Request(
        id=NEW,
        model=planned.model.key,
        milestone=asked.milestone,
        unit_id=unit.id,
        subject=asked.subject,
        question=asked.question,
        last_day=asked.last_day,
        asked_at=now,
        by_id=actor.account_id,
        by_name=actor.full_name,
        closed_at=None,
        row_version=0,
    )


def _reminders(request: Request, now: datetime) -> list[TimerRow]:
    moments = {
        days: datetime.combine(request.last_day - timedelta(days=days), REMIND_AT, tzinfo=ICT) for days in REMIND_DAYS
    }
    return [
        TimerRow(
            id=NEW,
            kind=TIMER,
            key=f"opinion:{request.id}:{days}",
            due_at=due,
            instance_id=None,
            cycle_id=None,
            work_item_id=None,
            token="",
            payload={"request": request.id},
            state="waiting",
        )
        for days, due in moments.items()
        if due > now
    ]


def _tell(uow: UnitOfWork, request: Request, unit: Unit, rung: str, *, now: datetime) -> None:
    facts = {
        "name": request.subject,
        "unit": unit.name,
        "asker": uow.units.get(request.unit_id).name,
        "last_day": request.last_day,
        "request": request.id,
    }
    teller = Teller(uow, now)
    for person in uow.accounts.holders(unit.id, TOLD, local_day(now)):
        key = f"opinion:{request.id}:{unit.id}:{rung}:{person.id}"
        teller.tell(person, key=key, kind="opinion", facts=facts, href=f"/y-kien/{request.id}", unit_id=unit.id)


def _line(
    request: Request,
    event: str,
    facts: Mapping[str, object],
    *,
    actor: Actor,
    now: datetime,
    unit_id: UnitId | None = None,
) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event=event,
        target=f"opinion:{request.model}/{request.id}",
        unit_id=unit_id or request.unit_id,
        last_day=request.last_day,
        facts={"subject": request.subject, **facts},
    )
