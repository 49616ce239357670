"""Is another system called safely? Over https with its certificate, at public addresses only, and never sent elsewhere."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from engine.errors import MailFailed
from engine.ports.services import Message
from engine.rules.webhooks import headers, is_address, signature
from engine.runner.calls import Address, WebhookCaller, is_public

HOST = "nhan.vidu.vn"
NOW = datetime(2026, 11, 5, 2, tzinfo=UTC)
OUTSIDE = ip_address("93.184.216.34")


@dataclass
class Receiver:
    """Another system: keeps what it is told and answers as it is asked to."""

    port: int = 0
    status: int = 200
    location: str = ""
    silent: bool = False
    heard: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key with a certificate for HOST that nobody but this test trusts."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def receiver(certificate: Path) -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.heard.append((self.path, dict(self.headers), body))
            if kept.silent:
                return
            self.send_response(kept.status)
            if kept.location:
                self.send_header("Location", kept.location)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    kept.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join(5)


def caller(receiver: Receiver, certificate: Path, **changes: Any) -> WebhookCaller:
    """A caller for whom the public address of HOST leads to the receiver of this test."""
    wishes: dict[str, Any] = {
        "resolve": lambda _host, _port: [OUTSIDE],
        "reach": lambda _address, timeout: socket.create_connection(("127.0.0.1", receiver.port), timeout),
        "context": ssl.create_default_context(cafile=str(certificate)),
        "timeout": 5.0,
    }
    return WebhookCaller(**{**wishes, **changes})


def a_call(url: str = f"https://{HOST}/bao?m=1", text: str = '{"task": "Đăng ký"}') -> Message:
    return Message(
        message_id="x",
        to=url,
        subject="",
        text=text,
        html="",
        at=NOW,
        headers=headers("khóa", "abc", text, NOW),
    )


def test_a_call_arrives_with_a_signature_that_can_be_checked(receiver: Receiver, certificate: Path) -> None:
    caller(receiver, certificate).send(a_call())
    [(path, got, body)] = receiver.heard
    assert (path, body.decode(), got["Host"], got["Content-Type"]) == (
        "/bao?m=1",
        '{"task": "Đăng ký"}',
        HOST,
        "application/json; charset=utf-8",
    )
    assert (got["Chuky-Delivery"], got["Chuky-Timestamp"]) == ("abc", str(int(NOW.timestamp())))
    assert got["Chuky-Signature"] == signature("khóa", int(got["Chuky-Timestamp"]), body.decode())
    # Worked out by another program: openssl dgst -sha256 -hmac secret.
    assert signature("secret", 1000, "{}") == "v1=026360fb6284f077f1148b1ae7c62679730497810a6a0321574de01e8b009e7a"


@pytest.mark.parametrize(
    ("status", "again"), [(200, "-"), (204, "-"), (302, None), (307, None), (400, None), (404, None), (410, None),
                          (408, 120), (429, 120), (500, 120), (503, 120)],
)  # fmt: skip
def test_the_answer_decides_whether_to_try_again(
    receiver: Receiver, certificate: Path, status: int, again: int | str | None
) -> None:
    receiver.status, receiver.location = status, f"https://{HOST}/noi-khac"
    call = lambda: caller(receiver, certificate).send(a_call())  # noqa: E731
    if again == "-":
        call()
    else:
        with pytest.raises(MailFailed, match=str(status)) as failure:
            call()
        assert failure.value.retry_after == again
    assert [path for path, _, _ in receiver.heard] == ["/bao?m=1"]  # nobody is followed anywhere


def nowhere(_address: tuple[str, int], _timeout: float) -> socket.socket:
    raise AssertionError("a connection was opened")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.5", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
        "fd12:3456::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
        "2001:0:7f00:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_no_address_of_our_own_network_is_called(receiver: Receiver, certificate: Path, address: str) -> None:
    for found in ([ip_address(address)], [OUTSIDE, ip_address(address)]):
        calling = caller(receiver, certificate, resolve=lambda _h, _p, found=found: found, reach=nowhere)
        with pytest.raises(MailFailed, match="not in the open network") as failure:
            calling.send(a_call())
        assert failure.value.retry_after is None


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_addresses_of_the_open_network_are_called(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "2130706433", "0x7f000001", "[::1]"])
def test_the_machine_itself_is_not_called_by_any_of_its_names(host: str) -> None:
    with pytest.raises(MailFailed) as failure:
        WebhookCaller(reach=nowhere).send(a_call(f"https://{host}/"))
    assert "not in the open network" in str(failure.value) or "no such host" in str(failure.value)


def test_a_name_that_changes_its_mind_is_asked_once(receiver: Receiver, certificate: Path) -> None:
    asked, reached = list[str](), list[str]()

    def resolve(host: str, _port: int) -> list[Address]:
        asked.append(host)
        return [OUTSIDE] if len(asked) == 1 else [ip_address("127.0.0.1")]

    def reach(address: tuple[str, int], timeout: float) -> socket.socket:
        reached.append(address[0])
        return socket.create_connection(("127.0.0.1", receiver.port), timeout)

    caller(receiver, certificate, resolve=resolve, reach=reach).send(a_call())
    assert (asked, reached) == ([HOST], [str(OUTSIDE)])


@pytest.mark.parametrize(
    "url",
    [
        f"http://{HOST}/", f"https://{HOST}:22/", f"https://{HOST}:99999/", f"https://ai:do@{HOST}/", "https:///x", HOST,
        f"https://{HOST}/#x", f"https://{HOST}\\@ke.vn/", "ftp://x/", "file:///etc/passwd", "", f"https://{HOST}/ x",
        f"https://{HOST}/\r\nX: y", f"https://{HOST}/{'x' * 600}", "https://đoàn.vn/",
    ],
)  # fmt: skip
def test_what_is_no_address_is_not_called(url: str) -> None:
    assert not is_address(url)
    with pytest.raises(MailFailed, match="not an address") as failure:
        WebhookCaller(reach=nowhere, resolve=lambda _h, _p: [OUTSIDE]).send(a_call(url))
    assert failure.value.retry_after is None


def test_a_certificate_of_somebody_else_ends_the_call(receiver: Receiver, certificate: Path) -> None:
    trust: Callable[..., WebhookCaller] = lambda **wishes: caller(receiver, certificate, **wishes)  # noqa: E731
    for calling, url in (
        (trust(context=ssl.create_default_context()), f"https://{HOST}/"),
        (trust(), "https://khac.vidu.vn/"),
    ):
        with pytest.raises(MailFailed, match="away") as failure:
            calling.send(a_call(url))
        assert failure.value.retry_after == 60
    assert receiver.heard == []


def test_a_system_that_does_not_answer_is_given_up_in_time(receiver: Receiver, certificate: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        port = deaf.getsockname()[1]
        calling = caller(
            receiver,
            certificate,
            timeout=0.3,
            reach=lambda _address, timeout: socket.create_connection(("127.0.0.1", port), timeout),
        )
        with pytest.raises(MailFailed, match="away") as failure:
            calling.send(a_call())
    assert failure.value.retry_after == 60


def test_a_name_that_is_none_is_tried_again(receiver: Receiver, certificate: Path) -> None:
    def unknown(_host: str, _port: int) -> list[Address]:
        raise socket.gaierror("Name or service not known")

    with pytest.raises(MailFailed, match="no such host") as failure:
        caller(receiver, certificate, resolve=unknown, reach=nowhere).send(a_call())
    assert failure.value.retry_after == 60
