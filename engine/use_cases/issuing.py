"""How is a numbered document made and given out? A job renders, signs and stores it, then its process goes on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from engine.errors import SigningFailed
from engine.ports.outside import SignerName
from engine.ports.services import OpenUow, Outside
from engine.ports.store import NEW, Incident, UnitOfWork
from engine.rules.deadlines import Deadline, start_of_day
from engine.rules.decisions import Decision, DecisionId, DecisionState
from engine.rules.dossiers import InstanceId
from engine.rules.papers import content_sha256, plain_paper
from engine.rules.units import SYSTEM, Account, Unit
from engine.use_cases import distribution, drafting, effects, numbering, remedies, runs
from engine.use_cases.decisions import stored_paper
from engine.use_cases.judging import judged
from engine.use_cases.runs import Run


def issue(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
    """Render, sign and store a numbered document, then let its process go on.

    Doing it again changes nothing: files lie under their hash, an issued document is passed over.
    """
    decision_id, token = DecisionId(int(str(payload["decision_id"]))), str(payload["token"])
    with open_uow() as uow:
        decision = uow.decisions.get(decision_id)
        issuer = uow.units.get(decision.unit_id)
        signer = uow.accounts.get(decision.signer_id) if decision.signer_id is not None else None
    if decision.state is DecisionState.NUMBERED:
        decision = _sign(outside, decision, issuer, signer)
        with open_uow() as uow:
            _settle(uow, decision, InstanceId(int(str(payload["instance_id"]))), token, now=now)


def incident(uow: UnitOfWork, payload: Mapping[str, object], reason: str, *, now: datetime) -> None:
    """Keep a document that could not be issued as an incident; its number stays spent."""
    decision = uow.decisions.get(DecisionId(int(str(payload["decision_id"]))))
    uow.incidents.add(
        Incident(
            id=NEW,
            kind="document",
            instance_id=InstanceId(int(str(payload["instance_id"]))),
            decision_id=decision.id,
            dossier_id=decision.dossier_id,
            reason=reason,
            payload=payload,
            opened_at=now,
            resolved_at=None,
            resolution="",
        )
    )


def _sign(outside: Outside, decision: Decision, issuer: Unit, signer: Account | None) -> Decision:
    if decision.signed_at is None:
        raise SigningFailed("not numbered", retry_after=None)
    drafted = stored_paper(decision)
    paper = replace(
        drafted,
        number=decision.number,
        date=decision.dated,
        signatures=tuple(replace(s, name=decision.signer_name) for s in drafted.signatures),
        verification_url=f"{outside.base_url}/kiem-tra/{decision.code}",
        test_signature=outside.test_signatures,
    )
    rendered = outside.renderer.render(paper)
    if signer is None:
        raise SigningFailed("không rõ tài khoản của người ký", retry_after=None)
    person = SignerName(
        id=str(signer.id), name=decision.signer_name, position=decision.signer_title, username=signer.username
    )
    organisation = issuer.name if paper.sealed else None
    signed = outside.signer.sign(rendered.pdf, person=person, organisation=organisation, at=decision.signed_at)
    return replace(
        decision,
        content={**decision.content, "paper": plain_paper(paper)},
        content_sha256=content_sha256(paper),
        pdf_sha256=outside.archive.put(signed),
        docx_sha256=outside.archive.put(rendered.docx),
    )


def _settle(uow: UnitOfWork, decision: Decision, instance_id: InstanceId, token: str, *, now: datetime) -> None:
    if not token:  # no process waits for it
        remedies.came_out(uow, decision, now=now)
        return
    run = runs.load(uow, instance_id, now=now)
    saved = uow.decisions.save(replace(decision, state=DecisionState.ISSUED, issued_at=now))
    numbering.came_out(uow, saved)
    distribution.give_out(uow, saved, now=now)
    form = drafting.template(run, decision.document)
    deadline = run.deadlines.get(form.text("deadline"))
    last_day = deadline.last_day if deadline else None
    issued = runs.line(
        run,
        form.text("event", default="issued"),
        actor=SYSTEM,
        now=now,
        symbol=decision.symbol,
        subject=decision.subject,
    )
    uow.audit.write(
        replace(
            issued,
            task=deadline.name if deadline else "issue",
            last_day=last_day,
            days_late=_days_late(run, deadline, decision.dated),
            document=f"{decision.file_name}.pdf",
        )
    )
    effects.complete_token(uow, run, token, {}, actor=SYSTEM, now=now)


def _days_late(run: Run, deadline: Deadline | None, dated: date | None) -> int | None:
    """By the day that the paper bears, not by the moment at which it was issued."""
    if dated is None or deadline is None:
        return None
    return judged(run.cycle, deadline, deadline.last_day, start_of_day(dated))[0]
