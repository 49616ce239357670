"""Does an installation that has nothing to do write anything? A day of its ticks and nightly chores, counted by the database.

What is not counted because it is about machines and not about people's work: the heartbeat of a worker, one row a worker
that is overwritten every ten seconds of the real clock (`chuky_executor`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from api.assembly import House
from api.settings import read_settings
from engine.process import packs
from engine.rules.units import AccountId
from engine.runner.clock import WalkingClock
from engine.runner.holidays_seed import seed_calendar
from engine.use_cases.rehearsal import city, year
from engine.use_cases.rehearsal.script import Script

YEAR = 2027
HEARTBEAT = "chuky_executor"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
Rows = Mapping[str, tuple[int, str]]


class Witness:
    """Reads what lies in every table, on a connection of its own that stays open."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self.connection = self.engine.connect()
        self._on_sqlite = self.engine.dialect.name == "sqlite"

    def rows(self) -> Rows:
        """Table → how many rows, and what stands where: every insert, update and delete shows."""
        return {table: self._print(table) for table in self._tables()}

    def version(self) -> int:
        """What SQLite counts on whenever another connection has committed a change; always 0 on PostgreSQL."""
        return int(self.connection.execute(text("PRAGMA data_version")).scalar_one()) if self._on_sqlite else 0

    def close(self) -> None:
        self.connection.close()
        self.engine.dispose()

    def _tables(self) -> list[str]:
        schemas = [None] if self._on_sqlite else ["public", "dbos"]
        look = inspect(self.connection)
        return [f'{schema}."{name}"' if schema else name for schema in schemas for name in look.get_table_names(schema)]

    def _print(self, table: str) -> tuple[int, str]:
        if self._on_sqlite:
            found = self.connection.execute(text(f'SELECT * FROM "{table}"')).all()
            return len(found), str(hash(tuple(map(repr, found))))
        # An update puts a new version of the row in another place, under the number of its transaction.
        where = "coalesce(md5(string_agg(ctid::text || xmin::text, ',' ORDER BY ctid)), '')"
        count, places = self.connection.execute(text(f"SELECT count(*), {where} FROM {table}")).one()
        return count, places


@pytest.fixture
def clock() -> WalkingClock:
    return WalkingClock(datetime(2000, 1, 1, tzinfo=UTC))


@pytest.fixture
def house(database_url: str, tmp_path: Path, clock: WalkingClock) -> Iterator[House]:
    """An installation in which a cycle is open and branches are to register; nothing falls due within the next day."""
    settings = read_settings(
        data=tmp_path, database_url=database_url, demo=True, now=None, mail_host="", host="127.0.0.1"
    )
    made = House(settings, clock)
    made.prepare(migrate=True)
    model = packs.read_pack(packs.shipped()[0])
    script = Script(raw=model.rehearsal, seed=1)
    with made.open_uow() as uow:
        uow.calendar.put(seed_calendar(YEAR - 2, YEAR + 1))
        clock.walk_to(year.opening_moment(uow, model, YEAR))
        uow.models.deploy(model, clock())
        city.found(uow, script, 6, on=date(YEAR - 2, 1, 1), now=clock())
        year.open_year(uow, model.key, YEAR, year.opening(script), now=clock())
    made.work_off()
    _walk_to_a_quiet_day(made, clock)
    yield made
    made.close()


def _walk_to_a_quiet_day(house: House, clock: WalkingClock) -> None:
    """Walk from due moment to due moment until the next lies more than a day ahead; some work is open then."""
    tick = house.background().scheduler.tick
    while True:
        tick()
        with house.read_uow() as uow:
            due = uow.timers.next_due()
            waiting = len(uow.work.open_after(0))  # type: ignore[arg-type]
        assert due is not None
        if waiting and due > clock() + DAY:
            return
        clock.walk_to(due)


@pytest.fixture
def witness(house: House) -> Iterator[Witness]:
    made = Witness(house.settings.url)
    yield made
    made.close()


def live_a_day(house: House, clock: WalkingClock) -> None:
    """A tick a minute, as the runner calls it, and every chore of the night that needs no running worker."""
    scheduler, begin = house.background().scheduler, clock()
    for minute in range(24 * 60):
        clock.walk_to(begin + minute * MINUTE)
        scheduler._tick()
        assert scheduler.last_tick == clock()
    done = [chore.name for chore in scheduler.chores if chore.name != "clean-jobs" and chore.do() is None]
    assert done == ["copy-database", "check-audit", "watch-processes", "stamp-chain", "sweep-files"]


def test_a_day_without_work_writes_no_row(house: House, clock: WalkingClock, witness: Witness) -> None:
    before, version = witness.rows(), witness.version()
    live_a_day(house, clock)
    assert witness.rows() == before
    assert witness.version() == version
    # The witness sees even a row that is written as it was.
    with house.open_uow() as uow:
        uow.accounts.save(uow.accounts.get(AccountId(1)))
    assert (witness.rows(), witness.version()) != (before, version)


@pytest.mark.long
def test_a_worker_that_waits_writes_its_heartbeat_only(house: House, witness: Witness) -> None:
    background = house.background()
    background.start()
    try:
        time.sleep(3)  # it makes itself known
        before = witness.rows()
        time.sleep(25)
        after = witness.rows()
    finally:
        background.stop()
    assert {table for table in after if after[table] != before[table]} == {next(t for t in after if HEARTBEAT in t)}
    assert {table: found[0] for table, found in after.items()} == {table: found[0] for table, found in before.items()}
