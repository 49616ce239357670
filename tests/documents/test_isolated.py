"""A render in a process of its own gives the same, and one that breaks its bounds harms nobody."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from documents.isolated import IsolatedRenderer, RenderFailed
from engine.errors import Invalid, NotFound
from engine.ports.outside import Rendered
from tests.documents.samples import decision


@pytest.fixture(scope="module")
def renderer() -> Iterator[IsolatedRenderer]:
    made = IsolatedRenderer()
    yield made
    made.close()


def test_the_same_bytes_come_out(renderer: IsolatedRenderer, rendered: Rendered) -> None:
    assert renderer.render(decision()) == rendered


def test_refusals_come_through(renderer: IsolatedRenderer) -> None:
    with pytest.raises(NotFound) as missing:
        renderer.render(replace(decision(), profile="nowhere"))
    assert (missing.value.kind, missing.value.key) == ("profile", "nowhere")
    with pytest.raises(Invalid) as refusal:
        renderer.render(replace(decision(), overrides=(("page.top", "x"),)))
    assert refusal.value.fields["overrides"].code == "override_value"


def test_a_render_that_takes_too_long_is_ended_and_the_next_one_works(
    renderer: IsolatedRenderer, rendered: Rendered
) -> None:
    hasty = IsolatedRenderer(seconds=0.5)
    with pytest.raises(RenderFailed):
        hasty.render(decision(3_000))
    hasty.close()
    assert renderer.render(decision()) == rendered


def test_a_worker_without_memory_fails_alone() -> None:
    poor = IsolatedRenderer(megabytes=60)
    with pytest.raises((RenderFailed, MemoryError, ImportError, OSError)):
        poor.render(decision(3_000))
    poor.close()


PARENT = """
import os
from documents.isolated import IsolatedRenderer
from tests.documents.samples import decision

if __name__ == "__main__":
    renderer = IsolatedRenderer()
    renderer.render(decision())
    print(*renderer._workers[0]._pool._processes, flush=True)
    os.kill(os.getpid(), 9)
"""


def test_workers_do_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    program = tmp_path / "parent.py"
    program.write_text(PARENT)
    root = str(Path(__file__).parents[2])
    ran = subprocess.run(
        [sys.executable, program],
        env={**os.environ, "PYTHONPATH": root},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert ran.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 20
    while _lives(int(ran.stdout)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _lives(int(ran.stdout))


def _lives(process: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_worker_that_was_killed_from_outside_is_replaced(renderer: IsolatedRenderer, rendered: Rendered) -> None:
    renderer.render(decision())
    for worker in multiprocessing.active_children():
        worker.kill()
    assert renderer.render(decision()) == rendered
