"""How does a document get its number? From the book of its unit and type, in the book's own way, or it waits for one.

A number is taken and its register row written in one transaction: a failure undoes both, so a book that is kept here has
no gap. A book of the office's own register never gives a number by itself.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime

from engine.errors import WrongState
from engine.ports.store import NEW, UnitOfWork
from engine.rules.books import (
    NUMBERED_BY_CHOICE,
    AwaitedNumber,
    Book,
    BookMode,
    Period,
    book_for,
    first_of,
    next_of_block,
    period_on,
)
from engine.rules.deadlines import local_day
from engine.rules.decisions import Decision, DecisionId, RegisterRow, RegisterState
from engine.rules.papers import Kind, Paper, document_code
from engine.rules.units import UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A document that is to be numbered, with what its register row says."""

    unit_id: UnitId
    kind: str  #: what its template names by `book`
    type_code: str
    symbol: str  #: without the number
    subject: str
    signer_name: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A number that was given, and where it stands."""

    book: Book
    period: Period
    number: int
    symbol: str  #: with the number
    dated: date


def book_of(uow: UnitOfWork, unit_id: UnitId, kind: str) -> Book:
    """The unit's book for documents of a type."""
    return book_for(uow.books.of_unit(unit_id), unit_id, kind)


def is_numbered(uow: UnitOfWork, unit_id: UnitId, kind: Kind, book: str) -> bool:
    """Whether a paper takes a number: its template names a book, and the office does so where it may choose."""
    if not book:
        return False
    return kind not in NUMBERED_BY_CHOICE or any(book in kept.types for kept in uow.books.of_unit(unit_id))


def take(uow: UnitOfWork, wanted: Wanted, *, now: datetime) -> Given | None:
    """Take the next number, dated today; None: a person must enter it, or reserve more numbers, first.

    Refused (`WrongState`): today lies before the day of the book's last number.
    """
    book, today = book_of(uow, wanted.unit_id, wanted.kind), local_day(now)
    period = period_on(book, today)
    number = None if period is None else _next(uow, book, period)
    if period is None or number is None:
        return None
    last = uow.books.last_row(book.unit_id, book.code, period.year)
    if last is not None and last.dated > today:
        raise WrongState("date_goes_back", symbol=last.symbol, dated=last.dated)
    return given(book, period, number, wanted.symbol, today)


def given(book: Book, period: Period, number: int, symbol: str, dated: date) -> Given:
    """A number of a book, put together with the symbol of its document."""
    return Given(book=book, period=period, number=number, symbol=document_code(number, symbol), dated=dated)


def register(
    uow: UnitOfWork,
    wanted: Wanted,
    found: Given,
    *,
    decision_id: DecisionId | None = None,
    submission_id: int | None = None,
    state: RegisterState = RegisterState.NUMBERED,
) -> RegisterRow:
    """Write the register's row of a number that was just given."""
    return uow.decisions.add_register_row(
        RegisterRow(
            id=NEW,
            unit_id=wanted.unit_id,
            book=found.book.code,
            year=found.period.year,
            term=found.period.term,
            number=found.number,
            symbol=found.symbol,
            dated=found.dated,
            type_code=wanted.type_code,
            subject=wanted.subject,
            signer_name=wanted.signer_name,
            recipients="; ".join(wanted.recipients),
            decision_id=decision_id,
            submission_id=submission_id,
            mode=found.book.mode.value,
            state=state,
        )
    )


def wait(
    uow: UnitOfWork,
    wanted: Wanted,
    *,
    decision_id: DecisionId | None = None,
    submission_id: int | None = None,
    now: datetime,
) -> AwaitedNumber:
    """Let a document wait for its number."""
    return uow.books.wait(
        AwaitedNumber(
            id=NEW,
            unit_id=wanted.unit_id,
            book=book_of(uow, wanted.unit_id, wanted.kind).code,
            kind=wanted.kind,
            decision_id=decision_id,
            submission_id=submission_id,
            type_code=wanted.type_code,
            symbol=wanted.symbol,
            subject=wanted.subject,
            signer_name=wanted.signer_name,
            recipients="; ".join(wanted.recipients),
            asked_at=now,
            payload={},
            settled_at=None,
            row_version=0,
        )
    )


def came_out(uow: UnitOfWork, decision: Decision) -> None:
    """Note in the register that the document of a number is out."""
    for row in uow.books.rows_of(decision.id):
        if row.state is RegisterState.NUMBERED:
            uow.books.save_row(replace(row, state=RegisterState.ISSUED))


def numbered_paper(paper: Paper, row: RegisterRow | None) -> Paper:
    """A paper with the number and date that the register has for it."""
    return paper if row is None else replace(paper, number=row.number, date=row.dated)


def _next(uow: UnitOfWork, book: Book, period: Period) -> int | None:
    if book.mode is BookMode.KEPT:
        return uow.decisions.take_number(book.unit_id, book.code, period.year, first=first_of(book, period))
    if book.mode is BookMode.OFFICE:
        return None
    blocks = [block for block in uow.books.blocks(book.id) if block.year == period.year]
    while (block := next_of_block(blocks)) is not None:
        number = uow.books.take_of_block(block.id)
        if number is not None:
            uow.books.hold(book.unit_id, book.code, period.year, at_least=number)
            return number
        blocks.remove(block)  # somebody else took its last number just now
    return None
