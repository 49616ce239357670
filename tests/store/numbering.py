"""An office with a book of each mode, and a clerk who numbers until killed: `python -m tests.store.numbering URL UNIT`."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime

from engine.ports.store import NEW, UnitOfWork
from engine.rules.books import Book, BookMode, BookPeriod
from engine.rules.permissions import ADMINISTRATOR
from engine.rules.units import Actor, UnitId
from engine.store import Database
from engine.use_cases import books, numbering
from engine.use_cases.numbering import Given, Wanted
from tests.store.samples import compile_sample, no_jobs, read_sample, the_runtime, the_words

#: One book a mode, of the same code and type.
KEPT, OFFICE, BLOCK = "KEPT", "OFFICE", "BLOCK"
MODES = {KEPT: BookMode.KEPT, OFFICE: BookMode.OFFICE, BLOCK: BookMode.BLOCK}
NOW = datetime(2027, 3, 1, 3, tzinfo=UTC)


def keeper(unit_id: UnitId) -> Actor:
    """Who keeps the books."""
    return Actor(account_id=None, full_name="Văn thư", positions=frozenset({(unit_id, ADMINISTRATOR)}))


def wanted(unit_id: UnitId, kind: str, subject: str = "Báo cáo") -> Wanted:
    """A paper of that type."""
    return Wanted(
        unit_id=unit_id,
        kind=kind,
        type_code=kind,
        symbol=f"{kind}/ĐTN",
        subject=subject,
        signer_name="Lê Văn Ý",
        recipients=(),
    )


def make_books(uow: UnitOfWork, unit_id: UnitId) -> dict[str, Book]:
    """A book of each mode."""
    return {kind: books.put_book(uow, a_book(unit_id, kind), actor=keeper(unit_id), now=NOW) for kind in MODES}


def a_book(unit_id: UnitId, kind: str) -> Book:
    """A book by calendar year."""
    return Book(
        id=NEW,
        unit_id=unit_id,
        code=kind,
        name="",
        types=(kind,),
        mode=MODES[kind],
        period=BookPeriod.YEAR,
        first_day=None,
        last_day=None,
        first_number=1,
        first_year=None,
        row_version=0,
    )


def number(uow: UnitOfWork, unit_id: UnitId, kind: str, *, now: datetime = NOW) -> Given | None:
    """Number a paper as the product does: taken and registered, or waiting."""
    paper = wanted(unit_id, kind)
    found = numbering.take(uow, paper, now=now)
    if found is None:
        numbering.wait(uow, paper, now=now)
    else:
        numbering.register(uow, paper, found)
    return found


def main(url: str, unit_id: int) -> None:
    """Print what was numbered after each commit."""
    database = Database(url, read_model=read_sample, compile_diagrams=compile_sample)
    unit = UnitId(unit_id)
    while True:
        with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
            done = {kind: number(uow, unit, kind) for kind in (KEPT, BLOCK)}
        for kind, found in done.items():
            if found is not None:
                print(kind, found.number, flush=True)


def day(offset: int) -> date:
    """A day counted from the first."""
    return date.fromordinal(date(2027, 3, 1).toordinal() + offset)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
