"""What is another system told? What falls due at its unit and below, signed, without names of people, and once."""

from __future__ import annotations

import json

import pytest

from engine.errors import Invalid, MailFailed, NotPermitted
from engine.ports.notices import Webhook
from engine.rules.webhooks import signature
from engine.use_cases import webhooks
from tests.factories import Town
from tests.use_cases.test_reminders import deliveries

URL = "https://nhan.vidu.vn/bao"


def set_up(town: Town, code: str, url: str = URL, by: tuple[str, str] = ("TD", "administrator")) -> Webhook:
    actor = town.actor(*by)
    with town.open() as uow:
        return webhooks.set_up(uow, code, url, actor=actor, now=town.now)


def told(town: Town) -> list[tuple[str, str, str | None, int | None]]:
    """Event, unit, last day and days of each call."""
    bodies = [json.loads(message.text) for message in town.calls.accepted]
    return [(body["event"], body["unit"]["code"], body["last_day"], body["days"]) for body in bodies]


def test_a_unit_is_told_of_itself_and_those_below_signed_and_without_people(any_town: Town) -> None:
    webhook = set_up(any_town, "P2")
    any_town.at("2026-11-11")
    assert told(any_town) == [
        ("reminder", "P2-1", "2026-11-09", -17),
        ("reminder", "P2-1", "2026-11-09", -7),
        ("reminder", "P2-1", "2026-11-09", -3),
        ("reminder", "P2-1", "2026-11-09", 0),
        ("late", "P2-1", "2026-11-09", None),
        ("reminder", "P2-1", "2026-11-09", 1),
    ]
    first = any_town.calls.accepted[0]
    assert json.loads(first.text) == {
        "event": "reminder",
        "at": "2026-10-23T01:00:00+00:00",
        "task": "Đăng ký nội dung, lộ trình",
        "unit": {"code": "P2-1", "name": "Chi đoàn Thôn Đông"},
        "last_day": "2026-11-09",
        "days": -17,
        "url": f"https://chuky.test/viec/{any_town.work('P2-1', 'register').id}",
    }
    assert (first.to, first.headers["Chuky-Signature"]) == (
        URL,
        signature(webhook.secret, int(first.headers["Chuky-Timestamp"]), first.text),
    )
    names = [message.headers["Chuky-Delivery"] for message in any_town.calls.accepted]
    assert len(names) == len(set(names)) == 6


def test_a_call_that_fails_is_tried_again_under_its_name_and_seen_when_given_up(town: Town) -> None:
    webhook = set_up(town, "P2")
    town.calls.troubles.extend(
        [
            MailFailed("the other system answered 503", retry_after=120),
            MailFailed("the other system answered 404", retry_after=None),
        ]
    )
    with town.open() as uow:
        webhooks.try_out(uow, webhook.id, actor=town.actor("TD", "administrator"), now=town.now)
    town.work_off()
    [delivery] = deliveries(town, "dead")
    assert (delivery.channel, delivery.address, delivery.attempts, delivery.error) == (
        "webhook",
        URL,
        2,
        "the other system answered 404",
    )
    last = town.ask(lambda uow: uow.notices.last_call(webhook.id))
    assert (last.state, last.error) == ("dead", "the other system answered 404")


def test_who_was_switched_off_is_called_no_more(any_town: Town) -> None:
    webhook = set_up(any_town, "TD")
    actor = any_town.actor("TD", "administrator")
    with any_town.open() as uow:
        webhooks.try_out(uow, webhook.id, actor=actor, now=any_town.now)
        webhooks.switch_off(uow, webhook.id, actor=actor, now=any_town.now)
    any_town.at("2026-11-11")
    assert any_town.calls.accepted == []
    assert [d.error for d in deliveries(any_town, "dead")] == ["the webhook was switched off"]
    lines = any_town.ask(lambda uow: [entry.line.event for entry in uow.audit.entries(0, 10_000)])
    assert [event for event in lines if event.startswith("webhook")] == [
        "webhook_added",
        "webhook_tried",
        "webhook_removed",
    ]


@pytest.mark.parametrize(
    ("code", "url", "faults"),
    [
        ("KHONG-CO", URL, {"unit": "unknown_unit"}),
        ("P1", "http://nhan.vidu.vn/", {"url": "not_a_webhook"}),
        ("", "", {"unit": "unknown_unit", "url": "not_a_webhook"}),
    ],
)
def test_what_cannot_be_called_is_refused(town: Town, code: str, url: str, faults: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refusal:
        set_up(town, code, url)
    assert {field: fault.code for field, fault in refusal.value.fields.items()} == faults


@pytest.mark.parametrize("by", [("TD", "officer"), ("P1", "secretary"), ("TD", "auditor")])
def test_only_administrators_set_them_up(town: Town, by: tuple[str, str]) -> None:
    with pytest.raises(NotPermitted):
        set_up(town, "P1", by=by)
