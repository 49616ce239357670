"""Which way is taken, and what waits for a signature from outside: kept on both databases."""

from dataclasses import replace

import pytest

from engine.errors import StaleVersion
from engine.ports.store import NEW
from engine.rules.signings import Signing, SigningStep, Way, WaySetting
from engine.store import Database
from tests.store.samples import NOW, lay_ground, no_jobs, the_runtime, the_words


def test_ways_and_waiting_documents_are_found_again(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        unit = WaySetting(
            id=NEW,
            unit_id=ground.city.id,
            account_id=None,
            way=Way.PAPER,
            picture_sha256="a" * 64,
            at=NOW,
            by_id=ground.account.id,
            row_version=0,
        )
        of_unit = uow.signings.add_setting(unit)
        person = replace(unit, unit_id=None, account_id=ground.account.id, way=None)
        of_person = uow.signings.add_setting(person)
        assert uow.signings.setting(unit_id=ground.city.id) == of_unit
        assert uow.signings.setting(account_id=ground.account.id) == of_person
        assert uow.signings.setting(unit_id=ground.branch.id) is None
        changed = uow.signings.save_setting(replace(of_unit, way=Way.SERVER))
        assert uow.signings.settings() == [changed, of_person]
        signing = Signing(
            id=NEW,
            decision_id=ground.decision.id,
            unit_id=ground.city.id,
            instance_id=ground.instance.id,
            token="7",
            person_way=Way.PAPER,
            seal_way=None,
            step=SigningStep.PAPER,
            given_sha256="b" * 64,
            prepared_sha256="",
            prepared={"start": 5, "at": "2027-11-28T02:15:30+00:00"},
            answer_sha256="",
            scan_sha256="",
            scan_name="",
            scan_type="",
            since=NOW,
            by_id=None,
            by_name="",
            row_version=0,
        )
        kept = uow.signings.add(signing)
        assert (uow.signings.find(ground.decision.id), uow.signings.open()) == (kept, [kept])
        assert uow.signings.on_paper([ground.decision.id]) == {ground.decision.id}
        done = uow.signings.save(replace(kept, step=SigningStep.DONE))
        assert (uow.signings.find(ground.decision.id), uow.signings.open()) == (done, [])
        with pytest.raises(StaleVersion):
            uow.signings.save(kept)
