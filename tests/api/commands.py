"""How does a test run the command line? In a process of its own, with an environment of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """The machine's environment without its settings, a data folder, and what the test sets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHUKY_")}
    given = {f"CHUKY_{name.upper()}": value for name, value in settings.items()}
    return {**kept, "PYTHONPATH": str(ROOT), "CHUKY_DATA": str(folder), **given}


def command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "api.cli", *words]


def chuky(*words: str, folder: Path, text: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        command(*words),
        cwd=folder,
        env=environment(folder, **settings),
        input=text,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
