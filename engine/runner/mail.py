"""How does a message leave the house? By SMTP, over a connection that is kept for the next message of a batch."""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from pathlib import Path
from threading import Lock
from time import monotonic

from icalendar import Calendar

from engine.errors import MailFailed
from engine.ports.services import Message

#: What a calendar that comes with a mail is called.
CALENDAR_NAME = "han-viec.ics"
#: Seconds until the next try, by what failed.
_SERVER_AWAY, _SERVER_BUSY, _NOT_LET_IN = 60, 120, 900
#: Seconds that an unused connection is trusted; servers close idle ones after some minutes.
_KEPT_FOR = 30


class Security(StrEnum):
    """How the connection to the mail server is protected."""

    NONE, STARTTLS, TLS = "none", "starttls", "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over, and in whose name."""

    host: str
    port: int
    security: Security = Security.STARTTLS
    username: str = ""
    password: str = ""
    sender: str = ""  #: address of the From line
    sender_name: str = ""
    timeout: int = 20  #: seconds


class SmtpMailer:
    """Implements `engine.ports.services.Mailer`; one connection at a time, safe for threads."""

    def __init__(self, server: MailServer, *, ticks: Callable[[], float] = monotonic) -> None:
        self._server, self._ticks = server, ticks
        self._connection: smtplib.SMTP | None = None
        self._used_at = 0.0
        self._lock = Lock()

    def send(self, message: Message) -> None:
        """Send, or raise `MailFailed`: 4xx and an absent server are tried again, 5xx for this message is final."""
        letter = _letter(message, self._server.sender, self._server.sender_name)
        with self._lock:
            try:
                self._hand_over(letter)
            except MailFailed:
                self._close()
                raise

    def close(self) -> None:
        """Say goodbye to the server."""
        with self._lock:
            self._close()

    def _hand_over(self, letter: EmailMessage) -> None:
        reused = self._connection is not None
        try:
            self._deliver(letter)
        except smtplib.SMTPServerDisconnected as error:
            if not reused:
                raise MailFailed(f"the mail server hung up: {error}", retry_after=_SERVER_AWAY) from error
            self._close()
            self._hand_over(letter)

    def _deliver(self, letter: EmailMessage) -> None:
        connection = self._open()
        try:
            connection.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            code, reason = next(iter(error.recipients.values()))
            raise _answered(code, reason) from error
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPResponseException as error:
            raise _answered(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise MailFailed(str(error), retry_after=None) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailFailed(f"the mail server is away: {error}", retry_after=_SERVER_AWAY) from error
        self._used_at = self._ticks()

    def _open(self) -> smtplib.SMTP:
        if self._connection is not None and self._ticks() - self._used_at > _KEPT_FOR:
            self._close()
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        try:
            return _let_in(_reach(server), server)
        except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError, UnicodeError) as error:
            # About the installation, not about the message: a 535 here must not kill the mails that wait.
            raise MailFailed(f"the mail server does not let us in: {error}", retry_after=_NOT_LET_IN) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailFailed(f"the mail server is away: {error}", retry_after=_SERVER_AWAY) from error

    def _close(self) -> None:
        if self._connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
            self._connection = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderMailer:
    """Keeps mails as files, where no server is named: demonstrations and first steps."""

    folder: Path
    sender: str
    sender_name: str = ""

    def send(self, message: Message) -> None:
        """Write `<message id>.eml`; a repeat writes the same file again."""
        letter = _letter(message, self.sender, self.sender_name)
        name = "".join(c if c.isalnum() or c in "@.-" else "_" for c in message.message_id.strip("<>"))
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{name}.eml").write_bytes(letter.as_bytes())
        except OSError as error:
            raise MailFailed(f"cannot write to {self.folder}: {error.strerror}", retry_after=_SERVER_AWAY) from error


def _letter(message: Message, sender: str, sender_name: str) -> EmailMessage:
    letter = EmailMessage(policy=SMTP)
    try:
        letter["From"] = Address(sender_name, addr_spec=sender)
        letter["To"] = Address(addr_spec=message.to)
    except (MessageError, ValueError, IndexError) as error:
        raise MailFailed(f"not an address: {message.to!r}", retry_after=None) from error
    letter["Subject"] = " ".join(message.subject.split())
    letter["Date"] = message.at
    letter["Message-ID"] = message.message_id
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content(message.text)
    if message.html:
        letter.add_alternative(message.html, subtype="html")
    if message.file:
        letter.add_attachment(message.file, maintype="application", subtype="pdf", filename=message.file_name)
    if message.calendar:
        letter.add_attachment(
            Calendar.from_ical(message.calendar).to_ical(),
            maintype="text",
            subtype="calendar",
            filename=CALENDAR_NAME,
            params={"charset": "utf-8", "method": "PUBLISH"},
        )
    return letter


def _reach(server: MailServer) -> smtplib.SMTP:
    if server.security is Security.TLS:
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
    connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
    if server.security is Security.STARTTLS:
        connection.starttls(context=ssl.create_default_context())
    return connection


def _let_in(connection: smtplib.SMTP, server: MailServer) -> smtplib.SMTP:
    if server.username:
        try:
            connection.login(server.username, server.password)
        except BaseException:
            connection.close()
            raise
    return connection


def _answered(code: int, reason: bytes | str) -> MailFailed:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return MailFailed(f"{code} {text}", retry_after=_SERVER_BUSY if 400 <= code < 500 else None)
