"""Recipients of documents: kept once, received once, found by unit and by how long they wait, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.errors import NotFound
from engine.rules.distribution import Way
from engine.rules.text import fold
from engine.store import Database
from tests.store.samples import NOW, TODAY, a_recipient, lay_ground, no_jobs, the_runtime, the_words


def test_recipients_are_kept_received_and_found(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        decision, unit = ground.decision.id, ground.branch.id
        wanted = [a_recipient(ground, 1, unit_id=unit), a_recipient(ground, 2, way=Way.OPEN, sent_at=None)]
        for _ in range(2):
            uow.distribution.add(wanted)
        first, second = uow.distribution.of_decision(decision)
        assert [replace(r, id=0) for r in (first, second)] == wanted
        assert uow.distribution.get(decision, 2) == second
        with pytest.raises(NotFound):
            uow.distribution.get(decision, 3)
        saved = uow.distribution.save(replace(second, way=Way.MAIL, address="a@b.vn", sent_at=NOW))
        assert uow.distribution.addressed(decision, [unit])
        assert not uow.distribution.addressed(decision, [ground.city.id])
        assert [a.recipient for a in uow.distribution.at_units([unit], waiting=True, limit=9)] == [first]
        later = NOW + timedelta(days=1)
        waiting = uow.distribution.overdue([ground.city.id], later, limit=9)
        assert [(a.recipient, a.issuer) for a in waiting] == [(first, ground.city.name), (saved, ground.city.name)]
        assert uow.distribution.overdue([ground.city.id], NOW, limit=9) == []
        received = [uow.distribution.receive([first.id], at, TODAY, "Lan", None) for at in (NOW, later)]
        assert (received, uow.distribution.get(decision, 1).received_at) == ([1, 0], NOW)
        assert uow.distribution.at_units([unit], waiting=True, limit=9) == []
        assert len(uow.distribution.at_units([unit], waiting=False, limit=9)) == 1


def test_units_are_found_by_what_their_names_codes_and_symbols_look_like(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        ended = uow.units.save(replace(ground.branch, until_day=TODAY))
        for text in (ground.city.name, fold(ground.city.name).upper(), ground.city.code.lower(), ground.city.symbol):
            assert uow.units.alike([text, ended.name, "khong co"]) == [ground.city], text
        assert uow.units.alike([]) == uow.units.alike([""]) == []
