"""What does a package for an archive prove? Nothing changed, who sealed it, and that its contents agree with each other.

Read from a zip file or from the unpacked folder, without network and without a database. The cheap questions come
first: form of the file, hashes, seal; only what is whole is looked into (`documents.bag_content`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol

from cryptography import x509

from documents.bag import BAGIT, BAGIT_TEXT, INFO, MANIFEST, PAYLOAD, SEAL, STAMPED, TAG_MANIFEST, TAGS, UNSEALED
from documents.bag_content import Contents, look_into
from documents.bag_seal import SealFacts, check_seal
from documents.verify import ICT, stamp_line
from documents.verify_parts import Trust
from documents.zipform import CHUNK, Member, NotCanonical, is_fair_name, read_content, read_members

#: Problems that are told one by one; more are counted.
_TOLD = 20
#: A tag file is read whole up to this size; the manifest of a million files is smaller.
_MAX_TAG = 200 * 1024 * 1024
_TRUST_TEXTS = {
    Trust.TRUSTED: "Mọi chứng thư do tổ chức tin cậy cấp.",
    Trust.TEST: (
        "Chứng thư THỬ NGHIỆM: gói và chữ ký không có giá trị pháp lý. Ai cũng tự lập được chứng thư như vậy, nên gói chỉ "
        "cho thấy không có gì đổi từ khi niêm phong, không chứng tỏ ai đã niêm phong."
    ),
    Trust.UNKNOWN: (
        "Không rõ tổ chức cấp chứng thư (không có trong danh sách tin cậy): ai đó có thể đã thay cả gói bằng gói khác."
    ),
}
_NOTHING = sha256(b"").hexdigest()
_ORDER = (Trust.UNKNOWN, Trust.TEST, Trust.TRUSTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageReport:
    """Separate answers about one package."""

    problems: tuple[str, ...]  #: what is not as it was sealed; Vietnamese
    trust: Trust  #: the weakest of the seal and of all signatures inside
    seal: SealFacts | None
    contents: Contents | None
    files: int
    info: Mapping[str, str] = field(default_factory=dict)

    def exit_code(self, *, strict: bool = False) -> int:
        """0 accepted (test certificates with a warning), 1 changed, 2 unknown issuer; strict: 0 or 1."""
        if self.problems:
            return 1
        if self.trust is Trust.TRUSTED:
            return 0
        if strict:
            return 1
        return 0 if self.trust is Trust.TEST else 2

    def lines(self) -> tuple[str, ...]:
        """The report in Vietnamese, line by line."""
        if self.problems:
            more = len(self.problems) - _TOLD
            rest = (f"… và {more} điểm khác.",) if more > 0 else ()
            return ("Gói ĐÃ BỊ THAY ĐỔI hoặc không đúng dạng:", *(f"  {p}" for p in self.problems[:_TOLD]), *rest)
        head = (f"Gói còn nguyên vẹn: {self.info.get('External-Description', '')} ({self.files} tệp).",)
        inside = self.contents.lines() if self.contents else ()
        return (*head, *_seal_lines(self.seal), *inside, _TRUST_TEXTS[self.trust])


def verify_package(path: Path, trusted: Sequence[x509.Certificate] = ()) -> PackageReport:
    """Say what the package at `path` (a zip file or an unpacked folder) proves; `OSError` when it cannot be read."""
    if path.is_dir():
        return _verified(_Folder(path), trusted)
    with path.open("rb") as file:
        return _verified(_Zip(file), trusted)


class Source(Protocol):
    """The files of a package, by their paths below its folder."""

    def hashes(self) -> Iterator[tuple[str, str, int]]:
        """Path, SHA-256 and size of every file; `NotCanonical` for what cannot be part of a package."""
        ...

    def read(self, path: str) -> bytes:
        """The content of a file that `hashes` named."""
        ...

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of a file that `hashes` named."""
        ...


class _Zip:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._members: dict[str, Member] = {}

    def hashes(self) -> Iterator[tuple[str, str, int]]:
        folder = ""
        for member in read_members(self._file):
            top, _, path = member.name.partition("/")
            folder = folder or top
            if top != folder:
                raise NotCanonical("gói có hơn một thư mục gốc")
            self._members[path] = member
            yield path, member.sha256, member.size

    def read(self, path: str) -> bytes:
        return read_content(self._file, self._members[path])

    def lines(self, path: str) -> Iterator[bytes]:
        member = self._members[path]
        place, end = member.offset, member.offset + member.size
        while place < end:
            self._file.seek(place)
            line = self._file.readline(end - place)
            place = self._file.tell()
            yield line


class _Folder:
    def __init__(self, folder: Path) -> None:
        inside = list(folder.iterdir())
        only = inside[0] if len(inside) == 1 and inside[0].is_dir() and not inside[0].is_symlink() else folder
        self._folder = folder if (folder / BAGIT).is_file() else only

    def hashes(self) -> Iterator[tuple[str, str, int]]:
        for path in sorted(self._folder.rglob("*")):
            name = path.relative_to(self._folder).as_posix()
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                raise NotCanonical(f"gói có thứ không phải là tệp: {_shown(name)}")
            if path.is_dir():
                continue
            if not is_fair_name(f"_/{name}"):
                raise NotCanonical(f"gói có tên tệp không hợp lệ: {_shown(name)}")
            digest, size = sha256(), 0
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
            yield name, digest.hexdigest(), size

    def read(self, path: str) -> bytes:
        return (self._folder / path).read_bytes()

    def lines(self, path: str) -> Iterator[bytes]:
        with (self._folder / path).open("rb") as file:
            yield from file


def _verified(source: Source, trusted: Sequence[x509.Certificate]) -> PackageReport:
    found: dict[str, str] = {}
    sizes: dict[str, int] = {}
    try:
        for path, digest, size in source.hashes():
            found[path], sizes[path] = digest, size
    except NotCanonical as reason:
        return _refused([str(reason)], len(found))
    problems = list(_missing_tags(found, sizes)) or list(_wrong_hashes(source, found, ordered=isinstance(source, _Zip)))
    if problems:
        return _refused(problems, len(found))
    info = _info(source.read(INFO))
    sealed = None
    if found[SEAL] != _NOTHING or info.get("Sealed-By") != UNSEALED:
        sealed = check_seal(source.read(TAG_MANIFEST), source.read(SEAL), trusted)
    if sealed is not None and sealed.problem:
        return PackageReport(
            problems=(sealed.problem,), trust=sealed.trust, seal=sealed, contents=None, files=len(found)
        )
    payload = {path.removeprefix(PAYLOAD): digest for path, digest in found.items() if path.startswith(PAYLOAD)}
    contents = look_into(source, payload, trusted)
    problems = [*_wrong_info(info, sizes), *_missing_stamp(info, sealed), *contents.problems]
    return PackageReport(
        problems=tuple(problems),
        trust=min((sealed.trust if sealed else Trust.UNKNOWN, *contents.trusts), key=_ORDER.index),
        seal=sealed,
        contents=contents,
        files=len(found),
        info=info,
    )


def _refused(problems: Sequence[str], files: int) -> PackageReport:
    return PackageReport(problems=tuple(problems), trust=Trust.UNKNOWN, seal=None, contents=None, files=files)


def _missing_tags(found: Mapping[str, str], sizes: Mapping[str, int]) -> Iterator[str]:
    if not any(path in found for path in TAGS):
        yield "đây không phải là gói lưu trữ của Chuky (không có các tệp của BagIt)"
        return
    yield from (f"gói thiếu tệp {name}" for name in TAGS if name not in found)
    yield from (f"gói có tệp lạ: {_shown(p)}" for p in found if p not in TAGS and not p.startswith(PAYLOAD))
    yield from (f"tệp {name} quá lớn" for name in TAGS if sizes.get(name, 0) > _MAX_TAG)


def _wrong_hashes(source: Source, found: Mapping[str, str], *, ordered: bool) -> Iterator[str]:
    """Compare both manifests with what is there; each has one form only."""
    paths = list(found)
    if ordered and (tuple(paths[-len(TAGS) :]) != TAGS or not all(p.startswith(PAYLOAD) for p in paths[: -len(TAGS)])):
        yield "các tệp trong gói không đứng đúng thứ tự"
        return
    if source.read(BAGIT) != BAGIT_TEXT:
        yield f"tệp {BAGIT} đã bị thay đổi"
    tags = "".join(f"{found[name]}  {name}\n" for name in TAGS[:-2]).encode()
    if source.read(TAG_MANIFEST) != tags:
        yield from _differences(source.read(TAG_MANIFEST), {name: found[name] for name in TAGS[:-2]}, TAG_MANIFEST)
    payload = {path: digest for path, digest in found.items() if path.startswith(PAYLOAD)}
    written = source.read(MANIFEST)
    lines = written.splitlines(keepends=True)
    wanted = [f"{digest}  {path}\n".encode() for path, digest in payload.items()]
    # An unpacked folder has lost the order of its files; nothing else.
    if (lines != wanted) if ordered else (sorted(lines) != sorted(wanted)):
        yield from _differences(written, payload, MANIFEST)


def _differences(written: bytes, found: Mapping[str, str], manifest: str) -> Iterator[str]:
    rows = (line.partition("  ") for line in written.decode("ascii", "replace").splitlines())
    named = {path: digest for digest, _, path in rows if path}
    told = [
        *(f"tệp {path} đã bị thay đổi" for path in found if path in named and named[path] != found[path]),
        *(f"gói thiếu tệp {_shown(path)}" for path in named if path not in found),
        *(f"gói có tệp lạ: {path}" for path in found if path not in named),
    ]
    yield from told or [f"bản kê {manifest} đã bị thay đổi"]


def _wrong_info(info: Mapping[str, str], sizes: Mapping[str, int]) -> Iterator[str]:
    payload = [size for path, size in sizes.items() if path.startswith(PAYLOAD)]
    if info.get("Payload-Oxum") != f"{sum(payload)}.{len(payload)}":
        yield "số tệp và dung lượng ghi trong bag-info.txt không đúng"


def _missing_stamp(info: Mapping[str, str], seal: SealFacts | None) -> Iterator[str]:
    if seal is not None and (STAMPED in info) is not (seal.stamp is not None):
        yield "dấu niêm phong không còn đúng dấu thời gian của nó"


def _info(content: bytes) -> dict[str, str]:
    rows = (line.partition(": ") for line in content.decode("utf-8", "replace").splitlines())
    return {name: value for name, _, value in rows}


def _seal_lines(seal: SealFacts | None) -> tuple[str, ...]:
    if seal is None or seal.at is None:
        return ("Gói KHÔNG có dấu niêm phong: ai cũng có thể đã lập lại cả gói.",)
    at = seal.at.astimezone(ICT)
    stamped = (f"  Dấu thời gian: {stamp_line(seal.stamp)}",) if seal.stamp else ()
    return (
        f"Niêm phong bởi {seal.name}, lúc {at:%H:%M:%S} ngày {at:%d/%m/%Y} (giờ Việt Nam); chứng thư do “{seal.issuer}” cấp.",
        *stamped,
        "Chỉ ai giữ khóa của đơn vị niêm phong mới lập được một gói khác mang đúng dấu này.",
    )


def _shown(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:120]
