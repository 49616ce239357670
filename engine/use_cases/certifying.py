"""What belongs to certificates? Their "Số vào sổ", and what becomes of them when the decision they rest on does not stand.

Entries are counted through the book and period of their file's number, from 01. They are given with that number, in the
transaction that holds the book, so no two files share one.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from itertools import count

from engine.ports.store import NEW, UnitOfWork
from engine.rules.decisions import Decision, DecisionState, RegisterState
from engine.rules.dossiers import DossierId, DossierState
from engine.rules.papers import Award, content_sha256, paper_from_plain, plain_paper
from engine.rules.remedies import Remedy, RemedyKind, RemedyState
from engine.use_cases.numbering import Given


def entered(uow: UnitOfWork, decision: Decision, found: Given) -> Decision:
    """The document with the entries of its certificates; one that has them in this book and period keeps them."""
    if not _has_awards(decision) or _entries(decision, found) is not None:
        return decision
    paper = paper_from_plain(decision.content["paper"])
    before = _last_entry(uow, found)
    numbers = count(before + 1)
    paper = replace(
        paper,
        blocks=tuple(
            replace(block, register_number=f"{next(numbers):02}") if isinstance(block, Award) else block
            for block in paper.blocks
        ),
    )
    entries = {"book": found.book.code, "year": found.period.year, "first": before + 1, "last": next(numbers) - 1}
    content = {**decision.content, "paper": plain_paper(paper), "entries": entries}
    return replace(decision, content=content, content_sha256=content_sha256(paper))


def resting_on(uow: UnitOfWork, about: Decision) -> list[Decision]:
    """The certificates in force that were given on the strength of a decision."""
    found = uow.decisions.of_dossier(about.dossier_id)
    rests = (other for other in found if other.content.get("rests_on") == int(about.id))
    return [o for o in rests if o.state is DecisionState.ISSUED and o.cancelled_by_id is None]


def holders_left(uow: UnitOfWork, certificates: Decision, remedy: Remedy) -> list[DossierId]:
    """Whom the certificates named who stay on the replacing decision and are recognised."""
    named = certificates.content.get("holders", ())
    ids = [DossierId(int(row["dossier"])) for row in named] if isinstance(named, list | tuple) else []
    kept = [d for d in ids if str(int(d)) in remedy.kept]
    return [d for d in kept if uow.dossiers.get(d).state is DossierState.RECOGNISED]


def replacing(draft: Decision, certificates: Decision) -> Decision:
    """A draft of certificates as the document that replaces others: no process waits for it."""
    content = {**draft.content, "remedy": RemedyKind.REPLACE.value, "drafted_as": draft.document}
    name = f"{certificates.file_name}-{RemedyKind.REPLACE.value}-{int(certificates.id)}"
    return replace(
        draft, document=RemedyKind.REPLACE.value, content=content, replaces_id=certificates.id, file_name=name
    )


def follows(remedy: Remedy, certificates: Decision, draft: Decision, out: Decision, *, now: datetime) -> Remedy:
    """The replacement of certificates that follows from that of their decision: signed with it."""
    return replace(
        remedy,
        id=NEW,
        decision_id=certificates.id,
        draft_id=draft.id,
        state=RemedyState.SIGNED,
        settled_by=out.signer_name,
        settled_why="",
        settled_at=now,
        row_version=0,
    )


def mark(uow: UnitOfWork, about: Decision, state: RegisterState, by: Decision, *, now: datetime) -> None:
    """Note in the register what became of an issued document, and by which."""
    for row in uow.books.rows_of(about.id):
        if row.state in (RegisterState.ISSUED, RegisterState.CORRECTED):
            changed = replace(row, state=state, note=by.symbol, changed_by=by.signer_name, changed_at=now)
            uow.books.save_row(changed)


def recall(uow: UnitOfWork, certificates: Decision, out: Decision, *, now: datetime) -> None:
    """Take certificates back with the decision they rest on."""
    uow.decisions.save(replace(certificates, cancelled_by_id=out.id))
    mark(uow, certificates, RegisterState.RECALLED, out, now=now)


def _has_awards(decision: Decision) -> bool:
    paper = decision.content["paper"]
    blocks = paper.get("blocks", ()) if isinstance(paper, Mapping) else ()
    return any(isinstance(block, Mapping) and block.get("block") == "award" for block in blocks)


def _entries(decision: Decision, found: Given) -> int | None:
    """The last entry of the document in this book and period; None: it has none there."""
    entries = decision.content.get("entries")
    if not isinstance(entries, Mapping) or (entries["book"], entries["year"]) != (found.book.code, found.period.year):
        return None
    return int(entries["last"])


def _last_entry(uow: UnitOfWork, found: Given) -> int:
    """The last entry given in the book and period so far; 0 for none."""
    rows = uow.books.rows_of_book(found.book.unit_id, found.book.code, found.period.year)
    # Rows come in the order in which numbers were given, whatever the numbers are.
    for row in sorted(rows, key=lambda row: -row.id):
        last = _entries(uow.decisions.get(row.decision_id), found) if row.decision_id is not None else None
        if last is not None:
            return last
    return 0
