"""How fast are thousands of decisions rendered and signed by two processes, and what is left when they are killed?

Each decision ends as one file that appears at once. Halfway both workers are killed (SIGKILL); those that follow do what is
missing and nothing twice.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter, sleep

from bench.papers import issued, numbered
from documents.keys import TestKeys
from documents.signing import PaperSigner

WORKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """What came of a run."""

    count: int
    a_second: float  #: decisions in a second of real time, start and kill apart
    megabytes: float  #: largest memory of one worker
    wrong: int  #: decisions that are missing, or differ from the same decision made anew


def measure(folder: Path, *, count: int) -> Many:
    """Make `count` one-page decisions, with both workers killed once halfway."""
    done, keys = folder / "done", folder / "keys"
    done.mkdir(parents=True)
    PaperSigner(TestKeys(keys))
    issued(numbered(1), PaperSigner(TestKeys(keys)))  # both workers find the same keys
    first, peak_before, before = _run(done, keys, count, until=count // 2)
    for leftover in done.glob(".*"):
        leftover.unlink()
    second, peak, after = _run(done, keys, count, until=count)
    return Many(
        count=count,
        a_second=(before + after) / (first + second),
        megabytes=max(peak_before, peak),
        wrong=_wrong(done, keys, count),
    )


def _run(done: Path, keys: Path, count: int, *, until: int) -> tuple[float, float, int]:
    """Let the workers work until so many are done, then kill them; seconds from the first file on, memory, how many."""
    command = [sys.executable, "-m", "bench.many", str(done), str(keys), str(count)]
    workers = [subprocess.Popen([*command, str(n)]) for n in range(WORKERS)]
    had, peak, began = _count(done), 0.0, 0.0
    try:
        while _count(done) < until and any(worker.poll() is None for worker in workers):
            if not began and _count(done) > had:
                began, had = perf_counter(), _count(done)
            peak = max([peak, *(_memory(worker.pid) for worker in workers)])
            sleep(0.1)
        taken = perf_counter() - began
        return taken, peak, _count(done) - had
    finally:
        for worker in workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGKILL)
            worker.wait()


def _count(done: Path) -> int:
    return sum(1 for path in done.iterdir() if not path.name.startswith("."))


def _memory(pid: int) -> float:
    """Megabytes of a process; 0 when it has ended."""
    try:
        text = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return 0.0
    return max((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("VmHWM")), default=0.0)


def _wrong(done: Path, keys: Path, count: int) -> int:
    """Decisions that are missing, and of a sample those that are not what they are when made anew."""
    missing = sum(not (done / f"{n}.pdf").is_file() for n in range(1, count + 1))
    signer = PaperSigner(TestKeys(keys))
    sample = range(1, count + 1, max(1, count // 10))
    kept = [n for n in sample if (done / f"{n}.pdf").is_file()]
    differ = sum(_digest((done / f"{n}.pdf").read_bytes()) != _digest(issued(numbered(n), signer)) for n in kept)
    return missing + differ


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def _work(done: Path, keys: Path, count: int, share: int) -> None:
    """Make every decision of one worker's share that is not there yet."""
    signer = PaperSigner(TestKeys(keys))
    for number in range(1 + share, count + 1, WORKERS):
        path = done / f"{number}.pdf"
        if not path.exists():
            draft = done / f".{number}.{os.getpid()}"
            draft.write_bytes(issued(numbered(number), signer))
            draft.replace(path)


if __name__ == "__main__":
    _work(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
