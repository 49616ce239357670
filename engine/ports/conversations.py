"""What does the core ask of the store when instances talk to each other? Messages, counters, signals.

A message is meant for one catcher of its name and key in its cycle. Nobody there: it is kept until `expires_at`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.rules.cycles import CycleId
from engine.rules.dossiers import DossierId, InstanceId

#: States of a message. `failed`: its catcher could not go on, an incident waits for a person.
WAITING, TAKEN, COUNTED, FAILED, EXPIRED = "waiting", "taken", "counted", "failed", "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionRow:
    """A message or signal an instance waits for."""

    id: int
    instance_id: InstanceId
    dossier_id: DossierId
    token: str
    kind: str
    name: str
    correlation: str = ""  #: only messages with this key are meant; empty for a signal
    expected: int | None = None  #: so many senders are counted before one message is handed over


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message from an instance, or from outside, to whoever waits for its name and key."""

    id: int
    key: str  #: unique: the same message is never sent twice
    cycle_id: CycleId
    name: str
    correlation: str
    payload: Mapping[str, object]
    sender_id: InstanceId | None
    sender_key: str  #: the sender's business key; a counter counts each sender once
    state: str
    sent_at: datetime
    expires_at: datetime
    taken_by: InstanceId | None
    taken_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many of the expected senders a catcher has heard."""

    id: int
    instance_id: InstanceId
    token: str
    name: str
    expected: int
    got: int
    opened_at: datetime
    closed_at: datetime | None  #: when the last one came


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A signal on its way to every instance of the cycle that waited for it when it was thrown."""

    id: int
    key: str
    cycle_id: CycleId
    name: str
    payload: Mapping[str, object]
    sender_id: InstanceId | None
    thrown_at: datetime
    last_subscription: int  #: later subscriptions did not wait yet
    reached: int  #: instances up to this id have heard it
    delivered: int
    done_at: datetime | None


class Conversations(Protocol):
    """Messages, counters and signals; `lock` keeps a sender and a catcher of the same key from missing each other."""

    def lock(self, cycle_id: CycleId, keys: Sequence[tuple[str, str]]) -> None:
        """Hold these (name, key) pairs until the transaction ends."""
        ...

    def send(self, message: Message) -> Message | None:
        """Keep a message; None: its key is known already."""
        ...

    def get(self, message_id: int) -> Message: ...
    def claim(self, message_id: int) -> Message | None:
        """Lock a message that is still to be delivered (waiting, or failed before); None: it is not."""
        ...

    def save(self, message: Message) -> Message: ...
    def kept(self, cycle_id: CycleId, keys: Sequence[tuple[str, str]], at: datetime) -> list[Message]:
        """Messages of these (name, key) pairs that wait and have not expired at `at`, the oldest first."""
        ...

    def expire(self, at: datetime) -> int:
        """Give up kept messages whose time is over; how many."""
        ...

    def catcher(self, cycle_id: CycleId, name: str, correlation: str) -> SubscriptionRow | None:
        """The oldest subscription to this name and key; a suspended instance's only when it counts."""
        ...

    def open_tally(self, tally: Tally) -> Tally: ...
    def tally(self, tally_id: int) -> Tally: ...
    def tally_of(self, instance_id: InstanceId, token: str) -> Tally | None: ...
    def tallies_of(self, instance_id: InstanceId) -> list[Tally]: ...
    def absorb(self, tally: Tally, cycle_id: CycleId, correlation: str, at: datetime) -> Tally:
        """Count the senders of all kept messages of the tally's name and this key, once each."""
        ...

    def vote(self, tally_id: int, sender_key: str, at: datetime) -> Tally | None:
        """Count a sender; None: it was counted before."""
        ...

    def close_tally(self, tally_id: int, at: datetime) -> bool:
        """Close a tally; False: it was closed already."""
        ...

    def throw(self, signal: Signal, *, even_unheard: bool) -> Signal | None:
        """Keep a signal with the last subscription of this moment; None: nobody waits for it (or it is known)."""
        ...

    def signal(self, signal_id: int) -> Signal:
        """Load and lock."""
        ...

    def save_signal(self, signal: Signal) -> Signal: ...
    def hearers(self, signal: Signal, limit: int) -> list[InstanceId]:
        """The next instances that wait for the signal, in the order of their ids."""
        ...
