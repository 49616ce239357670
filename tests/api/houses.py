"""A small installation for tests of the web: a city, a base union, a branch, and somebody in each."""

import atexit
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from shutil import copyfile, rmtree
from tempfile import mkdtemp

from starlette.testclient import TestClient

from api.app import create_app
from api.assembly import House, build_inline
from api.passwords import Passwords
from api.settings import read_settings
from api.templating import Templates
from engine.rules.units import Account, Actor, UnitId
from engine.use_cases import accounts, units
from engine.use_cases.accounts import NewAccount, Slip
from engine.use_cases.units import NewUnit

#: As weak as the library allows: tests hash often.
CHEAP = Passwords(memory_kib=8, rounds=1)
SITE = "http://127.0.0.1:8000"
NOON = datetime(2026, 11, 5, 5, tzinfo=UTC)
PASSWORD = "Hoa phượng đỏ ở bến cảng"
#: Plain names for the built files, so that no test of a page needs the front end built.
ASSETS = {
    name: name for name in ("main.css", "app.js", "htmx.js", "draft.js", "showif.js", "favicon.svg", "licences.txt")
}

#: Who sits at the server.
OPERATOR = Actor(account_id=None, full_name="Vận hành", positions=frozenset({(UnitId(0), "administrator")}))

UNITS = (
    NewUnit(code="TD", name="Thành đoàn Hải Phòng", kind="city_union", cohort="", parent_code=""),
    NewUnit(code="DCS", name="Đoàn phường Hồng Bàng", kind="base_union", cohort="", parent_code="TD"),
    NewUnit(code="DCS2", name="Đoàn xã Cát Hải", kind="base_union", cohort="", parent_code="TD"),
    NewUnit(code="CD", name="Chi đoàn Hoa Phượng", kind="branch", cohort="residential", parent_code="DCS"),
)
PEOPLE = (
    NewAccount(username="quantri", full_name="Trần Thị Bình", email="", unit_code="TD", role="administrator"),
    NewAccount(
        username="thanhdoan", full_name="Lê Văn Cường", email="cuong@example.vn", unit_code="TD", role="officer"
    ),
    NewAccount(
        username="doancoso", full_name="Phạm Thu Dung", email="dung@example.vn", unit_code="DCS", role="secretary"
    ),
    NewAccount(username="bithu", full_name="Nguyễn Văn An", email="an@example.vn", unit_code="CD", role="secretary"),
)


class Watch:
    """A clock that a test sets."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        self.at += timedelta(**time)


@dataclass
class Installation:
    """A house with its clock, and everybody's first slip."""

    house: House
    clock: Watch
    slips: dict[str, Slip]

    def account(self, username: str) -> Account:
        with self.house.read_uow() as uow:
            found = uow.accounts.find_username(username)
        assert found is not None
        return found

    def unit_id(self, code: str) -> UnitId:
        with self.house.read_uow() as uow:
            found = uow.units.find_code(code)
        assert found is not None
        return found.id

    def events(self) -> list[str]:
        """What the audit chain says happened, in order."""
        with self.house.read_uow() as uow:
            return [entry.line.event for entry in uow.audit.entries(0, 1000) if entry.line]

    @contextmanager
    def browser(self) -> Iterator["Browser"]:
        """A browser without cookies."""
        app = create_app(self.house, templates=templates())
        app.state.passwords = CHEAP
        with TestClient(app, base_url=self.house.settings.site, follow_redirects=False) as client:
            yield Browser(client)


class Browser:
    """What a person does with a page that has a form."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def open(self, path: str):
        return self.client.get(path, headers={"accept": "text/html"})

    def send(self, path: str, /, *, page: str | None = None, **fields: str):
        """Fill the form of `page` (the same path unless named) and send it to `path`."""
        token = token_of(self.open(page or path).text)
        return self.client.post(path, data={"csrf": token, **fields}, headers={"accept": "text/html"})

    def sign_in(self, username: str, password: str = PASSWORD):
        return self.send("/dang-nhap", ten=username, mat_khau=password)


def token_of(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found is not None, "no form on this page"
    return found[1]


@cache
def first_day() -> tuple[Path, dict[str, Slip]]:
    """An installation made once in a test run: migrating takes longer than most tests."""
    folder = Path(mkdtemp(prefix="chuky-"))
    atexit.register(rmtree, folder)
    house = build_inline(read_settings(data=folder), Watch())
    house.prepare()
    with house.open_uow() as uow:
        units.add_units(uow, UNITS, actor=OPERATOR, now=NOON, day=date(2020, 1, 1))
        slips = accounts.create_accounts(uow, PEOPLE, actor=OPERATOR, now=NOON)
    house.close()
    return folder / "chuky.sqlite3", {slip.account.username: slip for slip in slips}


def found(folder: Path, **settings: object) -> Installation:
    """A copy of it in `folder`: everybody has a slip; nobody has a password yet."""
    database, slips = first_day()
    copyfile(database, folder / database.name)
    clock = Watch()
    return Installation(build_inline(read_settings(data=folder, **settings), clock), clock, slips)


def give_password(installation: Installation, *usernames: str) -> None:
    """Let these people sign in with `PASSWORD`."""
    people = [installation.account(username) for username in usernames]
    with installation.house.open_uow() as uow:
        for account in people:
            uow.accounts.save(replace(account, password_hash=cheap_hash(), must_change_password=False))


@cache
def cheap_hash() -> str:
    return CHEAP.hash(PASSWORD)


@cache
def templates() -> Templates:
    return Templates(assets=ASSETS)
