"""What does the core ask of a process engine? A decision: given state and event, what now?

A runtime is a pure decider: it reads no clock and no database, sends nothing, and evaluates
no Python of a diagram. All instants are aware; `now` is always an argument.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

#: What a process variable may hold. `Decimal` is exact, `date`/`datetime` survive storage.
Value = None | bool | int | float | Decimal | str | date | datetime | list["Value"] | dict[str, "Value"]
Data = Mapping[str, Value]


def call_of(node: str) -> str:
    """The node of the caller's own diagram: the call by which a node of a shared process (`call.node`) was reached, else itself."""
    return node.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A flow node of a deployed diagram, as its author wrote it."""

    id: str
    name: str
    kind: str  #: BPMN element name: userTask, serviceTask, intermediateCatchEvent, …
    lane: str | None  #: id of the innermost lane that lists the node
    properties: Mapping[str, str]  #: camunda:properties, e.g. act, deadline, document, operation
    form_key: str | None
    due_date: str | None
    assignee: str | None
    candidate_groups: tuple[str, ...]
    documentation: str
    line: int  #: where it stands in its file, from 1
    called: str = ""  #: the process that a callActivity calls


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessInfo:
    """One executable process of a definition."""

    id: str
    name: str
    nodes: Mapping[str, Node]  #: every flow node by id, those of embedded sub-processes included
    lanes: Mapping[str, str]  #: lane id → lane name
    start_messages: tuple[str, ...]  #: names of messages that start it
    documentation: str
    start_signals: tuple[str, ...] = ()
    by_event_only: bool = False  #: nothing but a message or signal starts it
    after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: node → nodes that its flows lead to
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: activity → events at its edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A set of diagrams deployed together; immutable, cached by `sha256`.

    `handle` belongs to the runtime that compiled it; nobody else looks inside.
    """

    sha256: str  #: of the canonical content of all files
    processes: Mapping[str, ProcessInfo]
    warnings: tuple[object, ...]  #: `Finding`s that do not stop deployment
    handle: object = field(repr=False)
    shared: Mapping[str, str] = field(default_factory=dict)  #: processes drawn once and called, with their names


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTask:
    """A user, manual or untyped task that waits for a person."""

    token: str  #: names the execution inside its instance; never used twice
    node: str
    name: str  #: the node's name, expressions filled in
    data: Data  #: variables the task sees, multi-instance element included


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """A catching timer event that waits until `due`."""

    token: str
    node: str
    due: datetime  #: UTC
    interrupting: bool
    floating: bool = False  #: counted from the moment it began to wait: it moves when the clock stands still


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A message or signal that the instance waits for."""

    token: str
    node: str
    kind: str  #: message | signal
    name: str
    correlation: str | None = None  #: the key that its author asks for; None: the instance's business key
    expected: int | None = None  #: so many senders are counted before one message comes; None: the first message comes


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationAsked:
    """A service task that waits for its operation's result."""

    token: str
    node: str
    operation: str  #: camunda:property `operation`, else camunda:topic
    parameters: Mapping[str, str]  #: the node's properties
    data: Data


@dataclass(frozen=True, slots=True, kw_only=True)
class Thrown:
    """A message, signal, escalation or error that left the instance."""

    kind: str  #: message | signal | escalation | error
    name: str
    payload: Data
    correlation: str | None = None  #: of a message: the key its author gives; None: the instance's business key
    until: datetime | None = None  #: of a message: kept until then for a catcher that is not there yet; None: default


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What an instance looks like after one command: the whole of what it waits for."""

    state: bytes
    tasks: tuple[OpenTask, ...]
    timers: tuple[Timer, ...]
    subscriptions: tuple[Subscription, ...]
    operations: tuple[OperationAsked, ...]
    thrown: tuple[Thrown, ...]
    completed: tuple[str, ...]  #: node ids completed by this command, in order, one per execution
    ended: bool
    ends: tuple[str, ...]  #: ids of top-level end events reached by this command
    variables: Data


@dataclass(frozen=True, slots=True, kw_only=True)
class Refitted:
    """An instance's state on another version, or why it has no place there."""

    step: Step | None  #: None: it does not fit
    notes: tuple[str, ...]  #: Vietnamese: the reasons, or what people should know


class ProcessRuntime(Protocol):
    """Compile diagrams and move instances; see `engine.process.spiff`.

    Every command answers the whole `Step`; `facts` are read-only names that expressions may use
    beside the variables, they are never stored. A command on a token that no longer waits raises
    `WrongState`; an instance that cannot go on raises `ProcessFault`. `now` is an aware instant.
    """

    def compile(self, files: Mapping[str, bytes]) -> Definition:
        """Check and compile the diagrams (file name → bytes); raise `BadDiagram` with all findings."""
        ...

    def start(
        self,
        definition: Definition,
        process: str,
        variables: Data,
        *,
        facts: Data,
        now: datetime,
        message: str | None = None,
        signal: str | None = None,
    ) -> Step:
        """Start `process` and run it until it waits or ends; at the start event of a message or signal when named."""
        ...

    def complete(
        self,
        definition: Definition,
        process: str,
        state: bytes,
        token: str,
        variables: Data,
        *,
        facts: Data,
        now: datetime,
    ) -> Step:
        """Complete the waiting task or operation `token`; each key of `variables` replaces that variable whole."""
        ...

    def fail(
        self,
        definition: Definition,
        process: str,
        state: bytes,
        token: str,
        error_code: str,
        *,
        facts: Data,
        now: datetime,
    ) -> Step:
        """End the waiting operation or task `token` with a BPMN error; uncaught, it raises `ProcessFault`."""
        ...

    def fire(
        self, definition: Definition, process: str, state: bytes, tokens: Sequence[str], *, facts: Data, now: datetime
    ) -> Step:
        """Fire the timers `tokens`; those that no longer wait are passed over."""
        ...

    def deliver(
        self,
        definition: Definition,
        process: str,
        state: bytes,
        kind: str,
        name: str,
        payload: Data,
        *,
        facts: Data,
        now: datetime,
        token: str | None = None,
    ) -> Step:
        """Hand a message (to the one catcher) or a signal (to all) over; nobody waiting raises `WrongState`.

        With `token` the message is for that very catcher.
        """
        ...

    def inspect(self, definition: Definition, process: str, state: bytes) -> Step:
        """What the instance waits for, without moving it."""
        ...

    def stuck(self, definition: Definition, process: str, state: bytes) -> tuple[str, ...]:
        """Joins at which the instance waits for ever; usually none."""
        ...

    def move(
        self,
        definition: Definition,
        process: str,
        state: bytes,
        token: str,
        target: str,
        *,
        facts: Data,
        now: datetime,
    ) -> Step:
        """Take a token away and go on at the node `target`; `WrongState` (`bad_move`) for what cannot be."""
        ...

    def postpone(self, definition: Definition, process: str, state: bytes, by: timedelta) -> Step:
        """Set timers that count from their own beginning forward; fixed dates stay."""
        ...

    def retime(
        self, definition: Definition, process: str, state: bytes, *, before: Data, after: Data, now: datetime
    ) -> Step:
        """Set timers whose date is another under the facts `after` than under `before` to it; others stay."""
        ...

    def refit(
        self,
        old: Definition,
        new: Definition,
        process: str,
        state: bytes,
        mapping: Mapping[str, str],
        *,
        facts: Data,
        now: datetime,
    ) -> Refitted:
        """Go on with a state of the old definition on the new one; `mapping`: old node id → new id."""
        ...
