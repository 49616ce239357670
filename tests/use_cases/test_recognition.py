"""How is a branch recognised? Appraisal, meeting, appeal, one numbered and signed decision, titles."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from api.texts.history import history_sentence
from documents.isolated import IsolatedRenderer
from engine.errors import Invalid, NotPermitted, SigningFailed, WrongState
from engine.ports.store import UnitOfWork
from engine.process import packs
from engine.rules.decisions import Decision, DecisionState, RegisterRow
from engine.rules.dossiers import DossierState
from engine.rules.papers import Annex, Paper, Table
from engine.rules.titles import Title
from engine.use_cases import arranging, decisions, drafting, incidents, units
from tests.factories import YEAR, Town, a_basis, the_model
from tests.use_cases import living
from tests.use_cases.living import SCHOOL, meeting, scores, vote

GROUP = "others"


def refused_fields(refused: pytest.ExceptionInfo[Invalid]) -> dict[str, str]:
    return {name: error.code for name, error in refused.value.fields.items()}


def rows_of(paper: Paper, number: int) -> list[tuple[str, ...]]:
    """The rows of an annex's table, annexes counted from 0."""
    annex: Annex = paper.annexes[number]
    (table,) = (block for block in annex.blocks if isinstance(block, Table))
    return list(table.rows)


def listed(decision: Decision) -> list[str]:
    """The branches named by the first annex."""
    return [row[1] for row in rows_of(decisions.stored_paper(decision), 0)]


def latest(town: Town, document: str = "quyet-dinh-cong-nhan") -> Decision:
    return [d for d in town.decisions("P1", GROUP) if d.document == document][-1]


def confirmed(town: Town) -> Town:
    """The meeting was held, the time for appeals is over, the list waits for a signature."""
    living.met(town)
    town.at("2027-11-18").does("P1", "decide", group=GROUP)
    return town


# ---- appraisal


def test_a_proposal_is_returned_supplemented_and_appraised(registered: Town) -> None:
    town = registered.at("2027-10-04")
    town.does("P1-1", "request", scores=scores("0.5"), members=living.members(self_result="proposed"))
    town.does("P1-1", "assess", outcome="return", reason="Thiếu minh chứng quý III.")
    assert town.dossier("P1-1").state is DossierState.ACCEPTED
    town.at("2027-10-12").does("P1-1", "request", scores=scores("0.9"), members=living.members(self_result="proposed"))
    town.at("2027-11-16").does("P1-1", "assess", scores=scores("0.875"))
    dossier = town.dossier("P1-1")
    assert (dossier.state, dossier.score, dossier.band) == (DossierState.ASSESSED, Decimal("87.50"), "good")
    assert town.history("P1-1")[2:] == [
        ("submitted", "request", "2027-11-09", 0),
        ("returned", "assess", "2027-11-15", 0),
        ("submitted", "supplement", "2027-10-11", 1),
        ("assessed", "assess", "2027-11-15", 1),
    ]
    assert town.lines("P1-1")[-1].facts == {
        "name": "Thẩm định hồ sơ đề nghị",
        "score": "87.50",
        "band": "Hoàn thành tốt",
    }


@pytest.mark.parametrize(
    ("share", "score", "band"),
    [("1", "100.00", "excellent"), ("0.9", "90.00", "excellent"), ("0.8", "80.00", "good"), ("0.7", "70.00", "fulfilled"), ("0", "0.00", "not_fulfilled")],
)  # fmt: skip
def test_bands_begin_at_their_points(registered: Town, share: str, score: str, band: str) -> None:
    town = registered.at("2027-10-04")
    town.does("P1-1", "request")
    town.does("P1-1", "assess", scores=scores(share))
    dossier = town.dossier("P1-1")
    assert (dossier.score, dossier.band) == (Decimal(score), band)


def test_a_failed_decisive_criterion_puts_the_branch_into_the_lowest_band(registered: Town) -> None:
    town = registered.at("2027-10-04")
    town.does("P1-1", "request")
    town.does("P1-1", "assess", scores=scores("1", c2_1=0))
    dossier = town.dossier("P1-1")
    assert (dossier.score, dossier.band) == (Decimal("90.00"), "not_fulfilled")


def test_points_are_whole_and_within_their_maximum(registered: Town) -> None:
    town = registered.at("2027-10-04")
    town.does("P1-1", "request")
    with pytest.raises(Invalid) as refused:
        town.does("P1-1", "assess", scores=scores("1", c1_1=11, c2_1=-1, c4_3=None))
    assert refused_fields(refused) == {
        "scores.0.points": "points_out_of_range",
        "scores.3.points": "points_out_of_range",
        "scores.11.points": "points_missing",
    }
    with pytest.raises(Invalid):
        town.does("P1-1", "assess", scores=scores("1", c1_1="nhiều"))
    assert town.dossier("P1-1").state is DossierState.PROPOSED


def test_nobody_is_appraised_without_points(registered: Town) -> None:
    town = registered.at("2027-10-04")
    town.does("P1-1", "request")
    with pytest.raises(Invalid) as refused:
        town.does("P1-1", "assess")
    assert set(refused_fields(refused).values()) == {"points_missing"}


def test_an_officer_does_not_appraise_their_own_branch(registered: Town) -> None:
    town = registered.at("2027-10-04")
    town.appoint("P1-1", "deputy_secretary", also=("P1", "officer"))
    town.does("P1-1", "request", by=("P1-1", "secretary"))
    with pytest.raises(NotPermitted) as refused:
        town.does("P1-1", "assess", by=("P1", "officer"), scores=scores("1"))
    assert refused.value.code == "own_unit"


def test_who_does_not_propose_is_deferred_after_the_last_day(registered: Town) -> None:
    assert registered.at("2027-11-29 23:59").open_acts("P1-1") == ["request"]
    registered.at("2027-11-30 00:00")
    assert (registered.dossier("P1-1").state, registered.open_work("P1-1")) == (DossierState.DEFERRED, [])
    assert registered.history("P1-1")[-1] == ("not_requested", None, None, None)


def test_who_is_not_appraised_is_deferred_when_the_late_door_closes(registered: Town) -> None:
    registered.at("2027-11-08").does("P1-1", "request")
    assert registered.at("2027-12-31 23:59").open_acts("P1-1") == ["assess"]
    registered.at("2028-01-01 00:00")
    assert (registered.dossier("P1-1").state, registered.open_work("P1-1")) == (DossierState.DEFERRED, [])
    assert registered.history("P1-1")[-1] == ("deferred", None, None, None)


# ---- the meeting


def test_the_meeting_gives_each_branch_its_result(appraised: Town) -> None:
    living.met(appraised)
    assert appraised.states(*living.OTHERS) == {
        "P1-1": "met",
        "P1-2": "met",
        "P1-4": "not_met",
        "P2-1": "assessed",
    }
    line = next(line for line in appraised.lines("P1", GROUP) if line.event == "decided")
    assert (line.task, line.last_day, line.days_late, line.facts) == (
        "recognise",
        date(2027, 11, 29),
        0,
        {"name": "Họp xét", "met": 2, "not_met": 1, "deferred": 0, "present": 9},
    )


def test_each_branch_reads_its_result_and_the_reason_in_its_own_history(appraised: Town) -> None:
    why = "Điểm thẩm định dưới mức quy định."
    refused = vote("P1-2", "not_met", votes=(2, 6), reason=why)
    later = vote("P1-4", "deferred", votes=(0, 0), reason="Chờ kết luận kiểm tra.")
    appraised.does("P1", "meet", group=GROUP, **meeting(vote("P1-1"), refused, later))
    assert [history_sentence(appraised.lines(code)[-1]) for code in ("P1-1", "P1-2", "P1-4")] == [
        "Họp xét: đạt, 9 phiếu đồng ý.",
        f"Họp xét: chưa đạt, 2 phiếu đồng ý, 6 phiếu không đồng ý. Lý do: {why}",
        "Họp xét: hoãn xét. Lý do: Chờ kết luận kiểm tra.",
    ]


def test_whom_the_meeting_passes_over_is_deferred(appraised: Town) -> None:
    appraised.does("P1", "meet", group=GROUP, **meeting(vote("P1-1"), vote("P1-2", "deferred", votes=(0, 0))))
    assert appraised.states("P1-1", "P1-2", "P1-4") == {"P1-1": "met", "P1-2": "deferred", "P1-4": "deferred"}


def test_whoever_was_not_appraised_by_the_meeting_is_deferred(registered: Town) -> None:
    town = registered
    living.propose(town.at("2027-11-05"), "P1-1")
    town.does("P1-2", "request", scores=scores("1"))
    town.at("2027-11-10").does("P1", "meet", group=GROUP, **meeting(vote("P1-1")))
    assert town.states("P1-1", "P1-2", "P1-4") == {"P1-1": "met", "P1-2": "deferred", "P1-4": "accepted"}
    assert (town.open_acts("P1-2"), town.offered("P1-2")) == ([], ["Gửi kiến nghị", "Rút hồ sơ"])
    assert town.history("P1-2")[-1] == ("deferred", None, None, None)


@pytest.mark.parametrize(
    ("answers", "fields"),
    [
        (meeting(present=5, invited=10), {"present": "no_quorum"}),
        (meeting(present=12, invited=11), {"present": "more_present_than_invited"}),
        (meeting(vote("P1-1", votes=(9, 1))), {"rows.0.votes_for": "more_votes_than_present"}),
        (meeting(vote("P1-1", votes=(4, 4)), present=8), {"rows.0.result": "no_majority"}),
        (meeting(vote("P1-1", votes=(0, 0))), {"rows.0.result": "no_majority"}),
        (meeting(vote("P1-1"), vote("P1-4")), {"rows.2.result": "band_not_recognised"}),
        (meeting(vote("P1-2", "excellent")), {"rows.1.result": "choice"}),
    ],
)
def test_a_meeting_against_its_rules_is_refused_whole(
    appraised: Town, answers: dict[str, object], fields: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        appraised.does("P1", "meet", group=GROUP, **answers)
    assert refused_fields(refused) == fields
    assert appraised.states("P1-1", "P1-2", "P1-4") == dict.fromkeys(("P1-1", "P1-2", "P1-4"), "assessed")


def test_a_meeting_by_consent_needs_no_votes(appraised: Town) -> None:
    answers = meeting({"code": "P1-1", "result": "met"})
    appraised.does("P1", "meet", group=GROUP, **answers)
    assert appraised.states("P1-1") == {"P1-1": "met"}


# ---- appeals


def test_an_appeal_is_upheld(appraised: Town) -> None:
    living.met(appraised)
    assert appraised.offered("P1-4") == ["Gửi kiến nghị", "Rút hồ sơ"]
    assert appraised.offered("P1-1") == ["Rút hồ sơ"]
    appraised.at("2027-11-12").sends("P1-4", "Gửi kiến nghị", noi_dung="Chấm sót minh chứng")
    with pytest.raises(Invalid):
        appraised.does("P1-4", "answer_appeal", outcome="uphold", reason="")
    appraised.does("P1-4", "answer_appeal", outcome="uphold", reason="Đã chấm đủ.")
    assert (appraised.dossier("P1-4").state, appraised.open_work("P1-4")) == (DossierState.NOT_MET, [])
    assert appraised.history("P1-4")[-2:] == [
        ("asked", None, None, None),
        ("answered", "answer_appeal", "2027-11-16", 0),
    ]


def test_an_adjusted_branch_is_recognised_with_the_others(appraised: Town) -> None:
    living.met(appraised)
    appraised.at("2027-11-12").sends("P1-4", "Gửi kiến nghị", noi_dung="Chấm sót minh chứng")
    appraised.does("P1-4", "answer_appeal", outcome="adjust", reason="Bổ sung điểm.")
    appraised.at("2027-11-18").does("P1", "decide", group=GROUP)
    appraised.does("P1", "sign", group=GROUP)
    assert appraised.states("P1-1", "P1-2", "P1-4") == dict.fromkeys(("P1-1", "P1-2", "P1-4"), "recognised")
    assert listed(latest(appraised)) == [appraised.unit(code).name for code in ("P1-1", "P1-2", "P1-4")]


def test_the_list_waits_for_an_unanswered_appeal(appraised: Town) -> None:
    living.met(appraised)
    appraised.at("2027-11-12").sends("P1-4", "Gửi kiến nghị", noi_dung="Chấm sót minh chứng")
    appraised.at("2027-11-18")
    with pytest.raises(WrongState) as refused:
        appraised.does("P1", "decide", group=GROUP)
    assert (refused.value.code, refused.value.facts) == ("appeal_open", {"unit": "Chi đoàn Tổ dân phố số 4"})
    appraised.does("P1-4", "answer_appeal")
    appraised.does("P1", "decide", group=GROUP)


def test_the_time_for_appeals_ends(appraised: Town) -> None:
    living.met(appraised)
    assert "Gửi kiến nghị" in appraised.at("2027-11-17 23:59").offered("P1-4")
    appraised.at("2027-11-18 00:00")
    assert (appraised.offered("P1-4"), appraised.dossier("P1-4").state) == ([], DossierState.NOT_MET)


# ---- the decision


def test_the_decision_lists_exactly_the_recognised(any_town: Town) -> None:
    town = any_town
    living.registered(town)
    living.appraised(town)
    confirmed(town)
    drafted = latest(town)
    assert (drafted.state, drafted.number, drafted.symbol, drafted.signer_name) == (
        DecisionState.DRAFTED,
        None,
        "QĐ/ĐTN",
        "",
    )
    town.at("2027-11-19").does("P1", "sign", group=GROUP)
    decision = latest(town)
    assert (decision.state, decision.number, decision.symbol, decision.dated, decision.signed_at, decision.issued_at) == (
        DecisionState.ISSUED,
        1,
        "01-QĐ/ĐTN",
        date(2027, 11, 19),
        town.now,
        town.now,
    )  # fmt: skip
    assert (decision.signer_name, decision.signer_title, decision.file_name) == (
        "Nguyễn Văn P1 secretary",
        "Bí thư",
        f"quyet-dinh-cong-nhan-P1-others-{YEAR}",
    )
    paper = decisions.stored_paper(decision)
    assert rows_of(paper, 0) == [
        ("1", "Chi đoàn Tổ dân phố số 1", "Địa bàn dân cư", "2", "96,00", "Hoàn thành xuất sắc"),
        ("2", "Chi đoàn Công ty Cơ khí", "Khối doanh nghiệp", "2", "84,00", "Hoàn thành tốt"),
    ]
    assert rows_of(paper, 1) == [
        ("1", "Trần Thị Bình", "2000", "Chi đoàn Tổ dân phố số 1"),
        ("2", "Lê Minh Đức", "2001", "Chi đoàn Tổ dân phố số 1"),
        ("3", "Trần Thị Bình", "2000", "Chi đoàn Công ty Cơ khí"),
        ("4", "Lê Minh Đức", "2001", "Chi đoàn Công ty Cơ khí"),
    ]
    assert (paper.number, paper.date, paper.signatures[0].name, paper.verification_url, paper.test_signature) == (
        1,
        date(2027, 11, 19),
        "Nguyễn Văn P1 secretary",
        f"https://chuky.test/kiem-tra/{decision.code}",
        True,
    )
    signed = town.archive.get(decision.pdf_sha256)
    assert signed.splitlines()[2:] == [
        "Bí thư Nguyễn Văn P1 secretary".encode(),
        "Đoàn phường Lê Chân".encode() if paper.sealed else b"",
        decision.signed_at.isoformat().encode(),
    ]
    assert json.loads(signed.split(b"\n")[1]) == json.loads(json.dumps(decision.content["paper"]))
    assert town.archive.get(decision.docx_sha256).startswith(b"DOCX")
    issued = [line for line in town.lines("P1", GROUP) if line.event == "issued"]
    assert [(i.task, i.last_day, i.days_late, i.document, i.actor_name) for i in issued] == [
        ("recognise", date(2027, 11, 29), 0, f"{decision.file_name}.pdf", "Hệ thống")
    ]
    files = {name: getattr(decision, name) for name in ("symbol", "subject", "pdf_sha256", "docx_sha256")}
    assert issued[0].facts == {**files, "decision": int(decision.id)}
    assert town.history("P1", GROUP) == [
        ("decided", "recognise", "2027-11-29", 0),
        ("confirmed", "recognise", "2027-11-29", 0),
        ("signed", "recognise", "2027-11-29", 0),
        ("issued", "recognise", "2027-11-29", 0),
        ("certified", "recognise", "2027-11-29", 0),
    ]


def test_a_decision_after_the_last_day_says_how_late_it_is(appraised: Town) -> None:
    confirmed(appraised).at("2027-12-02").does("P1", "sign", group=GROUP)
    assert ("issued", "recognise", "2027-11-29", 3) in appraised.history("P1", GROUP)


def test_the_book_of_a_year_has_no_gap(appraised: Town) -> None:
    confirmed(appraised).at("2027-11-19").does("P1", "sign", group=GROUP)
    unit = appraised.unit("P1")
    rows = appraised.ask(lambda uow: uow.decisions.register_rows(unit.id, 2027))
    assert [(r.book, r.number, r.symbol, r.dated, r.type_code, r.signer_name, r.state) for r in rows] == [
        ("GCN", 1, "01-GCN/ĐTN", date(2027, 5, 14), "GCN", "Nguyễn Văn P1 secretary", "issued"),
        ("GCN", 2, "02-GCN/ĐTN", date(2027, 11, 19), "GCN", "Nguyễn Văn P1 secretary", "issued"),
        ("QĐ", 1, "01-QĐ/ĐTN", date(2027, 5, 14), "QĐ", "Nguyễn Văn P1 secretary", "issued"),
        ("QĐ", 2, "02-QĐ/ĐTN", date(2027, 11, 19), "QĐ", "Nguyễn Văn P1 secretary", "issued"),
    ]
    assert isinstance(rows[0], RegisterRow)
    assert rows[3].recipients == "; ".join(decisions.stored_paper(latest(appraised)).recipients)


def test_a_returned_draft_is_void_and_drafted_anew(appraised: Town) -> None:
    confirmed(appraised)
    with pytest.raises(Invalid) as refused:
        appraised.does("P1", "sign", group=GROUP, outcome="return")
    assert refused_fields(refused) == {"reason": "reason_required"}
    appraised.does("P1", "sign", group=GROUP, outcome="return", reason="Sai căn cứ.")
    assert [i.act for i in appraised.open_work("P1") if i.deadline == "recognise"] == ["decide"]
    appraised.does("P1", "decide", group=GROUP)
    appraised.at("2027-11-19").does("P1", "sign", group=GROUP)
    kept = [d for d in appraised.decisions("P1", GROUP) if d.type_code == "QĐ"]
    assert [(d.state, d.number, d.dated) for d in kept] == [
        (DecisionState.VOID, None, None),
        (DecisionState.ISSUED, 2, date(2027, 11, 19)),
    ]
    assert len({d.code for d in kept}) == 2


@pytest.mark.parametrize("by", [("P1", "officer"), ("P1", "clerk"), ("P2", "secretary"), ("TD", "officer")])
def test_only_the_signatory_signs(appraised: Town, by: tuple[str, str]) -> None:
    confirmed(appraised)
    with pytest.raises(NotPermitted):
        appraised.does("P1", "sign", group=GROUP, by=by)
    assert latest(appraised).state is DecisionState.DRAFTED


@pytest.mark.parametrize("lacking", [{"number": ""}, {"dated": None}])
def test_nothing_is_signed_on_an_incomplete_basis(appraised: Town, lacking: dict[str, object]) -> None:
    key = appraised.ask(lambda uow: uow.decisions.bases())[0].key
    with appraised.open() as uow:
        uow.decisions.put_basis(a_basis(key, **lacking))
    confirmed(appraised)
    with pytest.raises(WrongState) as refused:
        appraised.does("P1", "sign", group=GROUP)
    assert (refused.value.code, refused.value.facts) == ("basis_incomplete", {"keys": [key]})
    assert latest(appraised).state is DecisionState.DRAFTED
    with appraised.open() as uow:
        living.complete_bases(uow)
    appraised.does("P1", "sign", group=GROUP)
    bases = decisions.stored_paper(latest(appraised)).bases
    assert [basis for basis in bases if "……" in basis] == []
    assert f"Căn cứ Văn bản {key} số 15-KH/TU ngày 01 tháng 8 năm 2025 của Thành ủy" in bases


@pytest.mark.parametrize(
    ("name", "cited"),
    [
        ("Nghị định về công tác văn thư", "Căn cứ Nghị định số 15-KH/TU ngày 01 tháng 8 năm 2025 của Thành ủy về công tác văn thư"),
        ("Luật Thi đua, khen thưởng", "Căn cứ Luật Thi đua, khen thưởng số 15-KH/TU ngày 01 tháng 8 năm 2025 của Thành ủy"),
        (
            "Kế hoạch thực hiện Nghị quyết về đô thị",
            "Căn cứ Kế hoạch thực hiện Nghị quyết về đô thị số 15-KH/TU ngày 01 tháng 8 năm 2025 của Thành ủy",
        ),
    ],
)  # fmt: skip
def test_a_basis_is_cited_by_kind_number_date_issuer_and_subject(appraised: Town, name: str, cited: str) -> None:
    with appraised.open() as uow:
        uow.decisions.put_basis(a_basis("van-thu", name=name))
    assert appraised.ask(lambda uow: drafting.basis_texts(uow, ["van-thu"])) == (cited,)


def test_nobody_is_on_the_list_who_left_before_it_was_signed(appraised: Town) -> None:
    confirmed(appraised)
    appraised.sends("P1-2", "Rút hồ sơ")
    with pytest.raises(WrongState) as refused:
        appraised.does("P1", "sign", group=GROUP)
    assert refused.value.code == "list_changed"
    appraised.does("P1", "sign", group=GROUP, outcome="return", reason="Chi đoàn Công ty Cơ khí đã rút.")
    appraised.does("P1", "decide", group=GROUP)
    appraised.does("P1", "sign", group=GROUP)
    assert listed(latest(appraised)) == ["Chi đoàn Tổ dân phố số 1"]
    assert appraised.states("P1-1", "P1-2") == {"P1-1": "recognised", "P1-2": "withdrawn"}
    assert appraised.titles("P1-2") == []


def test_nobody_leaves_a_list_that_has_its_number(appraised: Town) -> None:
    confirmed(appraised)
    assert appraised.offered("P1-1") == ["Rút hồ sơ"]
    appraised.signer.troubles.append(SigningFailed("thẻ ký bị khóa", retry_after=None))
    appraised.does("P1", "sign", group=GROUP)
    assert (latest(appraised).state, appraised.offered("P1-1")) == (DecisionState.NUMBERED, [])
    with pytest.raises(NotPermitted):
        appraised.sends("P1-1", "rut_ho_so")
    assert appraised.states("P1-1") == {"P1-1": "met"}


def test_a_decision_that_fails_outside_keeps_its_number_and_is_tried_again(appraised: Town) -> None:
    confirmed(appraised).at("2027-11-19")
    appraised.signer.troubles.append(SigningFailed("thẻ ký bị khóa", retry_after=None))
    appraised.does("P1", "sign", group=GROUP)
    stuck = latest(appraised)
    assert (stuck.state, stuck.symbol, appraised.states("P1-1")) == (
        DecisionState.NUMBERED,
        "02-QĐ/ĐTN",
        {"P1-1": "met"},
    )
    (incident,) = appraised.ask(lambda uow: uow.incidents.open())
    assert (incident.kind, incident.decision_id, incident.reason) == (
        "document",
        stuck.id,
        "SigningFailed: thẻ ký bị khóa",
    )
    administrator = appraised.actor("TD", "administrator")
    appraised.at("2027-11-22")
    with appraised.open() as uow, pytest.raises(NotPermitted):
        incidents.retry(uow, incident.id, actor=appraised.actor("TD", "officer"), now=appraised.now)
    with appraised.open() as uow:
        incidents.retry(uow, incident.id, actor=administrator, now=appraised.now)
    appraised.work_off()
    issued = latest(appraised)
    assert (issued.state, issued.symbol, issued.dated, issued.signed_at) == (
        DecisionState.ISSUED,
        "02-QĐ/ĐTN",
        date(2027, 11, 19),
        stuck.signed_at,
    )
    assert (appraised.ask(lambda uow: uow.incidents.open()), appraised.states("P1-1")) == ([], {"P1-1": "recognised"})
    with appraised.open() as uow, pytest.raises(WrongState) as again:
        incidents.resolve(uow, incident.id, "xong", actor=administrator, now=appraised.now)
    assert again.value.code == "incident_resolved"


def test_a_meeting_that_recognises_nobody_issues_nothing(appraised: Town) -> None:
    appraised.does("P1", "meet", group=GROUP, **meeting(*(vote(c, "not_met", votes=(1, 8)) for c in ("P1-1", "P1-2", "P1-4"))))  # fmt: skip
    appraised.at("2027-11-18").does("P1", "decide", group=GROUP)
    assert appraised.decisions("P1", GROUP) == []
    assert "sign" not in appraised.open_acts("P1")


# ---- certificates, titles, the end


def test_certificates_rest_on_the_issued_decision(appraised: Town) -> None:
    confirmed(appraised).at("2027-11-19").does("P1", "sign", group=GROUP)
    certificates = latest(appraised, "giay-chung-nhan")
    assert (certificates.state, certificates.symbol) == (DecisionState.ISSUED, "02-GCN/ĐTN")
    awards = decisions.stored_paper(certificates).blocks
    assert [(a.holder, a.register_number, a.lines[-1]) for a in awards] == [  # type: ignore[union-attr]
        (unit, number, "Theo Quyết định số 02-QĐ/ĐTN ngày 19/11/2027 của Ban Chấp hành Đoàn phường Lê Chân")
        for unit, number in (
            ("Chi đoàn Tổ dân phố số 1", "02"),
            ("Chi đoàn Công ty Cơ khí", "03"),
        )  # 01: the school's, in May
    ]


def test_titles_are_held_by_units_and_recognised_members(appraised: Town) -> None:
    confirmed(appraised).at("2027-11-19").does("P1", "sign", group=GROUP)
    decision, dossier = latest(appraised), appraised.dossier("P1-1")

    def title(number: int, key: str, member: str) -> Title:
        return Title(
            id=number,
            model=the_model().key,
            key=key,
            year=YEAR,
            unit_id=dossier.unit_id,
            member_name=member,
            dossier_id=dossier.id,
            decision_id=decision.id,
            from_day=date(2027, 11, 19),
            until_day=None,
            cancelled_on=None,
            cancelled_by_id=None,
        )

    found = appraised.titles("P1-1")
    assert found == [
        title(found[0].id, "branch", ""),
        title(found[1].id, "member", "Trần Thị Bình"),
        title(found[2].id, "member", "Lê Minh Đức"),
    ]
    assert (dossier.state, dossier.closed_at) == (DossierState.RECOGNISED, appraised.now)
    (told,) = (line for line in appraised.lines("P1-1") if line.event == "recognised")
    assert history_sentence(told) == f"Được công nhận theo văn bản số {decision.symbol}."
    assert appraised.titles("P1-4") == []


def test_a_title_of_some_years_ends_on_its_day_whatever_the_year(city: Town) -> None:
    files = dict(the_model().files) | packs.read_shared()
    table = files["model.toml"].decode()
    files["model.toml"] = table.replace('holder = "unit"', 'holder = "unit"\nyears = 1').encode()
    with city.open() as uow:
        uow.models.deploy(packs.read_model(files, the_model().key), city.now)
    city.opens()
    living.registered(city)
    living.appraised(city)
    confirmed(city).at("2028-02-29").does("P1", "sign", group=GROUP)
    assert [(t.key, t.from_day, t.until_day) for t in city.titles("P1-1")][:2] == [
        ("branch", date(2028, 2, 29), date(2029, 2, 28)),
        ("member", date(2028, 2, 29), None),
    ]


def test_a_renewed_title_takes_the_place_of_the_old_one(registered: Town) -> None:
    town = registered
    living.school_recognised(town)
    town.cycle = town.at("2027-08-20").opens(year=YEAR + 1).id
    living.register(town.at("2027-09-10"), SCHOOL)
    own = living.members(self_result="proposed")
    town.at("2028-04-20").does(SCHOOL, "request", members=own)
    appraised = [{**row, "result": "recognised" if n > 0 else "not_met"} for n, row in enumerate(own)]
    town.does(SCHOOL, "assess", scores=scores("0.9"), members=appraised)
    town.at("2028-05-10").does("P1", "meet", group="school", **meeting(vote(SCHOOL)))
    town.at("2028-05-17").does("P1", "decide", group="school")
    town.does("P1", "sign", group="school")
    first, last, again = date(2027, 5, 14), date(2028, 5, 16), date(2028, 5, 17)
    found = {(t.key, t.member_name, t.year): (t.from_day, t.until_day) for t in town.titles(SCHOOL)}
    assert found == {
        ("branch", "", 2027): (first, last),
        ("branch", "", 2028): (again, None),
        ("member", "Trần Thị Bình", 2027): (first, None),
        ("member", "Lê Minh Đức", 2027): (first, last),
        ("member", "Lê Minh Đức", 2028): (again, None),
        ("member", "Phạm Hà An", 2028): (again, None),
    }
    held = town.ask(lambda uow: uow.titles.held_on(the_model().key, "branch", again))
    assert [(t.unit_id, t.year) for t in held] == [(town.unit(SCHOOL).id, 2028)]


def test_coverage_counts_titles_held_on_a_day(appraised: Town) -> None:
    confirmed(appraised).at("2027-11-19").does("P1", "sign", group=GROUP)

    def held(day: date, key: str) -> int:
        return len(appraised.ask(lambda uow: uow.titles.held_on(the_model().key, key, day)))

    days = (date(2027, 5, 13), date(2027, 5, 14), date(2027, 11, 18), date(2027, 11, 19), date(2030, 1, 1))
    assert [held(day, "branch") for day in days] == [0, 1, 1, 3, 3]
    assert [held(day, "member") for day in days] == [0, 2, 2, 6, 6]


def test_the_branch_acknowledges_and_the_clerk_archives(appraised: Town) -> None:
    confirmed(appraised).at("2027-11-19").does("P1", "sign", group=GROUP)
    assert (appraised.open_acts("P1-1"), appraised.offered("P1-1")) == (["acknowledge"], [])
    appraised.does("P1-1", "acknowledge")
    assert appraised.open_work("P1-1") == []
    archive = appraised.work("P1", "archive", group=GROUP)
    assert (archive.roles, archive.last_day) == (("clerk",), date(2027, 11, 22))
    appraised.does("P1", "archive", group=GROUP)
    assert appraised.lines("P1", GROUP)[-1].facts == {
        "name": "Phát hành, lưu hồ sơ",
        "documents": ["02-QĐ/ĐTN", "02-GCN/ĐTN"],
    }


def test_a_recognised_branch_may_end_without_losing_its_title(appraised: Town) -> None:
    confirmed(appraised).at("2027-11-19").does("P1", "sign", group=GROUP)
    actor, unit = appraised.actor("TD", "officer"), appraised.unit("P1-1")

    def end(uow: UnitOfWork) -> None:
        units.end_unit(
            uow, unit.id, last_day=date(2027, 11, 20), successor_code="", dispatch="1", actor=actor, now=appraised.now
        )

    with appraised.open() as uow:
        end(uow)
    assert (appraised.states("P1-1"), appraised.open_work("P1-1")) == ({"P1-1": "recognised"}, [])
    assert len(appraised.titles("P1-1")) == 3


# ---- who leaves while a decision is on its way; whose key signs


def test_two_signatories_of_the_same_name_sign_with_keys_of_their_own(appraised: Town) -> None:
    with appraised.open() as uow:
        for code in ("P1", "P2"):
            account = uow.accounts.find_username(f"{code.lower()}.secretary")
            assert account is not None
            uow.accounts.save(replace(account, full_name="Nguyễn Văn An"))
    appraised.does("P2", "meet", group=GROUP, **meeting(vote("P2-1")))
    confirmed(appraised).does("P2", "decide", group=GROUP)
    appraised.signer.people.clear()
    for code in ("P1", "P2"):
        appraised.does(code, "sign", group=GROUP)
    accounts = [str(appraised.actor(code, "secretary").account_id) for code in ("P1", "P2")]
    signed = [(person.id, person.name) for person in appraised.signer.people]
    assert signed == [(account, "Nguyễn Văn An") for account in accounts for _ in ("decision", "certificates")]
    assert [d.signer_id for d in appraised.decisions("P2", GROUP)] == [int(accounts[1])] * 2


@pytest.mark.parametrize("how", ["ended", "moved"])
def test_who_left_since_the_draft_is_named_to_the_signer_and_is_not_on_the_new_list(appraised: Town, how: str) -> None:
    confirmed(appraised)
    officer = appraised.actor("TD", "officer")
    unit = appraised.unit("P1-2")
    with appraised.open() as uow:
        if how == "ended":
            arranging.end(
                uow,
                unit.id,
                last_day=date(2027, 11, 18),
                successor_code="P1-1",
                dispatch="9-QĐ",
                actor=officer,
                now=appraised.now,
            )
        else:
            arranging.move_unit(uow, unit.id, "P2", "9-QĐ", actor=officer, now=appraised.now)
    assert [u.code for u in appraised.ask(lambda uow: decisions.changed_since(uow, latest(appraised)))] == ["P1-2"]
    with pytest.raises(WrongState) as refused:
        appraised.does("P1", "sign", group=GROUP)
    assert (refused.value.code, refused.value.facts) == ("list_changed", {"unit": "Chi đoàn Công ty Cơ khí"})
    appraised.does("P1", "sign", group=GROUP, outcome="return", reason="Lập lại danh sách.")
    appraised.does("P1", "decide", group=GROUP)
    assert listed(latest(appraised)) == ["Chi đoàn Tổ dân phố số 1"]
    assert appraised.ask(lambda uow: decisions.changed_since(uow, latest(appraised))) == []
    appraised.does("P1", "sign", group=GROUP)
    assert appraised.states("P1-1")["P1-1"] == "recognised"
    assert appraised.states("P1-2")["P1-2"] == ("dissolved" if how == "ended" else "met")


def test_nobody_is_dissolved_merged_or_moved_between_number_and_signature(appraised: Town) -> None:
    confirmed(appraised)
    appraised.signer.troubles.append(SigningFailed("thẻ ký bị khóa", retry_after=None))
    appraised.does("P1", "sign", group=GROUP)
    officer, symbol = appraised.actor("TD", "officer"), latest(appraised).symbol
    day = date(2027, 11, 18)
    for code in ("P1-2", "P1"):
        unit = appraised.unit(code)
        with appraised.open() as uow, pytest.raises(WrongState) as refused:
            arranging.end(uow, unit.id, last_day=day, successor_code="P2" if code == "P1" else "", dispatch="9-QĐ", actor=officer, now=appraised.now)  # fmt: skip
        assert (refused.value.code, refused.value.facts) == ("being_signed", {"unit": unit.name, "symbol": symbol})
    with appraised.open() as uow, pytest.raises(WrongState) as refused:
        arranging.move_unit(uow, appraised.unit("P1-1").id, "P2", "9-QĐ", actor=officer, now=appraised.now)
    assert refused.value.code == "being_signed"


def test_drafts_of_a_unit_that_ends_are_set_aside(appraised: Town) -> None:
    confirmed(appraised)
    officer = appraised.actor("TD", "officer")
    with appraised.open() as uow:
        arranging.end(
            uow,
            appraised.unit("P1").id,
            last_day=date(2027, 11, 18),
            successor_code="P2",
            dispatch="9-QĐ",
            actor=officer,
            now=appraised.now,
        )
    assert [d.state for d in appraised.decisions("P1", GROUP)] == [DecisionState.VOID]


def test_a_render_that_hangs_becomes_an_incident_and_the_document_is_issued_later(appraised: Town) -> None:
    confirmed(appraised)
    hasty = IsolatedRenderer(seconds=0.01)
    plain, appraised.renderer = appraised.renderer, hasty
    appraised.does("P1", "sign", group=GROUP)
    hasty.close()
    (incident,) = appraised.ask(lambda uow: uow.incidents.open())
    assert (incident.kind, incident.reason) == ("document", "RenderFailed: kết xuất quá lâu")
    appraised.renderer = plain
    with appraised.open() as uow:
        incidents.retry(uow, incident.id, actor=appraised.actor("TD", "administrator"), now=appraised.now)
    appraised.work_off()
    assert (latest(appraised).state, appraised.states("P1-1")) == (DecisionState.ISSUED, {"P1-1": "recognised"})
