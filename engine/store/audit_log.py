"""Who did what, when, and was the record changed since? One chain for the installation, its contents erasable.

Lines are gathered during the transaction and chained just before its commit, so that the one row every
writer must lock (the head) is held for a moment only.
"""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select
from sqlalchemy.orm import Session

from engine.errors import Corrupt, NotFound
from engine.rules.audit import GENESIS, STAMPED, AuditEntry, AuditLine, chain, digest, merkle_root
from engine.store import direct
from engine.store.json_codec import dump_json, load_json
from engine.store.rows import Upsert
from engine.store.tables import audit_chain, audit_content, audit_head

_BATCH = 1000
_FIELDS = tuple(field.name for field in fields(AuditLine))
#: Columns beside the content, to find lines by; the erased line keeps the first two.
_PLACE = ("dossier_id", "cycle_id")
_FACTS = ("unit_id", "actor_id", "at", "event")

_START = Upsert(audit_head, ["id"])
_HEAD = select(audit_head.c.seq, audit_head.c.hash).where(audit_head.c.id == 1)
_LOCK_HEAD = _HEAD.with_for_update()
# A trigger takes a link only when it follows the head, which it moves (and so locks) in the same statement.
_ADD_LINK, _ADD_CONTENT = audit_chain.insert(), audit_content.insert()
_ERASE = (
    audit_content.update()
    .where(audit_content.c.seq == bindparam("erased"))
    .values(content=None, **dict.fromkeys(_FACTS))
)
_ENTRIES: Select[Any] = (
    select(
        audit_chain.c.seq,
        audit_chain.c.digest,
        audit_chain.c.previous,
        audit_chain.c.hash,
        audit_content.c.content,
        audit_content.c.seq.label("content_seq"),
        *(audit_content.c[name] for name in _PLACE + _FACTS),
    )
    .outerjoin(audit_content, audit_content.c.seq == audit_chain.c.seq)
    .where(audit_chain.c.seq > bindparam("after"))
    .order_by(audit_chain.c.seq)
)
_SOME = _ENTRIES.limit(bindparam("at_most"))
_OF_DOSSIER = _ENTRIES.where(audit_content.c.dossier_id == bindparam("of_dossier"))
_OF_CYCLE = _ENTRIES.where(audit_content.c.cycle_id == bindparam("of_cycle"))
_span = select(func.min(audit_content.c.seq), func.max(audit_content.c.seq))
_SPAN_OF_CYCLE = _span.where(audit_content.c.cycle_id == bindparam("of_cycle"))
_SPAN_OF_DOSSIER = _span.where(audit_content.c.dossier_id == bindparam("of_dossier"))


#: Lines that keep a root are few, and looked for at night and when all is read.
_STAMPED = (
    select(audit_content.c.seq, audit_content.c.content)
    .where(audit_content.c.event == STAMPED)
    .order_by(audit_content.c.seq)
)
#: Lines of documents that came out name their files.
_TOLD_FILES = (
    select(audit_content.c.content)
    .where(audit_content.c.content.like('%"pdf_sha256"%'))
    .order_by(audit_content.c.seq)
    .execution_options(yield_per=_BATCH)
)
_HASHES = (
    select(audit_chain.c.hash)
    .where(audit_chain.c.seq.between(bindparam("first"), bindparam("last")))
    .order_by(audit_chain.c.seq)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StampedRoot:
    """A stretch of the chain (both ends inclusive) whose Merkle root an authority has stamped."""

    seq: int  #: of the line that keeps it
    first: int
    last: int
    root: str
    token: bytes  #: RFC 3161, DER


class ChainEnd:
    """Where this process last saw the chain end: mostly still true, and then nobody needs to look."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: tuple[int, str] | None = None


class SqlAudit:
    """`engine.ports.store.Audit`; `flush` and `committed` belong to the unit of work."""

    def __init__(self, connection: Connection, end: ChainEnd) -> None:
        self._connection, self._end = connection, end
        self._lines: list[tuple[str, AuditLine]] = []
        self._moved_to: tuple[int, str] | None = None  #: by this transaction

    def write(self, line: AuditLine) -> None:
        # The digest is taken of what will be read back, whatever Python types came in.
        content = _content(line)
        self._lines.append((content, _line(content)))

    def of_dossier(self, dossier_id: int) -> list[AuditEntry]:
        return self._read(_OF_DOSSIER, after=0, of_dossier=dossier_id)

    def of_cycle(self, cycle_id: int, after: int = 0) -> list[AuditEntry]:
        return self._read(_OF_CYCLE, after=after, of_cycle=cycle_id)

    def entries(self, after: int, limit: int) -> list[AuditEntry]:
        return self._read(_SOME, after=after, at_most=limit)

    def span(self, *, cycle_id: int, dossier_id: int | None = None) -> tuple[int, int]:
        self.flush()
        of_cycle = dossier_id is None
        statement = _SPAN_OF_CYCLE if of_cycle else _SPAN_OF_DOSSIER
        first, last = self._connection.execute(
            statement, {"of_cycle": cycle_id} if of_cycle else {"of_dossier": dossier_id}
        ).one()
        return first or 1, last or 0

    def end(self) -> tuple[int, str]:
        self.flush()
        head = self._connection.execute(_HEAD).first()
        return (0, GENESIS) if head is None else (head.seq, head.hash)

    def erase(self, seq: int) -> None:
        self.flush()
        if not self._connection.execute(_ERASE, {"erased": seq}).rowcount:
            raise NotFound("AuditEntry", seq)

    def pending(self) -> list[tuple[str, AuditLine]]:
        """Lines not chained yet, to `restore` when a savepoint is undone."""
        return list(self._lines)

    def restore(self, lines: list[tuple[str, AuditLine]]) -> None:
        """Go back to the lines that were pending."""
        self._lines, self._moved_to = lines, None

    def flush(self) -> None:
        """Chain the gathered lines behind the head, locking it until the transaction ends."""
        if not self._lines:
            return
        digests = [digest(line) for _, line in self._lines]
        end = self._moved_to or self._end.known
        known = end is not None and self._append(links := _links(end, digests))
        if not known and not self._append(links := _links(_locked_head(self._connection), digests)):
            raise Corrupt("audit chain: nothing can follow its end")
        contents = [
            {"seq": link["seq"], "content": content} | {name: getattr(line, name) for name in _PLACE + _FACTS}
            for link, (content, line) in zip(links, self._lines, strict=True)
        ]
        direct.write_many(self._connection, _ADD_CONTENT, contents)
        self._lines.clear()

    def committed(self) -> None:
        """Remember where the chain ends now."""
        if self._moved_to is not None:
            self._end.known = self._moved_to

    def _append(self, links: list[dict[str, Any]]) -> bool:
        """Add links, which locks the head; False: the first does not follow it, and none was added."""
        if not direct.write_many(self._connection, _ADD_LINK, links):
            return False
        self._moved_to = (links[-1]["seq"], links[-1]["hash"])
        return True

    def _read(self, statement: Select[Any], **params: object) -> list[AuditEntry]:
        self.flush()
        return [_entry(row) for row in self._connection.execute(statement, params)]


def verify(session: Session) -> None:
    """Read the whole chain; raise `Corrupt` at the first entry that is not what was once written."""
    check_chain(session.connection())


def check_chain(connection: Connection) -> tuple[int, str]:
    """The same; answers the chain's length and its last hash."""
    seq, previous = 0, GENESIS
    for row in _in_batches(connection):
        if (row.seq, row.previous) != (seq + 1, previous):
            raise Corrupt(f"audit chain: after entry {seq} comes {row.seq}, which does not follow it")
        _check(row)
        seq, previous = row.seq, row.hash
    head = connection.execute(_HEAD).first()
    if (seq, previous) != ((0, GENESIS) if head is None else tuple(head)):
        raise Corrupt(f"audit chain: ends with entry {seq}, but its head says otherwise")
    return seq, previous


def stamped_roots(connection: Connection) -> list[StampedRoot]:
    """Every root that was stamped, in the order of the chain; `Corrupt` where the chain has another one by now."""
    found = [_stamped_root(row.seq, row.content) for row in connection.execute(_STAMPED) if row.content is not None]
    for kept in found:
        if not 0 < kept.first <= kept.last < kept.seq or _root(connection, kept.first, kept.last) != kept.root:
            raise Corrupt(f"audit chain: entries {kept.first} to {kept.last} are not what was stamped")
    return found


def told_files(connection: Connection) -> Iterator[Mapping[str, object]]:
    """What the lines say of documents that came out: decision, pdf_sha256, docx_sha256, scan_sha256 of a signed paper."""
    for row in connection.execute(_TOLD_FILES):
        facts = _line(row.content).facts or {}
        if "pdf_sha256" in facts:
            yield facts


def unstamped(connection: Connection) -> tuple[int, int, str] | None:
    """First and last entry that no stamped root covers, and their root; None when nothing happened since the last stamp."""
    lines = [_stamped_root(row.seq, row.content) for row in connection.execute(_STAMPED) if row.content is not None]
    first = max((kept.last for kept in lines), default=0) + 1
    head = connection.execute(_HEAD).first()
    # The line that keeps the last root is no reason for another one.
    if head is None or head.seq < first or (lines and (first, head.seq) == (lines[-1].seq, lines[-1].seq)):
        return None
    return first, head.seq, _root(connection, first, head.seq)


def _root(connection: Connection, first: int, last: int) -> str:
    rows = connection.execute(_HASHES, {"first": first, "last": last}, execution_options={"yield_per": _BATCH})
    return merkle_root(row.hash for row in rows)


def _stamped_root(seq: int, content: str) -> StampedRoot:
    facts = _line(content).facts or {}
    try:
        return StampedRoot(
            seq=seq,
            first=int(str(facts["first"])),
            last=int(str(facts["last"])),
            root=str(facts["root"]),
            token=b64decode(str(facts["token"]), validate=True),
        )
    except (KeyError, ValueError) as error:
        raise Corrupt(f"audit chain: entry {seq} keeps no root that can be read") from error


def _check(row: Row[Any]) -> None:
    if chain(row.previous, row.seq, row.digest) != row.hash:
        raise Corrupt(f"audit chain: entry {row.seq} does not match its hash")
    if row.content_seq is None:
        raise Corrupt(f"audit chain: entry {row.seq} has lost its content")
    if row.content is None:
        return
    line = _line(row.content)
    if digest(line) != row.digest:
        raise Corrupt(f"audit chain: the content of entry {row.seq} was changed")
    if any(getattr(line, name) != getattr(row, name) for name in _PLACE + _FACTS):
        raise Corrupt(f"audit chain: entry {row.seq} stands in another place than its content says")


def _in_batches(connection: Connection) -> Iterator[Row[Any]]:
    after = 0
    while rows := connection.execute(_SOME, {"after": after, "at_most": _BATCH}).all():
        yield from rows
        after = rows[-1].seq


def _links(end: tuple[int, str], digests: list[str]) -> list[dict[str, Any]]:
    seq, previous = end
    links: list[dict[str, Any]] = []
    for line_digest in digests:
        seq += 1
        link_hash = chain(previous, seq, line_digest)
        links.append({"seq": seq, "digest": line_digest, "previous": previous, "hash": link_hash})
        previous = link_hash
    return links


def begin_chain(connection: Connection) -> None:
    """Make the head of an empty chain."""
    _START.run(connection, [{"id": 1, "seq": 0, "hash": GENESIS}])


def _locked_head(connection: Connection) -> tuple[int, str]:
    head = connection.execute(_LOCK_HEAD).first()
    if head is None:
        begin_chain(connection)
        head = connection.execute(_LOCK_HEAD).one()
    return head.seq, head.hash


def _content(line: AuditLine) -> str:
    values = {name: getattr(line, name) for name in _FIELDS}
    return dump_json({name: value for name, value in values.items() if value is not None})


def _line(content: str) -> AuditLine:
    try:
        values: Mapping[str, Any] = load_json(content)
        return AuditLine(**values)
    except (TypeError, ValueError) as error:
        raise Corrupt(f"audit log: a content that nobody wrote: {error}") from error


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        seq=row.seq,
        digest=row.digest,
        previous=row.previous,
        hash=row.hash,
        line=None if row.content is None else _line(row.content),
    )
