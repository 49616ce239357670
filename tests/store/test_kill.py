"""Is the database whole after a process was killed while writing?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.store import SqlUnitOfWork, audit_log
from tests.store.samples import a_line, lay_ground

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("commits", [1, 40])
def test_a_killed_writer_leaves_whole_transactions(
    migrated_url: str, begin: Callable[[], SqlUnitOfWork], commits: int
) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
    ids = [str(value.id) for value in (ground.city, ground.decision, ground.instance)]
    command = [sys.executable, "-m", "tests.store.writer", migrated_url, *ids]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        heard = [int(writer.stdout.readline()) for _ in range(commits)]
        writer.kill()
        heard += [int(line) for line in writer.stdout]
    with begin() as uow:
        audit_log.verify(uow.session)
        numbers = [row.number for row in uow.decisions.register_rows(ground.city.id, 2027)]
        facts = [entry.line.facts for entry in uow.audit.entries(0, 9999) if entry.line]
        instance = uow.instances.get(ground.instance.id)
        following = uow.decisions.take_number(ground.city.id, "qd", 2027)
        uow.audit.write(a_line())
    # What it said it had done is done; at most the one transaction it could not report is there besides.
    assert heard == list(range(1, len(heard) + 1))
    assert numbers in (heard, [*heard, len(heard) + 1])
    assert facts == [{"number": number} for number in numbers]
    assert (instance.blob, following) == (str(numbers[-1]).encode(), numbers[-1] + 1)
