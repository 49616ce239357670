"""Which files belong to the project? Those git knows or would add; what is built or installed is not ours to judge."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("engine", "documents", "api")


@cache
def files() -> tuple[Path, ...]:
    """Every file of the project that exists, in order."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return tuple(sorted({ROOT / name for name in names if name and (ROOT / name).is_file()}))


@cache
def texts() -> dict[str, str]:
    """Path and text of every text file; a file with a zero byte is not text."""
    contents = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in files()}
    return {name: content.decode("utf-8") for name, content in contents.items() if b"\0" not in content}


def sources(*folders: str) -> dict[str, str]:
    """Path and text of the Python files under `folders`."""
    return {
        name: text
        for name, text in texts().items()
        if name.endswith(".py") and name.split("/", maxsplit=1)[0] in folders
    }
