"""How does an issued document reach those whom it names, and who has it? Told inside, mailed or handed over outside, noted.

The rows are written in the transaction that issues the document; mails leave by the delivery jobs. So nobody is
forgotten and nobody is told twice, wherever a process ends.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from engine.errors import FieldError, Invalid, NotPermitted, WrongState
from engine.ports.distribution import Arriving
from engine.ports.store import NEW, Delivery, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.deadlines import local_day
from engine.rules.decisions import Decision, DecisionId, DecisionState
from engine.rules.distribution import (
    Recipient,
    Way,
    candidates,
    meant_by,
    names_others,
    told_already,
    whom,
)
from engine.rules.dossiers import Dossier, DossierId
from engine.rules.notices import Notice
from engine.rules.papers import Kind
from engine.rules.permissions import ADMINISTRATOR, CLERK, DEPUTY, OFFICER, SECRETARY
from engine.rules.text import nfc
from engine.rules.units import Account, Actor, Unit, UnitId
from engine.use_cases.decisions import check_free, stored_paper
from engine.use_cases.notifying import Teller

#: Who looks after what a unit sends out.
SENDERS = (CLERK, SECRETARY, DEPUTY, OFFICER)
#: Who is told of what a unit receives, and may say that it has it.
RECEIVERS = (CLERK, SECRETARY, DEPUTY, OFFICER)
#: Rows of one list.
MOST = 500
LONGEST_NAME, LONGEST_ADDRESS = 200, 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a recipient is reached; a unit of the installation, an address, or by hand."""

    way: Way
    unit_code: str = ""
    address: str = ""


def give_out(uow: UnitOfWork, decision: Decision, *, now: datetime) -> list[Recipient]:
    """Write down to whom an issued document goes and tell those inside; done again it changes nothing."""
    known = uow.distribution.of_decision(decision.id)
    if known:
        return known
    uow.distribution.add(_recipients(uow, decision, now))
    made = uow.distribution.of_decision(decision.id)
    for recipient in made:
        _tell_inside(uow, decision, recipient, "document", now=now)
    return made


def give_out_late(uow: UnitOfWork, decision: Decision, *, actor: Actor, now: datetime) -> list[Recipient]:
    """The same for a document that was issued before recipients were written down. Refused like `change`."""
    _check_may_send(uow, decision, actor)
    return give_out(uow, decision, now=now)


def may_send(uow: UnitOfWork, decision: Decision, actor: Actor) -> bool:
    """Whether the actor looks after where the document goes: clerk, secretary, officer of its unit, an administrator."""
    path = uow.units.path(decision.unit_id)
    return actor.holds(path[0].id, *SENDERS) or any(actor.holds(unit.id, ADMINISTRATOR) for unit in path)


def receiving_units(actor: Actor) -> frozenset[UnitId]:
    """The units for which the actor may say that something has arrived."""
    return frozenset(unit for unit, role in actor.positions if role in RECEIVERS)


def is_addressed(uow: UnitOfWork, decision_id: DecisionId, actor: Actor) -> bool:
    """Whether the document went to a unit of the actor."""
    units = receiving_units(actor)
    return bool(units) and uow.distribution.addressed(decision_id, units)


def arriving(uow: UnitOfWork, actor: Actor, *, waiting: bool) -> list[Arriving]:
    """What came to the actor's units, the newest first; `waiting`: only what nobody has received."""
    units = receiving_units(actor)
    return uow.distribution.at_units(units, waiting=waiting, limit=MOST) if units else []


def confirm(uow: UnitOfWork, decision_id: DecisionId, *, actor: Actor, now: datetime) -> int:
    """Say for one's own units that the document has arrived; how many of them had not said so.

    Refused: who belongs to none of its recipients (`NotPermitted`).
    """
    units = receiving_units(actor)
    own = [r for r in uow.distribution.of_decision(decision_id) if r.unit_id in units]
    if not own:
        raise NotPermitted("not_addressed")
    return _receive(uow, own, actor=actor, now=now)


def taken_note_of(uow: UnitOfWork, dossier: Dossier, *, actor: Actor, now: datetime) -> None:
    """A unit that takes note of its result has received the documents about it."""
    waiting = [a.recipient for a in uow.distribution.at_units([dossier.unit_id], waiting=True, limit=MOST)]
    for row in waiting:
        if dossier.id in _dossiers(uow.decisions.get(row.decision_id)):
            _receive(uow, [row], actor=actor, now=now)


def opened(uow: UnitOfWork, notice: Notice, *, actor: Actor, now: datetime) -> None:
    """Opening the notice of a document is its receipt."""
    if notice.kind == "document" and "decision" in notice.facts:
        units = receiving_units(actor)
        rows = uow.distribution.of_decision(DecisionId(int(str(notice.facts["decision"]))))
        _receive(uow, [r for r in rows if r.unit_id in units], actor=actor, now=now)


def change(
    uow: UnitOfWork, decision: Decision, number: int, wished: Change, *, actor: Actor, now: datetime
) -> Recipient:
    """Say how a recipient is reached, and send it at once where a machine can: told inside, mailed outside.

    Sent by mail again it goes as a new mail. Refused: others (`NotPermitted`), one who has it already (`WrongState`),
    no such unit, no address (`Invalid`).
    """
    _check_may_send(uow, decision, actor)
    check_free(uow, decision)
    found = uow.distribution.get(decision.id, number)
    if not found.waits:
        raise WrongState("already_received", name=found.name)
    unit = _unit(uow, wished) if wished.way is Way.INSIDE else None
    address = _address(wished) if wished.way is Way.MAIL else ""
    if unit is not None and unit.id == found.unit_id:
        return found
    if unit is not None and told_already(uow.distribution.of_decision(decision.id), unit.id):
        raise Invalid({"unit": FieldError("recipient_twice", {"unit": unit.name})})
    changed = replace(found, way=wished.way, unit_id=unit.id if unit else None, address=address, delivery_id=None)
    if wished.way is Way.MAIL:
        delivery = _mail(uow, decision, changed, now=now)
        changed = replace(changed, delivery_id=delivery.id, sent_at=now)
    elif wished.way is Way.INSIDE:
        changed = replace(changed, sent_at=now)
    else:
        changed = replace(changed, sent_at=None)
    saved = uow.distribution.save(changed)
    if saved.way is Way.INSIDE:
        _tell_inside(uow, decision, saved, "document", now=now)
    _note(
        uow, decision, "recipient_changed", actor=actor, now=now, name=saved.name, way=saved.way.value, address=address
    )
    return saved


def hand_over(
    uow: UnitOfWork, decision: Decision, number: int, by: str, on: date, *, actor: Actor, now: datetime
) -> Recipient:
    """Tick a recipient off: who has the document since which day. Refused like `change`; no name, a day ahead (`Invalid`)."""
    _check_may_send(uow, decision, actor)
    found = uow.distribution.get(decision.id, number)
    by = nfc(by.strip())
    errors: dict[str, FieldError] = {}
    if not by:
        errors["by"] = FieldError("form.required", {"title": "Người nhận"})
    elif len(by) > LONGEST_NAME:
        errors["by"] = FieldError("form.too_long", {"title": "Người nhận", "limit": LONGEST_NAME, "length": len(by)})
    if on > local_day(now):
        errors["on"] = FieldError("day_ahead", {})
    elif decision.dated is not None and on < decision.dated:
        errors["on"] = FieldError("day_before_document", {"dated": decision.dated})
    if errors:
        raise Invalid(errors)
    if not uow.distribution.receive([found.id], now, on, by, actor.account_id):
        raise WrongState("already_received", name=found.name)
    _note(uow, decision, "recipient_ticked", actor=actor, now=now, name=found.name, by=by, on=on)
    return uow.distribution.get(decision.id, number)


def remind(uow: UnitOfWork, decision: Decision, *, actor: Actor, now: datetime) -> int:
    """Tell everybody inside who has not received it once more, by mail too; at most once a day each. How many units."""
    _check_may_send(uow, decision, actor)
    check_free(uow, decision)
    waiting = [r for r in uow.distribution.of_decision(decision.id) if r.waits and r.way is Way.INSIDE]
    today = local_day(now)
    due = [r for r in waiting if r.reminded_at is None or local_day(r.reminded_at) < today]
    for recipient in due:
        _tell_inside(uow, decision, recipient, "document_waits", now=now, again=today.isoformat())
        uow.distribution.save(replace(recipient, reminded_at=now))
    if due:
        _note(uow, decision, "recipients_reminded", actor=actor, now=now, count=len(due))
    return len(due)


def received_by(uow: UnitOfWork, decision: Decision) -> list[Recipient]:
    """Everybody whom the document may have reached: told inside, mailed, or ticked off; in the order of the document."""
    rows = uow.distribution.of_decision(decision.id)
    return [r for r in rows if r.sent_at is not None or r.received_at is not None]


def tell_received(
    uow: UnitOfWork,
    decision: Decision,
    kind: str,
    facts: Mapping[str, object],
    *,
    key: str,
    now: datetime,
) -> list[Recipient]:
    """Tell everybody whom the document may have reached something about it, by the template `kind`; once for each `key`.

    Inside as a notice (with its mail), outside to the address that it was mailed to. Answers those whom no machine
    reaches: they got it by hand.
    """
    by_hand = []
    for recipient in received_by(uow, decision):
        if recipient.way is Way.INSIDE:
            for person in _people(uow, recipient, now):
                _tell(uow, decision, person, recipient, f"{key}:{recipient.id}:{person.id}", kind, facts, now)
        elif recipient.way is Way.MAIL:
            words = uow.words.mail(kind, {**facts, **_facts(uow, decision)})
            _queue(uow, f"{key}:{recipient.id}", recipient.address, words, now=now)
        else:
            by_hand.append(recipient)
    return by_hand


def doubtful(uow: UnitOfWork, decision: Decision, rows: Sequence[Recipient]) -> dict[int, list[Unit]]:
    """Of recipients that nobody has sent to yet, by number: the units of which the document may mean any."""
    unsent = [row for row in rows if row.way is Way.OPEN and row.waits]
    found = _meant(uow, decision, [row.name for row in unsent])
    return {row.number: units for row, units in zip(unsent, found, strict=True) if len(units) > 1}


def overdue(uow: UnitOfWork, actor: Actor, before: datetime) -> list[Arriving]:
    """What those whom the actor's units wrote to have not received, sent before that moment; the oldest first."""
    scope = frozenset(unit for unit, role in actor.positions if role in (*SENDERS, ADMINISTRATOR))
    return uow.distribution.overdue(scope, before, limit=MOST) if scope else []


# ---- parts


def _recipients(uow: UnitOfWork, decision: Decision, now: datetime) -> list[Recipient]:
    """First the units whom the document is about, then those whom its "Nơi nhận" names."""
    rows: list[Recipient] = []
    for subject in _subjects(uow, decision):
        if not told_already(rows, subject.id):
            rows.append(_row(decision, len(rows) + 1, subject.name, subject, now))
    paper = stored_paper(decision)
    lines = whom(paper.recipients, paper.addressees, told=bool(rows))
    for text, meant in zip(lines, _meant(uow, decision, lines), strict=True):
        unit = meant[0] if len(meant) == 1 else None
        known = names_others(text) and rows if unit is None else told_already(rows, unit.id)
        if not known:
            rows.append(_row(decision, len(rows) + 1, text, unit, now))
    return rows


def _meant(uow: UnitOfWork, decision: Decision, lines: Sequence[str]) -> list[list[Unit]]:
    """Which units each of these lines may mean; the issuing unit itself never."""
    found = uow.units.alike({name for line in lines for name in candidates(line)})
    others = [unit for unit in found if unit.id != decision.unit_id]
    return [meant_by(line, others) for line in lines]


def _subjects(uow: UnitOfWork, decision: Decision) -> list[Unit]:
    if stored_paper(decision).kind is Kind.SUBMISSION:  # it asks somebody else to decide on them
        return []
    units = [uow.units.get(uow.dossiers.get(dossier_id).unit_id) for dossier_id in _dossiers(decision)]
    return [unit for unit in units if unit.id != decision.unit_id]


def _dossiers(decision: Decision) -> list[DossierId]:
    """What the document is about."""
    listed = decision.content.get("subjects") or decision.content.get("holders") or ()
    rows = listed if isinstance(listed, Sequence) else ()
    return [DossierId(int(row["dossier"])) for row in rows if isinstance(row, Mapping)]


def _row(decision: Decision, number: int, name: str, unit: Unit | None, now: datetime) -> Recipient:
    return Recipient(
        id=NEW,
        decision_id=decision.id,
        number=number,
        name=name,
        way=Way.INSIDE if unit else Way.OPEN,
        unit_id=unit.id if unit else None,
        address="",
        delivery_id=None,
        sent_at=now if unit else None,
        reminded_at=None,
        received_at=None,
        received_on=None,
        received_by="",
        received_by_id=None,
    )


def _tell_inside(
    uow: UnitOfWork, decision: Decision, recipient: Recipient, kind: str, *, now: datetime, again: str = ""
) -> None:
    if recipient.unit_id is None:
        return
    for person in _people(uow, recipient, now):
        key = ":".join(filter(None, (kind, str(recipient.id), str(recipient.unit_id), str(person.id), again)))
        _tell(uow, decision, person, recipient, key, kind, {}, now)


def _people(uow: UnitOfWork, recipient: Recipient, now: datetime) -> list[Account]:
    """Who is told for the unit: its clerks and secretaries; where there are none, whoever else may receive."""
    if recipient.unit_id is None:
        return []
    day = local_day(now)
    first = uow.accounts.holders(recipient.unit_id, (CLERK, SECRETARY), day)
    return first or uow.accounts.holders(recipient.unit_id, RECEIVERS, day)


def _tell(
    uow: UnitOfWork,
    decision: Decision,
    person: Account,
    recipient: Recipient,
    key: str,
    kind: str,
    facts: Mapping[str, object],
    now: datetime,
) -> None:
    said = {**_facts(uow, decision), **facts}
    Teller(uow, now).tell(
        person, key=key, kind=kind, facts=said, href=f"/van-ban/{decision.id}", unit_id=recipient.unit_id
    )


def _facts(uow: UnitOfWork, decision: Decision) -> dict[str, object]:
    return {
        "decision": int(decision.id),
        "symbol": decision.symbol,
        "dated": decision.dated,
        "subject": decision.subject,
        "issuer": uow.units.get(decision.unit_id).name,
        "code": decision.code,
    }


def _mail(uow: UnitOfWork, decision: Decision, recipient: Recipient, *, now: datetime) -> Delivery:
    words = uow.words.mail("document_out", {**_facts(uow, decision), "recipient": recipient.name})
    key = f"document_out:{recipient.id}:{recipient.address}:{now.isoformat()}"
    sha256, file = decision.pdf_sha256, f"{decision.file_name.rpartition('/')[2]}.pdf"
    signing = uow.signings.find(decision.id)
    if signing is not None and signing.scan_sha256:
        sha256, file = signing.scan_sha256, signing.scan_name
    return _queue(uow, key, recipient.address, words, now=now, sha256=sha256, file=file)


def _queue(
    uow: UnitOfWork,
    key: str,
    address: str,
    words: tuple[str, str, str],
    *,
    now: datetime,
    sha256: str = "",
    file: str = "",
) -> Delivery:
    subject, text, html = words
    delivery = uow.outbox.add(
        Delivery(
            id=NEW,
            key=key,
            account_id=None,
            address=address,
            message_id=hashlib.sha256(key.encode()).hexdigest()[:32],
            subject=subject,
            text=text,
            html=html,
            state="queued",
            attempts=0,
            error="",
            created_at=now,
            sent_at=None,
            work_item_id=None,
            file_sha256=sha256,
            file_name=file,
        )
    )
    if delivery is None:
        raise WrongState("mail_known")
    uow.jobs.enqueue("mail", f"mail:{key}", {"delivery_id": delivery.id})
    return delivery


def _receive(uow: UnitOfWork, rows: Sequence[Recipient], *, actor: Actor, now: datetime) -> int:
    waiting = [row for row in rows if row.waits]
    if not waiting:
        return 0
    noted = uow.distribution.receive(
        [row.id for row in waiting], now, local_day(now), actor.full_name, actor.account_id
    )
    decision = uow.decisions.get(waiting[0].decision_id)
    names = ", ".join(row.name for row in waiting)
    if noted:
        _note(uow, decision, "document_received", actor=actor, now=now, name=names)
    return noted


def _unit(uow: UnitOfWork, wished: Change) -> Unit:
    text = nfc(wished.unit_code.strip())
    unit = uow.units.find_code(text)
    found = [unit] if unit is not None else meant_by(text, uow.units.alike([text]))
    if not found:
        raise Invalid({"unit": FieldError("unknown_unit", {"code": wished.unit_code})})
    if len(found) > 1:
        raise Invalid(
            {"unit": FieldError("unit_ambiguous", {"units": ", ".join(f"{u.name} (mã {u.code})" for u in found)})}
        )
    return found[0]


def _address(wished: Change) -> str:
    address = wished.address.strip()
    name, at, host = address.rpartition("@")
    fair = at and name and "." in host and not any(c.isspace() or c in ',;<>"()' for c in address)
    if not fair or len(address) > LONGEST_ADDRESS:
        raise Invalid({"address": FieldError("not_an_address", {"address": address})})
    return address


def _check_may_send(uow: UnitOfWork, decision: Decision, actor: Actor) -> None:
    if not may_send(uow, decision, actor):
        raise NotPermitted("not_sender")
    if decision.state is not DecisionState.ISSUED:
        raise WrongState("not_issued")


def _note(uow: UnitOfWork, decision: Decision, event: str, *, actor: Actor, now: datetime, **facts: object) -> None:
    uow.audit.write(_line(decision, event, actor=actor, now=now, **facts))


def _line(decision: Decision, event: str, *, actor: Actor, now: datetime, **facts: object) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event=event,
        target=f"decision:{decision.id}",
        dossier_id=decision.dossier_id,
        cycle_id=decision.cycle_id,
        unit_id=decision.unit_id,
        facts={"symbol": decision.symbol, **facts},
    )
