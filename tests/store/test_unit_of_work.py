"""Is a transaction one thing: all of it or nothing, also among many?"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier, Event, Thread

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from engine.errors import NotFound, StaleVersion
from engine.rules.units import Unit, UnitId
from engine.store import Database, SqlUnitOfWork, unit_of_work
from engine.store.tables import metadata
from tests.store.samples import (
    MODEL,
    NOW,
    a_line,
    a_register_row,
    a_timer,
    a_unit,
    lay_ground,
    no_jobs,
    the_runtime,
    the_words,
)

Begin = Callable[[], SqlUnitOfWork]


class Broken(Exception):
    """What a test raises in the middle of a transaction."""


def row_counts(database: Database) -> dict[str, int]:
    """How many rows each table holds; empty tables left out."""
    with database.reader.connect() as connection:
        counts = {
            t.name: connection.execute(select(func.count()).select_from(t)).scalar_one()
            for t in metadata.tables.values()
        }
    return {name: count for name, count in counts.items() if count}


def test_an_exception_leaves_nothing(database: Database, begin: Begin) -> None:
    called = []
    with pytest.raises(Broken), begin() as uow:  # noqa: PT012  # the block is the transaction
        ground = lay_ground(uow)
        uow.audit.write(a_line())
        uow.timers.plan([a_timer(instance_id=ground.instance.id)])
        uow.decisions.take_number(ground.city.id, "qd", 2027)
        uow.after_commit.append(lambda: called.append("hook"))
        raise Broken
    assert (row_counts(database), called) == ({}, [])


def test_a_commit_that_fails_leaves_nothing_and_says_so(database: Database, begin: Begin) -> None:
    called = []
    uow = begin()
    with pytest.raises(IntegrityError), uow:  # noqa: PT012  # the block is the transaction
        unit = uow.units.add(a_unit())
        if database.engine.dialect.name == "sqlite":
            uow.session.execute(text("PRAGMA defer_foreign_keys=ON"))
        else:
            uow.session.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        uow.units.save(replace(unit, parent_id=UnitId(99)))
        uow.after_commit.append(lambda: called.append("hook"))
    assert (row_counts(database), called) == ({}, [])
    with begin() as uow:
        uow.units.add(a_unit())
    assert row_counts(database) == {"ck_unit": 1, "ck_reference": 1}


def test_hooks_run_in_order_after_the_commit(database: Database, begin: Begin) -> None:
    seen: list[object] = []
    with begin() as uow:
        uow.units.add(a_unit())
        uow.after_commit.append(lambda: seen.append(row_counts(database)))
        uow.after_commit.append(lambda: seen.append("second"))
    assert seen == [{"ck_unit": 1, "ck_reference": 1}, "second"]


def test_a_hook_may_open_a_transaction(begin: Begin) -> None:
    def follow_up() -> None:
        with begin() as second:
            second.units.add(a_unit())

    with begin() as uow:
        uow.after_commit.append(follow_up)
    with begin() as uow:
        assert [unit.code for unit in uow.units.all()] == ["TD"]


def test_a_savepoint_undoes_its_part_alone(database: Database, begin: Begin) -> None:
    called = []
    with begin() as uow:
        city = uow.units.add(a_unit())
        uow.audit.write(a_line(event="before"))
        uow.after_commit.append(lambda: called.append("before"))
        with pytest.raises(Broken), uow.savepoint():  # noqa: PT012  # the block is the part
            uow.units.save(replace(city, name="khác"))
            assert uow.units.get(city.id).name == "khác"
            uow.models.deploy(MODEL, NOW)
            uow.models.get(MODEL.sha256)
            uow.audit.write(a_line(event="undone"))
            assert [entry.seq for entry in uow.audit.entries(0, 9)] == [1, 2]
            uow.after_commit.append(lambda: called.append("undone"))
            raise Broken
        with uow.savepoint():
            uow.audit.write(a_line(event="after"))
        assert uow.units.get(city.id) == city
        with pytest.raises(NotFound):
            uow.models.get(MODEL.sha256)
    with begin() as uow:
        assert [(e.seq, e.line.event) for e in uow.audit.entries(0, 9) if e.line] == [(1, "before"), (2, "after")]
    assert called == ["before"]
    assert row_counts(database) == {
        "ck_unit": 1,
        "ck_reference": 1,
        "ck_audit": 2,
        "ck_audit_content": 2,
        "ck_audit_head": 1,
    }


def test_after_a_refused_row_the_transaction_goes_on_behind_its_savepoint(begin: Begin) -> None:
    with begin() as uow:
        unit = uow.units.add(a_unit())
        with pytest.raises(StaleVersion) as refused, uow.savepoint():
            uow.units.add(a_unit())
        assert refused.value.code == "taken"
        assert uow.units.all() == [unit]


def test_savepoints_stand_inside_each_other(begin: Begin) -> None:
    with begin() as uow:
        with pytest.raises(Broken), uow.savepoint():  # noqa: PT012  # the block is the part
            with uow.savepoint():
                uow.units.add(a_unit())
            raise Broken
        assert uow.units.all() == []


def test_a_reading_transaction_refuses_to_write(database: Database, look: Begin) -> None:
    with pytest.raises(DBAPIError), look() as uow:
        uow.units.add(a_unit())
    with pytest.raises(RuntimeError, match="promises no job"), look() as uow:
        uow.jobs.enqueue("mail", "1", {})
    assert row_counts(database) == {}


def test_a_reading_transaction_sees_one_moment(begin: Begin, look: Begin) -> None:
    with look() as reading:
        assert reading.units.all() == []
        with begin() as uow:
            unit = uow.units.add(a_unit())
        assert reading.units.all() == []
    with look() as reading:
        assert reading.units.all() == [unit]


def test_nobody_waits_for_a_transaction_inside_his_own_for_ever(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.store.conftest import opened

    monkeypatch.setattr(unit_of_work, "LOCK_SECONDS", 0.01)
    database = opened(sqlite_url)
    with database.unit_of_work(the_runtime, no_jobs, the_words) as outer:
        unit = outer.units.add(a_unit())
        with pytest.raises(StaleVersion) as refused, database.unit_of_work(the_runtime, no_jobs, the_words):
            pass
    with database.reading(the_runtime, the_words) as uow:
        assert (refused.value.code, uow.units.all()) == ("busy", [unit])
    database.close()


def test_jobs_that_cannot_be_opened_do_not_keep_the_lock(database: Database, begin: Begin) -> None:
    def no_queue(session: object) -> None:
        raise Broken

    with pytest.raises(Broken), database.unit_of_work(the_runtime, no_queue, the_words):  # type: ignore[arg-type]
        pass
    with begin() as uow:
        uow.units.add(a_unit())
    assert row_counts(database) == {"ck_unit": 1, "ck_reference": 1}


def test_jobs_are_promised_in_the_transaction(database: Database) -> None:
    class Queue:
        def __init__(self, session: object) -> None:
            self.session = session

        def enqueue(self, job: str, key: str, payload: object) -> None:
            self.session.execute(text("INSERT INTO promised VALUES (:key)"), {"key": key})

    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE promised (key TEXT)"))
    with database.unit_of_work(the_runtime, Queue, the_words) as uow:
        uow.jobs.enqueue("mail", "kept", {})
    with pytest.raises(Broken), database.unit_of_work(the_runtime, Queue, the_words) as uow:  # noqa: PT012
        uow.jobs.enqueue("mail", "lost", {})
        raise Broken
    with database.reader.connect() as connection:
        assert connection.execute(text("SELECT key FROM promised")).scalars().all() == ["kept"]


def test_many_writers_lose_nothing(begin: Begin) -> None:
    def rename(_: int) -> None:
        while True:
            try:
                with begin() as uow:
                    cycle = uow.cycles.all()[0]
                    uow.cycles.save(replace(cycle, settings={"count": cycle.settings["count"] + 1}))
                return
            except StaleVersion:
                continue

    with begin() as uow:
        ground = lay_ground(uow)
        uow.cycles.save(replace(ground.cycle, settings={"count": 0}))
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(rename, range(60)))
    with begin() as uow:
        assert uow.cycles.get(ground.cycle.id).settings == {"count": 60}
        assert uow.cycles.get(ground.cycle.id).row_version == 62


def test_numbers_have_no_gap_whoever_fails(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)

    def issue(attempt: int) -> int | None:
        try:
            with begin() as uow:
                number = uow.decisions.take_number(ground.city.id, "qd", 2027)
                row = a_register_row(unit_id=ground.city.id, decision_id=ground.decision.id, number=number)
                uow.decisions.add_register_row(row)
                if attempt % 3 == 0:
                    raise Broken
                return number
        except Broken:
            return None

    with ThreadPoolExecutor(8) as threads:
        numbers = [number for number in threads.map(issue, range(90)) if number is not None]
    with begin() as uow:
        register = [row.number for row in uow.decisions.register_rows(ground.city.id, 2027)]
    assert sorted(numbers) == register == list(range(1, 61))


def test_an_instance_is_moved_by_one_at_a_time(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        uow.instances.save(replace(ground.instance, blob=b""))

    def step(number: int) -> None:
        with begin() as uow:
            instance = uow.instances.get(ground.instance.id)
            uow.instances.save(replace(instance, blob=instance.blob + bytes([number])))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(step, range(40)))
    with begin() as uow:
        instance = uow.instances.get(ground.instance.id)
    assert (sorted(instance.blob), instance.row_version) == (list(range(40)), 42)


@pytest.mark.postgres
def test_due_timers_go_to_one_of_two_at_the_same_time(migrated_pg_url: str) -> None:
    from tests.store.conftest import opened

    # SQLite has one writer at a time; two open claims exist on PostgreSQL only.
    database = opened(migrated_pg_url)
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        uow.timers.plan([a_timer(f"k{n}") for n in range(6)])
    with database.unit_of_work(the_runtime, no_jobs, the_words) as first:
        mine = [timer.key for timer in first.timers.claim_due(NOW, 2)]
        with database.unit_of_work(the_runtime, no_jobs, the_words) as second:
            theirs = [timer.key for timer in second.timers.claim_due(NOW, 9)]
            assert second.timers.claim_due(NOW, 9) == []
    database.close()
    assert (mine, theirs) == (["k0", "k1"], ["k2", "k3", "k4", "k5"])


def test_due_timers_are_taken_once_by_many(begin: Begin) -> None:
    with begin() as uow:
        uow.timers.plan([a_timer(f"k{n:03}") for n in range(100)])

    def take(_: int) -> list[str]:
        taken: list[str] = []
        while True:
            with begin() as uow:
                due = uow.timers.claim_due(NOW, 7)
            if not due:
                return taken
            taken += [timer.key for timer in due]

    with ThreadPoolExecutor(4) as threads:
        taken = [key for keys in threads.map(take, range(4)) for key in keys]
    assert sorted(taken) == [f"k{n:03}" for n in range(100)]


def test_what_was_taken_by_one_who_failed_is_due_again(begin: Begin) -> None:
    with begin() as uow:
        uow.timers.plan([a_timer()])
    with pytest.raises(Broken), begin() as uow:  # noqa: PT012  # the block is the transaction
        uow.timers.claim_due(NOW, 1)
        raise Broken
    with begin() as uow:
        assert [timer.key for timer in uow.timers.claim_due(NOW, 1)] == ["k1"]


@pytest.mark.postgres
def test_a_deadlock_is_somebody_else_being_faster(migrated_pg_url: str) -> None:
    from tests.store.conftest import opened

    database = opened(migrated_pg_url)
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        units: list[Unit] = [uow.units.add(a_unit(code=code)) for code in ("a", "b")]
    both_hold_one = Barrier(2)
    outcomes: list[str] = []

    def cross(order: list[Unit]) -> None:
        try:
            with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
                uow.units.save(order[0])
                both_hold_one.wait()
                uow.units.save(order[1])
            outcomes.append("saved")
        except StaleVersion as refusal:
            outcomes.append(refusal.code)

    threads = [Thread(target=cross, args=(order,)) for order in (units, units[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    assert sorted(outcomes) == ["busy", "saved"]


def test_a_transaction_may_be_left_in_another_thread(begin: Begin) -> None:
    uow = begin().__enter__()
    uow.units.add(a_unit())
    thread = Thread(target=lambda: uow.__exit__(None, None, None))
    thread.start()
    thread.join()
    with begin() as uow:
        assert [unit.code for unit in uow.units.all()] == ["TD"]


def test_writers_are_served_in_the_order_of_asking(sqlite_url: str) -> None:
    from engine.store.locks import FifoLock

    lock, served, asked = FifoLock(), [], Event()

    def serve(name: int) -> None:
        asked.set()
        assert lock.acquire(10)
        served.append(name)
        lock.release()

    assert lock.acquire(0)
    threads = []
    for name in range(5):
        asked.clear()
        threads.append(Thread(target=serve, args=(name,)))
        threads[-1].start()
        asked.wait()
        while len(lock._waiting) < name + 1:
            pass
    assert not lock.acquire(0.01)
    lock.release()
    for thread in threads:
        thread.join()
    assert served == list(range(5))
    assert lock.acquire(0)


def test_only_the_two_databases_are_opened() -> None:
    from tests.store.conftest import opened

    for url in ("mysql://somewhere/x", "sqlite://", "sqlite:///:memory:"):
        with pytest.raises(ValueError, match="SQLite"):
            opened(url)


@pytest.mark.postgres
def test_when_no_connection_comes_free_others_were_faster(migrated_pg_url: str) -> None:
    from tests.store.conftest import opened

    database = opened(migrated_pg_url, pool_size=1)
    database.engine.pool._timeout = 0.01  # thirty seconds are too long for a test
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        uow.units.add(a_unit())
        with pytest.raises(StaleVersion) as refused, database.unit_of_work(the_runtime, no_jobs, the_words):
            pass
    assert (refused.value.code, row_counts(database)) == ("busy", {"ck_unit": 1, "ck_reference": 1})
    database.close()
