"""How is a promised job done? The rules that hold whoever carries it: which queue, when again, when never again.

`engine.runner.durable` carries jobs through crashes (DBOS); `InlineJobs` does them in this process, after the commit,
for rehearsals and tests.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import TracebackType
from typing import Protocol, cast

from engine.errors import ChukyError, OutsideFault, StaleVersion
from engine.ports.services import JobHandler, OpenUow, Outside
from engine.ports.store import Jobs, UnitOfWork
from engine.store.unit_of_work import SqlUnitOfWork

#: Which handler does which job.
Handlers = Mapping[str, JobHandler]

#: Tries of a job whose neighbour fails, the first included: with doubling pauses about two days.
MAX_TRIES = 14
#: Tries of a job that fails in an unforeseen way.
MAX_SURPRISES = 5
LONGEST_PAUSE = 24 * 3600


class Queue(StrEnum):
    """Jobs of one queue share their limits and never wait for another queue's."""

    MAIL = "mail"
    DOCUMENTS = "documents"
    ENGINE = "engine"


def queue_of(job: str, queues: Mapping[str, str]) -> Queue:
    """The queue that a job waits in; `ENGINE` for those that `queues` does not name."""
    return Queue(queues.get(job, Queue.ENGINE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Try once more after `seconds`."""

    seconds: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead:
    """Trying again is useless; a person must look at it."""

    reason: str


class OnDead(Protocol):
    """Told of a job that is given up, so that it becomes an incident."""

    def __call__(self, job: str, payload: Mapping[str, object], reason: str) -> None: ...


def verdict(error: Exception, tries: int) -> Again | Dead:
    """What follows from a failed try; `tries` counts it and those before."""
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, OutsideFault):
        if error.retry_after is None or tries >= MAX_TRIES:
            return Dead(reason=reason)
        return Again(seconds=_pause(error.retry_after, tries), reason=reason)
    if isinstance(error, ChukyError) and not isinstance(error, StaleVersion):
        return Dead(reason=reason)
    return Dead(reason=reason) if tries >= MAX_SURPRISES else Again(seconds=_pause(10, tries), reason=reason)


def _pause(first: int, tries: int) -> int:
    return int(min(first * 2 ** (tries - 1), LONGEST_PAUSE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Everything that doing a job needs."""

    handlers: Handlers
    open_uow: OpenUow
    outside: Outside
    clock: Callable[[], datetime]
    on_dead: OnDead

    def do(self, job: str, payload: Mapping[str, object], tries: int) -> Again | None:
        """Try the job; None: it is over, done or given up (then `on_dead` knows)."""
        fault = self._try(job, payload, tries)
        if isinstance(fault, Dead):
            self.on_dead(job, payload, fault.reason)
            return None
        return fault

    def _try(self, job: str, payload: Mapping[str, object], tries: int) -> Again | Dead | None:
        handler = self.handlers.get(job)
        if handler is None:
            return Dead(reason=f"no handler for {job!r}")
        try:
            handler(self.open_uow, self.outside, payload, now=self.clock())
        except Exception as error:  # noqa: BLE001  # the job loop: whatever a job raises must not stop the others
            return verdict(error, tries)
        return None


@dataclass(slots=True)
class InlineJobs:
    """Keeps what a transaction promises and does it after the commit, in order, in this very process.

    A job that asks to be tried again is tried again at once, without the pause; nothing survives the process.
    """

    known: set[str] = field(default_factory=set)
    waiting: deque[tuple[str, Mapping[str, object]]] = field(default_factory=deque)

    def keep(self, job: str, key: str, payload: Mapping[str, object]) -> None:
        """Take over what a committed transaction promised; a known key changes nothing."""
        if key not in self.known:
            self.known.add(key)
            self.waiting.append((job, payload))

    def work_off(self, workshop: Workshop) -> int:
        """Do what waits, and what that promises in turn; how many were done."""
        count = 0
        while self.waiting:
            job, payload = self.waiting.popleft()
            tries = 1
            while workshop.do(job, payload, tries) is not None:
                tries += 1
            count += 1
        return count

    def opener(self, open_uow: Callable[[], SqlUnitOfWork]) -> OpenUow:
        """Open units of work whose `jobs` are these."""
        # Whoever enters a _Promising gets the unit of work itself.
        return lambda: cast("UnitOfWork", _Promising(open_uow(), self))


def nowhere(session: object) -> Jobs:
    """Stands in a unit of work until `InlineJobs` takes its place."""
    return _Nowhere()


class _Nowhere:
    def enqueue(self, job: str, key: str, payload: Mapping[str, object]) -> None:
        raise RuntimeError(f"no queue for {job} {key} {payload}")


class _Promising:
    """Enters a unit of work and puts the inline queue into it."""

    def __init__(self, uow: SqlUnitOfWork, jobs: InlineJobs) -> None:
        self._uow, self._jobs = uow, jobs

    def __enter__(self) -> UnitOfWork:
        uow = self._uow.__enter__()
        uow.jobs = _Promises(self._jobs, uow)
        return uow

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        return self._uow.__exit__(kind, error, trace)


@dataclass(frozen=True, slots=True)
class _Promises:
    jobs: InlineJobs
    uow: SqlUnitOfWork

    def enqueue(self, job: str, key: str, payload: Mapping[str, object]) -> None:
        self.uow.after_commit.append(lambda: self.jobs.keep(job, key, dict(payload)))
