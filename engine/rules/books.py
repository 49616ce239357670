"""How does an office number what it sends out? Books, their periods and modes, reserved blocks, the order of dates.

Sources: Nghị định 30/2020/NĐ-CP, Điều 15 (numbers from 01 within a calendar year, one register); Hướng dẫn
05-HD/VPTW of 2026 and its forerunners (Party bodies number per type and term of office); domain.md B2.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.rules.decisions import DecisionId, RegisterRow
from engine.rules.papers import Kind
from engine.rules.units import AccountId, UnitId

#: Numbered only where the office says so by keeping a book for them.
NUMBERED_BY_CHOICE = frozenset({Kind.MINUTES})
#: Highest number that a register takes.
HIGHEST = 999_999


class BookMode(StrEnum):
    """Where a document's number comes from."""

    KEPT = "kept"  # here: the next number, at issue, without a gap
    OFFICE = "office"  # the office's own register: a person enters number and date before it is signed
    BLOCK = "block"  # a block of numbers that the office has reserved in its own register


class BookPeriod(StrEnum):
    """After what the numbers begin again at 1."""

    YEAR = "year"
    TERM = "term"  # nhiệm kỳ


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A register (sổ) of one unit, for documents of these types."""

    id: int
    unit_id: UnitId
    code: str  #: unique in the unit; stands in the register's rows
    name: str
    types: tuple[str, ...]  #: what templates name by `book`: QĐ, BC …; a type stands in one book of a unit
    mode: BookMode
    period: BookPeriod
    first_day: date | None  #: of the term of office; None for years
    last_day: date | None  #: inclusive
    first_number: int  #: with which a book begins here whose earlier numbers were given elsewhere
    first_year: int | None  #: the period in which it begins so; every later one begins with 1
    row_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One year or one term of a book."""

    year: int  #: the calendar year, or that in which the term began: register rows are kept under it
    term: str  #: "2025–2030"; empty for a calendar year


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberBlock:
    """Numbers that the office has reserved for us in its own register, both ends inclusive."""

    id: int
    book_id: int
    year: int
    first: int
    last: int
    taken: int  #: how many of them were given, from the first on
    reserved_on: date
    reason: str
    by_id: AccountId | None
    by_name: str
    at: datetime
    row_version: int

    @property
    def left(self) -> int:
        """How many numbers are left."""
        return self.last - self.first + 1 - self.taken


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedNumber:
    """A document that waits until a person gives it its number, or reserves more numbers."""

    id: int
    unit_id: UnitId
    book: str  #: the book's code when it was asked for
    kind: str  #: what its template names by `book`
    decision_id: DecisionId | None
    submission_id: int | None
    type_code: str
    symbol: str  #: without the number
    subject: str
    signer_name: str
    recipients: str
    asked_at: datetime
    payload: Mapping[str, object]  #: of the job that goes on with it; empty: none
    settled_at: datetime | None
    row_version: int


def default_book(unit_id: UnitId, kind: str) -> Book:
    """The book of a type for which the office has made none: kept here, by calendar year."""
    return Book(
        id=0,
        unit_id=unit_id,
        code=kind,
        name="",
        types=(kind,),
        mode=BookMode.KEPT,
        period=BookPeriod.YEAR,
        first_day=None,
        last_day=None,
        first_number=1,
        first_year=None,
        row_version=0,
    )


def book_for(books: Iterable[Book], unit_id: UnitId, kind: str) -> Book:
    """The unit's book for documents of a type."""
    return next((book for book in books if kind in book.types), None) or default_book(unit_id, kind)


def period_on(book: Book, day: date) -> Period | None:
    """The period of the book that holds `day`; None: outside the term of office that is known."""
    if book.period is BookPeriod.YEAR:
        return Period(year=day.year, term="")
    if book.first_day is None or book.last_day is None or not book.first_day <= day <= book.last_day:
        return None
    return Period(year=book.first_day.year, term=f"{book.first_day.year}–{book.last_day.year}")


def first_of(book: Book, period: Period) -> int:
    """The number with which a period of the book begins here."""
    return book.first_number if period.year == book.first_year else 1


def next_of_block(blocks: Sequence[NumberBlock]) -> NumberBlock | None:
    """The block whose next number comes next; None: all are used up."""
    return min((block for block in blocks if block.left > 0), key=lambda block: block.first, default=None)


def next_number(block: NumberBlock) -> int:
    """The next number of a block that is not used up."""
    return block.first + block.taken


def overlapping(blocks: Iterable[NumberBlock], first: int, last: int) -> NumberBlock | None:
    """A block that holds one of these numbers."""
    return next((block for block in blocks if block.first <= last and first <= block.last), None)


def earliest_day(rows: Iterable[RegisterRow], number: int) -> date | None:
    """The day before which a document of that number may not be dated: that of the numbers below it."""
    return max((row.dated for row in rows if row.number < number), default=None)


def latest_day(rows: Iterable[RegisterRow], number: int) -> date | None:
    """The day after which a document of that number may not be dated: that of the numbers above it."""
    return min((row.dated for row in rows if row.number > number), default=None)


def look_alikes(rows: Iterable[RegisterRow], subject: str, recipients: str, day: date) -> list[RegisterRow]:
    """Living rows of the same subject, recipients and day: perhaps the same document twice."""
    return [
        row
        for row in rows
        if (row.subject, row.recipients, row.dated) == (subject, recipients, day) and row.state.value != "void"
    ]
