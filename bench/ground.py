"""Where is measured? In real installations of the demo's city, on SQLite and on PostgreSQL, made for this run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import thread_time
from typing import Any, cast

from sqlalchemy import make_url

from api.assembly import House, build
from api.settings import read_settings
from engine.ports.store import NEW
from engine.process import packs
from engine.process.spiff import SpiffRuntime
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle
from engine.rules.dossiers import Instance, InstanceId, InstanceState
from engine.runner.backup import copy_sqlite
from engine.runner.holidays_seed import seed_calendar
from engine.use_cases.rehearsal import city, year
from engine.use_cases.rehearsal.script import Script
from engine.use_cases.timers import fire_due_timers
from tests.support.postgres import PgServer, running_server

YEAR = 2027


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """An installation with a cycle opened and every branch's registration waiting at `now`."""

    name: str  #: of the database, for the table
    house: House
    now: datetime
    cycle: Cycle
    script: Script

    @property
    def runtime(self) -> Timed:
        """The house's process engine, with a stopwatch."""
        return cast("Timed", self.house.runtime)


class Timed:
    """The product's process engine; `spent` is the CPU time of this thread in it."""

    def __init__(self) -> None:
        self._runtime, self.spent = SpiffRuntime(), 0.0

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._runtime, name)

        def timed(*arguments: Any, **named: Any) -> Any:
            began = thread_time()
            try:
                return ask(*arguments, **named)
            finally:
                self.spent += thread_time() - began

        return timed


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """An installation, and the address of another with the same rows."""

    lived: Ground
    bare_url: str


@dataclass(slots=True)
class Grounds:
    """Makes installations; all are gone when the block ends."""

    folder: Path
    server: PgServer
    stack: ExitStack

    def houses(self, units: int) -> list[Ground]:
        """One on SQLite, one on PostgreSQL."""
        return [self.on_sqlite(units), self.on_postgresql(units)]

    def on_sqlite(self, units: int) -> Ground:
        """An installation on SQLite (WAL, synchronous=NORMAL)."""
        folder = self._folder()
        return self._founded("SQLite", f"sqlite:///{folder / 'chuky.sqlite3'}", folder, units)

    def on_postgresql(self, units: int) -> Ground:
        """An installation on PostgreSQL (loopback)."""
        url = self.stack.enter_context(self.server.database())
        return self._founded("PostgreSQL", url, self._folder(), units)

    def twins_on_sqlite(self, units: int) -> Twins:
        """Two installations alike."""
        ground, folder = self.on_sqlite(units), self._folder()
        copy = copy_sqlite(Path(make_url(ground.house.settings.url).database or ""), folder, ground.now)
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        return Twins(lived=ground, bare_url=f"sqlite:///{copy}")

    def twins_on_postgresql(self, units: int) -> Twins:
        """Two installations alike."""
        ground = self.on_postgresql(units)
        name = make_url(ground.house.settings.url).database
        ground.house.close()  # a database that somebody is connected to cannot be copied
        url = self.stack.enter_context(self.server.database(template=name or ""))
        house = opened(ground.house.settings.url, self._folder())
        self.stack.callback(house.close)
        return Twins(lived=replace(ground, house=house), bare_url=url)

    def _folder(self) -> Path:
        return Path(self.stack.enter_context(TemporaryDirectory(dir=self.folder)))

    def _founded(self, name: str, url: str, folder: Path, units: int) -> Ground:
        house = opened(url, folder)
        self.stack.callback(house.close)
        return _found(name, house, units)


@contextmanager
def grounds() -> Iterator[Grounds]:
    """A place for installations, with a PostgreSQL server."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="chuky-bench-")))
        yield Grounds(folder, stack.enter_context(running_server()), stack)


def opened(url: str, folder: Path) -> House:
    """The product's own house on a database, its tables made."""
    house = build(read_settings(data=folder, database_url=url, demo=True, now=None, mail_host="", host="127.0.0.1"))
    house.__dict__["runtime"] = Timed()
    house.prepare(migrate=True)
    return house


def the_model() -> CycleModel:
    """The first shipped pack."""
    return packs.read_pack(packs.shipped()[0])


def store_instance(ground: Ground, process: str, blob: bytes) -> Instance:
    """Store a running instance in the installation, on the first dossier of its cycle."""
    with ground.house.open_uow() as uow:
        dossier = uow.dossiers.of_cycle(ground.cycle.id)[0]
        return uow.instances.add(
            Instance(
                id=InstanceId(NEW),
                dossier_id=dossier.id,
                cycle_id=dossier.cycle_id,
                version=ground.cycle.version,
                process=process,
                state=InstanceState.RUNNING,
                blob=blob,
                started_at=ground.now,
                ended_at=None,
                row_version=0,
            )
        )


def _found(name: str, house: House, units: int) -> Ground:
    model = the_model()
    script = Script(raw=model.rehearsal, seed=1)
    with house.open_uow() as uow:
        uow.calendar.put(seed_calendar(YEAR - 2, YEAR + 1))
        now = year.opening_moment(uow, model, YEAR)
        uow.models.deploy(model, now)
        city.found(uow, script, units, on=date(YEAR - 2, 1, 1), now=now)
        cycle = year.open_year(uow, model.key, YEAR, year.opening(script), now=now)
    later = now + timedelta(days=60)  # by then every registration is open, and none is late
    more = True
    while more:
        with house.open_uow() as uow:
            more = fire_due_timers(uow, now=later)
    return Ground(name=name, house=house, now=later, cycle=cycle, script=script)
