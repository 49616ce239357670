"""A small city that lived up to a day, with a house that answers on the web; and people who sign in to it."""

import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.actor import cookie_name
from api.app import create_app
from api.assembly import House, build_inline
from api.rehearsing import Stage
from api.settings import Settings, read_settings
from engine.process import packs
from engine.rules.cycle_models import CycleModel
from engine.rules.deadlines import ICT
from engine.runner.clock import WalkingClock
from engine.runner.holidays_seed import seed_calendar
from engine.use_cases import accounts
from engine.use_cases.accounts import NewSession, digest
from engine.use_cases.rehearsal import demo, year
from engine.use_cases.rehearsal.people import People
from engine.use_cases.rehearsal.script import Script
from engine.use_cases.timers import fire_due_timers
from tests.support.plans import alone

PLAN = alone()
#: When the cycle of the next year is opened.
OPENED = datetime(2026, 8, 25, 8, tzinfo=ICT).astimezone(UTC)
ROLES = tuple(account.username for account in PLAN.accounts)
#: The same for tests that follow every link: two who see most of it, the others among the long tests.
WALKERS = tuple(
    role if role in ("doancoso", "quantri") else pytest.param(role, marks=pytest.mark.long) for role in ROLES
)


@dataclass(slots=True)
class Town:
    """A house with its clock and its web application."""

    house: House
    clock: WalkingClock
    app: FastAPI
    model: CycleModel

    def client(self, username: str | None = None) -> "Browser":
        """A browser in which this person is signed in; None: nobody."""
        client = TestClient(self.app, base_url="http://127.0.0.1:8000", follow_redirects=False)
        client.headers["accept"] = "text/html"
        if username is not None:
            client.cookies.set(cookie_name(self.house), self.token(username))
        return Browser(client)

    def token(self, username: str) -> str:
        """The secret of a new session of this person, as the browser's cookie holds it."""
        token = secrets.token_urlsafe(32)
        session = NewSession(token_sha256=digest(token), csrf=secrets.token_hex(32), agent="test", replaces_sha256=None)
        with self.house.open_uow() as uow:
            account = uow.accounts.find_username(username)
            assert account is not None, username
            accounts.sign_in(uow, account, session, now=self.clock())
        return token


@dataclass(slots=True)
class Seen:
    """An answer, read as HTML."""

    status: int
    url: str
    soup: BeautifulSoup
    headers: Mapping[str, str]
    content: bytes

    @property
    def title(self) -> str:
        """The page's main heading."""
        return text(self.soup.h1)

    def links(self) -> set[str]:
        """Every address of ours that the page leads to."""
        return {str(a["href"]) for a in self.soup.find_all("a", href=True) if str(a["href"]).startswith("/")}

    def form(self, action: str) -> dict[str, list[str]]:
        """What a browser would send for the form with this action, as it stands."""
        return form_values(self.soup.find("form", action=action))


@dataclass(slots=True)
class Browser:
    """Gets pages and sends forms as a browser without scripts does."""

    client: TestClient

    def get(self, path: str) -> Seen:
        """Open a page; redirects are not followed."""
        return _seen(self.client.get(path))

    def go(self, path: str) -> Seen:
        """Open a page, following redirects."""
        return _seen(self.client.get(path, follow_redirects=True))

    def post(self, path: str, data: Mapping[str, object] | None = None, files: Any = None) -> Seen:
        """Send a form whose token is taken from data, or fetched from a page that has one."""
        values = dict(data or {})
        if "csrf" not in values:
            values["csrf"] = self.csrf()
        return _seen(self.client.post(path, data=values, files=files))

    def csrf(self) -> str:
        """A token for this browser's forms, from the form for signing out."""
        found = self.get("/").soup.find("input", attrs={"name": "csrf"})
        assert isinstance(found, Tag)
        return str(found["value"])


def _seen(response: Any) -> Seen:
    return Seen(
        status=response.status_code,
        url=str(response.headers.get("location", response.url)),
        soup=BeautifulSoup(response.text, "html.parser"),
        headers=response.headers,
        content=response.content,
    )


def text(tag: object) -> str:
    """The words of an element, with single spaces."""
    return " ".join(tag.get_text(" ").split()) if isinstance(tag, Tag) else ""


def form_values(form: object) -> dict[str, list[str]]:
    """The fields of a form as a browser would send them."""
    assert isinstance(form, Tag), "no such form"
    values: dict[str, list[str]] = {}
    for field in form.find_all(["input", "textarea", "select"]):
        name, kind = str(field.get("name", "")), str(field.get("type", ""))
        if not name or kind in ("file", "submit") or (kind in ("checkbox", "radio") and not field.has_attr("checked")):
            continue
        if field.name == "select":
            chosen = field.find("option", selected=True) or field.find("option")
            value = str(chosen.get("value", "")) if isinstance(chosen, Tag) else ""
        else:
            value = field.get_text().removeprefix("\n") if field.name == "textarea" else str(field.get("value", "on"))
        values.setdefault(name, []).append(value)
    return values


def young_town(folder: Path, now: datetime, units: int = 14) -> Town:
    """The demo city with the cycle of the next year just opened; nobody has done anything until `now` (aware)."""
    stage, model, script, _ = _founded(folder, units, OPENED)
    with stage.house.open_uow() as uow:
        year.open_year(uow, model.key, OPENED.year + 1, year.opening(script), now=OPENED)
    pass_time(stage.house, stage.clock, now)
    return _town(stage, model)


def lived_town(folder: Path, now: datetime, units: int = 6) -> Town:
    """The demo city whose people lived the same cycle until `now` (aware)."""
    stage, model, script, plan = _founded(folder, units, OPENED)
    with stage.house.open_uow() as uow:
        year.open_year(uow, model.key, OPENED.year + 1, year.opening(script), now=OPENED)
        keeper = demo.kept_back(uow, plan)
    stage.walk(People(script=script), None, keeper).until(now)
    stage.clock.walk_to(now)
    return _town(stage, model)


def copy_of(town: Town, folder: Path) -> Town:
    """A town of its own that stands as `town` does; what is done to it stays there."""
    shutil.copytree(town.house.settings.data, folder)
    clock = WalkingClock(town.clock())
    return _town(Stage(build_inline(_settings(folder), clock), clock), town.model)


def pass_time(house: House, clock: WalkingClock, now: datetime) -> None:
    """Let what falls due until `now` happen, each at its own moment."""
    while True:
        with house.read_uow() as uow:
            due = uow.timers.next_due()
        if due is None or due > now:
            break
        clock.walk_to(max(due, clock()))
        with house.open_uow() as uow:
            fire_due_timers(uow, now=clock(), limit=1000)
        house.work_off()
    clock.walk_to(max(now, clock()))


def at(year: int, month: int, day: int, hour: int = 9) -> datetime:
    """An instant of a day in Vietnam."""
    return datetime(year, month, day, hour, tzinfo=ICT).astimezone(UTC)


def _founded(folder: Path, units: int, now: datetime) -> tuple[Stage, CycleModel, Script, demo.DemoPlan]:
    folder.mkdir(parents=True, exist_ok=True)
    clock = WalkingClock(now)
    house = build_inline(_settings(folder), clock)
    house.prepare()
    plan = replace(PLAN, units=units)
    model = packs.read_pack(next(f for f in packs.shipped() if f.name in plan.packs))
    script = Script(raw=model.rehearsal, seed=plan.seed)
    with house.open_uow() as uow:
        uow.calendar.put(seed_calendar(now.year - 1, now.year + 2))
        uow.models.deploy(model, now)
        demo.found(uow, (model,), {model.key: script}, plan, on=date(now.year - 3, 1, 1), now=now)
    return Stage(house, clock), model, script, plan


def _town(stage: Stage, model: CycleModel) -> Town:
    return Town(house=stage.house, clock=stage.clock, app=create_app(stage.house), model=model)


def _settings(folder: Path) -> Settings:
    return read_settings(
        data=folder,
        database_url=f"sqlite:///{folder / 'chuky.sqlite3'}",
        storage=folder / "files",
        keys=folder / "keys",
        base_url="http://127.0.0.1:8000",
        mail_host="",
        secret_key="k" * 40,
        host="127.0.0.1",
        demo=True,
        now=None,
        session_idle_minutes=1440,
        session_hours=168,
    )
