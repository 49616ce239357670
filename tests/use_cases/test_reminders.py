"""Who is told that something is due? One message a person and rung, never two, until it is done."""

from __future__ import annotations

from collections import deque

import pytest

from engine.errors import MailFailed
from engine.ports.notices import NoticeRow
from engine.ports.services import Message
from engine.ports.store import Delivery, UnitOfWork
from engine.rules.deadlines import ICT, local_day
from engine.use_cases import arranging, incidents
from engine.use_cases.jobs import HANDLERS
from tests.factories import Town, username

SECRETARY = f"{username('P1-1', 'secretary')}@chuky.test"
TASK = "Đăng ký nội dung, lộ trình"


def told(town: Town, address: str = SECRETARY) -> list[Message]:
    """Mails that reached this person."""
    return [m for m in town.mail.accepted if m.to == address]


def listed(town: Town, code: str, role: str = "secretary") -> list[NoticeRow]:
    """What this person finds in their list, the newest first."""

    def look(uow: UnitOfWork) -> list[NoticeRow]:
        account = uow.accounts.find_username(username(code, role))
        assert account is not None
        return uow.notices.page(account.id, limit=100)[0]

    return town.ask(look)


def days(messages: list[Message]) -> list[str]:
    return [message.at.astimezone(ICT).strftime("%Y-%m-%d %H:%M") for message in messages]


def deliveries(town: Town, *states: str) -> list[Delivery]:
    found = town.ask(lambda uow: uow.outbox.in_state(*states))
    assert isinstance(found, list)
    return found


def test_the_ladder_is_climbed_on_working_days(any_town: Town) -> None:
    any_town.at("2026-11-30")
    # 25/10 and 8/11/2026 are Sundays: the 15th day moves to a Friday, the last but one falls on that of the third.
    assert days(told(any_town)) == [
        "2026-10-23 08:05",
        "2026-11-02 08:05",
        "2026-11-06 08:05",
        "2026-11-09 08:05",
        "2026-11-10 08:05",
        "2026-11-12 08:05",
    ]
    lines = [line for line in any_town.lines("P1-1") if line.event == "reminded"]
    assert [(line.facts, line.task, str(line.last_day), line.days_late) for line in lines] == [
        ({"rung": rung, "people": 1, "name": TASK, **above}, "register", "2026-11-09", max(0, rung))
        for rung, above in [*((rung, {}) for rung in (-17, -7, -3, 0, 1)), (3, {"above": 2})]
    ]


def test_each_rung_and_person_has_a_message_of_its_own(town: Town) -> None:
    town.appoint("P1-1", "deputy_secretary", also=("P2", "clerk"))
    town.at("2026-11-30")
    reached = {address: len(told(town, address)) for address in (SECRETARY, f"{username('P2', 'clerk')}@chuky.test")}
    assert reached == {SECRETARY: 6, f"{username('P2', 'clerk')}@chuky.test": 6}
    names = [message.message_id for message in town.mail.accepted]
    assert len(names) == len(set(names))
    assert {name.rpartition("@")[2] for name in names} == {"chuky.test>"}


def test_a_message_says_what_is_due_and_where(town: Town) -> None:
    town.at("2026-10-24")
    (message,) = told(town)
    item = town.work("P1-1", "register")
    assert TASK in message.subject
    for body in (message.text, message.html):
        assert "09/11/2026" in body
        assert f"https://chuky.test/viec/{item.id}" in body
        assert "{" not in body


def test_who_has_done_it_is_reminded_no_more(town: Town) -> None:
    town.at("2026-11-03").does("P1-1", "register")
    town.at("2026-11-30")
    assert days(told(town)) == ["2026-10-23 08:05", "2026-11-02 08:05"]
    assert len(told(town, f"{username('P1-2', 'secretary')}@chuky.test")) == 6


def test_nobody_is_reminded_of_a_rung_that_lies_behind(town: Town) -> None:
    town.at("2026-11-05").does("P1-1", "register")
    town.at("2026-11-06").does("P1-1", "review", outcome="return", reason="Thiếu.")  # due on 13/11
    town.at("2026-11-30")
    supplement = [m for m in told(town) if "Bổ sung" in m.subject]
    assert days(supplement) == [
        "2026-11-09 08:05",  # that it is there: it came on a Friday
        "2026-11-10 08:05",
        "2026-11-12 08:05",
        "2026-11-13 08:05",
        "2026-11-16 08:05",
    ]


def test_the_end_of_the_last_day_is_noted_once_for_whoever_is_not_done(town: Town) -> None:
    town.at("2026-11-09 23:00").does("P1-2", "register")
    town.at("2026-11-30")
    late = {code: [line for line in town.lines(code) if line.event == "late"] for code in ("P1-1", "P1-2")}
    assert [(str(x.at), x.task, str(x.last_day), x.days_late, x.facts, x.unit_id) for x in late["P1-1"]] == [
        ("2026-11-09 17:00:00+00:00", "register", "2026-11-09", 1, {"name": TASK}, town.unit("P1-1").id)
    ]
    assert [x.task for x in late["P1-2"]] == ["review"]


def test_a_campaign_is_no_matter_of_those_who_left_before_it(any_town: Town) -> None:
    any_town.at("2026-10-05").sends("P1-2", "Rút hồ sơ", ly_do="Không đủ điều kiện.")
    with any_town.open() as uow:
        actor = any_town.actor("TD", "officer")
        arranging.end(
            uow,
            any_town.unit("P1-4").id,
            last_day=local_day(any_town.now),
            successor_code="",
            dispatch="9-QĐ",
            actor=actor,
            now=any_town.now,
        )
    any_town.at("2026-11-02")
    announced = {code: [x.event for x in any_town.lines(code)].count("campaign") for code in ("P1-1", "P1-2", "P1-4")}
    assert announced == {"P1-1": 1, "P1-2": 0, "P1-4": 0}


def test_a_campaign_is_announced_to_whoever_has_not_registered(town: Town) -> None:
    town.at("2026-10-20").does("P1-2", "register")
    town.at("2026-11-02 12:00")
    codes = ("P1-1", "P1-2", "P1-3", "P1-4", "P2-1")
    announced = [code for code in codes if "campaign" in [row.kind for row in listed(town, code)]]
    assert announced == ["P1-1", "P1-3", "P1-4", "P2-1"]
    lines = {code: [x for x in town.lines(code) if x.event == "campaign"] for code in ("P1-1", "P1-2", "P1-3")}
    assert {code: [(x.at.astimezone(ICT).date().isoformat(), x.task, str(x.last_day), x.cohort) for x in found] for code, found in lines.items()} == {
        "P1-1": [("2026-11-01", "register", "2026-11-09", "residential")],
        "P1-2": [("2026-11-01", "register", "2026-11-09", "enterprise")],
        "P1-3": [("2026-09-01", "register", "2026-09-29", "school")],
    }  # fmt: skip


def test_a_person_without_an_address_is_no_hindrance(town: Town) -> None:
    from dataclasses import replace

    with town.open() as uow:
        account = uow.accounts.find_username(username("P1-1", "secretary"))
        assert account is not None
        uow.accounts.save(replace(account, email=None))
    town.at("2026-10-24")
    assert (told(town), [x.facts["people"] for x in town.lines("P1-1")]) == ([], [1])  # type: ignore[index]


def test_a_killed_sender_repeats_at_most_once_under_the_same_name(town: Town) -> None:
    town.mail.crashes = 1
    town.at("2026-09-15")  # the school branch is reminded
    first, again = town.mail.accepted[:2]
    assert (first.message_id, first.to, first.text) == (again.message_id, again.to, again.text)
    assert len({m.message_id for m in town.mail.accepted}) == len(town.mail.accepted) - 1
    assert deliveries(town, "queued", "sending", "failed", "dead") == []
    assert deliveries(town, "sent")[0].attempts == 2


def test_a_delivery_under_way_says_so(town: Town) -> None:
    seen: list[tuple[str, int]] = []

    class Watching:
        def send(self, message: Message) -> None:
            seen.extend((d.state, d.attempts) for d in deliveries(town, "sending"))

    town.mail = Watching()  # type: ignore[assignment]
    town.at("2026-09-15")
    assert set(seen) == {("sending", 1)}
    assert len(seen) == len(deliveries(town, "sent"))


def test_a_mail_server_that_is_away_is_tried_again(town: Town) -> None:
    town.mail.troubles = deque([MailFailed("away", retry_after=60)] * 3)
    town.at("2026-09-15")
    sent = deliveries(town, "sent")
    assert (sent[0].attempts, sent[0].error, sent[0].sent_at) == (4, "", sent[0].created_at)
    assert len(town.mail.accepted) == len(sent)


@pytest.mark.parametrize(
    ("troubles", "attempts"),
    [([MailFailed("no such user", retry_after=None)], 1), ([MailFailed("away", retry_after=60)] * 8, 8)],
)
def test_a_message_nobody_takes_is_dead_and_shown(town: Town, troubles: list[Exception], attempts: int) -> None:
    town.mail.troubles = deque(troubles)
    town.at("2026-09-15")
    (dead,) = deliveries(town, "dead")
    assert (dead.attempts, dead.error) == (attempts, str(troubles[0]))
    assert [m for m in town.mail.accepted if dead.message_id in m.message_id] == []
    with town.open() as uow:
        uow.jobs.enqueue("mail", "once more", {"delivery_id": dead.id})
    town.work_off()
    assert deliveries(town, "dead") == [dead]


def test_a_mail_that_fails_in_an_unforeseen_way_waits_for_a_person(town: Town) -> None:
    town.mail.troubles = deque([ValueError("odd")] * 5)
    town.at("2026-09-15")
    (incident,) = town.ask(lambda uow: uow.incidents.open())
    (stuck,) = deliveries(town, "sending")
    assert (incident.kind, incident.reason, incident.payload) == ("mail", "ValueError: odd", {"delivery_id": stuck.id})
    administrator = town.actor("TD", "administrator")
    with town.open() as uow:
        incidents.retry(uow, incident.id, actor=administrator, now=town.now)
    town.work_off()
    assert (deliveries(town, "sending"), town.ask(lambda uow: uow.incidents.open())) == ([], [])
    assert [m.message_id.startswith(f"<{stuck.message_id}@") for m in town.mail.accepted].count(True) == 1


def test_a_job_that_comes_twice_sends_once(town: Town) -> None:
    town.at("2026-09-15")
    before = list(town.mail.accepted)
    sent = deliveries(town, "sent")
    for delivery in sent:
        with town.open() as uow:
            uow.jobs.enqueue("mail", f"again {delivery.id}", {"delivery_id": delivery.id})
    town.work_off()
    assert (town.mail.accepted, deliveries(town, "sent")) == (before, sent)
    assert set(HANDLERS) >= {"mail", "issue"}
