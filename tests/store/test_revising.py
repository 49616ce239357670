"""Do two designers at the same moment lose anything? One version follows another, on SQLite and on PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import StaleVersion, WrongState
from engine.rules.units import SYSTEM
from engine.store import SqlUnitOfWork
from engine.use_cases import revising, versions
from tests.store.samples import MODEL, NOW, a_model, a_unit


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


def test_of_two_owners_who_want_the_same_key_at_the_same_moment_one_gets_it(begin: Callable[[], SqlUnitOfWork]) -> None:
    with begin() as uow:
        owners = [uow.units.add(a_unit(code=f"XA{n}", name=f"Xã {n}")) for n in range(4)]

    def designer(number: int) -> str | None:
        mine = a_model({"model.toml": f"tên = '{number}'".encode()}, key="cung-ma")
        try:
            with begin() as uow:
                versions.deploy(uow, mine, owner=owners[number], actor=SYSTEM, now=NOW)
        except (StaleVersion, WrongState):
            return None
        return owners[number].code

    with ThreadPoolExecutor(4) as pool:
        (winner,) = [code for code in pool.map(designer, range(4)) if code]
    with begin() as uow:
        assert [(row.key, row.owner_code) for row in uow.queries.packs()] == [("cung-ma", winner)]


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
