"""An issued document goes to everybody whom it names or is about: told inside, mailed outside, ticked off, never twice."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest

from engine.errors import Invalid, NotPermitted, WrongState
from engine.ports.services import Outside
from engine.ports.store import NEW
from engine.rules.decisions import Decision, DecisionId
from engine.rules.distribution import Recipient, Way, addressee, candidates, names_others
from engine.rules.notices import Notice
from engine.rules.papers import plain_paper
from engine.rules.units import UnitId
from engine.use_cases import distribution, issuing, listening, reminders
from engine.use_cases.decisions import stored_paper
from engine.use_cases.distribution import Change
from tests.factories import Town
from tests.use_cases import living

MAILED = Change(way=Way.MAIL, address="vanphong@thanhuy.vn")


def issued(town: Town) -> Decision:
    living.met(town)
    town.at("2027-11-18").does("P1", "decide", group="others")
    town.does("P1", "sign", group="others")
    return next(d for d in town.decisions("P1", "others") if d.type_code == "QĐ")


def rows(town: Town, decision: Decision) -> list[Recipient]:
    with town.look() as uow:
        return uow.distribution.of_decision(decision.id)


def told(town: Town, decision: Decision, code: str, role: str = "secretary") -> list[Notice]:
    """What the person was told about the document, the newest first."""
    with town.look() as uow:
        account = town._actor(uow, code, role).account_id
        assert account is not None
        found, _ = uow.notices.page(account, unread=False, limit=99, offset=0)
        notices = [uow.notices.get(row.id) for row in found]
        return [notice for notice in notices if notice.facts.get("decision") == decision.id]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("Như Điều 3;", "Như Điều 3"),
        ("Ban Thường vụ Thành đoàn (để báo cáo)", "Ban Thường vụ Thành đoàn"),
        ("- Thành viên UBND xã (để b/c);", "Thành viên UBND xã"),
        ("Lưu: VP", ""),
        ("Lưu Đảng ủy.", ""),
        ("", ""),
    ],
)
def test_whom_a_line_names(line: str, text: str) -> None:
    assert addressee(line) == text


def test_a_name_may_stand_at_the_end() -> None:
    assert candidates("Ban Chấp hành Đoàn A") == [
        "Ban Chấp hành Đoàn A",
        "Chấp hành Đoàn A",
        "hành Đoàn A",
        "Đoàn A",
        "A",
    ]
    assert [names_others(text) for text in ("Như trên", "Như Điều 3", "Nhưng")] == [True, True, False]


def test_those_whom_a_decision_is_about_are_told_and_say_that_they_have_it(appraised: Town) -> None:
    town = appraised
    decision = issued(town)
    found = rows(town, decision)
    assert [(r.number, r.way, r.sent_at is not None, r.waits) for r in found] == [
        (1, Way.INSIDE, True, True),
        (2, Way.INSIDE, True, True),
        (3, Way.OPEN, False, True),
        (4, Way.OPEN, False, True),
    ]
    assert [r.name for r in found] == [
        town.unit("P1-1").name,
        town.unit("P1-2").name,
        "Ban Thường vụ Thành đoàn",
        "Cấp ủy cùng cấp",
    ]
    (notice,) = told(town, decision, "P1-1")
    assert notice.title == f"Văn bản đến: {decision.symbol} của {town.unit('P1').name}"
    mails = len(town.mail.accepted)
    with town.open() as uow:
        actor = town._actor(uow, "P1-1", "secretary")
        assert distribution.confirm(uow, decision.id, actor=actor, now=town.now) == 1
        assert distribution.confirm(uow, decision.id, actor=actor, now=town.now + timedelta(hours=1)) == 0
    first = rows(town, decision)[0]
    assert (first.received_at, first.received_on, first.received_by) == (town.now, town.now.date(), actor.full_name)
    # Opening the notice is a receipt as well.
    (other,) = told(town, decision, "P1-2")
    with town.open() as uow:
        actor = town._actor(uow, "P1-2", "secretary")
        assert listening.open_notice(uow, other.id, actor=actor, now=town.now) == f"/van-ban/{decision.id}"
    assert [r.waits for r in rows(town, decision)] == [False, False, True, True]
    assert len(town.mail.accepted) == mails
    with pytest.raises(NotPermitted), town.open() as uow:
        distribution.confirm(uow, decision.id, actor=town._actor(uow, "P2-1", "secretary"), now=town.now)


def test_done_again_it_changes_nothing(appraised: Town) -> None:
    town = appraised
    decision = issued(town)
    before = rows(town, decision), told(town, decision, "P1-1")
    with town.open() as uow:
        distribution.give_out(uow, decision, now=town.now)
        instance = uow.instances.of_dossier(decision.dossier_id)[0]
    payload = {"decision_id": decision.id, "instance_id": instance.id, "token": "x"}
    issuing.issue(town.open, None, payload, now=town.now)  # type: ignore[arg-type]  # an issued document asks nobody outside
    assert (rows(town, decision), told(town, decision, "P1-1")) == before


def test_outside_it_goes_by_mail_with_the_signed_file_or_is_handed_over(appraised: Town) -> None:
    town = appraised
    decision = issued(town)
    town.mail.accepted.clear()
    with town.open() as uow:
        actor = town._actor(uow, "P1", "secretary")
        sent = distribution.change(uow, decision, 3, MAILED, actor=actor, now=town.now)
        distribution.change(uow, decision, 4, Change(way=Way.HAND), actor=actor, now=town.now)
        distribution.hand_over(uow, decision, 4, "Bà Lan, văn thư", date(2027, 11, 18), actor=actor, now=town.now)
    town.work_off()
    (mail,) = town.mail.accepted
    assert (mail.to, mail.subject) == (MAILED.address, f"{decision.symbol} của {town.unit('P1').name}")
    assert (mail.file, mail.file_name) == (
        town.archive.get(decision.pdf_sha256),
        f"{decision.file_name}.pdf",
    )
    assert f"https://chuky.test/kiem-tra/{decision.code}" in mail.text
    found = rows(town, decision)
    assert (found[2].delivery_id, found[2].waits) == (sent.delivery_id, True)
    assert (found[3].received_by, found[3].received_on) == ("Bà Lan, văn thư", date(2027, 11, 18))
    with town.look() as uow:
        assert [r.number for r in distribution.received_by(uow, decision)] == [1, 2, 3, 4]
    with town.open() as uow:
        by_hand = distribution.tell_received(uow, decision, "document_waits", {}, key="thu-hoi:1", now=town.now)
    town.work_off()
    assert [r.number for r in by_hand] == [4]
    assert MAILED.address in {mail.to for mail in town.mail.accepted[1:]}
    assert [n.kind for n in told(town, decision, "P1-1")] == ["document_waits", "document"]


def test_a_mail_whose_sender_was_killed_goes_again_as_the_same_mail(appraised: Town) -> None:
    town = appraised
    decision = issued(town)
    town.mail.accepted.clear()
    with town.open() as uow:
        actor = town._actor(uow, "P1", "secretary")
        sent = distribution.change(uow, decision, 3, MAILED, actor=actor, now=town.now)
    town.mail.crashes = 1
    for _ in range(2):
        with suppress(ConnectionAbortedError):
            reminders.send(town.open, _outside(town), {"delivery_id": sent.delivery_id}, now=town.now)
    reminders.send(town.open, _outside(town), {"delivery_id": sent.delivery_id}, now=town.now)
    assert [mail.message_id for mail in town.mail.accepted] == [town.mail.accepted[0].message_id] * 2
    assert {mail.file for mail in town.mail.accepted} == {town.archive.get(decision.pdf_sha256)}
    with town.look() as uow:
        assert uow.outbox.get(int(sent.delivery_id or 0)).state == "sent"


def _outside(town: Town) -> Outside:
    return Outside(
        mailer=town.mail,
        archive=town.archive,
        renderer=town.renderer,
        signer=town.signer,
        base_url="https://chuky.test",
        test_signatures=True,
    )


def test_a_recipient_may_be_a_unit_after_all(appraised: Town) -> None:
    town = appraised
    decision = issued(town)
    with town.open() as uow:
        actor = town._actor(uow, "P1", "secretary")
        distribution.change(uow, decision, 3, Change(way=Way.INSIDE, unit_code="TD"), actor=actor, now=town.now)
    assert [n.kind for n in told(town, decision, "TD", "clerk")] == ["document"]
    with town.look() as uow:
        assert distribution.is_addressed(uow, decision.id, town._actor(uow, "TD", "officer"))


def test_who_waits_is_found_and_reminded_once_a_day(appraised: Town) -> None:
    town = appraised
    decision = issued(town)
    later = town.now + timedelta(days=4)
    with town.open() as uow:
        actor = town._actor(uow, "P1", "secretary")
        distribution.confirm(uow, decision.id, actor=town._actor(uow, "P1-2", "secretary"), now=town.now)
        for days, numbers in ((5, []), (3, [1, 3, 4])):
            found = distribution.overdue(uow, actor, later - timedelta(days=days))
            assert [a.recipient.number for a in found if a.symbol == decision.symbol] == numbers
        assert distribution.overdue(uow, town._actor(uow, "P2", "secretary"), later) == []
        assert [distribution.remind(uow, decision, actor=actor, now=later) for _ in (1, 2)] == [1, 0]
        assert distribution.remind(uow, decision, actor=actor, now=later + timedelta(days=1)) == 1
    assert [n.kind for n in told(town, decision, "P1-1")] == ["document_waits", "document_waits", "document"]


def test_what_is_refused(appraised: Town) -> None:
    town = appraised
    decision = issued(town)
    tries = {
        "address": [
            replace(MAILED, address=text) for text in ("", "x", "a b@c.vn", "a@b", "a@b.vn,c@d.vn", "<a@b.vn>")
        ],
        "unit": [Change(way=Way.INSIDE, unit_code=code) for code in ("", "khong-co", "P1-1")],
    }
    with town.look() as uow:
        actor = town._actor(uow, "P1", "secretary")
        for field, changes in tries.items():
            for wished in changes:
                with pytest.raises(Invalid) as refused:
                    distribution.change(uow, decision, 3, wished, actor=actor, now=town.now)
                assert list(refused.value.fields) == [field]
        for by, on, fields in (("", "2027-11-18", ["by"]), ("A", "2027-11-19", ["on"]), ("A", "2027-11-17", ["on"])):
            day = date.fromisoformat(on)
            with pytest.raises(Invalid) as refused:
                distribution.hand_over(uow, decision, 3, by, day, actor=actor, now=town.now)
            assert list(refused.value.fields) == fields
    with town.open() as uow:
        actor = town._actor(uow, "P1", "secretary")
        distribution.hand_over(uow, decision, 3, "A", town.now.date(), actor=actor, now=town.now)
        for again in (MAILED, Change(way=Way.HAND)):
            with pytest.raises(WrongState, match="already_received"):
                distribution.change(uow, decision, 3, again, actor=actor, now=town.now)
        stranger = town._actor(uow, "P1-1", "secretary")
        with pytest.raises(NotPermitted):
            distribution.change(uow, decision, 4, MAILED, actor=stranger, now=town.now)


def test_a_unit_that_takes_note_of_its_result_has_received_what_is_about_it(appraised: Town) -> None:
    town = appraised
    issued(town)
    town.does("P1-1", "acknowledge")
    about = [rows(town, document) for document in town.decisions("P1", "others")]
    assert [[r.waits for r in found if r.unit_id == town.unit("P1-1").id] for found in about] == [[False], [False]]
    assert [[r.waits for r in found if r.unit_id == town.unit("P1-2").id] for found in about] == [[True], [True]]


def test_a_recipient_is_found_by_any_spelling_and_a_doubtful_one_is_left_to_the_clerk(appraised: Town) -> None:
    town = appraised
    with town.open() as uow:
        for code, name in (("X1", "Đoàn xã Tân Phú"), ("X2", "Đoàn xã Tấn Phú")):
            uow.units.add(replace(uow.units.find_code("P2"), id=UnitId(NEW), code=code, name=name))  # type: ignore[type-var]
    decision = issued(town)
    lines = ("Ban Thường vụ THÀNH ĐOÀN hải phòng (để b/c)", "Doan xa Tan Phu", "Đoàn Xã Kiến Thuỵ", "P1-4", "Lưu: VP")  # fmt: skip
    paper = replace(stored_paper(decision), recipients=lines)
    with town.open() as uow:
        again = uow.decisions.add(
            replace(
                decision,
                id=DecisionId(NEW),
                content={"paper": plain_paper(paper)},
                file_name="khac",
                code="x",
                number=99,
                symbol="99",
            )
        )
        found = distribution.give_out(uow, again, now=town.now)
        assert [(r.name, r.unit_id and uow.units.get(r.unit_id).code) for r in found] == [
            ("Ban Thường vụ THÀNH ĐOÀN hải phòng", "TD"),
            ("Doan xa Tan Phu", None),
            ("Đoàn Xã Kiến Thuỵ", "P2"),
            ("P1-4", "P1-4"),
        ]
        doubtful = distribution.doubtful(uow, again, found)
        assert {n: [u.code for u in units] for n, units in doubtful.items()} == {2: ["X1", "X2"]}
        clerk = town.actor("P1", "clerk")
        with pytest.raises(Invalid) as unclear:
            distribution.change(uow, again, 2, Change(way=Way.INSIDE, unit_code="đoàn xã tan phu"), actor=clerk, now=town.now)  # fmt: skip
        assert unclear.value.fields["unit"].facts == {"units": "Đoàn xã Tân Phú (mã X1), Đoàn xã Tấn Phú (mã X2)"}
        sent = distribution.change(uow, again, 2, Change(way=Way.INSIDE, unit_code="x2"), actor=clerk, now=town.now)
        assert (sent.way, uow.units.get(sent.unit_id or UnitId(0)).code) == (Way.INSIDE, "X2")
