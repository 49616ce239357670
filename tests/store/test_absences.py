"""Who does whose work, and how much is due: found by day, person and unit, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from engine.errors import StaleVersion
from engine.rules.delegations import Handled
from engine.rules.workload import Demand
from engine.store import Database
from tests.store.samples import (
    NOW,
    TODAY,
    a_delegation,
    a_position,
    a_submission,
    an_account,
    lay_ground,
    no_jobs,
    the_runtime,
    the_words,
)


def test_a_delegation_is_found_by_its_people_unit_and_days(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        other = uow.accounts.add(an_account(username="thay"))
        plain = a_delegation(
            unit_id=ground.city.id, from_id=ground.account.id, to_id=other.id, last_day=TODAY + timedelta(days=2)
        )
        kept = uow.absences.add(replace(plain, ended_at=None))
        ended = uow.absences.add(plain)
        days = [TODAY + timedelta(days=n) for n in (-1, 0, 2, 3)]
        assert [uow.absences.received(other.id, day) for day in days] == [[], [kept], [kept], []]
        assert uow.absences.given(ground.account.id, TODAY) == uow.absences.at_unit(ground.city.id, TODAY) == [kept]
        assert uow.absences.received(ground.account.id, TODAY) == uow.absences.given(other.id, TODAY) == []
        assert uow.absences.of_person(other.id) == uow.absences.of_person(ground.account.id) == [ended, kept]
        assert uow.absences.of_units([ground.city.id], limit=1) == [ended]
        assert uow.absences.of_units([ground.branch.id], limit=9) == []
        saved = uow.absences.save(replace(kept, ended_at=NOW))
        assert (uow.absences.get(kept.id), uow.absences.given(ground.account.id, TODAY)) == (saved, [])
        with pytest.raises(StaleVersion):
            uow.absences.save(kept)


def test_what_was_done_in_anothers_stead_is_told_from_ones_own(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        by, dossier = ground.account.id, ground.dossier.id
        made = uow.absences.add(a_delegation(unit_id=ground.city.id, from_id=by, to_id=by))
        uow.dossiers.add_submission(a_submission(dossier_id=dossier, work_item_id=None, by_id=by, act="request"))
        review = uow.dossiers.add_submission(
            a_submission(dossier_id=dossier, work_item_id=ground.item.id, by_id=by, act="review")
        )
        assert uow.absences.done(made.id) == []
        uow.absences.note(made.id, review.id)
        assert [(work.submission_id, work.name) for work in uow.absences.done(made.id)] == [(review.id, review.title)]
        assert uow.absences.handled(by, [dossier]) == [
            Handled(act="request", unit_id=None, role=None),
            Handled(act="review", unit_id=ground.city.id, role="secretary"),
        ]
        assert uow.absences.handled(by, []) == []


def test_open_work_is_counted_by_day_and_roles(database: Database) -> None:
    with database.unit_of_work(the_runtime, no_jobs, the_words) as uow:
        ground = lay_ground(uow)
        item = ground.item
        assert item.last_day is not None
        span = item.last_day, item.last_day
        asked = Demand(unit_id=item.unit_id, roles=item.roles, last_day=item.last_day, tasks=1)
        assert uow.workload.demands([item.unit_id], *span) == [asked]
        assert [(row.last_day, row.name, row.tasks) for row in uow.workload.due([item.unit_id], *span)] == [
            (item.last_day, item.name, 1)
        ]
        before = item.last_day - timedelta(days=1)
        assert uow.workload.demands([item.unit_id], before, before) == []
        uow.accounts.add_position(a_position(ground.account, ground.city, role="officer", until_day=TODAY))
        found = uow.workload.holders([ground.city.id], TODAY)
        assert ("officer", ground.account.id) in {(h.role, h.account_id) for h in found}
        assert "officer" not in {h.role for h in uow.workload.holders([ground.city.id], TODAY + timedelta(days=1))}
