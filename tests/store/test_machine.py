"""Do committed things stay, and undone things vanish, in whatever order people act? Checked against plain lists."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.errors import StaleVersion
from engine.rules.audit import AuditLine
from engine.rules.dossiers import Dossier
from engine.store import Database, SqlUnitOfWork, audit_log, migrate
from tests.store.conftest import opened
from tests.store.samples import a_line, a_register_row, a_timer, lay_ground, no_jobs, the_runtime, the_words


class Undone(Exception):
    """What undoes a part."""


class Installation(RuleBasedStateMachine):
    """One installation on SQLite, and what it should hold."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="chuky-machine-"))
        self.numbers: list[int] = []
        self.lines: list[AuditLine | None] = []
        self.planned: set[str] = set()
        self.waiting: set[str] = set()
        self.keys = 0

    @initialize()
    def make(self) -> None:
        """A fresh installation with one dossier."""
        url = f"sqlite:///{self.folder / 'db.sqlite3'}"
        migrate.upgrade(url)
        self.database: Database = opened(url)
        with self.begin() as uow:
            self.ground = lay_ground(uow)
        self.dossier: Dossier = self.ground.dossier

    def begin(self) -> SqlUnitOfWork:
        return self.database.unit_of_work(the_runtime, no_jobs, the_words)

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
        shutil.rmtree(self.folder)

    @rule(kept=some.booleans(), inner_kept=some.lists(some.booleans(), max_size=3))
    def issue(self, kept: bool, inner_kept: list[bool]) -> None:
        """Take a number in each savepoint; undo some savepoints, or all of it."""
        numbers, lines = list(self.numbers), list(self.lines)
        try:
            with self.begin() as uow:
                for inner in inner_kept:
                    self.issue_one(uow, inner, numbers, lines)
                if not kept:
                    raise Undone
            self.numbers, self.lines = numbers, lines
        except Undone:
            pass

    def issue_one(self, uow: SqlUnitOfWork, kept: bool, numbers: list[int], lines: list[AuditLine | None]) -> None:
        city, decision = self.ground.city.id, self.ground.decision.id
        try:
            with uow.savepoint():
                number = uow.decisions.take_number(city, "qd", 2027)
                uow.decisions.add_register_row(a_register_row(unit_id=city, decision_id=decision, number=number))
                line = a_line(event="issued", facts={"number": number})
                uow.audit.write(line)
                if not kept:
                    raise Undone
            numbers.append(number)
            lines.append(line)
        except Undone:
            pass

    @rule(kept=some.booleans(), count=some.integers(0, 4))
    def plan(self, kept: bool, count: int) -> None:
        """Plan new timers, and one that is known."""
        keys = [f"k{self.keys + n}" for n in range(count)]
        self.keys += count
        try:
            with self.begin() as uow:
                uow.timers.plan([a_timer(key) for key in [*keys, *sorted(self.planned)[:1]]])
                if not kept:
                    raise Undone
            self.planned |= set(keys)
            self.waiting |= set(keys)
        except Undone:
            pass

    @rule(kept=some.booleans(), limit=some.integers(1, 3))
    def claim(self, kept: bool, limit: int) -> None:
        """Take due timers; a claim that is undone leaves them due."""
        try:
            with self.begin() as uow:
                taken = [timer.key for timer in uow.timers.claim_due(a_line().at, limit)]
                assert taken == sorted(self.waiting)[:limit]
                if not kept:
                    raise Undone
            self.waiting -= set(taken)
        except Undone:
            pass

    @rule(old=some.booleans(), count=some.integers(0, 99))
    def save(self, old: bool, count: int) -> None:
        """Save the dossier, or an old reading of it."""
        reading = replace(self.dossier, row_version=self.dossier.row_version - old, member_count=count)
        try:
            with self.begin() as uow:
                self.dossier = uow.dossiers.save(reading)
            assert not old
        except StaleVersion:
            assert old

    @precondition(lambda self: self.lines)
    @rule(data=some.data())
    def erase(self, data: some.DataObject) -> None:
        """Erase the content of one entry."""
        seq = data.draw(some.integers(1, len(self.lines)))
        with self.begin() as uow:
            uow.audit.erase(seq)
        self.lines[seq - 1] = None

    @invariant()
    def holds_what_it_should(self) -> None:
        """Numbers without a gap, a valid chain of the right lines, the last saved dossier."""
        if not hasattr(self, "ground"):
            return
        with self.database.reading(the_runtime, the_words) as uow:
            rows = uow.decisions.register_rows(self.ground.city.id, 2027)
            assert [row.number for row in rows] == self.numbers == list(range(1, len(self.numbers) + 1))
            assert [entry.line for entry in uow.audit.entries(0, 999)] == self.lines
            assert uow.dossiers.get(self.dossier.id) == self.dossier
            assert (uow.timers.next_due() is not None) == bool(self.waiting)
            audit_log.verify(uow.session)


TestInstallation = Installation.TestCase
TestInstallation.settings = settings(
    max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
