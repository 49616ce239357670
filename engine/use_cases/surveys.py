"""How is a questionnaire held in a cycle? Opened for its units, answered without a name by link, closed, and counted."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256

from engine.errors import FieldError, Invalid, NotFound, NotPermitted, WrongState
from engine.ports.store import NEW, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycle_models import CycleModel, Json
from engine.rules.cycles import Cycle, CycleId, CycleState
from engine.rules.deadlines import Deadline, local_day
from engine.rules.permissions import CLERK, OFFICER, SECRETARY, check_may_lead, may_read
from engine.rules.redating import changed
from engine.rules.survey_rounds import (
    CODE_LENGTH,
    LETTERS,
    AnswerState,
    Door,
    RoundState,
    SurveyAnswer,
    SurveyPlace,
    SurveyRound,
)
from engine.rules.surveys import (
    Answers,
    Count,
    Origin,
    Result,
    Survey,
    canonical,
    result,
    tally,
)
from engine.rules.units import Actor, Unit, UnitId
from engine.use_cases import owning
from engine.use_cases.notifying import Teller
from engine.use_cases.survey_results import by_place, declared

#: Who prints and enters a unit's sheets, and is told when there are some.
WORKERS = (OFFICER, SECRETARY, CLERK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A round with all that its pages need."""

    round: SurveyRound
    survey: Survey
    form: Mapping[str, Json]
    cycle: Cycle
    model: CycleModel
    lead: tuple[Unit, ...]  #: the leading unit, its superior, … root
    holder: Unit  #: who holds it: the leading unit, or a body to which the diagram gives it


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody finds who follows a link: the questionnaire, who asks, and whether it is still open."""

    held: Held
    place: SurveyPlace
    unit: Unit
    lead: Unit
    door: Door
    sheet_id: int | None  #: of a link that is good once
    number: int | None  #: of its sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What one unit's answers come to."""

    unit: Unit
    place: SurveyPlace
    origins: Mapping[Origin, int]  #: answers that count
    differing: int  #: sheets that two people read differently
    checked: int  #: sheets entered twice
    kept: tuple[Answers, ...]  #: the answers that count
    results: tuple[Result, ...]

    @property
    def sheets(self) -> int:
        """How many answers count."""
        return sum(self.origins.values())


def period_of(uow: UnitOfWork, cycle: Cycle, model: CycleModel, survey: Survey) -> tuple[date | None, date | None]:
    """First and last day by the pack's deadline, changes of dates included; of several groups the widest."""
    if survey.deadline is None:
        return None, None
    found = [d for group in model.groups if (d := _deadline(uow, cycle, group.key, survey.deadline)) is not None]
    firsts, lasts = [d.first_day for d in found], [d.last_day for d in found if d.last_day is not None]
    return min((day for day in firsts if day is not None), default=None), max(lasts, default=None)


def units_asked(
    uow: UnitOfWork, model: CycleModel, survey: Survey, *, day: date, below: UnitId | None = None
) -> list[Unit]:
    """The units in which a questionnaire of the model is held: all of its kinds that exist on `day` and for which the
    model is, or those of them at or below one unit."""
    units = [u for u in uow.units.all() if u.kind in survey.unit_kinds and u.exists_on(day)]
    units = owning.taking_part(uow, model, units)
    if below is None:
        return units
    return [u for u in units if below in {above.id for above in uow.units.path(u.id)}]


def open_survey(
    uow: UnitOfWork,
    cycle_id: CycleId,
    key: str,
    *,
    first_day: date | None = None,
    last_day: date | None = None,
    actor: Actor,
    now: datetime,
) -> SurveyRound:
    """Hold a questionnaire in every unit of its kinds; without days in the period of its deadline, else from today on.

    Refused: not an officer or secretary of the leading unit (`NotPermitted`), a closed cycle, opened already
    (`WrongState`), days that are past or out of order (`Invalid`).
    """
    cycle = uow.cycles.get(cycle_id)
    check_may_lead(actor, cycle.unit_id)
    if cycle.state is CycleState.CLOSED:
        raise WrongState("cycle_closed", year=cycle.year)
    if uow.surveys.find(cycle.id, key) is not None:
        raise WrongState("survey.exists")
    model = uow.models.get(cycle.version)
    survey = declared(model, key)
    first, last = period_of(uow, cycle, model, survey)
    first, last = first_day or first or local_day(now), last_day or last
    _check_days(first, last, now)
    units = units_asked(uow, model, survey, day=local_day(now))
    if not units:
        raise WrongState("survey.without_units")
    return hold(uow, cycle, survey, units, first_day=first, last_day=last, actor=actor, now=now)


def hold(
    uow: UnitOfWork,
    cycle: Cycle,
    survey: Survey,
    units: Sequence[Unit],
    *,
    first_day: date,
    last_day: date | None,
    holder: UnitId | None = None,
    actor: Actor,
    now: datetime,
) -> SurveyRound:
    """Open the round if there is none yet, and let these units take part who do not yet; without a holder the leading unit's."""
    held = uow.surveys.find(cycle.id, survey.key)
    if held is None:
        held = uow.surveys.add(
            SurveyRound(
                id=NEW,
                cycle_id=cycle.id,
                key=survey.key,
                unit_id=holder if holder is not None else cycle.unit_id,
                version=cycle.version,
                state=RoundState.OPEN,
                first_day=first_day,
                last_day=last_day,
                opened_at=now,
                opened_by_id=actor.account_id,
                opened_by_name=actor.full_name,
                closed_at=None,
                row_version=0,
            )
        )
        note(uow, cycle, survey, "survey_opened", actor=actor, now=now, last=last_day)
    known = {place.unit_id for place in uow.surveys.places(held.id)}
    fresh = [unit for unit in units if unit.id not in known]
    uow.surveys.add_places([_new_place(held, unit) for unit in fresh])
    if not survey.confidential:
        _tell(uow, held, survey, fresh, now=now)
    return held


def prolong(uow: UnitOfWork, round_id: int, last_day: date | None, *, actor: Actor, now: datetime) -> SurveyRound:
    """Take answers until another last day (None: until it is closed); a closed round is open again.

    Refused: others than the leading unit (`NotPermitted`), a closed cycle (`WrongState`), a day that has passed (`Invalid`).
    """
    found = held_for_lead(uow, round_id, actor=actor)
    if found.cycle.state is CycleState.CLOSED:
        raise WrongState("cycle_closed", year=found.cycle.year)
    _check_days(found.round.first_day, last_day, now)
    saved = uow.surveys.save(replace(found.round, state=RoundState.OPEN, last_day=last_day, closed_at=None))
    note(uow, found.cycle, found.survey, "survey_prolonged", actor=actor, now=now, last=last_day)
    return saved


def close_survey(uow: UnitOfWork, round_id: int, *, actor: Actor, now: datetime) -> SurveyRound:
    """Take no more answers: the results stand. Refused: others than the leading unit, closed already."""
    found = held_for_lead(uow, round_id, actor=actor)
    if found.round.state is RoundState.CLOSED:
        raise WrongState("survey.closed")
    return end(uow, found, actor=actor, now=now)


def end(uow: UnitOfWork, found: Held, *, actor: Actor, now: datetime) -> SurveyRound:
    """Close a round that is open."""
    saved = uow.surveys.save(replace(found.round, state=RoundState.CLOSED, closed_at=now))
    note(uow, found.cycle, found.survey, "survey_closed", actor=actor, now=now)
    return saved


def renew_link(uow: UnitOfWork, place_id: int, *, actor: Actor, now: datetime) -> SurveyPlace:
    """Give a unit another open link, where the old one went astray: from now on it leads nowhere."""
    found, place, unit = workplace(uow, place_id, actor=actor)
    saved = uow.surveys.save_place(replace(place, token=new_code()))
    note(uow, found.cycle, found.survey, "survey_link_renewed", actor=actor, now=now, unit=unit)
    return saved


def follow(uow: UnitOfWork, token: str, *, now: datetime) -> Asked | None:
    """What a link leads to; None: there is no such link."""
    if len(token) != CODE_LENGTH or not set(token) <= set(LETTERS):
        return None
    sheet = uow.surveys.sheet_by_token(token)
    place = uow.surveys.place(sheet.place_id) if sheet is not None else uow.surveys.place_by_token(token)
    if place is None:
        return None
    found = _held(uow, uow.surveys.get(place.round_id))
    door = found.round.door(local_day(now))
    return Asked(
        held=found,
        place=place,
        unit=uow.units.get(place.unit_id),
        lead=found.holder,
        door=Door.USED if door is Door.OPEN and sheet is not None and sheet.used else door,
        sheet_id=sheet.id if sheet is not None else None,
        number=sheet.number if sheet is not None else None,
    )


def answer(uow: UnitOfWork, asked: Asked, answers: Mapping[str, object], once: str, *, now: datetime) -> Door:
    """Keep one person's answers and nothing of the person; OPEN: they count, or the very page was sent before.

    `once` is a random text of the page that was sent. Nothing is written but the answer itself: a line in the log would
    tell the moment. Refused: a sheet without any answer (`Invalid`).
    """
    digest = sha256(once.encode()).hexdigest()
    if asked.door in (Door.OPEN, Door.USED) and once and uow.surveys.knows(digest):
        return Door.OPEN
    if asked.door is not Door.OPEN:
        return asked.door
    kept = canonical(asked.held.survey, answers)
    if not kept:
        raise Invalid({"": FieldError("survey.empty", {})})
    if asked.sheet_id is not None and not uow.surveys.use_sheet(asked.sheet_id):
        return Door.OPEN if uow.surveys.knows(digest) else Door.USED  # perhaps the same page a moment ago
    origin = Origin.LINK if asked.sheet_id is not None else Origin.OPEN_LINK
    uow.surveys.take(new_answer(asked.place.id, origin, kept, local_day(now), once_sha256=digest))
    return Door.OPEN


def standings(uow: UnitOfWork, found: Held, units: Sequence[UnitId] | None = None) -> list[Standing]:
    """What the answers of every unit (or of these) come to, in the order of unit code."""
    sheets, counts = by_place(uow, found.round.id), uow.surveys.counts(found.round.id)
    places = {place.unit_id: place for place in uow.surveys.places(found.round.id)}
    rows = []
    for unit in uow.units.all():
        place = places.get(unit.id)
        if place is None or (units is not None and unit.id not in units):
            continue
        own, kept = [count for count in counts if count.place_id == place.id], tuple(sheets.get(place.id, []))
        rows.append(
            Standing(
                unit=unit,
                place=place,
                origins={c.origin: c.number for c in own if c.state is AnswerState.COUNTED},
                differing=sum(c.number for c in own if c.state is AnswerState.DIFFERS),
                checked=sum(c.checked for c in own),
                kept=kept,
                results=tuple(result(found.survey, i, kept) for i in found.survey.indicators),
            )
        )
    return rows


def counts_of(found: Held, rows: Iterable[Standing]) -> tuple[Count, ...]:
    """How often each answer was given in these units."""
    return tally(found.survey, [sheet for row in rows for sheet in row.kept])


def running(uow: UnitOfWork, actor: Actor) -> list[tuple[Held, SurveyPlace | None]]:
    """The open rounds that concern the actor: with the place of an own unit, or without one where their unit leads."""
    found: list[tuple[Held, SurveyPlace | None]] = []
    known = {cycle.id for cycle in uow.cycles.all()}
    for held in (one for one in uow.surveys.running() if one.cycle_id in known):
        about = _held(uow, held)
        if leads(actor, about):
            found.append((about, None))
        places = (uow.surveys.place_of(held.id, unit) for unit in sorted(actor.units()))
        found += [(about, p) for p in places if p is not None and may_work(actor, about, uow.units.path(p.unit_id))]
    return found


def load(uow: UnitOfWork, cycle_id: CycleId, key: str) -> Held:
    """The round of a cycle; `NotFound` when it was not opened."""
    held = uow.surveys.find(cycle_id, key)
    if held is None:
        raise NotFound("SurveyRound", key)
    return _held(uow, held)


def held_for_lead(uow: UnitOfWork, round_id: int, *, actor: Actor) -> Held:
    """The round, for officers and the secretary of the leading unit or the holder; others are refused (`NotPermitted`)."""
    found = _held(uow, uow.surveys.get(round_id))
    if not leads(actor, found):
        raise NotPermitted("not_lead", unit=found.cycle.unit_id)
    return found


def leads(actor: Actor, found: Held) -> bool:
    """Whether the actor prolongs and closes the round and sees it when it is confidential: officers and the secretary of
    the leading unit and of the holder."""
    return any(actor.holds(unit, OFFICER, SECRETARY) for unit in (found.cycle.unit_id, found.holder.id))


def may_look(actor: Actor, found: Held, path: Sequence[Unit]) -> bool:
    """Whether the actor may see the results of the unit at the start of `path`: who reads the unit, or the leading unit;
    confidential ones only the leading unit's officers and secretary."""
    if found.survey.confidential:
        return leads(actor, found)
    return leads(actor, found) or may_read(actor, path) or may_read(actor, found.lead)


def may_work(actor: Actor, found: Held, path: Sequence[Unit]) -> bool:
    """Whether the actor prints and enters sheets of the unit: officers, secretaries and clerks there or above, and the
    leading unit's; of a confidential survey the latter only."""
    if any(actor.holds(unit, *WORKERS) for unit in (found.cycle.unit_id, found.holder.id)):
        return True
    return not found.survey.confidential and any(actor.holds(unit.id, *WORKERS) for unit in path)


def workplace(uow: UnitOfWork, place_id: int, *, actor: Actor) -> tuple[Held, SurveyPlace, Unit]:
    """A unit's place with its round, for who prints and enters its sheets; `NotPermitted` for others."""
    place = uow.surveys.place(place_id)
    found = _held(uow, uow.surveys.get(place.round_id))
    path = uow.units.path(place.unit_id)
    if not may_work(actor, found, path):
        raise NotPermitted("survey.not_worker", unit=place.unit_id)
    return found, place, path[0]


def new_code() -> str:
    """A random code for a link."""
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def new_answer(
    place_id: int,
    origin: Origin,
    answers: Mapping[str, object],
    day: date,
    *,
    once_sha256: str | None = None,
    sheet_id: int | None = None,
    upload: str = "",
    by_id: int | None = None,
) -> SurveyAnswer:
    """An answer that counts."""
    return SurveyAnswer(
        id=NEW,
        place_id=place_id,
        origin=origin,
        state=AnswerState.COUNTED,
        day=day,
        answers=answers,
        once_sha256=once_sha256,
        sheet_id=sheet_id,
        upload=upload,
        by_id=by_id,
        checked=False,
        second={},
        second_by_id=None,
        settled_by_id=None,
        row_version=0,
    )


def note(
    uow: UnitOfWork,
    cycle: Cycle,
    survey: Survey,
    event: str,
    *,
    actor: Actor,
    now: datetime,
    unit: Unit | None = None,
    **facts: object,
) -> None:
    """Write the audit line of something done about a survey."""
    about = {"unit": unit.name} if unit is not None else {}
    uow.audit.write(
        AuditLine(
            at=now,
            actor_id=actor.account_id,
            actor_name=actor.full_name,
            event=event,
            target=f"cycle:{cycle.id}",
            cycle_id=cycle.id,
            unit_id=unit.id if unit is not None else cycle.unit_id,
            task="survey",
            facts={"survey": survey.title, **about, **facts},
        )
    )


def _tell(uow: UnitOfWork, held: SurveyRound, survey: Survey, units: Sequence[Unit], *, now: datetime) -> None:
    """Tell the people of the units who print and enter sheets that there is something to ask."""
    teller, asker = Teller(uow, now), uow.units.get(held.unit_id).name
    places = {place.unit_id: place.id for place in uow.surveys.places(held.id)}
    facts = {"name": survey.title, "asker": asker, "first_day": held.first_day, "last_day": held.last_day}
    for unit in units:
        told = {**facts, "unit": unit.name, "sample": survey.sample, "place": places[unit.id]}
        href = f"/phieu-khao-sat/{places[unit.id]}"
        for person in uow.accounts.holders(unit.id, WORKERS, local_day(now)):
            key = f"survey:{held.id}:{unit.id}:{person.id}"
            teller.tell(person, key=key, kind="survey", facts=told, href=href, unit_id=unit.id)


def _held(uow: UnitOfWork, held: SurveyRound) -> Held:
    cycle, model = uow.cycles.get(held.cycle_id), uow.models.get(held.version)
    survey = declared(model, held.key)
    return Held(
        round=held,
        survey=survey,
        form=model.forms[survey.form],
        cycle=cycle,
        model=model,
        lead=uow.units.path(cycle.unit_id),
        holder=uow.units.get(held.unit_id),
    )


def _deadline(uow: UnitOfWork, cycle: Cycle, group: str, name: str) -> Deadline | None:
    return changed(uow.cycles.deadlines(cycle.id, group), uow.cycles.changes(cycle.id), None, "").get(name)


def _check_days(first: date, last: date | None, now: datetime) -> None:
    if last is not None and last < local_day(now):
        raise Invalid({"last_day": FieldError("day_passed", {})})
    if last is not None and last < first:
        raise Invalid({"last_day": FieldError("too_early", {"first_day": first})})


def _new_place(held: SurveyRound, unit: Unit) -> SurveyPlace:
    return SurveyPlace(id=NEW, round_id=held.id, unit_id=unit.id, token=new_code(), batches=0, sheets=0, row_version=0)
