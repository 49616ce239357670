"""How do the dates of an open cycle change? A dispatch moves a deadline; work, clocks, reminders and lateness follow, and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.errors import Invalid, NotPermitted, WrongState
from engine.rules.deadlines import Deadline, local_day
from engine.rules.redating import ChangeKind, ChangeScope, ChangeState, DeadlineChange
from engine.use_cases import redating, registrations
from engine.use_cases.redating import Move
from tests.factories import Town
from tests.use_cases import living

LAST, NEW = date(2026, 11, 9), date(2026, 11, 20)


def a_move(**changes: object) -> Move:
    """Registration of the others ends on 20/11 instead of 9/11."""
    move = Move(
        deadline="register",
        scope=ChangeScope.GROUP,
        code="others",
        last_day=NEW,
        dispatch="45-CV/TĐTN",
        reason="Mưa bão",
    )
    return replace(move, **changes)  # type: ignore[arg-type]


def moves(town: Town, by: tuple[str, str] = ("TD", "officer"), **changes: object) -> DeadlineChange:
    with town.open() as uow:
        cycle = uow.cycles.all()[0]
        actor = town._actor(uow, *by)
        begun = redating.begin_move(uow, cycle.id, a_move(**changes), actor=actor, now=town.now)
    town.work_off()
    return stored(town, begun.id)


def takes_back(town: Town, change: DeadlineChange, reason: str = "Nhầm số ngày") -> DeadlineChange:
    with town.open() as uow:
        redating.undo(uow, change.id, reason, actor=town._actor(uow, "TD", "officer"), now=town.now)
    town.work_off()
    return stored(town, change.id)


def confirms(town: Town, kind: ChangeKind, dispatch: str = "77-CV/TĐTN") -> DeadlineChange:
    with town.open() as uow:
        cycle = uow.cycles.all()[0]
        actor = town._actor(uow, "TD", "officer")
        begun = redating.confirm_reading(uow, cycle.id, kind, dispatch, actor=actor, now=town.now)
    town.work_off()
    return stored(town, begun.id)


def stored(town: Town, change_id: int) -> DeadlineChange:
    found = town.ask(lambda uow: [c for cycle in uow.cycles.all() for c in uow.cycles.changes(cycle.id)])
    return next(change for change in found if change.id == change_id)


def planned(town: Town, code: str, kinds: tuple[str, ...] = ("reminder", "late")) -> list[tuple[str, str]]:
    """The waiting rows of the unit's registration task: kind and local day, in order."""
    item = town.work(code, "register")
    rows = town.ask(lambda uow: uow.timers.waiting(item.cycle_id, kinds))
    return [(row.kind, local_day(row.due_at).isoformat()) for row in rows if row.work_item_id == item.id]


def door(town: Town, code: str) -> list[str]:
    """When the diagram's own timers of the unit's registration fire."""
    item = town.work(code, "register")
    rows = town.ask(lambda uow: uow.timers.of_instance(item.instance_id))
    return [local_day(row.due_at).isoformat() for row in rows]


def judged(town: Town, code: str) -> tuple[int | None, bool]:
    dossier = town.dossier(code)
    (submission, *_) = town.ask(lambda uow: uow.dossiers.submissions(dossier.id, "register"))
    assert (submission.days_late, submission.on_named_day) == (dossier.days_late, dossier.on_named_day)
    return dossier.days_late, dossier.on_named_day


# ---- one deadline moves


def test_open_work_and_its_reminders_follow(any_town: Town) -> None:
    town = any_town.at("2026-11-02")
    before = planned(town, "P1-1")
    change = moves(town)
    assert change.state is ChangeState.DONE
    item = town.work("P1-1", "register")
    assert (item.last_day, item.moves) == (NEW, 1)
    assert before[-3:] == [("late", "2026-11-10"), ("reminder", "2026-11-10"), ("reminder", "2026-11-12")]
    assert planned(town, "P1-1") == [
        ("reminder", "2026-11-05"),  # T−15
        ("reminder", "2026-11-13"),  # T−7
        ("reminder", "2026-11-17"),  # T−3
        ("reminder", "2026-11-19"),  # T−1
        ("reminder", "2026-11-20"),  # T
        ("late", "2026-11-21"),
        ("reminder", "2026-11-23"),  # T+1 and T+3 meet on Monday: the nearer stays
    ]
    line = town.lines("P1-1")[-1]
    assert (line.event, line.last_day, line.facts) == (
        "redated",
        NEW,
        {"label": "Đăng ký nội dung, lộ trình", "old_day": LAST, "dispatch": "45-CV/TĐTN", "undone": False},
    )


def test_people_are_told_once(town: Town) -> None:
    town.at("2026-11-02")
    sent = len(town.mail.accepted)
    moves(town)
    told = [m for m in town.mail.accepted[sent:] if "45-CV/TĐTN" in m.text]
    assert (len(told), len({m.message_id for m in told})) == (4, 4)
    assert "Hạn mới: hết ngày 20/11/2026" in told[0].subject
    assert "Căn cứ: 45-CV/TĐTN" in told[0].text


def test_a_registration_in_the_new_time_is_in_time(town: Town) -> None:
    moves(town.at("2026-11-02"))
    town.at("2026-11-20 23:59").does("P1-1", "register")
    town.at("2026-11-21").does("P1-2", "register")
    assert (judged(town, "P1-1"), judged(town, "P1-2")) == ((0, False), (1, False))
    assert town.history("P1-2")[-1] == ("submitted", "register", "2026-11-20", 1)


def test_what_was_late_is_judged_again_and_back(town: Town) -> None:
    town.at("2026-11-12").does("P1-1", "register")
    assert judged(town, "P1-1") == (3, False)
    change = moves(town)
    assert judged(town, "P1-1") == (0, False)
    assert takes_back(town, change).state is ChangeState.UNDONE
    assert judged(town, "P1-1") == (3, False)


def test_the_school_branches_keep_their_own(town: Town) -> None:
    moves(town.at("2026-09-10"), last_day=date(2026, 11, 20))
    assert town.work("P1-3", "register").last_day == date(2026, 9, 29)


def test_taking_it_back_brings_the_dates_and_reminders_back(town: Town) -> None:
    town.at("2026-11-02")
    before, days = planned(town, "P1-1"), town.work("P1-1", "register").last_day
    takes_back(town, moves(town))
    assert (planned(town, "P1-1"), town.work("P1-1", "register").last_day) == (before, days)
    assert town.lines("P1-1")[-1].facts["undone"] is True  # type: ignore[index]


@pytest.mark.parametrize(
    ("scope", "code", "moved"),
    [
        (ChangeScope.ALL, "", {"P1-1", "P1-2", "P1-4", "P2-1"}),
        (ChangeScope.GROUP, "others", {"P1-1", "P1-2", "P1-4", "P2-1"}),
        (ChangeScope.COHORT, "residential", {"P1-1", "P1-4"}),
        (ChangeScope.UNIT, "P2-1", {"P2-1"}),
    ],
)
def test_a_deadline_moves_for_all_for_a_cohort_or_for_one_unit(
    town: Town, scope: ChangeScope, code: str, moved: set[str]
) -> None:
    moves(town.at("2026-11-02"), scope=scope, code=code)
    found = {c for c in ("P1-1", "P1-2", "P1-4", "P2-1") if town.work(c, "register").last_day == NEW}
    assert found == moved


def test_the_narrower_change_stays(town: Town) -> None:
    moves(town.at("2026-11-02"), scope=ChangeScope.UNIT, code="P1-1", last_day=date(2026, 11, 30))
    moves(town)
    days = {code: town.work(code, "register").last_day for code in ("P1-1", "P1-2")}
    assert days == {"P1-1": date(2026, 11, 30), "P1-2": NEW}


def test_clocks_of_the_diagram_follow(town: Town) -> None:
    town.at("2026-11-02")
    assert "2027-01-01" in door(town, "P1-1")
    change = moves(town, deadline="late_door", last_day=date(2027, 1, 15))
    assert ("2027-01-16" in door(town, "P1-1"), "2027-01-01" in door(town, "P1-1")) == (True, False)
    town.at("2027-01-10").does("P1-1", "register")
    assert judged(town, "P1-1") == (62, False)
    takes_back(town, change)
    town.at("2027-01-11")
    assert town.states("P1-1", "P1-2") == {"P1-1": "submitted", "P1-2": "not_participating"}


def test_work_that_opens_later_has_the_new_date(town: Town) -> None:
    moves(town.at("2026-09-01"))
    assert town.at("2026-10-02").work("P1-1", "register").last_day == NEW


def test_many_dossiers_are_done_in_batches(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redating, "BATCH", 3)
    town.at("2026-11-02")
    with town.open() as uow:
        cycle = uow.cycles.all()[0]
        begun = redating.begin_move(uow, cycle.id, a_move(), actor=town._actor(uow, "TD", "officer"), now=town.now)
        assert begun.state is ChangeState.RUNNING
        with pytest.raises(WrongState):
            redating.begin_move(uow, cycle.id, a_move(), actor=town._actor(uow, "TD", "officer"), now=town.now)
    town.work_off()
    assert stored(town, begun.id).state is ChangeState.DONE
    assert {town.work(code, "register").last_day for code in ("P1-1", "P1-2", "P1-4", "P2-1")} == {NEW}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"dispatch": " "}, "dispatch"),
        ({"last_day": None}, "last_day"),
        ({"last_day": date(2026, 11, 1)}, "last_day"),  # it is 2/11
        ({"deadline": "khong-co"}, "deadline"),
        ({"scope": ChangeScope.UNIT, "code": "khong-co"}, "code"),
        ({"deadline": "request", "last_day": date(2027, 9, 1)}, "last_day"),  # before it opens
    ],
)
def test_what_cannot_be_asked_for(town: Town, changes: dict[str, object], field: str) -> None:
    town.at("2026-11-02")
    with pytest.raises(Invalid) as refused:
        moves(town, **changes)
    assert field in refused.value.fields
    assert town.work("P1-1", "register").last_day == LAST


@pytest.mark.parametrize("by", [("TD", "clerk"), ("TD", "administrator"), ("P1", "officer"), ("P1-1", "secretary")])
def test_only_the_leading_unit_changes_dates(town: Town, by: tuple[str, str]) -> None:
    with pytest.raises(NotPermitted):
        moves(town.at("2026-11-02"), by=by)


def test_a_change_is_taken_back_once_and_with_a_reason(town: Town) -> None:
    change = moves(town.at("2026-11-02"))
    with pytest.raises(Invalid):
        takes_back(town, change, " ")
    takes_back(town, change)
    with pytest.raises(WrongState):
        takes_back(town, change)


# ---- how "trước ngày" is read


@pytest.fixture
def unconfirmed(city: Town) -> Town:
    """The cycle is open, the reading not confirmed."""
    city.opens(confirmed=False)
    return city


def test_the_named_day_waits_for_the_reading(unconfirmed: Town) -> None:
    unconfirmed.at("2026-11-09").does("P1-4", "register")
    unconfirmed.at("2026-11-10 23:59").does("P1-1", "register")
    unconfirmed.at("2026-11-11").does("P1-2", "register")
    assert [judged(unconfirmed, code) for code in ("P1-4", "P1-1", "P1-2")] == [(0, False), (0, True), (2, False)]
    assert unconfirmed.lines("P1-1")[-1].facts["named_day"] == date(2026, 11, 10)  # type: ignore[index]


def test_nobody_is_called_late_on_the_named_day(unconfirmed: Town) -> None:
    unconfirmed.at("2026-11-09")
    assert planned(unconfirmed, "P1-1") == [
        ("late", "2026-11-11"),
        ("reminder", "2026-11-12"),
    ]
    unconfirmed.at("2026-11-10 12:00")
    assert [line.event for line in unconfirmed.lines("P1-1") if line.event == "late"] == []


def test_confirmed_as_excluding_the_named_day_is_late(unconfirmed: Town) -> None:
    unconfirmed.at("2026-11-10").does("P1-1", "register")
    change = confirms(unconfirmed.at("2026-11-15"), ChangeKind.EXCLUSIVE)
    assert judged(unconfirmed, "P1-1") == (1, False)
    cycle = unconfirmed.ask(lambda uow: uow.cycles.all()[0])
    assert (cycle.reading_confirmed, cycle.dispatch) == (True, "77-CV/TĐTN")
    assert unconfirmed.work("P1-2", "register").lenient_until is None
    takes_back(unconfirmed, change)
    assert judged(unconfirmed, "P1-1") == (0, True)
    assert unconfirmed.ask(lambda uow: uow.cycles.all()[0]).reading_confirmed is False


def test_confirmed_as_including_the_named_day_is_in_time(unconfirmed: Town) -> None:
    unconfirmed.at("2026-11-10").does("P1-1", "register")
    unconfirmed.at("2026-11-12").does("P1-2", "register")
    confirms(unconfirmed, ChangeKind.INCLUSIVE)
    assert (judged(unconfirmed, "P1-1"), judged(unconfirmed, "P1-2")) == ((0, False), (2, False))
    assert unconfirmed.work("P1-4", "register").last_day == date(2026, 11, 10)
    unconfirmed.at("2027-01-01")
    assert unconfirmed.states("P1-4") == {"P1-4": "draft"}  # the door, too, closes a day later
    unconfirmed.at("2027-01-02")
    assert unconfirmed.states("P1-4") == {"P1-4": "not_participating"}


def test_the_reading_is_confirmed_once_and_with_a_dispatch(unconfirmed: Town) -> None:
    with pytest.raises(Invalid):
        confirms(unconfirmed, ChangeKind.EXCLUSIVE, " ")
    confirms(unconfirmed, ChangeKind.EXCLUSIVE)
    with pytest.raises(WrongState):
        confirms(unconfirmed, ChangeKind.INCLUSIVE)


# ---- a cycle that is opened late


def test_a_transitional_cycle_flags_nothing_as_late(city: Town) -> None:
    city.at("2026-12-01").opens(until=date(2027, 1, 31))
    city.at("2026-12-02")
    dates: dict[str, Deadline] = city.ask(lambda uow: uow.cycles.deadlines(uow.cycles.all()[0].id, "others"))
    assert (dates["register"].last_day, dates["late_door"].last_day) == (date(2027, 1, 31), date(2026, 12, 31))
    assert dates["register"].wording == "trước ngày 10/11/2026; chu kỳ chuyển tiếp: đến hết ngày 31/01/2027"
    city.at("2026-12-20").does("P1-1", "register")
    assert judged(city, "P1-1") == (0, False)
    assert planned(city, "P1-2", ("late",)) == []


def test_a_transitional_day_that_has_passed_is_refused(city: Town) -> None:
    with pytest.raises(Invalid):
        city.at("2026-12-01").opens(until=date(2026, 11, 30))


# ---- withdrawn and registered again


def test_after_a_withdrawal_the_new_registration_counts(town: Town) -> None:
    town.at("2026-11-05").does("P1-1", "register")
    town.sends("P1-1", "Rút hồ sơ", ly_do="Sắp xếp lại")
    assert town.states("P1-1") == {"P1-1": "withdrawn"}
    town.at("2026-11-12")
    with town.open() as uow:
        actor = town._actor(uow, "P1-1", "secretary")
        registrations.register_again(uow, town.dossier("P1-1").id, actor=actor, now=town.now)
    town.tick()
    town.does("P1-1", "register")
    assert (town.states("P1-1"), judged_last(town, "P1-1")) == ({"P1-1": "submitted"}, (3, 3))


def judged_last(town: Town, code: str) -> tuple[int | None, int | None]:
    dossier = town.dossier(code)
    submissions = town.ask(lambda uow: uow.dossiers.submissions(dossier.id, "register"))
    return dossier.days_late, submissions[-1].days_late


@pytest.mark.parametrize(("day", "state"), [("2026-11-12", "draft"), ("2027-01-02", "not_participating")])
def test_only_a_withdrawn_dossier_registers_again(town: Town, day: str, state: str) -> None:
    town.at(day)
    assert town.states("P1-1") == {"P1-1": state}
    actor, dossier = town.actor("P1-1", "secretary"), town.dossier("P1-1")
    with town.open() as uow, pytest.raises(WrongState):
        registrations.register_again(uow, dossier.id, actor=actor, now=town.now)


# ---- durations


def reviews(town: Town, *codes: str) -> dict[str, date | None]:
    return {code: town.work(code, "review").last_day for code in codes}


def test_a_duration_ends_on_another_day_for_what_is_under_way_and_begins_before_it(any_town: Town) -> None:
    town = any_town.at("2026-11-05")
    for code in ("P1-1", "P2-1"):
        town.does(code, "register")
    assert reviews(town, "P1-1", "P2-1") == {"P1-1": date(2026, 11, 12), "P2-1": date(2026, 11, 12)}
    change = moves(town.at("2026-11-06"), deadline="review", scope=ChangeScope.ALL, code="")
    town.does("P1-2", "register")
    assert reviews(town, "P1-1", "P1-2", "P2-1") == dict.fromkeys(("P1-1", "P1-2", "P2-1"), NEW)
    item = town.work("P1-1", "review")
    told = town.ask(lambda uow: uow.timers.waiting(item.cycle_id, ["late"]))
    assert [local_day(row.due_at) for row in told if row.work_item_id == item.id] == [date(2026, 11, 21)]
    redated = [line.facts for line in town.lines("P1-1") if line.event == "redated"]
    assert [facts and facts["old_day"] for facts in redated] == [None]
    town.at("2026-11-16").does("P1-1", "review")
    assert town.history("P1-1")[-1] == ("accepted", "review", "2026-11-20", 0)
    takes_back(town.at("2026-11-17"), change)
    assert reviews(town, "P1-2", "P2-1") == {"P1-2": date(2026, 11, 13), "P2-1": date(2026, 11, 12)}
    assert town.history("P1-1")[-1] == ("accepted", "review", "2026-11-20", 0)  # what was done stays as judged


def test_what_begins_after_the_day_is_counted_as_ever(town: Town) -> None:
    town.at("2026-11-02").does("P1-1", "register")
    moves(town, deadline="review", scope=ChangeScope.ALL, code="", last_day=date(2026, 11, 4))
    assert reviews(town, "P1-1") == {"P1-1": date(2026, 11, 4)}
    town.at("2026-11-05").does("P1-2", "register")
    assert reviews(town, "P1-1", "P1-2") == {"P1-1": date(2026, 11, 4), "P1-2": date(2026, 11, 12)}


def test_a_clock_of_the_diagram_follows_a_moved_duration_and_goes_back(appraised: Town) -> None:
    town = appraised
    living.met(town)

    def clocks() -> list[str]:
        found = [i for d in town.dossiers("P1") for i in town.ask(lambda uow, d=d: uow.instances.of_dossier(d.id))]
        rows = [row for i in found for row in town.ask(lambda uow, i=i: uow.timers.of_instance(i.id))]
        return sorted(local_day(row.due_at).isoformat() for row in rows)

    before = clocks()
    change = moves(town, deadline="appeal", last_day=date(2027, 11, 25))
    assert clocks() != before
    assert "2027-11-26" in clocks()
    takes_back(town, change)
    assert clocks() == before
