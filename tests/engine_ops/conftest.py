"""A founded city to copy, on SQLite and on PostgreSQL; a yard to let diagrams run in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine_ops.yard import Yard
from tests.factories import founded
from tests.support.postgres import PgServer


@pytest.fixture(scope="session")
def founded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The city, to copy."""
    path = tmp_path_factory.mktemp("yard") / "founded.sqlite3"
    founded(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def founded_pg(pg_server: PgServer) -> Iterator[str]:
    """The name of a database with the city, to copy."""
    url = pg_server.create()
    founded(url.render_as_string(hide_password=False))
    assert url.database is not None
    yield url.database
    pg_server.drop(url)


@pytest.fixture
def sqlite_url(founded_file: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(founded_file, tmp_path / 'yard.sqlite3')}"


@pytest.fixture
def city_pg_url(pg_server: PgServer, founded_pg: str) -> Iterator[str]:
    with pg_server.database(template=founded_pg) as url:
        yield url


@pytest.fixture
def small(sqlite_url: str) -> Iterator[Yard]:
    """A yard on SQLite."""
    made = Yard(sqlite_url)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def yard(request: pytest.FixtureRequest) -> Iterator[Yard]:
    """A yard on each database."""
    made = Yard(str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "city_pg_url")))
    yield made
    made.close()
