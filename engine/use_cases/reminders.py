"""Who is told that something is due? One message per person and rung, never two, until the work is done."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from engine.errors import MailFailed
from engine.ports.notices import Webhook
from engine.ports.services import Message, OpenUow, Outside
from engine.ports.store import Delivery, TimerRow, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycles import CycleId
from engine.rules.deadlines import Deadline, days_late, local_day
from engine.rules.dossiers import Dossier, DossierState, WorkItem, WorkItemId, WorkState
from engine.rules.permissions import OFFICER, SECRETARY
from engine.rules.units import SYSTEM, Account, Unit, UnitId
from engine.rules.webhooks import headers
from engine.use_cases import webhooks
from engine.use_cases.judging import is_late
from engine.use_cases.notifying import Teller
from engine.use_cases.standing_in import doers

#: Tries before a message is given up and shown as dead.
MAX_ATTEMPTS = 8
#: Who is told at the superior's that a unit stays behind.
_ABOVE = (OFFICER, SECRETARY)


def remind(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    """Remind the people of an open task, once per rung of its ladder."""
    item = _open_item(uow, row)
    if item is None or item.last_day is None:
        return
    # Rungs move to working days, and a server may have been away: people are told the days as they are.
    rung = (local_day(now) - item.last_day).days
    people = doers(uow, item, local_day(now))
    facts, teller = _reminder(uow, item, rung), Teller(uow, now)
    for person in people:
        _tell(teller, person, f"{row.key}:{person.id}", "reminder", facts, item)
    above = _escalate(uow, row, item, teller, facts)
    webhooks.call(uow, row.key, "reminder", item, rung=rung, now=now)
    uow.audit.write(_line(item, "reminded", now=now, rung=rung, people=len(people), name=item.name, **above))


def _escalate(
    uow: UnitOfWork, row: TimerRow, item: WorkItem, teller: Teller, facts: Mapping[str, object]
) -> Mapping[str, object]:
    """Tell the unit's superior of work that stays undone, on the rungs that the model names for it."""
    model = uow.models.get(uow.cycles.get(item.cycle_id).version)
    path = uow.units.path(item.unit_id)
    if row.payload.get("rung") not in model.reminders.escalate or len(path) < 2:
        return {}
    people = uow.accounts.holders(path[1].id, _ABOVE, local_day(teller.now))
    by = {**facts, "doer": path[0].name, "dossier": item.dossier_id}
    for person in people:
        key, href = f"{row.key}:above:{person.id}", f"/ho-so/{item.dossier_id}"
        teller.tell(person, key=key, kind="escalation", facts=by, item=item, href=href, unit_id=item.unit_id)
    return {"above": len(people)}


def note_late(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    """Note that the last valid day of an open task is over."""
    item = _open_item(uow, row)
    if item is not None:
        uow.audit.write(_line(item, "late", now=now, name=item.name))
        webhooks.call(uow, row.key, "late", item, now=now)


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
    facts = {"label": deadline.label, "last_day": deadline.last_day, "wording": deadline.wording}
    teller = Teller(uow, now)
    for dossier in (d for d in _campaigners(uow, row) if d.state is DossierState.DRAFT):
        for item in (i for i in uow.work.of_dossier(dossier.id) if i.state is WorkState.OPEN):
            for person in doers(uow, item, local_day(now)):
                _tell(teller, person, f"{row.key}:{dossier.id}:{person.id}", "campaign", facts, item)


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
        webhook = uow.notices.webhook(delivery.webhook_id) if delivery.webhook_id is not None else None
        if webhook is not None and webhook.disabled_at is not None:
            uow.outbox.save(replace(delivery, state="dead", error="the webhook was switched off"))
            return
        delivery = uow.outbox.save(replace(delivery, state="sending", attempts=delivery.attempts + 1))
    try:
        outside.channel(delivery.channel).send(_message(delivery, webhook, outside, now))
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
    """Tell one person something, by mail too; `template` and `facts` become words. An `item` in them is linked."""
    item = uow.work.get(WorkItemId(int(str(facts["item"])))) if "item" in facts else None
    _tell(Teller(uow, now), person, key, template, facts, item)


def _tell(
    teller: Teller, person: Account, key: str, kind: str, facts: Mapping[str, object], item: WorkItem | None
) -> None:
    href = f"/viec/{item.id}" if item else "/viec"
    unit_id = item.subject_unit_id if item else None
    teller.tell(person, key=key, kind=kind, facts=facts, item=item, href=href, unit_id=unit_id)


def announce_new(uow: UnitOfWork, row: TimerRow, *, now: datetime) -> None:
    """Tell people of work that another unit's act has laid on their desk."""
    item = _open_item(uow, row)
    if item is None:
        return
    teller, unit = Teller(uow, now), uow.units.get(item.subject_unit_id)
    facts = {"name": item.name, "unit": unit.name, "last_day": item.last_day, "item": item.id}
    for person in doers(uow, item, local_day(now)):
        _tell(teller, person, f"new:{item.id}:{person.id}", "new_work", facts, item)


def _reminder(uow: UnitOfWork, item: WorkItem, rung: int) -> Mapping[str, object]:
    unit = uow.units.get(item.subject_unit_id)
    return {"name": item.name, "unit": unit.name, "last_day": item.last_day, "rung": rung, "item": item.id}


def _message(delivery: Delivery, webhook: Webhook | None, outside: Outside, now: datetime) -> Message:
    base_url = outside.base_url
    host = base_url.split("//", 1)[-1].split("/", 1)[0].split(":", 1)[0]
    fill = {"{base_url}": base_url, "{host}": host}
    text = _filled(delivery.text, fill.items())
    return Message(
        message_id=f"<{delivery.message_id}@{host}>",
        to=delivery.address,
        subject=delivery.subject,
        text=text,
        html=_filled(delivery.html, fill.items()),
        at=now,
        # Long lines were folded; a mark may lie across such a fold.
        calendar=_filled(delivery.calendar.replace("\r\n ", ""), fill.items()),
        file=outside.archive.get(delivery.file_sha256) if delivery.file_sha256 else b"",
        file_name=delivery.file_name,
        headers=headers(webhook.secret, delivery.message_id, text, now) if webhook else {},
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
