"""What becomes of a document that the clerk will not number? A draft again, with the reason, at the task it came from."""

from __future__ import annotations

from datetime import date

import pytest

from engine.errors import Invalid, NotPermitted, WrongState
from engine.ports.process import Node, ProcessInfo
from engine.rules.books import AwaitedNumber
from engine.rules.decisions import DecisionState
from engine.rules.remedies import RemedyKind, RemedyState
from engine.use_cases import instances, remedies, sending_back
from engine.use_cases.decisions import stored_paper
from tests.factories import Town
from tests.use_cases.test_absences import deputy, hands_over
from tests.use_cases.test_books import CLERK, GROUP, enters, keeps, latest, refused, rows, signs, waiting

WHY = "Thiếu nơi nhận ở Điều 3"


def returns(town: Town, *, by: tuple[str, str] = CLERK, reason: str = WHY) -> AwaitedNumber:
    (awaited,) = waiting(town)
    with town.open() as uow:
        sending_back.send_back(uow, awaited.id, reason, actor=town.actor(*by), now=town.now)
    town.work_off()
    return awaited


def told(town: Town, *who: str) -> list[tuple[str, str]]:
    actor = town.actor(*who)
    found, _ = town.ask(lambda uow: uow.notices.page(actor.account_id, limit=20))
    return [(n.title, n.href) for n in found if n.kind == "number_refused"]


def test_a_document_comes_back_to_who_approved_it_and_takes_its_number_when_approved_again(appraised: Town) -> None:
    keeps(appraised)
    town = signs(appraised).at("2027-11-22")
    returns(town)
    draft, task = latest(town), town.work("P1", "sign", group=GROUP)
    assert (draft.state, draft.signer_id, draft.signer_name, draft.number) == (DecisionState.DRAFTED, None, "", None)
    assert sending_back.sent_back(draft) == {
        "reason": WHY,
        "by": "Nguyễn Văn P1 clerk",
        "at": town.now.isoformat(),
    }
    title = f"Văn thư trả lại văn bản chưa cấp số: {draft.subject}"
    assert told(town, "P1", "secretary") == [(title, f"/viec/{task.id}")]
    (line,) = [line for line in town.lines("P1", GROUP) if line.event == "number_refused"]
    assert line.facts == {"subject": draft.subject, "reason": WHY}
    assert waiting(town) == []
    town.does("P1", "sign", group=GROUP)
    row = enters(town, 2, date(2027, 11, 22))
    again = latest(town)
    assert (again.id, again.state, row.decision_id) == (draft.id, DecisionState.ISSUED, draft.id)
    assert (sending_back.sent_back(again), town.states("P1-1")) == ({}, {"P1-1": "recognised"})


def test_who_approved_it_may_let_it_be_drafted_anew(appraised: Town) -> None:
    keeps(appraised)
    town = signs(appraised)
    returns(town)
    first = latest(town)
    town.does("P1", "sign", group=GROUP, outcome="return", reason="Soạn lại nơi nhận")
    town.does("P1", "decide", group=GROUP)
    town.does("P1", "sign", group=GROUP)
    enters(town, 2, date(2027, 11, 19))
    assert [d.state for d in town.decisions("P1", GROUP) if d.document == first.document] == [
        DecisionState.VOID,
        DecisionState.ISSUED,
    ]


def test_the_form_of_a_substitute_goes_with_their_signature(appraised: Town) -> None:
    keeps(appraised)
    who = deputy(appraised)
    hands_over(appraised, ("P1", "secretary"), who, "2027-11-19", signs=True, document="07-UQ/ĐTN ngày 10/11/2027")
    town = appraised
    from tests.use_cases import living

    living.met(town)
    town.at("2027-11-18").does("P1", "decide", group=GROUP)
    drafted = latest(town)
    town.at("2027-11-19").does("P1", "sign", group=GROUP, by=who)
    assert stored_paper(latest(town)).signatures != stored_paper(drafted).signatures
    returns(town.at("2027-11-22"))
    back = latest(town)
    assert (stored_paper(back), back.content_sha256, back.signer_title) == (
        stored_paper(drafted),
        drafted.content_sha256,
        drafted.signer_title,
    )
    assert told(town, *who) != []


def test_only_who_keeps_the_book_sends_back_with_a_reason_and_once(appraised: Town) -> None:
    keeps(appraised)
    town = signs(appraised)
    for who in (("P1", "secretary"), ("P1", "officer"), ("TD", "clerk")):
        with pytest.raises(NotPermitted):
            returns(town, by=who)
    with pytest.raises(Invalid) as error:
        returns(town, reason="  ")
    assert refused(error) == {"reason": "reason_required"}
    awaited = returns(town)
    with town.open() as uow, pytest.raises(WrongState, match="number_given"):
        sending_back.send_back(uow, awaited.id, WHY, actor=town.actor(*CLERK), now=town.now)
    with pytest.raises(ValueError, match="not enough values"):
        enters(town, 2, date(2027, 11, 19))


def test_what_rests_on_a_decision_that_is_out_is_not_sent_back(appraised: Town) -> None:
    keeps(appraised, code="GCN", types=("GCN",))
    town = signs(appraised)
    (certificates,) = waiting(town)
    assert town.ask(lambda uow: sending_back.may_go_back(uow, certificates)) is False
    with pytest.raises(WrongState, match="nobody_to_return_to"):
        returns(town)
    assert latest(town, "giay-chung-nhan").state is DecisionState.AWAITING


def test_a_document_whose_process_was_ended_is_set_aside(appraised: Town) -> None:
    keeps(appraised)
    town = signs(appraised)
    dossier = town.dossier("P1", GROUP)
    with town.open() as uow:
        (running,) = [i for i in uow.instances.of_dossier(dossier.id) if i.ended_at is None]
        instances.cancel(uow, running.id, "Dừng đợt", actor=town.actor("TD", "administrator"), now=town.now)
    returns(town)
    assert (latest(town).state, waiting(town)) == (DecisionState.VOID, [])


def test_a_remedy_comes_back_to_its_signatory(appraised: Town) -> None:
    town = signs(appraised).at("2027-11-22")
    keeps(town)
    first = latest(town)
    with town.open() as uow:
        remedy = remedies.start(uow, first, RemedyKind.RECALL, reason="Sai", actor=town.actor(*CLERK), now=town.now)
        remedies.sign(uow, remedy, actor=town.actor("P1", "secretary"), now=town.now)
    returns(town)
    remedy, draft = town.ask(lambda uow: (uow.remedies.of(first.id)[0], uow.decisions.get(remedy.draft_id)))
    assert (remedy.state, draft.state, draft.signer_name) == (RemedyState.OPEN, DecisionState.DRAFTED, "")
    assert [href for _, href in told(town, "P1", "secretary")] == [f"/van-ban/{draft.id}"]
    with town.open() as uow:
        remedies.sign(uow, remedy, actor=town.actor("P1", "secretary"), now=town.now)
    enters(town, 3, date(2027, 11, 22))
    assert [row.state.value for row in rows(town) if row.book == "QĐ"][-2:] == ["recalled", "issued"]


def _node(kind: str) -> Node:
    return Node(
        id="", name="", kind=kind, lane=None, properties={}, form_key=None, due_date=None, assignee=None,
        candidate_groups=(), documentation="", line=1,
    )  # fmt: skip


def test_the_tasks_before_a_number_are_those_with_only_gateways_between() -> None:
    kinds = {
        "draft": "userTask", "sign": "userTask", "help": "userTask", "x": "exclusiveGateway", "join": "parallelGateway",
        "count": "serviceTask", "issue": "serviceTask",
    }  # fmt: skip
    info = ProcessInfo(
        id="p",
        name="",
        nodes={name: _node(kind) for name, kind in kinds.items()},
        lanes={},
        start_messages=(),
        documentation="",
        after={"draft": ("count",), "count": ("join",), "sign": ("x",), "help": ("join",), "join": ("x",), "x": ("issue", "join")},
    )  # fmt: skip
    assert sending_back.tasks_before(info, "issue") == {"sign", "help"}
