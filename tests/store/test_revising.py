"""Do two designers at the same moment lose anything? One version follows another, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import StaleVersion, WrongState
from engine.rules.units import SYSTEM
from engine.store import SqlUnitOfWork
from engine.use_cases import revising
from tests.store.samples import MODEL, NOW, a_model


def test_of_several_at_the_same_moment_one_goes_on_and_the_others_are_told(begin: Callable[[], SqlUnitOfWork]) -> None:
    with begin() as uow:
        uow.models.deploy(MODEL, NOW)

    def designer(number: int) -> str | None:
        mine = a_model({**MODEL.files, "model.toml": f"tên = '{number}'".encode()})
        try:
            with begin() as uow:
                revising.revise(uow, mine, MODEL.sha256, actor=SYSTEM, now=NOW)
        except StaleVersion:
            return None
        return mine.sha256

    with ThreadPoolExecutor(4) as pool:
        (winner,) = [version for version in pool.map(designer, range(4)) if version]
    with begin() as uow:
        assert [row.version for row in uow.queries.packs()] == [winner, MODEL.sha256]


def test_what_is_no_new_version_is_refused(begin: Callable[[], SqlUnitOfWork]) -> None:
    newer = a_model({**MODEL.files, "model.toml": b"x = 1"})
    with begin() as uow:
        uow.models.deploy(MODEL, NOW)
        revising.revise(uow, newer, MODEL.sha256, actor=SYSTEM, now=NOW)
        with pytest.raises(WrongState, match="nothing_changed"):
            revising.revise(uow, newer, newer.sha256, actor=SYSTEM, now=NOW)
        with pytest.raises(WrongState, match="version_known"):
            revising.revise(uow, MODEL, newer.sha256, actor=SYSTEM, now=NOW)
        with pytest.raises(StaleVersion):
            revising.revise(uow, a_model({"model.toml": b""}), MODEL.sha256, actor=SYSTEM, now=NOW)
