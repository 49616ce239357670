"""What may an administrator do to a running process? Let it rest, go on, end it, or put it at another step, with a reason."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from engine.errors import FieldError, Invalid, WrongState
from engine.ports.process import Step
from engine.ports.store import TimerRow, UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.dossiers import (
    TRANSITIONS,
    Dossier,
    DossierState,
    Instance,
    InstanceId,
    InstanceState,
    WorkItem,
    WorkState,
    moved,
)
from engine.rules.permissions import check_may_operate
from engine.rules.units import Actor
from engine.use_cases import effects, posting, runs
from engine.use_cases.runs import Run


def suspend(uow: UnitOfWork, instance_id: InstanceId, reason: str, *, actor: Actor, now: datetime) -> Instance:
    """Let an instance rest: its work leaves the inboxes, its clocks stand still, messages to it are kept.

    Refused: not the unit's operator (`NotPermitted`), no reason (`Invalid`), it does not run (`WrongState`).
    """
    run = _run(uow, instance_id, reason, actor=actor, now=now)
    if run.instance.state is not InstanceState.RUNNING:
        raise _not_running(run.instance)
    items = uow.work.open_of_instance(instance_id)
    for item in items:
        uow.work.save(replace(item, state=WorkState.SUSPENDED))
    uow.timers.pause(instance_id, [item.id for item in items])
    uow.audit.write(runs.line(run, "suspended", actor=actor, now=now, label=_label(run), reason=reason))
    return uow.instances.save(replace(run.instance, state=InstanceState.SUSPENDED, suspended_at=now))


def resume(uow: UnitOfWork, instance_id: InstanceId, reason: str, *, actor: Actor, now: datetime) -> Instance:
    """Let a suspended instance go on; what is counted from a beginning moves by the time it rested, fixed dates stay.

    A fixed date that passed meanwhile comes at once. Refused as `suspend` refuses; `WrongState`: it does not rest.
    """
    run = _run(uow, instance_id, reason, actor=actor, now=now)
    since = run.instance.suspended_at
    if run.instance.state is not InstanceState.SUSPENDED or since is None:
        raise WrongState("not_suspended", instance=instance_id)
    step = uow.runtime.postpone(run.definition, run.instance.process, run.instance.blob, now - since)
    resting = uow.work.suspended_of_instance(instance_id)
    paused = uow.timers.paused(instance_id, [item.id for item in resting])
    run.instance = uow.instances.save(
        replace(run.instance, state=InstanceState.RUNNING, suspended_at=None, blob=step.state)
    )
    days = (local_day(now) - local_day(since)).days
    _wake_timers(uow, [row for row in paused if row.work_item_id is None], step)
    for item in resting:
        opened = uow.work.save(replace(item, state=WorkState.OPEN, last_day=_moved_day(run, item, days, now)))
        _wake_reminders(uow, run, opened, [row for row in paused if row.work_item_id == item.id], now=now)
    _listen_again(uow, run, now=now)
    facts = {"label": _label(run), "reason": reason, "days": days or None}
    uow.audit.write(runs.line(run, "resumed", actor=actor, now=now, **facts))
    return run.instance


def cancel(uow: UnitOfWork, instance_id: InstanceId, reason: str, *, actor: Actor, now: datetime) -> Instance:
    """End an instance before its time; the dossier closes with its last one, where its state allows.

    Papers that are on their way stay numbered. Refused as `suspend` refuses; `WrongState`: it is over.
    """
    run = _run(uow, instance_id, reason, actor=actor, now=now)
    if run.instance.ended_at is not None:
        raise _not_running(run.instance)
    run.instance = stop(uow, run.instance, now=now)
    uow.audit.write(runs.line(run, "stopped", actor=actor, now=now, label=_label(run), reason=reason))
    _close_dossier(uow, run.dossier, now=now)
    posting.wake_starts(uow, run, now=now)
    return run.instance


def stop(uow: UnitOfWork, instance: Instance, *, now: datetime) -> Instance:
    """End an instance where it stands, running or resting: nothing waits for it or in it any more."""
    items = [*uow.work.open_of_instance(instance.id), *uow.work.suspended_of_instance(instance.id)]
    uow.timers.pause(instance.id, [item.id for item in items])
    for row in uow.timers.paused(instance.id, [item.id for item in items]):
        uow.timers.save(replace(row, state="gone"))
    for item in items:
        uow.work.save(replace(item, state=WorkState.GONE, done_at=now))
    uow.instances.set_subscriptions(instance, [])
    return uow.instances.save(replace(instance, state=InstanceState.ENDED, ended_at=now, suspended_at=None))


def move(
    uow: UnitOfWork, instance_id: InstanceId, token: str, target: str, reason: str, *, actor: Actor, now: datetime
) -> Instance:
    """Put what waits at `token` to the step `target`, in its own sub-process or around it.

    Work, timers and messages that hang on it go. Refused as `suspend` refuses; `WrongState`: the token no longer
    waits, the step cannot be entered from outside (`bad_move`).
    """
    run = _run(uow, instance_id, reason, actor=actor, now=now)
    if run.instance.state is not InstanceState.RUNNING:
        raise _not_running(run.instance)
    process, blob = run.instance.process, run.instance.blob
    step = uow.runtime.move(run.definition, process, blob, token, target, facts=run.facts, now=now)
    to = effects.node_of(run.definition, process, target)
    facts = {"from_name": _name_at(uow, run, token), "to_name": to.name or target, "reason": reason}
    uow.audit.write(runs.line(run, "token_moved", actor=actor, now=now, **facts))
    effects.apply_step(uow, run, step, actor=actor, now=now)
    return run.instance


def _run(uow: UnitOfWork, instance_id: InstanceId, reason: str, *, actor: Actor, now: datetime) -> Run:
    run = runs.of(uow, uow.instances.get(instance_id), now=now)
    check_may_operate(actor, run.path)
    if not reason.strip():
        raise Invalid({"reason": FieldError("reason_required", {})})
    return run


def _not_running(instance: Instance) -> WrongState:
    if instance.state is InstanceState.SUSPENDED:
        return WrongState("suspended", since=instance.suspended_at)
    return WrongState("instance_over", instance=instance.id)


def _label(run: Run) -> str:
    return run.model.process(run.instance.process).label


def _name_at(uow: UnitOfWork, run: Run, token: str) -> str:
    step = uow.runtime.inspect(run.definition, run.instance.process, run.instance.blob)
    places = {found.token: found.node for group in (step.tasks, step.timers, step.operations) for found in group}
    places |= {found.token: found.node for found in step.subscriptions}
    node = places.get(token, "")
    return (effects.node_of(run.definition, run.instance.process, node).name or node) if node else node


def _moved_day(run: Run, item: WorkItem, days: int, now: datetime) -> date | None:
    """The item's last day: a counted one moves by the days of rest, to a working day; a fixed one stays."""
    fixed = run.deadlines.get(item.deadline or "")
    if item.last_day is None or fixed is None or fixed.last_day is not None:
        return item.last_day
    return run.calendar_at(item.unit_id).next_working_day(item.last_day + timedelta(days=days))


def _wake_timers(uow: UnitOfWork, rows: Sequence[TimerRow], step: Step) -> None:
    due = {timer.token: timer.due for timer in step.timers}
    for row in rows:
        state = "waiting" if row.token in due else "gone"
        uow.timers.save(replace(row, state=state, due_at=due.get(row.token, row.due_at)))


def _wake_reminders(uow: UnitOfWork, run: Run, item: WorkItem, rows: Sequence[TimerRow], *, now: datetime) -> None:
    planned = {row.key: row for row in effects.reminders_of(run, item)}
    for row in rows:
        again = planned.pop(row.key, None)
        # A reminder for a day that has passed meanwhile would only confuse; that the day has passed is to be noted.
        gone = again is None or (again.due_at <= now and row.kind == "reminder")
        due = again.due_at if again else row.due_at
        uow.timers.save(replace(row, state="gone" if gone else "waiting", due_at=due))
    uow.timers.plan([row for row in planned.values() if row.due_at > now])


def _listen_again(uow: UnitOfWork, run: Run, *, now: datetime) -> None:
    """Look for what came meanwhile: kept messages, counters that became full."""
    rows = uow.instances.subscriptions(run.instance.id)
    posting.listen(uow, run, [row for row in rows if row.expected is None], now=now)
    counting = {row.token for row in rows if row.expected is not None}
    for tally in uow.conversations.tallies_of(run.instance.id):
        if tally.token in counting and tally.closed_at is not None:
            key = f"tally:{tally.id}:{run.instance.row_version}"
            uow.jobs.enqueue("tally", key, {"tally_id": tally.id})


def _close_dossier(uow: UnitOfWork, dossier: Dossier, *, now: datetime) -> None:
    if any(instance.ended_at is None for instance in uow.instances.of_dossier(dossier.id)):
        return
    over = dossier.state in (DossierState.RUNNING, DossierState.NOT_MET, DossierState.DEFERRED)
    ends = (DossierState.CLOSED, DossierState.WITHDRAWN)
    for state in ends if over else reversed(ends):
        if state in TRANSITIONS[dossier.state]:
            uow.dossiers.save(replace(moved(dossier, state), closed_at=now))
            return
