"""Where do files lie? In a folder, once each, under the SHA-256 of their content; shared by all machines."""

import os
import re
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from engine.errors import ArchiveFailed, Corrupt, NotFound

_HASH = re.compile(r"[0-9a-f]{64}")
#: Seconds until a full or unreachable disk is tried again.
_TRY_AGAIN = 60
_CHUNK = 1 << 20
#: How the name of a file ends that is being written.
_BEGUN = ".part"


class FolderArchive:
    """Implements `engine.ports.services.Archive` in a folder of two levels."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, content: bytes) -> str:
        """Store durably and answer the hash; storing the same content again changes nothing."""
        digest = sha256(content).hexdigest()
        path = self._path(digest)
        try:
            if not (path.is_file() and path.stat().st_size == len(content)):
                _write_durably(path, [content])
        except OSError as error:
            raise ArchiveFailed(f"cannot store {digest}: {error.strerror}", retry_after=_TRY_AGAIN) from error
        return digest

    def get(self, sha256: str) -> bytes:
        """The content; raises `NotFound`, or `Corrupt` when it no longer has its hash."""
        with self.open(sha256) as file:
            content = file.read()
        if _digest(content) != sha256:
            raise Corrupt(f"file {sha256} no longer has its hash")
        return content

    def open(self, sha256: str) -> BinaryIO:
        """The content to be read piece by piece, not compared with its hash; raises `NotFound`."""
        if not _HASH.fullmatch(sha256):
            raise NotFound("file", sha256)
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError as error:
            raise NotFound("file", sha256) from error
        except OSError as error:
            raise ArchiveFailed(f"cannot read {sha256}: {error.strerror}", retry_after=_TRY_AGAIN) from error

    def take(self, file: BinaryIO) -> str:
        """Store all that can be read from a seekable file, piece by piece, and answer the hash."""
        file.seek(0)
        total = sha256()
        while chunk := file.read(_CHUNK):
            total.update(chunk)
        digest, size = total.hexdigest(), file.tell()
        path = self._path(digest)
        file.seek(0)
        try:
            if not (path.is_file() and path.stat().st_size == size):
                _write_durably(path, iter(lambda: file.read(_CHUNK), b""))
        except OSError as error:
            raise ArchiveFailed(f"cannot store {digest}: {error.strerror}", retry_after=_TRY_AGAIN) from error
        return digest

    def drop(self, sha256: str) -> None:
        """Remove a file; nothing happens when it is not there."""
        self._path(sha256).unlink(missing_ok=True)

    def sweep(self, before: datetime) -> int:
        """Remove what writes that were killed have left behind, last written `before` (aware); how many."""
        gone = 0
        for part in self._root.glob(f"??/??/.*{_BEGUN}"):
            # Somebody else may sweep at the same time, or the write may end just now.
            with suppress(FileNotFoundError):
                if part.stat().st_mtime < before.timestamp():
                    part.unlink()
                    gone += 1
        return gone

    def check_writable(self) -> None:
        """Prove that a file can be made here; `ArchiveFailed` when not."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._root):
                pass
        except OSError as error:
            raise ArchiveFailed(f"cannot write to {self._root}: {error.strerror}", retry_after=_TRY_AGAIN) from error

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest[2:4] / digest


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _write_durably(path: Path, chunks: Iterable[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=_BEGUN)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o640)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    # The rename itself is only durable once the folders that name it are.
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
