"""Does every statement of the registers find its rows by an index, however full the tables are?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import ModuleType

import pytest
from sqlalchemy import Select, create_engine
from sqlalchemy.dialects import sqlite

from engine.store import (
    accounts,
    audit_log,
    conversations,
    cycles,
    decisions,
    dossiers,
    instances,
    models,
    outbox,
    switches,
    timers,
    units,
)

MODULES = (
    accounts,
    audit_log,
    conversations,
    cycles,
    decisions,
    dossiers,
    instances,
    models,
    outbox,
    switches,
    timers,
    units,
)
#: Tables that are read whole on purpose: they stay small, or all of it is wanted.
WHOLE = {
    "cycles._ALL",  # a model has one cycle a year
    "decisions._BASES",
    "models._KEYS",
    "units._ALL",
}


def statements() -> Iterator[tuple[str, Select[tuple[object, ...]]]]:
    """Every prebuilt SELECT by name."""
    for module in MODULES:
        for name, value in vars(module).items():
            if isinstance(value, Select):
                yield f"{short(module)}.{name}", value


def short(module: ModuleType) -> str:
    """A module's own name."""
    return module.__name__.rpartition(".")[2]


@pytest.mark.parametrize("name,statement", list(statements()))
def test_the_statement_uses_an_index(sqlite_url: str, name: str, statement: Select[tuple[object, ...]]) -> None:
    binds = statement.compile(dialect=sqlite.dialect()).binds.values()
    compiled = statement.params({bind.key: ["x", "y"] if bind.expanding else None for bind in binds}).compile(
        dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True}
    )
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {compiled}", (None,) * str(compiled).count("?")).all()
    engine.dispose()
    scanned = [row.detail for row in plan if re.match(r"SCAN ck_", row.detail)]
    assert bool(scanned) == (name in WHOLE), scanned
