"""What does the core ask of its neighbours outside? Rendering and signing of documents; mail; jobs."""

from dataclasses import dataclass
from datetime import datetime
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

    id: str  #: names the key: stable, one per person
    name: str
    position: str


class Signer(Protocol):
    """Sign a rendered PDF: first the person, then the organisation."""

    def sign(self, pdf: bytes, *, person: SignerName, organisation: str | None, at: datetime) -> bytes:
        """Add the signatures, dated `at` (aware); no organisation: the body has no seal. `SigningFailed` else."""
        ...
