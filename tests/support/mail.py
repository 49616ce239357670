"""Where do the product's mails go in a test? To a real SMTP server in this process, which keeps them or refuses them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from threading import Lock

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.tools import free_port

HOST = "127.0.0.1"
ACCEPTED = "250 OK"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    """One accepted message with its envelope."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


@dataclass
class SmtpServer:
    """A server on the loopback address; its answers are switched while it runs.

    `answer` is given to every message after DATA; `refused` maps a recipient to the answer to RCPT TO. Both are whole
    SMTP replies such as "451 try later" or "550 no such user".
    """

    port: int
    host: str = HOST
    answer: str = ACCEPTED
    refused: dict[str, str] = field(default_factory=dict)
    attempts: int = 0  #: messages handed over after DATA, kept or not
    _kept: list[KeptMail] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    @property
    def mails(self) -> tuple[KeptMail, ...]:
        """Accepted mails in the order of their arrival."""
        with self._lock:
            return tuple(self._kept)

    @property
    def messages(self) -> tuple[EmailMessage, ...]:
        """Accepted messages in the order of their arrival."""
        return tuple(mail.message for mail in self.mails)

    def clear(self) -> None:
        """Forget what has come so far."""
        with self._lock:
            self._kept.clear()
            self.attempts = 0

    # The two names below are aiosmtpd's.
    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return ACCEPTED

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = BytesParser(policy=policy.default).parsebytes(envelope.content)
        with self._lock:
            self.attempts += 1
            if self.answer == ACCEPTED:
                sender, recipients = envelope.mail_from or "", tuple(envelope.rcpt_tos)
                self._kept.append(KeptMail(sender=sender, recipients=recipients, message=message))
        return self.answer


@contextmanager
def running_smtp(port: int | None = None) -> Iterator[SmtpServer]:
    """A server for as long as the block lasts; on a given port to come back after an outage."""
    server = SmtpServer(port=port or free_port())
    controller = Controller(server, hostname=HOST, port=server.port, enable_SMTPUTF8=True)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
