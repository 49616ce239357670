"""The mail server, the token and the tool finder do what their fixtures promise."""

import smtplib
from email.message import EmailMessage

import pytest

from tests.support.mail import KeptMail, SmtpServer
from tests.support.softhsm import Token, run
from tests.support.tools import MissingTool, find_tool


def a_mail(to: str = "bithu@chuky.test") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "may@chuky.test", to, "Nhắc việc: nộp hồ sơ"
    message.set_content("Hạn cuối: 09/11/2026.\n")
    return message


def send(server: SmtpServer, message: EmailMessage) -> None:
    with smtplib.SMTP(server.host, server.port, timeout=10) as client:
        client.send_message(message)


def test_a_mail_is_kept_with_its_envelope(smtp_server: SmtpServer) -> None:
    send(smtp_server, a_mail())
    (kept,) = smtp_server.mails
    assert kept == KeptMail(sender="may@chuky.test", recipients=("bithu@chuky.test",), message=kept.message)
    assert (kept.message["Subject"], kept.message.get_content().strip()) == (
        "Nhắc việc: nộp hồ sơ",
        "Hạn cuối: 09/11/2026.",
    )


def test_messages_and_recipients_are_refused_for_now_or_for_good(smtp_server: SmtpServer) -> None:
    smtp_server.answer = "451 4.3.0 try later"
    with pytest.raises(smtplib.SMTPDataError) as later:
        send(smtp_server, a_mail())
    smtp_server.answer = "250 OK"
    smtp_server.refused["nobody@chuky.test"] = "550 5.1.1 no such user"
    with pytest.raises(smtplib.SMTPRecipientsRefused) as never:
        send(smtp_server, a_mail("nobody@chuky.test"))
    assert (later.value.smtp_code, later.value.smtp_error) == (451, b"4.3.0 try later")
    assert never.value.recipients == {"nobody@chuky.test": (550, b"5.1.1 no such user")}
    assert (smtp_server.mails, smtp_server.attempts) == ((), 1)


def test_a_token_is_initialised_and_found_by_its_label(softhsm: Token) -> None:
    labels = [line.split() for line in run(softhsm, "--show-slots").splitlines() if "Label:" in line]
    assert ["Label:", softhsm.label] in labels
    assert softhsm.module.is_file()


def test_a_missing_tool_is_named_with_its_package() -> None:
    with pytest.raises(MissingTool, match="no-such-tool is missing: install the Debian package nothing"):
        find_tool("no-such-tool", package="nothing")
