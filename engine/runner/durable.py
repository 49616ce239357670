"""Who keeps a promise through crashes? DBOS, and this module is the only door to it.

A job is enqueued inside our own transaction: it exists when the transaction commits, and never else. DBOS owns tables of
its own in the same database (on PostgreSQL in a schema `dbos`). A job is `run(job, key, payload, tries)`; a failed try
leaves a later one behind, `key~2`, `key~3` …, so that a pause holds no place in a queue.
docs/decisions/0009-background-jobs.md gives the measured reasons.
"""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from time import monotonic
from typing import Any

import dbos
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.orm import Session

from engine.runner.executors import BEAT, Executors, new_executor_id
from engine.runner.jobs import Queue, Workshop, queue_of

_log = logging.getLogger(__name__)

#: Not the product's version: jobs that wait must outlive an upgrade. A new one means that old jobs are never done.
_JOBS_VERSION = "jobs-1"
_NAME = "chuky"
_RUN = "run"
#: Finished jobs are kept so long for people to look at, and so long a key stays spent.
KEPT_DAYS = 30
#: Tries after which a job that kept losing its worker is given up.
MAX_BREAKS = 8
_BATCH = 500


class JsonText(dbos.Serializer):
    """Plain JSON in DBOS's columns, instead of its pickles: a database row must never become code."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, ensure_ascii=False, default=repr)

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a worker does at the same time, and how many mails leave a minute (all workers together)."""

    at_once: int = 2  #: per queue; on SQLite more than 2 makes pages wait
    mails_a_minute: int = 120
    poll_seconds: float = 0.5  #: between two looks at a queue that was empty
    busy_poll_seconds: float = 0.05  #: while there is work: a look brings at most `at_once` jobs


def prepare(url: str) -> None:
    """Make or upgrade DBOS's tables and ours beside them; needs the right to do so on the database."""
    _quieten()
    DBOS.migrate(_plain(url))
    engine = _own_engine(url)
    try:
        Executors(engine).prepare()
    finally:
        engine.dispose()


class DurableJobs:
    """The side that promises: used by every process that writes."""

    def __init__(self, url: str, *, queues: Mapping[str, str]) -> None:
        _quieten()
        self._queues = queues
        self._executors = Executors(_own_engine(url))
        self._client = DBOSClient(
            system_database_url=_plain(url), serializer=JsonText(), application_name=_NAME, lazy=True
        )

    def bound(self, connection: Connection | Session) -> "BoundJobs":
        """Promises that belong to this connection's transaction."""
        return BoundJobs(self._client, connection, self._queues)

    def are_prepared(self) -> bool:
        """Whether the tables are there: a rehearsal's database, or one before `chuky migrate`, has none."""
        return self._executors.are_prepared()

    def waiting_since(self) -> datetime | None:
        """When the oldest job was promised whose time has come and that nobody has begun; None: none waits."""
        rows = self._client.list_workflows(status="ENQUEUED", limit=1, load_input=False, load_output=False)
        created = rows[0].created_at if rows else None
        return datetime.fromtimestamp(created / 1000, UTC) if created else None

    def worker_silent_for(self) -> int | None:
        """Seconds since the last heartbeat of any worker; None: there is none."""
        return self._executors.silence()

    def close(self) -> None:
        """Let go of the database."""
        self._client.destroy()
        self._executors.engine.dispose()


@dataclass(frozen=True, slots=True)
class BoundJobs:
    """Implements `engine.ports.store.Jobs` for one transaction."""

    client: DBOSClient
    connection: Connection | Session
    queues: Mapping[str, str]

    def enqueue(self, job: str, key: str, payload: Mapping[str, object]) -> None:
        """Promise a job in this transaction; the same key is never promised twice."""
        options = _options(key, queue_of(job, self.queues), tries=1)
        self.client.enqueue_in_transaction(self.connection, options, job, key, dict(payload), 1)


class Worker:
    """The side that keeps promises: one in a process."""

    def __init__(
        self, url: str, workshop: Workshop, *, queues: Mapping[str, str], limits: Limits | None = None
    ) -> None:
        self.executor = new_executor_id()
        self._url, self._workshop, self._queues, self._limits = url, workshop, queues, limits or Limits()
        self._engine = _own_engine(url)
        self._executors = Executors(self._engine)
        self._worked: dict[Queue, float] = {}
        self._hurried: dict[Queue, float] = {}
        self._stop = Event()
        self._heart = Thread(target=self._beat, name="chuky-heart", daemon=True)

    def start(self) -> None:
        """Begin to work; returns at once."""
        _quieten()
        DBOS(config=self._config())

        @DBOS.workflow(name=_RUN)
        def run(job: str, key: str, payload: dict[str, object], tries: int) -> None:
            self._run(job, key, payload, tries)

        self._executors.beat(self.executor)
        DBOS.launch()
        for queue in Queue:
            DBOS.register_queue(queue.value, **self._queue_limits(queue))
        self._heart.start()

    def stop(self, *, wait: int = 20) -> None:
        """Finish what is begun (up to `wait` seconds); what is left is taken over by others."""
        self._stop.set()
        self._heart.join()
        DBOS.destroy(workflow_completion_timeout_sec=wait, destroy_registry=True)
        self._engine.dispose()

    def sweep(self) -> int:
        """Take over what dead workers had begun; how many jobs.

        A broken-off try counts as a try, so a job that kills its workers is given up in the end.
        """
        count = 0
        with self._executors.claimed_dead() as dead:
            for executor in dead:
                for left in DBOS.list_workflows(status="PENDING", executor_id=executor, name=_RUN):
                    self._take_over(left)
                    count += 1
        return count

    def clean(self, now: datetime) -> int:
        """Delete jobs that ended more than `KEPT_DAYS` ago; how many."""
        before = (now - timedelta(days=KEPT_DAYS)).isoformat()
        count = 0
        while old := DBOS.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED"],
            completed_before=before,
            limit=_BATCH,
            load_input=False,
            load_output=False,
        ):
            DBOS.delete_workflows([row.workflow_id for row in old])
            count += len(old)
        return count

    def _run(self, job: str, key: str, payload: dict[str, object], tries: int) -> None:
        self._hurry(queue_of(job, self._queues))
        again = self._workshop.do(job, payload, tries)
        if again is not None:
            _log.warning("job %s is tried again in %s s: %s", key, again.seconds, again.reason)
            self._later(job, key, payload, tries + 1, again.seconds)

    def _take_over(self, left: Any) -> None:
        job, key, payload, tries = left.input["args"]
        _log.warning("job %s was broken off at its try %s", key, tries)
        if tries < MAX_BREAKS:
            self._later(job, key, payload, tries + 1, 0)
        else:
            self._workshop.on_dead(job, payload, "its workers died each time")
        DBOS.cancel_workflow(left.workflow_id)

    def _later(self, job: str, key: str, payload: dict[str, object], tries: int, seconds: int) -> None:
        options = _options(key, queue_of(job, self._queues), tries=tries)
        if seconds:
            options["delay_seconds"] = seconds
        DBOS.enqueue_workflow_with_options(options, job, key, payload, tries)

    def _hurry(self, queue: Queue) -> None:
        """Look at a queue that has work more often; another worker's start may have slowed it, so this is said again."""
        now = self._worked[queue] = monotonic()
        if now - self._hurried.get(queue, -BEAT) >= BEAT:
            self._hurried[queue] = now
            self._look_every(queue, self._limits.busy_poll_seconds)

    def _rest(self) -> None:
        """Look less often at queues that have had no work since the heartbeat before the last."""
        for queue in [queue for queue in list(self._hurried) if monotonic() - self._worked[queue] > BEAT]:
            del self._hurried[queue]
            self._look_every(queue, self._limits.poll_seconds)

    def _look_every(self, queue: Queue, seconds: float) -> None:
        found = DBOS.retrieve_queue(queue.value)
        if found is not None:
            found.set_polling_interval_sec(seconds)

    def _beat(self) -> None:
        while not self._stop.is_set():
            try:
                self._executors.beat(self.executor)
                self.sweep()
                self._rest()
            except Exception:  # noqa: BLE001  # a heart goes on beating, whatever the database says for now
                _log.exception("the heart of %s missed a beat", self.executor)
            self._stop.wait(BEAT)

    def _config(self) -> DBOSConfig:
        # A try may hold two connections of DBOS's own at once; fewer than this dead-locks (measured).
        pool = 2 * self._limits.at_once * len(Queue) + 10
        return DBOSConfig(
            name=_NAME,
            system_database_url=_plain(self._url),
            sys_db_pool_size=pool,
            application_version=_JOBS_VERSION,
            executor_id=self.executor,
            serializer=JsonText(),
            log_level="WARNING",
        )

    def _queue_limits(self, queue: Queue) -> dict[str, Any]:
        limits: dict[str, Any] = {
            "worker_concurrency": self._limits.at_once,
            "polling_interval_sec": self._limits.poll_seconds,
            "on_conflict": "always_update",
        }
        if queue is Queue.MAIL:
            # Many small windows: a full minute's mails at once is what providers punish.
            limits["limiter"] = {"limit": max(1, self._limits.mails_a_minute // 12), "period": 5.0}
        return limits


def _options(key: str, queue: Queue, *, tries: int) -> EnqueueOptions:
    return EnqueueOptions(
        workflow_name=_RUN,
        queue_name=queue.value,
        workflow_id=key if tries == 1 else f"{key}~{tries}",
        app_version=_JOBS_VERSION,
    )


def _plain(url: str) -> str:
    # DBOS chooses the driver itself and knows the plain name only.
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _own_engine(url: str) -> Any:
    engine = create_engine(url, pool_size=2, max_overflow=2, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=30000"))
    return engine


def _quieten() -> None:
    # DBOS hangs up its own console handler unless there is one; its lines go the way of all others.
    os.environ.setdefault("DBOS__APPVERSION", _JOBS_VERSION)
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.WARNING)
