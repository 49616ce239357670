"""How does a unit register for a cycle? Handing in, being accepted, returned or refused."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from engine.errors import NotPermitted, WrongState
from engine.ports.store import NEW, UnitOfWork
from engine.rules.cycles import Cycle, CycleState
from engine.rules.deadlines import local_day
from engine.rules.dossiers import Dossier, DossierId, DossierState, Member, WorkItem, moved
from engine.rules.units import Actor
from engine.use_cases import effects, runs
from engine.use_cases.acts import Answers, Effect, outcome, reason, table, whole
from engine.use_cases.judging import is_late, judged
from engine.use_cases.runs import Run

#: Letters of a receipt code that cannot be mistaken for one another when read aloud or copied.
ALPHABET = "ABCDEFGHKMNPQRSTUVXY23456789"


def register(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Hand the registration to the unit above: dossier state, member list, receipt code.

    The first complete registration counts for lateness, a corrected one keeps its moment and receipt as long as it came
    back within the return deadline; else the correction counts. After a withdrawal the new registration counts.
    """
    members = members_of(run.dossier, answers)
    if members is not None:
        _keep_members(uow, run.dossier, members)
    first = run.dossier.submitted_at is None or run.dossier.state is DossierState.WITHDRAWN
    name = item.deadline if first else registration_deadline(uow, run.dossier)
    judge = run.deadlines.get(name or "")
    late, on_named_day = judged(run.cycle, judge, judge.last_day if judge and not first else item.last_day, now)
    counts = first or is_late(item.last_day, item.lenient_until, now)
    dossier = moved(run.dossier, DossierState.SUBMITTED)
    run.dossier = uow.dossiers.save(
        replace(
            dossier,
            submitted_at=now if counts else dossier.submitted_at,
            days_late=late if counts else dossier.days_late,
            on_named_day=on_named_day if counts else dossier.on_named_day,
            closed_at=None,
            receipt=dossier.receipt or receipt(run),
            member_count=len(members) if members is not None else dossier.member_count,
        )
    )
    deadline = run.deadlines.get(item.deadline or "")
    early = bool(deadline and deadline.campaign_day and local_day(now) < deadline.campaign_day)
    facts = {"receipt": run.dossier.receipt, "members": run.dossier.member_count, "early": early, "again": not first}
    return Effect(event="submitted", facts=facts | _named(run))


def register_again(uow: UnitOfWork, dossier_id: DossierId, *, actor: Actor, now: datetime) -> Dossier:
    """Let a unit that has withdrawn begin its registration anew; what it hands in now counts, nothing of before.

    Refused: nobody of the unit who registers (`NotPermitted`), not withdrawn, or nothing is taken any more
    (`WrongState`).
    """
    dossier = uow.dossiers.get(dossier_id)
    cycle = uow.cycles.get(dossier.cycle_id)
    check_may_register_again(uow, cycle, dossier, actor)
    if dossier.state is not DossierState.WITHDRAWN or cycle.state is not CycleState.OPEN:
        raise WrongState("not_withdrawn")
    fresh = replace(
        moved(dossier, DossierState.DRAFT), submitted_at=None, days_late=None, on_named_day=False, closed_at=None
    )
    run = effects.start_instance(uow, cycle, uow.dossiers.save(fresh), dossier.process, {}, actor=actor, now=now)
    uow.audit.write(runs.line(run, "registered_again", actor=actor, now=now))
    effects.catch_up(uow, run, actor=actor, now=now)
    if run.dossier.state is not DossierState.DRAFT:
        raise WrongState("door_closed")
    return run.dossier


def check_may_register_again(uow: UnitOfWork, cycle: Cycle, dossier: Dossier, actor: Actor) -> None:
    """Refuse who does not register for the dossier's unit."""
    model, definition = uow.models.get(cycle.version), uow.models.definition(cycle.version)
    nodes = effects.nodes_under(definition, dossier.process)
    lanes = [model.lanes.get(node.lane or "") for node in nodes if node.properties.get("act") == "register"]
    roles = {role for lane in lanes if lane is not None for role in lane.roles}
    if not actor.holds(dossier.unit_id, *roles):
        raise NotPermitted("not_your_work", dossier=dossier.id)


def registration_deadline(uow: UnitOfWork, dossier: Dossier) -> str | None:
    """The deadline by which the dossier's registrations are judged: that of its first one."""
    return next((s.deadline for s in uow.dossiers.submissions(dossier.id, "register")), None)


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
    return Effect(event=event, facts=facts | _named(run), variables={"outcome": chosen})


def _named(run: Run) -> dict[str, object]:
    """What the unit hands in, where the model calls it by a name of its own."""
    name = run.model.process(run.dossier.process).registration
    return {"what": name} if name else {}


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


def _keep_members(uow: UnitOfWork, dossier: Dossier, members: Sequence[Member]) -> None:
    if not dossier.receipt:  # nothing was handed in before, so there is no list yet
        uow.dossiers.add_members(members)
    else:
        uow.dossiers.set_members(dossier.id, members)


def _text(value: object) -> str | None:
    return str(value) if value else None
