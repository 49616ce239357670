"""A small and a larger city, built once and copied; on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable
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


@pytest.fixture
def sqlite_installation(small_city: Path, tmp_path: Path) -> Installation:
    """The small city on SQLite, not yet started."""
    return _installed(small_city, tmp_path, "")


@pytest.fixture
def pg_installation(small_city: Path, tmp_path: Path, pg_url: str) -> Installation:
    """The same, moved to PostgreSQL."""
    installation = _installed(small_city, tmp_path, pg_url)
    copy_database(f"sqlite:///{small_city / 'chuky.sqlite3'}", pg_url)
    durable.prepare(pg_url)
    return installation


def _installed(source: Path, folder: Path, url: str) -> Installation:
    shutil.copytree(source, folder / "data")
    environment = {"CHUKY_DEMO": "true", "CHUKY_NOW": city.NOW.isoformat()}
    return Installation(folder / "data", {**environment, **({"CHUKY_DATABASE_URL": url} if url else {})})
