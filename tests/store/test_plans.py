"""Does every statement of the registers find its rows by an index, however full the tables are?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType

import pytest
from sqlalchemy import CompoundSelect, Delete, Select, Update, create_engine
from sqlalchemy.dialects import sqlite

from engine.store import (
    accounts,
    audit_log,
    books,
    conversations,
    cycles,
    decisions,
    dossiers,
    instances,
    models,
    outbox,
    remedies,
    switches,
    timers,
    units,
)

MODULES = (
    accounts,
    audit_log,
    books,
    conversations,
    cycles,
    decisions,
    dossiers,
    instances,
    models,
    outbox,
    remedies,
    switches,
    timers,
    units,
)
#: Tables that are read whole on purpose: they stay small, or all of it is wanted.
Statement = Select[tuple[object, ...]] | CompoundSelect[tuple[object, ...]] | Update | Delete

WHOLE = {
    "audit_log._STAMPED",  # at night, and when all is read
    "audit_log._TOLD_FILES",  # when all is read
    "cycles._ALL",  # a model has one cycle a year
    "decisions._BASES",
    "models._KEYS",
    "models._OWNERS",
    "remedies._ALL_FROZEN",  # few documents of an installation are ever replaced, corrected or recalled
    "units._ALL",
    "units._EXISTING",  # what names look like is compared in the program, once for each change of the units
}
#: Statements that want all that is in one state; the others must not walk through them, however many wait.
OF_A_STATE = {
    "instances._OPEN_AFTER",  # a rehearsal asks for what was opened since
    "instances._OPEN_DUE",  # a deadline that is moved concerns its whole cycle
    "outbox._IN_STATE",
    "timers._NEXT_DUE",  # the first of the index
    "timers._WAITING_IN_CYCLE",
}


def statements() -> Iterator[tuple[str, Statement]]:
    """Every prebuilt statement that looks for rows, by name."""
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, Select | CompoundSelect | Update | Delete) and name.isupper():
                yield f"{short(module)}.{name}", value
    for counts in ((1, 0), (0, 1), (2, 2)):
        yield f"timers._gone{counts}", timers._gone(*counts)


def short(module: ModuleType) -> str:
    """A module's own name."""
    return module.__name__.rpartition(".")[2]


@pytest.mark.parametrize("name,statement", list(statements()))
def test_the_statement_uses_an_index(sqlite_url: str, name: str, statement: Statement) -> None:
    compiled = statement.compile(dialect=sqlite.dialect())
    binds = {bind.key: ["x", "y"] if bind.expanding else None for bind in compiled.binds.values()}
    sql = compiled.construct_expanded_state(binds).statement
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?")).all()
    engine.dispose()
    scanned = [row.detail for row in plan if re.match(r"SCAN ck_", row.detail)]
    assert bool(scanned) == (name in WHOLE), scanned
    of_a_state = [row.detail for row in plan if re.search(r"\(state=\?( AND (rowid|id)>\?)?\)$", row.detail)]
    assert bool(of_a_state) == (name in OF_A_STATE), of_a_state
