"""What does the core ask of its neighbours outside? Rendering, signing, files that come in; mail; jobs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from engine.rules.papers import Paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A paper as files, before signing. Hashes are 64 hex digits."""

    pdf: bytes  #: PDF/A-3a and PDF/UA-1, the canonical JSON attached, empty signature fields prepared
    docx: bytes  #: the same words, editable
    content: bytes  #: the canonical JSON
    pdf_sha256: str
    docx_sha256: str
    content_sha256: str


class Renderer(Protocol):
    """Put a paper on pages; the same paper gives the same bytes."""

    def render(self, paper: Paper) -> Rendered:
        """Render as PDF and DOCX; unsafe or too long text raises `Invalid`, an unknown profile `NotFound`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerName:
    """Who signs, as the certificate names them."""

    id: str  #: names the key: the account, never the name that others may bear too
    name: str
    position: str
    username: str = ""  #: names the key in the index of a real installation


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """The office's own pictures of signature and seal (PNG, as `clean_picture` wrote them); empty: none was given."""

    person: bytes = b""
    seal: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A file with an empty signature container, to be filled by whoever holds the key."""

    pdf: bytes
    digest: bytes  #: SHA-256 of all but the container
    start: int  #: offset of the container's "<"
    end: int  #: behind its ">"


class Signer(Protocol):
    """Sign a rendered PDF: first the person, then the organisation."""

    def sign(
        self,
        pdf: bytes,
        *,
        person: SignerName,
        organisation: str | None,
        at: datetime,
        pictures: Pictures = Pictures(),  # frozen
    ) -> bytes:
        """Add the signatures, dated `at` (aware); no organisation: the body has no seal. `SigningFailed` else."""
        ...


class Scan(StrEnum):
    """What a virus scanner said of a file; NONE: the installation has no scanner."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNSCANNED = "unscanned"
    NONE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedFile:
    """An uploaded file that passed the gate."""

    kind: str  #: pdf | docx | xlsx | jpg | png
    media_type: str  #: what to serve it as, always as an attachment
    name: str  #: safe to show and to offer when it is downloaded; never a path to store it under
    size: int  #: bytes
    sha256: str  #: 64 hex digits: what to store it under
    scan: Scan = Scan.NONE


class FileGate(Protocol):
    """Let only harmless evidence in."""

    def check(
        self, data: bytes, name: str, *, field: str = "file", kinds: Collection[str] | None = None
    ) -> AcceptedFile:
        """Check content, not name; `kinds` narrows what is taken. Raise `Invalid` at `field` with the reason's code."""
        ...


#: What a cell of a spreadsheet may hold when it is written.
Cell = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One list of a workbook."""

    name: str  #: on its tab, shortened where it is too long; each once
    title: str
    heads: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]
    notes: tuple[str, ...] = ()  #: lines below the list


class Spreadsheets(Protocol):
    """Lists as Excel files, out and in."""

    def write_all(self, sheets: Sequence[Sheet]) -> bytes:
        """Write several lists into one workbook, as `write` does one."""
        ...

    def write(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
        """Write one list with its title and heads; the same list gives the same bytes; no cell is ever a formula."""
        ...

    def read(self, data: bytes, *, field: str = "file") -> tuple[tuple[str, ...], ...]:
        """Read the first sheet of an uploaded .xlsx as text, row by row, all rows equally long; `Invalid` else."""
        ...
