"""A migrated database of the test's own, on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.store import Database, SqlUnitOfWork, migrate
from tests.store.samples import compile_sample, no_jobs, read_sample, the_runtime, the_words
from tests.support.postgres import PgServer

Begin = Callable[[], SqlUnitOfWork]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite3"
    migrate.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def pg_template(pg_server: PgServer) -> Iterator[str]:
    """The name of a migrated PostgreSQL database to copy."""
    url = pg_server.create()
    migrate.upgrade(url.render_as_string(hide_password=False))
    assert url.database is not None
    yield url.database
    pg_server.drop(url)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated, empty SQLite database."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'migrated.sqlite3')}"


@pytest.fixture
def migrated_pg_url(pg_server: PgServer, pg_template: str) -> Iterator[str]:
    """A migrated, empty PostgreSQL database."""
    with pg_server.database(template=pg_template) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database; the test runs once on each."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "migrated_pg_url"))


def opened(url: str, pool_size: int = 10) -> Database:
    """The database behind an URL, with packs that are nothing but files."""
    return Database(
        url, read_model=read_sample, compile_diagrams=compile_sample, synchronous="OFF", pool_size=pool_size
    )


@pytest.fixture
def database(migrated_url: str) -> Iterator[Database]:
    """A migrated, empty database, opened."""
    made = opened(migrated_url)
    yield made
    made.close()


@pytest.fixture
def begin(database: Database) -> Begin:
    """Open a transaction that may write."""
    return lambda: database.unit_of_work(the_runtime, no_jobs, the_words)


@pytest.fixture
def look(database: Database) -> Begin:
    """Open a transaction that only reads."""
    return lambda: database.reading(the_runtime, the_words)
