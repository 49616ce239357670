"""How does a branch register? Early, in time, late, returned, refused, never, or no longer there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.errors import Invalid, NotPermitted, StaleVersion, WrongState
from engine.ports.store import CalendarDay
from engine.rules.deadlines import local_day
from engine.rules.dossiers import DossierState, Member
from engine.use_cases import tasks, units
from tests.factories import YEAR, Town, moment, username

NO_MEMBERS: list[dict[str, object]] = []


def outcome_of(town: Town, code: str) -> tuple[str, int | None, bool]:
    """State, days late and whether the dossier is closed."""
    dossier = town.dossier(code)
    return dossier.state.value, dossier.days_late, dossier.closed_at is not None


def ends(town: Town, code: str, *, successor: str = "", by: tuple[str, str] = ("TD", "officer")) -> None:
    """End a unit today."""
    actor, unit = town.actor(*by), town.unit(code)
    with town.open() as uow:
        units.end_unit(
            uow,
            unit.id,
            last_day=local_day(town.now),
            successor_code=successor,
            dispatch="07-QĐ/ĐTN",
            actor=actor,
            now=town.now,
        )


def test_a_registration_goes_to_the_unit_above_with_its_member_list(any_town: Town) -> None:
    any_town.at("2026-11-05")
    done = any_town.does(
        "P1-1",
        "register",
        members=[{"full_name": " Trần Thị Bình ", "birth_year": 2001}, {"full_name": ""}, {"full_name": "Lê Đức"}],
        noi_dung="Học và làm theo Bác",
    )
    dossier = any_town.dossier("P1-1")
    assert (dossier.state, dossier.submitted_at, dossier.days_late, dossier.member_count, dossier.closed_at) == (
        DossierState.SUBMITTED,
        any_town.now,
        0,
        2,
        None,
    )
    assert any_town.ask(lambda uow: uow.dossiers.members(dossier.id)) == [
        Member(id=1, dossier_id=dossier.id, full_name="Trần Thị Bình", birth_year=2001, self_result=None, result=None, note=""),
        Member(id=2, dossier_id=dossier.id, full_name="Lê Đức", birth_year=None, self_result=None, result=None, note=""),
    ]  # fmt: skip
    (kept,) = any_town.ask(lambda uow: uow.dossiers.submissions(dossier.id))
    assert (kept.act, kept.by_name, kept.at, kept.answers["noi_dung"]) == (
        "register",
        "Nguyễn Văn P1-1 secretary",
        any_town.now,
        "Học và làm theo Bác",
    )
    assert kept == done.submission
    code, year, letters = dossier.receipt.rsplit("-", 2)
    assert (code, year, len(letters)) == ("P1-1", str(YEAR), 4)
    assert any_town.history("P1-1") == [("submitted", "register", "2026-11-09", 0)]
    item = any_town.work("P1-1", "review")
    assert (item.unit_id, item.roles, item.name, item.last_day) == (
        any_town.unit("P1").id,
        ("officer", "deputy_secretary", "secretary"),
        "Tiếp nhận đăng ký",
        local_day(moment("2026-11-12")),
    )


@pytest.mark.parametrize(
    ("code", "when", "early", "days_late", "last_day"),
    [
        ("P1-1", "2026-10-01 00:00", True, 0, "2026-11-09"),
        ("P1-1", "2026-10-31 23:59", True, 0, "2026-11-09"),
        ("P1-1", "2026-11-01 00:00", False, 0, "2026-11-09"),
        ("P1-1", "2026-11-09 23:59", False, 0, "2026-11-09"),
        ("P1-1", "2026-11-10 00:00", False, 1, "2026-11-09"),  # the named day itself is late
        ("P1-2", "2026-12-31 23:59", False, 52, "2026-11-09"),
        ("P2-1", "2026-11-11", False, 2, "2026-11-09"),
        ("P1-3", "2026-09-01 00:00", False, 0, "2026-09-29"),
        ("P1-3", "2026-09-29 23:59", False, 0, "2026-09-29"),
        ("P1-3", "2026-09-30 00:00", False, 1, "2026-09-29"),
    ],
)
def test_a_registration_is_early_in_time_or_late(
    town: Town, code: str, when: str, early: bool, days_late: int, last_day: str
) -> None:
    town.at(when).does(code, "register")
    assert town.lines(code)[-1].facts == {
        "name": "Đăng ký nội dung, lộ trình",
        "receipt": town.dossier(code).receipt,
        "members": 1,
        "early": early,
        "again": False,
    }
    assert town.history(code) == [("submitted", "register", last_day, days_late)]
    assert outcome_of(town, code) == ("submitted", days_late, False)


@pytest.mark.parametrize(("code", "before"), [("P1-1", "2026-09-30 23:59"), ("P1-3", "2026-08-31 23:59")])
def test_nothing_is_registered_before_the_opening(town: Town, code: str, before: str) -> None:
    assert town.at(before).open_work(code) == []


def test_a_supplemented_registration_keeps_its_first_moment_and_receipt(town: Town) -> None:
    town.at("2026-11-08").does("P1-1", "register")
    first = town.dossier("P1-1")
    town.at("2026-11-09").does("P1-1", "review", outcome="return", reason="Thiếu danh sách đoàn viên.")
    assert outcome_of(town, "P1-1") == ("returned", 0, False)
    town.at("2026-11-16 23:59").does("P1-1", "register", members=[{"full_name": "A"}, {"full_name": "B"}])
    town.at("2026-11-21").does("P1-1", "review")
    last = town.dossier("P1-1")
    assert (last.state, last.submitted_at, last.receipt, last.days_late, last.member_count) == (
        DossierState.ACCEPTED,
        first.submitted_at,
        first.receipt,
        0,
        2,
    )
    assert town.history("P1-1") == [
        ("submitted", "register", "2026-11-09", 0),
        ("returned", "review", "2026-11-13", 0),
        ("submitted", "supplement", "2026-11-16", 0),
        ("accepted", "review", "2026-11-23", 0),
    ]
    assert [line.facts["again"] for line in town.lines("P1-1") if line.event == "submitted"] == [False, True]  # type: ignore[index]


def test_a_supplement_after_its_last_day_counts_itself(town: Town) -> None:
    town.at("2026-11-08").does("P1-1", "register")
    receipt = town.dossier("P1-1").receipt
    town.at("2026-11-09").does("P1-1", "review", outcome="return", reason="Thiếu danh sách đoàn viên.")
    town.at("2026-11-17 00:00").does("P1-1", "register")
    late = town.dossier("P1-1")
    # Eight days after the last day of registration, one after that of the supplement.
    assert (late.submitted_at, late.days_late, late.receipt) == (town.now, 8, receipt)
    assert town.history("P1-1")[-1] == ("submitted", "supplement", "2026-11-16", 1)
    town.does("P1-1", "review", outcome="return", reason="Còn thiếu.")
    town.at("2026-11-18").does("P1-1", "register")
    assert (town.dossier("P1-1").submitted_at, town.dossier("P1-1").days_late) == (late.submitted_at, 8)


def test_a_refusal_needs_its_reason_and_ends_the_dossier(town: Town) -> None:
    town.at("2026-11-08").does("P1-1", "register")
    with pytest.raises(Invalid) as refused:
        town.does("P1-1", "review", outcome="refuse", reason="  ")
    assert {name: error.code for name, error in refused.value.fields.items()} == {"reason": "reason_required"}
    town.does("P1-1", "review", outcome="refuse", reason="Chi đoàn đang xử lý kỷ luật.")
    assert outcome_of(town, "P1-1") == ("refused", 0, True)
    assert town.open_work("P1-1") == []
    line = town.lines("P1-1")[-1]
    assert (line.event, line.task, line.facts) == (
        "refused",
        "review",
        {"name": "Tiếp nhận đăng ký", "reason": "Chi đoàn đang xử lý kỷ luật.", "late_registration": 0},
    )


@pytest.mark.parametrize(("code", "closes"), [("P1-1", "2027-01-01 00:00"), ("P1-3", "2026-11-01 00:00")])
def test_who_never_registers_takes_no_part_once_the_late_door_closes(town: Town, code: str, closes: str) -> None:
    town.at(closes)
    assert outcome_of(town, code) == ("not_participating", None, True)
    assert town.open_work(code) == []
    assert town.history(code) == [("not_participating", None, None, None)]


def test_a_returned_registration_nobody_supplements_takes_no_part(town: Town) -> None:
    town.at("2026-11-08").does("P1-1", "register")
    town.does("P1-1", "review", outcome="return", reason="Thiếu lộ trình.")
    assert town.at("2027-09-30 23:59").open_acts("P1-1") == ["register"]
    town.at("2027-10-01 00:00")
    assert outcome_of(town, "P1-1") == ("not_participating", 0, True)
    assert town.open_work("P1-1") == []


def test_a_branch_withdraws_and_all_its_open_work_ends(any_town: Town) -> None:
    any_town.at("2026-11-08").does("P1-1", "register")
    assert any_town.offered("P1-1") == ["Rút hồ sơ"]
    assert any_town.offered("P1-1", by=("P1", "officer")) == []
    any_town.sends("P1-1", "Rút hồ sơ", ly_do="Sáp nhập tổ dân phố")
    assert outcome_of(any_town, "P1-1") == ("withdrawn", 0, True)
    assert (any_town.open_work("P1-1"), any_town.offered("P1-1")) == ([], [])
    assert any_town.history("P1-1") == [
        ("submitted", "register", "2026-11-09", 0),
        ("asked", None, None, None),
        ("withdrawn", None, None, None),
    ]
    asked = any_town.ask(lambda uow: uow.dossiers.submissions(any_town.dossier("P1-1").id, "message"))
    assert [(s.title, s.form, s.answers) for s in asked] == [
        ("Rút hồ sơ", "rut-ho-so", {"ly_do": "Sáp nhập tổ dân phố"})
    ]
    with pytest.raises(NotPermitted) as refused:
        any_town.sends("P1-1", "Rút hồ sơ")
    assert refused.value.code == "not_offered"


def test_nobody_but_the_branch_withdraws(town: Town) -> None:
    town.at("2026-11-08")
    with pytest.raises(NotPermitted):
        town.sends("P1-1", "rut_ho_so", by=("P1", "officer"))
    with pytest.raises(NotPermitted):
        town.sends("P1-1", "rut_ho_so", by=("P1-2", "secretary"))
    assert outcome_of(town, "P1-1") == ("draft", None, False)


@pytest.mark.parametrize(("successor", "event"), [("", "unit_dissolved"), ("P1-4", "unit_merged")])
def test_a_unit_that_ends_in_mid_year_leaves_no_open_work(town: Town, successor: str, event: str) -> None:
    town.at("2026-11-08").does("P1-1", "register")
    ends(town, "P1-1", successor=successor)
    assert outcome_of(town, "P1-1") == ("dissolved", 0, True)
    assert town.open_work("P1-1") == []
    unit = town.unit("P1-1")
    assert (unit.until_day, unit.successor_id) == (
        local_day(town.now),
        town.unit("P1-4").id if successor else None,
    )
    assert town.history("P1-1")[-1] == ("dissolved", None, None, None)
    told = [e.line for e in town.ask(lambda uow: uow.audit.entries(0, 1000)) if e.line.target == f"unit:{unit.id}"]
    assert [(line.event, line.facts["successor"], line.facts["dispatch"]) for line in told] == [
        (event, "Chi đoàn Tổ dân phố số 4" if successor else "", "07-QĐ/ĐTN")
    ]
    with pytest.raises(WrongState) as again:
        ends(town, "P1-1")
    assert again.value.code == "unit_ended"


def test_units_are_ended_from_above_and_from_below_upwards(town: Town) -> None:
    with pytest.raises(NotPermitted):
        ends(town, "P1-1", by=("P1-1", "secretary"))
    with pytest.raises(WrongState) as refused:
        ends(town, "P1")
    assert refused.value.code == "units_below"
    with pytest.raises(Invalid):
        ends(town, "P1-1", successor="P1-1")


def test_an_officer_does_not_review_the_branch_where_they_hold_a_position(town: Town) -> None:
    town.appoint("P1-1", "deputy_secretary", also=("P1", "officer"))
    town.at("2026-11-08").does("P1-1", "register", by=("P1-1", "secretary"))
    with pytest.raises(NotPermitted) as refused:
        town.does("P1-1", "review", by=("P1", "officer"))
    assert refused.value.code == "own_unit"
    town.does("P1-1", "review", by=("P1", "secretary"))
    town.does("P1-2", "register")
    town.does("P1-2", "review", by=("P1", "officer"))
    assert town.states("P1-1", "P1-2") == {"P1-1": "accepted", "P1-2": "accepted"}


@pytest.mark.parametrize("by", [("P1-2", "secretary"), ("P1", "officer"), ("P1", "clerk"), ("TD", "officer")])
def test_nobody_registers_for_another_unit(town: Town, by: tuple[str, str]) -> None:
    town.at("2026-11-08")
    with pytest.raises(NotPermitted) as refused:
        town.does("P1-1", "register", by=by)
    assert refused.value.code == "not_your_work"
    assert (outcome_of(town, "P1-1"), town.history("P1-1")) == (("draft", None, False), [])


@pytest.mark.parametrize("by", [("P2", "officer"), ("P1", "clerk"), ("P1-1", "secretary"), ("TD", "officer")])
def test_only_the_unit_above_reviews(town: Town, by: tuple[str, str]) -> None:
    town.at("2026-11-08").does("P1-1", "register")
    with pytest.raises(NotPermitted) as refused:
        town.does("P1-1", "review", by=by)
    assert refused.value.code == "not_your_work"


def test_a_task_is_done_once(any_town: Town) -> None:
    any_town.at("2026-11-08")
    seen = any_town.work("P1-1", "register")
    any_town.completes(seen, {"members": NO_MEMBERS})
    with pytest.raises(WrongState) as again:
        any_town.completes(seen, {"members": NO_MEMBERS})
    assert again.value.code == "work_done"
    assert any_town.history("P1-1") == [("submitted", "register", "2026-11-09", 0)]


def test_what_has_changed_since_it_was_seen_is_refused(any_town: Town) -> None:
    any_town.at("2026-11-08")
    seen = any_town.work("P1-1", "register")
    actor = any_town.actor("P1-1", "secretary")
    with any_town.open() as uow:
        saved = tasks.save_draft(
            uow, seen.id, {"noi_dung": "nháp"}, row_version=seen.row_version, actor=actor, now=any_town.now
        )
    with pytest.raises(StaleVersion) as stale:
        any_town.completes(seen, {"members": NO_MEMBERS})
    assert stale.value.code == "work_changed"
    assert outcome_of(any_town, "P1-1") == ("draft", None, False)
    any_town.completes(saved, {"members": NO_MEMBERS})
    assert outcome_of(any_town, "P1-1") == ("submitted", 0, False)


@pytest.mark.parametrize("outcome", ["assess", "", "ACCEPT", None, 1])
def test_an_outcome_that_the_act_does_not_know_is_refused(town: Town, outcome: object) -> None:
    town.at("2026-11-08").does("P1-1", "register")
    with pytest.raises(Invalid) as refused:
        town.does("P1-1", "review", outcome=outcome)
    assert [(name, error.code) for name, error in refused.value.fields.items()] == [("outcome", "choice")]
    assert (outcome_of(town, "P1-1"), town.open_acts("P1-1")) == (("submitted", 0, False), ["review"])


def test_a_review_without_an_outcome_is_refused(town: Town) -> None:
    town.at("2026-11-08").does("P1-1", "register")
    with pytest.raises(Invalid) as refused:
        town.completes(town.work("P1-1", "review"), {})
    assert list(refused.value.fields) == ["outcome"]


def test_progress_is_noted_as_often_as_the_branch_likes(town: Town) -> None:
    town.at("2026-11-08").does("P1-1", "register")
    town.does("P1-1", "review")
    town.at("2027-02-01").does("P1-1", "progress", noi_dung="Ra quân Tết trồng cây")
    town.at("2027-03-26").does("P1-1", "progress", noi_dung="Công trình thanh niên")
    assert town.open_acts("P1-1") == ["progress"]
    kept = town.ask(lambda uow: uow.dossiers.submissions(town.dossier("P1-1").id, "progress"))
    assert [s.answers for s in kept] == [{"noi_dung": "Ra quân Tết trồng cây"}, {"noi_dung": "Công trình thanh niên"}]
    assert town.history("P1-1")[2:] == [("progressed", "progress", None, None)] * 2
    town.at("2027-10-01 00:00")
    assert town.open_acts("P1-1") == ["request"]


def test_a_position_gives_rights_only_on_its_days(town: Town) -> None:
    town.at("2026-11-05")
    with town.open() as uow:
        account = uow.accounts.find_username(username("P1-1", "secretary"))
        assert account is not None
        (position,) = uow.accounts.positions(account.id)
        uow.accounts.save_position(replace(position, until_day=date(2026, 11, 5)))
    town.at("2026-11-06")
    with pytest.raises(NotPermitted):
        town.does("P1-1", "register", by=("P1-1", "secretary"))
    town.appoint("P1-1", "secretary", also=("P2", "clerk"))
    town.does("P1-1", "register", by=("P2", "clerk"))
    assert town.lines("P1-1")[-1].actor_name == "Nguyễn Văn P2 clerk"


def test_working_days_pass_over_the_holidays_of_the_calendar(town: Town) -> None:
    with town.open() as uow:
        source = {"reason": "Nghỉ lễ", "source": "Thông báo 1"}
        uow.calendar.put([CalendarDay(day=date(2026, 11, 10), kind="off", **source)])
        uow.calendar.put([CalendarDay(day=date(2026, 11, 14), kind="work", **source)])
    town.at("2026-11-05").does("P1-1", "register")  # 6, 9, 11, 12, 13
    assert town.work("P1-1", "review").last_day == date(2026, 11, 13)
    town.at("2026-11-09").does("P1-2", "register")  # 11, 12, 13, the swapped Saturday, 16
    assert town.work("P1-2", "review").last_day == date(2026, 11, 16)
