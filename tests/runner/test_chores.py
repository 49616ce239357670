"""What happens at night: is a changed audit line found, and are copies kept for a week?"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from api.assembly import build_inline
from api.cli import main
from api.settings import read_settings
from documents.keys import TestKeys
from documents.stamping import OutsideStamps, TestStamps, stamp_digest
from engine.errors import Corrupt, SigningFailed
from engine.rules.audit import STAMPED, AuditLine
from engine.runner.chores import copy_tonight, stamp_chain
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


def test_what_came_since_the_last_stamp_is_stamped_and_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, keys = build_inline(read_settings(data=tmp_path), lambda: NOON), TestKeys(tmp_path / "keys")
    house.prepare()

    def stamped(stamp: Callable[[bytes, datetime], bytes]) -> dict[str, object] | None:
        line = stamp_chain(house.database, house.open_uow, stamp, lambda: NIGHT)
        return None if line is None else {n: v for n, v in (line.facts or {}).items() if n in ("first", "last")}

    def sound(root: bytes, at: datetime) -> bytes:
        return stamp_digest(root, TestStamps(keys), at)

    def audited() -> tuple[int, list[str]]:
        code = main(["audit", "verify"])
        return code, [line for line in capsys.readouterr().err.splitlines() if "dấu thời gian" in line or "lần" in line]

    monkeypatch.setenv("CHUKY_DATA", str(tmp_path))
    assert stamped(sound) is None  # nothing has happened yet
    with house.open_uow() as uow:
        units.add_units(uow, UNITS, actor=OPERATOR, now=NOON, day=date(2020, 1, 1))
        count, _ = uow.audit.end()
    assert audited() == (0, [])
    with pytest.raises(SigningFailed):
        stamped(lambda root, at: stamp_digest(root, OutsideStamps("http://127.0.0.1:1/"), at))
    assert (stamped(sound), stamped(sound)) == ({"first": 1, "last": count}, None)
    with house.open_uow() as uow:
        uow.audit.write(AuditLine(at=NOON, actor_name="A", event="opened", target="x"))
    assert stamped(sound) == {"first": count + 1, "last": count + 2}
    code, told = audited()
    assert (code, told) == (
        0,
        [
            f"✓ Gốc Merkle của chuỗi nhật ký: 2 lần đóng dấu thời gian, đến dòng {count + 2}",
            "    lần cuối: 01:30:00 ngày 02/11/2026 (giờ Việt Nam), theo “Máy chủ dấu thời gian thử nghiệm” (thử nghiệm).",
        ],
    )
    with house.open_uow() as uow:
        uow.audit.write(AuditLine(at=NOON, actor_name="A", event="opened", target="y"))
    stamped(lambda _, at: sound(bytes(32), at))  # a token over something else
    code, told = audited()
    assert (code, told[0][0], told[-1]) == (
        1,
        "✗",
        f"    dòng {count + 3} đến {count + 4}: dấu thời gian không đúng",
    )
    with house.open_uow() as uow:
        facts = {"first": 1, "last": 2, "root": "0" * 64, "token": ""}
        uow.audit.write(AuditLine(at=NOON, actor_name="A", event=STAMPED, target="audit", facts=facts))
    assert main(["audit", "verify"]) == 1
    assert (
        capsys.readouterr().err == "✗ Chuỗi nhật ký đã bị sửa: audit chain: entries 1 to 2 are not what was stamped\n"
    )
    house.close()
