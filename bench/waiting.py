"""Does it matter how many others wait? A click and a tick, with few and with many instances in the same tables.

CPU of this thread and of the database server's processes that work for it: a plan that walks through all that waits
costs there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import thread_time

from sqlalchemy import Connection, Table, text

from bench.command import Asked, open_work
from bench.ground import Ground
from engine.runner.scheduler import Tick
from engine.store.tables import dossiers, instances, subscriptions, timers, work_items
from engine.use_cases import tasks
from engine.use_cases.timers import fire_due_timers

#: Ids of copies begin here, far from those that the databases give.
_BASE = 1_000_000_000
_NEVER = "2090-01-01 00:00:00.000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """CPU seconds among so many waiting instances, the server's included."""

    click: float  #: a whole command of a person
    idle: float  #: a tick when nothing is due
    timer: float  #: one due timer carried out, in a batch


def fill(ground: Ground, count: int) -> list[Asked]:
    """Let `count` more instances wait, copies of a branch that is to register; answer the work that people have."""
    work = open_work(ground, "register")
    item, _, _ = work.pop()
    with ground.house.open_uow() as uow:
        connection = ground.house.session(uow).connection()
        own = {"dossier_id": item.dossier_id, "instance_id": item.instance_id}
        _copy(connection, dossiers, f"id = {own['dossier_id']}", count, {"id": "{base} + n"})
        near = {"id": "{base} + n", "dossier_id": "{base} + n"}
        _copy(connection, instances, f"id = {own['instance_id']}", count, near)
        within = {**near, "instance_id": "{base} + n"}
        _copy(connection, work_items, f"id = {item.id}", count, within)
        many = {**within, "id": "{base} + 100 * n + id % 100"}
        _copy(connection, subscriptions, f"instance_id = {own['instance_id']}", count, many)
        late = {**many, "work_item_id": "{base} + n", "key": "'copy' || n || ':' || key", "due_at": f"'{_NEVER}'"}
        waiting = f"state = 'waiting' AND (instance_id = {own['instance_id']} OR work_item_id = {item.id})"
        del late["dossier_id"]
        _copy(connection, timers, waiting, count, late)
    _settle(ground)
    return work


def measure(grounds: dict[str, Ground], work: dict[str, list[Asked]], *, rounds: int) -> dict[str, Cost]:
    """The cost in each installation, in turn: what hits one hits all."""
    ticks = {name: _tick(ground) for name, ground in grounds.items()}
    servers = {name: _servers(ground) for name, ground in grounds.items()}
    click = dict.fromkeys(grounds, float("inf"))
    idle, timer = dict(click), dict(click)
    for number in range(rounds):
        for name, ground in grounds.items():
            click[name] = min(click[name], _took(servers[name], _click(ground, work[name][number])))
            idle[name] = min(idle[name], *(_took(servers[name], ticks[name]) for _ in range(_TICKS)))
    late = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=1)
    for _ in range(rounds):
        for name, ground in grounds.items():
            timer[name] = min(timer[name], _took(servers[name], _fire(ground, late)) / _FIRED_AT_ONCE)
    return {name: Cost(click=click[name], idle=idle[name], timer=timer[name]) for name in grounds}


_FIRED_AT_ONCE = 4
_TICKS = 5  #: a round; one is too short for the server's clock


def _click(ground: Ground, work: Asked) -> Callable[[], None]:
    item, actor, answers = work

    def click() -> None:
        with ground.house.open_uow() as uow:
            tasks.complete_task(uow, item.id, answers, row_version=item.row_version, actor=actor, now=ground.now)

    return click


def _tick(ground: Ground) -> Tick:
    house = ground.house
    return Tick(open_uow=house.open_uow, read_uow=house.read_uow, fire=fire_due_timers, clock=lambda: ground.now)


def _fire(ground: Ground, now: datetime) -> Callable[[], None]:
    """Timers of registrations that came to nothing: each ends its instance."""

    def fire() -> None:
        with ground.house.open_uow() as uow:
            fire_due_timers(uow, now=now, limit=_FIRED_AT_ONCE)

    return fire


def _took(servers: Sequence[Path], work: Callable[[], object]) -> float:
    served, began = _served(servers), thread_time()
    work()
    return thread_time() - began + _served(servers) - served


def _served(servers: Sequence[Path]) -> float:
    return sum(int(server.read_text("ascii").split()[0]) for server in servers) / 1e9


def _servers(ground: Ground) -> list[Path]:
    """Where Linux tells the CPU nanoseconds of the server's processes for this installation, if they run here."""
    engine = ground.house.database.engine
    if engine.dialect.name == "sqlite":
        return []
    with engine.connect() as connection:
        pids = connection.exec_driver_sql("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        told = [Path(f"/proc/{pid}/schedstat") for (pid,) in pids]
    return [path for path in told if path.exists()]


def _copy(connection: Connection, table: Table, of: str, count: int, changed: dict[str, str]) -> None:
    """Copy rows `count` times in one statement, with these columns changed."""
    names = [column.name for column in table.columns]
    values = [changed[name].format(base=_BASE) if name in changed else f't."{name}"' for name in names]
    quoted = ", ".join(f'"{name}"' for name in names)
    rows = f"WITH RECURSIVE ns(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM ns WHERE n < {count})"
    source = f"SELECT {', '.join(values)} FROM ns, {table.name} t WHERE {of}"
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"INSERT INTO {table.name} ({quoted}) {rows} {source}"))
    else:
        cast = source.replace(f"'{_NEVER}'", f"'{_NEVER}'::timestamp AT TIME ZONE 'UTC'")
        connection.execute(text(f"{rows} INSERT INTO {table.name} ({quoted}) {cast}"))


def _settle(ground: Ground) -> None:
    """Let PostgreSQL learn how its rows lie, as it does by itself in time; SQLite does not."""
    engine = ground.house.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
