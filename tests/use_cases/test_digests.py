"""How much mail does a person get? One a day with all that matters, when they want it, and nothing that is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from icalendar import Calendar

from engine.ports.services import Message
from engine.ports.store import UnitOfWork
from engine.rules.notices import MailMode
from engine.use_cases import notifying
from tests.factories import Town, moment, username
from tests.use_cases import living
from tests.use_cases.test_reminders import days, deliveries, listed, told

REMINDER = {"name": "Đăng ký", "unit": "Chi đoàn", "last_day": date(2026, 11, 20), "rung": -18, "item": 1}


def chooses(town: Town, code: str, role: str = "secretary", **wishes: object) -> None:
    """Let a person choose how they are told."""
    with town.open() as uow:
        account = uow.accounts.find_username(username(code, role))
        assert account is not None
        uow.notices.keep(replace(notifying.settings_of(uow, account.id), **wishes))  # type: ignore[arg-type]


def mail_states(town: Town, code: str, role: str = "secretary") -> list[tuple[str, str]]:
    """(kind, what became of it by mail) of each notice, the oldest first."""

    def look(uow: UnitOfWork) -> list[tuple[str, str]]:
        account = uow.accounts.find_username(username(code, role))
        assert account is not None
        rows = [uow.notices.get(row.id) for row in uow.notices.page(account.id, limit=100)[0]]
        return [(row.kind, row.mail.value) for row in reversed(rows)]

    found: list[tuple[str, str]] = town.ask(look)
    return found


def address(code: str, role: str = "secretary") -> str:
    return f"{username(code, role)}@chuky.test"


def body(message: Message) -> list[str]:
    return [line for line in message.text.splitlines() if line]


def test_ten_things_of_a_day_come_in_one_mail(any_town: Town) -> None:
    town = any_town
    for code in living.OTHERS:
        town.at("2026-11-03").does(code, "register")
    town.at("2026-11-04 12:00")
    (message,) = [m for m in told(town, address("P1", "officer")) if days([m]) == ["2026-11-04 08:05"]]
    assert message.subject == "Việc ngày 04/11/2026: 3 tin mới"
    assert body(message) == [
        "Kính gửi đồng chí Nguyễn Văn P1 officer,",
        "Mới",
        "- Tiếp nhận đăng ký: Chi đoàn Tổ dân phố số 1, Chi đoàn Công ty Cơ khí, Chi đoàn Tổ dân phố số 4"
        " – còn 6 ngày, hạn cuối hết ngày 10/11/2026",
        "  https://chuky.test/viec",
        "Tất cả việc đang chờ bạn: 3.",
        "Danh sách việc: https://chuky.test/viec",
        "Đổi cách nhận thư: https://chuky.test/toi/nhac",
        "Thư này do hệ thống Chuky tự động gửi; xin đừng trả lời thư.",
    ]
    assert message.html.count("<li>") == 1
    titles = [row.kind for row in listed(town, "P1", "officer")]
    assert titles.count("new_work") == 3
    keys = [d.key for d in deliveries(town, "sent")]
    assert len(keys) == len(set(keys))
    per_day = [(m.to, m.at.date()) for m in town.mail.accepted]
    assert len(per_day) == len(set(per_day))


def test_a_mail_carries_its_last_days_for_the_calendar(town: Town) -> None:
    town.at("2026-10-24")
    (message,) = told(town)
    (event,) = Calendar.from_ical(message.calendar).walk("VEVENT")
    item = town.work("P1-1", "register")
    assert (str(event["UID"]), str(event.decoded("DTSTART")), str(event.decoded("DTEND")), event["SEQUENCE"]) == (
        f"viec-{item.id}@chuky.test",
        "2026-11-09",
        "2026-11-10",
        0,
    )
    assert str(event["URL"]) == f"https://chuky.test/viec/{item.id}"


def test_what_is_done_before_the_mail_goes_is_left_out(town: Town) -> None:
    chooses(town, "P1-1", quiet_from=17, quiet_until=9)
    town.at("2026-11-02 08:30")
    assert mail_states(town, "P1-1") == [("reminder", "mailed"), ("campaign", "waiting"), ("reminder", "waiting")]
    before = len(told(town))
    town.does("P1-1", "register")
    town.at("2026-11-02 12:00")
    assert len(told(town)) == before
    assert mail_states(town, "P1-1") == [("reminder", "mailed"), ("campaign", "over"), ("reminder", "over")]


def test_who_wants_single_mails_gets_them_at_once_and_never_at_night(town: Town) -> None:
    chooses(town, "P1", "officer", mail=MailMode.SINGLE)
    town.at("2026-11-03 10:00").does("P1-1", "register")
    town.at("2026-11-03 20:00").does("P1-2", "register")
    town.at("2026-11-07 10:00").does("P1-4", "register")  # a Saturday
    town.at("2026-11-09 07:30")
    new = [m for m in told(town, address("P1", "officer")) if m.subject.startswith("Việc mới")]
    assert days(new) == ["2026-11-03 10:00", "2026-11-04 07:00", "2026-11-09 07:00"]


def test_who_wants_no_mail_still_finds_it_in_the_list(town: Town) -> None:
    chooses(town, "P1-1", mail=MailMode.NONE)
    town.at("2026-11-30")
    assert told(town) == []
    assert [row.kind for row in listed(town, "P1-1")].count("reminder") == 6
    assert {mail for _, mail in mail_states(town, "P1-1")} == {"none"}


def test_what_cannot_wait_for_tomorrows_digest_goes_alone(town: Town) -> None:
    town.at("2026-11-09 09:00")  # today's digest has gone, and today is the last day
    with town.open() as uow:
        account = uow.accounts.find_username(username("P1-1", "secretary"))
        assert account is not None
        item = town.work("P1-1", "register")
        facts = {"name": item.name, "unit": "Chi đoàn", "last_day": item.last_day, "rung": 0, "item": item.id}
        notifying.Teller(uow, town.now).tell(account, key="gấp", kind="reminder", facts=facts, item=item)
        notifying.Teller(uow, town.now).tell(account, key="thong-bao", kind="notice", facts={})
    town.work_off()
    assert [(d.key, d.work_item_id) for d in deliveries(town, "sent") if d.key in ("gấp", "thong-bao")] == [
        ("gấp", item.id)
    ]
    town.at("2026-11-10 09:00")
    assert [d.key for d in deliveries(town, "sent") if d.key == "thong-bao"] == []
    assert "Thông báo từ hệ thống Chuky" in told(town)[-1].text


def test_a_digest_that_came_to_nothing_is_made_again_when_something_comes(town: Town) -> None:
    chooses(town, "P1-1", quiet_from=17, quiet_until=9)
    town.at("2026-11-02 08:30").does("P1-1", "register")
    before = len(told(town.at("2026-11-02 09:30")))
    with town.open() as uow:
        account = uow.accounts.find_username(username("P1-1", "secretary"))
        assert account is not None
        notifying.Teller(uow, town.now).tell(account, key="nhắc", kind="reminder", facts=REMINDER)
    town.tick()
    assert [m.subject for m in told(town)[before:]] == ["Hạn cuối hết ngày 20/11/2026: Đăng ký – Chi đoàn"]


def test_the_superior_is_told_once_of_a_unit_that_stays_behind(town: Town) -> None:
    town.at("2026-11-30")
    above = [row for row in listed(town, "P1", "officer") if row.kind == "escalation"]
    assert [row.title for row in above if "Công ty Cơ khí" in row.title] == [
        "Đơn vị chậm 3 ngày: Chi đoàn Công ty Cơ khí – Đăng ký nội dung, lộ trình"
    ]
    (message,) = [m for m in told(town, address("P1", "officer")) if days([m]) == ["2026-11-12 08:05"]]
    assert "Đơn vị trực thuộc chậm" in message.text
    assert "3 việc chậm ở đơn vị trực thuộc" in message.subject
    assert [row.kind for row in listed(town, "P1", "clerk")] == []


def test_who_has_done_it_is_not_told_on(town: Town) -> None:
    town.at("2026-11-11").does("P1-2", "register")
    town.at("2026-11-30")
    titles = [row.title for row in listed(town, "P1", "officer") if row.kind == "escalation"]
    assert not any("Công ty Cơ khí" in title for title in titles)


@pytest.mark.parametrize("crashes", [1, 3])
def test_a_digest_is_never_lost_and_repeats_keep_their_name(town: Town, crashes: int) -> None:
    town.mail.crashes = crashes
    town.at("2026-10-24")
    names = [m.message_id for m in town.mail.accepted]
    assert len(names) == len(set(names)) + crashes
    assert deliveries(town, "queued", "sending", "failed", "dead") == []


def test_a_server_that_was_away_all_day_mails_next_morning_what_still_matters(town: Town) -> None:
    # Three days of rungs fire at once in the evening; the digest waits for the morning.
    before = len(told(town.at("2026-11-05 12:00")))
    town.now = moment("2026-11-10 19:00")
    town.tick()
    assert len(told(town)) == before
    town.at("2026-11-11 09:00")
    (message,) = told(town)[before:]
    assert days([message]) == ["2026-11-11 08:05"]
    assert "quá hạn 2 ngày" in message.text  # once, though three rungs came together
