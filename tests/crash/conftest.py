"""A small and a larger city, built once and copied; on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from engine.runner import durable
from engine.store.transfer import copy_database
from tests.crash import city
from tests.crash.installation import Installation

Installed = Callable[..., Installation]


@pytest.fixture(scope="session")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two base unions with six branches each, to copy."""
    folder = tmp_path_factory.mktemp("crash") / "small"
    city.build(folder, units=12, each=6)
    return folder


@pytest.fixture(scope="session")
def writing_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in October, before anybody is reminded; to copy."""
    folder = tmp_path_factory.mktemp("crash") / "writing"
    city.build(folder, units=12, each=6, now=city.OCTOBER)
    return folder


@pytest.fixture
def sqlite_installation(small_city: Path, tmp_path: Path) -> Installation:
    """The small city on SQLite, not yet started."""
    return _installed(small_city, tmp_path, "", city.NOW)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def writing_installation(request: pytest.FixtureRequest, writing_city: Path, tmp_path: Path) -> Installation:
    """The writing city, not yet started: at its start two rungs and a campaign fall due."""
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("pg_url")
        moved(writing_city, url)
    return _installed(writing_city, tmp_path, url, city.NOVEMBER)


@pytest.fixture
def pg_installation(small_city: Path, tmp_path: Path, pg_url: str) -> Installation:
    """The same, moved to PostgreSQL."""
    moved(small_city, pg_url)
    return _installed(small_city, tmp_path, pg_url, city.NOW)


def moved(source: Path, url: str) -> None:
    """Move the SQLite database of a folder to an empty PostgreSQL database."""
    copy_database(f"sqlite:///{source / 'chuky.sqlite3'}", url)
    durable.prepare(url)


def _installed(source: Path, folder: Path, url: str, now: datetime) -> Installation:
    shutil.copytree(source, folder / "data")
    environment = {"CHUKY_DEMO": "true", "CHUKY_NOW": now.isoformat()}
    return Installation(folder / "data", {**environment, **({"CHUKY_DATABASE_URL": url} if url else {})})
