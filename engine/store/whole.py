"""Does everything that belongs together still fit together? The chain, the registers with their documents, every stored file.

Each finding has a code and its facts; the surfaces find the words.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from engine.rules.decisions import DecisionState
from engine.store.tables import blobs, counters, decisions, register_rows
from engine.store.tables_archive import packages

_BATCH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file that the archive must have, and what needs it."""

    sha256: str
    of: str  #: decision:12 | dossier:3 | package:4


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """Something that does not fit."""

    code: str  #: row_without_decision | row_differs | number_missing | number_twice | document_without_row
    facts: tuple[tuple[str, object], ...]


def misfits(connection: Connection) -> Iterator[Misfit]:
    """What in the registers does not fit: rows and documents, and gaps in books whose numbers are given here."""
    joined = register_rows.outerjoin(decisions, decisions.c.id == register_rows.c.decision_id)
    rows = select(
        register_rows.c.symbol, register_rows.c.dated, register_rows.c.state, register_rows.c.decision_id,
        decisions.c.id, decisions.c.symbol.label("known"), decisions.c.dated.label("day"),
    ).select_from(joined).order_by(register_rows.c.id)  # fmt: skip
    for row in connection.execute(rows):
        if row.decision_id is not None and row.id is None:
            yield _misfit("row_without_decision", symbol=row.symbol)
        elif row.state == "issued" and row.id is not None and (row.symbol, row.dated) != (row.known, row.day):
            yield _misfit("row_differs", symbol=row.symbol, known=row.known)
    bare = (
        select(decisions.c.id, decisions.c.symbol)
        .outerjoin(register_rows, register_rows.c.decision_id == decisions.c.id)
        .where(decisions.c.state == DecisionState.ISSUED, decisions.c.number.is_not(None), register_rows.c.id.is_(None))
    )
    yield from (_misfit("document_without_row", symbol=row.symbol) for row in connection.execute(bare))
    yield from _gaps(connection)


def stored_files(connection: Connection) -> Iterator[Stored]:
    """Every file that something in the database needs."""
    of_decisions = select(decisions.c.id, decisions.c.pdf_sha256, decisions.c.docx_sha256).order_by(decisions.c.id)
    for row in connection.execute(of_decisions):
        yield from (Stored(sha256=s, of=f"decision:{row.id}") for s in (row.pdf_sha256, row.docx_sha256) if s)
    made = select(packages.c.id, packages.c.sha256).where(packages.c.sha256 != "").order_by(packages.c.id)
    for package in connection.execute(made):
        yield Stored(sha256=package.sha256, of=f"package:{package.id}")
    for blob in connection.execute(select(blobs.c.sha256, blobs.c.dossier_id).order_by(blobs.c.id)):
        yield Stored(sha256=blob.sha256, of=f"dossier:{blob.dossier_id}")


def _gaps(connection: Connection) -> Iterator[Misfit]:
    book = (register_rows.c.unit_id, register_rows.c.book, register_rows.c.year)
    found = {
        (row.unit_id, row.book, row.year): (row.count, row.highest)
        for row in connection.execute(
            select(*book, func.count().label("count"), func.max(register_rows.c.number).label("highest")).group_by(
                *book
            )
        )
    }
    kept = select(counters).order_by(counters.c.unit_id, counters.c.book, counters.c.year)
    for own in connection.execute(kept):
        count, highest = found.get((own.unit_id, own.book, own.year), (0, 0))
        if (count, highest) != (own.last, own.last):
            yield _misfit("number_missing", book=own.book, year=own.year, last=own.last, count=count)


def _misfit(code: str, **facts: object) -> Misfit:
    return Misfit(code=code, facts=tuple(facts.items()))
