"""Does a whole installation keep a promise: page's transaction, worker, mail server – on SQLite and on PostgreSQL?"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from api.assembly import House, NotMigrated, build
from api.settings import read_settings
from engine.ports.store import NEW, Incident, TimerRow
from engine.store import migrate as schema
from engine.use_cases import accounts, units
from tests.api.houses import OPERATOR, PEOPLE, UNITS
from tests.support.mail import SmtpServer


@pytest.fixture
def house(database_url: str, tmp_path: Path, smtp_server: SmtpServer) -> Iterator[House]:
    """An installation with people, its worker running."""
    settings = read_settings(
        data=tmp_path,
        database_url=database_url,
        mail_host=smtp_server.host,
        mail_port=smtp_server.port,
        mail_security="none",
        mail_from="chuky@example.vn",
    )
    made = build(settings)
    made.prepare(migrate=True)
    with made.open_uow() as uow:
        units.add_units(uow, UNITS, actor=OPERATOR, now=made.clock(), day=date(2020, 1, 1))
        accounts.create_accounts(uow, PEOPLE, actor=OPERATOR, now=made.clock())
    background = made.background()
    background.start()
    yield made
    background.stop()
    made.close()


def wait_for(true: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.1)


def ask(house: House, name: str) -> None:
    with house.open_uow() as uow:
        accounts.ask_reset(uow, name, now=house.clock())


def incidents(house: House) -> list[Incident]:
    with house.read_uow() as uow:
        return uow.incidents.open()


def test_a_promise_of_a_page_becomes_a_mail(house: House, smtp_server: SmtpServer) -> None:
    ask(house, "bithu")
    wait_for(lambda: len(smtp_server.mails) == 1)
    (mail,) = smtp_server.mails
    assert (mail.recipients, str(mail.message["From"])) == (("an@example.vn",), "Chuky <chuky@example.vn>")


def test_a_refused_mail_stops_nothing_and_a_job_that_is_given_up_becomes_an_incident(
    house: House, smtp_server: SmtpServer
) -> None:
    smtp_server.refused = {"an@example.vn": "550 no such user"}
    ask(house, "bithu")
    ask(house, "doancoso")
    with house.open_uow() as uow:
        uow.jobs.enqueue("unheard-of", "k", {"n": 1})
    wait_for(lambda: bool(incidents(house)) and len(smtp_server.mails) == 1)
    (incident,) = incidents(house)
    assert (incident.kind, incident.reason, incident.payload) == (
        "unheard-of",
        "no handler for 'unheard-of'",
        {"n": 1},
    )
    assert smtp_server.mails[0].recipients == ("dung@example.vn",)


def test_a_timer_that_falls_due_is_carried_out(house: House) -> None:
    row = TimerRow(
        id=NEW,
        kind="reminder",
        key="r:1",
        due_at=house.clock() + timedelta(seconds=1),
        instance_id=None,
        cycle_id=None,
        work_item_id=None,
        token="",
        payload={},
        state="waiting",
    )
    with house.open_uow() as uow:
        uow.timers.plan([row, replace(row, key="r:2", due_at=house.clock() + timedelta(days=1))])
    wait_for(lambda: next_due(house) > house.clock())
    assert incidents(house) == []


def next_due(house: House) -> datetime:
    with house.read_uow() as uow:
        return uow.timers.next_due() or datetime.max.replace(tzinfo=UTC)


def test_a_healthy_house_says_so(house: House) -> None:
    wait_for(lambda: house.health().worker_silent_for is not None)
    health = house.health()
    assert (health.schema_current, health.storage_writable, health.oldest_job, health.next_timer) == (
        True,
        True,
        None,
        None,
    )


def test_without_tables_of_jobs_a_house_is_not_ready(tmp_path: Path) -> None:
    settings = read_settings(data=tmp_path)
    schema.upgrade(settings.url)
    house = build(settings)
    health = house.health()
    assert (health.schema_current, health.worker_silent_for, health.oldest_job) == (False, None, None)
    house.close()


def test_a_houses_night_sweeps_its_file_store(tmp_path: Path) -> None:
    house = build(read_settings(data=tmp_path))
    house.prepare()
    begun = house.settings.storage_folder / "ab" / "cd" / ".x.part"
    begun.parent.mkdir(parents=True)
    begun.touch()
    (chore,) = [chore for chore in house.background().scheduler.chores if chore.name == "sweep-files"]
    chore.do()
    assert begun.exists()
    os.utime(begun, times=(0, 0))
    chore.do()
    assert not begun.exists()
    house.close()


@pytest.mark.postgres
def test_a_servers_database_is_migrated_only_when_asked(pg_url: str, tmp_path: Path) -> None:
    house = build(read_settings(data=tmp_path, database_url=pg_url))
    with pytest.raises(NotMigrated):
        house.prepare()
    house.prepare(migrate=True)
    house.prepare()
    house.close()


def test_an_embedded_database_is_copied_before_it_is_changed(tmp_path: Path) -> None:
    house = build(read_settings(data=tmp_path))
    house.prepare()
    assert list((tmp_path / "backup").glob("*")) == []
    assert house.backup_before_change() in list((tmp_path / "backup").glob("*.sqlite3"))
    house.close()
