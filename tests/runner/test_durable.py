"""Is a promise kept when it was committed, and only then, whatever process dies? On SQLite and on PostgreSQL."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dbos import DBOS
from sqlalchemy import Engine, create_engine, event, text

from engine.errors import MailFailed
from engine.ports.services import OpenUow, Outside
from engine.runner.durable import MAX_BREAKS, DurableJobs, Limits, Worker, _options, prepare
from engine.runner.jobs import Queue, Workshop
from tests.runner.worker_program import QUEUES, workshop

PROGRAM = Path(__file__).with_name("worker_program.py")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def ours(database_url: str) -> Iterator[Engine]:
    """Our own engine, as the store sets it up, on a prepared database with one table."""
    prepare(database_url)
    engine = create_engine(database_url)
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def set_up(connection, record):
            connection.isolation_level = None
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA busy_timeout=30000")

        @event.listens_for(engine, "begin")
        def begin(connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE thing (number INTEGER)"))
    yield engine
    engine.dispose()


@pytest.fixture
def jobs(database_url: str, ours: Engine) -> Iterator[DurableJobs]:
    jobs = DurableJobs(database_url, queues=QUEUES)
    yield jobs
    jobs.close()


def promise(engine: Engine, jobs: DurableJobs, job: str, number: int, key: str | None = None) -> None:
    """One transaction: a row of ours and the job."""
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO thing VALUES (:n)"), {"n": number})
        jobs.bound(connection).enqueue(job, key or f"{job}:{number}", {"number": number})


def wait_for(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.05)


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines() if path.exists() else []


@contextmanager
def working(url: str, shop: Workshop, limits: Limits | None = None) -> Iterator[Worker]:
    worker = Worker(url, shop, queues=QUEUES, limits=limits or Limits(poll_seconds=0.05, mails_a_minute=6000))
    worker.start()
    try:
        yield worker
    finally:
        worker.stop(wait=3)


@contextmanager
def program(url: str, effects: Path, seconds: float) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), url, str(effects), str(seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
    )
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_job_exists_when_its_transaction_commits_and_never_else(
    database_url: str, ours: Engine, jobs: DurableJobs, tmp_path: Path
) -> None:
    effects = tmp_path / "effects"
    promise(ours, jobs, "note", 1)
    with ours.connect() as connection, connection.begin() as transaction:
        connection.execute(text("INSERT INTO thing VALUES (2)"))
        jobs.bound(connection).enqueue("note", "note:2", {"number": 2})
        transaction.rollback()
    promise(ours, jobs, "note", 3)
    with working(database_url, workshop(effects, 0)):
        wait_for(lambda: "3" in lines(effects))
    with ours.connect() as connection:
        kept = connection.execute(text("SELECT number FROM thing ORDER BY number")).scalars().all()
    assert (sorted(lines(effects)), kept) == (["1", "3"], [1, 3])


def test_the_same_key_is_never_promised_twice(
    database_url: str, ours: Engine, jobs: DurableJobs, tmp_path: Path
) -> None:
    effects = tmp_path / "effects"
    promise(ours, jobs, "note", 1, key="once")
    promise(ours, jobs, "note", 2, key="once")
    with working(database_url, workshop(effects, 0)):
        wait_for(lambda: bool(lines(effects)))
        promise(ours, jobs, "note", 3, key="once")
        promise(ours, jobs, "note", 4)
        wait_for(lambda: "4" in lines(effects))
    assert lines(effects) == ["1", "4"]


def test_kill_9_loses_nothing(database_url: str, ours: Engine, jobs: DurableJobs, tmp_path: Path) -> None:
    effects, wanted = tmp_path / "effects", [str(n) for n in range(40)]
    with program(database_url, effects, 0.05) as first:
        for number in range(40):
            promise(ours, jobs, "note" if number % 2 else "issue", number)
        wait_for(lambda: len(lines(effects)) >= 8)
        first.kill()
        first.wait()
    assert len(lines(effects)) < 40
    with program(database_url, effects, 0.01):
        wait_for(lambda: set(lines(effects)) == set(wanted))
    # Each of the two queues had at most two jobs under way: only those may have happened twice.
    repeated = [number for number, times in Counter(lines(effects)).items() if times > 1]
    assert len(repeated) <= 4


def test_a_neighbour_that_fails_is_tried_again_after_a_pause_and_others_go_on(
    database_url: str, ours: Engine, jobs: DurableJobs, tmp_path: Path
) -> None:
    effects = tmp_path / "effects"
    seen: list[tuple[object, datetime]] = []

    def fails_twice(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
        seen.append((payload["number"], now))
        if payload["number"] == 1 and len([n for n, _ in seen if n == 1]) < 3:
            raise MailFailed("451 later", retry_after=1)

    shop = replace(workshop(effects, 0), handlers={"mail": fails_twice})
    promise(ours, jobs, "mail", 1)
    promise(ours, jobs, "mail", 2)
    with working(database_url, shop):
        wait_for(lambda: len(seen) == 4)
    tries = [at for number, at in seen if number == 1]
    assert [number for number, _ in sorted(seen, key=lambda s: s[1])][2:] == [1, 1]
    assert tries[1] - tries[0] >= timedelta(seconds=1)
    assert tries[2] - tries[1] >= timedelta(seconds=2)
    assert lines(effects) == []


def test_a_hopeless_job_is_reported_once(database_url: str, ours: Engine, jobs: DurableJobs, tmp_path: Path) -> None:
    effects = tmp_path / "effects"

    def hopeless(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
        raise MailFailed("550 no such user", retry_after=None)

    promise(ours, jobs, "mail", 7)
    promise(ours, jobs, "unknown", 8)
    with working(database_url, replace(workshop(effects, 0), handlers={"mail": hopeless})):
        wait_for(lambda: len(lines(effects)) == 2)
    assert sorted(lines(effects)) == ["dead 7: MailFailed: 550 no such user", "dead 8: no handler for 'unknown'"]


def test_a_job_that_kills_its_workers_is_given_up(
    database_url: str, ours: Engine, jobs: DurableJobs, tmp_path: Path
) -> None:
    effects = tmp_path / "effects"
    with ours.begin() as connection:
        # As the last try that a dead worker left behind.
        jobs._client.enqueue_in_transaction(
            connection, _options("deadly", Queue.ENGINE, tries=MAX_BREAKS), "note", "deadly", {"number": 9}, MAX_BREAKS
        )
    with program(database_url, effects, 60) as first:
        time.sleep(1.5)
        first.kill()
        first.wait()
    with program(database_url, effects, 0):
        wait_for(lambda: bool(lines(effects)))
    assert lines(effects) == ["dead 9: its workers died each time"]


def test_mail_keeps_to_its_rate(database_url: str, ours: Engine, jobs: DurableJobs, tmp_path: Path) -> None:
    effects = tmp_path / "effects"
    for number in range(6):
        promise(ours, jobs, "mail", number)
    with working(database_url, workshop(effects, 0), Limits(poll_seconds=0.05, mails_a_minute=36)):
        wait_for(lambda: len(lines(effects)) == 3)
        time.sleep(1)
        assert len(lines(effects)) == 3  # three in five seconds, whatever waits
        promise(ours, jobs, "note", 99)
        wait_for(lambda: "99" in lines(effects), 3)


def test_a_queue_with_work_is_looked_at_more_often_than_an_idle_one(
    database_url: str, ours: Engine, jobs: DurableJobs, tmp_path: Path
) -> None:
    with working(database_url, workshop(tmp_path / "effects", 0), Limits(poll_seconds=0.2, busy_poll_seconds=0.04)):
        promise(ours, jobs, "mail", 1)
        wait_for(lambda: bool(lines(tmp_path / "effects")))
        found = {queue: DBOS.retrieve_queue(queue.value) for queue in Queue}
        pauses = {queue: kept.polling_interval_sec for queue, kept in found.items() if kept is not None}
    assert pauses == {Queue.MAIL: 0.04, Queue.DOCUMENTS: 0.2, Queue.ENGINE: 0.2}


def test_finished_jobs_are_deleted_after_their_time_and_waiting_ones_never(
    database_url: str, ours: Engine, jobs: DurableJobs, tmp_path: Path
) -> None:
    effects, now = tmp_path / "effects", datetime.now(UTC)
    promise(ours, jobs, "note", 1)
    with working(database_url, workshop(effects, 0)) as worker:
        wait_for(lambda: bool(lines(effects)))
        time.sleep(0.3)
        assert [worker.clean(now), worker.clean(now + timedelta(days=31)), worker.clean(now + timedelta(days=31))] == [
            0,
            1,
            0,
        ]
    assert jobs.waiting_since() is None
    promise(ours, jobs, "note", 2)
    since = jobs.waiting_since()
    assert since is not None and abs(since - datetime.now(UTC)) < timedelta(seconds=10)


def test_payloads_are_kept_as_readable_json(database_url: str, ours: Engine, jobs: DurableJobs, tmp_path: Path) -> None:
    with ours.begin() as connection:
        jobs.bound(connection).enqueue("note", "k", {"number": 1, "name": "Chi đoàn Hòa Bình"})
        table = "workflow_input" if ours.dialect.name == "sqlite" else "dbos.workflow_input"
        kept = connection.execute(text(f"SELECT inputs FROM {table}")).scalar_one()
    assert kept == ('{"args": ["note", "k", {"number": 1, "name": "Chi đoàn Hòa Bình"}, 1], "kwargs": {}}')
