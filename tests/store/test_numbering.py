"""Is every number given once, in order, and without a gap where that is promised, whatever people do and whoever else does?"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.errors import Invalid, Refused
from engine.rules.books import BookMode
from engine.rules.decisions import RegisterRow, RegisterState
from engine.rules.units import UnitId
from engine.store import Database, SqlUnitOfWork, audit_log, migrate
from engine.use_cases import books
from tests.store.conftest import opened
from tests.store.numbering import BLOCK, KEPT, MODES, NOW, OFFICE, day, keeper, make_books, number
from tests.store.samples import lay_ground, no_jobs, the_runtime, the_words

ROOT = Path(__file__).parents[2]
YEAR = 2027


class Undone(Exception):
    """What undoes a transaction."""


@cache
def an_office() -> Path:
    """An installation with a book of each mode, to copy."""
    path = Path(tempfile.mkdtemp(prefix="chuky-office-")) / "db.sqlite3"
    migrate.upgrade(f"sqlite:///{path}")
    database = opened(f"sqlite:///{path}")
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        make_books(uow, lay_ground(uow).city.id)
    database.close()
    return path


class Office(RuleBasedStateMachine):
    """Clerks who number, enter, reserve, void and change their books, day after day."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="chuky-numbers-"))
        self.today = 0
        self.waiting = 0
        self.free: list[int] = []  #: of the blocks, in order

    @initialize()
    def open(self) -> None:
        path = shutil.copy(an_office(), self.folder / "db.sqlite3")
        self.database: Database = opened(f"sqlite:///{path}")
        with self.begin() as uow:
            (self.unit,) = {book.unit_id for book in uow.books.of_units({u.id for u in uow.units.all()})}

    def begin(self) -> SqlUnitOfWork:
        return self.database.unit_of_work(the_runtime, no_jobs, the_words)

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
        shutil.rmtree(self.folder)

    @property
    def now(self) -> datetime:
        return NOW + timedelta(days=self.today)

    def rows(self, kind: str) -> list[RegisterRow]:
        with self.database.reading(the_runtime, the_words) as uow:
            return uow.books.rows_of_book(self.unit, kind, YEAR)

    @rule(kind=some.sampled_from(sorted(MODES)), kept=some.booleans())
    def take(self, kind: str, kept: bool) -> None:
        """Number a paper, or fail after the number was taken."""
        highest = max((row.number for row in self.rows(kind)), default=0)
        try:
            with self.begin() as uow:
                found = number(uow, self.unit, kind, now=self.now)
                if not kept:
                    raise Undone
        except Undone:
            return
        if kind == KEPT:
            assert found is not None
            assert found.number == highest + 1
        elif kind == BLOCK:
            assert (found.number if found else None) == (self.free.pop(0) if self.free else None)
            self.waiting += found is None
        else:
            assert found is None
            self.waiting += 1

    @rule(first=some.integers(1, 40), size=some.integers(1, 3), back=some.integers(0, 2))
    def reserve(self, first: int, size: int, back: int) -> None:
        """Reserve a block; what waited is numbered."""
        numbers = list(range(first, first + size))
        rows = self.rows(BLOCK)
        highest = max((row.number for row in rows), default=0)
        waits = len(self.waits(BLOCK))
        fits = first > highest and not set(numbers) & set(self.free)
        try:
            with self.begin() as uow:
                book = next(b for b in uow.books.of_unit(self.unit) if b.code == BLOCK)
                on = day(max(0, self.today - back))
                books.reserve(
                    uow, book.id, first, numbers[-1], on=on, reason="Giữ", actor=keeper(self.unit), now=self.now
                )
            assert fits
            self.free = sorted(self.free + numbers)[waits:]
            self.waiting -= min(waits, len(numbers))
        except Invalid:
            assert not fits

    @precondition(lambda self: self.waits(OFFICE))
    @rule(number=some.integers(1, 30), back=some.integers(-1, 4))
    def enter(self, number: int, back: int) -> None:
        """Enter a number and a day of the office's own register."""
        rows, on = self.rows(OFFICE), day(self.today - back)
        below = [row.dated for row in rows if row.number < number]
        above = [row.dated for row in rows if row.number > number]
        fits = (
            back >= 0
            and number not in [row.number for row in rows]
            and all(earlier <= on for earlier in below)
            and all(on <= later for later in above)
        )
        try:
            with self.begin() as uow:
                books.enter(uow, self.waits(OFFICE)[0], number, on, sure=True, actor=keeper(self.unit), now=self.now)
            assert fits
            self.waiting -= 1
        except Invalid:
            assert not fits

    @precondition(lambda self: any(self.rows(kind) for kind in MODES))
    @rule(data=some.data())
    def void(self, data: some.DataObject) -> None:
        """Void a number: its row stays."""
        rows = [row for kind in MODES for row in self.rows(kind)]
        row = data.draw(some.sampled_from(rows))
        try:
            with self.begin() as uow:
                books.void(uow, row.id, "Nhầm", actor=keeper(self.unit), now=self.now)
            assert row.state is not RegisterState.VOID
        except Refused:
            assert row.state is RegisterState.VOID

    @rule(days=some.integers(1, 3))
    def sleep(self, days: int) -> None:
        """Days pass."""
        self.today += days

    def waits(self, kind: str) -> list[int]:
        with self.database.reading(the_runtime, the_words) as uow:
            return [a.id for a in uow.books.waiting({self.unit}) if a.kind == kind]

    @invariant()
    def numbers_are_what_they_should_be(self) -> None:
        if not hasattr(self, "unit"):
            return
        for kind in MODES:
            rows = self.rows(kind)
            numbers, days = [row.number for row in rows], [row.dated for row in rows]
            assert numbers == sorted(set(numbers))
            assert days == sorted(days)
            assert kind != KEPT or numbers == list(range(1, len(numbers) + 1))
        assert len(self.waits(OFFICE)) + len(self.waits(BLOCK)) == self.waiting


TestOffice = Office.TestCase
TestOffice.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


# ---- others at the same time


@pytest.fixture
def office(migrated_url: str, begin: Callable[[], SqlUnitOfWork]) -> UnitId:
    """The unit of an office with a book of each mode, on SQLite and PostgreSQL."""
    with begin() as uow:
        unit = lay_ground(uow).city.id
        make_books(uow, unit)
    return unit


def reserved(begin: Callable[[], SqlUnitOfWork], unit: UnitId, first: int, last: int) -> None:
    with begin() as uow:
        book = next(b for b in uow.books.of_unit(unit) if b.code == BLOCK)
        books.reserve(uow, book.id, first, last, on=NOW.date(), reason="Giữ", actor=keeper(unit), now=NOW)


def test_clerks_at_the_same_moment_leave_no_gap(office: UnitId, begin: Callable[[], SqlUnitOfWork]) -> None:
    def clerk(which: int) -> list[int]:
        given = []
        for turn in range(15):
            try:
                with begin() as uow:
                    found = number(uow, office, KEPT)
                    if (turn + which) % 5 == 0:
                        raise Undone
                assert found is not None
                given.append(found.number)
            except Undone:
                pass
        return given

    with ThreadPoolExecutor(4) as pool:
        given = [number for taken in pool.map(clerk, range(4)) for number in taken]
    with begin() as uow:
        rows = uow.books.rows_of_book(office, KEPT, YEAR)
        audit_log.verify(uow.session)
    assert sorted(given) == [row.number for row in rows] == list(range(1, 49))


def test_clerks_at_the_same_moment_take_each_number_of_a_block_once(
    office: UnitId, begin: Callable[[], SqlUnitOfWork]
) -> None:
    reserved(begin, office, 40, 49)
    reserved(begin, office, 60, 69)

    def clerk(_: int) -> list[int | None]:
        given = []
        for _turn in range(8):
            with begin() as uow:
                found = number(uow, office, BLOCK)
            given.append(found.number if found else None)
        return given

    with ThreadPoolExecutor(4) as pool:
        given = [number for taken in pool.map(clerk, range(4)) for number in taken]
    assert sorted(n for n in given if n is not None) == [*range(40, 50), *range(60, 70)]
    with begin() as uow:
        assert len(uow.books.waiting({office})) == given.count(None) == 12


def test_a_number_is_entered_by_one_of_two_clerks(office: UnitId, begin: Callable[[], SqlUnitOfWork]) -> None:
    for _ in range(6):
        with begin() as uow:
            number(uow, office, OFFICE)
    with begin() as uow:
        waiting = [awaited.id for awaited in uow.books.waiting({office})]

    def clerk(awaited: int) -> bool:
        try:
            with begin() as uow:
                books.enter(uow, awaited, 7, date(YEAR, 3, 1), sure=True, actor=keeper(office), now=NOW)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(clerk, waiting))
    with begin() as uow:
        assert [row.number for row in uow.books.rows_of_book(office, OFFICE, YEAR)] == [7]
        assert (won.count(True), len(uow.books.waiting({office}))) == (1, 5)


@pytest.mark.long
@pytest.mark.parametrize("clerks", [1, 3])
def test_killed_clerks_leave_no_gap_and_give_nothing_twice(
    migrated_url: str, office: UnitId, begin: Callable[[], SqlUnitOfWork], clerks: int
) -> None:
    reserved(begin, office, 100, 130)
    command = [sys.executable, "-m", "tests.store.numbering", migrated_url, str(int(office))]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(clerks)]
    heard = [line.split() for _ in range(40) for clerk in running if clerk.stdout for line in [clerk.stdout.readline()]]
    for clerk in running:
        clerk.kill()
    for clerk in running:
        heard += [line.split() for line in clerk.communicate()[0].splitlines()]
    with begin() as uow:
        audit_log.verify(uow.session)
        kept = [row.number for row in uow.books.rows_of_book(office, KEPT, YEAR)]
        block = [row.number for row in uow.books.rows_of_book(office, BLOCK, YEAR)]
        (blocks,) = [uow.books.blocks(book.id) for book in uow.books.of_unit(office) if book.code == BLOCK]
        following = number(uow, office, KEPT)
    told = {kind: [int(line[1]) for line in heard if len(line) == 2 and line[0] == kind] for kind in (KEPT, BLOCK)}
    assert kept == list(range(1, len(kept) + 1))
    assert block == list(range(100, 131))[: len(block)]
    assert blocks[0].taken == len(block)
    for kind, found in ((KEPT, kept), (BLOCK, block)):
        assert len(set(told[kind])) == len(told[kind])
        assert set(told[kind]) <= set(found)
    assert len(kept) - len(told[KEPT]) <= clerks
    assert following is not None
    assert following.number == len(kept) + 1


@pytest.mark.parametrize("mode", list(BookMode))
def test_a_book_that_is_kept_here_again_goes_on_behind_its_highest_number(
    office: UnitId, begin: Callable[[], SqlUnitOfWork], mode: BookMode
) -> None:
    from dataclasses import replace

    with begin() as uow:
        number(uow, office, OFFICE)
    with begin() as uow:
        (awaited,) = uow.books.waiting({office})
        books.enter(uow, awaited.id, 57, date(YEAR, 3, 1), actor=keeper(office), now=NOW)
        book = next(b for b in uow.books.of_unit(office) if b.code == OFFICE)
        books.put_book(uow, replace(book, mode=mode), actor=keeper(office), now=NOW)
        found = number(uow, office, OFFICE)
    assert (found.number if found else None) == (58 if mode is BookMode.KEPT else None)
