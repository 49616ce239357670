"""What can be done about a document that is out and wrong? Replaced, corrected, recalled, by a document of its own.

Whoever drafts it does not sign it. A recall freezes its document from the moment it is drafted until it is out or dropped:
nobody distributes or cites the document, or draws consequences from it. Titles follow the document that comes out.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from engine.errors import FieldError, Invalid, NotPermitted, WrongState
from engine.ports.store import NEW, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.decisions import Decision, DecisionState, RegisterState
from engine.rules.dossiers import DossierId, DossierState, moved
from engine.rules.papers import Article, Block, Kind, Paper, Paragraph, content_sha256, plain_paper
from engine.rules.permissions import standing
from engine.rules.remedies import DRAFTERS, SIGNATORY, Remedy, RemedyKind, RemedyState
from engine.rules.text import date_in_words, nfc
from engine.rules.titles import Title
from engine.rules.units import SYSTEM, Actor, StandIn
from engine.use_cases import certifying, decisions, distribution, drafting, numbering, runs
from engine.use_cases.decisions import stored_paper
from engine.use_cases.drafting import Template, Words
from engine.use_cases.fate import tell_awaited, tell_fate, tell_signers
from engine.use_cases.standing_in import check_may_sign, signed_for

_OUTCOMES = {
    RemedyKind.REPLACE: (RegisterState.REPLACED, "replaced"),
    RemedyKind.CORRECT: (RegisterState.CORRECTED, "corrected"),
    RemedyKind.RECALL: (RegisterState.RECALLED, "recalled"),
}
#: Under which key an office keeps its own wording of remedies; no pack is called so.
REMEDIES = "_remedies"
#: What a correction must say: field → what people call it.
CORRECTION = {"where": "Chỗ sai", "wrong": "Đã ghi", "right": "Sửa lại là"}


def may_draft(actor: Actor, decision: Decision) -> bool:
    """Whether the actor may start something about the document: people of the office that issued it."""
    return actor.holds(decision.unit_id, *DRAFTERS)


def may_sign(uow: UnitOfWork, actor: Actor, decision: Decision, remedy: Remedy) -> bool:
    """Whether the actor signs it: the head of the office or who signs in their stead today, never who drafted it."""
    if actor.account_id == remedy.by_id:
        return False
    return actor.holds(decision.unit_id, SIGNATORY) or in_whose_stead(uow, actor, decision) is not None


def in_whose_stead(uow: UnitOfWork, actor: Actor, decision: Decision) -> StandIn | None:
    """For whom the actor would sign it; None in their own right, or not at all."""
    return standing(actor, decision.unit_id, heads(uow), "sign", int(decision.cycle_id))


def heads(uow: UnitOfWork) -> tuple[str, ...]:
    """The roles of who heads an office: the signatory's, and those that have its rights (a chair, a director)."""
    return SIGNATORY, *(role for role, other in uow.words.standing_as().items() if other == SIGNATORY)


def start(
    uow: UnitOfWork,
    decision: Decision,
    kind: RemedyKind,
    *,
    reason: str,
    kept: Collection[str] | None = None,
    words: Words | None = None,
    actor: Actor,
    now: datetime,
) -> Remedy:
    """Draft what replaces, corrects or recalls a document that is out; a recall freezes it from now on.

    `kept`: the dossiers that stay on the list of a replacing document (None: all); `words`: where a correction stands, what
    is wrong and what is right. Refused (`WrongState`): not out or no longer in force, or something is under way. Field
    errors: no reason, nobody left on the list, a correction that does not say what it corrects.
    """
    check_may_draft(actor, decision)
    _check_in_force(uow, decision)
    reason, words = nfc(reason.strip()), {name: nfc(text.strip()) for name, text in (words or {}).items()}
    kept = [str(int(d.id)) for d in decisions.listed(uow, decision)] if kept is None else sorted(kept)
    if errors := _errors(uow, decision, kind, reason, kept, words):
        raise Invalid(errors)
    uow.decisions.save(decision)  # two who begin at the same moment: the second one is told
    paper = _paper(uow, decision, kind, reason, kept, words, now=now)
    draft = uow.decisions.add(_draft(uow, decision, kind, paper, kept, now=now))
    remedy = uow.remedies.add(
        Remedy(
            id=NEW,
            kind=kind,
            decision_id=decision.id,
            draft_id=draft.id,
            state=RemedyState.OPEN,
            reason=reason,
            kept=tuple(kept),
            by_id=actor.account_id,
            by_name=actor.full_name,
            at=now,
            settled_by="",
            settled_why="",
            settled_at=None,
            row_version=0,
        )
    )
    _note(uow, decision, "remedy_started", {"kind": kind, "reason": reason}, actor=actor, now=now)
    if kind is RemedyKind.RECALL:
        tell_fate(uow, decision, "frozen", reason=reason, now=now)
    tell_signers(uow, decision, draft, heads(uow), kind=kind.value, reason=reason, by=actor, now=now)
    return remedy


def reword(uow: UnitOfWork, remedy: Remedy, texts: Sequence[str], *, actor: Actor, now: datetime) -> Decision:
    """Change the wording of a draft, paragraph by paragraph in the order of `wording`; lists stay as they are."""
    draft = _open_draft(uow, remedy)
    check_may_draft(actor, draft)
    paper = stored_paper(draft)
    if len(texts) != len(wording(paper)) or not all(text.strip() for text in texts):
        raise Invalid({"text": FieldError("wording_missing", {})})
    left = iter(texts)
    blocks = tuple(_reworded(block, left) for block in paper.blocks)
    paper = replace(paper, blocks=blocks)
    content = {**draft.content, "paper": plain_paper(paper)}
    _note(uow, draft, "remedy_reworded", {"kind": remedy.kind}, actor=actor, now=now)
    return uow.decisions.save(replace(draft, content=content, content_sha256=content_sha256(paper)))


def wording(paper: Paper) -> list[str]:
    """The texts of a paper that can be changed: each paragraph, each article as a whole."""
    found = []
    for block in paper.blocks:
        if isinstance(block, Article):
            found.append("\n".join(block.paragraphs))
        elif isinstance(block, Paragraph):
            found.append(block.text)
    return found


def sign(uow: UnitOfWork, remedy: Remedy, *, actor: Actor, now: datetime) -> Decision:
    """Sign the document: it takes its number and is made by a job, as any other.

    Who signs in the stead of the head of the office does so in the legal form of the delegation. Refused: who drafted it,
    who is neither, and a substitute who had a hand in what the document is about (`NotPermitted`); an incomplete basis, a
    substitute whose position has changed since the delegation (`WrongState`).
    """
    draft = _open_draft(uow, remedy)
    dossier, listed = uow.dossiers.get(draft.dossier_id), decisions.listed(uow, uow.decisions.get(remedy.decision_id))
    absent = check_may_sign(uow, actor, draft.unit_id, heads(uow), dossier, listed)
    if not may_sign(uow, actor, draft, remedy):
        raise NotPermitted("four_eyes")
    decisions.check_bases(uow, draft)
    if absent is not None:
        draft = decisions.resigned(draft, signed_for(uow, stored_paper(draft), absent, now=now))
    if actor.account_id is not None:
        draft = replace(draft, signer_id=actor.account_id, signer_name=actor.full_name)
    uow.remedies.save(
        replace(remedy, state=RemedyState.SIGNED, settled_by=actor.full_name, settled_at=now, settled_why="")
    )
    stead = {"stead": absent.for_name} if absent is not None else {}
    facts = {"kind": remedy.kind, "subject": draft.subject, **stead}
    _note(uow, draft, "remedy_signed", facts, actor=actor, now=now)
    return _number(uow, uow.decisions.save(draft), now=now)


def _number(uow: UnitOfWork, draft: Decision, *, now: datetime) -> Decision:
    """Let a signed draft take its number and be made by a job."""
    numbered = decisions.give_number(uow, draft, now=now)
    instance = uow.instances.of_dossier(draft.dossier_id)[0]
    # No token: nobody waits for this document but its remedy.
    decisions.promise(uow, numbered, {"decision_id": int(draft.id), "instance_id": int(instance.id), "token": ""})
    if numbered.state is DecisionState.AWAITING:
        tell_awaited(uow, numbered.unit_id, numbered.subject, f"d{numbered.id}", now=now)
    return numbered


def drop(uow: UnitOfWork, remedy: Remedy, why: str, *, actor: Actor, now: datetime) -> Remedy:
    """Give it up before it is signed; its draft is void, and a document under recall is free again."""
    draft, why = _open_draft(uow, remedy), nfc(why.strip())
    check_may_draft(actor, draft)
    if not why:
        raise Invalid({"reason": FieldError("reason_required", {})})
    decisions.void(uow, draft, why)
    dropped = uow.remedies.save(
        replace(remedy, state=RemedyState.DROPPED, settled_by=actor.full_name, settled_why=why, settled_at=now)
    )
    about = uow.decisions.get(remedy.decision_id)
    _note(uow, about, "remedy_dropped", {"kind": remedy.kind, "reason": why}, actor=actor, now=now)
    if remedy.kind is RemedyKind.RECALL:
        tell_fate(uow, about, "freed", reason=why, now=now)
    return dropped


def came_out(uow: UnitOfWork, document: Decision, *, now: datetime) -> None:
    """Carry out what a signed document does: in the register, on titles, for everybody who received the first one."""
    remedy = uow.remedies.by_draft(document.id)
    if remedy is None:
        raise WrongState("no_remedy", symbol=document.symbol)
    out = uow.decisions.save(replace(document, state=DecisionState.ISSUED, issued_at=now))
    numbering.came_out(uow, out)
    distribution.give_out(uow, out, now=now)
    about = uow.decisions.get(remedy.decision_id)
    state, event = _OUTCOMES[remedy.kind]
    certifying.mark(uow, about, state, out, now=now)
    if remedy.kind is not RemedyKind.CORRECT:
        about = uow.decisions.save(replace(about, cancelled_by_id=out.id))
        _follow(uow, about, out, remedy, now=now)
    uow.remedies.save(replace(remedy, state=RemedyState.DONE))
    facts = {"symbol": about.symbol, "by": out.symbol, "dated": out.dated, **decisions.files_told(uow, out)}
    _note(uow, out, event, facts, document=f"{out.file_name}.pdf", actor=SYSTEM, now=now)
    tell_fate(uow, about, event, by=out, now=now)


def open_remedy(uow: UnitOfWork, decision: Decision) -> Remedy | None:
    """What is under way about the document."""
    return next((remedy for remedy in uow.remedies.of(decision.id) if remedy.under_way), None)


def check_may_draft(actor: Actor, decision: Decision) -> None:
    """Refuse whoever is not of the office that issued the document."""
    if not may_draft(actor, decision):
        raise NotPermitted("not_issuer")


def _check_in_force(uow: UnitOfWork, decision: Decision) -> None:
    if decision.state is not DecisionState.ISSUED or decision.cancelled_by_id is not None:
        raise WrongState("not_in_force", symbol=decision.symbol)
    if open_remedy(uow, decision) is not None:
        raise WrongState("remedy_open", symbol=decision.symbol)


def _errors(
    uow: UnitOfWork, decision: Decision, kind: RemedyKind, reason: str, kept: Sequence[str], words: Words
) -> dict[str, FieldError]:
    errors: dict[str, FieldError] = {}
    if not reason:
        errors["reason"] = FieldError("reason_required", {})
    listed = {str(int(d.id)) for d in decisions.listed(uow, decision)}
    if kind is RemedyKind.REPLACE and listed and not (set(kept) <= listed and kept):
        errors["kept"] = FieldError("nobody_left", {})
    if kind is RemedyKind.CORRECT:
        missing = {name: title for name, title in CORRECTION.items() if not words.get(name)}
        errors |= {name: FieldError("form.required", {"title": title}) for name, title in missing.items()}
    return errors


def _open_draft(uow: UnitOfWork, remedy: Remedy) -> Decision:
    draft = uow.decisions.get(remedy.draft_id)
    if remedy.state is not RemedyState.OPEN or draft.state is not DecisionState.DRAFTED:
        raise WrongState("remedy_settled", symbol=draft.symbol)
    return draft


def _reworded(block: Block, left: Iterator[str]) -> Block:
    if isinstance(block, Article):
        return replace(block, paragraphs=tuple(_lines(next(left))))
    if isinstance(block, Paragraph):
        return replace(block, text=" ".join(_lines(next(left))))
    return block


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


# ---- the document itself


def _paper(
    uow: UnitOfWork,
    decision: Decision,
    kind: RemedyKind,
    reason: str,
    kept: Sequence[str],
    words: Words,
    *,
    now: datetime,
) -> Paper:
    form = drafting.in_own_words(uow, template(uow, kind), decision.unit_id, REMEDIES, now=now)
    told = {**words_of(uow, decision, reason), **words}
    code = hashlib.sha256(f"{decision.code}/{kind}/{now.isoformat()}/{decision.id}".encode()).hexdigest()[:20]
    if kind is RemedyKind.REPLACE:
        return replace(written(form, _anew(uow, decision, kept, now=now), told), id=code)
    first = _blank(decision)
    return replace(written(form, first, told, _standing_bases(uow, decision, first, now=now)), id=code)


def template(uow: UnitOfWork, kind: RemedyKind) -> Template:
    """The shared template of what is done about a document."""
    return Template(key=kind.value, raw=uow.words.remedy(kind.value))


def written(form: Template, first: Paper, told: Words, bases: tuple[str, ...] = ()) -> Paper:
    """The paper of a remedy over the paper that it is about: replaced by the same with a clause, else a paper of its own.

    `bases`: the first one's without the grounds of its own case.
    """
    if form.says("clause"):
        return _replacing(first, form.text("clause", told))
    body: tuple[Article | Paragraph, ...] = tuple(Paragraph(text=text) for text in form.texts("paragraphs", told))
    body += tuple(
        Article(number=n, paragraphs=tuple(_lines(text))) for n, text in enumerate(form.texts("articles", told), 1)
    )
    letter = Kind(form.text("kind")) is Kind.LETTER
    return replace(
        first,
        kind=Kind(form.text("kind")),
        title=form.text("title", told),
        subject=form.text("subject", told),
        symbol=_symbol(first.symbol, form.text("type_code"), letter=letter),
        addressees=form.texts("addressees", told),
        decider="" if letter else first.decider,
        bases=() if letter else (*bases, *form.texts("grounds", told)),
        recipients=form.texts("recipients", told),
        blocks=body,
        annexes=(),
    )


def _standing_bases(uow: UnitOfWork, decision: Decision, paper: Paper, *, now: datetime) -> tuple[str, ...]:
    """The bases of a document without the grounds of its own case; a remedy's own all stand."""
    instances = uow.instances.of_dossier(decision.dossier_id)
    if not instances or decision.is_remedy:
        return paper.bases
    form = drafting.template_of(uow, runs.look(uow, instances[0].id, now=now), decision)
    return drafting.standing_bases(form, paper)


#: What the text of a remedy may name; that of a correction also `CORRECTION`.
WORDS = ("kind_name", "original", "original_subject", "unit_name", "unit_name_upper", "reason")


def words_of(uow: UnitOfWork, decision: Decision, reason: str) -> Words:
    """What the text of a remedy may name: the document that it is about, the office, the reason."""
    paper, unit = stored_paper(decision), uow.units.get(decision.unit_id)
    kind = paper.title.capitalize() or "Công văn"
    dated = f" {date_in_words(decision.dated)}" if decision.dated else ""
    return {
        "kind_name": kind,
        "original": f"{kind} số {decision.symbol}{dated} của {unit.name}",
        "original_subject": paper.subject[:1].lower() + paper.subject[1:],
        "unit_name": unit.name,
        "unit_name_upper": unit.name.upper(),
        "reason": reason if reason.endswith((".", "!", "?")) else f"{reason}.",
    }


def _anew(uow: UnitOfWork, decision: Decision, kept: Sequence[str], *, now: datetime) -> Paper:
    """The document drafted again about those who stay on its list, as they are now; one without a list as it was."""
    dossiers = [d for d in decisions.listed(uow, decision) if str(int(d.id)) in kept]
    instances = uow.instances.of_dossier(decision.dossier_id)
    if not dossiers or not instances:
        return _blank(decision)
    run = runs.look(uow, instances[0].id, now=now)
    key = str(decision.content.get("drafted_as") or decision.document)
    form = drafting.template_for(uow, run, key, now=now)
    subjects = [drafting.subject(uow, run, dossier) for dossier in dossiers]
    return drafting.draft_paper(uow, run, form, subjects, decisions.answered(uow, run, form, now=now))


def _blank(decision: Decision) -> Paper:
    """The paper of a document that was signed, without what belongs to its issue and to a substitute's signature."""
    paper = decisions.own_form(decision)
    signatures = tuple(replace(signature, name="") for signature in paper.signatures)
    return replace(
        paper, number=None, date=None, verification_url="", test_signature=False, signatures=signatures, revision=1
    )


def _replacing(paper: Paper, clause: str) -> Paper:
    last = paper.blocks[-1] if paper.blocks else None
    if isinstance(last, Article):
        return replace(paper, blocks=(*paper.blocks[:-1], replace(last, paragraphs=(*last.paragraphs, clause))))
    return replace(paper, blocks=(*paper.blocks, Paragraph(text=clause)))


def _symbol(first: str, code: str, *, letter: bool) -> str:
    """The symbol of another type of document of the same office: "QĐ/ĐTN" → "CV/ĐTN", "QĐ-UBND" → "UBND" for a letter.

    Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, II.3 (a letter has no type in its symbol).
    """
    mark = "/" if "/" in first else "-"
    office = first.partition(mark)[2]
    return office if letter and mark == "-" else f"{code}{mark}{office}"


def _draft(
    uow: UnitOfWork, decision: Decision, kind: RemedyKind, paper: Paper, kept: Sequence[str], *, now: datetime
) -> Decision:
    form = template(uow, kind)
    listed = [d for d in decisions.listed(uow, decision) if str(int(d.id)) in kept]
    content: dict[str, object] = {
        "paper": plain_paper(paper),
        "basis_keys": [] if kind is RemedyKind.CORRECT else decision.content.get("basis_keys", []),
        "book": form.text("book") or decision.content.get("book") or decision.type_code,
        "remedy": kind.value,
        "drafted_as": decision.content.get("drafted_as") or decision.document,
    }
    if kind is RemedyKind.REPLACE:
        content["subjects"] = [{"dossier": int(d.id), "state": d.state.value} for d in listed]
    count = len(uow.remedies.of(decision.id)) + 1
    return replace(
        decision,
        id=type(decision.id)(NEW),
        document=kind.value,
        type_code=form.text("type_code") or decision.type_code,
        subject=paper.subject,
        state=DecisionState.DRAFTED,
        number=None,
        symbol=paper.symbol,
        dated=None,
        signer_id=None,
        signer_name="",
        signed_at=None,
        content=content,
        content_sha256=content_sha256(paper),
        file_name=f"{decision.file_name}-{kind.value}-{count}",
        pdf_sha256="",
        docx_sha256="",
        code=paper.id,
        replaces_id=decision.id if kind is RemedyKind.REPLACE else None,
        cancelled_by_id=None,
        created_at=now,
        issued_at=None,
        row_version=0,
    )


# ---- what follows


def _follow(uow: UnitOfWork, about: Decision, out: Decision, remedy: Remedy, *, now: datetime) -> None:
    """Let titles, their dossiers and the certificates of the document follow what came out."""
    gone = set()
    members = {d: _recognised(uow, d) for d in {title.dossier_id for title in uow.titles.of_decision(about.id)}}
    for title in uow.titles.of_decision(about.id):
        carried = remedy.kind is RemedyKind.REPLACE and str(int(title.dossier_id)) in remedy.kept
        if carried and (not title.member_name or title.member_name in members[title.dossier_id]):
            uow.titles.save(replace(title, decision_id=out.id))
        elif title.cancelled_on is None:
            uow.titles.save(_ended(title, out))
            gone |= set() if carried else {title.dossier_id}
    for dossier in map(uow.dossiers.get, sorted(gone)):
        if dossier.state is DossierState.RECOGNISED:
            uow.dossiers.save(replace(moved(dossier, DossierState.CANCELLED), closed_at=now))
    if remedy.kind is RemedyKind.REPLACE:
        _renew(uow, remedy, about, out, now=now)
    else:
        for certificates in certifying.resting_on(uow, about):
            certifying.recall(uow, certificates, out, now=now)


def _recognised(uow: UnitOfWork, dossier_id: DossierId) -> set[str]:
    found = uow.dossiers.members(dossier_id)
    return {m.full_name for m in found if m.result == "recognised"}


def _ended(title: Title, out: Decision) -> Title:
    return replace(title, cancelled_on=out.dated, cancelled_by_id=out.id)


def _renew(uow: UnitOfWork, remedy: Remedy, about: Decision, out: Decision, *, now: datetime) -> None:
    """Let the certificates of a replaced decision be made anew about those who stay; the old ones stand until these are out."""
    run = runs.look(uow, uow.instances.of_dossier(about.dossier_id)[0].id, now=now)
    for old in certifying.resting_on(uow, about):
        holders = certifying.holders_left(uow, old, remedy)
        if not holders:
            certifying.recall(uow, old, out, now=now)
        elif open_remedy(uow, old) is None:
            key = str(old.content.get("drafted_as") or old.document)
            dossiers = [uow.dossiers.get(holder) for holder in holders]
            drafted = decisions.draft_certificates(uow, run, key, dossiers, out, now=now)
            draft = uow.decisions.save(certifying.replacing(drafted, old))
            uow.remedies.add(certifying.follows(remedy, old, draft, out, now=now))
            _number(uow, draft, now=now)


def _note(
    uow: UnitOfWork,
    decision: Decision,
    event: str,
    facts: Mapping[str, object],
    *,
    document: str | None = None,
    actor: Actor,
    now: datetime,
) -> None:
    dossier = uow.dossiers.get(decision.dossier_id)
    uow.audit.write(
        AuditLine(
            at=now,
            actor_id=actor.account_id,
            actor_name=actor.full_name,
            event=event,
            target=f"decision:{decision.id}",
            dossier_id=dossier.id,
            cycle_id=decision.cycle_id,
            unit_id=decision.unit_id,
            cohort=dossier.cohort,
            facts={"symbol": decision.symbol, **facts},
            document=document,
        )
    )
