"""What paper does a completed task leave behind? The form as it was handed in, put into the words of the pack's template.

A user task names its paper by the property `document`. The paper is made once, when the task is done, and kept with the
submission: units may be renamed and models replaced, it says the same years later. A paper that the rules number takes its
number from the unit's book at that moment; where the office numbers it, the number follows later, in the register.
"""

import hashlib
import json
from dataclasses import replace
from datetime import datetime

from engine.ports.store import UnitOfWork
from engine.rules.deadlines import ICT, local_day
from engine.rules.decisions import RegisterState
from engine.rules.dossiers import Submission, WorkItem
from engine.rules.papers import Paper, Paragraph, Signature, paper_from_json, plain_paper
from engine.rules.text import moment_text, short_date
from engine.rules.units import StandIn, Unit
from engine.use_cases import decisions, drafting, numbering
from engine.use_cases.acts import Answers
from engine.use_cases.drafting import Template, Words
from engine.use_cases.fate import tell_awaited
from engine.use_cases.numbering import Given, Wanted
from engine.use_cases.prefill import completed
from engine.use_cases.quoting import quoted
from engine.use_cases.runs import Run
from engine.use_cases.standing_in import in_stead, signing_delegation
from engine.use_cases.wording import Schema

#: Words about lateness; empty when it was none.
LATENESS = ("days_late", "due")
#: Words about the moment of handing in, beside the form's own answers and those of `drafting.words_of`.
MOMENT = ("submitted_at", "submitted_by", *LATENESS)


def known_rows(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, now: datetime) -> Answers:
    """The answers with what the system knows by itself, as long as the act has not moved the dossiers yet."""
    named = "document" in item.properties or cited(run, item)
    return completed(uow, run, item, answers, now=now) if named else answers


def cited(run: Run, item: WorkItem) -> bool:
    """Whether a document that is drafted later names the answers of this form."""
    return any(item.form in Template(key=key, raw=raw).answers() for key, raw in run.model.documents.items())


def paper_of(
    uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, handed_in: Submission, absent: StandIn | None = None
) -> Paper | None:
    """The paper of a task that is being completed: its form as handed in, the answers with what the system knows.

    Who handed it in for `absent` and signs in that one's stead stands in the signature block, in the legal form of the
    delegation. None: the task names no paper, or the answers leave none behind.
    """
    key, now = item.properties.get("document"), handed_in.at
    if key is None:
        return None
    form = drafting.template_for(uow, run, key, now=now)
    if not form.is_left_by(answers):
        return None
    asked = quoted(form, run.model.forms.get(item.form or "", {}), answers)
    rows = {drafting.list_name(raw): asked.rows.get(drafting.rows_named(raw), ()) for raw in form.annexes()}
    form = replace(form, lists=rows)
    unit = drafting.issuer(run, form)
    words = {**drafting.words_of(run, unit, ()), **_moment(handed_in), **asked.words, **asked.counts}
    paper = drafting.assemble(
        uow,
        form,
        drafting.setting(run, form, unit),
        words,
        blocks=tuple(Paragraph(text=text) for text in form.said(words, {*asked.words, *LATENESS})),
        annexes=tuple(
            drafting.annex_of(form, raw, words, form.lists[drafting.list_name(raw)]) for raw in form.annexes()
        ),
    )
    stead = signing_delegation(uow, absent, now=now)
    signatures = tuple(
        in_stead(s, stead, handed_in.by_name)
        if stead is not None and raw.get("role") == stead.role
        else _named(uow, unit, s, raw, now)
        for s, raw in zip(paper.signatures, form.signatures(), strict=True)
    )
    # Nobody signs it here: it is signed on paper, or not at all.
    return replace(paper, id=_id(item, key), date=local_day(now), signatures=signatures, sealed=False)


def keep(uow: UnitOfWork, run: Run, item: WorkItem, handed_in: Submission, paper: Paper | None) -> Submission:
    """Keep what was handed in with its paper; a paper that is numbered takes its number, or waits for it.

    Refused (`WrongState`): a legal basis of a paper that is numbered lacks its number or date.
    """
    if paper is None:
        return uow.dossiers.add_submission(handed_in)
    form = drafting.template_for(uow, run, item.properties["document"], now=handed_in.at)
    wanted = _wanted(uow, run, form, paper)
    if wanted is not None:
        decisions.check_basis_keys(uow, form.lines("bases"))
    found = numbering.take(uow, wanted, now=handed_in.at) if wanted is not None else None
    if found is not None:
        paper = replace(paper, number=found.number, date=found.dated)
    submission = uow.dossiers.add_submission(replace(handed_in, paper=plain_paper(paper)))
    if wanted is not None and found is not None:
        _supersede(uow, submission, found)
        numbering.register(uow, wanted, found, submission_id=submission.id, state=RegisterState.ISSUED)
    elif wanted is not None:
        numbering.wait(uow, wanted, submission_id=submission.id, now=handed_in.at)
        tell_awaited(uow, wanted.unit_id, wanted.subject, f"s{submission.id}", now=handed_in.at)
    return submission


def _wanted(uow: UnitOfWork, run: Run, form: Template, paper: Paper) -> Wanted | None:
    """What the register is to say of the paper; None: it is not numbered."""
    book, unit = form.text("book"), drafting.issuer(run, form)
    if not book or not numbering.is_numbered(uow, unit.id, paper.kind, book):
        return None
    return Wanted(
        unit_id=unit.id,
        kind=book,
        type_code=form.text("type_code"),
        symbol=paper.symbol,
        subject=paper.subject,
        signer_name=paper.signatures[-1].name if paper.signatures else "",
        recipients=paper.recipients,
    )


def _supersede(uow: UnitOfWork, submission: Submission, found: Given) -> None:
    """Note on the numbers of the same form's earlier papers which one took their place."""
    earlier = [s for s in uow.dossiers.submissions(submission.dossier_id) if s.node == submission.node]
    for old in (s for s in earlier if s.id != submission.id):
        row = uow.books.row_of_submission(old.id)
        if row is not None and row.state is RegisterState.ISSUED:
            changed = replace(row, state=RegisterState.REPLACED, note=found.symbol, changed_by=submission.by_name)
            uow.books.save_row(replace(changed, changed_at=submission.at))


def paper_kept(submission: Submission) -> Paper | None:
    """The paper that was made when the form was handed in; None: there is none."""
    return paper_from_json(json.dumps(submission.paper).encode()) if submission.paper else None


def _moment(handed_in: Submission) -> Words:
    late, last_day = handed_in.days_late, handed_in.last_day
    told = bool(late and last_day)
    return {
        "submitted_at": moment_text(handed_in.at, ICT),
        "submitted_by": handed_in.by_name,
        "days_late": str(late) if told else "",
        "due": short_date(last_day) if told and last_day else "",
    }


def _named(uow: UnitOfWork, unit: Unit, signature: Signature, raw: Schema, now: datetime) -> Signature:
    """The signature with the name of the one person who holds the role that the template names."""
    role = raw.get("role")
    if signature.name or role is None:
        return signature
    holders = uow.accounts.holders(unit.id, (str(role),), local_day(now))
    return replace(signature, name=holders[0].full_name) if len(holders) == 1 else signature


def _id(item: WorkItem, key: str) -> str:
    return hashlib.sha256(f"{key}/{item.id}/{item.token}/{item.opened_at.isoformat()}".encode()).hexdigest()[:20]
