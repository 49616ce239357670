"""Who keeps the registers that everything else rests on? Working days, legal bases, mails that did not leave."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from engine.errors import FieldError, Invalid, NotPermitted, WrongState
from engine.ports.store import NEW, CalendarDay, Delivery, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.decisions import LegalBasis
from engine.rules.permissions import ADMINISTRATOR, OFFICER
from engine.rules.text import nfc
from engine.rules.units import SYSTEM, Actor, UnitId

OFF, WORK = "off", "work"
#: A mail that stands so may be sent again by hand.
_STUCK = frozenset({"failed", "dead"})


def put_day(
    uow: UnitOfWork, row: CalendarDay, *, instead_of: CalendarDay | None = None, actor: Actor, now: datetime
) -> CalendarDay:
    """Add a row to the working calendar, for all or for a unit and those below it, or change the one of `instead_of`.

    Dates fixed earlier do not move. Field errors: no reason or source, an unknown kind, a day that has a row already
    (`day`).
    """
    _check_administrator(actor)
    row = replace(row, reason=nfc(row.reason.strip()), source=nfc(row.source.strip()))
    old = _day(uow, instead_of.day, instead_of.unit_id) if instead_of else None
    errors = _day_errors(uow, row, instead_of)
    if errors:
        raise Invalid(errors)
    if old is not None and (old.day, old.unit_id) != (row.day, row.unit_id):
        uow.calendar.delete(old.day, old.unit_id)
    uow.calendar.put([row])
    before = {"old_day": old.day, "old_kind": old.kind, "old_reason": old.reason} if old else {}
    line = _line("calendar_changed", f"calendar:{row.day}", _day_facts(uow, row) | before, actor=actor, now=now)
    uow.audit.write(replace(line, unit_id=row.unit_id))
    return row


def remove_day(uow: UnitOfWork, day: date, unit_id: UnitId | None = None, *, actor: Actor, now: datetime) -> None:
    """Take a row out of the working calendar: the day is again what the row for all, else its weekday says."""
    _check_administrator(actor)
    row = _day(uow, day, unit_id)
    if row is None:
        raise WrongState("day_gone", day=day)
    uow.calendar.delete(day, unit_id)
    line = _line("calendar_removed", f"calendar:{day}", _day_facts(uow, row), actor=actor, now=now)
    uow.audit.write(replace(line, unit_id=unit_id))


def _day_facts(uow: UnitOfWork, row: CalendarDay) -> dict[str, object]:
    facts: dict[str, object] = {"day": row.day, "kind": row.kind, "reason": row.reason, "source": row.source}
    return facts | ({"unit": uow.units.get(row.unit_id).name} if row.unit_id is not None else {})


def fill_year(uow: UnitOfWork, year: int, rows: Sequence[CalendarDay], *, actor: Actor, now: datetime) -> None:
    """Begin a year of the calendar with these rows; refused when it has rows already."""
    _check_administrator(actor)
    if uow.calendar.days(date(year, 1, 1), date(year, 12, 31)):
        raise WrongState("year_filled", year=year)
    uow.calendar.put(rows)
    facts = {"year": year, "count": len(rows)}
    uow.audit.write(_line("calendar_filled", f"calendar:{year}", facts, actor=actor, now=now))


def may_keep_bases(uow: UnitOfWork, actor: Actor) -> bool:
    """Whether the actor keeps the register of legal bases: administrators, and officers of the top unit."""
    if actor.holds_anywhere(ADMINISTRATOR):
        return True
    return any(role == OFFICER and uow.units.get(unit).parent_id is None for unit, role in actor.positions)


def put_basis(uow: UnitOfWork, basis: LegalBasis, *, actor: Actor, now: datetime) -> LegalBasis:
    """Enter a legal basis or correct it; drafts take it up at once, issued documents stay as they are.

    Number and date may stay empty: then nothing can be issued on it. Field errors: no name, no issuer.
    """
    if not may_keep_bases(uow, actor):
        raise NotPermitted("not_basis_keeper")
    basis = replace(
        basis, name=nfc(basis.name.strip()), number=nfc(basis.number.strip()), issuer=nfc(basis.issuer.strip())
    )
    named = (("name", "Tên văn bản", basis.name), ("issuer", "Cơ quan ban hành", basis.issuer))
    errors = {name: FieldError("form.required", {"title": title}) for name, title, text in named if not text}
    if errors:
        raise Invalid(errors)
    old = uow.decisions.basis(basis.key)
    kept = uow.decisions.put_basis(replace(basis, id=old.id if old else NEW))
    facts: dict[str, object] = {"key": basis.key, "name": basis.name, "number": basis.number, "dated": basis.dated}
    before = {"old_number": old.number, "old_dated": old.dated} if old else {}
    facts |= {"issuer": basis.issuer, "sample": basis.sample}
    uow.audit.write(_line("basis_changed", f"basis:{basis.key}", facts | before, actor=actor, now=now))
    return kept


def send_again(uow: UnitOfWork, delivery_id: int, *, actor: Actor, now: datetime) -> Delivery:
    """Try a mail again that failed, at its person's address of today.

    It keeps its Message-ID, so a reader's mail program knows a repeat.
    """
    _check_administrator(actor)
    delivery = uow.outbox.get(delivery_id)
    if delivery.state not in _STUCK:
        raise WrongState("mail_not_stuck")
    person = uow.accounts.get(delivery.account_id) if delivery.account_id is not None else None
    address = (person.email if person else None) or delivery.address
    again = uow.outbox.save(replace(delivery, state="queued", attempts=0, address=address))
    # The key names the try: the first promise of this mail has been spent.
    uow.jobs.enqueue("mail", f"mail:again:{delivery.id}:{now.isoformat()}", {"delivery_id": delivery.id})
    facts = {"subject": delivery.subject, "error": delivery.error}
    uow.audit.write(_line("mail_sent_again", f"delivery:{delivery.id}", facts, actor=actor, now=now))
    return again


def send_all_again(uow: UnitOfWork, *, actor: Actor, now: datetime) -> int:
    """Try every mail again that was given up; how many."""
    _check_administrator(actor)
    dead = uow.outbox.in_state("dead")
    for delivery in dead:
        send_again(uow, delivery.id, actor=actor, now=now)
    return len(dead)


def came_back(uow: UnitOfWork, message_id: str, reason: str, *, now: datetime) -> Delivery | None:
    """Note that a mail which had left was returned by a server on its way; None: it is not ours, or was noted before."""
    delivery = uow.outbox.by_message_id(message_id)
    if delivery is None or delivery.state != "sent":
        return None
    facts = {"subject": delivery.subject, "address": delivery.address, "error": reason}
    uow.audit.write(_line("mail_came_back", f"delivery:{delivery.id}", facts, actor=SYSTEM, now=now))
    return uow.outbox.save(replace(delivery, state="dead", error=reason))


def _day_errors(uow: UnitOfWork, row: CalendarDay, instead_of: CalendarDay | None) -> dict[str, FieldError]:
    named = (("reason", "Lý do", row.reason), ("source", "Văn bản quy định", row.source))
    errors = {name: FieldError("form.required", {"title": title}) for name, title, text in named if not text}
    if row.kind not in (OFF, WORK):
        errors["kind"] = FieldError("choice", {"title": "Loại ngày"})
    same = instead_of is not None and (row.day, row.unit_id) == (instead_of.day, instead_of.unit_id)
    if not same and _day(uow, row.day, row.unit_id) is not None:
        errors["day"] = FieldError("day_taken", {"day": row.day})
    return errors


def _day(uow: UnitOfWork, day: date, unit_id: UnitId | None) -> CalendarDay | None:
    units = [unit_id] if unit_id is not None else []
    return next((row for row in uow.calendar.days(day, day, units) if row.unit_id == unit_id), None)


def _check_administrator(actor: Actor) -> None:
    if not actor.holds_anywhere(ADMINISTRATOR):
        raise NotPermitted("not_administrator")


def _line(event: str, target: str, facts: Mapping[str, object], *, actor: Actor, now: datetime) -> AuditLine:
    return AuditLine(
        at=now, actor_id=actor.account_id, actor_name=actor.full_name, event=event, target=target, facts=facts
    )
