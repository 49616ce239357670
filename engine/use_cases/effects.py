"""What follows from a step? Work for people, timers, subscriptions, operations: all in this transaction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from engine.errors import ProcessFault, WrongState
from engine.ports.process import Data, Definition, Node, OpenTask, OperationAsked, Step, Subscription, Timer
from engine.ports.store import NEW, Awaited, SubscriptionRow, TimerRow, UnitOfWork
from engine.rules.cycle_models import CycleModel, Lane
from engine.rules.cycles import Cycle
from engine.rules.deadlines import local_day, start_of_day
from engine.rules.dossiers import (
    Dossier,
    DossierState,
    Instance,
    InstanceId,
    InstanceState,
    WorkItem,
    WorkItemId,
    WorkState,
    moved,
)
from engine.rules.reminders import ladder
from engine.rules.units import Actor, Unit
from engine.use_cases import posting, rankings, runs
from engine.use_cases.judging import FOREVER, lenient_until
from engine.use_cases.operations import OPERATIONS, Posted, Result
from engine.use_cases.runs import Run


def start_instance(
    uow: UnitOfWork,
    cycle: Cycle,
    dossier: Dossier,
    process: str,
    variables: Data,
    *,
    business_key: str = "",
    message: str | None = None,
    signal: str | None = None,
    actor: Actor,
    now: datetime,
) -> Run:
    """Start a process on a dossier and carry out what follows at once.

    `business_key`: what its messages are addressed by, else the unit's code; `message` or `signal`: what starts it.
    """
    instance = uow.instances.add(
        Instance(
            id=InstanceId(NEW),
            dossier_id=dossier.id,
            cycle_id=cycle.id,
            version=cycle.version,
            process=process,
            state=InstanceState.RUNNING,
            blob=b"",
            started_at=now,
            ended_at=None,
            row_version=0,
            business_key=business_key or uow.units.get(dossier.unit_id).code,
        )
    )
    run = runs.gather(uow, cycle, dossier, instance, now=now)
    run.fresh = True
    start: Data = {
        "year": cycle.year,
        "unit_code": run.unit.code,
        "unit_name": run.unit.name,
        "cohort": dossier.cohort or "",
        "group": dossier.group,
        **variables,
    }
    step = uow.runtime.start(run.definition, process, start, facts=run.facts, now=now, message=message, signal=signal)
    apply_step(uow, run, step, actor=actor, now=now)
    return run


def complete_token(
    uow: UnitOfWork, run: Run, token: str, variables: Data, *, done: WorkItem | None = None, actor: Actor, now: datetime
) -> None:
    """Complete a waiting task or operation and carry out what follows; `WrongState` when the instance was cancelled.

    `done`: the item of the task, saved already; nobody is reminded of it any more.
    """
    if run.instance.ended_at is not None:
        raise WrongState("instance_over", instance=run.instance.id)
    step = uow.runtime.complete(
        run.definition, run.instance.process, run.instance.blob, token, variables, facts=run.facts, now=now
    )
    apply_step(uow, run, step, done=done, actor=actor, now=now)


def catch_up(uow: UnitOfWork, run: Run, *, actor: Actor, now: datetime) -> None:
    """Fire the timers of an instance that are due at `now`, and those that follow, without waiting for the tick."""
    while due := [row for row in uow.timers.of_instance(run.instance.id) if row.due_at <= now]:
        tokens = [row.token for row in due]
        step = uow.runtime.fire(
            run.definition, run.instance.process, run.instance.blob, tokens, facts=run.facts, now=now
        )
        apply_step(uow, run, step, actor=actor, now=now)


def deliver(uow: UnitOfWork, dossier: Dossier, name: str, payload: Data, *, actor: Actor, now: datetime) -> bool:
    """Hand a message to the dossier's instances that wait for it; False: none did.

    For a suspended instance it is kept until that goes on.
    """
    waiting = uow.instances.subscribers(dossier.id, "message", name)
    for row in waiting:
        instance = uow.instances.get(row.instance_id)
        if instance.state is InstanceState.SUSPENDED:
            posting.keep(uow, instance, name, payload, now=now)
            continue
        run = runs.of(uow, instance, now=now)
        step = uow.runtime.deliver(
            run.definition,
            run.instance.process,
            run.instance.blob,
            "message",
            name,
            payload,
            facts=run.facts,
            now=now,
        )
        apply_step(uow, run, step, actor=actor, now=now)
    return bool(waiting)


def apply_step(
    uow: UnitOfWork, run: Run, step: Step, *, done: WorkItem | None = None, actor: Actor, now: datetime
) -> None:
    """Carry out a step: operations first (they may move the instance on), then what it waits for is stored."""
    messages, thrown = list[Posted](), list(step.thrown)
    while (operated := _operate(uow, run, step, actor=actor, now=now)) is not None:
        asked, result = operated
        messages += result.messages
        step = uow.runtime.complete(
            run.definition, run.instance.process, step.state, asked.token, result.variables, facts=run.facts, now=now
        )
        thrown += step.thrown
    run.instance = uow.instances.save(
        replace(
            run.instance,
            blob=step.state,
            state=InstanceState.ENDED if step.ended else InstanceState.RUNNING,
            ended_at=now if step.ended else None,
        )
    )
    store_waits(uow, run, step, done=done, actor=actor, now=now)
    posting.send(uow, run, thrown, actor=actor, now=now)
    if step.ended:
        posting.wake_starts(uow, run, now=now)
    if step.ended and run.dossier.state is DossierState.RUNNING and not _others_run(uow, run):
        run.dossier = uow.dossiers.save(replace(moved(run.dossier, DossierState.CLOSED), closed_at=now))
        uow.audit.write(runs.line(run, "closed", actor=actor, now=now))
    for message in messages:
        deliver(uow, message.to, message.name, message.payload, actor=actor, now=now)


def _others_run(uow: UnitOfWork, run: Run) -> bool:
    """Whether another process still works on the dossier (one on demand may end before the year's)."""
    return any(i.id != run.instance.id and i.ended_at is None for i in uow.instances.of_dossier(run.dossier.id))


def store_waits(
    uow: UnitOfWork, run: Run, step: Step, *, done: WorkItem | None = None, actor: Actor, now: datetime
) -> None:
    """Make the rows of work, timers and subscriptions say what the instance waits for; while it rests they rest.

    `done`: an item that was completed just now; its reminders go.
    """
    rests = run.instance.state is InstanceState.SUSPENDED
    known = _Waits([] if run.fresh else uow.instances.waits(run.instance.id))
    planned = list[TimerRow]()
    over = [done.id] if done is not None and done.last_day is not None else []
    if not rests:
        gone = [WorkItemId(number) for number in known.gone("work", {task.token for task in step.tasks})]
        uow.work.let_go(gone, now)
        over += gone
        for task in (task for task in step.tasks if not known.has("work", task.token)):
            planned += _open_work(uow, run, task, actor=actor, now=now)
    uow.timers.drop(known.gone("timer", {timer.token for timer in step.timers}), of_work=over)
    planned += [_of_process(run, timer) for timer in step.timers if not known.has("timer", timer.token)]
    uow.timers.plan(planned)
    fresh = _store_subscriptions(uow, run, step, known)
    run.fresh = False
    if rests:
        uow.timers.pause(run.instance.id, [])
    posting.listen(uow, run, fresh, now=now)


class _Waits:
    """What the tables say that an instance waits for."""

    def __init__(self, rows: Sequence[Awaited]) -> None:
        self._rows = {(row.of, row.token, row.kind, row.name): row.id for row in rows}

    def has(self, of: str, token: str, kind: str = "", name: str = "") -> bool:
        return (of, token, kind, name) in self._rows

    def gone(self, of: str, tokens: set[str]) -> list[int]:
        """The rows of that sort at none of these tokens, in the order of their ids."""
        return sorted(number for key, number in self._rows.items() if key[0] == of and key[1] not in tokens)

    def unheard(self, wanted: Sequence[SubscriptionRow]) -> list[int]:
        """The subscriptions that nobody wants any more, in the order of their ids."""
        keys = {("subscription", row.token, row.kind, row.name) for row in wanted}
        return sorted(number for key, number in self._rows.items() if key[0] == "subscription" and key not in keys)


def _operate(
    uow: UnitOfWork, run: Run, step: Step, *, actor: Actor, now: datetime
) -> tuple[OperationAsked, Result] | None:
    """Do the first operation that can be done now; None when all that is left waits for a job."""
    for asked in step.operations:
        operation = OPERATIONS.get(asked.operation) or rankings.OPERATIONS.get(asked.operation)
        if operation is None:
            raise ProcessFault(asked.node, f"unknown operation {asked.operation!r}")
        result = operation(uow, run, asked, actor=actor, now=now)
        if result is not None:
            return asked, result
    return None


def _open_work(uow: UnitOfWork, run: Run, task: OpenTask, *, actor: Actor, now: datetime) -> list[TimerRow]:
    """Open a person's task with its unit and deadline; the reminders, and the news of it, that are to be planned."""
    node = _node(run, task.node)
    lane = lane_of(run, node)
    unit = unit_of(run.chain, run.model, lane)
    since = runs.since_of(node.properties, task.data, now)
    deadline = run.deadline(node.properties.get("deadline"), since, unit.id)
    item = uow.work.add(
        WorkItem(
            id=WorkItemId(NEW),
            instance_id=run.instance.id,
            dossier_id=run.dossier.id,
            cycle_id=run.cycle.id,
            subject_unit_id=run.unit.id,
            unit_id=unit.id,
            roles=lane.roles,
            token=task.token,
            node=node.id,
            name=task.name,
            act=node.properties.get("act", "fill"),
            form=node.form_key,
            deadline=deadline.name if deadline else None,
            last_day=deadline.last_day if deadline else None,
            lenient_until=lenient_until(run.cycle, deadline),
            properties=node.properties,
            state=WorkState.OPEN,
            opened_at=now,
            done_at=None,
            done_by=None,
            draft={},
            row_version=0,
        )
    )
    planned = [row for row in reminders_of(run, item) if row.due_at > item.opened_at]
    # What a process begins with is told by its campaign.
    if actor.account_id is not None and item.unit_id not in actor.units() and run.instance.started_at < now:
        # Told right afterwards, so that nobody's click waits for it.
        planned.append(_of_work(item, "news", "news", now, {}))
    return planned


def _node(run: Run, name: str) -> Node:
    """The node of the instance's process, else of one that it calls."""
    return node_of(run.definition, run.instance.process, name)


def node_of(definition: Definition, process: str, name: str) -> Node:
    """A node of a process, else of any deployed with it (a called process runs inside its caller)."""
    infos = [definition.processes[process], *definition.processes.values()]
    return next(info.nodes[name] for info in infos if name in info.nodes)


def nodes_under(definition: Definition, process: str, seen: frozenset[str] = frozenset()) -> Iterator[Node]:
    """The nodes of a process in the order of its lines, those of each process that it calls behind the call."""
    for node in sorted(definition.processes[process].nodes.values(), key=lambda n: n.line):
        yield node
        if node.called in definition.processes and node.called not in seen:
            yield from nodes_under(definition, node.called, seen | {process, node.called})


def as_drawn(run: Run, item: WorkItem, task: OpenTask) -> WorkItem:
    """An open item as the run's version calls it and has it done; its draft, deadline and last day stay."""
    node = _node(run, task.node)
    lane = lane_of(run, node)
    return replace(
        item,
        unit_id=unit_of(run.chain, run.model, lane).id,
        roles=lane.roles,
        node=node.id,
        name=task.name,
        act=node.properties.get("act", "fill"),
        form=node.form_key,
        properties=node.properties,
    )


def lane_of(run: Run, node: Node) -> Lane:
    """The node's lane as the pack declares it; a node in no lane belongs to the process's own unit kind."""
    if node.lane is not None and node.lane in run.model.lanes:
        return run.model.lanes[node.lane]
    kind = run.unit.kind
    return next(lane for lane in run.model.lanes.values() if kind in run.model.kinds(lane.unit_kind))


def unit_of(chain: Sequence[Unit], model: CycleModel, lane: Lane) -> Unit:
    """The first unit of the lane's kind in a dossier's chain (`runs.chain_of`).

    Where there is none (a branch directly under the city) the direct superior acts.
    """
    kinds = model.kinds(lane.unit_kind)
    superior = next((unit for unit in chain if unit.id == chain[0].parent_id), chain[0])
    return next((unit for unit in chain if unit.kind in kinds), superior)


def reminders_of(run: Run, item: WorkItem) -> list[TimerRow]:
    """What is planned around an item's last day, in the order of time; nothing when it has none."""
    if item.last_day is None:
        return []
    lenient = item.lenient_until or item.last_day
    # Nobody is told to be late as long as nobody may say so.
    rungs = [
        (rung, due)
        for rung, due in ladder(item.last_day, run.model.reminders, run.calendar_at(item.unit_id))
        if rung <= 0 or local_day(due) > lenient
    ]
    rows = [_of_work(item, "reminder", f"{rung:+d}", due, {"rung": rung}) for rung, due in rungs]
    if lenient == FOREVER:
        return rows
    return [*rows, _of_work(item, "late", "late", start_of_day(max(item.last_day, lenient) + timedelta(days=1)), {})]


def _of_work(item: WorkItem, kind: str, name: str, due: datetime, payload: Mapping[str, object]) -> TimerRow:
    return TimerRow(
        id=NEW,
        kind=kind,
        # A rung that had passed comes again when the last day is moved.
        key=f"w{item.id}.{item.moves}:{name}" if item.moves else f"w{item.id}:{name}",
        due_at=due,
        instance_id=None,
        cycle_id=item.cycle_id,
        work_item_id=item.id,
        token="",
        payload=payload,
        state="waiting",
    )


def timer_key(instance_id: InstanceId, token: str) -> str:
    """What names the row of a diagram's timer."""
    return f"i{instance_id}:{token}"


def _of_process(run: Run, timer: Timer) -> TimerRow:
    return TimerRow(
        id=NEW,
        kind="process",
        key=timer_key(run.instance.id, timer.token),
        due_at=timer.due,
        instance_id=run.instance.id,
        cycle_id=run.cycle.id,
        work_item_id=None,
        token=timer.token,
        payload={},
        state="waiting",
    )


def _store_subscriptions(uow: UnitOfWork, run: Run, step: Step, known: _Waits) -> list[SubscriptionRow]:
    """Make the subscriptions those of the step; those that are new."""
    rows = [
        SubscriptionRow(
            id=NEW,
            instance_id=run.instance.id,
            dossier_id=run.dossier.id,
            token=subscription.token,
            kind=subscription.kind,
            name=subscription.name,
            correlation=_key(run, subscription),
            expected=subscription.expected,
        )
        for subscription in step.subscriptions
    ]
    uow.instances.unsubscribe(known.unheard(rows))
    fresh = [row for row in rows if not known.has("subscription", row.token, row.kind, row.name)]
    uow.instances.subscribe(fresh)
    return fresh


def _key(run: Run, subscription: Subscription) -> str:
    return "" if subscription.kind == "signal" else subscription.correlation or run.instance.business_key
