"""Is what is due carried out, soon and by one only, and does a failure stop nothing?"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as hour
from types import SimpleNamespace
from typing import Any, cast

from engine.ports.services import OpenUow
from engine.runner.scheduler import Chore, Scheduler, Tick

NOW = datetime(2026, 11, 10, tzinfo=UTC)


@dataclass
class Timers:
    """As much of a store as a tick asks for: due moments, and how often somebody opened a transaction to write."""

    due: list[datetime] = field(default_factory=list)
    fired: list[datetime] = field(default_factory=list)
    writes: int = 0

    def next_due(self) -> datetime | None:
        return min(self.due, default=None)

    @contextmanager
    def reading(self) -> Iterator[Any]:
        yield SimpleNamespace(timers=self)

    @contextmanager
    def writing(self) -> Iterator[Any]:
        self.writes += 1
        yield SimpleNamespace(timers=self)

    def fire(self, uow: Any, *, now: datetime, limit: int) -> bool:
        ready = sorted(at for at in self.due if at <= now)[:limit]
        self.fired += ready
        self.due = [at for at in self.due if at not in ready]
        return len(ready) == limit


def tick(timers: Timers, clock: Callable[[], datetime] = lambda: NOW) -> Tick:
    return Tick(
        open_uow=cast("OpenUow", timers.writing),
        read_uow=cast("OpenUow", timers.reading),
        fire=timers.fire,
        clock=clock,
    )


def test_nothing_is_written_while_nothing_is_due() -> None:
    timers = Timers(due=[NOW + timedelta(seconds=1)])
    assert (tick(timers)(), timers.writes, timers.fired) == (0, 0, [])


def test_whatever_is_due_is_carried_out_batch_by_batch() -> None:
    past = [NOW - timedelta(minutes=n) for n in range(250)]
    timers = Timers(due=[*past, NOW + timedelta(days=1)])
    assert (tick(timers)(), timers.writes, len(timers.fired), timers.due) == (3, 3, 250, [NOW + timedelta(days=1)])


def wait_for(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_clock_ticks_and_goes_on_after_a_failure() -> None:
    calls: list[int] = []
    timers = Timers(due=[NOW])

    def sometimes_broken() -> datetime:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("the database is away")
        return NOW

    scheduler = Scheduler(tick=tick(timers, sometimes_broken), every=0.05)
    scheduler.start()
    wait_for(lambda: timers.fired == [NOW] and scheduler.last_tick == NOW)
    scheduler.stop()
    count = len(calls)
    time.sleep(0.2)
    assert len(calls) == count


def test_a_chore_is_planned_for_its_hour_in_vietnam() -> None:
    scheduler = Scheduler(tick=tick(Timers()), chores=(Chore(name="clean", at=hour(2, 30), do=threading.Event().set),))
    scheduler.start()
    planned = scheduler._scheduler.get_job("clean").next_run_time
    scheduler.stop()
    assert (planned.hour, planned.minute, planned.utcoffset()) == (2, 30, timedelta(hours=7))


def test_two_clocks_on_one_store_fire_a_timer_once() -> None:
    timers, lock = Timers(due=[NOW - timedelta(seconds=n) for n in range(30)]), threading.Lock()

    def fire_one(uow: Any, *, now: datetime, limit: int) -> bool:
        with lock:
            return timers.fire(uow, now=now, limit=1)

    ticks = [
        Scheduler(
            tick=Tick(
                open_uow=cast("OpenUow", timers.writing),
                read_uow=cast("OpenUow", timers.reading),
                fire=fire_one,
                clock=lambda: NOW,
            ),
            every=0.02,
        )
        for _ in range(2)
    ]
    for scheduler in ticks:
        scheduler.start()
    wait_for(lambda: not timers.due)
    for scheduler in ticks:
        scheduler.stop()
    assert len(timers.fired) == len(set(timers.fired)) == 30
