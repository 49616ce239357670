"""Versions of offices' own templates: kept in their order, their first use once, taken back only while unused."""

from datetime import timedelta

import pytest

from engine.errors import StaleVersion
from engine.store import Database
from tests.store.samples import NOW, an_office_template, lay_ground, no_jobs, the_runtime, the_words


def test_versions_are_kept_and_marked(database: Database) -> None:
    later = NOW + timedelta(hours=1)
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        assert not uow.office_templates.any()
        first = uow.office_templates.add(an_office_template(ground, 1))
        second = uow.office_templates.add(an_office_template(ground, 2, used_at=None, content={}))
        other = uow.office_templates.add(an_office_template(ground, 1, document="giay", by_id=None))
        assert uow.office_templates.any()
        assert uow.office_templates.of_document(ground.city.id, "mo-hinh", "quyet-dinh") == [second, first]
        assert uow.office_templates.of_unit(ground.city.id) == [other, second, first]
        assert uow.office_templates.of_unit(ground.branch.id) == []
        uow.office_templates.note_use(first.id, NOW)
        uow.office_templates.note_use(first.id, later)
        assert uow.office_templates.get(first.id).used_at == NOW
        assert [uow.office_templates.withdraw(t.id, later) for t in (first, second, second)] == [False, True, False]
        assert uow.office_templates.get(second.id).withdrawn_at == later
        with pytest.raises(StaleVersion):
            uow.office_templates.note_use(second.id, later)


def test_two_writers_do_not_make_the_same_version(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        uow.office_templates.add(an_office_template(ground, 1))
    with pytest.raises(StaleVersion), database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        uow.office_templates.add(an_office_template(ground, 1))
