"""Does every value come back whole?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from engine.errors import NotFound, StaleVersion
from engine.ports.queries_admin import LogFilter
from engine.ports.titles import TitleFilter
from engine.rules.cycles import CycleId
from engine.rules.dossiers import DossierState, WorkItemId, WorkState
from engine.rules.units import Unit, UnitId
from engine.store import Database, SqlUnitOfWork, direct
from tests.store.samples import (
    ICT,
    MODEL,
    NOW,
    TODAY,
    a_basis,
    a_blob,
    a_cycle,
    a_day,
    a_deadline,
    a_delivery,
    a_dossier,
    a_line,
    a_member,
    a_model,
    a_position,
    a_register_row,
    a_session,
    a_submission,
    a_subscription,
    a_timer,
    a_title,
    a_token,
    a_unit,
    an_account,
    an_incident,
    lay_ground,
)

Begin = Callable[[], SqlUnitOfWork]


def test_the_ground_comes_back_as_it_was_laid(begin: Begin, look: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
    with look() as uow:
        found = (
            uow.units.get(ground.city.id),
            uow.units.get(ground.branch.id),
            uow.accounts.get(ground.account.id),
            uow.cycles.get(ground.cycle.id),
            uow.dossiers.get(ground.dossier.id),
            uow.work.get(ground.item.id),
            uow.decisions.get(ground.decision.id),
        )
    assert found == (
        ground.city,
        ground.branch,
        ground.account,
        ground.cycle,
        ground.dossier,
        ground.item,
        ground.decision,
    )


def test_fields_that_may_be_empty_come_back_empty(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        dossier = uow.dossiers.add(
            replace(ground.dossier, cohort=None, submitted_at=None, days_late=None, score=None, band=None)
        )
        item = uow.work.add(
            replace(ground.item, token="t2", form=None, deadline=None, last_day=None, done_at=None, done_by=None)
        )
        decision = uow.decisions.add(
            replace(ground.decision, number=None, dated=None, signed_at=None, issued_at=None, content={})
        )
        account = uow.accounts.add(an_account(username="khac", email=None, password_hash=None))
    with begin() as uow:
        found = (
            uow.dossiers.get(dossier.id),
            uow.work.get(item.id),
            uow.decisions.get(decision.id),
            uow.accounts.get(account.id),
        )
    assert found == (dossier, item, decision, account)


def test_instants_come_back_in_utc_whatever_zone_they_came_in(begin: Begin) -> None:
    with begin() as uow:
        account = uow.accounts.add(an_account(created_at=NOW.astimezone(ICT)))
    with begin() as uow:
        assert repr(uow.accounts.get(account.id).created_at) == repr(NOW)


def test_a_naive_instant_is_refused(begin: Begin) -> None:
    with pytest.raises(Exception, match="naive"), begin() as uow:
        uow.accounts.add(an_account(created_at=NOW.replace(tzinfo=None)))


def test_decimals_keep_their_digits(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        uow.dossiers.save(replace(ground.dossier, score=Decimal("80.00")))
    with begin() as uow:
        assert str(uow.dossiers.get(ground.dossier.id).score) == "80.00"


def test_saving_writes_the_whole_value_and_counts_the_version(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        changed = (
            replace(ground.cycle, closed_at=NOW, settings={}),
            replace(ground.dossier, state=DossierState.ACCEPTED, score=None),
            replace(ground.item, state=WorkState.DONE, draft={}),
            replace(ground.decision, subject="Khác", content={"a": Decimal("1.0")}),
        )
        cycle, dossier, item, decision = changed
        saved = (uow.cycles.save(cycle), uow.dossiers.save(dossier), uow.work.save(item), uow.decisions.save(decision))
    with begin() as uow:
        found = (
            uow.cycles.get(cycle.id),
            uow.dossiers.get(dossier.id),
            uow.work.get(item.id),
            uow.decisions.get(decision.id),
        )
    assert found == saved == tuple(replace(value, row_version=2) for value in changed)


@pytest.mark.parametrize("kind", ["cycles", "dossiers", "work", "instances", "decisions"])
def test_an_old_version_is_refused(begin: Begin, kind: str) -> None:
    name = {"cycles": "cycle", "dossiers": "dossier", "work": "item", "instances": "instance", "decisions": "decision"}
    with begin() as uow:
        value = getattr(lay_ground(uow), name[kind])
        first = getattr(uow, kind).save(value)
        with pytest.raises(StaleVersion) as refused:
            getattr(uow, kind).save(value)
        assert getattr(uow, kind).get(value.id) == first
    assert refused.value.code == "stale"


def test_what_is_not_there_is_not_found(begin: Begin) -> None:
    with begin() as uow:
        missing = [uow.units, uow.accounts, uow.cycles, uow.dossiers, uow.work, uow.instances, uow.decisions]
        for register in [*missing, uow.outbox, uow.incidents]:
            with pytest.raises(NotFound):
                register.get(99)
        for change in (lambda: uow.units.save(a_unit(id=99)), lambda: uow.cycles.save(a_cycle(id=99))):
            with pytest.raises(NotFound):
                change()
        with pytest.raises(NotFound):
            uow.models.get("0" * 64)


def test_units_stand_in_a_tree(begin: Begin) -> None:
    with begin() as uow:
        city = uow.units.add(a_unit())
        base = uow.units.add(a_unit(code="B", parent_id=city.id))
        late = uow.units.add(a_unit(code="Đ", parent_id=city.id))
        branch = uow.units.add(a_unit(code="B-1", parent_id=base.id))
    with begin() as uow:
        assert uow.units.path(branch.id) == (branch, base, city)
        assert uow.units.children(city.id) == [base, late]
        assert uow.units.all() == [base, branch, city, late]
        assert (uow.units.find_code("B-1"), uow.units.find_code("b-1")) == (branch, None)
        moved = uow.units.save(replace(branch, parent_id=late.id, successor_id=base.id))
        assert uow.units.path(branch.id) == (moved, late, city)
        with pytest.raises(NotFound):
            uow.units.path(UnitId(99))


def test_a_unit_above_itself_does_not_hang_anyone(begin: Begin) -> None:
    with begin() as uow:
        unit = uow.units.add(a_unit())
        uow.units.save(replace(unit, parent_id=unit.id))
    with begin() as uow:
        assert set(uow.units.path(unit.id)) == {uow.units.get(unit.id)}


def test_people_are_found_by_name_and_address_whatever_the_capitals(begin: Begin) -> None:
    with begin() as uow:
        account = uow.accounts.add(an_account())
        other = uow.accounts.add(an_account(username="khac", email="ANH@example.org"))
    with begin() as uow:
        assert uow.accounts.find_username("BÍ.thư ") == account
        assert uow.accounts.find_username("bi.thu") is None
        assert uow.accounts.find_email("anh@EXAMPLE.org") == [account, other]


def test_two_people_never_differ_by_capitals_only(begin: Begin) -> None:
    with pytest.raises(StaleVersion) as refused, begin() as uow:  # noqa: PT012  # the block is the transaction
        uow.accounts.add(an_account())
        uow.accounts.add(an_account(username="BÍ.THƯ"))
    assert refused.value.code == "taken"


def test_holders_hold_their_position_on_the_day(begin: Begin) -> None:
    with begin() as uow:
        unit = uow.units.add(a_unit())
        people = [uow.accounts.add(an_account(username=name)) for name in ("a", "b", "c", "d", "e")]
        now, before, later, disabled, other = people
        uow.accounts.save(replace(disabled, disabled_at=NOW))
        for person, changes in (
            (now, {}),
            (now, {"role": "deputy"}),
            (before, {"until_day": TODAY - timedelta(days=1)}),
            (later, {"from_day": TODAY}),
            (disabled, {}),
            (other, {"role": "clerk"}),
        ):
            uow.accounts.add_position(a_position(person, unit, **changes))
    with begin() as uow:
        assert uow.accounts.holders(unit.id, ["secretary", "deputy"], TODAY) == [now, later]
        assert uow.accounts.holders(unit.id, iter(["secretary"]), TODAY - timedelta(days=1)) == [now, before]
        assert uow.accounts.holders(unit.id, [], TODAY) == []


def test_positions_are_listed_by_person_and_by_unit(begin: Begin) -> None:
    with begin() as uow:
        unit = uow.units.add(a_unit())
        account = uow.accounts.add(an_account())
        position = uow.accounts.add_position(a_position(account, unit))
        ended = uow.accounts.save_position(replace(position, until_day=TODAY))
    with begin() as uow:
        assert uow.accounts.positions(account.id) == [ended]
        assert uow.accounts.at_unit(unit.id) == [(ended, account)]


def test_sessions_are_seen_and_ended(begin: Begin) -> None:
    later = NOW + timedelta(minutes=5)
    with begin() as uow:
        account = uow.accounts.add(an_account())
        first, second = a_session(account), a_session(account, token_sha256="3" * 64)
        uow.accounts.add_session(first)
        uow.accounts.add_session(second)
        uow.accounts.touch_session(first.token_sha256, later)
        uow.accounts.revoke_sessions(account.id, NOW, first.token_sha256)
        uow.accounts.revoke_sessions(account.id, later)
    with begin() as uow:
        assert uow.accounts.session(first.token_sha256) == replace(first, seen_at=later, revoked_at=NOW)
        assert uow.accounts.session(second.token_sha256) == replace(second, revoked_at=later)
        assert uow.accounts.session("0" * 64) is None


def test_a_token_is_good_once_for_its_purpose_until_it_expires(begin: Begin) -> None:
    with begin() as uow:
        account = uow.accounts.add(an_account())
        token = a_token(account)
        uow.accounts.add_token(token)
        used = [
            uow.accounts.use_token(token.token_sha256, "activate", NOW),
            uow.accounts.use_token(token.token_sha256, "reset", token.expires_at),
            uow.accounts.use_token("0" * 64, "reset", NOW),
            uow.accounts.use_token(token.token_sha256, "reset", NOW),
            uow.accounts.use_token(token.token_sha256, "reset", NOW),
        ]
    assert used == [None, None, None, account.id, None]


def test_packs_are_kept_by_their_files(begin: Begin) -> None:
    newer = a_model({**MODEL.files, "model.toml": b"second"})
    other = a_model({}, key="other")
    with begin() as uow:
        for model in (MODEL, other, newer, MODEL):
            uow.models.deploy(model, NOW)
    with begin() as uow:
        assert uow.models.keys() == ["other", "sample"]
        assert uow.models.latest("sample") == newer
        assert uow.models.latest("nobody") is None
        assert uow.models.get(MODEL.sha256) == MODEL
        assert uow.models.definition(MODEL.sha256).handle == ["cycle.bpmn", "rule.dmn"]
        assert uow.models.definition(MODEL.sha256) is uow.models.definition(MODEL.sha256)


def test_a_model_of_one_unit_is_kept_with_its_owner_and_can_be_hidden_with_its_cycles(begin: Begin) -> None:
    owned = a_model({"model.toml": b"owned"}, key="owned")
    with begin() as uow:
        ground = lay_ground(uow)
        uow.models.deploy(owned, NOW, ground.branch.id)
        cycle = uow.cycles.add(a_cycle(unit_id=ground.branch.id, model="owned", version=owned.sha256))
        uow.dossiers.add(a_dossier(cycle_id=cycle.id, unit_id=ground.branch.id))
        title = a_title(unit_id=ground.branch.id, dossier_id=ground.dossier.id, decision_id=ground.decision.id)
        uow.titles.grant([replace(title, model="owned")])
    everywhere = TitleFilter(day=date(2027, 9, 1), scope=None)
    with begin() as uow:
        assert uow.models.owners() == {"owned": ground.branch.id}
        assert [(p.key, p.owner_code, p.owner) for p in uow.queries.packs()] == [
            ("owned", "CD-01", "Chi đoàn 1"),
            ("sample", None, None),
        ]
        assert uow.models.taken_part_in(["owned", "sample"], [ground.city.id]) == {"owned", "sample"}
        assert uow.models.taken_part_in(["owned"], [UnitId(99)]) == frozenset()
        around = uow.models.owned_around
        heir = uow.units.add(a_unit(code="KHAC", name="Nơi khác"))
        assert (around([ground.city.id], []), around([], [ground.branch.id])) == ({"owned"}, {"owned"})
        assert (around([heir.id], [heir.id]), around([], [])) == (frozenset(), frozenset())
        uow.units.save(replace(ground.branch, successor_id=heir.id))
        assert around([heir.id], []) == around([], [heir.id]) == {"owned"}
        uow.units.save(replace(uow.units.get(heir.id), successor_id=ground.branch.id))  # round and round ends
        assert around([heir.id], []) == {"owned"}
        uow.hide(lambda: uow.models.keys()[:1])  # what is found out while hiding is whole
        seen = (uow.models.keys(), uow.models.latest("owned"), uow.cycles.find("owned", 2027), uow.cycles.all())
        assert seen == (["sample"], None, None, [ground.cycle])
        assert [p.key for p in uow.queries.packs()] == ["sample"]
        assert [row.id for row in uow.queries.cycles([ground.city.id])] == [ground.cycle.id]
        assert uow.titles.page(everywhere, limit=9).total == 0
        for look in (lambda: uow.models.get(owned.sha256), lambda: uow.cycles.get(cycle.id)):
            with pytest.raises(NotFound):
                look()
        with uow.whole():
            assert (uow.models.keys(), uow.cycles.get(cycle.id)) == (["owned", "sample"], cycle)
            assert uow.titles.page(everywhere, limit=9).total == 1
        assert uow.models.latest("owned") is None


def test_open_work_shows_a_model_where_it_waits(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        doer = uow.units.add(a_unit(code="SO", name="Sở"))
        item = uow.work.add(replace(ground.item, token="t2", unit_id=doer.id, state=WorkState.OPEN))
        assert uow.models.taken_part_in(["sample"], [doer.id]) == {"sample"}
        uow.work.save(replace(item, state=WorkState.DONE))
        assert uow.models.taken_part_in(["sample"], [doer.id]) == frozenset()


def test_incidents_of_hidden_models_are_not_found(begin: Begin, look: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        places: list[dict[str, object]] = [{"dossier_id": ground.dossier.id}, {"instance_id": ground.instance.id}, {}]
        made = [uow.incidents.add(an_incident(**place)) for place in places]
    with look() as uow:
        uow.hide(lambda: {"sample"})
        assert uow.incidents.open() == made[2:]
        assert [row.id for row in uow.admin.incidents(resolved=False, limit=9)[0]] == [made[2].id]
        assert uow.incidents.get(made[2].id) == made[2]
        for own in made[:2]:
            with pytest.raises(NotFound):
                uow.incidents.get(own.id)
        with uow.whole():
            assert (uow.incidents.open(), uow.incidents.get(made[0].id)) == (made, made[0])


def test_audit_lines_of_hidden_models_are_not_found(begin: Begin, look: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        nowhere = a_line(dossier_id=None, cycle_id=None, unit_id=None)
        for target in ("opinion:sample/1", "figure:sample/unit_list:1", "figure:sample/waste", "model:sample"):
            uow.audit.write(replace(nowhere, target=target))
        uow.audit.write(replace(nowhere, target="incident:1", dossier_id=ground.dossier.id))
        uow.audit.write(replace(nowhere, target="cycle:1", cycle_id=ground.cycle.id))
        uow.audit.write(replace(nowhere, target="model:sample-2"))
    with look() as uow:
        uow.hide(lambda: {"sample"})
        found = uow.admin.log(LogFilter(), limit=20)
        assert [row.entry.line.target for row in found if row.entry.line is not None] == ["model:sample-2"]
        with uow.whole():
            assert len(uow.admin.log(LogFilter(), limit=20)) == 7


def test_statements_for_one_question_are_not_kept(begin: Begin) -> None:
    def ask(uow: SqlUnitOfWork) -> int:
        found: list[object]
        units = [UnitId(1)]
        found = [uow.programmes.marks(), uow.programmes.bonds(), uow.unit_lists.about("a", 5)]
        found += [uow.absences.of_units(units, limit=5), uow.books.of_units(units), uow.books.waiting(units)]
        assert found == [[]] * 6
        return direct.kept(uow.session.connection())

    with begin() as uow:
        assert ask(uow) == ask(uow)


def test_a_pack_whose_deployment_failed_is_unknown(begin: Begin) -> None:
    with pytest.raises(ZeroDivisionError), begin() as uow:  # noqa: PT012  # the block is the transaction
        uow.models.deploy(MODEL, NOW)
        assert uow.models.get(MODEL.sha256) == MODEL
        raise ZeroDivisionError
    with begin() as uow, pytest.raises(NotFound):
        uow.models.get(MODEL.sha256)


def test_deadlines_are_replaced_whole_and_keep_the_order_of_the_pack(begin: Begin) -> None:
    with begin() as uow:
        cycle = lay_ground(uow).cycle
        second = a_deadline(name="a-later-one", first_day=None, campaign_day=None, last_day=None)
        uow.cycles.set_deadlines(cycle.id, [a_deadline(name="old")])
        uow.cycles.set_deadlines(cycle.id, [a_deadline(), second, a_deadline(group="school")])
    with begin() as uow:
        found = uow.cycles.deadlines(cycle.id, "others")
        assert list(found.items()) == [("register", a_deadline()), ("a-later-one", second)]
        assert (uow.cycles.find("sample", 2027), uow.cycles.find("sample", 2028)) == (cycle, None)
        assert uow.cycles.all() == [cycle]
        uow.cycles.set_deadlines(cycle.id, [])
        assert uow.cycles.deadlines(cycle.id, "others") == {}


def test_dossiers_are_found_by_unit_and_by_cycle(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        cycle, city = ground.cycle.id, ground.city.id
        second = uow.units.add(a_unit(code="CD-00", parent_id=city))
        other = uow.dossiers.add(replace(ground.dossier, unit_id=second.id, group="others", state=DossierState.DRAFT))
        above = uow.dossiers.add(replace(ground.dossier, unit_id=city, process="doan_co_so"))
    with begin() as uow:
        register = uow.dossiers
        assert register.find(cycle, second.id, "chi_doan", "others") == other
        assert register.find(cycle, second.id, "chi_doan", "school") is None
        assert register.below(cycle, city, "chi_doan") == [other, ground.dossier]
        assert register.below(cycle, city, "chi_doan", "school") == [ground.dossier]
        assert register.below(CycleId(99), city, "chi_doan") == []
        assert register.of_cycle(cycle) == [ground.dossier, other, above]
        assert register.of_unit(city) == [above]
        assert register.count_by_state(cycle) == {
            ("chi_doan", DossierState.DRAFT): 1,
            ("chi_doan", DossierState.SUBMITTED): 1,
            ("doan_co_so", DossierState.SUBMITTED): 1,
        }


def test_members_are_replaced_whole(begin: Begin) -> None:
    with begin() as uow:
        dossier = lay_ground(uow).dossier.id
        first = a_member(dossier_id=dossier)
        uow.dossiers.set_members(dossier, [first])
        kept = [a_member(dossier_id=dossier, full_name="Ý", birth_year=None, self_result=None, result=None), first]
        uow.dossiers.set_members(dossier, kept)
    with begin() as uow:
        found = uow.dossiers.members(dossier)
        assert [replace(member, id=0) for member in found] == kept
        uow.dossiers.set_members(dossier, found[:1])
        assert uow.dossiers.members(dossier) == found[:1]
        uow.dossiers.set_members(dossier, [])
        assert uow.dossiers.members(dossier) == []


def test_submissions_come_in_the_order_of_time(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        mine = {"dossier_id": ground.dossier.id, "work_item_id": ground.item.id, "by_id": ground.account.id}
        late = uow.dossiers.add_submission(a_submission(**mine, at=NOW + timedelta(days=1)))
        early = uow.dossiers.add_submission(a_submission(**mine))
        other = uow.dossiers.add_submission(
            a_submission(**mine, act="review", form=None, deadline=None, last_day=None, days_late=None, answers={})
        )
    with begin() as uow:
        assert uow.dossiers.submissions(ground.dossier.id) == [early, other, late]
        assert uow.dossiers.submissions(ground.dossier.id, "register") == [early, late]
        assert uow.dossiers.latest_submission(ground.dossier.id, "register") == late
        assert uow.dossiers.latest_submission(ground.dossier.id, "report") is None


def test_a_file_belongs_to_a_dossier_once(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        blob = a_blob(dossier_id=ground.dossier.id, by_id=ground.account.id)
        uow.dossiers.add_blob(blob)
        uow.dossiers.add_blob(replace(blob, name="lần hai.pdf"))
        uow.dossiers.add_blob(a_blob())
    with begin() as uow:
        assert uow.dossiers.blobs(ground.dossier.id) == [blob]
        assert uow.dossiers.blob(blob.sha256, ground.dossier.id) == blob
        assert uow.dossiers.blob("b" * 64, ground.dossier.id) is None


def test_open_work_is_listed(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        done = uow.work.add(replace(ground.item, token="t2", state=WorkState.DONE))
        later = uow.work.add(replace(ground.item, token="t3", roles=()))
    with begin() as uow:
        assert uow.work.open_of_instance(ground.instance.id) == [ground.item, later]
        assert uow.work.of_dossier(ground.dossier.id) == [ground.item, done, later]
        assert uow.work.open_after(WorkItemId(0)) == [ground.item, later]
        assert uow.work.open_after(ground.item.id) == [later]
        assert uow.work.open_at(ground.city.id) == [ground.item, later]
        assert uow.work.open_at(ground.branch.id) == []


def test_instances_keep_their_state_byte_by_byte(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        saved = uow.instances.save(replace(ground.instance, blob=bytes(range(256)), ended_at=NOW))
    with begin() as uow:
        assert uow.instances.get(ground.instance.id) == saved
        assert uow.instances.of_dossier(ground.dossier.id) == [saved]


def test_subscriptions_become_exactly_what_is_wanted(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        mine = {"instance_id": ground.instance.id, "dossier_id": ground.dossier.id}
        first, second = a_subscription(**mine), a_subscription(**mine, token="t10", name="dissolved")
        uow.instances.set_subscriptions(ground.instance, [first, second])
        (kept,) = uow.instances.subscribers(ground.dossier.id, "message", "dissolved")
        uow.instances.set_subscriptions(ground.instance, [a_subscription(**mine, token="t11"), second])
    with begin() as uow:
        assert uow.instances.subscribers(ground.dossier.id, "message", "dissolved") == [kept]
        (new,) = uow.instances.subscribers(ground.dossier.id, "message", "withdrawn")
        assert replace(new, id=0) == a_subscription(**mine, token="t11")
        uow.instances.set_subscriptions(ground.instance, [])
        assert uow.instances.subscribers(ground.dossier.id, "message", "dissolved") == []


def test_timers_are_planned_once_and_dropped(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        mine = {"instance_id": ground.instance.id, "cycle_id": ground.cycle.id}
        wanted = [
            a_timer("process", **mine),
            a_timer("reminder", kind="reminder", work_item_id=ground.item.id, due_at=NOW - timedelta(days=1)),
            a_timer("gone", **mine),
        ]
        uow.timers.plan(wanted)
        uow.timers.plan([a_timer("process", **mine, due_at=NOW + timedelta(days=9))])
        process, gone = uow.timers.of_instance(ground.instance.id)
        assert [replace(timer, id=0) for timer in (process, gone)] == [wanted[0], wanted[2]]
        uow.timers.drop([gone.id])
        uow.timers.drop([])
    with begin() as uow:
        assert uow.timers.of_instance(ground.instance.id) == [process]
        assert uow.timers.next_due() == NOW - timedelta(days=1)
        uow.timers.drop([], of_work=[ground.item.id])
        assert uow.timers.next_due() == NOW
        uow.timers.drop([process.id])
        assert uow.timers.next_due() is None


def test_due_timers_are_taken_once_in_order(begin: Begin) -> None:
    with begin() as uow:
        late, soon = NOW + timedelta(seconds=1), NOW - timedelta(days=1)
        uow.timers.plan([a_timer("b"), a_timer("a"), a_timer("late", due_at=late), a_timer("z", due_at=soon)])
    with begin() as uow:
        first = uow.timers.claim_due(NOW, 2)
        second = uow.timers.claim_due(NOW, 2)
        third = uow.timers.claim_due(NOW, 2)
    assert [[(t.key, t.state) for t in batch] for batch in (first, second, third)] == [
        [("z", "fired"), ("a", "fired")],
        [("b", "fired")],
        [],
    ]
    with begin() as uow:
        uow.timers.replan("b")
        uow.timers.replan("late")
        assert [timer.key for timer in uow.timers.claim_due(NOW, 10)] == ["b"]


def test_decisions_are_found(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        again = uow.decisions.add(replace(ground.decision, replaces_id=ground.decision.id, code=""))
    with begin() as uow:
        assert uow.decisions.of_dossier(ground.dossier.id) == [ground.decision, again]
        assert uow.decisions.of_cycle(ground.cycle.id) == [ground.decision, again]
        assert uow.decisions.find_code("XYZ-123") == ground.decision
        assert (uow.decisions.find_code("?"), uow.decisions.find_code("")) == (None, None)


def test_each_book_counts_for_itself(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        books = [(ground.city.id, "qd", 2027), (ground.branch.id, "qd", 2027), (ground.city.id, "gcn", 2027)]
        books += [(ground.city.id, "qd", 2028), (ground.city.id, "qd", 2027)]
        assert [uow.decisions.take_number(*book) for book in books] == [1, 1, 1, 1, 2]


def test_the_register_is_ordered_by_book_and_number(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        mine = {"unit_id": ground.city.id, "decision_id": ground.decision.id}
        tenth = uow.decisions.add_register_row(a_register_row(**mine, number=10))
        second = uow.decisions.add_register_row(a_register_row(**mine, number=2))
        other = uow.decisions.add_register_row(a_register_row(**mine, book="gcn", number=3))
        uow.decisions.add_register_row(a_register_row(**mine, year=2028))
    with begin() as uow:
        assert uow.decisions.register_rows(ground.city.id, 2027) == [other, second, tenth]


def test_a_number_stands_in_the_register_once(begin: Begin) -> None:
    with pytest.raises(StaleVersion) as refused, begin() as uow:  # noqa: PT012  # the block is the transaction
        ground = lay_ground(uow)
        for _ in range(2):
            uow.decisions.add_register_row(a_register_row(unit_id=ground.city.id, decision_id=ground.decision.id))
    assert refused.value.code == "taken"


def test_a_legal_basis_is_replaced_by_key(begin: Begin) -> None:
    with begin() as uow:
        first = uow.decisions.put_basis(a_basis())
        second = uow.decisions.put_basis(a_basis(key="khac", number="", dated=None))
        changed = uow.decisions.put_basis(a_basis(name="Điều lệ sửa đổi", sample=False))
    with begin() as uow:
        assert changed == a_basis(id=first.id, name="Điều lệ sửa đổi", sample=False)
        assert uow.decisions.bases() == [changed, second]
        assert (uow.decisions.basis("khac"), uow.decisions.basis("?")) == (second, None)


def test_titles_are_held_until_their_last_day_or_their_cancellation(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        mine = {"unit_id": ground.branch.id, "dossier_id": ground.dossier.id, "decision_id": ground.decision.id}
        uow.titles.grant([a_title(**mine), a_title(**mine, member_name="Ánh", until_day=None)])
        uow.titles.grant([])
        unit, member = uow.titles.of_dossier(ground.dossier.id)
        assert [replace(title, id=0) for title in (unit, member)] == [
            a_title(**mine),
            a_title(**mine, member_name="Ánh", until_day=None),
        ]
        cancelled = uow.titles.save(replace(member, cancelled_on=date(2027, 1, 1), cancelled_by_id=ground.decision.id))
    days = [
        TODAY - timedelta(days=1),
        TODAY,
        date(2026, 12, 31),
        date(2027, 1, 1),
        date(2027, 10, 31),
        date(2027, 11, 1),
    ]
    with begin() as uow:
        assert uow.titles.of_unit(ground.branch.id) == [unit, cancelled]
        held = [uow.titles.held_on("sample", "unit_title", day) for day in days]
    assert held == [[title for title in (unit, cancelled) if title.held_on(day)] for day in days]
    assert [len(titles) for titles in held] == [0, 2, 2, 1, 1, 0]


def test_a_message_is_kept_once(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        first = uow.outbox.add(a_delivery(account_id=ground.account.id, work_item_id=ground.item.id))
        assert first is not None
        assert uow.outbox.add(a_delivery(subject="lần hai")) is None
        second = uow.outbox.add(a_delivery("2", state="failed"))
        sent = uow.outbox.save(replace(first, state="sent", sent_at=NOW, attempts=1))
    with begin() as uow:
        assert uow.outbox.get(first.id) == sent
        assert uow.outbox.in_state("sent", "failed") == [sent, second]
        assert uow.outbox.in_state() == []


def test_incidents_are_open_until_resolved(begin: Begin) -> None:
    with begin() as uow:
        ground = lay_ground(uow)
        mine = {"instance_id": ground.instance.id, "dossier_id": ground.dossier.id, "decision_id": ground.decision.id}
        first, second = uow.incidents.add(an_incident(**mine)), uow.incidents.add(an_incident(kind="mail"))
        resolved = uow.incidents.save(replace(first, resolved_at=NOW, resolution="đã sửa"))
    with begin() as uow:
        assert uow.incidents.open() == [second]
        assert uow.incidents.get(first.id) == resolved


def test_calendar_days_are_put_and_deleted(begin: Begin) -> None:
    tet, before, swapped = date(2027, 2, 6), date(2027, 2, 5), date(2027, 2, 13)
    with begin() as uow:
        uow.calendar.put([a_day(tet), a_day(before), a_day(swapped)])
        uow.calendar.put([a_day(swapped, kind="work", reason="Làm bù", source="Thông báo")])
        uow.calendar.put([])
        uow.calendar.delete(before)
    with begin() as uow:
        assert uow.calendar.days(tet, swapped) == [
            a_day(tet),
            a_day(swapped, kind="work", reason="Làm bù", source="Thông báo"),
        ]
        assert uow.calendar.days(before, before) == []


def test_units_keep_what_people_search_and_sort_by(database: Database, begin: Begin) -> None:
    from engine.store.tables import units

    def unit(code: str, name: str) -> Unit:
        return a_unit(code=code, name=name)

    with begin() as uow:
        for value in (unit("1", "Zét"), unit("2", "Đoàn xã"), unit("3", "Ánh"), unit("4", "An"), unit("5", "Dân")):
            uow.units.add(value)
        ordered = uow.session.execute(units.select().order_by(units.c.sort_key)).all()
        found = uow.session.execute(units.select().where(units.c.search_text.contains("doan"))).all()
    assert [row.name for row in ordered] == ["An", "Ánh", "Dân", "Đoàn xã", "Zét"]
    assert [row.name for row in found] == ["Đoàn xã"]
