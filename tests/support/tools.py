"""Which programs do tests need from the machine? One that is missing fails by its package's name; nothing is skipped."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path


class MissingTool(Exception):
    """A program that tests need is not on this machine."""


def find_tool(*names: str, package: str, folders: tuple[str, ...] = ()) -> Path:
    """Path of the first of `names` on PATH or in `folders` (globs, the newest first); else fail naming the Debian package."""
    for name in names:
        if found := shutil.which(name):
            return Path(found)
        for folder in folders:
            matches = sorted(Path("/").glob(f"{folder.lstrip('/')}/{name}"), key=_version, reverse=True)
            if matches:
                return matches[0]
    raise MissingTool(f"{names[0]} is missing: install the Debian package {package} (./chuky test does it as root)")


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.parts if part.isdigit())


def free_port() -> int:
    """A TCP port of the loopback address on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
