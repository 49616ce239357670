"""What happens at night: is a changed audit line found, and are copies kept for a week?"""

import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from api.assembly import build_inline
from api.settings import read_settings
from engine.errors import Corrupt
from engine.runner.chores import copy_tonight
from engine.use_cases import units
from tests.api.houses import NOON, OPERATOR, UNITS

NIGHT = datetime(2026, 11, 1, 18, 30, tzinfo=UTC)  # 01:30 of the next day in Vietnam


def test_a_changed_line_is_found_and_becomes_one_incident(tmp_path: Path) -> None:
    house = build_inline(read_settings(data=tmp_path), lambda: NOON)
    house.prepare()
    with house.open_uow() as uow:
        units.add_units(uow, UNITS, actor=OPERATOR, now=NOON, day=date(2020, 1, 1))
    house.check_audit()
    with closing(sqlite3.connect(tmp_path / "chuky.sqlite3")) as database:
        # As somebody with the file in hand would: the triggers that refuse changes go first.
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute(
            "UPDATE ck_audit_content SET content = replace(content, 'unit_added', 'unit_merged') WHERE seq = 2"
        )
        database.commit()
    for _ in range(2):
        with pytest.raises(Corrupt):
            house.check_audit()
    with house.read_uow() as uow:
        assert [incident.kind for incident in uow.incidents.open()] == ["audit"]
    house.close()


def test_one_copy_a_night_is_kept_for_a_week(tmp_path: Path) -> None:
    database, folder = tmp_path / "chuky.sqlite3", tmp_path / "backup"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE t (n INTEGER)")
        connection.execute("INSERT INTO t VALUES (7)")
        connection.commit()
    made = [copy_tonight(database, folder, NIGHT + timedelta(days=n)) for n in range(9)]
    again = copy_tonight(database, folder, NIGHT + timedelta(days=8, hours=1))
    assert (all(made), again) == (True, None)
    assert sorted(path.name for path in folder.iterdir()) == [
        f"chuky-dem-202611{day:02}.sqlite3" for day in range(4, 11)
    ]
    with closing(sqlite3.connect(folder / "chuky-dem-20261110.sqlite3")) as copy:
        assert copy.execute("SELECT n FROM t").fetchall() == [(7,)]
