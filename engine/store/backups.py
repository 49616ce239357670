"""How is a whole database put aside in one file, and brought back to either kind of database?

The file is a SQLite database with every row, whichever database it was taken from: one form to keep, to check and to
restore from, also on the other kind. It shows one moment; nobody has to stop working meanwhile.
"""

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from engine.errors import Corrupt, WrongState
from engine.store import audit_log, migrate
from engine.store.engines import reading_engine
from engine.store.tables import metadata
from engine.store.transfer import copy_database

_UNFINISHED = "('PENDING', 'ENQUEUED', 'DELAYED')"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedJob:
    """A job that was promised and not done."""

    job: str
    key: str
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAside:
    """What a file holds."""

    revision: str
    seq: int  #: length of the audit chain
    hash: str  #: its last hash
    jobs: tuple[PromisedJob, ...]


def put_aside(url: str, target: Path) -> PutAside:
    """Write every row of one moment into a new file, and read it again; an existing `target` raises `FileExistsError`."""
    if target.exists():
        raise FileExistsError(target)
    jobs: list[PromisedJob] = []
    if url.startswith("sqlite"):
        migrate.backup_sqlite(url, target)
        jobs += _jobs_in(f"sqlite:///{target}")
    else:
        copy_database(url, f"sqlite:///{target}", live=lambda connection: jobs.extend(_unfinished(connection)))
    return examine(target, tuple(jobs))


def examine(file: Path, jobs: tuple[PromisedJob, ...] = ()) -> PutAside:
    """Read a file that was put aside from end to end; `Corrupt` when it is not whole."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            fault = connection.execute("PRAGMA integrity_check").fetchone()[0]
            lost = connection.execute("PRAGMA foreign_key_check").fetchone()
            revision = connection.execute("SELECT version_num FROM ck_alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise Corrupt(f"{file.name}: {error}") from error
    if fault != "ok" or lost is not None or revision is None:
        raise Corrupt(f"{file.name}: {fault if fault != 'ok' else 'rows point nowhere'}")
    engine = reading_engine(f"sqlite:///{file}")
    try:
        with engine.connect() as connection:
            seq, last = audit_log.check_chain(connection)
    finally:
        engine.dispose()
    return PutAside(revision=revision[0], seq=seq, hash=last, jobs=jobs)


def is_empty(url: str) -> bool:
    """Whether there is no installation at this address: no file, or no row in any table of ours."""
    if url.startswith("sqlite:///"):
        return not Path(url.removeprefix("sqlite:///")).exists()
    engine = reading_engine(url)
    try:
        with engine.connect() as connection:
            known = set(inspect(connection).get_table_names())
            ours = [table for table in metadata.sorted_tables if table.name in known]
            return all(connection.execute(table.select().limit(1)).first() is None for table in ours)
    finally:
        engine.dispose()


def bring_back(file: Path, url: str) -> None:
    """Bring every row of a file into an empty database, on this version's tables.

    Refused (`WrongState`, `target_not_empty`): a database that has rows. A failure leaves nothing behind.
    """
    if not is_empty(url):
        raise WrongState("target_not_empty", table="")
    with tempfile.TemporaryDirectory(dir=_near(url)) as folder:
        copy = Path(folder) / "phuc-hoi.sqlite3"
        shutil.copyfile(file, copy)
        migrate.upgrade(f"sqlite:///{copy}")
        if url.startswith("sqlite:///"):
            with closing(sqlite3.connect(copy)) as connection:
                connection.execute("PRAGMA journal_mode=DELETE")
            copy.rename(url.removeprefix("sqlite:///"))
        else:
            copy_database(f"sqlite:///{copy}", url, live=lambda _: None)


def _near(url: str) -> Path | None:
    """The folder of an embedded database, so that a finished file is moved there in one step."""
    if not url.startswith("sqlite:///"):
        return None
    folder = Path(url.removeprefix("sqlite:///")).parent
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _jobs_in(url: str) -> tuple[PromisedJob, ...]:
    engine = reading_engine(url)
    try:
        with engine.connect() as connection:
            return _unfinished(connection)
    finally:
        engine.dispose()


def _unfinished(connection: Connection) -> tuple[PromisedJob, ...]:
    schema = "dbos" if connection.dialect.name == "postgresql" else None
    if not inspect(connection).has_table("workflow_status", schema=schema):
        return ()
    of = "dbos." if schema else ""
    statement = (
        f"SELECT COALESCE(i.inputs, s.inputs) FROM {of}workflow_status s "  # noqa: S608  # fixed words
        f"LEFT JOIN {of}workflow_input i ON i.workflow_uuid = s.workflow_uuid "
        f"WHERE s.status IN {_UNFINISHED} ORDER BY s.created_at"
    )
    found = []
    for (inputs,) in connection.execute(text(statement)):
        job, key, payload, _ = json.loads(inputs)["args"]
        found.append(PromisedJob(job=job, key=key, payload=payload))
    return tuple(found)
