"""How does a unit register for a cycle? Handing in, being accepted, returned or refused."""

import hashlib
from dataclasses import replace
from datetime import datetime

from engine.ports.store import NEW, UnitOfWork
from engine.rules.deadlines import days_late, local_day
from engine.rules.dossiers import Dossier, DossierState, Member, WorkItem, moved
from engine.rules.units import Actor
from engine.use_cases.acts import Answers, Effect, outcome, reason, table, whole
from engine.use_cases.runs import Run

#: Letters of a receipt code that cannot be mistaken for one another when read aloud or copied.
ALPHABET = "ABCDEFGHKMNPQRSTUVXY23456789"


def register(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Hand the registration to the unit above: dossier state, member list, receipt code.

    The first complete registration counts for lateness; a corrected one keeps its moment and receipt.
    """
    members = members_of(run.dossier, answers)
    if members is not None:
        uow.dossiers.set_members(run.dossier.id, members)
    first = run.dossier.submitted_at is None
    dossier = moved(run.dossier, DossierState.SUBMITTED)
    run.dossier = uow.dossiers.save(
        replace(
            dossier,
            submitted_at=now if first else dossier.submitted_at,
            days_late=days_late(item.last_day, now) if first else dossier.days_late,
            receipt=dossier.receipt or receipt(run),
            member_count=len(members) if members is not None else dossier.member_count,
        )
    )
    deadline = run.deadlines.get(item.deadline or "")
    early = bool(deadline and deadline.campaign_day and local_day(now) < deadline.campaign_day)
    facts = {"receipt": run.dossier.receipt, "members": run.dossier.member_count, "early": early, "again": not first}
    return Effect(event="submitted", facts=facts)


def review(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Accept the registration, return it for correction, or refuse it with a reason."""
    chosen = outcome(answers, "accept", "return", "refuse")
    why = reason(answers, required=chosen != "accept")
    state, event = {
        "accept": (DossierState.ACCEPTED, "accepted"),
        "return": (DossierState.RETURNED, "returned"),
        "refuse": (DossierState.REFUSED, "refused"),
    }[chosen]
    dossier = moved(run.dossier, state)
    run.dossier = uow.dossiers.save(replace(dossier, closed_at=now if chosen == "refuse" else None))
    facts = {"reason": why, "late_registration": run.dossier.days_late or 0}
    return Effect(event=event, facts=facts, variables={"outcome": chosen})


def members_of(dossier: Dossier, answers: Answers) -> list[Member] | None:
    """The member list of a form, in its order; None when the form has none."""
    if "members" not in answers:
        return None
    return [
        Member(
            id=NEW,
            dossier_id=dossier.id,
            full_name=str(row.get("full_name", "")).strip(),
            birth_year=whole(row.get("birth_year")) or None,
            self_result=_text(row.get("self_result")),
            result=_text(row.get("result")),
            note=str(row.get("note") or ""),
        )
        for row in table(answers, "members")
        if str(row.get("full_name", "")).strip()
    ]


def receipt(run: Run) -> str:
    """A receipt code that people can read aloud: the unit's code, the year, four letters."""
    seed = hashlib.sha256(f"{run.model.key}/{run.cycle.year}/{run.dossier.id}/{run.unit.code}".encode()).digest()
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in seed[:4])
    return f"{run.unit.code}-{run.cycle.year}-{letters}"


def _text(value: object) -> str | None:
    return str(value) if value else None
