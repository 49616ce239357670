"""A worker in a process of its own, to be killed: each job waits a moment, then writes its number to a file.

python worker_program.py DATABASE_URL EFFECTS_FILE SECONDS
"""

import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from engine.ports.services import OpenUow, Outside
from engine.runner.durable import Limits, Worker
from engine.runner.jobs import Workshop

QUEUES = {"mail": "mail", "issue": "documents"}


def workshop(effects: Path, seconds: float) -> Workshop:
    """Jobs whose effect is one line in `effects`; the job "deadly" ends its process instead."""

    def note(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
        time.sleep(seconds)
        with effects.open("a", encoding="utf-8") as file:
            file.write(f"{payload['number']}\n")

    def give_up(job: str, payload: Mapping[str, object], reason: str) -> None:
        with effects.open("a", encoding="utf-8") as file:
            file.write(f"dead {payload['number']}: {reason}\n")

    return Workshop(
        handlers={"mail": note, "issue": note, "note": note},
        open_uow=cast("OpenUow", None),
        outside=cast("Outside", None),
        clock=lambda: datetime.now(UTC),
        on_dead=give_up,
    )


if __name__ == "__main__":
    url, effects, seconds = sys.argv[1:]
    limits = Limits(poll_seconds=0.1, mails_a_minute=6000)
    worker = Worker(url, workshop(Path(effects), float(seconds)), queues=QUEUES, limits=limits)
    worker.start()
    print("ready", flush=True)
    sys.stdin.read()  # until the test closes it
    worker.stop(wait=5)
