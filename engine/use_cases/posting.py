"""What follows when an instance throws a message or a signal, or begins to wait for one? Rows and promised jobs.

Whoever throws never touches the one who catches: the message is kept in the thrower's transaction, a job hands it over
(`correlation`). A fault of the catcher is the catcher's incident.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from engine.errors import ProcessFault
from engine.ports.conversations import WAITING, Message, Signal, Tally
from engine.ports.process import Data, Thrown
from engine.ports.store import NEW, SubscriptionRow, UnitOfWork
from engine.rules.cycles import CycleId
from engine.rules.dossiers import Instance
from engine.rules.units import Actor
from engine.use_cases.runs import Run, line

#: How long a message waits for a catcher when its author does not say (`ttl`): longer than any cycle's pause.
LIFE = timedelta(days=366)


def send(uow: UnitOfWork, run: Run, thrown: Sequence[Thrown], *, actor: Actor, now: datetime) -> None:
    """Let everything leave that a step of the instance threw; an escalation that nobody inside caught is noted."""
    for number, leaving in enumerate(thrown):
        key = f"i{run.instance.id}:{run.instance.row_version}:{number}"
        if leaving.kind == "message":
            post(uow, _message(run, leaving, key, now), starts=_starts(run, leaving), now=now)
        elif leaving.kind == "signal":
            _throw(uow, run, leaving, key, now=now)
        elif leaving.kind == "escalation":
            uow.audit.write(line(run, "escalated", actor=actor, now=now, name=leaving.name))
        else:
            raise ProcessFault(leaving.name, "nobody takes what this instance throws")


def post(uow: UnitOfWork, message: Message, *, starts: bool, now: datetime) -> bool:
    """Keep a message and promise to hand it over when somebody waits; where senders are counted it is only counted.

    `starts`: a process of the cycle begins with messages of this name. False: the message was known already.
    """
    talk = uow.conversations
    talk.lock(message.cycle_id, [(message.name, message.correlation)])
    catcher = talk.catcher(message.cycle_id, message.name, message.correlation)
    if catcher is not None and catcher.expected is not None:
        return _count(uow, catcher, message, now=now)
    sent = talk.send(message)
    if sent is None:
        return False
    if catcher is not None or starts:
        uow.jobs.enqueue("message", f"message:{sent.id}", {"message_id": sent.id})
    return True


def keep(uow: UnitOfWork, instance: Instance, name: str, payload: Data, *, now: datetime) -> None:
    """Keep a message for an instance that is suspended; it looks for it when it goes on."""
    key = f"k{instance.id}:{name}:{now.isoformat()}"
    made = letter(
        instance.cycle_id, name, instance.business_key, payload, key=key, sender_key=key, until=now + LIFE, now=now
    )
    uow.conversations.send(made)


def listen(uow: UnitOfWork, run: Run, fresh: Sequence[SubscriptionRow], *, now: datetime) -> None:
    """Look for messages that came before their catchers, and begin to count where senders are counted."""
    caught = [row for row in fresh if row.kind == "message"]
    if not caught:
        return
    uow.conversations.lock(run.cycle.id, [(row.name, row.correlation) for row in caught])
    for row in caught:
        if row.expected is not None:
            _begin_to_count(uow, run, row, row.expected, now=now)
    single = Counter((row.name, row.correlation) for row in caught if row.expected is None)
    _wake(uow, run, single, now=now)


def wake_starts(uow: UnitOfWork, run: Run, *, now: datetime) -> None:
    """Look for messages that could not start the process again while this instance ran."""
    names = run.definition.processes[run.instance.process].start_messages
    _wake(uow, run, Counter((name, run.instance.business_key) for name in names), now=now)


def _wake(uow: UnitOfWork, run: Run, wanted: Counter[tuple[str, str]], *, now: datetime) -> None:
    if not wanted:
        return
    left = Counter(wanted)
    for message in uow.conversations.kept(run.cycle.id, list(wanted), now):
        if left[message.name, message.correlation] > 0:
            left[message.name, message.correlation] -= 1
            # Named after the one who woke it: an earlier promise for this message may have been spent in vain.
            key = f"message:{message.id}:i{run.instance.id}:{run.instance.row_version}"
            uow.jobs.enqueue("message", key, {"message_id": message.id})


def _begin_to_count(uow: UnitOfWork, run: Run, row: SubscriptionRow, expected: int, *, now: datetime) -> None:
    tally = uow.conversations.open_tally(
        Tally(
            id=NEW,
            instance_id=run.instance.id,
            token=row.token,
            name=row.name,
            expected=expected,
            got=0,
            opened_at=now,
            closed_at=None,
        )
    )
    close_when_full(uow, uow.conversations.absorb(tally, run.cycle.id, row.correlation, now), now=now)


def _count(uow: UnitOfWork, catcher: SubscriptionRow, message: Message, *, now: datetime) -> bool:
    tally = uow.conversations.tally_of(catcher.instance_id, catcher.token)
    if tally is None:
        raise ProcessFault(catcher.token, "a counting catcher without its counter")
    counted = uow.conversations.vote(tally.id, message.sender_key, now)
    if counted is not None:
        close_when_full(uow, counted, now=now)
    return counted is not None


def close_when_full(uow: UnitOfWork, tally: Tally, *, now: datetime) -> None:
    """Promise the one message that closes a counter, once all senders have been heard."""
    if tally.got >= tally.expected and uow.conversations.close_tally(tally.id, now):
        uow.jobs.enqueue("tally", f"tally:{tally.id}", {"tally_id": tally.id})


def _throw(uow: UnitOfWork, run: Run, leaving: Thrown, key: str, *, now: datetime) -> None:
    starts = any(leaving.name in info.start_signals for info in run.definition.processes.values())
    signal = Signal(
        id=NEW,
        key=key,
        cycle_id=run.cycle.id,
        name=leaving.name,
        payload=leaving.payload,
        sender_id=run.instance.id,
        thrown_at=now,
        last_subscription=0,
        reached=0,
        delivered=0,
        done_at=None,
    )
    thrown = uow.conversations.throw(signal, even_unheard=starts)
    if thrown is not None:
        uow.jobs.enqueue("signal", f"signal:{thrown.id}:0", {"signal_id": thrown.id})


def _starts(run: Run, leaving: Thrown) -> bool:
    return any(leaving.name in info.start_messages for info in run.definition.processes.values())


def _message(run: Run, leaving: Thrown, key: str, now: datetime) -> Message:
    made = letter(
        run.cycle.id,
        leaving.name,
        leaving.correlation or run.instance.business_key,
        leaving.payload,
        key=key,
        sender_key=run.instance.business_key,
        until=leaving.until or now + LIFE,
        now=now,
    )
    return replace(made, sender_id=run.instance.id)


def letter(
    cycle_id: CycleId,
    name: str,
    correlation: str,
    payload: Mapping[str, object],
    *,
    key: str,
    sender_key: str,
    until: datetime,
    now: datetime,
) -> Message:
    """A message that nobody has taken yet; kept up to `until`."""
    return Message(
        id=NEW,
        key=key,
        cycle_id=cycle_id,
        name=name,
        correlation=correlation,
        payload=payload,
        sender_id=None,
        sender_key=sender_key,
        state=WAITING,
        sent_at=now,
        expires_at=until,
        taken_by=None,
        taken_at=None,
    )
