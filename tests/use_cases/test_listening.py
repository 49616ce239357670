"""What may a person choose about being told? Mails and their days, what is read, and a calendar behind a secret."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from icalendar import Calendar

from api.calendars import calendar_of
from engine.errors import Invalid, NotFound, NotPermitted
from engine.ports.store import CalendarEntry
from engine.rules.notices import MailMode
from engine.use_cases import listening
from engine.use_cases.accounts import digest
from engine.use_cases.listening import Wishes
from engine.use_cases.notifying import settings_of
from tests.factories import Town, username
from tests.use_cases.test_digests import body
from tests.use_cases.test_redating import moves
from tests.use_cases.test_reminders import days, told

WORKDAYS = ("1", "2", "3", "4", "5")


def wishes(**changes: object) -> Wishes:
    values: dict[str, object] = {"mail": "digest", "days": WORKDAYS, "minute": 485, "quiet_from": 18, "quiet_until": 7}
    return Wishes(**{**values, **changes})  # type: ignore[arg-type]


def chooses(town: Town, code: str, role: str = "secretary", **changes: object) -> None:
    actor = town.actor(code, role)
    with town.open() as uow:
        listening.choose(uow, wishes(**changes), actor=actor, now=town.now)


def renewed(town: Town, code: str, role: str = "secretary") -> str:
    actor = town.actor(code, role)
    with town.open() as uow:
        return listening.renew_feed(uow, actor=actor, now=town.now)


def entries(town: Town, secret: str) -> list[CalendarEntry]:
    found: list[CalendarEntry] = town.ask(lambda uow: listening.feed(uow, secret, now=town.now))
    return found


def test_what_is_chosen_is_kept_with_a_line_in_the_audit(any_town: Town) -> None:
    chooses(any_town, "P1-1", mail="single", days=("2", "4"), minute=605, quiet_from=20, quiet_until=6)
    actor = any_town.actor("P1-1", "secretary")
    kept = any_town.ask(lambda uow: settings_of(uow, actor.account_id))
    assert (kept.mail, kept.digest_days, kept.digest_minute, kept.quiet_from, kept.quiet_until) == (
        MailMode.SINGLE,
        ("2", "4"),
        605,
        20,
        6,
    )
    lines = any_town.ask(lambda uow: [e.line for e in uow.audit.entries(0, 10_000) if e.line.event == "notices_chosen"])
    assert [(line.actor_name, line.facts) for line in lines] == [(actor.full_name, {"mail": "single"})]


def test_all_days_are_every_working_day(town: Town) -> None:
    chooses(town, "P1-1")
    actor = town.actor("P1-1", "secretary")
    assert town.ask(lambda uow: settings_of(uow, actor.account_id)).digest_days == ()


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"mail": "carrier pigeon"}, {"mail": "choice"}),
        ({"days": ()}, {"days": "no_digest_day"}),
        ({"days": ("1", "7")}, {"days": "no_digest_day"}),
        ({"minute": None}, {"minute": "choice"}),
        ({"minute": 1440}, {"minute": "choice"}),
        ({"quiet_from": 24}, {"quiet": "choice"}),
        ({"quiet_until": None}, {"quiet": "choice"}),
        ({"minute": 6 * 60}, {"minute": "digest_in_quiet"}),
        ({"quiet_from": 7, "quiet_until": 9}, {"minute": "digest_in_quiet"}),
    ],
)
def test_what_cannot_be_is_refused_field_by_field(
    town: Town, changes: dict[str, object], faults: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        chooses(town, "P1-1", **changes)
    assert {field: fault.code for field, fault in refusal.value.fields.items()} == faults


def test_digests_on_mondays_only_and_nothing_urgent_waits_for_one(town: Town) -> None:
    chooses(town, "P1-1", days=("1",))
    town.at("2026-11-30")
    # The rungs of Friday 23/10 and of 10/11 wait for a Monday; that of Friday 6/11 may, as Monday the 9th is the last day.
    assert days(told(town)) == ["2026-10-26 08:05", "2026-11-02 08:05", "2026-11-09 08:05", "2026-11-16 08:05"]


def test_an_order_that_moves_a_day_is_mailed_to_whoever_wants_no_mail(town: Town) -> None:
    chooses(town, "P1-1", mail="none")
    town.at("2026-11-03")
    assert told(town) == []
    moves(town)
    assert [m.subject for m in told(town)] != []
    assert "20/11/2026" in " ".join(body(told(town)[0]))


def test_ones_own_notices_are_read_and_nobody_elses(any_town: Town) -> None:
    town = any_town.at("2026-11-05")
    mine, other = town.actor("P1-1", "secretary"), town.actor("P1-2", "secretary")
    number = town.ask(lambda uow: uow.notices.page(mine.account_id, limit=1)[0][0].id)
    unread: Callable[[], tuple[int, int]] = lambda: town.ask(  # noqa: E731
        lambda uow: (uow.notices.unread(mine.account_id), uow.notices.unread(other.account_id))
    )
    before = unread()
    with town.open() as uow, pytest.raises(NotPermitted):
        listening.open_notice(uow, number, actor=other, now=town.now)
    with town.open() as uow:
        assert (
            listening.open_notice(uow, number, actor=mine, now=town.now) == f"/viec/{town.work('P1-1', 'register').id}"
        )
    assert unread() == (before[0] - 1, before[1])
    with town.open() as uow:
        listening.read_all(uow, actor=mine, now=town.now)
    assert unread() == (0, before[1])
    rows = town.ask(lambda uow: uow.notices.page(mine.account_id, unread=True, limit=10))
    assert rows == ([], 0)


def test_what_is_done_waits_for_nobody_to_read_it(town: Town) -> None:
    town.at("2026-11-03")
    account = town.actor("P1-1", "secretary").account_id
    assert town.ask(lambda uow: uow.notices.unread(account)) > 0
    town.does("P1-1", "register")
    assert town.ask(lambda uow: uow.notices.unread(account)) == 0


def test_a_calendar_holds_the_last_days_of_its_person_and_no_more(any_town: Town) -> None:
    town = any_town.at("2026-10-02")
    item = town.work("P1-1", "register")
    assert entries(town, renewed(town, "P1-1")) == [
        CalendarEntry(
            uid=f"viec-{item.id}",
            name=item.name,
            unit="Chi đoàn Tổ dân phố số 1",
            day=date(2026, 11, 9),
            href=f"/viec/{item.id}",
            stamp=item.opened_at,
            sequence=0,
        )
    ]


def test_only_a_digest_of_the_secret_is_kept_and_a_new_one_ends_the_old(any_town: Town) -> None:
    town = any_town.at("2026-10-02")
    first = renewed(town, "P1-1")
    account = town.actor("P1-1", "secretary").account_id
    assert town.ask(lambda uow: uow.notices.settings(account)).feed_sha256 == digest(first)
    second = renewed(town, "P1-1")
    assert entries(town, second) != []
    with pytest.raises(NotFound):
        entries(town, first)
    # What is chosen afterwards leaves the address as it is.
    chooses(town, "P1-1", mail="none")
    assert entries(town, second) != []
    with town.open() as uow:
        listening.end_feed(uow, actor=town.actor("P1-1", "secretary"), now=town.now)
    with pytest.raises(NotFound):
        entries(town, second)


def test_a_closed_account_has_no_calendar_and_a_former_secretary_an_empty_one(town: Town) -> None:
    town.at("2026-10-02")
    secret, other = renewed(town, "P1-1"), renewed(town, "P1-2")
    with town.open() as uow:
        closed, former = (uow.accounts.find_username(username(code, "secretary")) for code in ("P1-1", "P1-2"))
        assert closed is not None
        assert former is not None
        uow.accounts.save(replace(closed, disabled_at=town.now))
        held = uow.accounts.positions(former.id)[0]
        uow.accounts.save_position(replace(held, until_day=date(2026, 10, 3)))
    with pytest.raises(NotFound):
        entries(town, secret)
    assert entries(town, other) != []
    town.at("2026-10-05")
    assert entries(town, other) == []


def test_a_moved_day_and_done_work_raise_the_sequence_of_the_same_entry(any_town: Town) -> None:
    town = any_town.at("2026-11-03")
    secret = renewed(town, "P1-1")
    seen = [facts(town, secret)]
    moves(town)
    seen.append(facts(town, secret))
    town.does("P1-1", "register")
    seen.append(facts(town, secret))
    (uid,) = {each[0][0] for each in seen}
    assert uid == seen[0][0][0]
    assert [each[0][1:] for each in seen] == [
        ("2026-11-09", "2026-11-10", 0, "CONFIRMED", 1),
        ("2026-11-20", "2026-11-21", 1, "CONFIRMED", 1),
        ("2026-11-20", "2026-11-21", 2, "CANCELLED", 0),
    ]
    town.at("2027-01-20")
    assert uid not in [each[0] for each in facts(town, secret)]


def facts(town: Town, secret: str) -> list[tuple[str, str, str, int, str, int]]:
    """Each entry as a calendar program reads it: UID, first day, day after, sequence, status, alarms."""
    text = calendar_of(entries(town, secret), "https://chuky.test", "chuky.test")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return [
        (
            str(event["UID"]),
            str(event.decoded("DTSTART")),
            str(event.decoded("DTEND")),
            int(event["SEQUENCE"]),
            str(event["STATUS"]),
            len(event.walk("VALARM")),
        )
        for event in Calendar.from_ical(text).walk("VEVENT")
    ]
