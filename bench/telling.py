"""What does a reminder cost from its rung to the mail server? Planned, gathered, sent; beside the bare sending of a mail.

Both go to the same real mail server, which listens in a process of its own and keeps nothing. And what does a day write
on which nothing falls due?
"""

from __future__ import annotations

import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from time import perf_counter, sleep

from sqlalchemy import create_engine, text

from api.assembly import House, build_inline
from api.rehearsing import LONG_AGO
from api.settings import read_settings
from bench.ground import YEAR, the_model
from engine.runner.clock import WalkingClock
from engine.runner.holidays_seed import seed_calendar
from engine.runner.scheduler import Tick
from engine.use_cases.rehearsal import city, year
from engine.use_cases.rehearsal.script import Script
from engine.use_cases.timers import fire_due_timers
from tests.support.tools import free_port

_HOST = "127.0.0.1"
#: One a minute.
TICKS = 24 * 60
_SERVER = """
import asyncio, sys
from aiosmtpd.controller import Controller
class Nowhere:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"
Controller(Nowhere(), hostname="127.0.0.1", port=int(sys.argv[1])).start()
asyncio.new_event_loop().run_forever()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Seconds for so many reminders of one deadline, and what an idle day did."""

    mails: int
    whole: float  #: from the fallen rung to the server's answer
    bare: float  #: as many mails of the same size over one connection
    idle: int  #: ticks of a day on which nothing fell due that wrote nothing, of `TICKS`


def measure(folder: Path, *, branches: int) -> Told:
    """Remind every branch of a city of one deadline, once."""
    with _mail_server() as port:
        house, clock = _city(folder, branches, port)
        try:
            _walk_to_the_rung(house, clock)
            began = perf_counter()
            mails = _remind(house, clock)
            whole = perf_counter() - began
            idle = _idle_ticks(house, clock)
        finally:
            house.close()
        return Told(mails=mails, whole=whole, bare=_bare(port, mails), idle=idle)


def _city(folder: Path, branches: int, port: int) -> tuple[House, WalkingClock]:
    """A city whose cycle has just been opened and whose secretaries have addresses."""
    model = the_model()
    settings = read_settings(
        data=folder, database_url="", demo=True, now=None, host="127.0.0.1", mail_host=_HOST, mail_port=port,
        mail_security="none", mail_from="a@chuky.test",
    )  # fmt: skip
    script = Script(raw=model.rehearsal, seed=1)
    folder.mkdir(parents=True, exist_ok=True)
    clock = WalkingClock(LONG_AGO)
    house = build_inline(settings, clock)
    house.prepare()
    with house.open_uow() as uow:
        uow.calendar.put(seed_calendar(YEAR - 2, YEAR + 1))
        clock.walk_to(year.opening_moment(uow, model, YEAR))
        uow.models.deploy(model, clock())
        city.found(uow, script, branches, on=clock().date().replace(month=1, day=1), now=clock())
        year.open_year(uow, model.key, YEAR, year.opening(script), now=clock())
        house.session(uow).execute(text("UPDATE ck_account SET email = 'nguoi-' || id || '@chuky.test'"))
    return house, clock


def _walk_to_the_rung(house: House, clock: WalkingClock) -> None:
    """Live up to the moment at which most branches are reminded at once; that is left to do."""
    _live(house, clock, clock() + timedelta(days=45))
    with house.read_uow() as uow:
        rungs = "SELECT min(due_at) FROM ck_timer WHERE kind = 'reminder' AND state = 'waiting' GROUP BY due_at"
        moment = house.session(uow).execute(text(f"{rungs} ORDER BY count(*) DESC, due_at LIMIT 1")).scalar_one()
    _live(house, clock, datetime.fromisoformat(f"{moment}+00:00") - timedelta(minutes=1))


def _remind(house: House, clock: WalkingClock) -> int:
    """The rung falls, what it says is gathered, and the mails leave; how many."""
    before = _sent(house)
    _live(house, clock, clock() + timedelta(minutes=10))
    return _sent(house) - before


def _live(house: House, clock: WalkingClock, until: datetime) -> None:
    """Let what falls due until then happen, each at its moment."""
    while (due := _next_due(house)) is not None and due <= until:
        clock.walk_to(max(due, clock()))
        with house.open_uow() as uow:
            fire_due_timers(uow, now=clock())
        house.work_off()
    clock.walk_to(until)


def _next_due(house: House) -> datetime | None:
    with house.read_uow() as uow:
        return uow.timers.next_due()


def _sent(house: House) -> int:
    with house.read_uow() as uow:
        return uow.queries.delivery_counts().get("sent", 0)


def _idle_ticks(house: House, clock: WalkingClock) -> int:
    """Tick through a day on which nothing falls due; how many ticks changed nothing."""
    while (due := _next_due(house)) is not None and due <= clock() + timedelta(days=1):
        _live(house, clock, due)
    tick = Tick(open_uow=house.open_uow, read_uow=house.read_uow, fire=fire_due_timers, clock=clock)
    engine = create_engine(house.settings.url, isolation_level="AUTOCOMMIT")
    quiet = 0
    with engine.connect() as witness:
        # SQLite counts whatever another connection commits.
        seen = witness.execute(text("PRAGMA data_version")).scalar_one()
        for _ in range(TICKS):
            clock.walk_to(clock() + timedelta(minutes=1))
            tick()
            before, seen = seen, witness.execute(text("PRAGMA data_version")).scalar_one()
            quiet += before == seen
    engine.dispose()
    return quiet


def _bare(port: int, mails: int) -> float:
    """As many mails of a usual size, over one connection, by nothing but the mail library."""
    letter = EmailMessage(policy=SMTP)
    letter["From"], letter["To"], letter["Subject"] = "a@chuky.test", "b@chuky.test", "Hạn cuối hết ngày 09/11/2026"
    letter.set_content("Hạn cuối: hết ngày 09/11/2026\n" * 8)
    letter.add_alternative("<p>Hạn cuối: hết ngày <b>09/11/2026</b></p>\n" * 16, subtype="html")
    content = letter.as_bytes()
    began = perf_counter()
    with smtplib.SMTP(_HOST, port, timeout=20) as connection:
        for _ in range(mails):
            connection.sendmail("a@chuky.test", ["b@chuky.test"], content)
    return perf_counter() - began


@contextmanager
def _mail_server() -> Iterator[int]:
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", _SERVER, str(port)])
    try:
        _wait(port)
        yield port
    finally:
        server.kill()
        server.wait()


def _wait(port: int) -> None:
    for _ in range(200):
        try:
            with smtplib.SMTP(_HOST, port, timeout=5):
                return
        except OSError:
            sleep(0.1)
    raise RuntimeError("the mail server did not start")
