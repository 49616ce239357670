"""Does a virus scanner know a file? Asked over clamd's own socket, byte for byte (INSTREAM).

A scanner that cannot be asked stops nobody's work: the file comes in and is marked as not scanned.
"""

import logging
import socket
import struct
from dataclasses import dataclass
from pathlib import Path

from engine.ports.outside import Scan

_log = logging.getLogger(__name__)
#: Bytes in one piece of the stream, and of the longest answer.
PIECE, ANSWER = 64 * 1024, 4 * 1024
FOUND = " FOUND"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the scanner said; `name` is that of the virus."""

    scan: Scan
    name: str = ""


class Clamd:
    """clamd at a Unix socket; `seconds` for connecting, sending and each part of the answer."""

    def __init__(self, path: Path, *, seconds: float = 30) -> None:
        self._path, self._seconds = path, seconds

    def scan(self, data: bytes) -> Verdict:
        """Scan one file; `UNSCANNED` when clamd is away, too slow, or answers with an error of its own."""
        try:
            answer = self._ask(data)
        except OSError as error:
            _log.warning("clamd cannot be asked: %s", error)
            return Verdict(scan=Scan.UNSCANNED)
        if answer.endswith(FOUND):
            return Verdict(scan=Scan.INFECTED, name=answer.removesuffix(FOUND).partition(": ")[2])
        if answer.endswith(": OK"):
            return Verdict(scan=Scan.CLEAN)
        _log.warning("clamd answered %r", answer[:200])
        return Verdict(scan=Scan.UNSCANNED)

    def _ask(self, data: bytes) -> str:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(self._seconds)
            connection.connect(str(self._path))
            connection.sendall(b"zINSTREAM\0")
            try:
                for start in range(0, len(data), PIECE):
                    piece = data[start : start + PIECE]
                    connection.sendall(struct.pack(">I", len(piece)) + piece)
                connection.sendall(struct.pack(">I", 0))
            except BrokenPipeError:
                _log.info("clamd stopped reading before the end: its answer says why")
            return _answer(connection)


def _answer(connection: socket.socket) -> str:
    answer = b""
    while b"\0" not in answer and len(answer) < ANSWER:
        part = connection.recv(ANSWER)
        if not part:
            break
        answer += part
    return answer.partition(b"\0")[0].decode("utf-8", "replace").strip()
