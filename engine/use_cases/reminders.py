"""Who is told that something is due? One message per person and rung, never two, until the work is done."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from engine.errors import MailFailed
from engine.ports.services import Message, OpenUow, Outside
from engine.ports.store import NEW, Delivery, TimerRow, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycles import CycleId
from engine.rules.deadlines import Deadline, days_late, local_day
from engine.rules.dossiers import Dossier, DossierState, WorkItem, WorkState
from engine.rules.units import SYSTEM, Account, Unit, UnitId
from engine.use_cases.judging import is_late

#: Tries before a message is given up and shown as dead.
MAX_ATTEMPTS = 8


def remind(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    """Remind the people of an open task, once per rung of its ladder."""
    item = _open_item(uow, row)
    if item is None or item.last_day is None:
        return
    # Rungs move to working days, and a server may have been away: people are told the days as they are.
    rung = (local_day(now) - item.last_day).days
    people = uow.accounts.holders(item.unit_id, item.roles, local_day(now))
    for person in people:
        _queue(uow, person, f"{row.key}:{person.id}", _reminder(uow, item, rung), item=item, now=now)
    uow.audit.write(_line(item, "reminded", now=now, rung=rung, people=len(people), name=item.name))


def note_late(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    """Note that the last valid day of an open task is over."""
    item = _open_item(uow, row)
    if item is not None:
        uow.audit.write(_line(item, "late", now=now, name=item.name))


def _open_item(uow: UnitOfWork, row: TimerRow) -> WorkItem | None:
    item = uow.work.get(row.work_item_id) if row.work_item_id is not None else None
    return item if item is not None and item.state is WorkState.OPEN else None


def announce(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    """Note the start of a campaign for every unit that takes part in it."""
    if row.cycle_id is None:
        return
    deadline = _deadline(uow, row)
    for dossier in _campaigners(uow, row):
        uow.audit.write(_campaign_line(dossier.id, row, uow.units.get(dossier.unit_id), deadline, now=now))


def invite(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    """Write to the people of the units that a campaign still waits for."""
    if row.cycle_id is None:
        return
    deadline = _deadline(uow, row)
    words = ("campaign", {"label": deadline.label, "last_day": deadline.last_day, "wording": deadline.wording})
    for dossier in (d for d in _campaigners(uow, row) if d.state is DossierState.DRAFT):
        for item in (i for i in uow.work.of_dossier(dossier.id) if i.state is WorkState.OPEN):
            for person in uow.accounts.holders(item.unit_id, item.roles, local_day(now)):
                _queue(uow, person, f"{row.key}:{dossier.id}:{person.id}", words, item=item, now=now)


def _deadline(uow: UnitOfWork, row: TimerRow) -> Deadline:
    group, name = str(row.payload["group"]), str(row.payload["deadline"])
    return uow.cycles.deadlines(CycleId(row.cycle_id or 0), group)[name]


def _campaigners(uow: UnitOfWork, row: TimerRow) -> list[Dossier]:
    cycle = uow.cycles.get(CycleId(row.cycle_id or 0))
    model = uow.models.get(cycle.version)
    processes = {p.id for p in model.processes if p.scope == "unit" and p.unit_kind != model.lead_unit_kind}
    return [
        dossier
        for dossier in uow.dossiers.of_cycle(cycle.id)
        if dossier.group == row.payload["group"]
        and dossier.process in processes
        and dossier.cohort is not None
        # Whoever withdrew, was refused or ended before has no part in the campaign any more.
        and dossier.closed_at is None
    ]


def send(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
    """Send one queued message: `sending` before, `sent` after, each in its own transaction.

    A crash in between leaves `sending`: the repeat goes out under the same Message-ID.
    """
    number = int(str(payload["delivery_id"]))
    with open_uow() as uow:
        delivery = uow.outbox.get(number)
        if delivery.state in ("sent", "dead"):
            return
        delivery = uow.outbox.save(replace(delivery, state="sending", attempts=delivery.attempts + 1))
    try:
        outside.mailer.send(_message(delivery, outside.base_url, now))
    except MailFailed as failure:
        hopeless = failure.retry_after is None or delivery.attempts >= MAX_ATTEMPTS
        with open_uow() as uow:
            uow.outbox.save(replace(delivery, state="dead" if hopeless else "failed", error=str(failure)))
        if not hopeless:
            raise
        return
    with open_uow() as uow:
        uow.outbox.save(replace(delivery, state="sent", sent_at=now, error=""))


def queue_mail(
    uow: UnitOfWork, person: Account, key: str, template: str, facts: Mapping[str, object], *, now: datetime
) -> None:
    """Promise one message to a person; `template` and `facts` become words when it is sent."""
    _queue(uow, person, key, (template, facts), item=None, now=now)


Words = tuple[str, Mapping[str, object]]


def _queue(uow: UnitOfWork, person: Account, key: str, words: Words, *, item: WorkItem | None, now: datetime) -> None:
    if not person.email:
        return
    subject, text, html = uow.words.mail(*words)
    delivery = uow.outbox.add(
        Delivery(
            id=NEW,
            key=key,
            account_id=person.id,
            address=person.email,
            message_id=hashlib.sha256(key.encode()).hexdigest()[:32],
            subject=subject,
            text=text,
            html=html,
            state="queued",
            attempts=0,
            error="",
            created_at=now,
            sent_at=None,
            work_item_id=item.id if item else None,
        )
    )
    if delivery is not None:
        uow.jobs.enqueue("mail", f"mail:{key}", {"delivery_id": delivery.id})


def _reminder(uow: UnitOfWork, item: WorkItem, rung: int) -> Words:
    subject_unit = uow.units.get(item.subject_unit_id)
    facts = {"name": item.name, "unit": subject_unit.name, "last_day": item.last_day, "rung": rung, "item": item.id}
    return "reminder", facts


def _message(delivery: Delivery, base_url: str, now: datetime) -> Message:
    host = base_url.split("//", 1)[-1].split("/", 1)[0].split(":", 1)[0]
    fill = {"{base_url}": base_url}
    return Message(
        message_id=f"<{delivery.message_id}@{host}>",
        to=delivery.address,
        subject=delivery.subject,
        text=_filled(delivery.text, fill.items()),
        html=_filled(delivery.html, fill.items()),
        at=now,
    )


def _filled(text: str, values: Iterable[tuple[str, str]]) -> str:
    for mark, value in values:
        text = text.replace(mark, value)
    return text


def _line(item: WorkItem, event: str, *, now: datetime, **facts: object) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=None,
        actor_name=SYSTEM.full_name,
        event=event,
        target=f"work:{item.id}",
        dossier_id=item.dossier_id,
        cycle_id=item.cycle_id,
        unit_id=item.unit_id,
        task=item.deadline or item.act,
        last_day=item.last_day,
        days_late=days_late(item.last_day, now) if is_late(item.last_day, item.lenient_until, now) else 0,
        facts=facts,
    )


def _campaign_line(dossier_id: int, row: TimerRow, unit: Unit, deadline: Deadline, *, now: datetime) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=None,
        actor_name=SYSTEM.full_name,
        event="campaign",
        target=f"dossier:{dossier_id}",
        dossier_id=dossier_id,
        cycle_id=row.cycle_id,
        unit_id=UnitId(unit.id),
        cohort=unit.cohort,
        task=deadline.name,
        last_day=deadline.last_day,
        days_late=days_late(deadline.last_day, now),
        facts={"label": deadline.label, "wording": deadline.wording},
    )
