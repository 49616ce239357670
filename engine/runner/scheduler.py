"""When does something happen without a visitor? APScheduler ticks; whether anything is due is asked of the database.

Every process may tick: due rows are claimed, chores are promised under the name of their day, so nothing happens twice,
and what fell due while nobody ticked is found by the next tick.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from engine.ports.services import OpenUow
from engine.runner.clock import Clock

_log = logging.getLogger(__name__)

#: Where hours of chores are meant.
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
_BATCH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Looks for due timers and carries them out, a transaction a batch."""

    open_uow: OpenUow
    read_uow: OpenUow  #: writes nothing, so a tick without work costs one small query and no lock
    fire: Callable[..., bool]  #: `fire(uow, now=, limit=)` carries out one batch; True: more is due
    clock: Clock

    def __call__(self) -> int:
        """Carry out whatever is due; how many batches that took."""
        batches = 0
        more = self._anything_due()
        while more:
            with self.open_uow() as uow:
                more = self.fire(uow, now=self.clock(), limit=_BATCH)
            batches += 1
        return batches

    def _anything_due(self) -> bool:
        with self.read_uow() as uow:
            due = uow.timers.next_due()
        return due is not None and due <= self.clock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something for every night (or another hour) of the real clock."""

    name: str
    at: time  #: Asia/Ho_Chi_Minh
    do: Callable[[], object]


@dataclass(slots=True, kw_only=True)
class Scheduler:
    """One clock in a process: the tick every few seconds, chores at their hour."""

    tick: Tick
    chores: tuple[Chore, ...] = ()
    every: float = 3.0  #: seconds between two ticks
    last_tick: datetime | None = field(default=None, init=False)
    _scheduler: Any = field(default=None, init=False)

    def start(self) -> None:
        """Begin to tick; returns at once."""
        scheduler = BackgroundScheduler(
            timezone=ZONE,
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 3600},
        )
        scheduler.add_job(self._tick, IntervalTrigger(seconds=self.every), id="tick", next_run_time=datetime.now(ZONE))
        for chore in self.chores:
            trigger = CronTrigger(hour=chore.at.hour, minute=chore.at.minute, timezone=ZONE)
            scheduler.add_job(_carefully(chore), trigger, id=chore.name)
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        scheduler.start()
        self._scheduler = scheduler

    def stop(self) -> None:
        """Finish the tick under way and stand still."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
            self._scheduler = None

    def _tick(self) -> None:
        try:
            self.tick()
        except Exception:  # noqa: BLE001  # a database that is away now is there at a later tick
            _log.exception("a tick failed")
        else:
            self.last_tick = self.tick.clock()


def _carefully(chore: Chore) -> Callable[[], None]:
    def run() -> None:
        try:
            chore.do()
        except Exception:  # noqa: BLE001  # the next night comes, and the log says what failed
            _log.exception("the chore %s failed", chore.name)
        else:
            _log.info("chore %s done", chore.name)

    return run
