"""Is a report that a mail did not arrive understood, and everything else left alone?"""

from hypothesis import given
from hypothesis import strategies as st

from engine.runner.bounces import Bounce, read_bounce


def report(*, action: str = "failed", original: str = "", diagnostic: str = "") -> bytes:
    """A report as mail servers write it: words for people, words for machines, the mail or its head."""
    head = "Message-ID: <4f2a.17@thidua.example.vn>\r\nSubject: Nhac viec\r\n"
    reason = diagnostic or "Diagnostic-Code: smtp; 550 5.1.1 <bithu@example.vn>:\r\n Recipient address rejected\r\n"
    return (
        "From: MAILER-DAEMON@mx.example.vn\r\nTo: chuky@example.vn\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nYour mail did not arrive.\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.vn\r\n\r\n"
        f"Final-Recipient: rfc822; bithu@example.vn\r\nAction: {action}\r\nStatus: 5.1.1\r\n{reason}\r\n"
        + (original or f"--b\r\nContent-Type: message/rfc822\r\n\r\n{head}\r\nText\r\n")
        + "--b--\r\n"
    ).encode()


def test_a_mail_that_was_given_up_is_named_with_the_servers_words() -> None:
    refused = "550 5.1.1 <bithu@example.vn>: Recipient address rejected"
    assert read_bounce(report()) == Bounce(message_id="4f2a.17", reason=refused)


def test_the_head_of_the_mail_is_enough() -> None:
    head = "--b\r\nContent-Type: text/rfc822-headers\r\n\r\nmessage-id: <4f2a.17@thidua.example.vn>\r\n\r\n"
    found = read_bounce(report(original=head))
    assert found is not None
    assert found.message_id == "4f2a.17"


def test_without_words_of_the_server_its_status_is_the_reason() -> None:
    found = read_bounce(report(diagnostic="X-Nothing: 1\r\n"))
    assert found == Bounce(message_id="4f2a.17", reason="5.1.1")


def test_a_mail_that_is_only_late_did_not_come_back() -> None:
    assert read_bounce(report(action="delayed")) is None


def test_a_report_about_another_mail_without_an_id_names_none() -> None:
    assert read_bounce(report(original="--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nx\r\n")) is None


def test_any_other_mail_is_left_alone() -> None:
    assert read_bounce(b"From: a@example.vn\r\nSubject: Re: Nhac viec\r\nMessage-ID: <1@x>\r\n\r\nCam on\r\n") is None


@given(st.one_of(st.binary(max_size=2000), st.integers(0, 900).map(lambda n: report()[:n])))
def test_whatever_else_comes_names_no_other_mail(data: bytes) -> None:
    found = read_bounce(data)
    assert found is None or (found.message_id == "4f2a.17" and found.message_id.encode() in data)
