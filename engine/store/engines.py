"""How are the two databases opened? Fixed habits per dialect, measured."""

from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError
from time import monotonic, sleep
from typing import Any, Literal

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from engine.store import direct
from engine.store.json_codec import dump_json, load_json

Synchronous = Literal["OFF", "NORMAL", "FULL", "EXTRA"]
_BUSY_MS = 30_000
_CACHE_KIB = 64 * 1024
#: Seconds before a setting is tried again.
_PAUSE = 0.05
#: A connection that was used so recently is taken to live.
_RESTED_SECONDS = 1.0


def writing_engine(url: str, *, synchronous: Synchronous = "NORMAL", pool_size: int = 10) -> Engine:
    """Open for transactions that write; on SQLite each takes the write lock at its beginning."""
    # A lock that is only asked for at the first write gave hundreds of "database is locked" in seconds.
    pragmas = [f"synchronous={synchronous}", "foreign_keys=ON"]
    return _engine(url, pool_size, begin="BEGIN IMMEDIATE", pragmas=pragmas)


def reading_engine(url: str, *, pool_size: int = 10) -> Engine:
    """Open for transactions that read one moment of the database and refuse to write."""
    engine = _engine(url, pool_size, begin="BEGIN", pragmas=["query_only=ON"])
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def migrating_engine(url: str) -> Engine:
    """Open to change the schema: without foreign keys on SQLite, or rebuilding a table would delete its children."""
    return _engine(url, 1, begin="BEGIN IMMEDIATE", pragmas=["foreign_keys=OFF"])


def lost_race(error: BaseException) -> str:
    """Why it may work when tried again: "busy" or "taken"; empty when the fault is another."""
    if isinstance(error, NoConnectionFree):
        return "busy"
    if not isinstance(error, DBAPIError):
        return ""
    cause = error.orig
    if isinstance(cause, psycopg.errors.UniqueViolation):
        return "taken"
    if isinstance(error, IntegrityError) and getattr(cause, "sqlite_errorname", "") in _SQLITE_TAKEN:
        return "taken"
    if isinstance(cause, _POSTGRES_BUSY) or getattr(cause, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
        return "busy"
    return ""


_SQLITE_TAKEN = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
_POSTGRES_BUSY = (
    psycopg.errors.DeadlockDetected,
    psycopg.errors.SerializationFailure,
    psycopg.errors.LockNotAvailable,
)


def _engine(url: str, pool_size: int, *, begin: str, pragmas: list[str]) -> Engine:
    sqlite = make_url(url).get_backend_name() == "sqlite"
    engine = create_engine(
        _checked(url),
        json_serializer=dump_json,
        json_deserializer=load_json,
        pool_size=pool_size,
        max_overflow=0,
        connect_args=_sqlite_arguments() if sqlite else _postgres_arguments(),
    )
    if not sqlite:
        _try_rested_connections(engine)
    else:
        _keep_sqlite_habits(engine, begin, [f"busy_timeout={_BUSY_MS}", "journal_mode=WAL", *pragmas])
    return engine


def _checked(url: str) -> str:
    address = make_url(url)
    if address.get_backend_name() not in {"sqlite", "postgresql"}:
        raise ValueError(f"neither SQLite nor PostgreSQL: {address.get_backend_name()}")
    if address.get_backend_name() == "sqlite" and address.database in {None, "", ":memory:"}:
        raise ValueError("SQLite needs a file: readers and writers use connections of their own")
    return url


def _sqlite_arguments() -> dict[str, Any]:
    # isolation_level=None: sqlite3 begins nothing by itself; the "begin" event below does.
    return {"isolation_level": None, "cached_statements": 512, "check_same_thread": False}


def _postgres_arguments() -> dict[str, Any]:
    return {"options": f"-c timezone=UTC -c lock_timeout={_BUSY_MS}", "application_name": "chuky"}


def _try_rested_connections(engine: Engine) -> None:
    """Ask a connection that has rested whether its server is still there; one just used need not be asked each time."""

    @event.listens_for(engine, "checkin")
    def _(connection: object, record: Any) -> None:
        record.info["rests_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def _(connection: Any, record: Any, proxy: object) -> None:
        if monotonic() - record.info.get("rests_since", 0) < _RESTED_SECONDS:
            return
        try:
            connection.execute("")
            connection.rollback()
        except psycopg.Error as error:
            raise DisconnectionError(str(error)) from error  # the pool opens another


def _settle(connection: SqliteConnection, pragma: str) -> None:
    """Apply a setting. SQLite does not wait by itself when another process changes a new file to the write-ahead log."""
    until = monotonic() + _BUSY_MS / 1000
    while True:
        try:
            connection.execute(f"PRAGMA {pragma}")
        except OperationalError as error:
            if "locked" not in str(error) or monotonic() > until:
                raise
            sleep(_PAUSE)
        else:
            return


def _keep_sqlite_habits(engine: Engine, begin: str, pragmas: list[str]) -> None:
    @event.listens_for(engine, "connect")
    def _(connection: SqliteConnection, record: object) -> None:
        for pragma in [*pragmas, f"cache_size=-{_CACHE_KIB}"]:
            _settle(connection, pragma)

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        direct.say(connection, begin)
