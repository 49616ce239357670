"""Which city is killed? A small one with much to do at once: decisions to be signed, and a registration campaign."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from api.assembly import House, build_inline
from api.passwords import Passwords
from api.rehearsing import Stage
from api.settings import read_settings
from engine.ports.store import UnitOfWork
from engine.process import packs
from engine.rules.cycle_models import CycleModel
from engine.rules.deadlines import ICT
from engine.rules.dossiers import WorkItem
from engine.runner.clock import WalkingClock
from engine.runner.holidays_seed import seed_calendar
from engine.use_cases import tasks
from engine.use_cases.rehearsal import city, year
from engine.use_cases.rehearsal.people import People
from engine.use_cases.rehearsal.script import Script
from engine.use_cases.rehearsal.walk import Walk

YEAR = 2027
#: The clock of the installation while it is killed: a year ends, the next one's campaign runs.
NOW = datetime(2027, 11, 25, 9, tzinfo=ICT)
#: A day before the branches are reminded of that campaign, and a day after its beginning and the first two reminders.
OCTOBER, NOVEMBER = datetime(2027, 10, 26, 9, tzinfo=ICT), datetime(2027, 11, 5, 9, tzinfo=ICT)
PASSWORD = "Sóng biển Đồ Sơn 2027"
#: As weak as the library allows: hundreds of accounts get a hash.
HASH = Passwords(memory_kib=8, rounds=1).hash(PASSWORD)


@dataclass(slots=True, kw_only=True)
class Patient(People):
    """Virtual people who leave for the test's people: signatures, and everything of the second year."""

    def plan(self, uow: UnitOfWork, item: WorkItem) -> datetime | None:
        kept = item.act == "sign" or uow.cycles.get(item.cycle_id).year > YEAR
        return None if kept else People.plan(self, uow, item)


def build(folder: Path, *, units: int, each: int, now: datetime = NOW) -> None:
    """Found a city of `units` branches, `each` to a base union, and let it live up to `now`; data under `folder`."""
    folder.mkdir(parents=True)
    clock = WalkingClock(datetime.min.replace(tzinfo=UTC))
    house = build_inline(_settings(folder), clock)
    house.prepare()
    model = the_model()
    script = _script(model, each)
    with house.open_uow() as uow:
        uow.calendar.put(seed_calendar(YEAR - 2, YEAR + 2))
        clock.walk_to(year.opening_moment(uow, model, YEAR))
        uow.models.deploy(model, clock())
        city.found(uow, script, units, on=date(YEAR - 2, 1, 1), now=clock())
    people = Patient(script=script)
    walk = Stage(house, clock).walk(people)
    _open_years(house, walk, model, script)
    walk.until(now)
    clock.walk_to(now)
    _make_ready(house, people, now)
    house.close()


def the_model() -> CycleModel:
    """The shipped pack of the annex's model 11."""
    return next(m for m in map(packs.read_pack, packs.shipped()) if "mô hình 11" in m.source)


def _settings(folder: Path):
    return read_settings(
        data=folder,
        database_url="",
        storage=None,
        keys=None,
        base_url="",
        mail_host="",
        secret_key=secrets.token_hex(32),
        host="127.0.0.1",
        demo=True,
        now=None,
    )


def _script(model: CycleModel, each: int) -> Script:
    # Everybody is punctual, so every group has something to decide.
    place = {**model.rehearsal["city"], "units_per_superior": each}  # type: ignore[dict-item]
    return Script(raw={**model.rehearsal, "behaviour": {"on_time": 1}, "city": place, "message": ()}, seed=5)


def _open_years(house: House, walk: Walk, model: CycleModel, script: Script) -> None:
    def open_one(wanted: int, now: datetime) -> None:
        with house.open_uow() as uow:
            year.open_year(uow, model.key, wanted, year.opening(script), now=now)

    for wanted in (YEAR, YEAR + 1):
        with house.read_uow() as uow:
            at = year.opening_moment(uow, model, wanted)
        walk.schedule(at, lambda now, wanted=wanted: open_one(wanted, now))


def _make_ready(house: House, people: People, now: datetime) -> None:
    """Everybody can sign in and be written to; registrations lie half done, so that a click completes them."""
    with house.open_uow() as uow:
        for account in list(_everybody(uow)):
            uow.accounts.save(replace(account, password_hash=HASH, email=f"{account.username}@chuky.test"))
        for item in uow.work.open_after(0):  # type: ignore[arg-type]
            actor = people.actor_of(uow, item, now)
            if actor is not None and item.act in ("register", "sign"):
                answers = people.answers(uow, item, now=now)
                tasks.save_draft(uow, item.id, answers, row_version=item.row_version, actor=actor, now=now)


def _everybody(uow: UnitOfWork) -> Iterator:
    for unit in uow.units.all():
        for _, account in uow.accounts.at_unit(unit.id):
            yield account
