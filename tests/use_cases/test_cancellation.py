"""How is recognition taken back? Asked for, verified, explained, decided, signed; the old decision stays."""

from __future__ import annotations

from datetime import date

import pytest

from engine.errors import Invalid, NotPermitted
from engine.rules.decisions import DecisionState
from engine.rules.dossiers import DossierState
from engine.use_cases import decisions
from tests.factories import Town, the_model
from tests.use_cases import living
from tests.use_cases.living import SCHOOL

ASK = "Có đề nghị hủy bỏ công nhận"
OFFICER = ("P1", "officer")


@pytest.fixture
def recognised(registered: Town) -> Town:
    """The school branch was recognised; a cancellation is asked for on 1/6/2027."""
    living.school_recognised(registered)
    registered.at("2027-06-01")
    return registered


def asked(town: Town) -> Town:
    town.sends(SCHOOL, ASK, by=OFFICER, noi_dung="Kê khai gian dối")
    return town


def test_only_the_superior_may_ask_and_only_for_the_recognised(recognised: Town) -> None:
    assert recognised.offered(SCHOOL, by=OFFICER) == [ASK]
    assert recognised.offered(SCHOOL) == []
    assert recognised.offered("P1-1", by=OFFICER) == []
    with pytest.raises(NotPermitted):
        recognised.sends(SCHOOL, ASK, by=("P2", "officer"))
    assert recognised.offered(SCHOOL, by=OFFICER) == [ASK]
    asked(recognised)
    assert recognised.offered(SCHOOL, by=OFFICER) == []  # one at a time


def test_a_cancelled_recognition_ends_the_titles_and_keeps_the_old_decision(recognised: Town) -> None:
    town = asked(recognised)
    (old, *_) = town.decisions("P1", "school")
    held = [t for t in town.titles(SCHOOL) if t.held_on(date(2027, 6, 1))]
    town.does(SCHOOL, "verify")
    town.at("2027-06-03").does(SCHOOL, "explain", noi_dung="Nhận khuyết điểm")
    with pytest.raises(Invalid):
        town.does(SCHOOL, "cancel_decide", outcome="cancel", reason="")
    town.does(SCHOOL, "cancel_decide", outcome="cancel", ground="false_declaration", reason="Khai sai số buổi.")
    town.at("2027-06-10").does(SCHOOL, "sign")
    assert (town.states(SCHOOL), town.open_acts(SCHOOL)) == ({SCHOOL: "cancelled"}, ["acknowledge"])
    (decision,) = town.decisions(SCHOOL)
    assert decisions.stored_paper(decision).bases[-1] == (
        "Xét thấy có căn cứ hủy bỏ công nhận: Gian dối trong kê khai thành tích"
    )
    assert (decision.state, decision.symbol, decision.dated, decision.unit_id) == (
        DecisionState.ISSUED,
        "02-QĐ/ĐTN",
        date(2027, 6, 10),
        town.unit("P1").id,
    )
    assert "Chi đoàn Trường THPT Ngô Quyền" in decisions.stored_paper(decision).subject
    after = town.titles(SCHOOL)
    assert [(t.id, t.cancelled_on, t.cancelled_by_id) for t in after] == [
        (t.id, date(2027, 6, 10), decision.id) for t in held
    ]
    days = (date(2027, 6, 9), date(2027, 6, 10))
    assert [[t.held_on(day) for t in after] for day in days] == [[True] * 3, [False] * 3]
    assert [len(town.ask(lambda uow, day=day: uow.titles.held_on(the_model().key, "branch", day))) for day in days] == [
        1,
        0,
    ]
    assert town.decisions("P1", "school")[0] == old
    assert town.history(SCHOOL)[-6:] == [
        ("asked", None, None, None),
        ("verified", "verify", "2027-06-15", 0),
        ("explained", "explain", "2027-06-08", 0),
        ("decided", "cancel_decide", "2027-06-17", 0),
        ("signed", "cancel_decide", "2027-06-17", 0),
        ("issued", "cancel_decide", None, None),
    ] or town.history(SCHOOL)[-1] == ("cancelled", None, None, None)


def test_a_recognition_is_kept(recognised: Town) -> None:
    town = asked(recognised)
    town.does(SCHOOL, "verify")
    town.does(SCHOOL, "explain")
    town.does(SCHOOL, "cancel_decide", outcome="keep", reason="Không đủ căn cứ.")
    assert (town.dossier(SCHOOL).state, town.decisions(SCHOOL)) == (DossierState.RECOGNISED, [])
    assert [t.cancelled_on for t in town.titles(SCHOOL)] == [None] * 3
    assert town.offered(SCHOOL, by=OFFICER) == [ASK]


def test_without_a_ground_it_stops_at_once(recognised: Town) -> None:
    town = asked(recognised)
    town.does(SCHOOL, "verify", outcome="drop")
    assert (town.dossier(SCHOOL).state, town.open_acts(SCHOOL)) == (DossierState.RECOGNISED, ["acknowledge"])


def test_a_branch_that_does_not_explain_is_decided_without_it(recognised: Town) -> None:
    town = asked(recognised)
    town.does(SCHOOL, "verify")
    assert "explain" in town.at("2027-06-08 23:59").open_acts(SCHOOL)
    assert town.at("2027-06-09 00:00").open_acts(SCHOOL) == ["acknowledge", "cancel_decide"]


def test_whoever_holds_a_position_in_the_branch_does_not_judge_it(recognised: Town) -> None:
    town = asked(recognised)
    town.appoint(SCHOOL, "deputy_secretary", also=OFFICER)
    with pytest.raises(NotPermitted) as refused:
        town.does(SCHOOL, "verify", by=OFFICER)
    assert refused.value.code == "own_unit"


def test_a_cancelling_draft_may_be_returned(recognised: Town) -> None:
    town = asked(recognised)
    town.does(SCHOOL, "verify")
    town.does(SCHOOL, "explain")
    town.does(SCHOOL, "cancel_decide")
    town.does(SCHOOL, "sign", outcome="return", reason="Xem lại căn cứ.")
    town.does(SCHOOL, "cancel_decide", outcome="keep", reason="Không đủ căn cứ.")
    assert town.dossier(SCHOOL).state is DossierState.RECOGNISED
    assert [d.state for d in town.decisions(SCHOOL)] == [DecisionState.VOID]
