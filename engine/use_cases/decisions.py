"""How does a document come into force? Drafted, numbered once, rendered and signed by a job, registered."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from engine.errors import WrongState
from engine.ports.store import NEW, UnitOfWork
from engine.rules.cycle_models import Json
from engine.rules.deadlines import local_day
from engine.rules.decisions import Decision, DecisionId, DecisionState, LegalBasis
from engine.rules.dossiers import Dossier, DossierId, DossierState
from engine.rules.papers import IN_STEAD, Paper, content_sha256, paper_from_json, paper_from_plain, plain_paper
from engine.rules.text import short_date
from engine.rules.titles import Title, last_day
from engine.rules.units import Actor, Unit
from engine.use_cases import drafting, numbering, quoting, reached, runs
from engine.use_cases.certifying import entered
from engine.use_cases.drafting import Template
from engine.use_cases.numbering import Given, Wanted
from engine.use_cases.runs import Run
from engine.use_cases.wording import properties

#: Approved, and not yet out.
ON_THE_WAY = (DecisionState.AWAITING, DecisionState.NUMBERED)


def draft(uow: UnitOfWork, run: Run, key: str, dossiers: Sequence[Dossier], *, now: datetime) -> Decision:
    """Draft a document of the pack about these dossiers; nothing is numbered yet."""
    form = drafting.template_for(uow, run, key, now=now)
    subjects = [drafting.subject(uow, run, dossier) for dossier in dossiers]
    paper = drafting.draft_paper(uow, run, form, subjects, answered(uow, run, form, now=now))
    drafted = _decision(run, form, paper, now=now)
    listed = [{"dossier": int(dossier.id), "state": dossier.state.value} for dossier in dossiers]
    name = _free_name(uow, drafted)
    return uow.decisions.add(replace(drafted, content={**drafted.content, "subjects": listed}, file_name=name))


def _free_name(uow: UnitOfWork, drafted: Decision) -> str:
    """The draft's file name, numbered where the dossier has had the same document before; returned drafts have no file."""
    same = [
        d for d in uow.decisions.of_dossier(drafted.dossier_id) if d.document == drafted.document and not d.is_remedy
    ]
    kept = [d for d in same if d.state is not DecisionState.VOID or d.number is not None]
    return f"{drafted.file_name}-{len(kept) + 1}" if kept else drafted.file_name


def answered(uow: UnitOfWork, run: Run, form: Template, *, now: datetime) -> drafting.Answered:
    """What was answered last in the forms that the template names by `answers`, as people read it, else
    nothing; with the year's targets where an annex lists them."""
    fields: dict[str, Json] = {}
    given: dict[str, object] = {}
    for key in form.answers():
        handed_in = [s for s in uow.dossiers.submissions(run.dossier.id) if s.form == key]
        fields |= properties(run.model.forms.get(key, {}))
        given |= max(handed_in, key=lambda s: (s.at, s.id)).answers if handed_in else {}
    found = quoting.quoted(form, {"properties": fields}, given) if form.answers() else drafting.Answered()
    if not any(drafting.rows_named(raw) == reached.LIST for raw in form.annexes()):
        return found
    return replace(found, rows={**found.rows, reached.LIST: reached.target_rows(uow, run, today=local_day(now))})


def draft_certificates(
    uow: UnitOfWork, run: Run, key: str, dossiers: Sequence[Dossier], basis: Decision, *, now: datetime
) -> Decision:
    """Draft one file with a certificate for each dossier's unit, on the strength of an issued decision."""
    form = drafting.template_for(uow, run, key, now=now)
    subjects = [drafting.subject(uow, run, dossier) for dossier in dossiers]
    cited = {
        "decision_symbol": basis.symbol,
        "decision_date": short_date(basis.dated) if basis.dated else "",
    }
    # Their entries come with the number of the file.
    paper = drafting.certificate_paper(uow, run, form, subjects, cited, [""] * len(subjects))
    signed = in_same_form(paper, stored_paper(basis))
    drafted = _decision(run, form, signed, now=now)
    holders = [{"dossier": int(dossier.id)} for dossier in dossiers]
    content = {**drafted.content, "holders": holders, "rests_on": int(basis.id)}
    if signed is not paper:
        content["own_signatures"] = plain_paper(paper).get("signatures", [])
    return uow.decisions.add(
        replace(drafted, content=content, signer_id=basis.signer_id, signer_name=basis.signer_name)
    )


def latest_draft(uow: UnitOfWork, run: Run) -> Decision:
    """The dossier's draft that waits for a signature."""
    drafts = drafts_of(uow, run.dossier.id)
    if not drafts:
        raise WrongState("no_draft", dossier=run.dossier.id)
    return drafts[-1]


def drafts_of(uow: UnitOfWork, dossier_id: DossierId) -> list[Decision]:
    """The drafts of a dossier that its processes wait for."""
    found = uow.decisions.of_dossier(dossier_id)
    return [d for d in found if d.state is DecisionState.DRAFTED and not d.is_remedy]


def check_free(uow: UnitOfWork, decision: Decision) -> None:
    """Refuse to distribute or cite a document, or to draw consequences from it, while its recall is under way."""
    if uow.remedies.frozen([decision.id]):
        raise WrongState("being_recalled", symbol=decision.symbol)


def void(uow: UnitOfWork, decision: Decision, why: str) -> Decision:
    """Set a draft aside; it keeps its row."""
    return uow.decisions.save(replace(decision, state=DecisionState.VOID))


def check_bases(uow: UnitOfWork, decision: Decision) -> None:
    """Refuse to issue while a legal basis lacks its number or date."""
    check_basis_keys(uow, _basis_keys(decision))


def check_basis_keys(uow: UnitOfWork, keys: Sequence[str]) -> None:
    """Refuse to issue on bases of which one lacks its number or date."""
    missing = [key for key in keys if not _complete(uow.decisions.basis(key))]
    if missing:
        raise WrongState("basis_incomplete", keys=missing)


def files_told(uow: UnitOfWork, decision: Decision) -> dict[str, object]:
    """What the line of a document that comes out says of its files, so that the chain vouches for them."""
    signing = uow.signings.find(decision.id)
    scan = {"scan_sha256": signing.scan_sha256} if signing is not None and signing.scan_sha256 else {}
    digests = {"pdf_sha256": decision.pdf_sha256, "docx_sha256": decision.docx_sha256}
    return {"decision": int(decision.id), **digests, **scan}


def listed(uow: UnitOfWork, decision: Decision) -> list[Dossier]:
    """The dossiers that the document's list was made of, as they are now."""
    return [uow.dossiers.get(DossierId(int(row["dossier"]))) for row in _subjects(decision)]


def changed_since(uow: UnitOfWork, decision: Decision) -> list[Unit]:
    """Units on the list of a draft that are no longer what they were: ended, withdrawn, judged anew, or moved away."""
    drafted = {int(row["dossier"]): row["state"] for row in _subjects(decision)}
    found = []
    for dossier in listed(uow, decision):
        chain = _chain(uow, dossier, uow.units.path(dossier.unit_id))
        stays = chain[0].until_day is None and any(unit.id == decision.unit_id for unit in chain)
        # A file that has come to its end since says what it said.
        if dossier.state not in (drafted[dossier.id], DossierState.CLOSED) or not stays:
            found.append(chain[0])
    return found


def check_subjects(uow: UnitOfWork, decision: Decision) -> None:
    """Refuse to sign a list on which somebody is no longer what they were when it was drafted."""
    changed = changed_since(uow, decision)
    if changed:
        raise WrongState("list_changed", unit=", ".join(unit.name for unit in changed))


def frozen_title(uow: UnitOfWork, decision: Decision) -> tuple[Unit, Decision] | None:
    """A unit that the document is about whose title of this model rests on a document under recall, with that document."""
    frozen = uow.remedies.all_frozen()
    if not frozen:
        return None
    own = uow.dossiers.get(decision.dossier_id)
    units, model = {d.unit_id for d in (own, *listed(uow, decision))}, uow.cycles.get(decision.cycle_id).model
    for document in frozen:
        for title in uow.titles.of_decision(document):
            if title.unit_id in units and title.model == model and title.cancelled_on is None:
                return uow.units.get(title.unit_id), uow.decisions.get(document)
    return None


def check_titles_free(uow: UnitOfWork, decision: Decision) -> None:
    """Refuse to sign a document that would confer or cite a title, or to confer it, while the title is frozen."""
    found = frozen_title(uow, decision)
    if found is not None:
        raise WrongState("title_frozen", unit=found[0].name, symbol=found[1].symbol)


def being_signed(uow: UnitOfWork, dossier: Dossier, path: Sequence[Unit]) -> Decision | None:
    """The decision of a unit above, or of a body that acts for it, that names the dossier and is numbered, but not yet out."""
    if dossier.state is not DossierState.MET:
        return None
    chain = _chain(uow, dossier, path)[1:]
    above = [d for unit in chain for d in uow.dossiers.of_unit(unit.id) if d.cycle_id == dossier.cycle_id]
    waiting = [d for a in above for d in uow.decisions.of_dossier(a.id) if d.state in ON_THE_WAY]
    return next((d for d in waiting if any(row["dossier"] == dossier.id for row in _subjects(d))), None)


def _chain(uow: UnitOfWork, dossier: Dossier, path: Sequence[Unit]) -> Sequence[Unit]:
    """Who may act for the dossier: its unit, those above, the cycle's lead, the single bodies."""
    cycle = uow.cycles.get(dossier.cycle_id)
    return runs.chain_of(uow, uow.models.get(cycle.version), cycle, tuple(path))


def check_not_being_signed(uow: UnitOfWork, unit: Unit) -> None:
    """Refuse to move or end a unit while a numbered document of its own, or one that names it, is not yet out."""
    path = uow.units.path(unit.id)
    for dossier in uow.dossiers.of_unit(unit.id):
        own = [d for d in uow.decisions.of_dossier(dossier.id) if d.state in ON_THE_WAY]
        waiting = own[0] if own else being_signed(uow, dossier, path)
        if waiting is not None:
            raise WrongState("being_signed", unit=unit.name, symbol=waiting.symbol)


def number(uow: UnitOfWork, run: Run, decision: Decision, *, signer: Actor | None, now: datetime) -> Decision:
    """Give the document its number and day, or let it wait for them where the office enters or reserves its numbers.

    One that is numbered, or waits already, stays as it is.
    """
    if decision.state is not DecisionState.DRAFTED:
        return decision
    check_bases(uow, decision)
    form = drafting.template_of(uow, run, decision)
    decision = _repapered(decision, drafting.with_bases(uow, run, form, stored_paper(decision)))
    if signer is not None and signer.account_id is not None:
        decision = replace(decision, signer_id=signer.account_id, signer_name=signer.full_name)
    return give_number(uow, decision, now=now)


def give_number(uow: UnitOfWork, decision: Decision, *, now: datetime) -> Decision:
    """Take the next number of the draft's book and write it into the register; else let the draft wait for one."""
    wanted = _wanted(decision)
    found = numbering.take(uow, wanted, now=now)
    if found is None:
        numbering.wait(uow, wanted, decision_id=decision.id, now=now)
        return uow.decisions.save(replace(decision, state=DecisionState.AWAITING))
    kept = numbered(uow, decision, found, now=now)
    numbering.register(uow, wanted, found, decision_id=decision.id)
    return kept


def numbered(uow: UnitOfWork, decision: Decision, found: Given, *, now: datetime) -> Decision:
    """Put a number and its day on the document, and their entries on certificates; it can be signed from now on."""
    return uow.decisions.save(
        replace(
            entered(uow, decision, found),
            state=DecisionState.NUMBERED,
            number=found.number,
            symbol=found.symbol,
            dated=found.dated,
            signed_at=now,
        )
    )


def promise(uow: UnitOfWork, decision: Decision, payload: Mapping[str, object], *, again: bool = False) -> None:
    """Let a numbered document be made and signed by a job; one that waits for its number keeps what the job needs."""
    awaited = uow.books.waits(decision.id) if decision.state is DecisionState.AWAITING else None
    if awaited is not None:
        uow.books.save_awaited(replace(awaited, payload=payload))
    elif decision.state is DecisionState.NUMBERED:
        # The first promise of a document whose number was voided has been spent.
        key = f"issue:{decision.id}:{decision.symbol}" if again else f"issue:{decision.id}"
        uow.jobs.enqueue("issue", key, payload)


def _wanted(decision: Decision) -> Wanted:
    return Wanted(
        unit_id=decision.unit_id,
        kind=str(decision.content.get("book") or decision.type_code),
        type_code=decision.type_code,
        symbol=decision.symbol,
        subject=decision.subject,
        signer_name=decision.signer_name,
        recipients=stored_paper(decision).recipients,
    )


def titles_of(uow: UnitOfWork, run: Run, dossier: Dossier, decision: Decision) -> list[Title]:
    """The titles that a decision confers on a dossier's unit and its recognised members."""
    if decision.dated is None:
        raise WrongState("not_dated", decision=decision.id)
    kind = uow.units.get(dossier.unit_id).kind
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
            until_day=last_day(decision.dated, spec.years),
            cancelled_on=None,
            cancelled_by_id=None,
        )
        for spec in run.model.titles
        if not spec.unit_kinds or kind in spec.unit_kinds
        for name in holders[spec.holder]
    ]


def confer(uow: UnitOfWork, titles: Sequence[Title]) -> None:
    """Confer titles on one unit and its members; the same title of the same holder gives way the day before."""
    held = uow.titles.of_unit(titles[0].unit_id) if titles else []
    for title in titles:
        for old in held:
            same = (old.model, old.key, old.member_name) == (title.model, title.key, title.member_name)
            if same and old.held_on(title.from_day):
                uow.titles.save(replace(old, until_day=title.from_day - timedelta(days=1)))
    uow.titles.grant(titles)


def stored_paper(decision: Decision) -> Paper:
    """The paper as it was drafted or, once issued, as it was signed."""
    return paper_from_json(json.dumps(decision.content["paper"]).encode())


def as_it_stands(uow: UnitOfWork, decision: Decision, *, now: datetime) -> Paper:
    """A draft's paper with its legal bases as they are now; any other's as it was signed."""
    paper = stored_paper(decision)
    instances = uow.instances.of_dossier(decision.dossier_id)
    if decision.state is not DecisionState.DRAFTED or decision.is_remedy or not instances:
        return paper
    run = runs.look(uow, instances[0].id, now=now)
    return drafting.with_bases(uow, run, drafting.template_of(uow, run, decision), paper)


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
        signer_id=None,
        signer_name="",
        signer_title=paper.signatures[0].position if paper.signatures else "",
        signed_at=None,
        content={
            "paper": plain_paper(paper),
            "basis_keys": list(form.lines("bases")),
            "book": form.text("book", default=form.text("type_code")),
            **({"template": form.version} if form.version is not None else {}),
        },
        content_sha256=content_sha256(paper),
        file_name=f"{form.text('folder')}{form.key}-{run.unit.code}-{run.dossier.group}-{run.cycle.year}",
        pdf_sha256="",
        docx_sha256="",
        code=paper.id,
        replaces_id=None,
        cancelled_by_id=None,
        created_at=now,
        issued_at=None,
        row_version=0,
    )


def in_same_form(paper: Paper, basis: Paper) -> Paper:
    """The paper with the signature block of the decision that it follows, where that was signed in another's stead."""
    if not basis.signatures or basis.signatures[0].capacity not in IN_STEAD:
        return paper
    return replace(paper, signatures=basis.signatures[:1] + paper.signatures[1:])


def resigned(decision: Decision, paper: Paper) -> Decision:
    """The draft with the signature blocks of this paper; its own come back when it is sent back before it is numbered."""
    own = decision.content.get("own_signatures") or plain_paper(stored_paper(decision)).get("signatures", [])
    signed = _repapered(decision, paper)
    title = paper.signatures[0].position if paper.signatures else ""
    return replace(signed, content={**signed.content, "own_signatures": own}, signer_title=title)


def own_form(decision: Decision) -> Paper:
    """The paper with the signature blocks in which it was drafted, whoever has signed it."""
    paper = stored_paper(decision)
    if "own_signatures" not in decision.content:
        return paper
    return paper_from_plain({**plain_paper(paper), "signatures": decision.content["own_signatures"]})


def unsigned(decision: Decision, note: Mapping[str, object]) -> Decision:
    """What was signed and waits for its number, a draft again in the form in which it was drafted; `note`: why."""
    content = {name: part for name, part in decision.content.items() if name != "own_signatures"}
    content["sent_back"] = note
    if "own_signatures" in decision.content:
        decision = resigned(decision, own_form(decision))
        content["paper"] = decision.content["paper"]
    return replace(decision, state=DecisionState.DRAFTED, signer_id=None, signer_name="", content=content)


def _repapered(decision: Decision, paper: Paper) -> Decision:
    # A basis may have got its number after the draft was made.
    content = {**decision.content, "paper": plain_paper(paper)}
    return replace(decision, content=content, content_sha256=content_sha256(paper))


def _subjects(decision: Decision) -> Sequence[Mapping[str, Any]]:
    listed = decision.content.get("subjects", ())
    return listed if isinstance(listed, list | tuple) else ()


def _basis_keys(decision: Decision) -> list[str]:
    keys = decision.content.get("basis_keys", ())
    return [str(key) for key in keys] if isinstance(keys, list | tuple) else []


def _complete(basis: LegalBasis | None) -> bool:
    return basis is not None and basis.complete
