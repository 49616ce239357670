"""What stands outside in a test? Small real neighbours: they keep what they are given and can be told to fail.

Each port is also tested through the real thing elsewhere (SMTP server, WeasyPrint, pyHanko, folder archive).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO

from engine.errors import NotFound
from engine.ports.outside import Pictures, Rendered, SignerName
from engine.ports.services import Message
from engine.rules.papers import Paper, canonical_json

_NO_PICTURES = Pictures()


@dataclass
class KeptMail:
    """A mail server that keeps what it accepts; `troubles` are raised first, one a message."""

    accepted: list[Message] = field(default_factory=list)
    troubles: deque[Exception] = field(default_factory=deque)
    crashes: int = 0  #: messages that are accepted without the sender ever learning of it

    def send(self, message: Message) -> None:
        if self.troubles:
            raise self.troubles.popleft()
        self.accepted.append(message)
        if self.crashes:
            self.crashes -= 1
            raise ConnectionAbortedError("the process was killed before it could note the answer")


@dataclass
class PlainRenderer:
    """Puts a paper's canonical JSON where a page would be, so that a test can read what was signed."""

    papers: list[Paper] = field(default_factory=list)

    def render(self, paper: Paper) -> Rendered:
        self.papers.append(paper)
        content = canonical_json(paper)
        pdf, docx = b"PDF\n" + content, b"DOCX\n" + content
        return Rendered(
            pdf=pdf,
            docx=docx,
            content=content,
            pdf_sha256=_digest(pdf),
            docx_sha256=_digest(docx),
            content_sha256=_digest(content),
        )


@dataclass
class InkSigner:
    """Writes names and moments below the content; `troubles` are raised first, one a signature."""

    troubles: deque[Exception] = field(default_factory=deque)
    people: list[SignerName] = field(default_factory=list)

    def sign(
        self,
        pdf: bytes,
        *,
        person: SignerName,
        organisation: str | None,
        at: datetime,
        pictures: Pictures = _NO_PICTURES,
    ) -> bytes:
        if self.troubles:
            raise self.troubles.popleft()
        self.people.append(person)
        lines = [f"{person.position} {person.name}", organisation or "", at.isoformat()]
        return pdf + b"\n" + "\n".join(lines).encode()


@dataclass
class KeptFiles:
    """An archive in memory."""

    files: dict[str, bytes] = field(default_factory=dict)

    def put(self, content: bytes) -> str:
        return self.files.setdefault(_digest(content), content) and _digest(content)

    def open(self, sha256: str) -> BinaryIO:
        return BytesIO(self.get(sha256))

    def take(self, file: BinaryIO) -> str:
        file.seek(0)
        return self.put(file.read())

    def get(self, sha256: str) -> bytes:
        if sha256 not in self.files:
            raise NotFound("file", sha256)
        return self.files[sha256]


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()
