"""How does a draft become a document in force, and how is recognition taken back? The acts around a signature."""

from dataclasses import replace
from datetime import datetime

from engine.ports.store import UnitOfWork
from engine.rules.dossiers import WorkItem
from engine.rules.permissions import stand_in
from engine.rules.units import Actor
from engine.use_cases import decisions
from engine.use_cases.acts import Answers, Effect, outcome, reason
from engine.use_cases.runs import Run
from engine.use_cases.standing_in import signed_for


def sign(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Sign the latest draft of the dossier, or return it with a reason.

    Who signs in another's stead does so in the legal form of the delegation. Refused (`WrongState`) while a legal basis
    of the draft lacks number or date, when somebody on its list has left or changed since it was drafted or holds a title
    that is under recall, and when the substitute's position has changed since the delegation.
    """
    decision = decisions.latest_draft(uow, run)
    if outcome(answers, "sign", "return") == "return":
        why = reason(answers, required=True)
        decisions.void(uow, decision, why)
        return Effect(event="returned", facts={"reason": why}, variables={"outcome": "return"})
    decisions.check_bases(uow, decision)
    decisions.check_subjects(uow, decision)
    decisions.check_titles_free(uow, decision)
    absent = stand_in(actor, item)
    if absent is not None:
        decision = decisions.resigned(decision, signed_for(uow, decisions.stored_paper(decision), absent, now=now))
    uow.decisions.save(replace(decision, signer_id=actor.account_id, signer_name=actor.full_name))
    return Effect(event="signed", facts={"subject": decision.subject}, variables={"outcome": "sign"})


def archive(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Confirm that the issued documents were distributed and the dossier put into the archive; refused while one is
    under recall (`WrongState`)."""
    found = [d for d in uow.decisions.of_dossier(run.dossier.id) if d.symbol]
    for decision in found:
        decisions.check_free(uow, decision)
    issued = [d.symbol for d in found]
    return Effect(event="archived", facts={"documents": issued})


def verify(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Verify whether there is a ground to take a recognition back."""
    chosen = outcome(answers, "proceed", "drop")
    return Effect(event="verified", facts={"proceed": chosen == "proceed"}, variables={"outcome": chosen})


def explain(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Keep the unit's explanation."""
    return Effect(event="explained")


def cancel_decide(
    uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime
) -> Effect:
    """Decide whether the recognition is taken back, on one of the grounds that the law names."""
    chosen = outcome(answers, "cancel", "keep")
    why = reason(answers, required=True)
    facts = {"cancelled": chosen == "cancel", "reason": why}
    return Effect(event="decided", facts=facts, variables={"outcome": chosen})
