"""A city to live in; the opened one is made once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import Town, founded


@pytest.fixture(scope="session")
def founded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The city on the day before any cycle, to copy."""
    path = tmp_path_factory.mktemp("city") / "founded.sqlite3"
    founded(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def opened_file(founded_file: Path) -> Path:
    """The city with its cycle opened, to copy."""
    path = Path(shutil.copy(founded_file, founded_file.with_name("opened.sqlite3")))
    town = Town(f"sqlite:///{path}")
    town.opens()
    town.close()
    return path


@pytest.fixture
def city(founded_file: Path, tmp_path: Path) -> Iterator[Town]:
    """The city of `tests.factories`, no cycle opened, on 20/8/2026."""
    yield from _lived_in(f"sqlite:///{shutil.copy(founded_file, tmp_path / 'city.sqlite3')}")


@pytest.fixture
def town(opened_file: Path, tmp_path: Path) -> Iterator[Town]:
    """The same with the cycle of 2027 opened."""
    yield from _lived_in(f"sqlite:///{shutil.copy(opened_file, tmp_path / 'town.sqlite3')}")


@pytest.fixture
def any_town(database_url: str) -> Iterator[Town]:
    """The opened city on SQLite and on PostgreSQL."""
    founded(database_url)
    made = Town(database_url)
    made.opens()
    yield made
    made.close()


def _lived_in(url: str) -> Iterator[Town]:
    made = Town(url)
    yield made
    made.close()
