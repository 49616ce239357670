"""Do the migrations make the tables of this version, and keep every row on the way?"""

from __future__ import annotations

import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from engine.errors import Corrupt
from engine.store import migrate
from engine.store.tables import metadata
from tests.store.conftest import opened
from tests.store.samples import a_line, lay_ground, no_jobs, the_runtime, the_words

REBUILD = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"


def upgrade():
    with op.batch_alter_table("ck_unit") as batch:
        batch.add_column(sa.Column("note", sa.Text(), server_default="x"))
        batch.alter_column("place", existing_type=sa.Text(), nullable=True)
{more}
"""
VERSION_TABLE = "ck_alembic_version"


def a_later_step(folder: Path, more: str = "") -> list[Path]:
    """The product's versions and one that rebuilds a table many others point to."""
    folder.mkdir(exist_ok=True)
    (folder / "9999_rebuild.py").write_text(REBUILD.format(head=migrate.head(), more=more), "utf-8")
    return [migrate.VERSIONS, folder]


def content(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of ours."""
    engine = create_engine(url)
    with engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if name != VERSION_TABLE]
        rows = {name: [tuple(row) for row in connection.execute(text(f'SELECT * FROM "{name}"'))] for name in names}
    engine.dispose()
    return rows


def fill(url: str) -> None:
    """One unit of each kind of row that others point to."""
    database = opened(url)
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        lay_ground(uow)
        uow.audit.write(a_line())
    database.close()


def test_the_migrated_database_is_what_the_tables_say(database_url: str) -> None:
    assert migrate.current(database_url) is None
    migrate.upgrade(database_url)
    assert migrate.current(database_url) == migrate.head()
    assert migrate.differences(database_url) == []
    assert set(content(database_url)) == set(metadata.tables)


def test_a_difference_is_seen(migrated_url: str) -> None:
    engine = create_engine(migrated_url)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_ck_timer_state_due_at"))
        connection.execute(text("ALTER TABLE ck_unit ADD COLUMN note TEXT"))
    engine.dispose()
    assert sorted(difference[0] for difference in migrate.differences(migrated_url)) == ["add_index", "remove_column"]


def test_a_second_upgrade_changes_nothing(migrated_url: str) -> None:
    fill(migrated_url)
    before = content(migrated_url)
    migrate.upgrade(migrated_url)
    assert content(migrated_url) == before


def test_tables_of_the_job_library_are_left_alone(migrated_url: str) -> None:
    engine = create_engine(migrated_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE workflow_status (id TEXT)"))
    engine.dispose()
    assert migrate.differences(migrated_url) == []
    migrate.upgrade(migrated_url)
    assert "workflow_status" in content(migrated_url)


def test_rebuilding_a_table_keeps_its_rows_and_those_that_point_to_it(migrated_url: str, tmp_path: Path) -> None:
    fill(migrated_url)
    before = content(migrated_url)
    migrate.upgrade(migrated_url, versions=a_later_step(tmp_path / "later"))
    assert migrate.current(migrated_url) == "9999"
    before["ck_unit"] = [(*row, "x") for row in before["ck_unit"]]
    assert content(migrated_url) == before


@pytest.mark.parametrize("fault", ["    raise ZeroDivisionError", "    op.execute('DELETE FROM nowhere')"])
def test_a_step_that_fails_leaves_the_database_as_it_was(migrated_url: str, tmp_path: Path, fault: str) -> None:
    fill(migrated_url)
    before = content(migrated_url)
    with pytest.raises(Exception, match=r"nowhere|^$"):
        migrate.upgrade(migrated_url, versions=a_later_step(tmp_path / "later", fault))
    assert (content(migrated_url), migrate.current(migrated_url)) == (before, migrate.head())


def test_a_step_on_sqlite_that_loses_a_parent_is_undone(sqlite_url: str, tmp_path: Path) -> None:
    fill(sqlite_url)
    before = content(sqlite_url)
    with pytest.raises(Corrupt, match="point nowhere"):
        migrate.upgrade(sqlite_url, versions=a_later_step(tmp_path / "later", "    op.execute('DELETE FROM ck_unit')"))
    assert content(sqlite_url) == before


def test_two_that_start_at_once_migrate_once(database_url: str) -> None:
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(migrate.upgrade, [database_url, database_url]))
    assert migrate.current(database_url) == migrate.head()
    assert migrate.differences(database_url) == []


def test_a_backup_of_a_database_in_use_is_whole(sqlite_url: str, tmp_path: Path) -> None:
    fill(sqlite_url)
    database = opened(sqlite_url)
    copy = tmp_path / "copy.sqlite3"
    with database.reading(the_runtime, the_words) as uow:
        uow.units.all()
        migrate.backup_sqlite(sqlite_url, copy)
    database.close()
    assert content(f"sqlite:///{copy}") == content(sqlite_url)
    with pytest.raises(FileExistsError):
        migrate.backup_sqlite(sqlite_url, copy)


def test_a_draft_makes_what_is_missing(database_url: str, tmp_path: Path) -> None:
    first = (migrate.VERSIONS / "0001_first_tables.py").read_text("utf-8")
    head = first[: first.index("def upgrade()")]
    body = textwrap.indent(textwrap.dedent(migrate.draft(database_url)), "    ")
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "0001_drafted.py").write_text(f"{head}def upgrade():\n{body}", "utf-8")
    migrate.upgrade(database_url, versions=[tmp_path / "versions"])
    assert migrate.differences(database_url) == []
    assert migrate.draft(database_url).split() == ["pass"]
