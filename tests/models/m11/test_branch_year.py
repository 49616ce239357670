"""A branch's year on the diagram: every way through it ends as it should."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import WrongState
from tests.models.m11.walking import Walk, definition

REGISTERED = date(2026, 11, 5)
PROPOSED = date(2027, 11, 5)


def accepted() -> Walk:
    walk = Walk("chi_doan").until(REGISTERED)
    return walk.does("dang_ky").does("tiep_nhan", outcome="accept")


def assessed() -> Walk:
    return accepted().until(PROPOSED).does("de_nghi").does("tham_dinh", outcome="assess")


def test_from_registration_to_the_acknowledged_decision() -> None:
    walk = Walk("chi_doan")
    assert walk.open == []
    seen = [walk.until(date(2026, 10, 1)).open]
    seen.append(walk.until(REGISTERED).does("dang_ky").open)
    seen.append(walk.does("tiep_nhan", outcome="accept").open)
    seen.append(walk.does("trien_khai").does("trien_khai").open)
    seen.append(walk.until(date(2027, 10, 1)).open)
    seen.append(walk.does("de_nghi").open)
    seen.append(walk.does("tham_dinh", outcome="assess").open)
    seen.append(walk.hears("result", result="met").open)
    seen.append(walk.hears("recognised").open)
    assert seen == [
        ["dang_ky"],
        ["tiep_nhan"],
        ["trien_khai"],
        ["trien_khai"],
        ["de_nghi"],
        ["tham_dinh"],
        [],
        [],
        ["xac_nhan"],
    ]
    assert walk.does("xac_nhan").finished == ("ket_thuc_cong_nhan",)
    assert walk.asked == []


def test_a_returned_registration_is_supplemented_not_registered_anew() -> None:
    walk = Walk("chi_doan").until(date(2026, 12, 30)).does("dang_ky")
    walk.until(date(2027, 1, 4)).does("tiep_nhan", outcome="return", reason="Thiếu lộ trình quý III.")
    assert walk.open == ["bo_sung_dang_ky"]  # also when the door for late registrations has closed meanwhile
    assert walk.does("bo_sung_dang_ky").does("tiep_nhan", outcome="accept").open == ["trien_khai"]


def test_a_supplement_that_never_comes_ends_when_proposals_open() -> None:
    walk = Walk("chi_doan").until(REGISTERED).does("dang_ky").does("tiep_nhan", outcome="return", reason="Thiếu.")
    assert walk.until(date(2027, 10, 1)).finished == ("ket_thuc_nam",)
    assert walk.asked == ["mark not_participating"]


def test_refused_by_the_base_union() -> None:
    walk = Walk("chi_doan").until(REGISTERED).does("dang_ky").does("tiep_nhan", outcome="refuse", reason="Không đủ.")
    assert (walk.finished, walk.asked) == (("ket_thuc_nam",), [])


@pytest.mark.parametrize(("group", "closed"), [("others", date(2027, 1, 1)), ("school", date(2026, 11, 1))])
def test_the_door_for_late_registrations_closes(group: str, closed: date) -> None:
    walk = Walk("chi_doan", group=group)
    assert walk.until(date.fromordinal(closed.toordinal() - 1)).open == ["dang_ky"]
    assert (walk.until(closed).finished, walk.asked) == (("ket_thuc_nam",), ["mark not_participating"])


def test_not_proposed_in_time_is_deferred() -> None:
    walk = accepted()
    assert walk.until(date(2027, 11, 29)).open == ["de_nghi"]
    assert (walk.until(date(2027, 11, 30)).finished, walk.asked) == (("ket_thuc_nam",), ["mark deferred"])


def test_a_returned_proposal_is_supplemented_and_assessed_again() -> None:
    walk = accepted().until(PROPOSED).does("de_nghi").does("tham_dinh", outcome="return", reason="Thiếu minh chứng.")
    assert walk.open == ["bo_sung_de_nghi"]
    assert walk.does("bo_sung_de_nghi").open == ["tham_dinh"]
    assert walk.does("tham_dinh", outcome="assess").waits_for == ["result", "unit_ended", "withdrawal"]


def test_the_meeting_also_reaches_who_was_not_appraised() -> None:
    walk = accepted().until(PROPOSED).does("de_nghi")
    assert walk.hears("result", result="deferred").waits_for == ["appeal", "unit_ended", "withdrawal"]


def test_without_a_meeting_the_proposal_is_deferred_at_the_last_door() -> None:
    walk = assessed()
    assert (walk.until(date(2028, 1, 1)).finished, walk.asked) == (("ket_thuc_nam",), ["mark deferred"])


def test_not_met_and_no_appeal_within_five_working_days() -> None:
    walk = assessed().until(date(2027, 11, 12)).hears("result", result="not_met")
    assert walk.until(date(2027, 11, 19)).finished == ()
    assert walk.until(date(2027, 11, 20)).finished == ("ket_thuc_nam",)


def test_an_appeal_is_upheld() -> None:
    walk = assessed().hears("result", result="not_met").hears("appeal", reason="Đề nghị xem lại tiêu chí 3.1.")
    assert walk.does("xem_xet_kien_nghi", outcome="uphold", reason="Giữ nguyên.").finished == ("ket_thuc_nam",)


def test_an_appeal_that_is_granted_leads_to_the_decision() -> None:
    walk = assessed().hears("result", result="deferred").hears("appeal", reason="Đề nghị xem lại tiêu chí 3.1.")
    walk.does("xem_xet_kien_nghi", outcome="adjust", reason="Điều chỉnh.")
    assert walk.waits_for == ["recognised", "unit_ended", "withdrawal"]
    assert walk.hears("recognised").does("xac_nhan").finished == ("ket_thuc_cong_nhan",)


@pytest.mark.parametrize(
    "walk",
    [
        lambda: Walk("chi_doan"),
        lambda: Walk("chi_doan").until(REGISTERED),
        lambda: Walk("chi_doan").until(REGISTERED).does("dang_ky"),
        accepted,
        lambda: accepted().until(PROPOSED),
        assessed,
        lambda: assessed().hears("result", result="met"),
        lambda: assessed().hears("result", result="not_met"),
    ],
)
def test_withdrawn_or_dissolved_at_any_time(walk: Callable[[], Walk]) -> None:
    assert (walk().hears("withdrawal").finished, walk().hears("unit_ended").finished) == (
        ("ket_thuc_rut",),
        ("ket_thuc_giai_the",),
    )
    withdrawn, dissolved = walk().hears("withdrawal"), walk().hears("unit_ended")
    assert (withdrawn.asked, dissolved.asked) == (["mark withdrawn"], ["mark dissolved"])


def test_a_recognised_branch_cannot_withdraw_and_keeps_its_title_when_it_ends() -> None:
    walk = assessed().hears("result", result="met").hears("recognised")
    assert walk.waits_for == ["unit_ended"]
    with pytest.raises(WrongState):
        walk.hears("withdrawal")
    assert (walk.hears("unit_ended").finished, walk.asked) == (("ket_thuc_khong_xac_nhan",), [])


def test_withdrawal_and_appeal_are_offered_to_the_branch_with_their_forms() -> None:
    nodes = definition().processes["chi_doan"].nodes
    offered = {
        n.name: (n.properties["offered_to"], n.properties["form"])
        for n in nodes.values()
        if "offered_to" in n.properties
    }
    assert offered == {"Rút hồ sơ": ("cd_chi_doan", "rut-ho-so"), "Gửi kiến nghị": ("cd_chi_doan", "kien-nghi")}


OUTCOMES = ("accept", "return", "refuse", "assess", "uphold", "adjust")
RESULTS = ("met", "not_met", "deferred")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=10_000), max_size=25), st.sampled_from(["others", "school"]))
def test_nothing_that_people_do_leads_into_a_dead_end(choices: list[int], group: str) -> None:
    walk = Walk("chi_doan", group=group)
    for choice in choices:
        if walk.step.ended:
            return
        take(walk, choice)
        assert goes_on(walk)


def take(walk: Walk, choice: int) -> None:
    ways = [*walk.open, *walk.waits_for, "time"]
    way = ways[choice % len(ways)]
    if way in walk.open:
        walk.does(way, outcome=OUTCOMES[choice % len(OUTCOMES)], reason="Lý do.")
    elif way == "time":
        walk.until(walk.day + timedelta(days=1 + choice % 60))
    else:
        walk.hears(way, result=RESULTS[choice % len(RESULTS)])


def goes_on(walk: Walk) -> bool:
    """Whether it has ended, or somebody, a date or another process can still move it."""
    own = set(walk.waits_for) - {"unit_ended", "withdrawal"}
    return walk.step.ended or bool(walk.open) or bool(walk.step.timers) or bool(own)
