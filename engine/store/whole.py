"""Does everything that belongs together still fit together? The chain, the registers with their documents, every stored file.

Each finding has a code and its facts; the surfaces find the words.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select

from engine.rules.books import BookMode
from engine.rules.decisions import DecisionState
from engine.store.audit_log import told_files
from engine.store.tables import blobs, counters, decisions, register_rows
from engine.store.tables_archive import packages
from engine.store.tables_books import books
from engine.store.tables_signings import signings

_BATCH = 1000
_FILES = ("pdf_sha256", "docx_sha256", "scan_sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file that the archive must have, and what needs it."""

    sha256: str
    of: str  #: decision:12 | dossier:3 | package:4


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """Something that does not fit."""

    code: str  #: row_without_decision | row_differs | number_missing | document_without_row | document_gone | file_differs
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
    yield from _exchanged(connection)


def stored_files(connection: Connection) -> Iterator[Stored]:
    """Every file that something in the database needs."""
    of_decisions = select(decisions.c.id, decisions.c.pdf_sha256, decisions.c.docx_sha256).order_by(decisions.c.id)
    for row in connection.execute(of_decisions):
        yield from (Stored(sha256=s, of=f"decision:{row.id}") for s in (row.pdf_sha256, row.docx_sha256) if s)
    scans = select(signings.c.decision_id, signings.c.scan_sha256).where(signings.c.scan_sha256 != "")
    for scan in connection.execute(scans):
        yield Stored(sha256=scan.scan_sha256, of=f"decision:{scan.decision_id}")
    made = select(packages.c.id, packages.c.sha256).where(packages.c.sha256 != "").order_by(packages.c.id)
    for package in connection.execute(made):
        yield Stored(sha256=package.sha256, of=f"package:{package.id}")
    for blob in connection.execute(select(blobs.c.sha256, blobs.c.dossier_id).order_by(blobs.c.id)):
        yield Stored(sha256=blob.sha256, of=f"dossier:{blob.dossier_id}")


def _exchanged(connection: Connection) -> Iterator[Misfit]:
    """Documents whose files are not those of which the chain says that they came out."""
    columns = (decisions.c.id, decisions.c.symbol, decisions.c.pdf_sha256, decisions.c.docx_sha256)
    kept = select(*columns, signings.c.scan_sha256).outerjoin(signings, signings.c.decision_id == decisions.c.id)
    documents = {row.id: row for row in connection.execute(kept)}
    for told in told_files(connection):
        row = documents.get(told["decision"])
        if row is None:
            yield _misfit("document_gone", symbol=told.get("symbol", ""))
        elif any(told.get(name, "") != (getattr(row, name) or "") for name in _FILES):
            yield _misfit("file_differs", symbol=row.symbol)


def _gaps(connection: Connection) -> Iterator[Misfit]:
    """Numbers that are missing: before one that was given here, and at the end of a book."""
    columns = (register_rows.c[name] for name in ("unit_id", "book", "year", "number", "mode"))
    rows = connection.execute(select(*columns).order_by("unit_id", "book", "year", "number"))
    own = {(book.unit_id, book.code) for book in connection.execute(select(books.c.unit_id, books.c.code))}
    highest: dict[tuple[int, str, int], int] = {}
    for row in rows:
        key = (row.unit_id, row.book, row.year)
        # A book that an office has made may begin with a later number.
        before = highest.get(key, row.number - 1 if (row.unit_id, row.book) in own else 0)
        if row.mode == BookMode.KEPT and row.number != before + 1:
            yield _misfit("number_missing", book=row.book, year=row.year, last=row.number, count=before)
        highest[key] = row.number
    for own_count in connection.execute(select(counters).order_by("unit_id", "book", "year")):
        found = highest.get((own_count.unit_id, own_count.book, own_count.year), 0)
        if found != own_count.last:
            facts = {"book": own_count.book, "year": own_count.year, "last": own_count.last, "count": found}
            yield _misfit("number_missing", **facts)


def _misfit(code: str, **facts: object) -> Misfit:
    return Misfit(code=code, facts=tuple(facts.items()))
