"""Does a process that knows units, deadlines and rest days notice when another changes them? On both databases, in two processes' places."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from engine.errors import NotFound
from engine.rules.dossiers import InstanceId, WorkItemId
from engine.store import Database, SqlUnitOfWork, direct
from engine.store.audit_log import _ADD_LINK
from engine.store.units import UNITS
from tests.store.conftest import opened
from tests.store.samples import (
    Ground,
    a_day,
    a_deadline,
    a_line,
    a_timer,
    a_unit,
    lay_ground,
    no_jobs,
    the_runtime,
    the_words,
)

FROM, TO = date(2027, 1, 1), date(2027, 12, 31)


@pytest.fixture
def two(migrated_url: str) -> Iterator[tuple[Database, Database]]:
    """Two processes on one database."""
    pair = opened(migrated_url), opened(migrated_url)
    yield pair
    for database in pair:
        database.close()


def begin(database: Database) -> SqlUnitOfWork:
    return database.unit_of_work(the_runtime, no_jobs, the_words)


def seen(database: Database, ground: Ground) -> tuple[object, object, object, object]:
    """What a command on the item sees: units above, deadlines, rest days, and whether something had to be made."""
    made = []
    with begin(database) as uow:
        item, instance, dossier, cycle = uow.work.take(ground.item.id)
        assert (item, instance, dossier, cycle) == (ground.item, ground.instance, ground.dossier, ground.cycle)
        path = [unit.name for unit in uow.units.path(dossier.unit_id)]
        uow.remember("made", lambda: made.append("now"))
        return path, dict(uow.cycles.deadlines(cycle.id, "others")), uow.calendar.days(FROM, TO), made


def test_what_one_process_changes_the_other_sees_at_its_next_command(two: tuple[Database, Database]) -> None:
    here, there = two
    with begin(here) as uow:
        ground = lay_ground(uow)
    first = seen(here, ground)
    assert (first[3], seen(here, ground)) == (["now"], (*first[:3], []))
    deadline, day = a_deadline(group="others", name="moved"), a_day(date(2027, 4, 30))
    with begin(there) as uow:
        unit = uow.units.get(ground.dossier.unit_id)
        uow.units.save(replace(unit, name="Tên mới"))
        uow.cycles.set_deadlines(ground.cycle.id, [deadline])
        uow.calendar.put([day])
    changed = seen(here, ground)
    assert changed[0] == ["Tên mới", *first[0][1:]]
    assert changed[1:] == ({"moved": deadline}, [day], ["now"])
    assert seen(here, ground) == (*changed[:3], [])


def test_what_is_undone_is_known_to_nobody(two: tuple[Database, Database]) -> None:
    here, there = two
    with begin(here) as uow:
        ground = lay_ground(uow)
    before = seen(here, ground)

    def change_and_fail() -> None:
        with begin(here) as uow:
            uow.work.take(ground.item.id)
            uow.calendar.put([a_day(date(2027, 4, 30))])
            assert uow.calendar.days(FROM, TO) == [a_day(date(2027, 4, 30))]
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        change_and_fail()
    assert seen(here, ground) == (*before[:3], [])
    assert seen(there, ground)[:3] == before[:3]


def test_nothing_to_take(two: tuple[Database, Database]) -> None:
    with begin(two[0]) as uow:
        with pytest.raises(NotFound):
            uow.work.take(WorkItemId(77))
        with pytest.raises(NotFound):
            uow.instances.take(InstanceId(77))


def test_what_an_instance_waits_for_comes_in_one_read(two: tuple[Database, Database]) -> None:
    with begin(two[0]) as uow:
        ground = lay_ground(uow)
        uow.timers.plan([a_timer(kind="process", token="t5", instance_id=ground.instance.id)])
        uow.timers.plan([a_timer("k2", kind="reminder", work_item_id=ground.item.id)])
        found = [(row.of, row.token) for row in uow.instances.waits(ground.instance.id)]
        assert found == [("work", ground.item.token), ("timer", "t5")]
        uow.timers.drop([row.id for row in uow.instances.waits(ground.instance.id) if row.of == "timer"])
        uow.timers.drop([], of_work=[ground.item.id])
        uow.work.let_go([ground.item.id], ground.item.opened_at)
        assert uow.instances.waits(ground.instance.id) == []
        assert uow.timers.next_due() is None


def test_the_database_takes_only_what_follows_the_chain(two: tuple[Database, Database]) -> None:
    with begin(two[0]) as uow:
        uow.audit.write(a_line())
    with two[0].engine.begin() as connection:
        strange = {"seq": 3, "digest": "d", "previous": "p", "hash": "h"}
        assert direct.write(connection, _ADD_LINK, strange) == 0
        assert direct.write(connection, _ADD_LINK, strange | {"seq": 2}) == 0
        assert direct.write_many(connection, _ADD_LINK, [strange | {"seq": 2}, strange]) == 0
    # The other process does not know the end yet; the first does not know that it moved.
    for database in (two[1], two[0]):
        with begin(database) as uow:
            uow.audit.write(a_line())
    with begin(two[0]) as uow:
        assert [entry.seq for entry in uow.audit.entries(0, 10)] == [1, 2, 3]


def test_what_is_broken_off_leaves_no_connection_in_the_middle(migrated_pg_url: str) -> None:
    database = opened(migrated_pg_url, pool_size=1)

    def wait() -> None:
        with begin(database) as uow:
            direct.say(uow.session.connection(), "SELECT pg_sleep(60)")

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    try:
        with pytest.raises(KeyboardInterrupt):
            wait()
    finally:
        signal.signal(signal.SIGALRM, before)
    with begin(database) as uow:
        assert uow.units.all() == []
    database.close()


def test_a_fault_of_the_driver_arrives_as_one_of_sqlalchemy(two: tuple[Database, Database]) -> None:
    with two[0].engine.connect() as connection, pytest.raises(IntegrityError) as fault:
        UNITS.insert(connection, [a_unit(code="A"), a_unit(code="A")])
    assert isinstance(fault.value, DBAPIError)
    assert isinstance(fault.value.orig, (sqlite3.IntegrityError, psycopg.errors.UniqueViolation))
