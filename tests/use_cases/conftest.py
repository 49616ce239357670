"""A city to live in; the opened one is made once and copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.factories import Town, founded, moment
from tests.use_cases import living


@pytest.fixture(scope="session")
def founded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The city on the day before any cycle, to copy."""
    path = tmp_path_factory.mktemp("city") / "founded.sqlite3"
    founded(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def opened_file(founded_file: Path) -> Path:
    """The city with its cycle opened, to copy."""
    return _stage(founded_file, "opened", lambda town: town.opens())


@pytest.fixture
def city(founded_file: Path, tmp_path: Path) -> Iterator[Town]:
    """The city of `tests.factories`, no cycle opened, on 20/8/2026."""
    yield from _lived_in(_copied(founded_file, tmp_path))


@pytest.fixture
def town(opened_file: Path, tmp_path: Path) -> Iterator[Town]:
    """The same with the cycle of 2027 opened."""
    yield from _lived_in(_copied(opened_file, tmp_path))


@pytest.fixture
def any_town(database_url: str) -> Iterator[Town]:
    """The opened city on SQLite and on PostgreSQL."""
    founded(database_url)
    made = Town(database_url)
    made.opens()
    yield made
    made.close()


@pytest.fixture(scope="session")
def registered_file(opened_file: Path) -> Path:
    """Every branch registered and accepted, to copy."""
    return _stage(opened_file, "registered", living.registered)


@pytest.fixture(scope="session")
def appraised_file(registered_file: Path) -> Path:
    """The school branch recognised, the others appraised, to copy."""

    def live(town: Town) -> None:
        living.school_recognised(town)
        living.appraised(town)

    return _stage(registered_file, "appraised", live)


@pytest.fixture
def registered(registered_file: Path, tmp_path: Path) -> Iterator[Town]:
    """Every branch is registered and accepted; it is 5/11/2026."""
    yield from _lived_in(_copied(registered_file, tmp_path), "2026-11-05")


@pytest.fixture
def appraised(appraised_file: Path, tmp_path: Path) -> Iterator[Town]:
    """The school branch is recognised, the others are appraised; it is 10/11/2027, the day of their meeting."""
    yield from _lived_in(_copied(appraised_file, tmp_path), "2027-11-10")


def _stage(before: Path, name: str, live: Callable[[Town], object]) -> Path:
    path = Path(shutil.copy(before, before.with_name(f"{name}.sqlite3")))
    town = Town(f"sqlite:///{path}")
    live(town)
    town.close()
    return path


def _copied(file: Path, folder: Path) -> str:
    return f"sqlite:///{shutil.copy(file, folder / 'town.sqlite3')}"


def _lived_in(url: str, day: str = "2026-08-20") -> Iterator[Town]:
    made = Town(url, now=moment(day))
    yield made
    made.close()
