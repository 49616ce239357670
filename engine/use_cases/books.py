"""How does an office arrange its books? Modes and periods, reserved blocks, numbers entered by hand, voided numbers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from engine.errors import FieldError, Invalid, NotPermitted, StaleVersion, WrongState
from engine.ports.store import NEW, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.books import (
    HIGHEST,
    AwaitedNumber,
    Book,
    BookMode,
    BookPeriod,
    NumberBlock,
    Period,
    earliest_day,
    latest_day,
    look_alikes,
    overlapping,
    period_on,
)
from engine.rules.deadlines import local_day
from engine.rules.decisions import Decision, DecisionState, RegisterRow, RegisterState
from engine.rules.dossiers import InstanceId, InstanceState
from engine.rules.permissions import ADMINISTRATOR, CLERK
from engine.rules.text import nfc
from engine.rules.units import Actor, UnitId
from engine.use_cases import decisions, numbering
from engine.use_cases.numbering import Wanted


def may_keep(actor: Actor, unit_id: UnitId) -> bool:
    """Whether the actor keeps the unit's books: its clerks, and administrators."""
    return actor.holds(unit_id, CLERK) or actor.holds_anywhere(ADMINISTRATOR)


def check_may_keep(actor: Actor, unit_id: UnitId) -> None:
    """Refuse who does not keep the unit's books."""
    if not may_keep(actor, unit_id):
        raise NotPermitted("not_book_keeper")


def put_book(uow: UnitOfWork, book: Book, *, actor: Actor, now: datetime) -> Book:
    """Make a book of a unit or change it; documents that waited for a number get it where the book now gives one.

    Field errors: a code or type that another book of the unit has, no type, a term without its days.
    """
    check_may_keep(actor, book.unit_id)
    book = replace(book, code=nfc(book.code.strip()), name=nfc(book.name.strip()))
    others = [b for b in uow.books.of_unit(book.unit_id) if b.id != book.id]
    period = period_on(book, local_day(now))
    old = uow.books.get(book.id) if book.id else None
    if old is None or book.first_number != old.first_number:
        book = replace(book, first_year=period.year if period else None)
        if errors := _first_errors(uow, book, period):
            raise Invalid(errors)
    if errors := _book_errors(book, others):
        raise Invalid(errors)
    if book.period is BookPeriod.YEAR:
        book = replace(book, first_day=None, last_day=None)
    kept = uow.books.save(book) if book.id else uow.books.add(book)
    facts: dict[str, object] = {"book": book.code, "mode": book.mode, "types": list(book.types), "period": book.period}
    facts |= {"first_day": book.first_day, "last_day": book.last_day}
    _tell(uow, "book_changed", kept.unit_id, facts, actor=actor, now=now)
    for kind in kept.types:
        _serve(uow, kept, kind, actor=actor, now=now)
    return kept


def remove_book(uow: UnitOfWork, book_id: int, *, actor: Actor, now: datetime) -> None:
    """Let the unit's documents of these types be numbered here by calendar year again; refused with blocks."""
    book = uow.books.get(book_id)
    check_may_keep(actor, book.unit_id)
    if uow.books.blocks(book_id):
        raise WrongState("book_has_blocks", book=book.code)
    uow.books.remove(book_id)
    _tell(uow, "book_removed", book.unit_id, {"book": book.code}, actor=actor, now=now)


def reserve(
    uow: UnitOfWork, book_id: int, first: int, last: int, *, on: date, reason: str, actor: Actor, now: datetime
) -> NumberBlock:
    """Note that the office has reserved these numbers (both ends inclusive) in its own register on that day.

    Documents that waited for one get theirs at once, in the order in which they came. Field errors: numbers that stand
    in the register or in another block, a day that is ahead or outside the book's period, no reason.
    """
    book = uow.books.get(book_id)
    check_may_keep(actor, book.unit_id)
    period = period_on(book, on)
    reason = nfc(reason.strip())
    errors = _block_errors(uow, book, period, first, last, on, reason, today=local_day(now))
    if errors or period is None:
        raise Invalid(errors)
    block = uow.books.add_block(
        NumberBlock(
            id=NEW,
            book_id=book.id,
            year=period.year,
            first=first,
            last=last,
            taken=0,
            reserved_on=on,
            reason=reason,
            by_id=actor.account_id,
            by_name=actor.full_name,
            at=now,
            row_version=0,
        )
    )
    facts = {"book": book.code, "first": first, "last": last, "on": on, "reason": reason}
    _tell(uow, "numbers_reserved", book.unit_id, facts, actor=actor, now=now)
    for kind in book.types:
        _serve(uow, book, kind, actor=actor, now=now)
    return block


def enter(
    uow: UnitOfWork, awaited_id: int, number: int, dated: date, *, sure: bool = False, actor: Actor, now: datetime
) -> RegisterRow:
    """Enter the number and day that a waiting document has in the office's own register; it goes on to be signed.

    Field errors: the number stands in the book already (`number`), a day that is ahead, outside the book's period or
    against the order of numbers (`dated`), and, unless `sure`, a row of the same subject, recipients and day (`sure`).
    """
    awaited = _open(uow, awaited_id)
    check_may_keep(actor, awaited.unit_id)
    book = numbering.book_of(uow, awaited.unit_id, awaited.kind)
    if book.mode is not BookMode.OFFICE:
        raise WrongState("book_gives_numbers", book=book.code)
    today = local_day(now)
    period = period_on(book, dated)
    errors = _entry_errors(uow, book, period, awaited, number, dated, sure=sure, today=today)
    if errors or period is None:
        raise Invalid(errors)
    uow.books.hold(book.unit_id, book.code, period.year, at_least=number)
    if _entry_errors(uow, book, period, awaited, number, dated, sure=sure, today=today):
        raise StaleVersion("stale")  # somebody else entered a number while ours was looked at
    found = numbering.given(book, period, number, awaited.symbol, dated)
    facts = {"symbol": found.symbol, "dated": dated, "subject": awaited.subject}
    _tell(uow, "number_entered", awaited.unit_id, facts, actor=actor, now=now)
    return _settle(uow, awaited, found, now=now)


def void(uow: UnitOfWork, row_id: int, reason: str, *, actor: Actor, now: datetime) -> RegisterRow:
    """Void a number whose document is not out; the row stays with who, when and why.

    The document itself takes a new number while its process still waits for it; else it is set aside. Refused
    (`WrongState`): the document is out, or the number is void already. Field errors: no reason.
    """
    row = uow.books.row(row_id)
    check_may_keep(actor, row.unit_id)
    reason = nfc(reason.strip())
    if not reason:
        raise Invalid({"reason": FieldError("reason_required", {})})
    decision = uow.decisions.get(row.decision_id) if row.decision_id is not None else None
    out = decision is not None and decision.state is not DecisionState.NUMBERED
    if row.state is RegisterState.VOID or out:
        raise WrongState("number_not_voidable", symbol=row.symbol)
    gone = uow.books.save_row(
        replace(row, state=RegisterState.VOID, note=reason, changed_by=actor.full_name, changed_at=now)
    )
    _tell(uow, "number_voided", row.unit_id, {"symbol": row.symbol, "reason": reason}, actor=actor, now=now)
    if decision is not None:
        _number_again(uow, decision, actor=actor, now=now)
    return gone


def last_day_of(uow: UnitOfWork, awaited: AwaitedNumber, *, now: datetime) -> RegisterRow | None:
    """The row of the highest number of the book that the document waits for, in today's period."""
    book = numbering.book_of(uow, awaited.unit_id, awaited.kind)
    period = period_on(book, local_day(now))
    return uow.books.last_row(book.unit_id, book.code, period.year) if period else None


def _number_again(uow: UnitOfWork, decision: Decision, *, actor: Actor, now: datetime) -> None:
    jobs = [i for i in uow.incidents.of_dossier(decision.dossier_id) if i.decision_id == decision.id]
    for incident in jobs:
        uow.incidents.save(replace(incident, resolved_at=now, resolution="number_voided"))
    stem = replace(
        decision,
        state=DecisionState.DRAFTED,
        number=None,
        symbol=decisions.stored_paper(decision).symbol,
        dated=None,
        signed_at=None,
    )
    payload = jobs[-1].payload if jobs else {}
    if not payload or not _still_waits(uow, payload):
        uow.decisions.save(replace(stem, state=DecisionState.VOID))
        return
    numbered = decisions.give_number(uow, uow.decisions.save(stem), now=now)
    decisions.promise(uow, numbered, payload, again=True)


def _still_waits(uow: UnitOfWork, payload: Mapping[str, object]) -> bool:
    if not payload["token"]:  # it replaces, corrects or recalls another document
        return True
    instance = uow.instances.get(InstanceId(int(str(payload["instance_id"]))))
    return instance.state is not InstanceState.ENDED


def _serve(uow: UnitOfWork, book: Book, kind: str, *, actor: Actor, now: datetime) -> None:
    """Number those that wait for this type, as long as the book gives numbers by itself."""
    waiting = sorted(uow.books.waiting({book.unit_id}), key=lambda a: a.id)
    for awaited in (a for a in waiting if a.kind == kind):
        found = numbering.take(uow, _wanted(awaited), now=now)
        if found is None:
            return
        _settle(uow, awaited, found, now=now)


def _settle(uow: UnitOfWork, awaited: AwaitedNumber, found: numbering.Given, *, now: datetime) -> RegisterRow:
    uow.books.save_awaited(replace(awaited, settled_at=now))
    if awaited.decision_id is None:
        return numbering.register(
            uow, _wanted(awaited), found, submission_id=awaited.submission_id, state=RegisterState.ISSUED
        )
    decision = uow.decisions.get(awaited.decision_id)
    decisions.check_bases(uow, decision)
    row = numbering.register(uow, _wanted(awaited), found, decision_id=decision.id)
    decisions.promise(uow, decisions.numbered(uow, decision, found, now=now), awaited.payload)
    return row


def _wanted(awaited: AwaitedNumber) -> Wanted:
    return Wanted(
        unit_id=awaited.unit_id,
        kind=awaited.kind,
        type_code=awaited.type_code,
        symbol=awaited.symbol,
        subject=awaited.subject,
        signer_name=awaited.signer_name,
        recipients=tuple(part for part in awaited.recipients.split("; ") if part),
    )


def _open(uow: UnitOfWork, awaited_id: int) -> AwaitedNumber:
    awaited = uow.books.awaited(awaited_id)
    if awaited.settled_at is not None:
        raise WrongState("number_given", at=awaited.settled_at)
    return awaited


def _book_errors(book: Book, others: list[Book]) -> dict[str, FieldError]:
    errors: dict[str, FieldError] = {}
    if not book.code:
        errors["code"] = FieldError("form.required", {"title": "Ký hiệu sổ"})
    if any(other.code == book.code for other in others):
        errors["code"] = FieldError("book_code_taken", {"book": book.code})
    if not book.types:
        errors["types"] = FieldError("book_types_missing", {})
    taken = next((o for o in others if set(o.types) & set(book.types)), None)
    if taken is not None:
        errors["types"] = FieldError("book_types_taken", {"book": taken.code})
    if not 1 <= book.first_number <= HIGHEST:
        errors["first_number"] = FieldError("number_range", {"most": HIGHEST})
    if book.period is BookPeriod.TERM:
        errors |= _term_errors(book)
    return errors


def _first_errors(uow: UnitOfWork, book: Book, period: Period | None) -> dict[str, FieldError]:
    begun = uow.books.count(book.unit_id, book.code, period.year) if period is not None else 0
    late = begun and book.first_number != 1
    return {"first_number": FieldError("first_number_late", {"number": begun})} if late else {}


def _term_errors(book: Book) -> dict[str, FieldError]:
    if book.first_day is None or book.last_day is None:
        missing = "first_day" if book.first_day is None else "last_day"
        return {missing: FieldError("term_days_missing", {})}
    return {} if book.first_day < book.last_day else {"last_day": FieldError("term_days_order", {})}


def _block_errors(
    uow: UnitOfWork, book: Book, period: Period | None, first: int, last: int, on: date, reason: str, *, today: date
) -> dict[str, FieldError]:
    errors: dict[str, FieldError] = {}
    if book.mode is not BookMode.BLOCK:
        raise WrongState("book_takes_no_block", book=book.code)
    if not 1 <= first <= last <= HIGHEST:
        errors["last" if first <= HIGHEST else "first"] = FieldError("block_order", {"most": HIGHEST})
    if not reason:
        errors["reason"] = FieldError("reason_required", {})
    if on > today:
        errors["on"] = FieldError("day_ahead", {})
    if period is None:
        errors["on"] = FieldError("outside_term", {})
        return errors
    rows = uow.books.rows_of_book(book.unit_id, book.code, period.year)
    stood = next((row for row in rows if first <= row.number <= last), None)
    if stood is not None:
        errors["first"] = FieldError("number_taken", {"symbol": stood.symbol, "dated": stood.dated})
    same = overlapping((b for b in uow.books.blocks(book.id) if b.year == period.year), first, last)
    if same is not None:
        errors["first"] = FieldError("block_overlaps", {"first": same.first, "last": same.last})
    highest = max((row.number for row in rows), default=0)
    if first < highest and "first" not in errors:
        errors["first"] = FieldError("block_below", {"number": highest})
    return errors


def _entry_errors(
    uow: UnitOfWork,
    book: Book,
    period: Period | None,
    awaited: AwaitedNumber,
    number: int,
    dated: date,
    *,
    sure: bool,
    today: date,
) -> dict[str, FieldError]:
    if not 1 <= number <= HIGHEST:
        return {"number": FieldError("number_range", {"most": HIGHEST})}
    if period is None:
        return {"dated": FieldError("outside_term", {})}
    rows = uow.books.rows_of_book(book.unit_id, book.code, period.year)
    if stood := next((row for row in rows if row.number == number), None):
        return {"number": FieldError("number_taken", {"symbol": stood.symbol, "dated": stood.dated})}
    if error := _day_error(rows, number, dated, today):
        return {"dated": error}
    alike = look_alikes(rows, awaited.subject, awaited.recipients, dated)
    if alike and not sure:
        return {"sure": FieldError("looks_alike", {"symbol": alike[0].symbol, "dated": alike[0].dated})}
    return {}


def _day_error(rows: list[RegisterRow], number: int, dated: date, today: date) -> FieldError | None:
    if dated > today:
        return FieldError("day_ahead", {})
    least, most = earliest_day(rows, number), latest_day(rows, number)
    if least is not None and dated < least:
        return FieldError("day_before_last", {"day": least})
    return FieldError("day_after_next", {"day": most}) if most is not None and dated > most else None


def _tell(
    uow: UnitOfWork, event: str, unit_id: UnitId, facts: Mapping[str, object], *, actor: Actor, now: datetime
) -> None:
    uow.audit.write(
        AuditLine(
            at=now,
            actor_id=actor.account_id,
            actor_name=actor.full_name,
            event=event,
            target=f"book:{unit_id}",
            unit_id=unit_id,
            facts=facts,
        )
    )
