"""Are ten thousand units reminded of one deadline though the worker is killed again and again? Each once, none is lost."""

from __future__ import annotations

import faulthandler
import random
import shutil
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection, connect

import pytest

from engine.rules.deadlines import local_day
from engine.store import audit_log
from tests.crash.city import NOVEMBER
from tests.crash.conftest import moved
from tests.crash.installation import Installation, wait_for
from tests.crash.judge import Judge
from tests.support.mail import HOST, SmtpServer

UNITS, AT_ONCE = 10_000, 2
#: Ids of the copies begin here, far from those that the database gives.
_BASE = 1_000_000
#: Seconds for the whole; the usual watchdog of a test would bite on a busy machine.
PATIENCE = 3000
#: The worker is killed when so many mails have arrived (0: while they are still being planned).
KILLS = (0, 0, 500, 2_000, 4_000, 6_000, 8_000, 9_900)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def many(request: pytest.FixtureRequest, writing_city: Path, tmp_path: Path) -> tuple[Path, str]:
    """Folder and database address of a city with ten thousand branches that have still to register."""
    shutil.copytree(writing_city, tmp_path / "data")
    with closing(connect(tmp_path / "data" / "chuky.sqlite3")) as connection:
        _multiply(connection)
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("pg_url")
        moved(tmp_path / "data", url)
    return tmp_path / "data", url


@pytest.mark.long
def test_ten_thousand_units_are_reminded_while_the_worker_is_killed(
    many: tuple[Path, str], smtp_server: SmtpServer
) -> None:
    faulthandler.dump_traceback_later(PATIENCE, exit=True)
    folder, url = many
    wanted = {
        f"digest:{_BASE + n}:{local_day(NOVEMBER).isoformat()}": f"nguoi-{n}@chuky.test" for n in range(1, UNITS + 1)
    }
    environment = {
        "CHUKY_DEMO": "true",
        "CHUKY_NOW": NOVEMBER.isoformat(),
        "CHUKY_WORKER_JOBS": str(AT_ONCE),
        "CHUKY_MAIL_HOST": HOST,
        "CHUKY_MAIL_PORT": str(smtp_server.port),
        "CHUKY_MAIL_SECURITY": "none",
        "CHUKY_MAIL_PER_MINUTE": "6000",
        "CHUKY_MAIL_FROM": "a@chuky.test",
        **({"CHUKY_DATABASE_URL": url} if url else {}),
    }
    installation, chance = Installation(folder, environment), random.Random(1)
    judge = Judge(folder, url, NOVEMBER)
    installation.start()
    for count in KILLS:
        wait_for(
            lambda count=count: len(smtp_server.mails) >= count * UNITS // 10_000,
            PATIENCE,
            lambda: installation.log[-3000:],
        )
        time.sleep(chance.uniform(0.5, 3))
        installation.kill("worker")
    wait_for(lambda: not judge.busy(), PATIENCE, lambda: installation.log[-3000:])
    installation.stop()
    arrived = Counter(str(message["Message-ID"]) for message in smtp_server.messages)
    kept = judge.deliveries()
    assert {row.key for row in kept} == set(wanted)
    assert {row.state for row in kept} == {"sent"}
    assert {f"<{row.message_id}@127.0.0.1>" for row in kept} == set(arrived)
    assert {mail.recipients for mail in smtp_server.mails} == {(address,) for address in wanted.values()}
    # A kill finds at most `AT_ONCE` mails between leaving and being noted; each of those comes once more, as itself.
    assert sum(times - 1 for times in arrived.values()) <= installation.kills * AT_ONCE
    with judge.house.open_uow() as uow:
        audit_log.verify(judge.house.session(uow))
        assert [incident.reason for incident in uow.incidents.open()] == []
    judge.close()


def _multiply(connection: Connection) -> None:
    """Let one branch that has still to register stand there ten thousand times, each with a secretary of its own."""
    [(item, instance, dossier, unit)] = connection.execute(
        "SELECT id, instance_id, dossier_id, unit_id FROM ck_work_item WHERE act = 'register' AND state = 'open'"
        " AND id IN (SELECT work_item_id FROM ck_timer WHERE kind = 'reminder' AND state = 'waiting') LIMIT 1"
    ).fetchall()
    [(position, account)] = connection.execute(
        "SELECT id, account_id FROM ck_position WHERE unit_id = ? AND role = 'secretary'", (unit,)
    ).fetchall()
    # This test is about one deadline and its copies: nobody else is written to, and no campaign begins.
    connection.execute("UPDATE ck_account SET email = NULL")
    connection.execute("UPDATE ck_timer SET state = 'gone' WHERE kind IN ('campaign', 'invitation')")
    new = f"{_BASE} + n"
    _copy(connection, "ck_unit", f"id = {unit}", {"id": new, "code": "code || '-' || n"})
    named = {
        "username": "username || '-' || n",
        "username_key": "username_key || '-' || n",
        "email": "'nguoi-' || n || '@chuky.test'",
    }
    _copy(connection, "ck_account", f"id = {account}", {"id": new, **named})
    _copy(connection, "ck_position", f"id = {position}", {"id": new, "account_id": new, "unit_id": new})
    _copy(connection, "ck_dossier", f"id = {dossier}", {"id": new, "unit_id": new})
    _copy(connection, "ck_instance", f"id = {instance}", {"id": new, "dossier_id": new})
    of_unit = {"instance_id": new, "dossier_id": new, "subject_unit_id": new, "unit_id": new}
    _copy(connection, "ck_work_item", f"id = {item}", {"id": new, **of_unit})
    many = {"id": f"100 * ({new}) + id % 100", "key": "'copy' || n || ':' || key", "work_item_id": new}
    _copy(connection, "ck_timer", f"work_item_id = {item} AND state = 'waiting'", many)
    connection.commit()


def _copy(connection: Connection, table: str, of: str, changed: dict[str, str]) -> None:
    names = [str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")]
    values = ", ".join(changed.get(name, f'"{name}"') for name in names)
    numbers = f"WITH RECURSIVE ns(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM ns WHERE n < {UNITS})"
    columns = ", ".join(f'"{name}"' for name in names)
    connection.execute(f"INSERT INTO {table} ({columns}) {numbers} SELECT {values} FROM {table}, ns WHERE {of}")
