"""People complete tasks and sign decisions while everything is killed: what was answered stands, and stands once."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import pytest

from engine.rules.units import Account
from tests.crash.city import NOW
from tests.crash.clients import Crowd, Journal
from tests.crash.installation import DONE, Installation, Part, wait_for
from tests.crash.judge import Judge

#: Base unions with a deadline group each time, and branches that register for the second year, in the small city.
_GROUPS, _BRANCHES = 4, 10


@pytest.mark.long
def test_a_killed_installation_loses_and_doubles_nothing(sqlite_installation: Installation) -> None:
    _live_through(sqlite_installation, ["all"], seed=1)


@pytest.mark.long
@pytest.mark.parametrize("seed", [2, 3])
def test_it_may_be_killed_in_any_of_its_parts(sqlite_installation: Installation, seed: int) -> None:
    _live_through(sqlite_installation, ["worker", "all", "web", "worker", "all", "web"], seed=seed)


@pytest.mark.postgres
@pytest.mark.long
@pytest.mark.parametrize("seed", [4, 5])
def test_the_same_on_postgresql(pg_installation: Installation, seed: int) -> None:
    _live_through(pg_installation, ["all", "worker", "web", "all", "worker"], seed=seed)


def _live_through(installation: Installation, killed: Sequence[Part], *, seed: int) -> None:
    """Let people work while the installation is killed, restart it, let it finish, and judge what is left."""
    chance = random.Random(seed)
    judge = Judge(installation.folder, installation.environment.get("CHUKY_DATABASE_URL", ""), NOW)
    journal = Journal()
    installation.start()
    crowd = Crowd(installation.site, _usernames(judge), journal, threads=4)
    crowd.start()
    for part in killed:
        time.sleep(chance.uniform(0.5, 4))
        installation.kill(part)
        if part != "worker":  # that one is started again by the web process
            installation.start()
    wait_for(lambda: not judge.busy() and crowd.idle(), DONE)
    crowd.stop()
    wait_for(lambda: not judge.busy(), DONE)
    installation.stop()
    assert judge.everything(journal) == []
    # Nothing was left for nobody: all that these people can do is done, most of it by a click that was answered.
    assert judge.open_acts() & {"register", "review", "sign"} == set()
    assert judge.issued() == 2 * _GROUPS
    assert len(journal.done) >= 2 * _BRANCHES
    judge.close()


def _usernames(judge: Judge) -> list[str]:
    with judge.house.read_uow() as uow:
        accounts: list[Account] = [
            account
            for unit in uow.units.all()
            for position, account in uow.accounts.at_unit(unit.id)
            if position.role in ("secretary", "officer", "clerk")
        ]
    return [account.username for account in accounts]
