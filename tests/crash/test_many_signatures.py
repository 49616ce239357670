"""One person signs over a hundred decisions in one go while the worker is killed: each is signed, numbered and given out once."""

from __future__ import annotations

import random
import time
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from engine.ports.store import NEW, UnitOfWork
from engine.rules.batches import BatchState
from engine.rules.decisions import DecisionState
from engine.rules.dossiers import WorkItem
from engine.rules.units import Account, Position
from engine.use_cases import batches
from engine.use_cases.actors import actor_of
from tests.crash import city
from tests.crash.clients import Journal
from tests.crash.installation import Installation, Part, wait_for
from tests.crash.judge import Judge

#: Base unions of one branch each; the same person signs for all of them.
UNIONS = 120
LONG = 900


@pytest.mark.long
def test_a_batch_outlives_its_workers(tmp_path: Path) -> None:
    folder, chance = tmp_path / "data", random.Random(7)
    city.build(folder, units=UNIONS, each=1)
    installation = Installation(folder, {"CHUKY_DEMO": "true", "CHUKY_NOW": city.NOW.isoformat()})
    judge = Judge(folder, "", city.NOW)
    with judge.house.open_uow() as uow:
        signatory = _signs_everywhere(uow)
    installation.start()
    with judge.house.open_uow() as uow:
        waiting = _to_sign(uow)
        ticked = [(item.id, item.row_version) for item in waiting]
        batch = batches.begin(uow, ticked, actor=actor_of(uow, signatory, now=city.NOW), now=city.NOW)
    for part in ("worker", "all", "worker"):
        time.sleep(chance.uniform(4, 8))
        _kill(installation, part)
    wait_for(lambda: not judge.busy(), LONG, lambda: installation.log[-3000:])
    installation.stop()
    # A worker killed in the middle of a write leaves a begun file (".part") behind, which nobody reads.
    assert [fault for fault in judge.everything(Journal()) if not fault.endswith("files")] == []
    whole = [path for path in judge.files() if not path.name.startswith(".")]
    assert len(whole) == 2 * judge.issued()
    assert len(judge.files()) - len(whole) <= 2 * installation.kills
    with judge.house.read_uow() as uow:
        items = uow.batches.items(batch.id)
        signed = [uow.decisions.get(item.decision_id) for item in items if item.decision_id is not None]
    assert Counter(item.state for item in items) == {BatchState.SIGNED: len(waiting)}
    assert len(waiting) >= 100
    assert {(d.state, d.signer_name) for d in signed} == {(DecisionState.ISSUED, signatory.full_name)}
    assert len({d.pdf_sha256 for d in signed}) == len(waiting)
    judge.close()


def _kill(installation: Installation, part: Part) -> None:
    installation.kill(part)
    if part != "worker":  # that one is started again by the web process
        installation.start()


def _to_sign(uow: UnitOfWork) -> list[WorkItem]:
    return [item for item in uow.work.open_after(0) if item.act == "sign"]  # type: ignore[arg-type]


def _signs_everywhere(uow: UnitOfWork) -> Account:
    """One secretary of a base union becomes secretary of all of them."""
    unions = list(dict.fromkeys(item.unit_id for item in _to_sign(uow)))
    _, signatory = next(pair for pair in uow.accounts.at_unit(unions[0]) if pair[0].role == "secretary")
    for unit_id in unions[1:]:
        for position, _ in uow.accounts.at_unit(unit_id):
            if position.role == "secretary":
                uow.accounts.save_position(replace(position, until_day=date(city.YEAR, 1, 1)))
        uow.accounts.add_position(
            Position(
                id=NEW,
                account_id=signatory.id,
                unit_id=unit_id,
                role="secretary",
                from_day=date(city.YEAR - 2, 1, 1),
                until_day=None,
            )
        )
    return signatory
