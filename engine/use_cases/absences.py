"""What happens when a person is absent? Their work is handed over for some days, done in their stead, and taken back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from engine.errors import FieldError, Invalid, NotPermitted, WrongState
from engine.ports.store import NEW, TimerRow, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycle_models import ACTS
from engine.rules.deadlines import local_day, start_of_day
from engine.rules.delegations import (
    Delegation,
    DelegationKind,
    DelegationScope,
    DelegationState,
    LegalForm,
    legal_form,
)
from engine.rules.permissions import ADMINISTRATOR, OFFICER, SECRETARY, SIGNING
from engine.rules.text import nfc
from engine.rules.units import SYSTEM, Account, AccountId, Actor, Position, UnitId
from engine.use_cases.notifying import Teller

#: Kind of the timer that notes a delegation's end.
TIMER = "absence"
#: Longest text of a paper's number or a reason.
MOST = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose work is handed over to whom, when, which, on what ground."""

    from_id: AccountId
    unit_id: UnitId
    role: str
    to_id: AccountId
    first_day: date
    last_day: date
    scope: DelegationScope
    code: str = ""
    signs: bool = False
    kind: DelegationKind = DelegationKind.WRITTEN
    document: str = ""
    reason: str = ""


def hand_over(uow: UnitOfWork, asked: Asked, *, actor: Actor, now: datetime) -> Delegation:
    """Hand the work of a position over from its first to its last day, both inclusive; the work shows up at once.

    By the person, or for them by an administrator there or above, or an officer or secretary of a unit above. Refused:
    others (`NotPermitted`); days that are past, out of order or beyond the position, a substitute who cannot be one,
    signing without the number of its paper, work that is handed over already (`Invalid`, by field).
    """
    check_may_arrange(uow, asked.unit_id, asked.from_id, actor=actor)
    asked = replace(asked, document=nfc(asked.document.strip()), reason=nfc(asked.reason.strip()))
    errors = _day_errors(uow, asked, now) | _substitute_errors(uow, asked, actor) | _scope_errors(uow, asked)
    if errors:
        raise Invalid(errors)
    made = _made(uow, asked, actor=actor, now=now)
    if any(made.overlaps(other) for other in uow.absences.of_person(asked.from_id)):
        raise Invalid({"first_day": FieldError("delegation_overlaps", {})})
    made = uow.absences.add(made)
    uow.timers.plan([_end_of(made)])
    uow.audit.write(_line(uow, made, "delegated", actor=actor, now=now))
    _tell(uow, made, actor=actor, now=now)
    return made


def take_back(uow: UnitOfWork, delegation_id: int, *, actor: Actor, now: datetime) -> Delegation:
    """End a delegation before its last day: by who gave it, who may give it for them, or the substitute.

    Refused: others (`NotPermitted`), a delegation that is over (`WrongState`).
    """
    found = readable(uow, delegation_id, actor=actor)
    if found.state_on(local_day(now)) not in (DelegationState.PLANNED, DelegationState.RUNNING):
        raise WrongState("delegation_ended", last_day=found.last_day)
    ended = uow.absences.save(replace(found, ended_at=now))
    event = "delegation_returned" if actor.account_id == found.to_id else "delegation_taken_back"
    uow.audit.write(_line(uow, ended, event, actor=actor, now=now))
    _tell(uow, ended, actor=actor, now=now)
    return ended


def note_over(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    """Note that a delegation has ended with its last day."""
    found = uow.absences.get(int(str(row.payload["delegation"])))
    if found.state_on(local_day(now)) is DelegationState.OVER:
        uow.audit.write(_line(uow, found, "delegation_over", actor=SYSTEM, now=now))


def readable(uow: UnitOfWork, delegation_id: int, *, actor: Actor) -> Delegation:
    """The delegation, for those it is about and those who may arrange it; `NotPermitted` for others, `NotFound`."""
    found = uow.absences.get(delegation_id)
    if actor.account_id != found.to_id:
        check_may_arrange(uow, found.unit_id, found.from_id, actor=actor)
    return found


def check_may_arrange(uow: UnitOfWork, unit_id: UnitId, account_id: AccountId, *, actor: Actor) -> None:
    """Refuse who may not hand this person's work over: the person, administrators there or above, the unit above may."""
    if actor.account_id == account_id or unit_id in arranged(uow, [unit_id], actor=actor):
        return
    raise NotPermitted("not_absence_arranger", unit=unit_id)


def arranged(uow: UnitOfWork, units: Sequence[UnitId], *, actor: Actor) -> list[UnitId]:
    """Those of the units for whose people the actor may hand work over."""
    return [unit for unit in units if _may_arrange(uow, unit, actor)]


def _may_arrange(uow: UnitOfWork, unit_id: UnitId, actor: Actor) -> bool:
    path = uow.units.path(unit_id)
    above = any(actor.holds(unit.id, OFFICER, SECRETARY) for unit in path[1:])
    return above or any(actor.holds(unit.id, ADMINISTRATOR) for unit in path)


def may_stand_in(uow: UnitOfWork, unit_id: UnitId, person: Account, on: date) -> bool:
    """Whether the person may be a substitute at the unit: holds a position there, above or below it on that day."""
    above = {unit.id for unit in uow.units.path(unit_id)}
    held = [p.unit_id for p in uow.accounts.positions(person.id) if p.held_on(on)]
    return any(own in above or unit_id in {unit.id for unit in uow.units.path(own)} for own in held)


def form_for(
    uow: UnitOfWork, person: AccountId, unit_id: UnitId, role: str, kind: DelegationKind, on: date
) -> LegalForm:
    """In which form the person signs for who holds `role` at the unit, by the positions that they hold on that day."""
    held = [p.role for p in uow.accounts.positions(person) if p.unit_id == unit_id and p.held_on(on)]
    return legal_form(role, kind, held, uow.words.deputies())


def position_held(uow: UnitOfWork, account_id: AccountId, unit_id: UnitId, role: str, on: date) -> Position | None:
    """The position, when the person holds it on that day."""
    held = (p for p in uow.accounts.positions(account_id) if (p.unit_id, p.role) == (unit_id, role))
    return next((p for p in held if p.held_on(on)), None)


def _day_errors(uow: UnitOfWork, asked: Asked, now: datetime) -> dict[str, FieldError]:
    errors: dict[str, FieldError] = {}
    position = position_held(uow, asked.from_id, asked.unit_id, asked.role, asked.first_day)
    if asked.first_day < local_day(now):
        errors["first_day"] = FieldError("day_passed", {})
    elif position is None:
        errors["role"] = FieldError("position_not_held", {})
    if asked.last_day < asked.first_day:
        errors["last_day"] = FieldError("too_early", {"first_day": asked.first_day})
    elif position is not None and position.until_day is not None and asked.last_day > position.until_day:
        errors["last_day"] = FieldError("beyond_position", {"last_day": position.until_day})
    return errors


def _substitute_errors(uow: UnitOfWork, asked: Asked, actor: Actor) -> dict[str, FieldError]:
    if asked.to_id == asked.from_id:
        return {"to": FieldError("own_substitute", {})}
    if asked.to_id == actor.account_id:
        return {"to": FieldError("own_choice", {})}
    person = uow.accounts.get(asked.to_id)
    if person.disabled_at is not None:
        return {"to": FieldError("substitute_disabled", {"name": person.full_name})}
    if not may_stand_in(uow, asked.unit_id, person, asked.first_day):
        return {"to": FieldError("substitute_elsewhere", {"name": person.full_name})}
    return {}


def _scope_errors(uow: UnitOfWork, asked: Asked) -> dict[str, FieldError]:
    errors: dict[str, FieldError] = {}
    known = {
        DelegationScope.MODEL: tuple(uow.models.keys()),
        DelegationScope.ACT: tuple(act for act in ACTS if act not in SIGNING),
    }
    if asked.scope in known and asked.code not in known[asked.scope]:
        errors["code"] = FieldError("choice", {"title": "Phạm vi"})
    if asked.scope is DelegationScope.SIGNING and not asked.signs:
        errors["signs"] = FieldError("choice", {"title": "Ký văn bản"})
    if asked.signs and not asked.document:
        errors["document"] = FieldError("delegation_needs_paper", {})
    for name, title, text in (("document", "Văn bản", asked.document), ("reason", "Lý do", asked.reason)):
        if len(text) > MOST:
            errors[name] = FieldError("form.too_long", {"title": title, "limit": MOST, "length": len(text)})
    return errors


def _made(uow: UnitOfWork, asked: Asked, *, actor: Actor, now: datetime) -> Delegation:
    names = (
        "unit_id",
        "role",
        "from_id",
        "to_id",
        "first_day",
        "last_day",
        "scope",
        "signs",
        "kind",
        "document",
        "reason",
    )
    on = asked.first_day
    form = form_for(uow, asked.to_id, asked.unit_id, asked.role, asked.kind, on) if asked.signs else None
    coded = asked.scope in (DelegationScope.MODEL, DelegationScope.ACT)
    return Delegation(
        id=NEW,
        **{name: getattr(asked, name) for name in names},
        code=asked.code if coded else "",
        form=form,
        title=_title(uow, asked, form, on),
        created_at=now,
        created_by=actor.account_id,
        ended_at=None,
        row_version=0,
    )


def _title(uow: UnitOfWork, asked: Asked, form: LegalForm | None, on: date) -> str:
    """The substitute's own position: as the deputy at the unit, else the first one, with its unit when it is another."""
    held = [p for p in uow.accounts.positions(asked.to_id) if p.held_on(on)]
    if form is LegalForm.DEPUTY:
        deputies = uow.words.deputies()
        held = [p for p in held if p.unit_id == asked.unit_id and deputies.get(p.role) == asked.role]
    own = min(held, key=lambda p: (p.unit_id != asked.unit_id, p.id))
    label = uow.words.label("role", own.role)
    return label if own.unit_id == asked.unit_id else f"{label} {uow.units.get(own.unit_id).name}"


def _tell(uow: UnitOfWork, found: Delegation, *, actor: Actor, now: datetime) -> None:
    """Tell the absent person and the substitute, whoever of them it was not."""
    people = {account_id: uow.accounts.get(account_id) for account_id in (found.from_id, found.to_id)}
    ended = found.ended_at is not None
    facts = {
        "absent": people[found.from_id].full_name,
        "substitute": people[found.to_id].full_name,
        "position": f"{uow.words.label('role', found.role)} {uow.units.get(found.unit_id).name}",
        "from_day": found.first_day,
        "until": found.last_day,
        "paper": found.document,
        "ended": ended,
        "delegation": found.id,
    }
    for person in people.values():
        if person.id != actor.account_id:
            key = f"delegation:{found.id}:{'ended' if ended else 'made'}:{person.id}"
            Teller(uow, now).tell(person, key=key, kind="delegation", facts=facts, href=f"/vang-mat/{found.id}")


def _end_of(made: Delegation) -> TimerRow:
    return TimerRow(
        id=NEW,
        kind=TIMER,
        key=f"absence:{made.id}",
        due_at=start_of_day(made.last_day + timedelta(days=1)),
        instance_id=None,
        cycle_id=None,
        work_item_id=None,
        token="",
        payload={"delegation": made.id},
        state="waiting",
    )


def _line(uow: UnitOfWork, found: Delegation, event: str, *, actor: Actor, now: datetime) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event=event,
        target=f"delegation:{found.id}",
        unit_id=found.unit_id,
        last_day=found.last_day,
        facts={
            "absent": uow.accounts.get(found.from_id).full_name,
            "substitute": uow.accounts.get(found.to_id).full_name,
            "position": uow.words.label("role", found.role),
            "first_day": found.first_day,
            "scope": found.scope.value,
            "code": found.code,
            "form": found.form.value if found.form else "",
            "paper": found.document,
            "reason": found.reason,
        },
    )
