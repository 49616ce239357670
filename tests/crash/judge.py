"""Is the installation whole? What its people were promised, and what must always hold, read from its own tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import text

from api.assembly import House, build
from api.settings import read_settings
from engine.ports.store import UnitOfWork
from engine.rules.decisions import DecisionState
from engine.rules.dossiers import InstanceState, WorkState
from engine.store import audit_log
from tests.crash.clients import Journal

#: Jobs that are not over, in the words of the job library.
_UNFINISHED = "('PENDING', 'ENQUEUED', 'DELAYED')"


@dataclass
class Judge:
    """Reads the installation of `folder` from the outside; every method answers what is wrong, nothing when it is whole."""

    folder: Path
    url: str
    now: datetime

    def __post_init__(self) -> None:
        self.house: House = build(read_settings(data=self.folder, database_url=self.url, demo=True, now=self.now))

    def close(self) -> None:
        self.house.close()

    def busy(self) -> bool:
        """Whether jobs or due timers still wait."""
        with self.house.read_uow() as uow:
            due = uow.timers.next_due()
        return (due is not None and due <= self.now) or self.jobs(f"status IN {_UNFINISHED}") > 0

    def jobs(self, condition: str) -> int:
        """How many jobs there are of a kind."""
        table = "workflow_status" if self.house.settings.url.startswith("sqlite") else "dbos.workflow_status"
        return int(self._rows(f"SELECT count(*) FROM {table} WHERE {condition}")[0][0])

    def open_acts(self) -> set[str]:
        """The acts of the tasks that are still open."""
        return {row.act for row in self._rows("SELECT DISTINCT act FROM ck_work_item WHERE state = 'open'")}

    def deliveries(self) -> Sequence[Any]:
        """Every mail that was promised: key, message_id, state."""
        return self._rows("SELECT key, message_id, state FROM ck_delivery")

    def issued(self) -> int:
        """How many documents came into force."""
        return int(self._rows("SELECT count(*) FROM ck_decision WHERE state = 'issued'")[0][0])

    def everything(self, journal: Journal) -> list[str]:
        """All that is wrong."""
        # Not a reading transaction: an instance is loaded with its lock.
        with self.house.open_uow() as uow:
            audit_log.verify(self.house.session(uow))
            return [
                *self._promises(uow, journal),
                *self._submissions(uow),
                *self._waiting(uow),
                *self._timers(),
                *self._decisions(uow),
                *self._history(uow),
                *[f"incident: {incident.reason}" for incident in uow.incidents.open()],
                *([f"{self.jobs(f'status IN {_UNFINISHED}')} jobs are not over"] if self.busy() else []),
            ]

    def _promises(self, uow: UnitOfWork, journal: Journal) -> Iterator[str]:
        """Every answered receipt stands."""
        yield from journal.faults
        for number, username in journal.done:
            item = uow.work.get(number)  # type: ignore[arg-type]
            account = uow.accounts.find_username(username)
            if item.state is not WorkState.DONE or account is None or item.done_by != account.id:
                yield f"{username} was told that task {number} is done; it is {item.state}"

    def _submissions(self, uow: UnitOfWork) -> Iterator[str]:
        """A task done has one submission, any other has none."""
        kept = Counter(row.work_item_id for row in self._rows("SELECT work_item_id FROM ck_submission"))
        for row in self._rows("SELECT id, state FROM ck_work_item"):
            wanted = 1 if row.state == "done" else 0
            if kept[row.id] != wanted:
                yield f"task {row.id} is {row.state} and has {kept[row.id]} submissions"

    def _waiting(self, uow: UnitOfWork) -> Iterator[str]:
        """What an instance waits for is what lies in the tables: tasks, timers, subscriptions."""
        tables = {
            "tasks": "SELECT instance_id, token FROM ck_work_item WHERE state = 'open'",
            "timers": "SELECT instance_id, token FROM ck_timer WHERE kind = 'process' AND state = 'waiting'",
            "subscriptions": "SELECT instance_id, token FROM ck_subscription",
        }
        stored = {name: {(r.instance_id, r.token) for r in self._rows(sql)} for name, sql in tables.items()}
        running: dict[str, set[tuple[int, str]]] = {name: set() for name in tables}
        for row in self._rows("SELECT id FROM ck_instance"):
            instance = uow.instances.get(row.id)
            if instance.state is InstanceState.ENDED:
                continue
            step = uow.runtime.inspect(uow.models.definition(instance.version), instance.process, instance.blob)
            for name, found in running.items():
                found |= {(row.id, waiting.token) for waiting in getattr(step, name)}
        for name, found in running.items():
            for pair in sorted(found ^ stored[name]):
                yield f"{name} of instance and token {pair}: {'not stored' if pair in found else 'nobody waits for it'}"

    def _timers(self) -> Iterator[str]:
        orphans = self._rows(
            "SELECT t.key FROM ck_timer t LEFT JOIN ck_work_item w ON w.id = t.work_item_id"
            " WHERE t.state = 'waiting' AND t.work_item_id IS NOT NULL AND w.state <> 'open'"
        )
        yield from (f"timer {row.key} reminds of work that is over" for row in orphans)

    def _decisions(self, uow: UnitOfWork) -> Iterator[str]:
        """One number, one row of the register, one file for each; no gap in any book."""
        books: dict[tuple[int, str, int], list[int]] = {}
        register = Counter()
        for row in self._rows("SELECT unit_id, book, year, number, decision_id FROM ck_register_row ORDER BY number"):
            books.setdefault((row.unit_id, row.book, row.year), []).append(row.number)
            register[row.decision_id] += 1
        for book, numbers in books.items():
            if numbers != list(range(1, len(numbers) + 1)):
                yield f"register {book}: {numbers}"
        counters = {(r.unit_id, r.book, r.year): r.last for r in self._rows("SELECT * FROM ck_counter")}
        if counters != {book: len(numbers) for book, numbers in books.items()}:
            yield f"counters {counters} do not fit the registers {books}"
        issued = 0
        for row in self._rows("SELECT id FROM ck_decision"):
            decision = uow.decisions.get(row.id)
            if decision.state is DecisionState.DRAFTED and not register[row.id]:
                continue
            issued += 1
            if decision.state is not DecisionState.ISSUED or register[row.id] != 1:
                yield f"decision {row.id} is {decision.state} with {register[row.id]} rows in the register"
                continue
            for digest in (decision.pdf_sha256, decision.docx_sha256):
                if sha256(self.house.archive.get(digest)).hexdigest() != digest:
                    yield f"decision {row.id}: its file {digest} is another"
        files = self.files()
        if len(files) != 2 * issued:
            yield f"{issued} decisions have {len(files)} files"

    def files(self) -> list[Path]:
        """What lies in the archive, begun files included."""
        return [path for path in (self.folder / "files").rglob("*") if path.is_file()]

    def _history(self, uow: UnitOfWork) -> Iterator[str]:
        """Each decision came into force once, each task was done once, and its line says so."""
        issued = Counter(
            entry.line.document for entry in uow.audit.entries(0, 1_000_000) if entry.line and entry.line.document
        )
        yield from (f"{document} was issued {times} times" for document, times in issued.items() if times != 1)
        found = self._rows("SELECT count(*) FROM ck_decision WHERE state = 'issued'")[0][0]
        if found != len(issued):
            yield f"{found} decisions are issued, {len(issued)} by the audit chain"

    def _rows(self, sql: str) -> Sequence[Any]:
        with self.house.read_uow() as uow:
            return self.house.session(uow).execute(text(sql)).all()
