"""What does the core ask of the outside? Mail, the file archive, and where a promised job is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO, Protocol

from engine.errors import MailFailed
from engine.ports.store import UnitOfWork

if TYPE_CHECKING:
    from engine.ports.outside import Renderer, Signer


#: The channel that every installation has.
MAIL = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One mail to one person; `message_id` is the same at every repeat."""

    message_id: str
    to: str
    subject: str
    text: str
    html: str  #: may be empty
    at: datetime
    calendar: str = ""  #: iCalendar part; may be empty
    file: bytes = b""  #: a PDF that goes with it
    file_name: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)  #: of a call; mails have their own


class Mailer(Protocol):
    """Hands messages of one channel over: mail to a server, calls to other systems."""

    def send(self, message: Message) -> None:
        """Send, or raise `MailFailed` (with `retry_after` None when trying again is useless)."""
        ...


class Archive(Protocol):
    """Keeps files once, under the SHA-256 of their content (64 lower-case hex digits)."""

    def put(self, content: bytes) -> str:
        """Store durably and answer the hash; storing the same content again changes nothing."""
        ...

    def get(self, sha256: str) -> bytes:
        """The content; raises `NotFound`, or `Corrupt` when it no longer has its hash."""
        ...

    def open(self, sha256: str) -> BinaryIO:
        """The content to be read piece by piece, not compared with its hash; raises `NotFound`."""
        ...

    def take(self, file: BinaryIO) -> str:
        """Store all that can be read from a seekable file, piece by piece, and answer the hash."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Everything a job may use beside its transactions."""

    mailer: Mailer
    archive: Archive
    renderer: "Renderer"
    signer: "Signer"
    base_url: str
    test_signatures: bool  #: keys are of the test PKI: documents say that they have no legal effect
    server_signs: bool = True  #: the server holds keys; else people sign by themselves unless something else is set
    channels: Mapping[str, Mailer] = field(default_factory=dict)  #: ways to tell beside mail, by name

    def channel(self, name: str) -> Mailer:
        """The way of this name; `MailFailed` for one that the installation has not."""
        if name == MAIL:
            return self.mailer
        if name not in self.channels:
            raise MailFailed(f"no channel {name!r}", retry_after=None)
        return self.channels[name]


#: Opens a new unit of work: `with open_uow() as uow: …`
OpenUow = Callable[[], UnitOfWork]


class JobHandler(Protocol):
    """Does one promised job; it may be called again after a crash and must then change nothing twice."""

    def __call__(
        self, open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime
    ) -> None: ...
