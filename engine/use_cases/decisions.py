"""How does a document come into force? Drafted, numbered once, rendered and signed by a job, registered."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from engine.errors import SigningFailed, WrongState
from engine.ports.outside import SignerName
from engine.ports.services import OpenUow, Outside
from engine.ports.store import NEW, Incident, UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.decisions import Decision, DecisionId, DecisionState, LegalBasis, RegisterRow
from engine.rules.dossiers import Dossier, InstanceId
from engine.rules.papers import Paper, canonical_json, content_sha256, document_code, paper_from_json
from engine.rules.text import short_date
from engine.rules.titles import Title
from engine.rules.units import SYSTEM, Actor, Unit
from engine.use_cases import drafting, runs
from engine.use_cases.drafting import Template
from engine.use_cases.runs import Run, line


def draft(uow: UnitOfWork, run: Run, key: str, dossiers: Sequence[Dossier], *, now: datetime) -> Decision:
    """Draft a document of the pack about these dossiers; nothing is numbered yet."""
    form = drafting.template(run, key)
    subjects = [drafting.subject(uow, run, dossier) for dossier in dossiers]
    paper = drafting.draft_paper(uow, run, form, subjects)
    return uow.decisions.add(_decision(run, form, paper, now=now))


def draft_certificates(
    uow: UnitOfWork, run: Run, key: str, dossiers: Sequence[Dossier], basis: Decision, *, now: datetime
) -> Decision:
    """Draft one file with a certificate for each dossier's unit, on the strength of an issued decision."""
    form = drafting.template(run, key)
    subjects = [drafting.subject(uow, run, dossier) for dossier in dossiers]
    cited = {
        "decision_symbol": basis.symbol,
        "decision_date": short_date(basis.dated) if basis.dated else "",
    }
    numbers = [f"{n:02}" for n in range(1, len(subjects) + 1)]
    paper = drafting.certificate_paper(uow, run, form, subjects, cited, numbers)
    return uow.decisions.add(replace(_decision(run, form, paper, now=now), signer_name=basis.signer_name))


def latest_draft(uow: UnitOfWork, run: Run) -> Decision:
    """The dossier's draft that waits for a signature."""
    drafts = [d for d in uow.decisions.of_dossier(run.dossier.id) if d.state is DecisionState.DRAFTED]
    if not drafts:
        raise WrongState("no_draft", dossier=run.dossier.id)
    return drafts[-1]


def void(uow: UnitOfWork, decision: Decision, why: str) -> Decision:
    """Set a draft aside; it keeps its row."""
    return uow.decisions.save(replace(decision, state=DecisionState.VOID))


def check_bases(uow: UnitOfWork, decision: Decision) -> None:
    """Refuse to issue while a legal basis lacks its number or date."""
    keys = decision.content.get("basis_keys", ())
    missing = [
        key for key in (keys if isinstance(keys, list | tuple) else ()) if not _complete(uow.decisions.basis(str(key)))
    ]
    if missing:
        raise WrongState("basis_incomplete", keys=missing)


def number(uow: UnitOfWork, run: Run, decision: Decision, *, signer: Actor | None, now: datetime) -> Decision:
    """Spend the next number of the book and date the document; a numbered one stays as it is."""
    if decision.state is not DecisionState.DRAFTED:
        return decision
    check_bases(uow, decision)
    day = local_day(now)
    book = drafting.template(run, decision.document).text("book", default=decision.type_code)
    taken = uow.decisions.take_number(decision.unit_id, book, day.year)
    symbol = document_code(taken, decision.symbol)
    name = signer.full_name if signer and signer.account_id else decision.signer_name
    numbered = uow.decisions.save(
        replace(
            decision,
            state=DecisionState.NUMBERED,
            number=taken,
            symbol=symbol,
            dated=day,
            signer_name=name,
            signed_at=now,
        )
    )
    uow.decisions.add_register_row(
        RegisterRow(
            id=NEW,
            unit_id=decision.unit_id,
            book=book,
            year=day.year,
            number=taken,
            symbol=symbol,
            dated=day,
            type_code=decision.type_code,
            subject=decision.subject,
            signer_name=name,
            recipients="; ".join(stored_paper(decision).recipients),
            decision_id=decision.id,
            state="issued",
        )
    )
    return numbered


def issue(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
    """Render, sign and store a numbered document, then let its process go on.

    Doing it again changes nothing: files lie under their hash, an issued document is passed over.
    """
    decision_id, token = DecisionId(int(str(payload["decision_id"]))), str(payload["token"])
    with open_uow() as uow:
        decision = uow.decisions.get(decision_id)
        issuer = uow.units.get(decision.unit_id)
    if decision.state is DecisionState.NUMBERED:
        decision = _sign(outside, decision, issuer)
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


def titles_of(uow: UnitOfWork, run: Run, dossier: Dossier, decision: Decision) -> list[Title]:
    """The titles that a decision confers on a dossier's unit and its recognised members."""
    if decision.dated is None:
        raise WrongState("not_dated", decision=decision.id)
    holders = {
        "unit": [""],
        "member": [m.full_name for m in uow.dossiers.members(dossier.id) if m.result == "recognised"],
    }
    return [
        Title(
            id=NEW,
            model=run.model.key,
            key=spec.key,
            year=run.cycle.year,
            unit_id=dossier.unit_id,
            member_name=name,
            dossier_id=dossier.id,
            decision_id=decision.id,
            from_day=decision.dated,
            until_day=None if spec.years is None else decision.dated.replace(year=decision.dated.year + spec.years),
            cancelled_on=None,
            cancelled_by_id=None,
        )
        for spec in run.model.titles
        for name in holders[spec.holder]
    ]


def stored_paper(decision: Decision) -> Paper:
    """The paper as it was drafted or, once issued, as it was signed."""
    return paper_from_json(json.dumps(decision.content["paper"]).encode())


def _sign(outside: Outside, decision: Decision, issuer: Unit) -> Decision:
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
    person = SignerName(id=decision.signer_name, name=decision.signer_name, position=decision.signer_title)
    organisation = issuer.name if paper.sealed else None
    signed = outside.signer.sign(rendered.pdf, person=person, organisation=organisation, at=decision.signed_at)
    return replace(
        decision,
        content={**decision.content, "paper": json.loads(canonical_json(paper))},
        content_sha256=content_sha256(paper),
        pdf_sha256=outside.archive.put(signed),
        docx_sha256=outside.archive.put(rendered.docx),
    )


def _settle(uow: UnitOfWork, decision: Decision, instance_id: InstanceId, token: str, *, now: datetime) -> None:
    from engine.use_cases import effects  # effects carries out operations, which ask this module

    run = runs.load(uow, instance_id, now=now)
    uow.decisions.save(replace(decision, state=DecisionState.ISSUED, issued_at=now))
    form = drafting.template(run, decision.document)
    deadline = run.deadlines.get(form.text("deadline"))
    last_day = deadline.last_day if deadline else None
    issued = line(
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
            days_late=_days_late(decision.dated, last_day),
            document=f"{decision.file_name}.pdf",
        )
    )
    effects.complete_token(uow, run, token, {}, actor=SYSTEM, now=now)


def _days_late(dated: date | None, last_day: date | None) -> int | None:
    return None if dated is None or last_day is None else max(0, (dated - last_day).days)


def _decision(run: Run, form: Template, paper: Paper, *, now: datetime) -> Decision:
    unit = drafting.issuer(run, form)
    return Decision(
        id=DecisionId(NEW),
        cycle_id=run.cycle.id,
        dossier_id=run.dossier.id,
        unit_id=unit.id,
        document=form.key,
        type_code=form.text("type_code"),
        subject=paper.subject,
        state=DecisionState.DRAFTED,
        number=None,
        symbol=paper.symbol,
        dated=None,
        signer_name="",
        signer_title=paper.signatures[0].position if paper.signatures else "",
        signed_at=None,
        content={"paper": json.loads(canonical_json(paper)), "basis_keys": list(form.texts("bases"))},
        content_sha256=content_sha256(paper),
        file_name=f"{form.key}-{run.unit.code}-{run.dossier.group}-{run.cycle.year}",
        pdf_sha256="",
        docx_sha256="",
        code=paper.id,
        replaces_id=None,
        cancelled_by_id=None,
        created_at=now,
        issued_at=None,
        row_version=0,
    )


def _complete(basis: LegalBasis | None) -> bool:
    return basis is not None and basis.complete
