"""Is an installation put aside and brought back whole, on either database and across them; is what is damaged refused?"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from engine.errors import Corrupt, NotFound, WrongState
from engine.runner import durable
from engine.runner.backup import Place, back_up, check_whole, promise_again, read_backup, restore
from engine.runner.durable import DurableJobs
from engine.runner.storage import FolderArchive
from engine.store.backups import examine
from engine.store.engines import migrating_engine, writing_engine
from tests.store.conftest import opened
from tests.store.samples import (
    NOW,
    a_blob,
    a_line,
    a_register_row,
    an_account,
    lay_ground,
    no_jobs,
    the_runtime,
    the_words,
)
from tests.store.test_transfer import content, fill
from tests.support.postgres import PgServer


@dataclass
class Installation:
    """A filled installation and where it lies."""

    place: Place
    archive: FolderArchive


@pytest.fixture
def lived(migrated_url: str, tmp_path: Path) -> Installation:
    """An installation with a row in every table, with files, jobs to do and a secret."""
    return filled(migrated_url, tmp_path)


@pytest.fixture
def small(sqlite_url: str, tmp_path: Path) -> Installation:
    """The same on SQLite."""
    return filled(sqlite_url, tmp_path)


def filled(url: str, folder: Path) -> Installation:
    place = Place(url=url, storage=folder / "files", secret=folder / "secret-key")
    database, archive = opened(url), FolderArchive(place.storage)
    fill(database)
    database.close()
    for n in range(3):
        archive.put(f"tệp {n}".encode())
    place.secret.write_bytes(b"bi mat")
    durable.prepare(url)
    promise(url, "mail", "mail:1")
    return Installation(place, archive)


@pytest.fixture(params=["same", pytest.param("other", marks=pytest.mark.long)])
def free(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A place where nothing is yet, on the same kind of database, or on the other."""
    home, here = tmp_path / "moi", str(request.getfixturevalue("migrated_url")).startswith("sqlite")
    if here == (request.param == "same"):
        yield Place(url=f"sqlite:///{home / 'a.sqlite3'}", storage=home / "files", secret=home / "secret-key")
        return
    server: PgServer = request.getfixturevalue("pg_server")
    with server.database() as url:
        yield Place(url=url, storage=home / "files", secret=home / "secret-key")


@pytest.fixture
def corner(tmp_path: Path) -> Place:
    """Such a place on SQLite."""
    home = tmp_path / "goc"
    return Place(url=f"sqlite:///{home / 'a.sqlite3'}", storage=home / "files", secret=home / "secret-key")


def promise(url: str, job: str, key: str) -> None:
    with jobs_of(url) as jobs, writing_engine(url).begin() as connection:
        jobs.bound(connection).enqueue(job, key, {"delivery_id": 1})


class jobs_of:  # noqa: N801  # reads like a function
    def __init__(self, url: str) -> None:
        self._jobs = DurableJobs(url, queues={"mail": "mail"})

    def __enter__(self) -> DurableJobs:
        return self._jobs

    def __exit__(self, *_: object) -> None:
        self._jobs.close()


def rows_at(url: str) -> dict[str, list[tuple[object, ...]]]:
    database = opened(url)
    try:
        return content(database)
    finally:
        database.close()


def test_everything_comes_back(lived: Installation, free: Place, tmp_path: Path) -> None:
    made = back_up(lived.place, tmp_path / "sao-luu", now=NOW)
    assert [(job.job, job.key, dict(job.payload)) for job in made.aside.jobs] == [
        ("mail", "mail:1", {"delivery_id": 1})
    ]
    before = rows_at(lived.place.url)
    restore(read_backup(tmp_path / "sao-luu"), free)
    assert rows_at(free.url) == before
    stored = FolderArchive(free.storage)
    assert sorted(stored.get(digest) for digest in made.files) == [f"tệp {n}".encode() for n in range(3)]
    assert free.secret.read_bytes() == b"bi mat"
    durable.prepare(free.url)
    with jobs_of(free.url) as jobs:
        for _ in range(2):  # a second time changes nothing
            promise_again(free.url, jobs, made.aside.jobs)
        assert jobs.waiting_since() is not None
    again = back_up(free, tmp_path / "lan-hai", now=NOW)
    assert (again.aside.seq, again.aside.hash, again.aside.jobs) == (made.aside.seq, made.aside.hash, made.aside.jobs)
    # New rows follow behind the restored ones.
    database = opened(free.url)
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        assert uow.accounts.add(replace(an_account(), username="moi")).id > 0
    database.close()


def test_a_second_backup_adds_only_what_is_new_and_the_newest_is_taken(small: Installation, tmp_path: Path) -> None:
    out = tmp_path / "sao-luu"
    first = back_up(small.place, out, now=NOW)
    fresh = small.archive.put(b"them")
    second = back_up(small.place, out, now=NOW + timedelta(days=1))
    assert sorted([*first.files, fresh]) == list(second.files)
    assert read_backup(out).note == second.note
    assert read_backup(first.note).files == first.files


def test_a_place_that_is_in_use_is_refused(lived: Installation, corner: Place, tmp_path: Path) -> None:
    made = back_up(lived.place, tmp_path / "sao-luu", now=NOW)
    before = rows_at(lived.place.url)
    with pytest.raises(WrongState) as refused:
        restore(made, lived.place)
    assert refused.value.code == "installation_exists"
    assert rows_at(lived.place.url) == before
    FolderArchive(corner.storage).put(b"cua nguoi khac")
    with pytest.raises(WrongState) as strange:
        restore(made, corner)
    assert (strange.value.code, strange.value.facts["place"]) == ("installation_exists", corner.storage)


def test_a_restore_that_was_broken_off_may_be_repeated(small: Installation, corner: Place, tmp_path: Path) -> None:
    made = back_up(small.place, tmp_path / "sao-luu", now=NOW)
    for digest in made.files[:2]:
        FolderArchive(corner.storage).put(small.archive.get(digest))
    restore(made, corner)
    assert rows_at(corner.url) == rows_at(small.place.url)


def spoil(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw))


def test_a_damaged_backup_is_refused_before_anything_is_touched(sqlite_url: str, tmp_path: Path) -> None:
    place = Place(url=sqlite_url, storage=tmp_path / "files", secret=tmp_path / "secret-key")
    FolderArchive(place.storage).put(b"tep")
    place.secret.write_bytes(b"bi mat")
    back_up(place, tmp_path / "tot", now=NOW)
    parts = sorted(path.relative_to(tmp_path / "tot") for path in (tmp_path / "tot").rglob("*") if path.is_file())
    assert len(parts) == 5
    for number, part in enumerate(parts):
        for change in (spoil, Path.unlink):
            if change is Path.unlink and part.suffix == ".json":
                continue  # without its note there is no backup
            bad = tmp_path / f"hong-{number}-{change.__name__}"
            shutil.copytree(tmp_path / "tot", bad)
            change(bad / part)
            with pytest.raises(WrongState) as refused:
                read_backup(bad)
            assert refused.value.code == "backup_damaged", part
    with pytest.raises(NotFound):
        read_backup(tmp_path / "khong-co")


def test_a_chain_that_was_changed_inside_a_backup_is_found(small: Installation, tmp_path: Path) -> None:
    made = back_up(small.place, tmp_path / "sao-luu", now=NOW)
    assert examine(made.database).seq == made.aside.seq
    with closing(sqlite3.connect(made.database)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE ck_audit_content SET content = '{}' WHERE seq = 1")
        connection.commit()
    with pytest.raises(Corrupt):
        examine(made.database)


def run(place: Place, statement: str) -> None:
    engine = migrating_engine(place.url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_reading_a_whole_installation_finds_what_is_lost_changed_or_does_not_fit(
    migrated_url: str, tmp_path: Path
) -> None:
    place = Place(url=migrated_url, storage=tmp_path / "files", secret=tmp_path / "secret-key")
    archive, database = FolderArchive(place.storage), opened(migrated_url)
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        decision = uow.decisions.save(
            replace(ground.decision, pdf_sha256=archive.put(b"pdf"), docx_sha256=archive.put(b"docx"))
        )
        dated = decision.dated
        assert dated is not None
        for _ in range(decision.number or 0):
            number = uow.decisions.take_number(decision.unit_id, "qd", dated.year)
            row = a_register_row(
                unit_id=decision.unit_id, decision_id=decision.id, number=number, year=dated.year,
                symbol=decision.symbol, dated=dated,
            )  # fmt: skip
            uow.decisions.add_register_row(row)
        uow.dossiers.add_blob(a_blob(dossier_id=ground.dossier.id, sha256=archive.put(b"minh chung")))
    database.close()
    found = check_whole(place.url, archive)
    assert (found.whole, found.files) == (True, 3)
    run(place, "UPDATE ck_register_row SET symbol = '9' WHERE number = 2")
    run(place, "DELETE FROM ck_register_row WHERE number = 3")
    path = next(p for p in place.storage.rglob("*") if p.is_file() and p.read_bytes() == b"pdf")
    path.chmod(0o600)
    path.write_bytes(b"pdF")
    next(p for p in place.storage.rglob("*") if p.is_file() and p.read_bytes() == b"docx").unlink()
    found = check_whole(place.url, archive)
    assert [misfit.code for misfit in found.misfits] == ["row_differs", "number_missing"]
    assert ([s.of for s in found.lost], [s.of for s in found.changed]) == (["decision:1"], ["decision:1"])
    run(place, "DELETE FROM ck_register_row")
    assert [m.code for m in check_whole(place.url, archive).misfits] == ["document_without_row", "number_missing"]
    run(place, "UPDATE ck_decision SET id = id")  # nothing: the chain alone is broken now
    with opened(migrated_url).engine.begin() as connection:
        connection.execute(text("INSERT INTO ck_audit_head (id, seq, hash) VALUES (1, 1, 'x')"))
    with pytest.raises(Corrupt):
        check_whole(place.url, archive)


def test_a_document_whose_files_are_not_those_that_the_chain_knows_is_found(migrated_url: str, tmp_path: Path) -> None:
    place = Place(url=migrated_url, storage=tmp_path / "files", secret=tmp_path / "secret-key")
    archive, database = FolderArchive(place.storage), opened(migrated_url)
    files = {"pdf_sha256": archive.put(b"pdf"), "docx_sha256": archive.put(b"docx")}
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        decision = uow.decisions.save(replace(lay_ground(uow).decision, number=None, **files))
        for facts in ({"decision": int(decision.id), **files}, {"decision": 99, "symbol": "9", **files}):
            uow.audit.write(a_line(event="issued", facts=facts))
    database.close()
    assert [m.code for m in check_whole(place.url, archive).misfits] == ["document_gone"]
    run(place, f"UPDATE ck_decision SET pdf_sha256 = '{archive.put(b'another')}'")
    assert [m.code for m in check_whole(place.url, archive).misfits] == ["file_differs", "document_gone"]
