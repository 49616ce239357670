"""Which workers live? Each writes a heartbeat; whose heart stopped is found, and its work taken over by one of the others.

The rows lie beside DBOS's tables (not ours: `ck_`), because they are about its executors. Seconds come from the database,
so clocks of machines may differ.
"""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    MetaData,
    Table,
    Text,
    case,
    cast,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.sql.elements import ColumnElement

#: Seconds between two heartbeats, and without one until a worker counts as dead.
BEAT, SILENCE = 10, 60

_metadata = MetaData()
_rows = Table(
    "chuky_executor",
    _metadata,
    Column("id", Text, primary_key=True),
    Column("seen", BigInteger, nullable=False),
)


def new_executor_id() -> str:
    """A name that no other worker has or had: host, process namespace, process, chance."""
    return f"{_here()}/{os.getpid()}/{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class Executors:
    """The heartbeat rows of one installation."""

    engine: Engine

    def prepare(self) -> None:
        """Make the table where it is missing."""
        _metadata.create_all(self.engine)

    def are_prepared(self) -> bool:
        """Whether the table is there."""
        return inspect(self.engine).has_table(_rows.name)

    def beat(self, executor: str) -> None:
        """Say that `executor` lives."""
        with self.engine.begin() as connection:
            seen = _seconds(connection)
            if connection.execute(update(_rows).where(_rows.c.id == executor).values(seen=seen)).rowcount == 0:
                connection.execute(insert(_rows).values(id=executor, seen=seen))

    def leave(self, executor: str) -> None:
        """Forget `executor`: it has stopped, or its work was taken over."""
        with self.engine.begin() as connection:
            connection.execute(delete(_rows).where(_rows.c.id == executor))

    def silence(self) -> int | None:
        """Seconds since the last heartbeat of any worker; None: there is none."""
        with self.engine.connect() as connection:
            return connection.execute(select(_seconds(connection) - func.max(_rows.c.seen))).scalar()

    @contextmanager
    def claimed_dead(self) -> Iterator[list[str]]:
        """Workers that died and that nobody else takes over; they are forgotten when the block ends well.

        A claim is a fresh `seen`: should the claimer die too, the row falls silent again.
        """
        dead = [executor for executor, seen in self._all() if self._claim(executor, seen)]
        yield dead
        for executor in dead:
            self.leave(executor)

    def _all(self) -> list[tuple[str, int]]:
        with self.engine.connect() as connection:
            return [(row.id, row.seen) for row in connection.execute(select(_rows).order_by(_rows.c.id))]

    def _claim(self, executor: str, seen: int) -> bool:
        with self.engine.begin() as connection:
            silent = _rows.c.seen < _seconds(connection) - SILENCE
            asked = update(_rows).where(_rows.c.id == executor, _rows.c.seen == seen)
            if not _is_gone(executor):
                asked = asked.where(silent)
            # One more at least: two claimers in the same second cannot both find `seen`.
            later = case((_rows.c.seen >= _seconds(connection), seen + 1), else_=_seconds(connection))
            return connection.execute(asked.values(seen=later)).rowcount == 1


def _seconds(connection: Connection) -> ColumnElement[int]:
    if connection.dialect.name == "sqlite":
        return cast(func.strftime("%s", "now"), BigInteger)
    return cast(func.extract("epoch", func.clock_timestamp()), BigInteger)


def _here() -> str:
    with suppress(OSError):
        return f"{socket.gethostname()}/{Path('/proc/self/ns/pid').stat().st_ino}"
    return socket.gethostname()


def _is_gone(executor: str) -> bool:
    """Whether the worker ran on this machine and its process is no more: no need to wait for its silence."""
    here, _, rest = executor.rpartition("/")[0].rpartition("/")
    if here != _here() or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
