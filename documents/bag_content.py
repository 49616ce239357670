"""Do the contents of a package agree with each other? Documents with the register, events with the chain, all with the list.

Hashes and seal say that nothing changed since it was packed; these questions say that what was packed is of one piece.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from cryptography import x509

from documents.bag import PAYLOAD
from documents.verify import Integrity, Verification, verify_pdf
from documents.verify_parts import Trust
from engine.errors import Invalid
from engine.rules.audit import chain
from engine.rules.papers import Paper, canonical_json, paper_from_json

#: The files that every package has.
ABOUT, DOCUMENT_LIST, REGISTER = "goi.json", "van-ban.jsonl", "so-dang-ky.jsonl"
EVENTS, LINKS = "nhat-ky/su-kien.jsonl", "nhat-ky/chuoi.txt"
_DIFFERS = "số, ngày, trích yếu trong sổ đăng ký không khớp với văn bản"
FORMAT = "chuky-package/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is inside, and what of it does not fit together."""

    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    trusts: tuple[Trust, ...]  #: of every signature inside
    documents: int
    register_rows: int
    events: int
    first: int  #: sequence numbers of the part of the audit chain
    last: int

    def lines(self) -> tuple[str, ...]:
        """What is inside, in Vietnamese."""
        return (
            f"{self.documents} văn bản đã ký còn nguyên vẹn; {self.register_rows} dòng của sổ đăng ký văn bản đi khớp với văn bản.",
            f"{self.events} sự kiện nằm đúng chỗ trong chuỗi nhật ký, từ dòng {self.first} đến dòng {self.last}.",
            *(f"Chú ý: {warning}" for warning in self.warnings),
        )


class Readable(Protocol):
    """The files of a package, by their paths below its folder."""

    def read(self, path: str) -> bytes: ...
    def lines(self, path: str) -> Iterator[bytes]: ...


def look_into(source: Readable, payload: Mapping[str, str], trusted: Sequence[x509.Certificate]) -> Contents:
    """Compare what is inside; `payload` holds the SHA-256 of every file below `data/`."""
    look = _Look(source, payload, trusted)
    try:
        look.all()
    except (KeyError, ValueError, TypeError, AttributeError, Invalid) as error:
        look.problems.append(f"nội dung gói không đọc được ({type(error).__name__})")
    return look.answer()


class _Look:
    def __init__(self, source: Readable, payload: Mapping[str, str], trusted: Sequence[x509.Certificate]) -> None:
        self._source, self._payload, self._trusted = source, payload, trusted
        self.problems: list[str] = []
        self._warnings: list[str] = []
        self._trusts: list[Trust] = []
        self._documents = self._rows = self._events = self._first = self._last = 0
        #: Id of a document → its path and the hashes of its files.
        self._files: dict[int, tuple[str, dict[str, str]]] = {}

    def all(self) -> None:
        about = self._json(ABOUT)
        if about["format"] != FORMAT:
            raise ValueError(about["format"])
        documents = {str(row["path"]): row for row in self._table(DOCUMENT_LIST)}
        register = {str(row["document"]): row for row in self._table(REGISTER) if row.get("document")}
        self._rows = sum(1 for _ in self._table(REGISTER))
        for row in self._table(REGISTER):
            if row.get("paper"):
                self._paper(str(row["paper"]), row)
        for path, row in documents.items():
            self._document(path, row, register.get(path))
        for path in register:
            if path not in documents:
                self.problems.append(f"sổ đăng ký nêu văn bản không có trong gói: {path}")
        listed = {f"van-ban/{path}.{ending}" for path in documents for ending in ("pdf", "docx", "json")}
        scans = tuple(f"van-ban/{path}-ban-quet." for path, row in documents.items() if row.get("scan"))
        listed |= {path for path in self._payload if path.startswith(scans)}
        strays = [path for path in self._payload if path.startswith("van-ban/") and path not in listed]
        self.problems += [f"văn bản không có trong danh sách: {path}" for path in strays]
        self._chain(about["chain"])

    def answer(self) -> Contents:
        return Contents(
            problems=tuple(self.problems),
            warnings=tuple(self._warnings),
            trusts=tuple(self._trusts),
            documents=self._documents,
            register_rows=self._rows,
            events=self._events,
            first=self._first,
            last=self._last,
        )

    def _document(self, path: str, row: Mapping[str, Any], registered: Mapping[str, Any] | None) -> None:
        files = {ending: f"van-ban/{path}.{ending}" for ending in ("pdf", "docx", "json")}
        hashes = {ending: self._payload.get(file) for ending, file in files.items()}
        wanted = {"pdf": row["pdf_sha256"], "docx": row["docx_sha256"], "json": row["content_sha256"]}
        if hashes != wanted:
            self.problems.append(f"{path}: tệp không khớp với danh sách văn bản")
            return
        paper = paper_from_json(self._source.read(PAYLOAD + files["json"]))
        found = verify_pdf(self._source.read(PAYLOAD + files["pdf"]), self._trusted)
        self._documents += 1
        self._files[int(row["id"])] = path, {f"{ending}_sha256": row[f"{ending}_sha256"] for ending in ("pdf", "docx")}
        if row.get("scan"):
            self._warnings.append(f"{path} là bản quét của văn bản giấy: chỉ dấu niêm phong của gói bảo đảm cho nó")
        else:
            self.problems += [f"{path}: {reason}" for reason in _signed_wrongly(found, row)]
            self._trusts.append(found.trust)
        if registered is None:
            self.problems.append(f"{path}: không có dòng nào trong sổ đăng ký")
        elif reason := _registered_wrongly(paper, row, registered):
            self.problems.append(f"{path}: {reason}")

    def _paper(self, path: str, registered: Mapping[str, Any]) -> None:
        """A numbered paper of a form: not signed here, its content beside it."""
        paper = paper_from_json(self._source.read(PAYLOAD + path + ".json"))
        told = (paper.code, paper.date.isoformat() if paper.date else None, paper.subject)
        # Where the office numbers by its own register, the number came after the paper.
        if paper.number is not None and told != tuple(registered[name] for name in ("symbol", "dated", "subject")):
            self.problems.append(f"{path}: {_DIFFERS}")

    def _chain(self, about: Mapping[str, Any]) -> None:
        """Follow the chain through every link; each event must stand where its number says, as it was written."""
        links = self._source.lines(PAYLOAD + LINKS)
        first, previous = next(links).decode().split()
        events = iter(self._table(EVENTS))
        event = next(events, None)
        seq, self._first = int(first) - 1, int(first)
        for line in links:
            seq += 1
            digest = line.decode().rstrip("\n")
            previous = chain(previous, seq, digest)
            if event is not None and event["seq"] == seq:
                self._event(event, digest)
                event = next(events, None)
        self._last = seq
        if event is not None:
            self.problems.append(f"sự kiện {event['seq']} không có chỗ trong chuỗi nhật ký")
        if (seq, previous) != (about["last"], about["hash"]):
            self.problems.append("chuỗi nhật ký không dẫn tới mã băm cuối mà gói ghi")

    def _event(self, event: Mapping[str, Any], digest: str) -> None:
        self._events += 1
        content = event["content"]
        if content is None:
            self._warnings.append(f"nội dung của sự kiện {event['seq']} đã được xóa theo yêu cầu")
            return
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        if sha256(text.encode()).hexdigest() != digest:
            self.problems.append(f"sự kiện {event['seq']} không khớp với chuỗi nhật ký")
        self._came_out(content["facts"] or {})

    def _came_out(self, told: Mapping[str, Any]) -> None:
        """A document must be the one of which its event says that it came out."""
        path, files = self._files.get(told.get("decision", 0), ("", {}))
        if any(name in told and told[name] != digest for name, digest in files.items()):
            self.problems.append(f"{path}: không phải là tệp mà nhật ký ghi lúc ban hành")

    def _json(self, path: str) -> Any:
        return json.loads(self._source.read(PAYLOAD + path))

    def _table(self, path: str) -> Iterator[Any]:
        return (json.loads(line) for line in self._source.lines(PAYLOAD + path))


def _signed_wrongly(found: Verification, row: Mapping[str, Any]) -> Iterator[str]:
    if found.integrity is not Integrity.UNCHANGED:
        yield found.lines()[0]
    elif found.content_sha256 != row["content_sha256"]:
        yield "nội dung đính kèm trong tệp PDF không phải là nội dung đã đăng ký"


def _registered_wrongly(paper: Paper, row: Mapping[str, Any], registered: Mapping[str, Any]) -> str:
    dated = paper.date.isoformat() if paper.date else None
    told = (paper.code, dated, paper.subject, sha256(canonical_json(paper)).hexdigest())
    wanted = (registered["symbol"], registered["dated"], registered["subject"], row["content_sha256"])
    return "" if told == wanted else _DIFFERS
