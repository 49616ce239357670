"""What does a person's click cost? The whole command beside its own statements, replayed on the bare driver.

Every command runs in one installation; the very same statements with the very same values then run in a twin of it,
through the driver alone, commit included. So both do the same work on the same rows in the same minute.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import thread_time
from typing import Any

import psycopg
from sqlalchemy import event, make_url

from bench.ground import Ground, Twins
from engine.rules.dossiers import WorkItem, WorkState
from engine.rules.units import Actor
from engine.use_cases import tasks
from engine.use_cases.rehearsal.people import People
from tests.support.postgres import plain

Statement = tuple[str, Any, bool]
#: A task, who does it, what they answer.
Asked = tuple[WorkItem, Actor, dict[str, object]]
#: What is done, in this order: each opens the next.
ACTS = ("register", "review")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """CPU seconds of one command, and what it sends to the database."""

    act: str
    database: str
    whole: float
    floor: float  #: its statements on the bare driver
    decide: float  #: the process engine's part of the whole
    statements: int  #: mostly; begin and commit not counted


def measure(twins: Twins, *, chunk: int, chunks: int) -> list[Command]:
    """Let people work in a twin; every act `chunk` times `chunks`, the least chunk counts."""
    return [_measured(twins, act, chunk, chunks) for act in ACTS]


@dataclass(slots=True)
class _Took:
    whole: float = 0
    floor: float = 0
    decide: float = 0
    statements: Counter[int] = field(default_factory=Counter)


def _measured(twins: Twins, act: str, chunk: int, chunks: int) -> Command:
    ground = twins.lived
    work = open_work(ground, act)
    assert len(work) > chunk * chunks, f"{len(work)} open tasks of {act}"
    bare = _bare_driver(twins.bare_url)
    taken = []
    _both(ground, bare, _Took(), *work.pop())  # the process reads units' superiors, deadlines and rest days once
    for number in range(chunks):
        took = _Took()
        for item, actor, answers in work[number * chunk : (number + 1) * chunk]:
            _both(ground, bare, took, item, actor, answers)
        taken.append(took)
    bare.close()
    return Command(
        act=act,
        database=ground.name,
        whole=min(took.whole for took in taken) / chunk,
        floor=min(took.floor for took in taken) / chunk,
        decide=min(took.decide for took in taken) / chunk,
        statements=sum((took.statements for took in taken), Counter[int]()).most_common(1)[0][0],
    )


def _both(ground: Ground, bare: Any, took: _Took, item: WorkItem, actor: Actor, answers: dict[str, object]) -> None:
    decided = ground.runtime.spent
    with _recorded(ground) as said:
        began = thread_time()
        with ground.house.open_uow() as uow:
            tasks.complete_task(uow, item.id, answers, row_version=item.row_version, actor=actor, now=ground.now)
        took.whole += thread_time() - began
    took.decide += ground.runtime.spent - decided
    took.statements[len(said)] += 1
    began = thread_time()
    bare.replay(said)
    took.floor += thread_time() - began


def open_work(ground: Ground, act: str) -> list[Asked]:
    """The open tasks of an act, with who does each and what they answer."""
    people = People(script=ground.script)
    found = []
    with ground.house.read_uow() as uow:
        for item in uow.work.open_after(0):  # type: ignore[arg-type]
            actor = people.actor_of(uow, item, ground.now)
            if item.act == act and item.state is WorkState.OPEN and actor is not None:
                answers = {
                    **people.answers(uow, item, now=ground.now),
                    **({"outcome": "accept"} if act == "review" else {}),
                }
                found.append((item, actor, answers))
    return found


@contextmanager
def _recorded(ground: Ground) -> Iterator[list[Statement]]:
    said: list[Statement] = []

    def hear(_c: Any, _u: Any, statement: str, parameters: Any, _x: Any, many: bool) -> None:
        said.append((statement, parameters, many))

    engine = ground.house.database.engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def _bare_driver(url: str) -> Any:
    return _Sqlite(url) if url.startswith("sqlite") else _Postgres(url)


class _Sqlite:
    def __init__(self, url: str) -> None:
        import sqlite3

        self._connection = sqlite3.connect(make_url(url).database or "", isolation_level=None, cached_statements=512)
        for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "cache_size=-65536"):
            self._connection.execute(f"PRAGMA {pragma}")

    def replay(self, said: Sequence[Statement]) -> None:
        run = self._connection.cursor()
        run.execute("BEGIN IMMEDIATE")
        for statement, parameters, many in said:
            if many:
                run.executemany(statement, parameters)
            else:
                run.execute(statement, parameters)
                if run.description is not None:
                    run.fetchall()
        run.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


class _Postgres:
    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(plain(url), options="-c timezone=UTC")

    def replay(self, said: Sequence[Statement]) -> None:
        with self._connection.cursor() as run:
            for statement, parameters, many in said:
                if many:
                    run.executemany(statement, parameters)
                else:
                    run.execute(statement, parameters)
                    if run.description is not None:
                        run.fetchall()
        self._connection.commit()

    def close(self) -> None:
        self._connection.close()
