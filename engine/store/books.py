"""By which books does an office number, which numbers has it reserved, what waits for one?"""

from collections.abc import Collection

from sqlalchemy import Connection, bindparam, case, delete, select, update

from engine.rules.books import AwaitedNumber, Book, NumberBlock
from engine.rules.decisions import DecisionId, RegisterRow, RegisterState
from engine.rules.dossiers import DossierId
from engine.rules.units import UnitId
from engine.store.decisions import REGISTER
from engine.store.query_parts import below
from engine.store.rows import Rows, Upsert
from engine.store.tables import counters, register_rows, submissions
from engine.store.tables_books import awaited_numbers, books, number_blocks

BOOKS = Rows(Book, books)
BLOCKS = Rows(NumberBlock, number_blocks)
AWAITED = Rows(AwaitedNumber, awaited_numbers)
_OF_UNIT = BOOKS.where(books.c.unit_id == bindparam("unit_id"))
_BLOCKS = BLOCKS.where(number_blocks.c.book_id == bindparam("book_id"))
#: One statement, so that no number is given twice whoever else asks at the same moment.
_TAKE = (
    update(number_blocks)
    .where(number_blocks.c.id == bindparam("b_id"))
    .where(number_blocks.c.taken <= number_blocks.c.last - number_blocks.c.first)
    .values(taken=number_blocks.c.taken + 1, row_version=number_blocks.c.row_version + 1)
    .returning(number_blocks.c.first + number_blocks.c.taken - 1)
)
_REMOVE = delete(books).where(books.c.id == bindparam("b_id"))
_HOLD = Upsert(
    counters,
    ["unit_id", "book", "year"],
    # Written even when nothing changes: the row is locked by it.
    lambda insert: {
        "last": case((counters.c.last >= insert.excluded.last, counters.c.last), else_=insert.excluded.last)
    },
    returns="last",
)
_COUNT = select(counters.c.last).where(
    counters.c.unit_id == bindparam("unit_id"),
    counters.c.book == bindparam("book"),
    counters.c.year == bindparam("year"),
)
_open = awaited_numbers.c.settled_at.is_(None)
_WAITS = AWAITED.where(awaited_numbers.c.decision_id == bindparam("decision_id"), _open)
_ROWS_OF = REGISTER.where(register_rows.c.decision_id == bindparam("decision_id"))
_OF_SUBMISSION = REGISTER.where(
    register_rows.c.submission_id == bindparam("submission_id"), register_rows.c.state != RegisterState.VOID
)
_DOSSIER_OF = select(submissions.c.dossier_id).where(submissions.c.id == bindparam("b_id"))
_of_book = (
    register_rows.c.unit_id == bindparam("unit_id"),
    register_rows.c.book == bindparam("book"),
    register_rows.c.year == bindparam("year"),
)
_OF_BOOK = REGISTER.select.where(*_of_book).order_by(register_rows.c.number)
_LAST = REGISTER.select.where(*_of_book).order_by(register_rows.c.number.desc()).limit(1)


class SqlBooks:
    """`engine.ports.books.Books`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_unit(self, unit_id: UnitId) -> list[Book]:
        return BOOKS.list(self._connection, _OF_UNIT, unit_id=unit_id)

    def get(self, book_id: int) -> Book:
        return BOOKS.get(self._connection, book_id)

    def add(self, book: Book) -> Book:
        return BOOKS.add(self._connection, book)

    def save(self, book: Book) -> Book:
        return BOOKS.save(self._connection, book)

    def remove(self, book_id: int) -> None:
        self._connection.execute(_REMOVE, {"b_id": book_id})

    def of_units(self, scope: Collection[UnitId]) -> list[Book]:
        return BOOKS.list_once(self._connection, BOOKS.where(books.c.unit_id.in_(below(scope))))

    def hold(self, unit_id: UnitId, book: str, year: int, *, at_least: int) -> int:
        row = {"unit_id": unit_id, "book": book, "year": year, "last": at_least}
        return int(_HOLD.one(self._connection, row))

    def count(self, unit_id: UnitId, book: str, year: int) -> int:
        found = self._connection.execute(_COUNT, {"unit_id": unit_id, "book": book, "year": year}).scalar()
        return int(found or 0)

    def blocks(self, book_id: int) -> list[NumberBlock]:
        return BLOCKS.list(self._connection, _BLOCKS, book_id=book_id)

    def add_block(self, block: NumberBlock) -> NumberBlock:
        return BLOCKS.add(self._connection, block)

    def take_of_block(self, block_id: int) -> int | None:
        found = self._connection.execute(_TAKE, {"b_id": block_id}).scalar()
        return None if found is None else int(found)

    def wait(self, awaited: AwaitedNumber) -> AwaitedNumber:
        return AWAITED.add(self._connection, awaited)

    def awaited(self, awaited_id: int) -> AwaitedNumber:
        return AWAITED.get(self._connection, awaited_id)

    def save_awaited(self, awaited: AwaitedNumber) -> AwaitedNumber:
        return AWAITED.save(self._connection, awaited)

    def waiting(self, units: Collection[UnitId] | None) -> list[AwaitedNumber]:
        mine = () if units is None else (awaited_numbers.c.unit_id.in_(sorted(units)),)
        return AWAITED.list_once(self._connection, AWAITED.where(_open, *mine))

    def waits(self, decision_id: DecisionId) -> AwaitedNumber | None:
        return AWAITED.find(self._connection, _WAITS, decision_id=decision_id)

    def row(self, row_id: int) -> RegisterRow:
        return REGISTER.get(self._connection, row_id)

    def save_row(self, row: RegisterRow) -> RegisterRow:
        return REGISTER.save(self._connection, row)

    def rows_of(self, decision_id: DecisionId) -> list[RegisterRow]:
        return REGISTER.list(self._connection, _ROWS_OF, decision_id=decision_id)

    def row_of_submission(self, submission_id: int) -> RegisterRow | None:
        return REGISTER.find(self._connection, _OF_SUBMISSION, submission_id=submission_id)

    def dossier_of(self, submission_id: int) -> DossierId | None:
        found = self._connection.execute(_DOSSIER_OF, {"b_id": submission_id}).scalar()
        return None if found is None else DossierId(found)

    def rows_of_book(self, unit_id: UnitId, book: str, year: int) -> list[RegisterRow]:
        return REGISTER.list(self._connection, _OF_BOOK, unit_id=unit_id, book=book, year=year)

    def last_row(self, unit_id: UnitId, book: str, year: int) -> RegisterRow | None:
        return REGISTER.find(self._connection, _LAST, unit_id=unit_id, book=book, year=year)
