"""Does a message arrive as it was written, and does a refusal say whether trying again is of use? A real SMTP server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from engine.errors import MailFailed
from engine.ports.services import Message
from engine.runner.mail import MailServer, Security, SmtpMailer
from tests.support.mail import SmtpServer, running_smtp
from tests.support.tools import free_port

MESSAGE = Message(
    message_id="<4f2a@chuky.example>",
    to="bithu@example.vn",
    subject="Còn 3 ngày:\r\n đăng ký Chi đoàn xã hội chủ nghĩa",
    text="Hạn cuối: 09/11/2026.\n",
    html="<p>Hạn cuối: <b>09/11/2026</b>.</p>\n",
    at=datetime(2026, 11, 6, 1, tzinfo=UTC),
)


def server_at(port: int, **changes: object) -> MailServer:
    plain = MailServer(
        host="127.0.0.1",
        port=port,
        security=Security.NONE,
        sender="chuky@example.vn",
        sender_name="Thành đoàn Hải Phòng",
        timeout=5,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def failure_of(mailer: SmtpMailer, message: Message = MESSAGE) -> tuple[int | None, str]:
    with pytest.raises(MailFailed) as failure:
        mailer.send(message)
    return failure.value.retry_after, str(failure.value)


def test_a_message_arrives_as_it_was_written(smtp_server: SmtpServer) -> None:
    SmtpMailer(server_at(smtp_server.port)).send(MESSAGE)
    (mail,) = smtp_server.mails
    letter = mail.message
    parts = {part.get_content_type(): part.get_content() for part in letter.walk() if not part.is_multipart()}
    assert (mail.sender, mail.recipients) == ("chuky@example.vn", ("bithu@example.vn",))
    assert {name: str(letter[name]) for name in ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted")} == {
        "From": "Thành đoàn Hải Phòng <chuky@example.vn>",
        "To": "bithu@example.vn",
        "Subject": "Còn 3 ngày: đăng ký Chi đoàn xã hội chủ nghĩa",
        "Date": "Fri, 06 Nov 2026 01:00:00 +0000",
        "Message-ID": "<4f2a@chuky.example>",
        "Auto-Submitted": "auto-generated",
    }
    assert {kind: text.replace("\r\n", "\n") for kind, text in parts.items()} == {
        "text/plain": MESSAGE.text,
        "text/html": MESSAGE.html,
    }


def test_a_batch_goes_over_one_connection(smtp_server: SmtpServer) -> None:
    mailer = SmtpMailer(server_at(smtp_server.port))
    mailer.send(MESSAGE)
    first = mailer._connection
    mailer.send(replace(MESSAGE, message_id="<5@chuky.example>", html=""))
    assert (mailer._connection is first, len(smtp_server.mails)) == (True, 2)
    mailer.close()
    assert mailer._connection is None


def test_an_old_connection_is_not_trusted(smtp_server: SmtpServer) -> None:
    seconds = iter([0.0, 100.0, 200.0, 300.0])
    mailer = SmtpMailer(server_at(smtp_server.port), ticks=lambda: next(seconds))
    mailer.send(MESSAGE)
    first = mailer._connection
    mailer.send(MESSAGE)
    assert (mailer._connection is first, len(smtp_server.mails)) == (False, 2)


def test_a_server_that_was_restarted_is_found_again() -> None:
    with running_smtp() as before:
        mailer = SmtpMailer(server_at(before.port))
        mailer.send(MESSAGE)
    with running_smtp(before.port) as after:
        mailer.send(MESSAGE)
        assert len(after.mails) == 1


def test_a_temporary_refusal_is_tried_again(smtp_server: SmtpServer) -> None:
    smtp_server.answer = "451 try later"
    assert failure_of(SmtpMailer(server_at(smtp_server.port))) == (120, "451 try later")


def test_a_full_mailbox_is_tried_again_and_an_unknown_one_is_not(smtp_server: SmtpServer) -> None:
    mailer = SmtpMailer(server_at(smtp_server.port))
    smtp_server.refused = {"bithu@example.vn": "452 full"}
    full = failure_of(mailer)
    smtp_server.refused = {"bithu@example.vn": "550 no such user"}
    assert [full, failure_of(mailer)] == [(120, "452 full"), (None, "550 no such user")]


def test_a_final_refusal_of_the_message_is_final(smtp_server: SmtpServer) -> None:
    smtp_server.answer = "554 spam"
    assert failure_of(SmtpMailer(server_at(smtp_server.port))) == (None, "554 spam")


def test_an_absent_server_is_tried_again() -> None:
    assert failure_of(SmtpMailer(server_at(free_port())))[0] == 60


@pytest.mark.parametrize("address", ["", "bithu", "a@b.vn\r\nBcc: c@d.vn", "a@b.vn, c@d.vn"])
def test_what_is_no_address_is_given_up_without_a_connection(address: str) -> None:
    assert failure_of(SmtpMailer(server_at(1)), replace(MESSAGE, to=address))[0] is None


@contextmanager
def strict_smtp() -> Iterator[tuple[SmtpServer, int]]:
    """A server that wants a user name."""
    kept = SmtpServer(port=free_port())

    def check(server, session, envelope, mechanism, data):  # type: ignore[no-untyped-def]
        return AuthResult(success=data.password == "đúng".encode(), handled=False)

    controller = Controller(
        kept,
        hostname="127.0.0.1",
        port=kept.port,
        authenticator=check,
        auth_required=True,
        auth_require_tls=False,
        enable_SMTPUTF8=True,
    )
    controller.start()
    try:
        yield kept, kept.port
    finally:
        controller.stop()


def test_a_wrong_password_does_not_kill_the_mails_that_wait() -> None:
    with strict_smtp() as (_, port):
        mailer = SmtpMailer(server_at(port, username="chuky", password="sai"))
        assert failure_of(mailer) == (
            900,
            "the mail server does not let us in: (535, b'5.7.8 Authentication credentials invalid')",
        )


def test_a_server_without_starttls_is_not_trusted_with_anything(smtp_server: SmtpServer) -> None:
    mailer = SmtpMailer(server_at(smtp_server.port, security=Security.STARTTLS))
    assert failure_of(mailer)[0] == 900
    assert smtp_server.attempts == 0
