"""How does another system learn what falls due? A signed call for its unit and those below, without any person's name."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from engine.errors import FieldError, Invalid, NotPermitted
from engine.ports.notices import Webhook
from engine.ports.store import NEW, Delivery, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.dossiers import WorkItem
from engine.rules.permissions import ADMINISTRATOR
from engine.rules.text import nfc
from engine.rules.units import Actor
from engine.rules.webhooks import is_address

#: Name of the channel in `Delivery.channel`.
CHANNEL = "webhook"


def call(uow: UnitOfWork, key: str, event: str, item: WorkItem, *, rung: int | None = None, now: datetime) -> None:
    """Promise a call to every webhook of the units at or above the one that the work is about."""
    living = uow.notices.webhooks(living=True)
    if not living:
        return
    path = {unit.id: unit for unit in uow.units.path(item.subject_unit_id)}
    unit = path[item.subject_unit_id]
    text = _json(
        {
            "event": event,
            "at": now.isoformat(),
            "task": item.name,
            "unit": {"code": unit.code, "name": unit.name},
            "last_day": _day(item.last_day),
            "days": rung,
            "url": f"{{base_url}}/viec/{item.id}",
        }
    )
    for webhook in living:
        if webhook.unit_id in path:
            _promise(uow, webhook, f"webhook:{webhook.id}:{key}", f"{event}: {item.name} – {unit.name}", text, now=now)


def set_up(uow: UnitOfWork, unit_code: str, url: str, *, actor: Actor, now: datetime) -> Webhook:
    """Let a unit's system be called at `url`; the secret is made here and shown once.

    Field errors: `unit` (there is none with this code), `url` (not an address that may be called). Where the address
    leads is asked again at every call.
    """
    check_may(actor)
    unit, errors = uow.units.find_code(nfc(unit_code).strip()), dict[str, FieldError]()
    if unit is None:
        errors["unit"] = FieldError("unknown_unit", {"code": unit_code})
    if not is_address(url.strip()):
        errors["url"] = FieldError("not_a_webhook", {})
    if errors or unit is None:
        raise Invalid(errors)
    webhook = uow.notices.add_webhook(
        Webhook(
            id=NEW,
            unit_id=unit.id,
            url=url.strip(),
            secret=secrets.token_urlsafe(32),
            by_id=actor.account_id,
            created_at=now,
            disabled_at=None,
        )
    )
    uow.audit.write(_line("webhook_added", webhook, actor, now))
    return webhook


def try_out(uow: UnitOfWork, webhook_id: int, *, actor: Actor, now: datetime) -> None:
    """Promise a call that only says hello."""
    check_may(actor)
    webhook = uow.notices.webhook(webhook_id)
    text = _json({"event": "hello", "at": now.isoformat()})
    _promise(uow, webhook, f"webhook:{webhook.id}:hello:{now.isoformat()}", "hello", text, now=now)
    uow.audit.write(_line("webhook_tried", webhook, actor, now))


def switch_off(uow: UnitOfWork, webhook_id: int, *, actor: Actor, now: datetime) -> None:
    """Call it no more; what still waits is given up when its turn comes."""
    check_may(actor)
    webhook = uow.notices.save_webhook(replace(uow.notices.webhook(webhook_id), disabled_at=now))
    uow.audit.write(_line("webhook_removed", webhook, actor, now))


def check_may(actor: Actor) -> None:
    """Refuse whoever is no administrator."""
    if not actor.holds_anywhere(ADMINISTRATOR):
        raise NotPermitted("not_administrator")


def _promise(uow: UnitOfWork, webhook: Webhook, key: str, subject: str, text: str, *, now: datetime) -> None:
    delivery = uow.outbox.add(
        Delivery(
            id=NEW,
            key=key,
            account_id=None,
            address=webhook.url,
            message_id=hashlib.sha256(key.encode()).hexdigest()[:32],
            subject=subject,
            text=text,
            html="",
            state="queued",
            attempts=0,
            error="",
            created_at=now,
            sent_at=None,
            work_item_id=None,
            channel=CHANNEL,
            webhook_id=webhook.id,
        )
    )
    if delivery is not None:
        uow.jobs.enqueue("mail", f"mail:{key}", {"delivery_id": delivery.id})


def _json(body: Mapping[str, object]) -> str:
    return json.dumps(body, ensure_ascii=False)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _line(event: str, webhook: Webhook, actor: Actor, now: datetime) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event=event,
        target=f"webhook:{webhook.id}",
        unit_id=webhook.unit_id,
        facts={"url": webhook.url},
    )
