"""How is a numbered document made and given out? A job renders, signs and stores it, then its process goes on.

Where the server does not hold every key, the job goes as far as it can and leaves a `Signing` behind that says what is
waited for; `countersigning` takes the answer and promises the job again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from engine.errors import SigningFailed
from engine.ports.outside import Pictures, Rendered, SignerName
from engine.ports.services import OpenUow, Outside
from engine.ports.store import NEW, Incident, UnitOfWork
from engine.rules.deadlines import Deadline, local_day, start_of_day
from engine.rules.decisions import Decision, DecisionId, DecisionState
from engine.rules.dossiers import InstanceId
from engine.rules.papers import Paper, content_sha256, plain_paper
from engine.rules.permissions import CLERK
from engine.rules.signings import Signing, SigningStep, Way, first_step, step_after
from engine.rules.units import SYSTEM, Account, Unit
from engine.use_cases import decisions, distribution, drafting, effects, numbering, remedies, runs
from engine.use_cases.decisions import stored_paper
from engine.use_cases.judging import judged
from engine.use_cases.notifying import Teller
from engine.use_cases.runs import Run
from engine.use_cases.signing_ways import Ways, ways_of


def issue(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
    """Render, sign and store a numbered document, then let its process go on; or stop where people have to sign.

    Doing it again changes nothing: files lie under their hash, an issued document is passed over.
    """
    with open_uow() as uow:
        known = _known(uow, DecisionId(int(str(payload["decision_id"]))), outside)
    if known is None:
        return
    if known.signing is None and known.ways.by_server:
        _finish(open_uow, _signed(outside, known), payload, now=now)
        return
    if known.signing is None:
        known = _begin(open_uow, outside, known, payload, now=now)
    _go_on(open_uow, outside, known, payload, now=now)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the job works on."""

    decision: Decision
    issuer: Unit
    signer: Account
    ways: Ways
    signing: Signing | None

    @property
    def person(self) -> SignerName:
        """Who signs, as the certificate names them."""
        return signer_name(self.decision, self.signer)


def signer_name(decision: Decision, signer: Account) -> SignerName:
    """Who signs a document, as the certificate names them."""
    return SignerName(
        id=str(signer.id), name=decision.signer_name, position=decision.signer_title, username=signer.username
    )


def _known(uow: UnitOfWork, decision_id: DecisionId, outside: Outside) -> _Known | None:
    decision = uow.decisions.get(decision_id)
    if decision.state is not DecisionState.NUMBERED:
        return None
    if decision.signer_id is None or decision.signed_at is None:
        raise SigningFailed("không rõ tài khoản của người ký", retry_after=None)
    return _Known(
        decision=decision,
        issuer=uow.units.get(decision.unit_id),
        signer=uow.accounts.get(decision.signer_id),
        ways=ways_of(
            uow,
            decision.unit_id,
            decision.signer_id,
            sealed=stored_paper(decision).sealed,
            usual=Way.SERVER if outside.server_signs else Way.ELSEWHERE,
        ),
        signing=uow.signings.find(decision.id),
    )


def _numbered_paper(outside: Outside, decision: Decision, *, by_hand: bool) -> Paper:
    drafted = stored_paper(decision)
    return replace(
        drafted,
        number=decision.number,
        date=decision.dated,
        signatures=tuple(replace(s, name=decision.signer_name) for s in drafted.signatures),
        verification_url=f"{outside.base_url}/kiem-tra/{decision.code}",
        test_signature=outside.test_signatures and not by_hand,
    )


def _rendered(outside: Outside, decision: Decision, *, by_hand: bool) -> tuple[Decision, Rendered]:
    """The document with its final words and its Word file, and the files before any signature."""
    paper = _numbered_paper(outside, decision, by_hand=by_hand)
    rendered = outside.renderer.render(paper)
    final = replace(
        decision,
        content={**decision.content, "paper": plain_paper(paper)},
        content_sha256=content_sha256(paper),
        docx_sha256=outside.archive.put(rendered.docx),
    )
    return final, rendered


def _signed(outside: Outside, known: _Known) -> Decision:
    """The document signed at once with the server's keys."""
    decision, at = known.decision, known.decision.signed_at
    if at is None:
        raise SigningFailed("not numbered", retry_after=None)
    final, rendered = _rendered(outside, decision, by_hand=False)
    signed = outside.signer.sign(
        rendered.pdf,
        person=known.person,
        organisation=known.issuer.name if known.ways.seal else None,
        at=at,
        pictures=pictures_of(outside, known.ways),
    )
    return replace(final, pdf_sha256=outside.archive.put(signed))


def pictures_of(outside: Outside, ways: Ways) -> Pictures:
    """The office's own pictures."""
    person, seal = (outside.archive.get(s) if s else b"" for s in (ways.person_picture, ways.seal_picture))
    return Pictures(person=person, seal=seal)


def _begin(
    open_uow: OpenUow, outside: Outside, known: _Known, payload: Mapping[str, object], *, now: datetime
) -> _Known:
    """Make the file that is to be signed and note what is waited for."""
    ways = known.ways
    final, rendered = _rendered(outside, known.decision, by_hand=ways.person is Way.PAPER)
    signing = Signing(
        id=NEW,
        decision_id=final.id,
        unit_id=final.unit_id,
        instance_id=InstanceId(int(str(payload["instance_id"]))),
        token=str(payload["token"]),
        person_way=ways.person,
        seal_way=ways.seal,
        step=first_step(ways.person),
        given_sha256=outside.archive.put(rendered.pdf),
        prepared_sha256="",
        prepared={},
        answer_sha256="",
        scan_sha256="",
        scan_name="",
        scan_type="",
        since=now,
        by_id=None,
        by_name="",
        row_version=0,
    )
    with open_uow() as uow:
        kept = uow.signings.add(signing)
        _tell(uow, known, kept, now=now)
        return replace(known, decision=uow.decisions.save(final), signing=kept)


def _go_on(open_uow: OpenUow, outside: Outside, known: _Known, payload: Mapping[str, object], *, now: datetime) -> None:
    """Do every step that can be done now; the last one gives the document out."""
    signing = known.signing
    while signing is not None and signing.step is not SigningStep.DONE:
        if signing.waits:
            return
        moved = _stepped(outside, known, signing, now=now)
        with open_uow() as uow:
            signing = uow.signings.save(moved)
            _tell(uow, known, signing, now=now)
    if signing is None:
        return
    pdf = signing.given_sha256
    if not signing.on_paper:
        pdf = outside.archive.put(outside.signer.close(outside.archive.get(pdf), at=now))
    _finish(open_uow, replace(known.decision, pdf_sha256=pdf, signed_at=now), payload, now=now)


def _tell(uow: UnitOfWork, known: _Known, signing: Signing, *, now: datetime) -> None:
    """Tell those whose signature, seal or scan is waited for."""
    if not signing.waits:
        return
    decision, people = known.decision, [known.signer]
    if signing.step is not SigningStep.PERSON:
        keepers = uow.accounts.holders(decision.unit_id, [CLERK], local_day(now))
        people = [*keepers, *(people if signing.step is SigningStep.PAPER else [])]
    facts = {
        "symbol": decision.symbol,
        "subject": decision.subject,
        "decision": int(decision.id),
        "step": signing.step.value,
    }
    for person in {person.id: person for person in people}.values():
        Teller(uow, now).tell(
            person,
            key=f"to_sign:{decision.id}:{signing.step}:{person.id}",
            kind="to_sign",
            facts=facts,
            href=f"/van-ban/{decision.id}/ky",
            unit_id=decision.unit_id,
        )


def _stepped(outside: Outside, known: _Known, signing: Signing, *, now: datetime) -> Signing:
    """The signing after its step, made by the server's key or of what came back."""
    pdf, sealed = outside.archive.get(signing.given_sha256), False
    pictures, name = pictures_of(outside, known.ways), known.issuer.name
    if signing.way is Way.SERVER and signing.step is SigningStep.PERSON:
        pdf = outside.signer.sign_person(pdf, person=known.person, organisation=name, at=now, pictures=pictures)
    elif signing.way is Way.SERVER:
        pdf = outside.signer.seal(pdf, organisation=name, at=now, pictures=pictures)
    elif signing.way is Way.TWO_STEP:
        prepared = outside.archive.get(signing.prepared_sha256)
        pdf = outside.signer.assemble(prepared, signing.prepared, outside.archive.get(signing.answer_sha256), at=now)
    elif signing.way is Way.ELSEWHERE:
        pdf = outside.archive.get(signing.answer_sha256)
        sealed = signing.prepared.get("sealed") is True
    return replace(
        signing,
        step=step_after(signing, sealed=sealed),
        given_sha256=outside.archive.put(pdf),
        prepared_sha256="",
        prepared={},
        answer_sha256="",
        scan_sha256=signing.answer_sha256 if signing.way is Way.PAPER else "",
        since=now,
    )


def _finish(open_uow: OpenUow, decision: Decision, payload: Mapping[str, object], *, now: datetime) -> None:
    with open_uow() as uow:
        _settle(uow, decision, InstanceId(int(str(payload["instance_id"]))), str(payload["token"]), now=now)


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
        **decisions.files_told(uow, saved),
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
