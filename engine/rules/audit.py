"""Who did what, when? One hash chain of digests per installation; contents lie beside it and may be erased."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from engine.rules.units import UnitId

GENESIS = "0" * 64
#: The event by which a stretch of the chain, as its Merkle root, and an authority's time stamp over it are kept.
STAMPED = "chain_stamped"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """What one write says about itself; the dossier's history and the timeline are read from these."""

    at: datetime  #: UTC
    actor_id: int | None = None  #: None: the system
    actor_name: str
    event: str  #: opened campaign submitted returned accepted …
    target: str  #: "dossier:12", "unit:3" …
    dossier_id: int | None = None
    cycle_id: int | None = None
    unit_id: UnitId | None = None
    cohort: str | None = None
    task: str | None = None  #: name of the deadline, else the act
    last_day: date | None = None
    days_late: int | None = None
    document: str | None = None  #: file name of an issued document
    facts: Mapping[str, object] | None = None  #: what the sentence for people needs


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A line in its place in the chain; `line` is None once its content was erased on request."""

    seq: int  #: from 1, without gaps
    digest: str
    previous: str
    hash: str
    line: AuditLine | None


def digest(line: AuditLine) -> str:
    """SHA-256 of the line's canonical JSON."""
    return hashlib.sha256(canonical(line).encode()).hexdigest()


def canonical(line: AuditLine) -> str:
    """The JSON that a line's digest is taken of."""
    content = {name: getattr(line, name) for name in line.__slots__}
    return json.dumps(content, sort_keys=True, ensure_ascii=False, default=_plain)


def chain(previous: str, seq: int, content_digest: str) -> str:
    """The hash of the entry that follows `previous`."""
    return hashlib.sha256(f"{seq}:{previous}:{content_digest}".encode()).hexdigest()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def merkle_root(hashes: Iterable[str]) -> str:
    """The root over a stretch of the chain's hashes, in their order. Source: RFC 6962, 2.1 (Merkle Tree Hash)."""
    peaks: list[tuple[int, bytes]] = []
    for text in hashes:
        size, node = 1, _node(b"\0", bytes.fromhex(text))
        while peaks and peaks[-1][0] == size:
            node, size = _node(b"\1", peaks.pop()[1], node), 2 * size
        peaks.append((size, node))
    if not peaks:
        return hashlib.sha256().hexdigest()
    root = peaks.pop()[1]
    while peaks:
        root = _node(b"\1", peaks.pop()[1], root)
    return root.hex()


def _node(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()
