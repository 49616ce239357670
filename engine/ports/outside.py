"""What does the core ask of its neighbours outside? Rendering, signing, files that come in; mail; jobs."""

from collections.abc import Collection, Mapping, Sequence
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

    def sign_person(
        self,
        pdf: bytes,
        *,
        person: SignerName,
        organisation: str,
        at: datetime,
        pictures: Pictures = Pictures(),
    ) -> bytes:
        """Add the person's signature only."""
        ...

    def seal(self, pdf: bytes, *, organisation: str, at: datetime, pictures: Pictures = Pictures()) -> bytes:
        """Add the organisation's signature only."""
        ...

    def assemble(self, prepared: bytes, facts: Mapping[str, object], answer: bytes, *, at: datetime) -> bytes:
        """Put a signature that came back into the file that was made ready for it (`SigningDesk.prepare`)."""
        ...

    def close(self, pdf: bytes, *, at: datetime) -> bytes:
        """Add what the installation's level of signature asks once all have signed."""
        ...


class SigningDesk(Protocol):
    """Where people hand in what they signed by themselves. Refusals are `Invalid` at the field `file`."""

    def certificates(self, data: bytes, *, name: str, at: datetime) -> str:
        """Read and check the signer's certificate: theirs, valid, no test in a real installation."""
        ...

    def prepare(
        self,
        pdf: bytes,
        *,
        person: SignerName | None,
        organisation: str,
        certificates: str,
        at: datetime,
        pictures: Pictures = Pictures(),
    ) -> tuple[bytes, Mapping[str, object]]:
        """Make the file ready for one signature; person None: the organisation's. The facts are kept with it."""
        ...

    def to_sign(self, facts: Mapping[str, object]) -> bytes:
        """The bytes to be signed with RSA PKCS#1 v1.5 over SHA-256."""
        ...

    def check_answer(self, prepared: bytes, facts: Mapping[str, object], answer: bytes, *, name: str) -> None:
        """Refuse a signature that is wrong or another's."""
        ...

    def check_returned(self, given: bytes, returned: bytes, *, signers: Sequence[str], also: str = "") -> int:
        """Refuse a file that is not ours signed further by these, in this order; how many have signed it.

        `also`: who may have signed it besides, after them.
        """
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
