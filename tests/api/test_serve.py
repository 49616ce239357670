"""Does an installation stay up: web and worker together, each ended when the other's time has come?"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2 as httpx

from tests.api.commands import command, environment
from tests.support.tools import free_port


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`chuky serve` in a group of its own; whatever is left of it is ended with the block."""
    port = free_port()
    process = subprocess.Popen(
        command("serve", "--port", str(port), *words), cwd=folder, env=environment(folder), start_new_session=True
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        for pid in {process.pid, *workers_of(folder)}:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def workers_of(folder: Path) -> list[int]:
    """Process ids of the workers of this installation that live."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            is_worker = entry.name.isdigit() and b"worker\0--leash" in (entry / "cmdline").read_bytes()
            if is_worker and f"CHUKY_DATA={folder}\0".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


def wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.2)


def status(url: str) -> int:
    try:
        return httpx.get(url, timeout=5).status_code
    except httpx.HTTPError:
        return 0


def test_web_and_worker_live_and_die_together(tmp_path: Path) -> None:
    with serving(tmp_path) as (web, site):
        wait_for(lambda: status(f"{site}/suc-khoe/ready") == 200)
        (first,) = workers_of(tmp_path)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: workers_of(tmp_path) not in ([], [first]))
        assert status(f"{site}/dang-nhap") == 200
        web.send_signal(signal.SIGTERM)
        assert web.wait(40) == 0
        assert workers_of(tmp_path) == []


def test_a_killed_web_process_takes_its_worker_along_and_starts_again(tmp_path: Path) -> None:
    with serving(tmp_path) as (web, site):
        wait_for(lambda: status(f"{site}/suc-khoe/ready") == 200)
        web.kill()
        web.wait()
        wait_for(lambda: workers_of(tmp_path) == [])
    with serving(tmp_path) as (_, site):
        wait_for(lambda: status(f"{site}/suc-khoe/ready") == 200)


def test_without_a_worker_the_installation_is_not_ready(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-worker") as (_, site):
        wait_for(lambda: status(f"{site}/suc-khoe/live") == 200)
        answer = httpx.get(f"{site}/suc-khoe/ready")
        assert (answer.status_code, answer.json()) == (503, {"status": "not ready", "missing": ["worker"]})


def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path) -> None:
    with serving(tmp_path, "--no-worker") as (_, site):
        wait_for(lambda: status(f"{site}/suc-khoe/live") == 200)
        port = site.rpartition(":")[2]
        other = subprocess.run(
            command("serve", "--no-worker", "--port", port),
            cwd=tmp_path,
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
    assert other.returncode == 1
    assert f"Không mở được cổng {port} trên 127.0.0.1" in other.stderr
