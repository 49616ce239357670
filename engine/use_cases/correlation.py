"""How does a message reach the one who waits for it, and a signal all who do? By jobs, each doing its work once.

A message meets the oldest catcher of its name and key in its cycle; else it starts a process that begins with it; else
it is kept until its time is over.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from engine.errors import ChukyError, StaleVersion, WrongState
from engine.ports.conversations import FAILED, TAKEN, WAITING, Message, Signal
from engine.ports.process import Data, ProcessInfo
from engine.ports.services import OpenUow, Outside
from engine.ports.store import NEW, Incident, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.cycle_models import ProcessSpec
from engine.rules.cycles import Cycle, CycleId, CycleState
from engine.rules.dossiers import Dossier, InstanceId, InstanceState
from engine.rules.permissions import check_may_operate
from engine.rules.units import SYSTEM, Actor, Unit
from engine.use_cases import cycles, effects, posting, runs

#: Instances that hear a signal in one transaction.
BATCH = 50


def hand_over(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
    """Hand a kept message to its catcher, or start a process with it; nobody there: it stays kept."""
    with open_uow() as uow:
        message = uow.conversations.get(_id(payload, "message_id"))
        if message.state not in (WAITING, FAILED) or (message.state == WAITING and message.expires_at <= now):
            return
        catcher = uow.conversations.catcher(message.cycle_id, message.name, message.correlation)
        if catcher is not None:
            # The order of locks is the same as for whoever begins to wait: instance, name and key, message.
            uow.instances.get(catcher.instance_id)
        uow.conversations.lock(message.cycle_id, [(message.name, message.correlation)])
        if uow.conversations.catcher(message.cycle_id, message.name, message.correlation) != catcher:
            raise StaleVersion("busy")
        claimed = uow.conversations.claim(message.id)
        if claimed is None:
            return
        if catcher is not None:
            _deliver(uow, claimed, catcher.instance_id, catcher.token, now=now)
        elif not _start(uow, claimed, now=now) and claimed.state == FAILED:
            uow.conversations.save(replace(claimed, state=WAITING))


def close(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
    """Tell a catcher that all expected senders were heard; once it has moved on, nothing happens."""
    with open_uow() as uow:
        tally = uow.conversations.tally(_id(payload, "tally_id"))
        instance = uow.instances.get(tally.instance_id)
        if instance.state is not InstanceState.RUNNING:
            return
        run = runs.of(uow, instance, now=now)
        received: Data = {"received": tally.got}
        if _hand(uow, run, "message", tally.name, received, token=tally.token, now=now):
            uow.audit.write(runs.line(run, "all_heard", actor=SYSTEM, now=now, name=tally.name, count=tally.got))


def broadcast(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
    """Let the next batch of instances hear a signal, and promise the batch after it.

    How far it came is written with the batch, so a crash repeats nothing. An instance that cannot go on becomes an
    incident; the others hear.
    """
    with open_uow() as uow:
        signal = uow.conversations.signal(_id(payload, "signal_id"))
        if "instance_id" in payload:
            _hear(uow, signal, InstanceId(_id(payload, "instance_id")), now=now)
            return
        if signal.done_at is not None:
            return
        if signal.reached == 0:
            _start_by_signal(uow, signal, now=now)
        hearers = uow.conversations.hearers(signal, BATCH)
        heard = sum(_hear_carefully(uow, signal, instance_id, now=now) for instance_id in hearers)
        more = len(hearers) == BATCH
        reached = int(hearers[-1]) if hearers else signal.reached
        uow.conversations.save_signal(
            replace(signal, reached=reached, delivered=signal.delivered + heard, done_at=None if more else now)
        )
        if more:
            uow.jobs.enqueue("signal", f"signal:{signal.id}:{reached}", {"signal_id": signal.id})


def publish(
    uow: UnitOfWork,
    cycle_id: CycleId,
    name: str,
    correlation: str,
    payload: Data,
    *,
    message_id: str,
    life: timedelta = posting.LIFE,
    actor: Actor,
    now: datetime,
) -> bool:
    """Send a message from outside to whoever waits for `name` and `correlation` in the cycle; False: sent before.

    `message_id` is the sender's own: the same one is taken once. Refused: not the operator of the leading unit
    (`NotPermitted`), the cycle is closed (`WrongState`).
    """
    cycle = uow.cycles.get(cycle_id)
    check_may_operate(actor, uow.units.path(cycle.unit_id))
    if cycle.state is CycleState.CLOSED:
        raise WrongState("cycle_closed", year=cycle.year)
    made = posting.letter(
        cycle_id,
        name,
        correlation,
        payload,
        key=f"x{cycle_id}:{message_id}",
        sender_key=f"x:{message_id}",
        until=now + life,
        now=now,
    )
    definition = uow.models.definition(cycle.version)
    starts = any(name in info.start_messages for info in definition.processes.values())
    if not posting.post(uow, made, starts=starts, now=now):
        return False
    uow.audit.write(_published(cycle, made, actor=actor, now=now))
    return True


def expire(uow: UnitOfWork, *, now: datetime) -> int:
    """Give up kept messages whose time is over; how many. Nightly."""
    return uow.conversations.expire(now)


def give_up(uow: UnitOfWork, job: str, payload: Mapping[str, object], reason: str, *, now: datetime) -> None:
    """Keep a message, counter or signal that could not be delivered as an incident of the one who should have got it."""
    instance_id: InstanceId | None = None
    if job == "message":
        message = uow.conversations.save(replace(uow.conversations.get(_id(payload, "message_id")), state=FAILED))
        catcher = uow.conversations.catcher(message.cycle_id, message.name, message.correlation)
        instance_id = catcher.instance_id if catcher else message.sender_id
    elif job == "tally":
        instance_id = uow.conversations.tally(_id(payload, "tally_id")).instance_id
    elif "instance_id" in payload:
        instance_id = InstanceId(_id(payload, "instance_id"))
    uow.incidents.add(_incident(uow, job, instance_id, payload, reason, now=now))


# ---- one catcher


def _deliver(uow: UnitOfWork, message: Message, instance_id: InstanceId, token: str, *, now: datetime) -> None:
    run = runs.load(uow, instance_id, now=now)
    uow.conversations.save(replace(message, state=TAKEN, taken_by=instance_id, taken_at=now))
    uow.audit.write(runs.line(run, "message_received", actor=SYSTEM, now=now, **_said(uow, message)))
    if not _hand(uow, run, "message", message.name, _data(message.payload), token=token, now=now):
        raise WrongState("not-waiting", kind="message", name=message.name)


def _hand(
    uow: UnitOfWork, run: runs.Run, kind: str, name: str, payload: Data, *, token: str | None, now: datetime
) -> bool:
    """Let the instance have it; False: it waits for it no more."""
    try:
        step = uow.runtime.deliver(
            run.definition,
            run.instance.process,
            run.instance.blob,
            kind,
            name,
            payload,
            facts=run.facts,
            now=now,
            token=token,
        )
    except WrongState:
        return False
    effects.apply_step(uow, run, step, actor=SYSTEM, now=now)
    return True


def _hear(uow: UnitOfWork, signal: Signal, instance_id: InstanceId, *, now: datetime) -> bool:
    instance = uow.instances.get(instance_id)
    if instance.state is not InstanceState.RUNNING:
        return False
    run = runs.of(uow, instance, now=now)
    return _hand(uow, run, "signal", signal.name, _data(signal.payload), token=None, now=now)


def _hear_carefully(uow: UnitOfWork, signal: Signal, instance_id: InstanceId, *, now: datetime) -> bool:
    try:
        with uow.savepoint():
            return _hear(uow, signal, instance_id, now=now)
    except StaleVersion:
        raise
    except ChukyError as fault:
        payload = {"signal_id": signal.id, "instance_id": int(instance_id)}
        uow.incidents.add(_incident(uow, "signal", instance_id, payload, str(fault), now=now))
        return False


# ---- starting processes


def _start(uow: UnitOfWork, message: Message, *, now: datetime) -> bool:
    """Start the first process that begins with the message, where it belongs; False: it cannot begin now."""
    cycle = uow.cycles.get(message.cycle_id)
    if cycle.state is CycleState.CLOSED:
        return False
    for spec, info in _declared(uow, cycle):
        if message.name not in info.start_messages:
            continue
        dossier = _place(uow, cycle, spec, message.correlation, message.sender_id, now=now)
        if dossier is None or _runs_already(uow, dossier, spec, message.correlation):
            continue
        run = effects.start_instance(
            uow,
            cycle,
            dossier,
            spec.id,
            _data(message.payload),
            business_key=message.correlation,
            message=message.name,
            actor=SYSTEM,
            now=now,
        )
        uow.conversations.save(replace(message, state=TAKEN, taken_by=run.instance.id, taken_at=now))
        uow.audit.write(
            runs.line(run, "message_started", actor=SYSTEM, now=now, label=spec.label, **_said(uow, message))
        )
        return True
    return False


def _start_by_signal(uow: UnitOfWork, signal: Signal, *, now: datetime) -> None:
    cycle = uow.cycles.get(signal.cycle_id)
    for spec, info in _declared(uow, cycle):
        if signal.name not in info.start_signals:
            continue
        dossier = _place(uow, cycle, spec, "", signal.sender_id, now=now)
        if dossier is not None:
            effects.start_instance(
                uow, cycle, dossier, spec.id, _data(signal.payload), signal=signal.name, actor=SYSTEM, now=now
            )


def _declared(uow: UnitOfWork, cycle: Cycle) -> list[tuple[ProcessSpec, ProcessInfo]]:
    processes = uow.models.definition(cycle.version).processes
    return [(spec, processes[spec.id]) for spec in uow.models.get(cycle.version).processes if spec.id in processes]


def _place(
    uow: UnitOfWork, cycle: Cycle, spec: ProcessSpec, key: str, sender_id: InstanceId | None, *, now: datetime
) -> Dossier | None:
    """The dossier of the nearest unit of the process's kind, from the unit that the key or the sender names upwards."""
    sender = uow.dossiers.get(uow.instances.look(sender_id).dossier_id) if sender_id else None
    named = uow.units.find_code(key) if key else None
    start = named.id if named else sender.unit_id if sender else None
    if start is None:
        return None
    model = uow.models.get(cycle.version)
    chain, kinds = runs.chain_of(uow, model, cycle, uow.units.path(start)), model.kinds(spec.unit_kind)
    unit: Unit | None = next((u for u in chain if u.kind in kinds), None)
    if unit is None:
        return None
    group = sender.group if sender and spec.scope == "group" else None
    return cycles.dossier_for(uow, cycle, unit, spec, group, now=now)


def _runs_already(uow: UnitOfWork, dossier: Dossier, spec: ProcessSpec, key: str) -> bool:
    running = (i for i in uow.instances.of_dossier(dossier.id) if i.ended_at is None)
    return any(i.process == spec.id and i.business_key == key for i in running)


# ---- parts


def _id(payload: Mapping[str, object], name: str) -> int:
    return int(str(payload[name]))


def _data(payload: Mapping[str, object]) -> Data:
    # What was thrown as process variables comes back from the store as such.
    return cast("Data", payload)


def _said(uow: UnitOfWork, message: Message) -> dict[str, object]:
    """The facts of a history line: what came, and from whom."""
    if message.sender_id is None:
        return {"name": message.name}
    dossier = uow.dossiers.get(uow.instances.look(message.sender_id).dossier_id)
    return {"name": message.name, "sender": uow.units.get(dossier.unit_id).name}


def _incident(
    uow: UnitOfWork,
    kind: str,
    instance_id: InstanceId | None,
    payload: Mapping[str, object],
    reason: str,
    *,
    now: datetime,
) -> Incident:
    return Incident(
        id=NEW,
        kind=kind,
        instance_id=instance_id,
        decision_id=None,
        dossier_id=uow.instances.look(instance_id).dossier_id if instance_id else None,
        reason=reason,
        payload=payload,
        opened_at=now,
        resolved_at=None,
        resolution="",
    )


def _published(cycle: Cycle, message: Message, *, actor: Actor, now: datetime) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event="message_published",
        target=f"cycle:{cycle.id}",
        cycle_id=cycle.id,
        unit_id=cycle.unit_id,
        facts={"name": message.name, "key": message.correlation},
    )
