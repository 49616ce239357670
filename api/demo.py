"""How does the demo city get its life? Founded once, lived up to now at every start, its visitors' accounts opened."""

import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from api.assembly import House, build_inline
from api.passwords import Passwords
from api.rehearsing import Stage
from api.settings import Settings
from engine.errors import WrongState
from engine.ports.store import UnitOfWork
from engine.process import packs
from engine.process.pack_files import packs_folder
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import CycleState
from engine.rules.deadlines import local_day
from engine.runner.clock import WalkingClock, system_clock
from engine.runner.holidays_seed import seed_calendar
from engine.use_cases.rehearsal import demo, year
from engine.use_cases.rehearsal.demo import DemoAccount, DemoPlan
from engine.use_cases.rehearsal.people import Crowd, People
from engine.use_cases.rehearsal.script import Script
from engine.use_cases.rehearsal.walk import Progress

PLAN = "_shared/demo.toml"
#: File in the data folder that says how far the virtual people have lived.
LIVED = "demo-lived-until"
#: Years around the city's life whose calendar is entered.
CALENDAR = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What a visitor needs to know."""

    accounts: tuple[DemoAccount, ...]
    password: str


def live(settings: Settings, progress: Progress | None = None, plan: DemoPlan | None = None) -> Demo:
    """Found the city where there is none, live on to now, open the visitors' accounts.

    `plan` stands for the shipped one where a smaller city will do. Refused (`WrongState`): the clock stands before the moment up to which the city has lived.
    """
    plan = plan or read_plan()
    now = settings.now or system_clock()
    house = build_inline(settings, clock := WalkingClock(datetime.min.replace(tzinfo=UTC)))
    house.prepare()
    try:
        models = tuple(packs.read_pack(folder) for folder in packs.shipped() if folder.name in plan.packs)
        scripts = {model.key: Script(raw=model.rehearsal, seed=plan.seed) for model in models}
        start = _found(house, models, scripts, plan, now)
        if start > now:
            raise WrongState("demo_ahead", lived=start, now=now)
        clock.walk_to(start)
        _walk(Stage(house, clock), models, scripts, plan, now, progress)
        return Demo(accounts=plan.accounts, password=_open_accounts(house, settings, plan))
    finally:
        house.close()


def read_plan() -> DemoPlan:
    """The shipped plan of the demo."""
    return demo.read_plan(tomllib.loads((packs_folder() / PLAN).read_text("utf-8")))


def _found(
    house: House, models: tuple[CycleModel, ...], scripts: Mapping[str, Script], plan: DemoPlan, now: datetime
) -> datetime:
    """Found the city, or find it; the moment from which it lives on."""
    with house.open_uow() as uow:
        for model in models:
            uow.models.deploy(model, now)
        begin = min(year.opening_moment(uow, model, demo.first_year(now)) for model in models) - timedelta(days=1)
        if uow.units.all():
            return _lived(house.settings.data) or begin
        today = local_day(now)
        uow.calendar.put(seed_calendar(today.year - CALENDAR, today.year + CALENDAR))
        demo.found(uow, models, scripts, plan, on=date(today.year - CALENDAR, 1, 1), now=begin)
    return begin


def _walk(
    stage: Stage,
    models: tuple[CycleModel, ...],
    scripts: Mapping[str, Script],
    plan: DemoPlan,
    now: datetime,
    progress: Progress | None,
) -> None:
    with stage.house.read_uow() as uow:
        keeper = demo.kept_back(uow, plan)
        manners = demo.manners(uow, plan)
    lived = stage.house.settings.data / LIVED
    day = local_day(stage.clock())

    def told(moment: datetime, acts: int) -> None:
        nonlocal day
        if local_day(moment) != day:
            day = local_day(moment)
            lived.write_text(moment.isoformat(), "utf-8")
        if progress is not None:
            progress(moment, acts)

    people = {key: People(script=script, manners=manners) for key, script in scripts.items()}
    walk = stage.walk(Crowd(people=people), told, keeper)
    demo.plan_openings(walk, models, scripts, until=now)
    walk.until(now)
    stage.clock.walk_to(now)
    with stage.house.read_uow() as uow:
        running = [cycle for cycle in uow.cycles.all() if cycle.state is CycleState.OPEN]
    with stage.house.open_uow() as uow:
        demo.tell_milestones(uow, plan, now)
    for cycle in running:
        year.close_if_ended(stage.house.open_uow, cycle.id, now)
    lived.write_text(now.isoformat(), "utf-8")


def _lived(data: Path) -> datetime | None:
    path = data / LIVED
    return datetime.fromisoformat(path.read_text("utf-8")) if path.exists() else None


def _open_accounts(house: House, settings: Settings, plan: DemoPlan) -> str:
    """Give every demo account the same password, a new random one unless the settings name it, and an address for mails."""
    password = settings.demo_password.get_secret_value() or secrets.token_urlsafe(9)
    kept = Passwords().hash(password)
    with house.open_uow() as uow:
        for account in plan.accounts:
            _open(uow, account.username, kept, f"{account.username}@{plan.mail_domain}")
    return password


def _open(uow: UnitOfWork, username: str, kept: str, email: str) -> None:
    account = uow.accounts.find_username(username)
    if account is not None:
        email = account.email or email
        uow.accounts.save(replace(account, password_hash=kept, must_change_password=False, email=email))
