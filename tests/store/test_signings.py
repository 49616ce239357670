"""Which way is taken, and what waits for a signature from outside: kept on both databases."""

from dataclasses import replace

import pytest

from engine.errors import StaleVersion
from engine.rules.signings import SigningStep, Way
from engine.store import Database
from tests.store.samples import a_signing, a_way_setting, lay_ground, no_jobs, the_runtime, the_words


def test_ways_and_waiting_documents_are_found_again(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        unit = a_way_setting(unit_id=ground.city.id, by_id=ground.account.id)
        of_unit = uow.signings.add_setting(unit)
        person = replace(unit, unit_id=None, account_id=ground.account.id, way=None)
        of_person = uow.signings.add_setting(person)
        assert uow.signings.setting(unit_id=ground.city.id) == of_unit
        assert uow.signings.setting(account_id=ground.account.id) == of_person
        assert uow.signings.setting(unit_id=ground.branch.id) is None
        changed = uow.signings.save_setting(replace(of_unit, way=Way.SERVER))
        assert uow.signings.settings() == [changed, of_person]
        signing = a_signing(decision_id=ground.decision.id, unit_id=ground.city.id, instance_id=ground.instance.id)
        kept = uow.signings.add(signing)
        assert (uow.signings.find(ground.decision.id), uow.signings.open()) == (kept, [kept])
        assert uow.signings.on_paper([ground.decision.id]) == {ground.decision.id}
        done = uow.signings.save(replace(kept, step=SigningStep.DONE))
        assert (uow.signings.find(ground.decision.id), uow.signings.open()) == (done, [])
        with pytest.raises(StaleVersion):
            uow.signings.save(kept)
