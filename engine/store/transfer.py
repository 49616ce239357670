"""How does an installation move from SQLite to PostgreSQL? Every row, in one command, checked at the end."""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, inspect, select, text
from sqlalchemy.orm import Session

from engine.errors import Corrupt, WrongState
from engine.store import audit_log, migrate
from engine.store.engines import reading_engine, writing_engine
from engine.store.tables import audit_chain, audit_head, metadata

_BATCH = 1000
_JOBS = "workflow_status"  # the job library's table; what still runs there is not copied
_UNFINISHED = ("PENDING", "ENQUEUED", "DELAYED")


def copy_database(
    source_url: str,
    target_url: str,
    *,
    told: Callable[[str, int], None] = lambda _table, _rows: None,
    live: Callable[[Connection], None] | None = None,
) -> dict[str, int]:
    """Copy all tables into an empty database and verify the audit chain there; answer the rows by table.

    `told` hears of each table when it is copied. Refused (`WrongState`): a target that holds rows
    (`target_not_empty`), a source on another revision (`not_migrated`) or with jobs still to run
    (`jobs_waiting`): stop the web processes and let a worker finish first. With `live`, one moment of a source that is in
    use is copied; it sees that moment first, to take its jobs over. A failure leaves the target empty.
    """
    if migrate.current(source_url) != migrate.head():
        raise WrongState("not_migrated", found=migrate.current(source_url), wanted=migrate.head())
    migrate.upgrade(target_url)
    source, target = reading_engine(source_url), writing_engine(target_url)
    try:
        return _copy(source, target, told, live=live)
    finally:
        source.dispose()
        target.dispose()


def _copy(
    source: Engine, target: Engine, told: Callable[[str, int], None], *, live: Callable[[Connection], None] | None
) -> dict[str, int]:
    copied: dict[str, int] = {}
    with source.connect() as reading, target.begin() as writing:
        if live is not None:
            live(reading)
        _check(reading, writing, live=live is not None)
        _defer_references(writing)
        for table in metadata.sorted_tables:
            copied[table.name] = _copy_table(reading, writing, table)
            told(table.name, copied[table.name])
        _renumber(writing)
        _check_copy(writing, copied)
    return copied


def _check(source: Connection, target: Connection, *, live: bool) -> None:
    if not live and inspect(source).has_table(_JOBS):
        count = text(f"SELECT count(*) FROM {_JOBS} WHERE status IN {_UNFINISHED}")  # noqa: S608  # fixed words
        if waiting := source.execute(count).scalar_one():
            raise WrongState("jobs_waiting", count=waiting)
    for table in metadata.sorted_tables:
        if target.execute(select(table).limit(1)).first() is not None:
            raise WrongState("target_not_empty", table=table.name)


def _defer_references(target: Connection) -> None:
    # A row may point to a later one of its own table; a unit's number says nothing about its place in the tree.
    postgresql = target.dialect.name == "postgresql"
    target.execute(text("SET CONSTRAINTS ALL DEFERRED" if postgresql else "PRAGMA defer_foreign_keys=ON"))


def _copy_table(source: Connection, target: Connection, table: Table) -> int:
    count = 0
    for rows in _batches(source, table):
        # The end of the audit chain moves by itself, with each link, once there is one.
        if table is audit_chain:
            audit_log.begin_chain(target)
        if table is not audit_head:
            target.execute(table.insert(), rows)
        count += len(rows)
    return count


def _batches(source: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    result = source.execution_options(yield_per=_BATCH).execute(select(table).order_by(*table.primary_key))
    for rows in result.mappings().partitions():
        yield [dict(row) for row in rows]


def _renumber(target: Connection) -> None:
    """Let ids go on behind the highest copied one."""
    if target.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        if table.autoincrement_column is not None:
            highest = select(func.coalesce(func.max(table.autoincrement_column), 0)).scalar_subquery()
            sequence = func.pg_get_serial_sequence(table.name, table.autoincrement_column.name)
            target.execute(select(func.setval(sequence, highest + 1, False)))  # SQL's is_called


def _check_copy(target: Connection, copied: dict[str, int]) -> None:
    for table in metadata.sorted_tables:
        found = target.execute(select(func.count()).select_from(table)).scalar_one()
        if found != copied[table.name]:
            raise Corrupt(f"{table.name}: {copied[table.name]} rows were copied, {found} arrived")
    audit_log.verify(Session(bind=target))
