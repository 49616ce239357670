"""What becomes of a document that is out and wrong? Replaced, corrected, recalled: four eyes, freeze, titles, register, notices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from documents.formats import profile_of
from documents.layout import sheet_of
from engine.errors import Invalid, NotPermitted, WrongState
from engine.ports.store import NEW
from engine.rules.books import Period
from engine.rules.decisions import Decision, DecisionState, RegisterRow, RegisterState
from engine.rules.office_templates import Content, OfficeTemplate
from engine.rules.papers import Article, Award, Kind, Paper, Table
from engine.rules.remedies import Remedy, RemedyKind, RemedyState
from engine.rules.titles import Title
from engine.use_cases import books, certifying, decisions, incidents, numbering, office_templates, remedies
from tests.factories import Town, a_basis, people
from tests.use_cases import living
from tests.use_cases.conftest import _copied, _lived_in, _stage
from tests.use_cases.test_absences import deputy, hands_over, plain, takes_back
from tests.use_cases.test_books import enters, keeps

GROUP = "others"
CLERK, SECRETARY = ("P1", "clerk"), ("P1", "secretary")
REASON = "Ghi sai danh sách"
SLIP = {"where": "Điều 2", "wrong": "ngày 31/11", "right": "ngày 30/11"}


@pytest.fixture(scope="session")
def issued_file(appraised_file: Path) -> Path:
    """P1's recognition of P1-1 and P1-2 is out, to copy."""

    def live(town: Town) -> None:
        living.met(town)
        town.at("2027-11-18").does("P1", "decide", group=GROUP)
        town.at("2027-11-19").does("P1", "sign", group=GROUP)

    return _stage(appraised_file, "issued", live)


@pytest.fixture
def town(issued_file: Path, tmp_path: Path) -> Iterator[Town]:
    """It is 22/11/2027; the recognition is out since 19/11."""
    yield from _lived_in(_copied(issued_file, tmp_path), "2027-11-22")


def latest(town: Town, document: str = "quyet-dinh-cong-nhan") -> Decision:
    return [d for d in town.decisions("P1", GROUP) if d.document == document][-1]


def starts(town: Town, kind: RemedyKind, *, by: tuple[str, str] = CLERK, **more: Any) -> Remedy:
    with town.open() as uow:
        made = remedies.start(
            uow, latest(town), kind, **{"reason": REASON, **more}, actor=town.actor(*by), now=town.now
        )
    town.work_off()
    return made


def signs(town: Town, remedy: Remedy, *, by: tuple[str, str] = SECRETARY) -> Decision:
    with town.open() as uow:
        remedies.sign(uow, remedy, actor=town.actor(*by), now=town.now)
    town.work_off()
    return document(town, remedy)


def document(town: Town, remedy: Remedy) -> Decision:
    found: Decision = town.ask(lambda uow: uow.decisions.get(remedy.draft_id))
    return found


def row(town: Town, decision: Decision) -> RegisterRow:
    (found,) = town.ask(lambda uow: uow.books.rows_of(decision.id))
    return found  # type: ignore[no-any-return]


def told(town: Town, code: str, role: str = "secretary") -> list[str]:
    """The titles of a person's notices about documents."""
    actor = town.actor(code, role)
    notices, _ = town.ask(lambda uow: uow.notices.page(actor.account_id, limit=100))
    return [notice.title for notice in notices if notice.kind == "fate"]


def held(town: Town, code: str) -> list[tuple[str, int, Any]]:
    return [(t.member_name, int(t.decision_id), t.cancelled_on) for t in town.titles(code)]


def units(paper: Paper) -> list[str]:
    (table,) = (block for block in paper.annexes[0].blocks if isinstance(block, Table))
    return [cells[1] for cells in table.rows]


# ---- correction


def test_a_correction_is_a_letter_and_the_document_stays_in_force(town: Town) -> None:
    first = latest(town)
    letter = signs(town, starts(town, RemedyKind.CORRECT, words=SLIP))
    paper = decisions.stored_paper(letter)
    assert (letter.state, letter.symbol, letter.type_code, paper.kind, paper.title) == (
        DecisionState.ISSUED,
        "01-CV/ĐTN",
        "CV",
        Kind.LETTER,
        "",
    )
    assert paper.subject == ("Đính chính Quyết định số 02-QĐ/ĐTN ngày 19 tháng 11 năm 2027 của Đoàn phường Lê Chân")
    assert remedies.wording(paper)[2:4] == [
        "Tại Điều 2, đã ghi: “ngày 31/11”.",
        "Nay sửa lại là: “ngày 30/11”.",
    ]
    assert (row(town, first).state, row(town, first).note) == (RegisterState.CORRECTED, "01-CV/ĐTN")
    assert (latest(town).cancelled_by_id, {t[2] for t in held(town, "P1-1")}) == (None, {None})
    assert told(town, "P1-1") == ["Đính chính 02-QĐ/ĐTN theo 01-CV/ĐTN"]
    assert letter.code != first.code


def test_a_correction_says_what_it_corrects(town: Town) -> None:
    with pytest.raises(Invalid) as error:
        starts(town, RemedyKind.CORRECT, reason=" ", words={"where": "Điều 2"})
    assert {name: e.code for name, e in error.value.fields.items()} == {
        "reason": "reason_required",
        "wrong": "form.required",
        "right": "form.required",
    }


# ---- the office's own wording


def writes(town: Town, kind: RemedyKind, document: Content, *, by: tuple[str, str] = CLERK) -> OfficeTemplate:
    with town.open() as uow:
        actor = town.actor(*by)
        office = office_templates.office(uow, town.unit("P1").id, remedies.REMEDIES, kind.value, actor=actor)
        wished = {"document": document}
        return office_templates.publish(uow, office, wished, date(2027, 11, 22), "", actor=actor, now=town.now)


def test_an_office_writes_its_remedies_its_own_way(town: Town) -> None:
    own = writes(
        town,
        RemedyKind.CORRECT,
        {
            "subject": "Sửa sai sót tại {original}",
            "addressees": ["Các chi đoàn trực thuộc"],
            "paragraphs": ["{unit_name} sửa {where}: “{right}”{% if reason %} ({reason}){% endif %}"],
        },
    )
    paper = decisions.stored_paper(document(town, starts(town, RemedyKind.CORRECT, words=SLIP)))
    original = "Quyết định số 02-QĐ/ĐTN ngày 19 tháng 11 năm 2027 của Đoàn phường Lê Chân"
    assert (paper.subject, paper.addressees) == (f"Sửa sai sót tại {original}", ("Các chi đoàn trực thuộc",))
    assert remedies.wording(paper) == ["Đoàn phường Lê Chân sửa Điều 2: “ngày 30/11” (Ghi sai danh sách.)"]
    assert paper.recipients == ("Như trên", "Lưu: VP")
    assert town.ask(lambda uow: uow.office_templates.get(own.id)).is_used()


def test_own_words_of_a_replacement_and_of_a_recall(town: Town) -> None:
    writes(town, RemedyKind.REPLACE, {"clause": "Quyết định này thay {original}."})
    writes(
        town,
        RemedyKind.RECALL,
        {"grounds": ["Xét đề nghị của Văn phòng"], "articles": ["Thu hồi {original}.", "Nộp lại.\nHủy bản sao."]},
    )
    replacing = starts(town, RemedyKind.REPLACE)
    original = "Quyết định số 02-QĐ/ĐTN ngày 19 tháng 11 năm 2027 của Đoàn phường Lê Chân"
    clause = remedies.wording(decisions.stored_paper(document(town, replacing)))[-1].splitlines()[-1]
    assert clause == f"Quyết định này thay {original}."
    with town.open() as uow:
        remedies.drop(uow, uow.remedies.get(replacing.id), "Thu hồi thì hơn", actor=town.actor(*CLERK), now=town.now)
    recalling = decisions.stored_paper(document(town, starts(town, RemedyKind.RECALL)))
    assert remedies.wording(recalling) == [f"Thu hồi {original}.", "Nộp lại.\nHủy bản sao."]
    first = decisions.stored_paper(latest(town))
    assert recalling.bases[-1] == "Xét đề nghị của Văn phòng"
    assert recalling.bases[:-1] == first.bases[: len(recalling.bases) - 1] != ()
    assert recalling.signatures[0].position == first.signatures[0].position


def test_own_words_of_a_remedy_name_only_what_it_knows(town: Town) -> None:
    with pytest.raises(Invalid) as error:
        writes(town, RemedyKind.RECALL, {"articles": ["Thu hồi {original} vì {where}."]})
    assert list(error.value.fields) == ["document.articles.0"]
    with pytest.raises(NotPermitted):
        writes(town, RemedyKind.RECALL, {"articles": ["Thu hồi."]}, by=("P1-1", "secretary"))


# ---- replacement


def test_a_replacement_carries_titles_on_and_ends_those_of_who_is_left_out(town: Town) -> None:
    first = latest(town)
    kept = town.dossier("P1-1")
    remedy = starts(town, RemedyKind.REPLACE, kept=[str(kept.id)])
    assert (units(decisions.stored_paper(document(town, remedy))), town.states("P1-2")) == (
        ["Chi đoàn Tổ dân phố số 1"],
        {"P1-2": "recognised"},
    )
    new = signs(town, remedy)
    assert (new.state, new.symbol, new.replaces_id, new.signer_name) == (
        DecisionState.ISSUED,
        "03-QĐ/ĐTN",
        first.id,
        "Nguyễn Văn P1 secretary",
    )
    last = decisions.stored_paper(new).blocks[-1]
    assert isinstance(last, Article)
    assert last.paragraphs[-1] == (
        "Quyết định này thay thế Quyết định số 02-QĐ/ĐTN ngày 19 tháng 11 năm 2027 của Đoàn phường Lê Chân."
    )
    assert {(t[1], t[2]) for t in held(town, "P1-1")} == {(new.id, None)}
    assert {(t[1], t[2]) for t in held(town, "P1-2")} == {(first.id, new.dated)}
    assert town.states("P1-1", "P1-2") == {"P1-1": "recognised", "P1-2": "cancelled"}
    assert (row(town, first).state, row(town, first).note) == (RegisterState.REPLACED, "03-QĐ/ĐTN")
    assert latest(town).cancelled_by_id == new.id
    assert told(town, "P1-2") == [
        "02-GCN/ĐTN được thay thế bằng 03-GCN/ĐTN",
        "02-QĐ/ĐTN được thay thế bằng 03-QĐ/ĐTN",
    ]
    with pytest.raises(WrongState) as gone:
        starts(town, RemedyKind.RECALL)
    assert gone.value.code == "not_in_force"


def test_a_replacement_needs_its_bases_as_any_document(town: Town) -> None:
    remedy = starts(town, RemedyKind.REPLACE)
    key = town.ask(lambda uow: uow.decisions.bases())[0].key
    with town.open() as uow:
        uow.decisions.put_basis(a_basis(key, dated=None))
    with pytest.raises(WrongState) as error:
        signs(town, remedy)
    assert (error.value.code, document(town, remedy).state) == ("basis_incomplete", DecisionState.DRAFTED)


def test_somebody_must_be_left_on_the_list(town: Town) -> None:
    with pytest.raises(Invalid) as error:
        starts(town, RemedyKind.REPLACE, kept=[])
    assert {name: e.code for name, e in error.value.fields.items()} == {"kept": "nobody_left"}


# ---- recall


def test_a_recall_freezes_at_once_and_ends_titles_when_it_is_out(town: Town) -> None:
    first, certificates = latest(town), latest(town, "giay-chung-nhan")
    remedy = starts(town, RemedyKind.RECALL)
    with town.look() as uow, pytest.raises(WrongState) as frozen:
        decisions.check_free(uow, first)
    assert frozen.value.code == "being_recalled"
    with pytest.raises(WrongState) as distributed:
        town.does("P1", "archive", group=GROUP)
    assert distributed.value.code == "being_recalled"
    assert {t[2] for t in held(town, "P1-1")} == {None}
    assert told(town, "P1-1") == ["Tạm dừng sử dụng 02-QĐ/ĐTN: đang xem xét thu hồi"]
    assert told(town, "TD", "officer") == told(town, "P1-1")

    out = signs(town, remedy)
    assert (out.symbol, decisions.stored_paper(out).kind) == ("03-QĐ/ĐTN", Kind.DECISION)
    assert [text.partition(" số ")[0] for text in decisions.stored_paper(out).bases] == [
        "Căn cứ Điều lệ Đoàn Thanh niên Cộng sản Hồ Chí Minh",
        "Căn cứ Văn bản de-an-xhcn",
        "Căn cứ Văn bản huong-dan-mo-hinh-11",
        "Xét thấy Quyết định",
    ]
    assert (latest(town).cancelled_by_id, latest(town, "giay-chung-nhan").cancelled_by_id) == (out.id, out.id)
    assert {t[2] for code in ("P1-1", "P1-2") for t in held(town, code)} == {out.dated}
    assert town.states("P1-1", "P1-2") == {"P1-1": "cancelled", "P1-2": "cancelled"}
    assert {row(town, d).state for d in (first, certificates)} == {RegisterState.RECALLED}
    assert told(town, "P1-1")[0] == "02-QĐ/ĐTN bị thu hồi theo 03-QĐ/ĐTN"
    with town.look() as uow:
        decisions.check_free(uow, latest(town))


def test_a_recall_that_is_dropped_sets_the_document_free_again(town: Town) -> None:
    remedy = starts(town, RemedyKind.RECALL)
    with pytest.raises(WrongState) as again:
        starts(town, RemedyKind.REPLACE)
    assert again.value.code == "remedy_open"
    with town.open() as uow:
        dropped = remedies.drop(uow, remedy, "Xác minh lại: không sai", actor=town.actor(*SECRETARY), now=town.now)
    assert (dropped.state, document(town, remedy).state) == (RemedyState.DROPPED, DecisionState.VOID)
    with town.look() as uow:
        decisions.check_free(uow, latest(town))
    assert told(town, "P1-1")[0] == "02-QĐ/ĐTN được sử dụng trở lại"
    with pytest.raises(WrongState):
        signs(town, dropped)
    town.does("P1", "archive", group=GROUP)


# ---- who


def test_whoever_drafts_does_not_sign(town: Town) -> None:
    remedy = starts(town, RemedyKind.RECALL, by=SECRETARY)
    for by, code in ((SECRETARY, "four_eyes"), (CLERK, "not_signatory"), (("P2", "secretary"), "not_signatory")):
        with pytest.raises(NotPermitted) as error:
            signs(town, remedy, by=by)
        assert error.value.code == code


@pytest.mark.parametrize("by", [("P1-1", "secretary"), ("P2", "clerk"), ("TD", "officer")])
def test_only_the_office_that_issued_it_starts_anything(town: Town, by: tuple[str, str]) -> None:
    with pytest.raises(NotPermitted):
        starts(town, RemedyKind.RECALL, by=by)


def test_the_wording_of_a_draft_is_changed_before_it_is_signed(town: Town) -> None:
    remedy = starts(town, RemedyKind.RECALL)
    texts = remedies.wording(decisions.stored_paper(document(town, remedy)))
    with town.open() as uow, pytest.raises(Invalid):
        remedies.reword(uow, remedy, texts[:-1], actor=town.actor(*CLERK), now=town.now)
    with town.open() as uow:
        remedies.reword(uow, remedy, [*texts[:-1], "Lời mới.\nĐoạn hai."], actor=town.actor(*CLERK), now=town.now)
    out = signs(town, remedy)
    assert remedies.wording(decisions.stored_paper(out)) == [*texts[:-1], "Lời mới.\nĐoạn hai."]


def test_a_draft_of_the_office_is_none_that_a_process_waits_for(town: Town) -> None:
    starts(town, RemedyKind.CORRECT, words=SLIP)
    with town.look() as uow:
        assert decisions.drafts_of(uow, latest(town).dossier_id) == []


def test_a_remedy_waits_for_the_offices_number_too(town: Town) -> None:
    from tests.use_cases.test_books import enters, keeps, waiting

    keeps(town)
    remedy = starts(town, RemedyKind.RECALL)
    assert signs(town, remedy).state is DecisionState.AWAITING
    assert len(waiting(town)) == 1
    enters(town, 61, town.now.date())
    assert (document(town, remedy).symbol, row(town, latest(town)).state) == ("61-QĐ/ĐTN", RegisterState.RECALLED)


def test_the_number_of_a_remedy_that_cannot_be_made_is_voided_and_it_takes_the_next(town: Town) -> None:
    from engine.errors import SigningFailed

    town.signer.troubles.append(SigningFailed("thẻ ký bị khóa", retry_after=None))
    remedy = starts(town, RemedyKind.RECALL)
    assert signs(town, remedy).state is DecisionState.NUMBERED
    with town.open() as uow:
        books.void(uow, row(town, document(town, remedy)).id, "Thẻ hỏng", actor=town.actor(*CLERK), now=town.now)
    town.work_off()
    assert (document(town, remedy).symbol, town.states("P1-1")) == ("04-QĐ/ĐTN", {"P1-1": "cancelled"})


# ---- in somebody's stead


@pytest.mark.parametrize(
    ("who", "lines"),
    [("deputy_secretary", ("TM. BAN CHẤP HÀNH", "KT. BÍ THƯ", "PHÓ BÍ THƯ")), ("clerk", ("TUQ. BÍ THƯ", "VĂN THƯ"))],
)
def test_who_signs_for_the_head_of_the_office_signs_a_recall_too(town: Town, who: str, lines: tuple[str, ...]) -> None:
    deputy(town)
    substitute = ("P1", who)
    remedy = starts(town, RemedyKind.RECALL, by=("P1", "officer"))
    actor, draft = town.actor(*substitute), document(town, remedy)
    assert town.ask(lambda uow: remedies.may_sign(uow, actor, draft, remedy)) is False
    hands_over(town, SECRETARY, substitute, "2027-11-30", signs=True, document="07-UQ/ĐTN ngày 17/11/2027")
    recall = signs(town, remedy, by=substitute)
    paper = decisions.stored_paper(recall)
    (block,) = sheet_of(paper, profile_of(paper)).signatures
    assert (recall.state, plain(block.lines), block.name) == (DecisionState.ISSUED, lines, actor.full_name)
    (line,) = [line for line in town.lines("P1", GROUP) if line.event == "remedy_signed"]
    assert line.facts["stead"] == "Nguyễn Văn P1 secretary"
    assert row(town, latest(town)).state is RegisterState.RECALLED


def test_a_substitute_who_drafted_it_or_had_a_hand_in_it_does_not_sign(town: Town) -> None:
    paper = {"signs": True, "document": "07-UQ/ĐTN ngày 17/11/2027"}
    mine = starts(town, RemedyKind.CORRECT, words=SLIP)
    with pytest.raises(NotPermitted, match="not_signatory"):
        signs(town, mine, by=CLERK)
    hands_over(town, SECRETARY, CLERK, "2027-11-22", **paper)
    with pytest.raises(NotPermitted, match="four_eyes"):
        signs(town, mine, by=CLERK)
    hands_over(town, SECRETARY, ("P1", "officer"), "2027-11-24", first_day=date(2027, 11, 23), **paper)
    hands_over(town, SECRETARY, ("P1-1", "secretary"), "2027-11-26", first_day=date(2027, 11, 25), **paper)
    town.at("2027-11-23")
    with pytest.raises(NotPermitted, match="four_eyes"):  # they appraised the branches of the list
        signs(town, mine, by=("P1", "officer"))
    town.at("2027-11-25")
    with pytest.raises(NotPermitted, match="own_unit"):  # the list names their branch
        signs(town, mine, by=("P1-1", "secretary"))
    assert signs(town, mine).state is DecisionState.ISSUED


def test_what_a_substitute_signed_is_recalled_in_the_own_form_of_its_office(appraised: Town) -> None:
    town, second = appraised, deputy(appraised)
    living.met(town)
    town.at("2027-11-18").does("P1", "decide", group=GROUP)
    made = hands_over(town, SECRETARY, second, "2027-11-30", signs=True, document="07-UQ/ĐTN ngày 17/11/2027")
    town.at("2027-11-19").does("P1", "sign", group=GROUP, by=second)
    takes_back(town, made, SECRETARY)
    paper = decisions.stored_paper(signs(town.at("2027-11-22"), starts(town, RemedyKind.RECALL)))
    (block,) = sheet_of(paper, profile_of(paper)).signatures
    assert (plain(block.lines), block.name) == (("TM. BAN CHẤP HÀNH", "BÍ THƯ"), "Nguyễn Văn P1 secretary")


def test_who_may_sign_is_told_that_a_draft_waits(town: Town) -> None:
    hands_over(town, SECRETARY, CLERK, "2027-11-30", signs=True, document="07-UQ/ĐTN ngày 17/11/2027")
    remedy = starts(town, RemedyKind.RECALL, by=("P1", "officer"))
    for who in (SECRETARY, CLERK):
        notices, _ = town.ask(lambda uow, who=who: uow.notices.page(town.actor(*who).account_id, limit=50))
        assert [(n.title, n.href) for n in notices if n.kind == "remedy_to_sign"] == [
            (f"Dự thảo thu hồi {latest(town).symbol} chờ bạn ký", f"/van-ban/{remedy.draft_id}")
        ]


# ---- certificates


def certificates(town: Town) -> list[Decision]:
    return [d for d in town.decisions("P1", GROUP) if d.type_code == "GCN"]


def awards(decision: Decision) -> list[tuple[str, str, str]]:
    found = decisions.stored_paper(decision).blocks
    return [(a.holder, a.register_number, a.lines[-1]) for a in found if isinstance(a, Award)]


def test_certificates_are_made_anew_after_a_replacing_decision(town: Town) -> None:
    out = signs(town, starts(town, RemedyKind.REPLACE, kept=[str(town.dossier("P1-2").id)]))
    old, new = certificates(town)
    assert (old.symbol, new.symbol, new.state, new.replaces_id, old.cancelled_by_id) == (
        "02-GCN/ĐTN",
        "03-GCN/ĐTN",
        DecisionState.ISSUED,
        old.id,
        new.id,
    )
    # 01 was the school's in May, 02 and 03 stand in the file that is replaced.
    cited = f"Theo Quyết định số {out.symbol} ngày 22/11/2027 của Ban Chấp hành Đoàn phường Lê Chân"
    assert awards(new) == [("Chi đoàn Công ty Cơ khí", "04", cited)]
    assert (row(town, old).state, row(town, old).note) == (RegisterState.REPLACED, "03-GCN/ĐTN")
    assert (new.code != old.code, new.signer_name) == (True, out.signer_name)
    third = signs(town, starts_on(town, out, RemedyKind.RECALL))
    assert [d.cancelled_by_id for d in certificates(town)] == [new.id, third.id]


def starts_on(town: Town, decision: Decision, kind: RemedyKind) -> Remedy:
    with town.open() as uow:
        return remedies.start(uow, decision, kind, reason=REASON, actor=town.actor(*CLERK), now=town.now)


def test_certificates_of_whom_nobody_is_left_are_recalled_with_the_replaced_decision(town: Town) -> None:
    with town.open() as uow:  # P1-1 alone had a certificate
        (old,) = [d for d in uow.decisions.of_dossier(town.dossier("P1", GROUP).id) if d.type_code == "GCN"]
        uow.decisions.save(
            replace(old, content={**old.content, "holders": [{"dossier": int(town.dossier("P1-1").id)}]})
        )
    out = signs(town, starts(town, RemedyKind.REPLACE, kept=[str(town.dossier("P1-2").id)]))
    (old,) = certificates(town)
    assert (old.cancelled_by_id, row(town, old).state) == (out.id, RegisterState.RECALLED)


def test_certificates_whose_number_was_voided_keep_their_entries(town: Town) -> None:
    (file,) = certificates(town)
    with town.open() as uow:
        found = numbering.Given(
            book=numbering.book_of(uow, file.unit_id, "GCN"),
            period=Period(year=2027, term=""),
            number=3,
            symbol="03-GCN/ĐTN",
            dated=date(2027, 11, 22),
        )
        assert decisions.numbered(uow, file, found, now=town.now).content == file.content
        entered = certifying.entered(uow, file, replace(found, period=Period(year=2028, term="")))
    assert [number for _, number, _ in awards(entered)] == ["01", "02"]


# ---- titles that are frozen


def earlier_title(town: Town) -> Decision:
    """P1-1 holds the title of another year by the school's decision of May."""
    with town.open() as uow:
        (school,) = [d for d in town.decisions("P1", "school") if d.type_code == "QĐ"]
        (model,) = {t.model for t in uow.titles.of_decision(school.id)}
        unit, dossier = town.unit("P1-1"), town.dossier("P1-1")
        title = Title(
            id=NEW, model=model, key="branch", year=2026, unit_id=unit.id, member_name="", dossier_id=dossier.id,
            decision_id=school.id, from_day=date(2026, 11, 19), until_day=None, cancelled_on=None, cancelled_by_id=None,
        )  # fmt: skip
        uow.titles.grant([title])
        return school


def test_a_frozen_title_is_not_conferred_again(appraised: Town) -> None:
    town, administrator = appraised, appraised.actor("TD", "administrator")
    living.met(town)
    town.at("2027-11-18").does("P1", "decide", group=GROUP)
    keeps(town)
    school = earlier_title(town)
    recall = starts_on(town, school, RemedyKind.RECALL)
    with pytest.raises(WrongState, match="title_frozen"):
        town.does("P1", "sign", group=GROUP)
    with town.open() as uow:
        remedies.drop(uow, recall, "Không sai", actor=town.actor(*CLERK), now=town.now)
    town.at("2027-11-19").does("P1", "sign", group=GROUP)
    school = next(d for d in town.decisions("P1", "school") if d.id == school.id)
    # Begun when the new decision is signed and waits for its number.
    again = starts_on(town, school, RemedyKind.RECALL)
    enters(town, 2, date(2027, 11, 19))
    (incident,) = town.ask(lambda uow: uow.incidents.open())
    assert (incident.decision_id, latest(town).state, town.states("P1-1")) == (
        latest(town).id,
        DecisionState.NUMBERED,
        {"P1-1": "met"},
    )
    with town.open() as uow:
        remedies.drop(uow, again, "Không sai", actor=town.actor(*CLERK), now=town.now)
        incidents.retry(uow, incident.id, actor=administrator, now=town.now)
    town.work_off()
    assert (latest(town).state, town.states("P1-1")) == (DecisionState.ISSUED, {"P1-1": "recognised"})
    old = next(t for t in town.titles("P1-1") if t.decision_id == school.id)
    assert old.until_day == date(2027, 11, 18)


def test_a_frozen_title_is_not_taken_back_by_a_second_decision(registered: Town) -> None:
    town = registered
    living.school_recognised(town)
    town.at("2027-06-01").sends(living.SCHOOL, "Có đề nghị hủy bỏ công nhận", by=("P1", "officer"), noi_dung="Sai")
    town.does(living.SCHOOL, "verify")
    town.at("2027-06-03").does(living.SCHOOL, "explain", noi_dung="Nhận khuyết điểm")
    town.does(living.SCHOOL, "cancel_decide", outcome="cancel", ground="false_declaration", reason="Khai sai.")
    (school,) = [d for d in town.decisions("P1", "school") if d.type_code == "QĐ"]
    starts_on(town, school, RemedyKind.RECALL)
    with pytest.raises(WrongState, match="title_frozen"):
        town.does(living.SCHOOL, "sign")


def test_who_signs_for_a_chair_signs_as_for_a_secretary(town: Town) -> None:
    with town.open() as uow:
        unit = uow.units.find_code("P1")
        assert unit is not None
        people(uow, unit, "chair")
    remedy = starts(town, RemedyKind.RECALL, by=("P1", "officer"))
    hands_over(town, ("P1", "chair"), CLERK, "2027-11-30", signs=True, document="07-UQ/ĐTN ngày 17/11/2027")
    for who in (("P1", "chair"), CLERK):
        notices, _ = town.ask(lambda uow, who=who: uow.notices.page(town.actor(*who).account_id, limit=50))
        assert [n.href for n in notices if n.kind == "remedy_to_sign"] == ([f"/van-ban/{remedy.draft_id}"] if who != CLERK else [])  # fmt: skip
    assert signs(town, remedy, by=CLERK).state is DecisionState.ISSUED
