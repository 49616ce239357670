"""How does a person sign by themselves? They take what is to be signed, and hand in what they made of it.

Whatever needs cryptography is done before the transaction by `SigningDesk`; here it is kept, and the job goes on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.errors import NotPermitted, WrongState
from engine.ports.store import UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.decisions import Decision, DecisionId, DecisionState
from engine.rules.permissions import CLERK, DEPUTY, OFFICER, SECRETARY
from engine.rules.signings import PREPARED_FOR, Signing, SigningStep, Way
from engine.rules.units import Account, Actor, Unit
from engine.use_cases.signing_ways import Ways, ways_of

#: Who keeps an organisation's seal and hands in what was signed on paper.
KEEPERS = (CLERK, SECRETARY, DEPUTY, OFFICER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A document that waits for a signature from outside, with what a page needs of it."""

    signing: Signing
    decision: Decision
    issuer: Unit
    signer: Account
    ways: Ways

    @property
    def holder(self) -> str:
        """Whose signature is waited for."""
        return self.issuer.name if self.signing.step is SigningStep.ORGANISATION else self.decision.signer_name

    @property
    def signers(self) -> tuple[str, ...]:
        """Who has signed and who signs now, in order."""
        person = self.decision.signer_name
        return (person, self.issuer.name) if self.signing.step is SigningStep.ORGANISATION else (person,)

    @property
    def may_seal_too(self) -> bool:
        """Whether the file may come back with the organisation's signature as well."""
        return self.signing.step is SigningStep.PERSON and self.signing.seal_way is Way.ELSEWHERE

    def ready_until(self) -> datetime | None:
        """Until when what was made ready may be signed; None: nothing is ready."""
        at = self.signing.prepared.get("at")
        return datetime.fromisoformat(str(at)) + PREPARED_FOR if at and self.signing.prepared_sha256 else None


def waiting(uow: UnitOfWork, decision_id: DecisionId) -> Waiting:
    """What the document waits for; `WrongState` when it waits for nobody."""
    decision = uow.decisions.get(decision_id)
    signing = uow.signings.find(decision_id)
    if (
        decision.state is not DecisionState.NUMBERED
        or signing is None
        or not signing.waits
        or decision.signer_id is None
    ):
        raise WrongState("not_waiting_to_be_signed", decision=decision_id)
    return Waiting(
        signing=signing,
        decision=decision,
        issuer=uow.units.get(decision.unit_id),
        signer=uow.accounts.get(decision.signer_id),
        ways=ways_of(uow, decision.unit_id, decision.signer_id, sealed=signing.seal_way is not None, usual=Way.SERVER),
    )


def may_sign(actor: Actor, signing: Signing, decision: Decision) -> bool:
    """Whether the step is this person's: the signer signs, whoever keeps the seal stamps, both hand in a scan."""
    signs = actor.account_id is not None and actor.account_id == decision.signer_id
    keeps = actor.holds(decision.unit_id, *KEEPERS)
    return {
        SigningStep.PERSON: signs,
        SigningStep.ORGANISATION: keeps,
        SigningStep.PAPER: signs or keeps,
        SigningStep.DONE: False,
    }[signing.step]


def check_may_sign(actor: Actor, signing: Signing, decision: Decision) -> None:
    """Refuse whose step it is not."""
    if not may_sign(actor, signing, decision):
        raise NotPermitted("not_your_signature", decision=decision.id)


def open_for(uow: UnitOfWork, actor: Actor) -> Sequence[tuple[Signing, Decision]]:
    """What waits for this person, the oldest first."""
    found = [(signing, uow.decisions.get(signing.decision_id)) for signing in uow.signings.open() if signing.waits]
    return [(signing, decision) for signing, decision in found if may_sign(actor, signing, decision)]


def make_ready(
    uow: UnitOfWork, seen: Waiting, prepared_sha256: str, facts: Mapping[str, object], *, actor: Actor, now: datetime
) -> Signing:
    """Keep the file that was made ready for a token; a later one takes its place."""
    check_may_sign(actor, seen.signing, seen.decision)
    ready = replace(seen.signing, prepared_sha256=prepared_sha256, prepared=facts)
    return _kept(uow, seen, ready, "signature_prepared", actor=actor, now=now)


def answer(
    uow: UnitOfWork, seen: Waiting, answer_sha256: str, *, sealed: bool = False, actor: Actor, now: datetime
) -> Signing:
    """Keep a signature, or a file signed elsewhere, that was checked; the document goes on.

    Refused (`WrongState`, `signature_expired`): what was signed had been made ready too long ago.
    """
    check_may_sign(actor, seen.signing, seen.decision)
    until = seen.ready_until()
    if seen.signing.way is Way.TWO_STEP and (until is None or now > until):
        raise WrongState("signature_expired", decision=seen.decision.id)
    facts = {"sealed": sealed} if seen.signing.way is Way.ELSEWHERE else seen.signing.prepared
    signed = replace(
        seen.signing, answer_sha256=answer_sha256, prepared=facts, by_id=actor.account_id, by_name=actor.full_name
    )
    return _handed_in(uow, seen, signed, "signature_given", actor=actor, now=now)


def scanned(
    uow: UnitOfWork, seen: Waiting, sha256: str, name: str, media_type: str, *, actor: Actor, now: datetime
) -> Signing:
    """Keep the scan of the paper that was signed and stamped by hand; the document goes on."""
    check_may_sign(actor, seen.signing, seen.decision)
    signed = replace(
        seen.signing,
        answer_sha256=sha256,
        scan_name=name,
        scan_type=media_type,
        by_id=actor.account_id,
        by_name=actor.full_name,
    )
    return _handed_in(uow, seen, signed, "paper_scanned", actor=actor, now=now)


def _handed_in(uow: UnitOfWork, seen: Waiting, signed: Signing, event: str, *, actor: Actor, now: datetime) -> Signing:
    kept = _kept(uow, seen, signed, event, actor=actor, now=now)
    payload = {
        "decision_id": int(kept.decision_id),
        "instance_id": int(kept.instance_id),
        "token": kept.token,
    }
    uow.jobs.enqueue("issue", f"issue:{kept.decision_id}:{kept.row_version}", payload)
    return kept


def _kept(uow: UnitOfWork, seen: Waiting, signing: Signing, event: str, *, actor: Actor, now: datetime) -> Signing:
    waiting(uow, seen.decision.id)
    kept = uow.signings.save(signing)
    uow.audit.write(
        AuditLine(
            at=now,
            actor_id=actor.account_id,
            actor_name=actor.full_name,
            event=event,
            target=f"decision:{seen.decision.id}",
            cycle_id=seen.decision.cycle_id,
            dossier_id=seen.decision.dossier_id,
            unit_id=seen.decision.unit_id,
            facts={"symbol": seen.decision.symbol, "holder": seen.holder, "sha256": signing.answer_sha256},
        )
    )
    return kept
