"""How is the year followed? Progress, slips, quarterly tables, reports upwards and their acknowledgement."""

from datetime import datetime

from engine.ports.store import UnitOfWork
from engine.rules.dossiers import WorkItem
from engine.rules.units import Actor
from engine.use_cases import distribution
from engine.use_cases.acts import Answers, Effect, outcome, reason, table
from engine.use_cases.runs import Run


def progress(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Keep a note of progress, with evidence when the form takes it."""
    return Effect(event="progressed")


def slip(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Keep the unit's own slip of the quarter."""
    return Effect(event="reported")


def report(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Report the units' state to the unit above."""
    return Effect(event="reported", facts={"rows": len(table(answers, "rows"))})


def monitor(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Keep the quarter's table over the units below; a row without progress is flagged, never a block."""
    rows = table(answers, "rows")
    missing = [str(row.get("code", "")) for row in rows if not row.get("progress")]
    return Effect(event="reported", facts={"rows": len(rows), "missing": missing})


def synthesise(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Send the year's provisional results upwards; they never overwrite what is recognised later."""
    return Effect(event="synthesised", facts={"rows": len(table(answers, "rows"))})


def acknowledge(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Take note of what was received, or return it with a reason."""
    if item.unit_id == run.dossier.unit_id:
        distribution.taken_note_of(uow, run.dossier, actor=actor, now=now)
    chosen = outcome(answers, "accept", "return", default="accept")
    why = reason(answers, required=chosen == "return")
    event = "acknowledged" if chosen == "accept" else "returned"
    return Effect(event=event, facts={"reason": why}, variables={"outcome": chosen})


def fill(uow: UnitOfWork, run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Effect:
    """Keep the answers of a task that names no act."""
    return Effect(event="completed")
