"""What belongs into the package of a closed cycle, or of one dossier? Gathered piece by piece, in an order that never changes.

Everything is read from the store and the file archive as it stands; the packer (`engine.ports.packages.Packer`) gives
it its form. What the package promises is checked again by whoever verifies it, without us.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from pathlib import PurePosixPath

from engine.errors import Corrupt
from engine.ports.outside import Renderer
from engine.ports.packages import Description, FileEvent, PackedFile, Sink
from engine.ports.services import Archive
from engine.ports.store import UnitOfWork
from engine.rules.audit import AuditEntry, canonical, chain
from engine.rules.cycles import Cycle
from engine.rules.deadlines import local_day
from engine.rules.decisions import Decision, DecisionId, DecisionState, RegisterRow, RegisterState
from engine.rules.dossiers import Dossier, DossierId
from engine.rules.papers import canonical_json, content_sha256
from engine.rules.text import fold
from engine.use_cases import packed_surveys
from engine.use_cases.decisions import stored_paper
from engine.use_cases.printing import paper_kept

FORMAT = "chuky-package/1"
PDF, DOCX = "application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
JSON, LINES, TEXT = "application/json", "application/x-ndjson", "text/plain"
_PAGE = 200
_ENTRIES = 2000
_CHUNK = 1 << 20
#: What stands in a row for our own use and says nothing to an archive.
_OURS = frozenset({"row_version", "blob", "content", "search_text", "sort_key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose records are packed."""

    cycle: Cycle
    dossier_id: DossierId | None = None  #: None: the whole cycle


def describe(uow: UnitOfWork, scope: Scope, *, retention: str = "", now: datetime) -> Description:
    """Say what the package of a cycle or a dossier is."""
    cycle, model = scope.cycle, uow.models.get(scope.cycle.version)
    lead = uow.units.get(cycle.unit_id)
    if scope.dossier_id is None:
        unit, name = lead, f"{_slug(model.key)}-{cycle.year}"
        title, ended = f"Hồ sơ chu kỳ {cycle.year}: {model.name}", cycle.closed_at
    else:
        dossier = uow.dossiers.get(scope.dossier_id)
        unit = uow.units.get(dossier.unit_id)
        name = f"{_slug(model.key)}-{cycle.year}-{_folder(unit.code, dossier)}"
        title, ended = f"Hồ sơ của {unit.name}, chu kỳ {cycle.year}: {model.name}", dossier.closed_at or cycle.closed_at
    return Description(
        name=name,
        title=title,
        kind="cycle" if scope.dossier_id is None else "dossier",
        unit_code=unit.code,
        unit=unit.name,
        sealed_by=lead.name,
        first_day=local_day(cycle.opened_at).isoformat(),
        last_day=local_day(ended or now).isoformat(),
        retention=retention,
        access="Nội bộ: có dữ liệu cá nhân",
        keywords=(model.name, str(cycle.year)),
        facts=(("Chuky-Model", f"{model.key} {cycle.version}"),),
    )


def fill(uow: UnitOfWork, archive: Archive, renderer: Renderer, scope: Scope, sink: Sink) -> None:
    """Add everything that belongs to the scope; `Corrupt` when a stored file is no longer what it was.

    Papers of forms that were numbered lie nowhere as files: they are put on pages here, always alike.
    """
    filling = _Filling(uow, archive, renderer, scope, sink)
    filling.add_model()
    filling.add_dossiers()
    filling.add_lists()
    filling.add_surveys()
    filling.add_events()


class _Filling:
    def __init__(self, uow: UnitOfWork, archive: Archive, renderer: Renderer, scope: Scope, sink: Sink) -> None:
        self._uow, self._archive, self._renderer, self._scope, self._sink = uow, archive, renderer, scope, sink
        self._model = uow.models.get(scope.cycle.version)
        self._unit = lru_cache(maxsize=4096)(uow.units.get)
        self._documents: list[bytes] = []
        self._register: list[bytes] = []
        self._dossiers: list[bytes] = []

    def add_model(self) -> None:
        """The diagrams, tables, forms and texts that ran."""
        for path, content in sorted(self._model.files.items()):
            self._sink.add(PackedFile(path=f"mo-hinh/{path}", media_type=_media(path)), [content])

    def add_dossiers(self) -> None:
        """Each dossier with its documents and evidence."""
        for dossier in self._each_dossier():
            folder = f"ho-so/{_folder(self._unit(dossier.unit_id).code, dossier)}"
            blobs = self._evidence(dossier, folder)
            own = [path for decision in self._decisions(dossier) if (path := self._document(decision))]
            self._papers(dossier, folder)
            record = self._record(dossier, blobs, own)
            path = f"{folder}/ho-so.json"
            title = f"Hồ sơ của {record['unit_name']}"
            self._sink.add(PackedFile(path=path, media_type=JSON, title=title), [_json(record)])
            listed = {
                name: record[name] for name in ("unit_code", "unit_name", "group", "state", "opened_at", "closed_at")
            }
            listed |= {"path": path, "documents": own, "evidence": len(blobs)}
            self._dossiers.append(_line(listed))

    def add_lists(self) -> None:
        """What is inside: dossiers, documents, the register's rows."""
        for path, title, rows in (
            ("ho-so.jsonl", "Danh sách hồ sơ", self._dossiers),
            ("van-ban.jsonl", "Danh sách văn bản", self._documents),
            ("so-dang-ky.jsonl", "Các dòng của sổ đăng ký văn bản đi", self._register),
        ):
            self._sink.add(PackedFile(path=path, media_type=LINES, title=title), rows)

    def add_surveys(self) -> None:
        """What the cycle's surveys come to, one file each: sample, origins and figures, never a single answer."""
        scope = self._scope
        unit = self._uow.dossiers.get(scope.dossier_id).unit_id if scope.dossier_id is not None else None
        for key, title, record in packed_surveys.records(self._uow, scope.cycle, unit):
            file = PackedFile(path=f"khao-sat/{_slug(key)}.json", media_type=JSON, title=f"Kết quả khảo sát: {title}")
            self._sink.add(file, [_json(record)])

    def add_events(self) -> None:
        """The events with their places in the audit chain, and every link from the first to the last."""
        cycle, dossier_id = self._scope.cycle, self._scope.dossier_id
        first, last = self._uow.audit.span(cycle_id=cycle.id, dossier_id=dossier_id)
        end: list[str] = []
        title = "Chuỗi nhật ký từ sự kiện đầu đến sự kiện cuối"
        self._sink.add(
            PackedFile(path="nhat-ky/chuoi.txt", media_type=TEXT, title=title), self._links(first, last, end)
        )
        events = PackedFile(path="nhat-ky/su-kien.jsonl", media_type=LINES, title="Sự kiện")
        self._sink.add(events, self._events(first, last))
        about = {
            "format": FORMAT,
            "kind": "cycle" if dossier_id is None else "dossier",
            "model": self._model.key,
            "model_name": self._model.name,
            "model_version": cycle.version,
            "year": cycle.year,
            "opened_at": cycle.opened_at,
            "closed_at": cycle.closed_at,
            "dossiers": len(self._dossiers),
            "documents": len(self._documents),
            "chain": {"first": first, "last": last, "hash": end[0] if end else ""},
        }
        self._sink.add(PackedFile(path="goi.json", media_type=JSON, title="Mô tả gói"), [_json(about)])

    def _each_dossier(self) -> Iterator[Dossier]:
        if self._scope.dossier_id is not None:
            yield self._uow.dossiers.get(self._scope.dossier_id)
            return
        after = 0
        while page := self._uow.dossiers.page(self._scope.cycle.id, after, _PAGE):
            yield from page
            after = page[-1].id

    def _decisions(self, dossier: Dossier) -> Iterator[Decision]:
        """The dossier's own documents; where it is packed alone, those that gave or took a title of it as well."""
        own = self._uow.decisions.of_dossier(dossier.id)
        yield from (decision for decision in own if _belongs(decision))
        if self._scope.dossier_id is None:
            return
        named = [i for t in self._uow.titles.of_dossier(dossier.id) for i in (t.decision_id, t.cancelled_by_id)]
        known = {decision.id for decision in own}
        for decision_id in dict.fromkeys(i for i in named if i is not None and i not in known):
            yield self._uow.decisions.get(decision_id)

    def _evidence(self, dossier: Dossier, folder: str) -> list[dict[str, object]]:
        found = []
        for blob in self._uow.dossiers.blobs(dossier.id):
            ending = PurePosixPath(fold(blob.name)).suffix
            path = f"{folder}/minh-chung/{blob.sha256[:16]}{ending if re.fullmatch('[.][a-z0-9]{1,5}', ending) else ''}"
            taken = FileEvent(kind="capture", at=blob.at, detail="Nhận minh chứng qua cổng kiểm tra tệp")
            file = PackedFile(path=path, media_type=blob.media_type, title=blob.name, events=(taken,))
            self._sink.add(file, chunks(self._archive, blob.sha256))
            found.append({**_plain(blob), "path": path})
        return found

    def _record(
        self, dossier: Dossier, blobs: Sequence[Mapping[str, object]], documents: Sequence[str]
    ) -> dict[str, object]:
        unit = self._unit(dossier.unit_id)
        return {
            **_plain(dossier),
            "unit_code": unit.code,
            "unit_name": unit.name,
            "members": [_plain(member) for member in self._uow.dossiers.members(dossier.id)],
            "submissions": [_plain(handed_in) for handed_in in self._uow.dossiers.submissions(dossier.id)],
            "titles": [_plain(title) for title in self._uow.titles.of_dossier(dossier.id)],
            "instances": [_plain(instance) for instance in self._uow.instances.of_dossier(dossier.id)],
            "evidence": list(blobs),
            "documents": list(documents),
        }

    def _document(self, decision: Decision) -> str:
        """Add a numbered document with its rows in the register; answers its path, empty when it has no files."""
        path = _slug_path(decision.file_name) if _has_files(decision) else ""
        for row in self._uow.books.rows_of(decision.id):
            living = path if row.state is not RegisterState.VOID else ""
            self._register.append(_line({**self._registered(row), "document": living}))
        if not path:
            return ""
        paper = stored_paper(decision)
        title = " ".join(text for text in (decision.symbol, decision.subject) if text)
        for ending, media, digest in (("pdf", PDF, decision.pdf_sha256), ("docx", DOCX, decision.docx_sha256)):
            file = PackedFile(
                path=f"van-ban/{path}.{ending}", media_type=media, title=title, events=_events_of(decision)
            )
            self._sink.add(file, chunks(self._archive, digest))
        scanned = self._scan(decision, path, title)
        content = canonical_json(paper)
        self._sink.add(PackedFile(path=f"van-ban/{path}.json", media_type=JSON, title=title), [content])
        self._documents.append(
            _line(
                {
                    **_plain(decision),
                    "path": path,
                    "unit_code": self._unit(decision.unit_id).code,
                    "unit_name": self._unit(decision.unit_id).name,
                    "pdf_sha256": decision.pdf_sha256,
                    "docx_sha256": decision.docx_sha256,
                    "content_sha256": content_sha256(paper),
                    "replaces": self._symbol(decision.replaces_id),
                    "cancelled_by": self._symbol(decision.cancelled_by_id),
                    "scan": scanned,
                }
            )
        )
        return path

    def _papers(self, dossier: Dossier, folder: str) -> None:
        """Add the numbered papers that the dossier's forms left behind, with their rows in the register."""
        for submission in self._uow.dossiers.submissions(dossier.id):
            paper = paper_kept(submission)
            row = self._uow.books.row_of_submission(submission.id) if paper is not None else None
            if paper is None or row is None:
                continue
            path, rendered = f"{folder}/giay/{submission.id}", self._renderer.render(paper)
            made = FileEvent(
                kind="creation", at=submission.at, detail=f"Lập từ biểu mẫu, người nộp: {submission.by_name}"
            )
            title = " ".join(text for text in (row.symbol, row.subject) if text)
            for ending, media, content in (
                ("pdf", PDF, rendered.pdf),
                ("docx", DOCX, rendered.docx),
                ("json", JSON, rendered.content),
            ):
                file = PackedFile(path=f"{path}.{ending}", media_type=media, title=title, events=(made,))
                self._sink.add(file, [content])
            self._register.append(_line({**self._registered(row), "paper": path}))

    def _scan(self, decision: Decision, path: str, title: str) -> bool:
        """Add the scan of a paper that was signed by hand; whether there is one."""
        signing = self._uow.signings.find(decision.id)
        if signing is None or not signing.scan_sha256:
            return False
        ending = signing.scan_name.rpartition(".")[2]
        file = PackedFile(path=f"van-ban/{path}-ban-quet.{ending}", media_type=signing.scan_type, title=title)
        self._sink.add(file, chunks(self._archive, signing.scan_sha256))
        return True

    def _registered(self, row: RegisterRow) -> dict[str, object]:
        unit = self._unit(row.unit_id)
        return {**_plain(row), "unit_code": unit.code, "unit_name": unit.name}

    def _symbol(self, decision_id: DecisionId | None) -> str:
        return self._uow.decisions.get(decision_id).symbol if decision_id is not None else ""

    def _links(self, first: int, last: int, end: list[str]) -> Iterator[bytes]:
        """The hash before the first link, then every digest; the hash of the last link is left in `end`."""
        previous = None
        for entry in self._entries(first, last):
            if previous is None:
                previous = entry.previous
                yield f"{first} {previous}\n".encode()
            previous = chain(previous, entry.seq, entry.digest)
            if previous != entry.hash:
                raise Corrupt(f"audit chain: entry {entry.seq} does not match its hash")
            yield f"{entry.digest}\n".encode()
        end.append(previous or "")

    def _events(self, first: int, last: int) -> Iterator[bytes]:
        cycle_id, dossier_id = self._scope.cycle.id, self._scope.dossier_id
        for entry in self._entries(first, last):
            line = entry.line
            if line is None or line.cycle_id != cycle_id or (dossier_id is not None and line.dossier_id != dossier_id):
                continue
            text = canonical(line)
            if sha256(text.encode()).hexdigest() != entry.digest:
                raise Corrupt(f"audit chain: the content of entry {entry.seq} was changed")
            yield f'{{"content": {text}, "seq": {entry.seq}}}\n'.encode()

    def _entries(self, first: int, last: int) -> Iterator[AuditEntry]:
        after = first - 1
        while after < last and (page := self._uow.audit.entries(after, min(_ENTRIES, last - after))):
            yield from page
            after = page[-1].seq


def chunks(archive: Archive, digest: str) -> Iterator[bytes]:
    """A stored file piece by piece; `Corrupt` at its end when it no longer has its hash."""
    found = sha256()
    with archive.open(digest) as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
            yield chunk
    if found.hexdigest() != digest:
        raise Corrupt(f"file {digest} no longer has its hash")


def _belongs(decision: Decision) -> bool:
    """Whether a document ever got a number."""
    return decision.state is DecisionState.ISSUED or decision.number is not None


def _has_files(decision: Decision) -> bool:
    return bool(decision.pdf_sha256 and decision.docx_sha256)


def _events_of(decision: Decision) -> tuple[FileEvent, ...]:
    events = [FileEvent(kind="creation", at=decision.created_at, detail="Lập dự thảo")]
    if decision.signed_at is not None:
        signer = ", ".join(text for text in (decision.signer_name, decision.signer_title) if text)
        events.append(FileEvent(kind="digital signature generation", at=decision.signed_at, detail=f"Ký: {signer}"))
    if decision.issued_at is not None:
        events.append(FileEvent(kind="ingestion", at=decision.issued_at, detail="Đưa vào kho lưu dưới mã băm"))
    return tuple(events)


def _folder(code: str, dossier: Dossier) -> str:
    return f"{_slug(code)}-{_slug(dossier.group)}-{dossier.id}"


def _slug(text: str) -> str:
    return re.sub("[^a-z0-9]+", "-", fold(text)).strip("-") or "x"


def _slug_path(name: str) -> str:
    return "/".join(re.sub("[^A-Za-z0-9._-]+", "-", part).strip("-._") or "x" for part in name.split("/"))


def _media(path: str) -> str:
    kinds = {".bpmn": "application/xml", ".dmn": "application/xml", ".json": JSON, ".toml": "application/toml"}
    return kinds.get(PurePosixPath(path).suffix, "application/octet-stream")


def _plain(value: object) -> dict[str, object]:
    """A value's own fields as JSON has them, save what is for our own use."""
    return {f.name: _told(getattr(value, f.name)) for f in fields(value) if f.name not in _OURS}  # type: ignore[arg-type]


def _told(value: object) -> object:
    match value:
        case Enum():
            return value.value
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case Mapping():
            return {str(name): _told(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_told(item) for item in value]
        case _:
            return _plain(value) if is_dataclass(value) else value


def _json(value: object) -> bytes:
    return json.dumps(_told(value), ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"


def _line(value: Mapping[str, object]) -> bytes:
    return json.dumps(_told(value), ensure_ascii=False, sort_keys=True).encode() + b"\n"
