"""Do a thousand branches live their whole year to the end, in the memory of a few? Through what `chuky rehearse` calls."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.process import packs
from engine.rules.cycle_models import CycleModel
from engine.rules.dossiers import DossierState

ROOT = Path(__file__).parents[2]
YEAR = 2027
FEW, MANY = 100, 1000
#: Bytes a branch may add to the peak. What grows is what is planned for people who have not acted yet (a few hundred
#: bytes a task) and, up to their fixed limit of 64 MiB a connection, SQLite's pages. An instance kept in memory would
#: add some 10 KiB, its dossier, tasks and history as much again, and a document's page hundreds.
A_BRANCH = 64 * 1024
#: Where a branch's file may end, and (the last) its superiors'.
_ENDS = {
    DossierState.RECOGNISED,
    DossierState.DEFERRED,
    DossierState.NOT_MET,
    DossierState.NOT_PARTICIPATING,
    DossierState.REFUSED,
    DossierState.WITHDRAWN,
    DossierState.CLOSED,
}


def a_pack() -> tuple[Path, CycleModel]:
    """The shipped pack of the annex's model 11."""
    return next((folder, m) for folder in packs.shipped() if "mô hình 11" in (m := packs.read_pack(folder)).source)


def lived(units: int, out: Path) -> Mapping[str, Any]:
    folder, _ = a_pack()
    command = [sys.executable, "-m", "tests.endurance.year", str(folder), str(YEAR), str(units), str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    answer: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.long
def test_a_thousand_branches_live_a_year_in_the_memory_of_a_hundred(tmp_path: Path) -> None:
    few, many = lived(FEW, tmp_path / "few"), lived(MANY, tmp_path / "many")
    for units, year in ((FEW, few), (MANY, many)):
        assert (year["closed"], year["incidents"]) == (True, [])
        assert sum(year["outcome"].values()) == units
        assert year["documents"] > 0
    with closing(sqlite3.connect(tmp_path / "many" / "du-lieu" / "chuky.sqlite3")) as database:
        rows = dict(database.execute("SELECT state, count(*) FROM ck_instance GROUP BY state"))
        assert set(rows) == {"ended"}
        assert rows["ended"] > MANY
        waiting = (
            "SELECT (SELECT count(*) FROM ck_work_item WHERE state = 'open'), (SELECT count(*) FROM ck_subscription)"
        )
        assert database.execute(waiting).fetchone() == (0, 0)
        assert set(dict(database.execute("SELECT state, 1 FROM ck_dossier"))) <= {state.value for state in _ENDS}
        decisions = dict(database.execute("SELECT state, count(*) FROM ck_decision GROUP BY state"))
    assert decisions == {"issued": many["documents"]}
    assert many["peak"] <= few["peak"] + (MANY - FEW) * A_BRANCH
