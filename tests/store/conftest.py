"""A migrated database of the test's own, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from engine.store import Database, SqlUnitOfWork, migrate
from tests.store.samples import compile_sample, no_jobs, read_sample, the_runtime, the_words


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database."""
    migrate.upgrade(database_url)
    opened = Database(database_url, read_model=read_sample, compile_diagrams=compile_sample, synchronous="OFF")
    yield opened
    opened.close()


@pytest.fixture
def begin(database: Database) -> Callable[[], SqlUnitOfWork]:
    """Open a transaction that may write."""
    return lambda: database.unit_of_work(the_runtime, no_jobs, the_words)


@pytest.fixture
def look(database: Database) -> Callable[[], SqlUnitOfWork]:
    """Open a transaction that only reads."""
    return lambda: database.reading(the_runtime, the_words)
