"""Is every change of the record found out, and may contents be erased nevertheless?"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from engine.errors import Corrupt, NotFound
from engine.rules.audit import GENESIS, AuditEntry, AuditLine, chain, digest
from engine.store import Database, SqlUnitOfWork, audit_log
from tests.store.samples import ICT, NOW, a_line

Begin = Callable[[], SqlUnitOfWork]

BARE = AuditLine(at=NOW, actor_id=None, actor_name="Hệ thống", event="opened", target="cycle:3", cycle_id=3)


def expected(lines: list[AuditLine]) -> list[AuditEntry]:
    """The chain as the rules make it."""
    entries, previous = [], GENESIS
    for seq, line in enumerate(lines, start=1):
        link = chain(previous, seq, digest(line))
        entries.append(AuditEntry(seq=seq, digest=digest(line), previous=previous, hash=link, line=line))
        previous = link
    return entries


def verify(begin: Begin) -> None:
    """Read the whole chain."""
    with begin() as uow:
        audit_log.verify(uow.session)


def drop_guards(connection: Connection) -> None:
    """Become somebody who may switch the triggers off."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        return
    for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
        connection.execute(text(f"DROP TRIGGER {name}"))


def test_lines_come_back_whole_in_their_chain(begin: Begin) -> None:
    lines = [BARE, a_line(), a_line(dossier_id=13, facts={})]
    with begin() as uow:
        uow.audit.write(lines[0])
        uow.audit.write(lines[1])
    with begin() as uow:
        uow.audit.write(lines[2])
    chained = expected(lines)
    with begin() as uow:
        assert uow.audit.entries(0, 10) == chained
        assert uow.audit.entries(1, 1) == chained[1:2]
        assert uow.audit.of_dossier(12) == chained[1:2]
        assert uow.audit.of_cycle(3) == chained
        assert uow.audit.of_cycle(3, after=2) == chained[2:]
    verify(begin)


def test_a_transaction_reads_its_own_lines(begin: Begin) -> None:
    with begin() as uow:
        uow.audit.write(BARE)
        assert uow.audit.entries(0, 9) == expected([BARE])
        uow.audit.write(BARE)
        assert uow.audit.of_cycle(3) == expected([BARE, BARE])


def test_facts_keep_their_types(begin: Begin) -> None:
    facts = {"day": NOW.date(), "at": NOW, "points": Decimal("8.00"), "inner": {"$day": "x"}, "rows": [{"$plain": 1}]}
    with begin() as uow:
        uow.audit.write(a_line(facts=facts))
    with begin() as uow:
        (entry,) = uow.audit.entries(0, 1)
    assert entry.line == a_line(facts=facts)
    assert repr(entry.line) == repr(a_line(facts=facts))


def test_other_zones_and_types_are_kept_as_what_is_read_back(begin: Begin) -> None:
    with begin() as uow:
        uow.audit.write(a_line(at=NOW.astimezone(ICT), facts={"pair": (1, 2.5), "huge": 1e300}))
    with begin() as uow:
        (entry,) = uow.audit.entries(0, 1)
    assert entry == expected([a_line(facts={"pair": [1, 2.5], "huge": 1e300})])[0]
    verify(begin)


def test_an_erased_content_leaves_the_chain_valid(begin: Begin) -> None:
    with begin() as uow:
        for _ in range(3):
            uow.audit.write(a_line())
    with begin() as uow:
        uow.audit.erase(2)
        with pytest.raises(NotFound):
            uow.audit.erase(4)
    verify(begin)
    chained = expected([a_line()] * 3)
    with begin() as uow:
        assert uow.audit.of_dossier(12) == [chained[0], replace(chained[1], line=None), chained[2]]
        row = uow.session.execute(text("SELECT * FROM ck_audit_content WHERE seq = 2")).mappings().one()
    nothing = dict.fromkeys(("unit_id", "actor_id", "at", "event", "content"))
    assert dict(row) == {"seq": 2, "dossier_id": 12, "cycle_id": 3} | nothing


def test_an_empty_chain_is_valid(begin: Begin) -> None:
    verify(begin)


def test_a_long_chain_is_read_in_batches(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_log, "_BATCH", 3)
    with begin() as uow:
        for _ in range(10):
            uow.audit.write(BARE)
    verify(begin)


TAMPERINGS = {
    "content": "UPDATE ck_audit_content SET content = replace(content, 'submitted', 'accepted') WHERE seq = 2",
    "content gone bad": "UPDATE ck_audit_content SET content = '{}' WHERE seq = 2",
    "content no JSON": "UPDATE ck_audit_content SET content = '{' WHERE seq = 2",
    "place": "UPDATE ck_audit_content SET dossier_id = 99 WHERE seq = 2",
    "actor": "UPDATE ck_audit_content SET actor_id = 99 WHERE seq = 2",
    "digest": f"UPDATE ck_audit SET digest = '{'0' * 64}' WHERE seq = 2",
    "hash": f"UPDATE ck_audit SET hash = '{'0' * 64}' WHERE seq = 2",
    "previous": f"UPDATE ck_audit SET previous = '{'0' * 64}' WHERE seq = 2",
    "content lost": "DELETE FROM ck_audit_content WHERE seq = 2",
    "entry lost": "DELETE FROM ck_audit_content WHERE seq = 2; DELETE FROM ck_audit WHERE seq = 2",
    "end cut off": "DELETE FROM ck_audit_content WHERE seq = 3; DELETE FROM ck_audit WHERE seq = 3",
    "all cut off": "DELETE FROM ck_audit_content; DELETE FROM ck_audit",
    "head moved": "UPDATE ck_audit_head SET seq = 2",
    "head lost": "DELETE FROM ck_audit_head",
}


def finding(database: Database, change: str) -> str:
    """What `verify` says after a change by hand that the triggers could not stop; nothing is kept."""
    with database.engine.connect() as connection, connection.begin() as transaction:
        drop_guards(connection)
        for statement in change.split("; "):
            assert connection.execute(text(statement)).rowcount > 0
        try:
            audit_log.verify(Session(bind=connection))
            return ""
        except Corrupt as corrupt:
            return str(corrupt)
        finally:
            transaction.rollback()


def refusal(database: Database, change: str) -> str:
    """What the database says to a change by hand."""
    try:
        with database.engine.begin() as connection:
            connection.execute(text(change.split("; ", maxsplit=1)[0]))
    except DBAPIError as error:
        return str(error.orig)
    return ""


def test_every_change_by_hand_is_found(database: Database, begin: Begin) -> None:
    with begin() as uow:
        for _ in range(3):
            uow.audit.write(a_line())
    assert {name: bool(finding(database, change)) for name, change in TAMPERINGS.items()} == dict.fromkeys(
        TAMPERINGS, True
    )
    assert finding(database, "UPDATE ck_audit_head SET seq = seq") == ""
    verify(begin)


def test_the_database_refuses_changes_by_hand(database: Database, begin: Begin) -> None:
    with begin() as uow:
        for _ in range(3):
            uow.audit.write(a_line())
    changes = [
        *TAMPERINGS.values(),
        "UPDATE ck_audit_content SET content = NULL, seq = 9 WHERE seq = 2",
        "UPDATE ck_audit_content SET content = NULL, cycle_id = 9 WHERE seq = 2",
    ]
    assert [change for change in changes if "append only" not in refusal(database, change)] == []
    assert refusal(database, "INSERT INTO ck_audit_head VALUES (2, 0, 'x')") != ""
    verify(begin)


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["ck_audit", "ck_audit_content", "ck_audit_head"])
def test_postgresql_refuses_to_empty_the_log(migrated_pg_url: str, table: str) -> None:
    from tests.store.conftest import opened

    database = opened(migrated_pg_url)
    with pytest.raises(DBAPIError, match="append only"), database.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {table} CASCADE"))
    database.close()


def test_many_writers_make_one_chain(begin: Begin) -> None:
    def write(number: int) -> None:
        with begin() as uow:
            for part in range(2):
                uow.audit.write(a_line(at=NOW + timedelta(seconds=number), days_late=part))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(30)))
    verify(begin)
    with begin() as uow:
        entries = uow.audit.entries(0, 100)
    lines = [entry.line for entry in entries if entry.line]
    assert entries == expected(lines)
    assert [line.days_late for line in lines] == [0, 1] * 30
    assert {line.at for line in lines} == {NOW + timedelta(seconds=number) for number in range(30)}
