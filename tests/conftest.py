"""Which real things does a test get by naming them? Databases, a mail server, a browser, a PKCS#11 token.

Nothing here skips: what is missing on the machine fails with the name of its package.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Page

from tests.support.browser import Visitor, new_visitor, running_chromium
from tests.support.mail import SmtpServer, running_smtp
from tests.support.postgres import PgServer, running_server
from tests.support.softhsm import Token, make_token

# A slow machine is no fault of a rule; a build machine repeats the same examples, a developer's looks for new ones.
settings.register_profile("chuky", deadline=None, derandomize=bool(os.environ.get("CI")), print_blob=True)
settings.load_profile("chuky")


@pytest.fixture(scope="session")
def pg_server() -> Iterator[PgServer]:
    """A PostgreSQL server of our own, or the one of CHUKY_TEST_PG_URL."""
    with running_server() as server:
        yield server


@pytest.fixture
def pg_url(pg_server: PgServer) -> Iterator[str]:
    """A fresh, empty PostgreSQL database, dropped after the test."""
    with pg_server.database() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database; the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'chuky.sqlite3'}"
    return str(request.getfixturevalue("pg_url"))


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """A real SMTP server that keeps what it accepts."""
    with running_smtp() as server:
        yield server


# One browser a module, not a session: while it lives, asyncio.run() is refused in this thread.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The machine's Chromium."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visitor]]:
    """Make visitors (`width=`, `javascript=`, `scheme=`); the test fails on any fault that their pages show."""
    visitors: list[Visitor] = []

    def make(**wishes: Any) -> Visitor:
        visitors.append(new_visitor(chromium, **wishes))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
    assert [fault for visitor in visitors for fault in visitor.faults] == []


@pytest.fixture
def page(visit: Callable[..., Visitor]) -> Page:
    """A tab on a phone; the test fails on CSP violations, console and page errors, and resources that fail to load."""
    return visit().open()


@pytest.fixture
def softhsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Token:
    """A SoftHSM token of the test's own, found by this process and its children."""
    token = make_token(tmp_path / "softhsm")
    for name, value in token.environment.items():
        monkeypatch.setenv(name, value)
    return token
