"""Asked over a real socket: what clamd calls clean comes in, what it finds is refused, what it cannot say is marked."""

import io
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from documents.antivirus import PIECE, Clamd, Verdict
from documents.uploads import UploadGate
from engine.errors import FieldError, Invalid
from engine.ports.outside import Scan
from tests.documents.test_uploads import picture

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@contextmanager
def running(answer: Callable[[bytes], bytes], path: Path, *, reads: int = 1 << 30) -> Iterator[Clamd]:
    """A scanner that speaks clamd's protocol, reads at most so many bytes, and answers by the stream's content."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(str(path))
    server.listen()

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(answer(_stream(connection, reads)))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield Clamd(path, seconds=5)
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


def _stream(connection: socket.socket, reads: int) -> bytes:
    file = connection.makefile("rb")
    assert file.read(10) == b"zINSTREAM\0"
    content = b""
    while len(content) < reads and (size := struct.unpack(">I", file.read(4))[0]):
        assert size <= PIECE
        content += file.read(size)
    return content


def said(content: bytes) -> bytes:
    return b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if EICAR in content else b"stream: OK\0"


def test_the_whole_file_is_read_in_pieces(tmp_path: Path) -> None:
    seen: list[bytes] = []
    data = bytes(range(256)) * 1000

    def keep(content: bytes) -> bytes:
        seen.append(content)
        return b"stream: OK\0"

    with running(keep, tmp_path / "clamd") as clamd:
        assert clamd.scan(data) == Verdict(scan=Scan.CLEAN)
        assert clamd.scan(b"") == Verdict(scan=Scan.CLEAN)
    assert seen == [data, b""]


def test_what_is_found_is_refused_with_its_name(tmp_path: Path) -> None:
    with running(said, tmp_path / "clamd") as clamd:
        assert clamd.scan(EICAR) == Verdict(scan=Scan.INFECTED, name="Win.Test.EICAR_HDB-1")
        gate = UploadGate(scanner=clamd)
        assert gate.check(picture("PNG"), "a.png").scan is Scan.CLEAN
        with pytest.raises(Invalid) as refusal:
            gate.check(_carrier(), "a.png", field="evidence")
    assert refusal.value.fields == {"evidence": FieldError("file_infected", {"virus": "Win.Test.EICAR_HDB-1"})}
    assert UploadGate().check(_carrier(), "a.png").kind == "png"  # our own checks see a fair picture


def _carrier() -> bytes:
    """A picture whose comment is what scanners take for a virus."""
    out, comment = io.BytesIO(), PngInfo()
    comment.add_text("Comment", EICAR.decode())
    Image.new("RGB", (4, 4)).save(out, "PNG", pnginfo=comment)
    return out.getvalue()


@pytest.mark.parametrize(
    "answer", [b"INSTREAM size limit exceeded. ERROR\0", b"", b"stream: OK FOUND?\0", b"\xff\xfe\0", b"x" * 9000]
)
def test_an_answer_that_says_nothing_leaves_the_file_unscanned(tmp_path: Path, answer: bytes) -> None:
    with running(lambda _: answer, tmp_path / "clamd") as clamd:
        assert clamd.scan(b"x") == Verdict(scan=Scan.UNSCANNED)


def test_a_scanner_that_is_away_stops_nobody(tmp_path: Path) -> None:
    gone = Clamd(tmp_path / "none", seconds=1)
    assert gone.scan(b"x") == Verdict(scan=Scan.UNSCANNED)
    assert UploadGate(scanner=gone).check(picture("PNG"), "a.png").scan is Scan.UNSCANNED
    assert UploadGate().check(picture("PNG"), "a.png").scan is Scan.NONE


def test_a_scanner_that_reads_no_further_is_still_heard(tmp_path: Path) -> None:
    with running(lambda _: b"INSTREAM size limit exceeded. ERROR\0", tmp_path / "clamd", reads=PIECE) as clamd:
        assert clamd.scan(b"x" * (64 * PIECE)) == Verdict(scan=Scan.UNSCANNED)


def test_a_slow_scanner_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "clamd"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(str(path))
        silent.listen()
        assert Clamd(path, seconds=0.2).scan(b"x") == Verdict(scan=Scan.UNSCANNED)
