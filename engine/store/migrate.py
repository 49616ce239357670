"""How does a database get the tables of this version? Alembic, driven from here; `versions/` holds the steps.

One transaction for all steps: a step that fails leaves the database as it was, on both dialects. Tables that
are not ours (the job library's) are not looked at.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, BigInteger, Connection, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from engine.errors import Corrupt
from engine.store.columns import ID, Exact, Instant
from engine.store.engines import migrating_engine
from engine.store.tables import PREFIX, metadata

Answer = TypeVar("Answer")

VERSIONS = Path(__file__).parent / "versions"
_VERSION_TABLE = f"{PREFIX}alembic_version"
_LOCK = 0x636B6D67  # any number: two processes that start at once migrate one after the other


def upgrade(database_url: str, *, to: str = "head", versions: Sequence[Path] = (VERSIONS,)) -> None:
    """Bring the database to a revision; do nothing when it is there already.

    Rows that point nowhere afterwards raise `Corrupt`, and nothing is changed.
    """
    _in_transaction(database_url, lambda connection: _upgrade(connection, to, versions))


def current(database_url: str) -> str | None:
    """The revision of the database; None before the first step."""
    return _in_transaction(database_url, lambda connection: _context(connection).get_current_revision())


def head(*, versions: Sequence[Path] = (VERSIONS,)) -> str:
    """The revision that this version of the product needs."""
    revision = _scripts(versions).get_current_head()
    if revision is None:
        raise ValueError(f"no migrations in {versions}")
    return revision


def revisions(*, versions: Sequence[Path] = (VERSIONS,)) -> frozenset[str]:
    """Every revision that this version of the product can come from."""
    return frozenset(script.revision for script in _scripts(versions).walk_revisions())


def differences(database_url: str) -> list[Any]:
    """What the database has otherwise than `tables`; empty when they agree."""
    return _in_transaction(database_url, lambda connection: list(compare_metadata(_context(connection), metadata)))


def draft(database_url: str) -> str:
    """The body of `upgrade()` for a new file under `versions/`, from what `tables` has otherwise; to be read and mended."""
    return _in_transaction(database_url, _draft)


def backup_sqlite(database_url: str, target: Path) -> None:
    """Copy a SQLite database into a new file while it is in use; an existing `target` raises `FileExistsError`."""
    if target.exists():
        raise FileExistsError(target)
    engine = migrating_engine(database_url)
    try:
        connection = engine.raw_connection()
        connection.cursor().execute("VACUUM INTO ?", (str(target),))
        connection.close()
    finally:
        engine.dispose()


def _in_transaction(database_url: str, act: Callable[[Connection], Answer]) -> Answer:
    engine = migrating_engine(database_url)
    try:
        with engine.begin() as connection:
            return act(connection)
    finally:
        engine.dispose()


def _upgrade(connection: Connection, to: str, versions: Sequence[Path]) -> None:
    scripts = _scripts(versions)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    environment = EnvironmentContext(Config(), scripts, fn=lambda revision, _: scripts._upgrade_revs(to, revision))
    with environment:
        environment.configure(connection=connection, **_options(connection))
        environment.run_migrations()
    _check_references(connection)


def _draft(connection: Connection) -> str:
    steps = produce_migrations(_context(connection), metadata).upgrade_ops
    assert steps is not None  # noqa: S101  # Alembic's type allows None, its function never answers it
    code = render_python_code(steps, render_as_batch=True, render_item=_kind_of_column)
    return "\n".join(line for line in code.splitlines() if "# ###" not in line) + "\n"


def _kind_of_column(kind: str, item: object, _: object) -> str | Literal[False]:
    # A version writes the kinds of columns as they are then (see the first one), for `columns` may change.
    if kind != "type" or not isinstance(item, TypeEngine):
        return False
    shape = item.impl_instance if isinstance(item, TypeDecorator) else item
    names = {Exact: "EXACT", Instant: "INSTANT"}
    shapes = {BigInteger: "ID" if item is ID else "sa.BigInteger()", Text: "TEXT", JSON: "DOCUMENT"}
    return names.get(type(item)) or shapes.get(type(shape)) or False


def _check_references(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if lost:
        raise Corrupt(f"after the migration {len(lost)} rows point nowhere, the first in {lost[0][0]}")


def _scripts(versions: Sequence[Path]) -> ScriptDirectory:
    return ScriptDirectory(str(VERSIONS.parent), version_locations=[str(path) for path in versions])


def _context(connection: Connection) -> MigrationContext:
    return MigrationContext.configure(connection, opts=_options(connection))


def _options(connection: Connection) -> dict[str, Any]:
    return {
        "target_metadata": metadata,
        "version_table": _VERSION_TABLE,
        "render_as_batch": connection.dialect.name == "sqlite",
        "include_name": _is_ours,
        "compare_type": True,
        "transactional_ddl": True,
    }


def _is_ours(name: str | None, kind: str, _: object) -> bool:
    return kind != "table" or (name or "").startswith(PREFIX)
