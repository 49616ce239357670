"""When somebody is absent: their work handed over, done in their stead, never by the same eyes twice, and taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from api.texts.history import history_sentence
from documents.formats import profile_of
from documents.layout import sheet_of
from engine.errors import Invalid, NotPermitted, WrongState
from engine.ports.store import UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.deadlines import local_day
from engine.rules.delegations import Delegation, DelegationKind, DelegationScope, LegalForm
from engine.use_cases import absences, tasks
from engine.use_cases.absences import Asked
from engine.use_cases.decisions import stored_paper
from engine.use_cases.printing import paper_kept
from engine.use_cases.standing_in import doers
from engine.use_cases.workload import person_weeks
from tests.factories import Town, moment, people, the_model, username
from tests.use_cases import living

GROUP = "others"


def plain(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Lines of a sheet without the spaces at which they must not break."""
    return tuple(line.replace("\u00a0", " ") for line in lines)


def account(town: Town, code: str, role: str) -> Any:
    return town.ask(lambda uow: uow.accounts.find_username(username(code, role)))


def deputy(town: Town, code: str = "P1") -> tuple[str, str]:
    """A deputy secretary of the unit, new in office."""
    with town.open() as uow:
        people(uow, uow.units.find_code(code), "deputy_secretary")  # type: ignore[arg-type]  # the unit is there
    return code, "deputy_secretary"


def asked(town: Town, absent: tuple[str, str], to: tuple[str, str], last: str, **more: Any) -> Asked:
    plain = Asked(
        from_id=account(town, *absent).id,
        unit_id=town.unit(absent[0]).id,
        role=absent[1],
        to_id=account(town, *to).id,
        first_day=local_day(town.now),
        last_day=date.fromisoformat(last),
        scope=DelegationScope.ALL,
    )
    return replace(plain, **more)


def hands_over(
    town: Town, absent: tuple[str, str], to: tuple[str, str], last: str, by: tuple[str, str] | None = None, **more: Any
) -> Delegation:
    wanted = asked(town, absent, to, last, **more)
    with town.open() as uow:
        return absences.hand_over(uow, wanted, actor=town.actor(*(by or absent)), now=town.now)


def takes_back(town: Town, found: Delegation, by: tuple[str, str]) -> Delegation:
    with town.open() as uow:
        return absences.take_back(uow, found.id, actor=town.actor(*by), now=town.now)


def refused_fields(town: Town, *args: Any, **more: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        hands_over(town, *args, **more)
    return {name: error.code for name, error in refused.value.fields.items()}


def refusal(town: Town, code: str, act: str, by: tuple[str, str], **answers: Any) -> str:
    """The code with which this person is refused the work."""
    with pytest.raises(NotPermitted) as refused:
        town.does(code, act, by=by, **answers)
    return refused.value.code


def told(town: Town, target: str) -> list[AuditLine]:
    """Lines of the audit log about the target."""

    def lines(uow: UnitOfWork) -> list[AuditLine]:
        from engine.ports.queries import AuditFilter

        entries = uow.queries.audit(AuditFilter(), limit=500)
        return [e.line for e in reversed(entries) if e.line is not None and e.line.target == target]

    found: list[AuditLine] = town.ask(lines)
    return found


def test_work_is_done_in_the_stead_of_who_is_absent_until_the_end_of_the_last_day(any_town: Town) -> None:
    town, officer, clerk = any_town.at("2026-11-05"), ("P1", "officer"), ("P1", "clerk")
    for code in ("P1-1", "P1-2"):
        town.does(code, "register", members=living.members())
    assert refusal(town, "P1-1", "review", clerk) == "not_your_work"
    made = hands_over(town, officer, clerk, "2026-11-09", reason="Đi công tác")
    item = town.work("P1-1", "review")
    told_about = town.ask(lambda uow: [a.username for a in doers(uow, item, local_day(town.now))])
    assert told_about == ["p1.officer", "p1.secretary", "p1.clerk"]
    town.does("P1-1", "review", by=clerk)
    line = town.lines("P1-1")[-1]
    assert (line.event, line.actor_name, line.facts and line.facts["stead"]) == (
        "accepted",
        "Nguyễn Văn P1 clerk",
        "Nguyễn Văn P1 officer",
    )
    assert town.at("2026-11-09 23:59").actor(*clerk).stands_in != ()
    town.at("2026-11-10 00:00")
    assert refusal(town, "P1-2", "review", clerk) == "delegation_over"
    events = [(line.event, line.at) for line in told(town, f"delegation:{made.id}")]
    assert events == [
        ("delegated", moment("2026-11-05")),
        ("delegation_over", moment("2026-11-10 00:00")),
    ]
    done = town.ask(lambda uow: [(work.name, work.unit) for work in uow.absences.done(made.id)])
    assert done == [(item.name, "Chi đoàn Tổ dân phố số 1")]


def test_work_is_taken_back_and_given_back(town: Town) -> None:
    town.at("2026-11-05").does("P1-1", "register")
    officer, clerk = ("P1", "officer"), ("P1", "clerk")
    first = hands_over(town, officer, clerk, "2026-11-30")
    with pytest.raises(NotPermitted, match="not_absence_arranger"):
        takes_back(town, first, ("P1", "secretary"))
    takes_back(town.at("2026-11-06"), first, officer)
    name = account(town, *clerk).full_name
    town.work_off()
    assert [m.subject for m in town.mail.accepted if m.to == "p1.clerk@chuky.test" and "làm thay" in m.subject] == [
        f"{name} làm thay {account(town, *officer).full_name} từ 05/11/2026 đến hết 30/11/2026",
        f"Thôi làm thay {account(town, *officer).full_name}",
    ]
    assert refusal(town, "P1-1", "review", clerk) == "delegation_taken_back"
    with pytest.raises(WrongState, match="delegation_ended"):
        takes_back(town, first, officer)
    second = hands_over(town, officer, clerk, "2026-11-30")
    takes_back(town, second, clerk)
    assert [line.event for line in told(town, f"delegation:{second.id}")] == ["delegated", "delegation_returned"]
    town.at("2026-12-05")
    assert [line.event for line in told(town, f"delegation:{first.id}")] == ["delegated", "delegation_taken_back"]


def test_it_begins_on_its_first_day(town: Town) -> None:
    town.at("2026-11-05").does("P1-1", "register")
    hands_over(town, ("P1", "officer"), ("P1", "clerk"), "2026-11-08", first_day=date(2026, 11, 7))
    assert refusal(town.at("2026-11-06 23:59"), "P1-1", "review", ("P1", "clerk")) == "delegation_not_begun"
    town.at("2026-11-07 00:00").does("P1-1", "review", by=("P1", "clerk"))


@pytest.mark.parametrize(
    ("scope", "code", "allowed"),
    [
        (DelegationScope.ALL, "", {"review": True, "sign": False}),
        (DelegationScope.ACT, "review", {"review": True, "sign": False}),
        (DelegationScope.ACT, "assess", {"review": False, "sign": False}),
        (DelegationScope.MODEL, "", {"review": True, "sign": False}),
    ],
)
def test_only_what_was_handed_over(town: Town, scope: DelegationScope, code: str, allowed: dict[str, bool]) -> None:
    town.at("2026-11-05").does("P1-1", "register")
    key = the_model().key if scope is DelegationScope.MODEL else code
    hands_over(town, ("P1", "officer"), ("P1", "clerk"), "2026-11-30", scope=scope, code=key)
    item = town.work("P1-1", "review")
    (stand,) = town.actor("P1", "clerk").stands_in
    found = {
        act: stand.covers(item.unit_id, item.roles, act, item.cycle_id, signing=act == "sign")
        for act in ("review", "sign")
    }
    assert found == allowed
    assert not stand.covers(item.unit_id, item.roles, "review", item.cycle_id + 1, signing=False) or key == code


def test_who_may_hand_over_and_to_whom(town: Town) -> None:
    absent = ("P1-1", "secretary")
    for by in (("P1", "officer"), ("TD", "officer"), ("TD", "administrator"), absent):
        takes_back(town, hands_over(town, absent, ("P1", "clerk"), "2026-09-30", by=by), by)
    for by in (("P2", "officer"), ("P1-2", "secretary"), ("P1", "clerk")):
        with pytest.raises(NotPermitted, match="not_absence_arranger"):
            hands_over(town, absent, ("P1", "clerk"), "2026-09-30", by=by)
    assert refused_fields(town, absent, ("P1-2", "secretary"), "2026-09-30") == {"to": "substitute_elsewhere"}
    assert refused_fields(town, absent, absent, "2026-09-30") == {"to": "own_substitute"}
    assert refused_fields(town, absent, ("P1", "officer"), "2026-09-30", by=("P1", "officer")) == {"to": "own_choice"}
    assert refused_fields(town, absent, ("P1", "clerk"), "2026-08-19") == {"last_day": "too_early"}
    assert refused_fields(town, absent, ("P1", "clerk"), "2026-09-30", first_day=date(2026, 8, 19)) == {
        "first_day": "day_passed"
    }
    assert refused_fields(town, absent, ("P1", "clerk"), "2026-09-30", role="clerk") == {"role": "position_not_held"}
    assert refused_fields(town, absent, ("P1", "clerk"), "2026-09-30", signs=True) == {
        "document": "delegation_needs_paper"
    }
    assert refused_fields(town, absent, ("P1", "clerk"), "2026-09-30", scope=DelegationScope.ACT, code="sign") == {
        "code": "choice"
    }
    hands_over(town, absent, ("P1", "clerk"), "2026-09-30")
    assert refused_fields(town, absent, ("P1", "officer"), "2026-10-30", first_day=date(2026, 9, 30)) == {
        "first_day": "delegation_overlaps"
    }
    hands_over(town, absent, ("P1", "officer"), "2026-10-30", first_day=date(2026, 10, 1))


def test_what_was_received_is_not_handed_on(town: Town) -> None:
    town.at("2026-11-05").does("P1-1", "register")
    hands_over(town, ("P1", "officer"), ("P1", "clerk"), "2026-11-30")
    assert refused_fields(town, ("P1", "clerk"), ("P1-2", "secretary"), "2026-11-30", role="officer") == {
        "role": "position_not_held"
    }
    hands_over(town, ("P1", "clerk"), ("P1-2", "secretary"), "2026-11-30")
    assert refusal(town, "P1-1", "review", ("P1-2", "secretary")) == "not_your_work"


def test_nobody_judges_their_own_unit_through_a_substitution(town: Town) -> None:
    town.at("2026-11-05")
    for code in ("P1-1", "P1-2"):
        town.does(code, "register")
    secretary = ("P1-1", "secretary")
    hands_over(town, ("P1", "officer"), secretary, "2026-11-30")
    assert refusal(town, "P1-1", "review", secretary) == "own_unit"
    town.does("P1-2", "review", by=secretary)


def test_nobody_has_their_own_unit_judged_by_a_substitute(town: Town) -> None:
    town.at("2026-11-05").does("P1-1", "register")
    town.appoint("P1-1", "deputy_secretary", also=("P1", "officer"))
    hands_over(town, ("P1", "officer"), ("P1", "clerk"), "2026-11-30")
    assert refusal(town, "P1-1", "review", ("P1", "clerk")) == "own_unit"


def test_who_registered_for_a_branch_does_not_accept_the_registration(town: Town) -> None:
    """Neither while they stand in for the branch's secretary nor afterwards."""
    officer = ("P1", "officer")
    hands_over(town.at("2026-11-05"), ("P1-1", "secretary"), officer, "2026-11-05")
    town.does("P1-1", "register", by=officer)
    assert refusal(town, "P1-1", "review", officer) == "own_unit"
    assert refusal(town.at("2026-11-06"), "P1-1", "review", officer) == "four_eyes"
    town.does("P1-1", "review", by=("P1", "secretary"))


def test_who_appealed_for_a_branch_does_not_answer_the_appeal(appraised: Town) -> None:
    """Buttons on the dossier's page are pressed in the absent person's stead too, and remembered like tasks."""
    town, officer = appraised, ("P1", "officer")
    living.met(town)
    made = hands_over(town, ("P1-4", "secretary"), officer, "2027-11-10")
    town.sends("P1-4", "Gửi kiến nghị", by=officer, noi_dung="Đề nghị xem lại điểm.")
    assert "làm thay" in history_sentence(next(line for line in town.lines("P1-4") if line.event == "asked"))
    assert len(town.ask(lambda uow: uow.absences.done(made.id))) == 1
    assert refusal(town.at("2027-11-11"), "P1-4", "answer_appeal", officer) == "four_eyes"
    town.does("P1-4", "answer_appeal", by=("P1", "secretary"))


def to_sign(town: Town) -> Town:
    """The list of P1 waits for a signature; all was prepared by its officer."""
    living.met(town)
    town.at("2027-11-18").does("P1", "decide", group=GROUP)
    return town


def test_who_checked_does_not_sign(appraised: Town) -> None:
    town, officer, clerk = to_sign(appraised), ("P1", "officer"), ("P1", "clerk")
    signing = {"scope": DelegationScope.SIGNING, "signs": True, "document": "07-UQ/ĐTN ngày 17/11/2027"}
    first = hands_over(town, ("P1", "secretary"), officer, "2027-11-30", **signing)
    with pytest.raises(NotPermitted, match="four_eyes"):
        town.does("P1", "sign", group=GROUP, by=officer)
    takes_back(town, first, ("P1", "secretary"))
    hands_over(town, ("P1", "secretary"), ("P1-1", "secretary"), "2027-11-20", **signing)
    with pytest.raises(NotPermitted, match="own_unit"):  # the list names their branch
        town.does("P1", "sign", group=GROUP, by=("P1-1", "secretary"))
    hands_over(town, ("P1", "secretary"), clerk, "2027-11-30", first_day=date(2027, 11, 21), **signing)
    town.at("2027-11-21").does("P1", "sign", group=GROUP, by=clerk)


@pytest.mark.parametrize(
    ("to", "kind", "form", "lines"),
    [
        (
            ("P1", "deputy_secretary"),
            DelegationKind.WRITTEN,
            LegalForm.DEPUTY,
            ("TM. BAN CHẤP HÀNH", "KT. BÍ THƯ", "PHÓ BÍ THƯ"),
        ),
        (("P1", "clerk"), DelegationKind.WRITTEN, LegalForm.AUTHORISED, ("TUQ. BÍ THƯ", "VĂN THƯ")),
        (("P1", "clerk"), DelegationKind.RULES, LegalForm.BY_ORDER, ("TL. BÍ THƯ", "VĂN THƯ")),
    ],
)
def test_the_legal_form_stands_in_the_signature_block(
    appraised: Town, to: tuple[str, str], kind: DelegationKind, form: LegalForm, lines: tuple[str, ...]
) -> None:
    town = to_sign(appraised)
    deputy(town)
    made = hands_over(
        town, ("P1", "secretary"), to, "2027-11-30", signs=True, kind=kind, document="07-UQ/ĐTN ngày 17/11/2027"
    )
    assert made.form is form
    town.does("P1", "sign", group=GROUP, by=to)
    decision, certificate = town.decisions("P1", GROUP)[-2:]
    name = account(town, *to).full_name
    for document in (decision, certificate):
        (block,) = sheet_of(stored_paper(document), profile_of(stored_paper(document))).signatures
        assert (document.state, plain(block.lines), block.name) == ("issued", lines, name)
        assert (document.signer_id, document.signer_title) == (account(town, *to).id, block.position)


@pytest.mark.parametrize(
    ("signs", "lines", "who"),
    [(True, ("TUQ. BÍ THƯ", "VĂN THƯ"), "clerk"), (False, ("TM. BAN CHẤP HÀNH", "BÍ THƯ"), "secretary")],
)
def test_a_report_made_in_somebodys_stead_names_who_signs_it(
    registered: Town, *, signs: bool, lines: tuple[str, ...], who: str
) -> None:
    town = registered.at("2026-11-16")
    clerk, paper = ("P1", "clerk"), {"signs": True, "document": "07-UQ/ĐTN"} if signs else {}
    hands_over(town, ("P1", "secretary"), clerk, "2026-11-20", **paper)
    town.does("P1", "report", by=clerk, danh_gia="Đúng tiến độ.", de_nghi="")
    handed_in = town.ask(lambda uow: uow.dossiers.latest_submission(town.dossier("P1").id, "report"))
    made = paper_kept(handed_in)
    assert made is not None
    (block,) = sheet_of(made, profile_of(made)).signatures
    assert (plain(block.lines), block.name) == (lines, account(town, "P1", who).full_name)


def test_a_form_that_the_position_no_longer_bears_is_refused(appraised: Town) -> None:
    town = to_sign(appraised)
    second = deputy(town)
    hands_over(town, ("P1", "secretary"), second, "2027-11-30", signs=True, document="07-UQ/ĐTN")
    with town.open() as uow:
        held = account(town, *second)
        (position,) = uow.accounts.positions(held.id)
        uow.accounts.save_position(replace(position, until_day=date(2027, 11, 18)))
    town.at("2027-11-19")
    with pytest.raises(WrongState, match="legal_form_changed"):
        town.does("P1", "sign", group=GROUP, by=second)


def test_what_was_typed_before_the_end_is_kept_for_who_has_to_do_it(town: Town) -> None:
    officer, clerk = ("P1", "officer"), ("P1", "clerk")
    town.at("2026-11-05").does("P1-1", "register")
    hands_over(town, officer, clerk, "2026-11-05")
    item = town.work("P1-1", "review")
    typed = {"outcome": "return", "reason": "Thiếu danh sách đoàn viên."}
    with town.at("2026-11-06 00:10").open() as uow:
        version = item.row_version
        kept = tasks.keep_late_draft(uow, item.id, typed, row_version=version, actor=town.actor(*clerk), now=town.now)
    assert kept is not None and town.work("P1-1", "review").draft == typed
    with town.at("2026-11-07 00:10").open() as uow:
        again = town.work("P1-1", "review")
        later = tasks.keep_late_draft(
            uow, again.id, {}, row_version=again.row_version, actor=town.actor(*clerk), now=town.now
        )
    assert (later, town.work("P1-1", "review").draft) == (None, typed)


def test_a_delegation_lapses_with_the_position(town: Town) -> None:
    town.at("2026-11-05").does("P1-1", "register")
    hands_over(town, ("P1", "officer"), ("P1", "clerk"), "2026-11-30")
    with town.open() as uow:
        (position,) = uow.accounts.positions(account(town, "P1", "officer").id)
        uow.accounts.save_position(replace(position, until_day=date(2026, 11, 5)))
    assert town.actor("P1", "clerk").stands_in != ()
    assert town.at("2026-11-06").actor("P1", "clerk").stands_in == ()


def test_work_that_falls_due_during_the_absence_counts_for_the_substitute(any_town: Town) -> None:
    town = any_town.at("2026-11-05")
    for code in ("P1-1", "P1-2"):
        town.does(code, "register")
    own, stand_in = deputy(town), ("P1", "officer")
    hands_over(town, stand_in, own, "2026-11-11")

    def load(last: str) -> dict[str, int]:
        span = local_day(town.now), date.fromisoformat(last)
        weeks = town.ask(lambda uow: person_weeks(uow, [town.unit("P1").id], *span, now=town.now))
        return {week.full_name: week.tasks for week in weeks if week.full_name.startswith("Nguyễn Văn P1 ")}

    assert load("2026-11-20") == {"Nguyễn Văn P1 officer": 2}  # due after the last day of the absence
    hands_over(town, stand_in, own, "2026-11-20", first_day=date(2026, 11, 12))
    assert load("2026-11-20") == {"Nguyễn Văn P1 deputy_secretary": 2}
