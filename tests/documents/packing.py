"""A small package for an archive, made as the product makes them, and what a forger would do to it."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO

from documents.bag import BagPacker
from documents.keys import KeyProvider
from documents.stamping import Stamps
from engine.ports.packages import Description, FileEvent, PackedFile, Sink
from engine.rules.audit import GENESIS, AuditLine, canonical, chain, digest
from engine.rules.papers import canonical_json, cleaned
from tests.documents.samples import ORGANISATION, decision

AT = datetime(2027, 12, 1, 2, 3, 4, tzinfo=UTC)
PDF = "application/pdf"
PATH = "quyet-dinh-07"


def line(n: int) -> AuditLine:
    """One line of an audit chain, with a day and an instant inside."""
    return AuditLine(
        at=datetime(2027, 11, 28, 2, n, tzinfo=UTC), actor_name="Trần Minh Đức", event="issued", target=f"dossier:{n}"
    )


@dataclass
class Contents:
    """What goes into the package; each test bends what it needs to."""

    pdf: bytes
    docx: bytes = b"docx"
    events: list[dict[str, object]] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    row: dict[str, object] = field(default_factory=dict)
    registered: dict[str, object] = field(default_factory=dict)
    about: dict[str, object] = field(default_factory=dict)
    more: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def content(self) -> bytes:
        return canonical_json(cleaned(decision()))

    def close(self) -> None:
        """Say where the chain ends."""
        last = GENESIS
        for seq, one in enumerate(self.digests, 5):
            last = chain(last, seq, one)
        self.about = {"format": "chuky-package/1", "chain": {"first": 5, "last": 7, "hash": last}}

    def tell(self, facts: dict[str, object]) -> None:
        """Let the last event say this."""
        said = replace(line(3), facts=facts)
        self.digests[2] = digest(said)
        self.events[1] = {"seq": 7, "content": json.loads(canonical(said))}
        self.close()

    def fill(self, sink: Sink) -> None:
        files = (
            ("pdf", PDF, self.pdf),
            ("docx", "application/x-docx", self.docx),
            ("json", "application/json", self.content),
        )
        for ending, media, content in files if self.pdf else ():
            made = FileEvent(kind="creation", at=AT, detail="Lập dự thảo")
            title = "Quyết định & <07>"
            file = PackedFile(path=f"van-ban/{PATH}.{ending}", media_type=media, title=title, events=(made,))
            sink.add(file, [content])
        for path, content in self.more:
            sink.add(PackedFile(path=path, media_type="text/plain"), [content])
        sink.add(PackedFile(path="van-ban.jsonl", media_type="x"), _lines([self.row] if self.row else []))
        sink.add(
            PackedFile(path="so-dang-ky.jsonl", media_type="x"), _lines([self.registered] if self.registered else [])
        )
        links = [f"5 {GENESIS}\n", *(f"{d}\n" for d in self.digests)]
        sink.add(PackedFile(path="nhat-ky/chuoi.txt", media_type="x"), [link.encode() for link in links])
        sink.add(PackedFile(path="nhat-ky/su-kien.jsonl", media_type="x"), _lines(self.events))
        sink.add(PackedFile(path="goi.json", media_type="x"), [json.dumps(self.about).encode()])


def contents_of(pdf: bytes) -> Contents:
    """A package's contents that agree with each other: a signed decision, its row, three links with two events.

    Without a PDF there is no decision: such a package is small and quickly verified.
    """
    paper = cleaned(decision())
    made = Contents(pdf=pdf)
    lines = [line(n) for n in (1, 2, 3)]
    made.digests = [digest(entry) for entry in lines]
    made.events = [{"seq": 5 + n, "content": json.loads(canonical(lines[n]))} for n in (0, 2)]
    made.close()
    hashes = {"pdf_sha256": _sha(pdf), "docx_sha256": _sha(made.docx), "content_sha256": _sha(made.content)}
    if not pdf:
        return made
    made.row = {"id": 7, "path": PATH, **hashes, "scan": False}
    dated = paper.date.isoformat() if paper.date else ""
    made.registered = {"document": PATH, "symbol": paper.code, "dated": dated, "subject": paper.subject}
    return made


def package(contents: Contents, keys: KeyProvider, name: str = "goi-2027", stamps: Stamps | None = None) -> bytes:
    """The package as a zip file; with a time stamp on its seal where there is an authority."""
    about = Description(
        name=name, title="Hồ sơ chu kỳ 2027", kind="cycle", unit_code="P01", unit="Thành đoàn", sealed_by=ORGANISATION,
        first_day="2026-08-25", last_day="2027-12-01", retention="20 năm", access="Nội bộ",
    )  # fmt: skip
    file = BytesIO()
    BagPacker(keys, stamps).pack(file, about, contents.fill, at=AT)
    return file.getvalue()


def bent(pdf: bytes, bend: Callable[[Contents], None]) -> Contents:
    """The contents with one thing changed before they are packed and sealed."""
    made = contents_of(pdf)
    bend(made)
    return made


def _lines(rows: Iterable[object]) -> list[bytes]:
    return [json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows]


def _sha(content: bytes) -> str:
    return sha256(content).hexdigest()
