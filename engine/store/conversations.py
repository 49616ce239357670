"""How do instances find each other? By cycle, name and key; a sender and a catcher of one key wait for each other."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select, text

from engine.errors import NotFound
from engine.ports.conversations import COUNTED, EXPIRED, FAILED, WAITING, Message, Signal, Tally
from engine.ports.store import SubscriptionRow
from engine.rules.cycles import CycleId
from engine.rules.dossiers import InstanceId, InstanceState
from engine.store.rows import Rows, Upsert
from engine.store.tables import instances, messages, signals, subscriptions, tallies, tally_votes

MESSAGES = Rows(Message, messages)
TALLIES = Rows(Tally, tallies)
SIGNALS = Rows(Signal, signals)
_SUBSCRIPTIONS = Rows(SubscriptionRow, subscriptions)

_SEND = Upsert(messages, ["key"], returns="id")
_CLAIM = MESSAGES.select.where(
    messages.c.id == bindparam("message_id"), messages.c.state.in_((WAITING, FAILED))
).with_for_update()
_bucket = and_(
    messages.c.cycle_id == bindparam("in_cycle"),
    messages.c.name == bindparam("named"),
    messages.c.correlation == bindparam("keyed"),
    messages.c.state == WAITING,
    messages.c.expires_at > bindparam("moment"),
)
# Some rows more than wanted (a name of one pair with the key of another); whoever asks sorts them out.
_KEPT = MESSAGES.where(
    messages.c.cycle_id == bindparam("cycle_id"),
    messages.c.name.in_(bindparam("names", expanding=True)),
    messages.c.correlation.in_(bindparam("keys", expanding=True)),
    messages.c.state == WAITING,
    messages.c.expires_at > bindparam("moment"),
)
_EXPIRE = (
    messages.update()
    .where(messages.c.state == WAITING, messages.c.expires_at <= bindparam("moment"))
    .values(state=EXPIRED)
)
_of_cycle = and_(instances.c.id == subscriptions.c.instance_id, instances.c.cycle_id == bindparam("cycle_id"))
_CATCHER = (
    _SUBSCRIPTIONS.select.join(instances, _of_cycle)
    .where(
        subscriptions.c.kind == "message",
        subscriptions.c.name == bindparam("named"),
        subscriptions.c.correlation == bindparam("keyed"),
        or_(instances.c.state == InstanceState.RUNNING, subscriptions.c.expected.is_not(None)),
    )
    .order_by(subscriptions.c.id)
    .limit(1)
)
_TALLY_OF = TALLIES.where(tallies.c.instance_id == bindparam("instance_id"), tallies.c.token == bindparam("of_token"))
_TALLIES_OF = TALLIES.where(tallies.c.instance_id == bindparam("instance_id"))
_VOTE = Upsert(tally_votes, ["tally_id", "sender_key"], returns="tally_id")
_ABSORB = insert(tally_votes).from_select(
    ["tally_id", "sender_key", "at"],
    select(bindparam("tally_id", type_=tallies.c.id.type), messages.c.sender_key, func.min(messages.c.sent_at))
    .where(_bucket)
    .group_by(messages.c.sender_key),
)
_VOTES = select(func.count()).where(tally_votes.c.tally_id == bindparam("tally_id"))
_COUNTED = messages.update().where(_bucket).values(state=COUNTED, taken_by=bindparam("taker"), taken_at=bindparam("at"))
_GOT = tallies.update().where(tallies.c.id == bindparam("tally_id"))
_COUNT_ONE = _GOT.values(got=tallies.c.got + 1).returning(*(tallies.c[name] for name in TALLIES.names))
_CLOSE = _GOT.where(tallies.c.closed_at.is_(None)).values(closed_at=bindparam("at"))
_HEARD = (
    select(func.max(subscriptions.c.id))
    .join(instances, _of_cycle)
    .where(subscriptions.c.kind == "signal", subscriptions.c.name == bindparam("named"))
)
_THROW = Upsert(signals, ["key"], returns="id")
_SIGNAL = SIGNALS.select.where(signals.c.id == bindparam("signal_id")).with_for_update()
_HEARERS = (
    select(subscriptions.c.instance_id)
    .distinct()
    .join(instances, _of_cycle)
    .where(
        subscriptions.c.kind == "signal",
        subscriptions.c.name == bindparam("named"),
        subscriptions.c.id <= bindparam("last"),
        subscriptions.c.instance_id > bindparam("reached"),
        subscriptions.c.instance_id != bindparam("sender"),
    )
    .order_by(subscriptions.c.instance_id)
    .limit(bindparam("at_most"))
)
_ADVISORY = text("SELECT pg_advisory_xact_lock(number) FROM unnest(CAST(:numbers AS bigint[])) AS number")


class SqlConversations:
    """`engine.ports.conversations.Conversations`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, cycle_id: CycleId, keys: Sequence[tuple[str, str]]) -> None:
        # On SQLite the whole transaction holds the write lock already. In one order everywhere, or two would wait
        # for each other.
        if self._connection.dialect.name == "postgresql":
            numbers = sorted({_number(cycle_id, name, key) for name, key in keys})
            self._connection.execute(_ADVISORY, {"numbers": numbers})

    def send(self, message: Message) -> Message | None:
        params = MESSAGES.write(message)
        del params["id"]
        found = _SEND.one(self._connection, params)
        return None if found is None else replace(message, id=found)

    def get(self, message_id: int) -> Message:
        return MESSAGES.get(self._connection, message_id)

    def claim(self, message_id: int) -> Message | None:
        return MESSAGES.find(self._connection, _CLAIM, message_id=message_id)

    def save(self, message: Message) -> Message:
        return MESSAGES.save(self._connection, message)

    def kept(self, cycle_id: CycleId, keys: Sequence[tuple[str, str]], at: datetime) -> list[Message]:
        names, correlations = {name for name, _ in keys}, {key for _, key in keys}
        found = MESSAGES.list(
            self._connection,
            _KEPT,
            cycle_id=cycle_id,
            names=sorted(names),
            keys=sorted(correlations),
            moment=at,
        )
        return [message for message in found if (message.name, message.correlation) in keys]

    def expire(self, at: datetime) -> int:
        return int(self._connection.execute(_EXPIRE, {"moment": at}).rowcount)

    def catcher(self, cycle_id: CycleId, name: str, correlation: str) -> SubscriptionRow | None:
        return _SUBSCRIPTIONS.find(self._connection, _CATCHER, cycle_id=cycle_id, named=name, keyed=correlation)

    def open_tally(self, tally: Tally) -> Tally:
        return TALLIES.add(self._connection, tally)

    def tally(self, tally_id: int) -> Tally:
        return TALLIES.get(self._connection, tally_id)

    def tally_of(self, instance_id: InstanceId, token: str) -> Tally | None:
        return TALLIES.find(self._connection, _TALLY_OF, instance_id=instance_id, of_token=token)

    def tallies_of(self, instance_id: InstanceId) -> list[Tally]:
        return TALLIES.list(self._connection, _TALLIES_OF, instance_id=instance_id)

    def absorb(self, tally: Tally, cycle_id: CycleId, correlation: str, at: datetime) -> Tally:
        bucket: dict[str, Any] = {"in_cycle": cycle_id, "named": tally.name, "keyed": correlation, "moment": at}
        self._connection.execute(_ABSORB, bucket | {"tally_id": tally.id})
        self._connection.execute(_COUNTED, bucket | {"taker": tally.instance_id, "at": at})
        got = self._connection.execute(_VOTES, {"tally_id": tally.id}).scalar_one()
        return TALLIES.save(self._connection, replace(tally, got=got)) if got else tally

    def vote(self, tally_id: int, sender_key: str, at: datetime) -> Tally | None:
        if _VOTE.one(self._connection, {"tally_id": tally_id, "sender_key": sender_key, "at": at}) is None:
            return None
        return TALLIES.find(self._connection, _COUNT_ONE, tally_id=tally_id)

    def close_tally(self, tally_id: int, at: datetime) -> bool:
        return bool(self._connection.execute(_CLOSE, {"tally_id": tally_id, "at": at}).rowcount)

    def throw(self, signal: Signal, *, even_unheard: bool) -> Signal | None:
        last = self._connection.execute(_HEARD, {"cycle_id": signal.cycle_id, "named": signal.name}).scalar()
        if last is None and not even_unheard:
            return None
        bounded = replace(signal, last_subscription=last or 0)
        params = SIGNALS.write(bounded)
        del params["id"]
        found = _THROW.one(self._connection, params)
        return None if found is None else replace(bounded, id=found)

    def signal(self, signal_id: int) -> Signal:
        found = SIGNALS.find(self._connection, _SIGNAL, signal_id=signal_id)
        if found is None:
            raise NotFound("Signal", signal_id)
        return found

    def save_signal(self, signal: Signal) -> Signal:
        return SIGNALS.save(self._connection, signal)

    def hearers(self, signal: Signal, limit: int) -> list[InstanceId]:
        params = {
            "cycle_id": signal.cycle_id,
            "named": signal.name,
            "last": signal.last_subscription,
            "reached": signal.reached,
            "sender": signal.sender_id or 0,
            "at_most": limit,
        }
        return list(self._connection.execute(_HEARERS, params).scalars())


def _number(cycle_id: CycleId, name: str, key: str) -> int:
    digest = sha256(f"{cycle_id}\0{name}\0{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
