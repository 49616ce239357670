"""How is a task done? Seen with what it starts from, drafted, and completed: one act, one step, one audit line."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from engine.errors import StaleVersion, WrongState
from engine.ports.store import NEW, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.deadlines import local_day
from engine.rules.dossiers import Submission, WorkItem, WorkItemId, WorkState
from engine.rules.units import Actor, StandIn
from engine.use_cases import assessments, effects, figures, monitoring, printing, registrations, runs, scoring, signing
from engine.use_cases.acts import Act, Answers, Effect, variables
from engine.use_cases.judging import judged
from engine.use_cases.runs import Run
from engine.use_cases.standing_in import check_may_act, keeps_late_draft

#: Name in the diagram → what is done.
ACTS: Mapping[str, Act] = {
    "register": registrations.register,
    "review": registrations.review,
    "progress": monitoring.progress,
    "slip": monitoring.slip,
    "report": monitoring.report,
    "acknowledge": monitoring.acknowledge,
    "monitor": monitoring.monitor,
    "synthesise": monitoring.synthesise,
    "request": assessments.request,
    "assess": assessments.assess,
    "settle": scoring.settle,
    "weigh": scoring.weigh,
    "meet": assessments.meet,
    "decide": assessments.decide,
    "answer_appeal": assessments.answer_appeal,
    "sign": signing.sign,
    "archive": signing.archive,
    "verify": signing.verify,
    "explain": signing.explain,
    "cancel_decide": signing.cancel_decide,
    "fill": monitoring.fill,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What completing a task left behind."""

    run: Run
    submission: Submission
    effect: Effect


def complete_task(
    uow: UnitOfWork, item_id: WorkItemId, answers: Answers, *, row_version: int, actor: Actor, now: datetime
) -> Done:
    """Complete a task with checked answers: act, submission, process step, audit line.

    Refused: not the actor's work (`NotPermitted`), done or gone already (`WrongState`), changed since it was
    shown (`StaleVersion`), answers that the act does not accept (`Invalid`).
    """
    item, instance, dossier, cycle = uow.work.take(item_id)
    _check_open(item, row_version)
    absent = check_may_act(uow, actor, item, now=now)
    runs.check_awake(instance)
    run = runs.gather(uow, cycle, dossier, instance, now=now)
    uow.work.save(replace(item, state=WorkState.DONE, done_at=now, done_by=actor.account_id, draft={}))
    record = printing.known_rows(uow, run, item, answers, now=now)
    effect = ACTS[item.act](uow, run, item, answers, actor=actor, now=now)
    # What a document names later is kept as it is known now.
    kept = record if printing.cited(run, item) else answers
    handed_in = _submission(run, item, kept, actor=actor, now=now)
    paper = printing.paper_of(uow, run, item, record, handed_in, absent)
    submission = printing.keep(uow, run, item, handed_in, paper)
    if absent is not None:
        uow.absences.note(absent.delegation_id, submission.id)
    # The line stands before those that the step itself may write: history reads in the order of causes.
    uow.audit.write(_line(run, item, submission, effect, actor=actor, absent=absent, now=now))
    told = {**variables(answers), **effect.variables}
    figures.feed(uow, run, item, submission, actor=actor, now=now)
    effects.complete_token(uow, run, item.token, told, done=item, actor=actor, now=now)
    return Done(run=run, submission=submission, effect=effect)


def save_draft(
    uow: UnitOfWork, item_id: WorkItemId, answers: Answers, *, row_version: int, actor: Actor, now: datetime
) -> WorkItem:
    """Keep unchecked answers of an open task; nothing else changes."""
    item = uow.work.get(item_id)
    _check_open(item, row_version)
    check_may_act(uow, actor, item, now=now)
    return _drafted(uow, item, answers, actor=actor, now=now)


def keep_late_draft(
    uow: UnitOfWork, item_id: WorkItemId, answers: Answers, *, row_version: int, actor: Actor, now: datetime
) -> WorkItem | None:
    """Keep what a substitute typed whose delegation has just ended, for whose work it is; None: it is too late for that."""
    item = uow.work.get(item_id)
    over = item.state is not WorkState.OPEN or item.row_version != row_version
    if over or not keeps_late_draft(uow, actor, item, now=now):
        return None
    return _drafted(uow, item, answers, actor=actor, now=now)


def _drafted(uow: UnitOfWork, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> WorkItem:
    saved = uow.work.save(replace(item, draft=answers))
    uow.audit.write(
        AuditLine(
            at=now,
            actor_id=actor.account_id,
            actor_name=actor.full_name,
            event="drafted",
            target=f"work:{item.id}",
            cycle_id=item.cycle_id,
            unit_id=item.unit_id,
        )
    )
    return saved


def _check_open(item: WorkItem, row_version: int) -> None:
    if item.state is not WorkState.OPEN:
        raise WrongState("work_done", item=item.id, state=item.state, at=item.done_at)
    if item.row_version != row_version:
        raise StaleVersion("work_changed", item=item.id)


def _submission(run: Run, item: WorkItem, answers: Answers, *, actor: Actor, now: datetime) -> Submission:
    late, on_named_day = judged(run.cycle, run.deadlines.get(item.deadline or ""), item.last_day, now)
    return Submission(
        id=NEW,
        dossier_id=item.dossier_id,
        work_item_id=item.id,
        act=item.act,
        node=item.node,
        title=item.name,
        form=item.form,
        answers=answers,
        at=now,
        by_id=actor.account_id,
        by_name=actor.full_name,
        deadline=item.deadline,
        last_day=item.last_day,
        days_late=late,
        on_named_day=on_named_day,
    )


def _line(
    run: Run,
    item: WorkItem,
    submission: Submission,
    effect: Effect,
    *,
    actor: Actor,
    absent: StandIn | None,
    now: datetime,
) -> AuditLine:
    more: dict[str, object] = {"named_day": local_day(now)} if submission.on_named_day else {}
    if absent is not None:
        more["stead"] = absent.for_name
    line = runs.line(run, effect.event, actor=actor, now=now, name=item.name, **effect.facts, **more)
    return replace(line, task=item.deadline or item.act, last_day=item.last_day, days_late=submission.days_late)
