"""Which uploaded files come in? Only pdf, docx, xlsx, jpg and png that do nothing but show something.

The content decides, never the name. Sniffing is only the first gate: a renamed macro file, a zip bomb and a
document with a remote template all look like a good document to it.
"""

import re
import unicodedata
import zipfile
from collections.abc import Callable, Collection, Mapping
from hashlib import sha256
from io import BytesIO

from documents.antivirus import Clamd
from documents.upload_checks import Rejected, check_docx, check_image, check_pdf, check_xlsx
from engine.errors import FieldError, Invalid
from engine.ports.outside import AcceptedFile, Scan

MAX_BYTES = 20_000_000

MEDIA_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jpg": "image/jpeg",
    "png": "image/png",
}
CHECKS: Mapping[str, Callable[[bytes], None]] = {
    "pdf": check_pdf,
    "docx": check_docx,
    "xlsx": check_xlsx,
    "jpg": check_image,
    "png": check_image,
}


class UploadGate:
    """The `FileGate` port."""

    def __init__(self, *, max_bytes: int = MAX_BYTES, scanner: Clamd | None = None) -> None:
        self._max_bytes, self._scanner = max_bytes, scanner

    def check(
        self, data: bytes, name: str, *, field: str = "file", kinds: Collection[str] | None = None
    ) -> AcceptedFile:
        """Check one file; `Invalid` at `field`.

        Codes: `file_empty`, `file_too_large` (limit), `file_kind` (allowed), `file_other_than_named` (kind),
        `file_broken`, `file_encrypted`, `file_bomb`, `file_macro`, `file_embedded`, `file_remote`,
        `file_active`, `file_polyglot`, `file_infected` (virus).
        """
        allowed = sorted(set(kinds or MEDIA_TYPES))
        try:
            kind = self._kind(data, name, allowed)
            CHECKS[kind](data)
            scan = self._scanned(data)
        except Rejected as rejection:
            raise Invalid({field: FieldError(rejection.code, rejection.facts)}) from rejection
        return AcceptedFile(
            kind=kind,
            media_type=MEDIA_TYPES[kind],
            name=safe_name(name, kind),
            size=len(data),
            sha256=sha256(data).hexdigest(),
            scan=scan,
        )

    def _scanned(self, data: bytes) -> Scan:
        if self._scanner is None:
            return Scan.NONE
        verdict = self._scanner.scan(data)
        if verdict.scan is Scan.INFECTED:
            raise Rejected("file_infected", virus=verdict.name)
        return verdict.scan

    def _kind(self, data: bytes, name: str, allowed: Collection[str]) -> str:
        if not data:
            raise Rejected("file_empty")
        if len(data) > self._max_bytes:
            raise Rejected("file_too_large", limit=self._max_bytes, size=len(data))
        kind = kind_of(data)
        if kind not in allowed:
            raise Rejected("file_kind", allowed=tuple(allowed))
        ending = name.lower().rpartition(".")[2] if "." in name else ""
        if ending not in {kind, "jpeg" if kind == "jpg" else kind}:
            raise Rejected("file_other_than_named", kind=kind)
        return kind


def kind_of(data: bytes) -> str:
    """What the first bytes say; empty when it is none of the kinds that are taken."""
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"PK\x03\x04"):
        return _office_kind(data)
    return ""


def _office_kind(data: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return ""
    if "[Content_Types].xml" not in names:
        return ""
    return "docx" if "word/document.xml" in names else "xlsx" if "xl/workbook.xml" in names else ""


def safe_name(name: str, kind: str) -> str:
    """A name to show: no path, no control characters, at most 120 characters, the ending that fits the content."""
    base = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1].rpartition(".")[0] or "tep"
    clean = "".join(c if unicodedata.category(c)[0] in "LMNPZS" and c not in '<>:"|?*%' else "_" for c in base)
    return f"{clean.strip(' .')[:120] or 'tep'}.{kind}"
