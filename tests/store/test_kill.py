"""Is the database whole after processes were killed while writing?"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.store import SqlUnitOfWork, audit_log
from tests.store.samples import lay_ground

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("writers", [1, 3])
def test_killed_writers_leave_whole_transactions(
    migrated_url: str, begin: Callable[[], SqlUnitOfWork], writers: int
) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
    ids = [str(value.id) for value in (ground.city, ground.decision, ground.instance)]
    command = [sys.executable, "-m", "tests.store.writer", migrated_url, *ids]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(writers)]
    heard = [int(writer.stdout.readline()) for _ in range(15) for writer in running if writer.stdout]
    for writer in running:
        writer.kill()
    for writer in running:
        heard += [int(line) for line in writer.communicate()[0].splitlines()]
    with begin() as uow:
        audit_log.verify(uow.session)
        numbers = [row.number for row in uow.decisions.register_rows(ground.city.id, 2027)]
        facts = [entry.line.facts for entry in uow.audit.entries(0, 99_999) if entry.line]
        instance = uow.instances.get(ground.instance.id)
        following = uow.decisions.take_number(ground.city.id, "qd", 2027)
    # What a writer said it had done is done; besides, at most the one transaction each could not report.
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(set(heard)) == len(heard) >= 15 * writers
    assert set(heard) <= set(numbers)
    assert len(numbers) - len(heard) <= writers
    assert facts == [{"number": number} for number in numbers]
    assert (instance.blob, following) == (str(numbers[-1]).encode(), numbers[-1] + 1)
