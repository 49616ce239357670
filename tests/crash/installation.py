"""How is a running installation killed? `chuky serve` in processes of its own: the web process and its worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tests.support.tools import free_port

ROOT = Path(__file__).parents[2]
#: What is killed: the web process with its worker, or one of them alone.
Part = Literal["all", "web", "worker"]
#: Seconds within which the web process must answer, and whatever waits must be done.
START, DONE = 60, 120


@dataclass
class Installation:
    """One installation in `folder`, on a port of its own; started and killed as often as wished."""

    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    kills: int = 0
    _web: subprocess.Popen[bytes] | None = None

    @property
    def site(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """What its processes find in their environment."""
        mine = {"CHUKY_DATA": str(self.folder), "CHUKY_PORT": str(self.port), "CHUKY_LOG_LEVEL": "warning"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CHUKY_")}
        return {**kept, **self.environment, **mine, "PYTHONPATH": str(ROOT)}

    @property
    def log(self) -> str:
        """What its processes wrote so far."""
        path = self.folder / "serve.log"
        return path.read_text("utf-8", errors="replace") if path.exists() else ""

    def start(self) -> None:
        """Run `chuky serve` and wait until it answers."""
        with (self.folder / "serve.log").open("ab") as log:
            command = [sys.executable, "-P", "-m", "api.cli", "serve"]
            self._web = subprocess.Popen(
                command, cwd=self.folder, env=self.settings, stdout=log, stderr=log, start_new_session=True
            )
        wait_for(self._answers, START, self._explain)

    def stop(self) -> None:
        """Ask it to stop as an administrator does."""
        if self._web is not None:
            self._web.terminate()
            assert self._web.wait(60) == 0, self.log[-3000:]
            self._web = None

    def kill(self, part: Part = "all") -> None:
        """kill -9, all at the same moment; a web process that is gone takes its worker with it by and by."""
        assert self._web is not None
        below = _below(self._web.pid)
        for pid in {"all": [self._web.pid, *below], "web": [self._web.pid], "worker": below}[part]:
            _kill(pid)
        if part != "worker":
            self._web.wait()
            self._web = None
        self.kills += 1

    def _answers(self) -> bool:
        assert self._web is not None and self._web.poll() is None, self.log[-3000:]
        try:
            with urllib.request.urlopen(f"{self.site}/suc-khoe/live", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def _explain(self) -> str:
        return self.log[-3000:]


def wait_for(true: Callable[[], bool], seconds: float, explain: Callable[[], str] = str) -> None:
    """Wait until it is true; fail with an explanation after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"it did not come true within {seconds} s: {explain()}"
        time.sleep(0.1)


def _below(pid: int) -> list[int]:
    """The descendants of a process."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
