"""Given a definition, a stored state and one event: what does the instance look like now?

The one door to SpiffWorkflow (with the `spiff_*` modules it is split into). It reads no clock and no
database, sends nothing and runs no Python of a diagram.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.errors import ProcessFault, WrongState
from engine.ports.process import (
    Data,
    Definition,
    Node,
    OpenTask,
    OperationAsked,
    ProcessInfo,
    Refitted,
    Step,
    Subscription,
    Timer,
)
from engine.process import state as codec
from engine.process import surgery
from engine.process.deploy import check
from engine.process.diagram import Drawing, Mark, draw
from engine.process.expressions import Fault
from engine.process.model import Element, Process
from engine.process.spiff_compile import Program, compile_program
from engine.process.spiff_instance import Instance, StuckError, SubInstance, Token, UncaughtError
from engine.process.spiff_specs import BoundaryEvent, CatchEvent, EventSubProcess, FlowNode, HumanTask, OperationTask

__all__ = ["SpiffRuntime", "StuckError", "UncaughtError", "starting"]

_FORMAT = 1
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class SpiffRuntime:
    """The process runtime on SpiffWorkflow; it holds nothing, so one object serves every thread."""

    def compile(self, files: Mapping[str, bytes]) -> Definition:
        """Check and compile the diagrams and decision tables (file name → bytes); raise `BadDiagram` with all findings."""
        checked = check(files)
        program = compile_program(checked.diagrams, checked.decisions, checked.shared)
        return Definition(
            sha256=_digest(files),
            processes={process.id: _info(process, program) for process in program.processes.values()},
            warnings=tuple(checked.warnings),
            handle=program,
            shared={key: diagram.processes[0].name for key, diagram in program.shared.items()},
        )

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
        """Start `process` and run it until it waits or ends; at the start event of a message or signal when one is named."""
        program = _program(definition)
        if process not in program.processes:
            raise ProcessFault(process, "không có quy trình này trong bản triển khai")
        instance = Instance(program, process, _copied(variables), facts, _aware(now))
        scope = program.scopes[process]
        at = scope.messages.get(message) if message else scope.signals.get(signal) if signal else None
        if (message or signal) and at is None:
            raise WrongState("no-start-event", process=process, name=message or signal)
        return _moved(instance, lambda: instance.start_scope(instance, at))

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
        instance = _restore(_program(definition), process, state, facts, now)
        task = _working(instance, token)

        def complete() -> None:
            for name, value in _copied(variables).items():
                instance.assign(task, name, value)
            task.complete()

        return _moved(instance, complete)

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
        instance = _restore(_program(definition), process, state, facts, now)
        task = _working(instance, token)
        return _moved(instance, lambda: instance.raise_error(task, error_code))

    def fire(
        self, definition: Definition, process: str, state: bytes, tokens: Sequence[str], *, facts: Data, now: datetime
    ) -> Step:
        """Fire the timers `tokens`, earliest first; those that no longer wait are passed over."""
        instance = _restore(_program(definition), process, state, facts, now)
        due = [
            token
            for token in (_find(instance, name) for name in dict.fromkeys(tokens))
            if token is not None and _is_timer(token)
        ]

        def fire() -> None:
            for token in sorted(due, key=lambda token: (token.internal_data["due"], token.id)):
                # An earlier timer of the same batch may have interrupted this one.
                if token.alive and _is_timer(token):
                    token.trigger({})
                    instance.run_until_waiting()

        return _moved(instance, fire)

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
        instance = _restore(_program(definition), process, state, facts, now)
        catchers = [found for found in instance.waiting(kind, name) if token in (None, str(found.id))]
        if not catchers:
            raise WrongState("not-waiting", kind=kind, name=name)

        def deliver() -> None:
            for catcher in catchers[:1] if kind == "message" else catchers:
                if catcher.alive:
                    catcher.trigger(_copied(payload))

        return _moved(instance, deliver)

    def inspect(self, definition: Definition, process: str, state: bytes) -> Step:
        """What the instance waits for, without moving it."""
        return _step(_restore(_program(definition), process, state, {}, _NO_TIME))

    def stuck(self, definition: Definition, process: str, state: bytes) -> tuple[str, ...]:
        """Joins at which the instance waits for ever, because no token can reach them any more; usually none."""
        return tuple(_restore(_program(definition), process, state, {}, _NO_TIME).stuck())

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
        """Take a token away and go on at the node `target`; raise `WrongState` (`bad_move`) for what cannot be."""
        instance = _restore(_program(definition), process, state, facts, now)
        found = _find(instance, token)
        if found is None:
            raise WrongState("not-waiting", token=token)
        return _moved(instance, lambda: surgery.move(instance, found, target))

    def postpone(self, definition: Definition, process: str, state: bytes, by: timedelta) -> Step:
        """Set timers that count from their own beginning forward; fixed dates stay."""
        instance = _restore(_program(definition), process, state, {}, _NO_TIME)
        surgery.postpone(instance, by)
        return _step(instance)

    def retime(
        self, definition: Definition, process: str, state: bytes, *, before: Data, after: Data, now: datetime
    ) -> Step:
        """Set timers whose date is another under the facts `after` than under `before` to it; others stay."""
        program = _program(definition)
        old, new = (_restore(program, process, state, facts, now) for facts in (before, after))
        surgery.retime(new, old)
        return _step(new)

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
        """Go on with a state of the old definition on the new one; `mapping`: old node id → new id.

        Tokens, their data and due dates stay; events that the new diagram added begin to wait. Nothing is moved on.
        """
        try:
            content, notes = surgery.fit(codec.load(state), process, _program(old), _program(new), mapping)
            instance = _restored(_program(new), process, content, facts, now)
            known = {mapping.get(node, node) for info in old.processes.values() for node in info.nodes}

            def listen() -> None:
                surgery.add_listeners(instance, known)

            return Refitted(step=_moved(instance, listen), notes=tuple(notes))
        except surgery.Unfit as error:
            return Refitted(step=None, notes=error.reasons)
        except ProcessFault as error:
            return Refitted(step=None, notes=(str(error),))

    def draw(
        self,
        definition: Definition,
        process: str,
        *,
        title: str,
        description: str,
        marks: Mapping[str, Mark] | None = None,
        prefix: str = "so-do",
    ) -> Drawing:
        """The author's drawing as SVG with marks by node id, and the same as an ordered list of steps."""
        program = _program(definition)
        diagram = program.shared[process] if process in program.shared else program.diagrams[process]
        return draw(diagram, title=title, description=description, marks=marks, prefix=prefix, process=process)


# Definitions


def _program(definition: Definition) -> Program:
    if not isinstance(definition.handle, Program):
        raise TypeError("a definition belongs to the runtime that compiled it")
    return definition.handle


def starting(definition: Definition, *, message: str = "", signal: str = "") -> list[str]:
    """Processes that a message or a signal of that name starts, in the order of their files."""
    program = _program(definition)
    return [
        key
        for key in program.processes
        if (message and message in program.scopes[key].messages) or (signal and signal in program.scopes[key].signals)
    ]


def _digest(files: Mapping[str, bytes]) -> str:
    digest = sha256()
    for name in sorted(files):
        digest.update(sha256(name.encode()).digest() + sha256(files[name]).digest())
    return digest.hexdigest()


def _info(process: Process, program: Program) -> ProcessInfo:
    return ProcessInfo(
        id=process.id,
        name=process.name,
        nodes={element.id: _node(element) for element in process.elements.values()},
        lanes={lane.id: lane.name for lane in process.lanes.values()},
        start_messages=tuple(program.scopes[process.id].messages),
        documentation=process.documentation,
        start_signals=tuple(program.scopes[process.id].signals),
        by_event_only=_by_event_only(process),
        after=_grouped((flow.source, flow.target) for flow in process.flows.values()),
        beside=_grouped((e.attached_to, e.id) for e in process.elements.values() if e.attached_to),
    )


def _by_event_only(process: Process) -> bool:
    starts = [e.event.kind for e in process.elements.values() if e.kind == "startEvent" and e.scope is None]
    return bool(starts) and all(kind in ("message", "signal") for kind in starts)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


def _node(element: Element) -> Node:
    return Node(
        id=element.id,
        name=element.name,
        kind=element.kind,
        lane=element.lane,
        properties=dict(element.properties),
        form_key=element.form_key,
        due_date=element.due_date,
        assignee=element.assignee,
        candidate_groups=element.candidate_groups,
        documentation=element.documentation,
        line=element.line,
        called=element.called,
    )


# One command


def _aware(now: datetime) -> datetime:
    if now.tzinfo is None:
        raise ValueError("now must be aware")
    return now


def _copied(variables: Data) -> dict[str, Any]:
    # Through the codec, so that what is stored and what is held are the same, and nobody else's object is shared.
    try:
        copied: dict[str, Any] = codec.decode(codec.encode(dict(variables)))
    except codec.Unstorable as error:
        raise ProcessFault("", str(error)) from None
    return copied


def _moved(instance: Instance, command: Callable[[], None]) -> Step:
    try:
        command()
        instance.run_until_waiting()
        return _step(instance)
    except WrongState:
        raise
    except StuckError as error:
        raise _how_far(error, instance) from None
    except ProcessFault as error:
        raise _how_far(StuckError(error.node, error.reason), instance) from None
    except codec.Unstorable as error:
        raise ProcessFault("", str(error)) from None
    except Exception as error:  # whatever the library raises, the core learns one thing: this instance is stuck
        raise _how_far(StuckError("", f"{type(error).__name__}: {error}"), instance) from error


def _how_far(error: StuckError, instance: Instance) -> StuckError:
    error.completed, error.variables = tuple(instance.done), dict(instance.variables)
    return error


def _find(instance: Instance, name: str) -> Token | None:
    return instance.tokens.get(int(name)) if name.isascii() and name.isdigit() and len(name) < 18 else None


def _is_timer(token: Token) -> bool:
    return token.state == TaskState.WAITING and "due" in token.internal_data


def _working(instance: Instance, name: str) -> Token:
    token = _find(instance, name)
    if token is None or not (_waits_for_person(token) or _waits_for_operation(token)):
        raise WrongState("not-waiting", token=name)
    return token


def _waits_for_person(token: Token) -> bool:
    return isinstance(token.task_spec, HumanTask) and token.state == TaskState.READY


def _waits_for_operation(token: Token) -> bool:
    return (
        isinstance(token.task_spec, OperationTask)
        and token.state == TaskState.STARTED
        and "loop" not in token.internal_data
    )


# The step


def _step(instance: Instance) -> Step:
    tokens = list(instance.tokens.values())
    return Step(
        state=_store(instance),
        tasks=tuple(_open_task(instance, token) for token in tokens if _waits_for_person(token)),
        timers=tuple(_timer(token) for token in tokens if _is_timer(token)),
        subscriptions=tuple(_subscriptions(tokens)),
        operations=tuple(_operation(instance, token) for token in tokens if _waits_for_operation(token)),
        thrown=tuple(instance.thrown),
        completed=tuple(instance.done),
        ended=instance.completed,
        ends=tuple(instance.ends),
        variables=dict(instance.variables),
    )


def _open_task(instance: Instance, token: Token) -> OpenTask:
    template = instance.program.names.get((token.workflow.spec.name, token.task_spec.name))
    name = token.task_spec.element.name
    if template is not None:
        try:
            name = template.text(instance.at(token))
        except Fault:
            # A name is only for reading: a missing fact must not stop the process.
            name = token.task_spec.element.name
    return OpenTask(
        token=str(token.id), node=token.task_spec.name, name=name or token.task_spec.name, data=instance.view(token)
    )


def _timer(token: Token) -> Timer:
    spec = token.task_spec
    if isinstance(spec, EventSubProcess):
        return Timer(
            token=str(token.id),
            node=spec.start.id,
            due=token.internal_data["due"],
            interrupting=spec.start.interrupting,
            floating=_floating(spec),
        )
    interrupting = isinstance(spec, BoundaryEvent) and spec.element.interrupting
    return Timer(
        token=str(token.id),
        node=spec.name,
        due=token.internal_data["due"],
        interrupting=interrupting,
        floating=_floating(spec),
    )


def _floating(spec: CatchEvent) -> bool:
    return spec.timer is not None and spec.timer.kind != "date"


def _subscriptions(tokens: list[Token]) -> Iterator[Subscription]:
    for token in tokens:
        spec: FlowNode = token.task_spec
        event = spec.awaited(token) if isinstance(spec, CatchEvent) else None
        if event is not None and event.kind in ("message", "signal"):
            node = spec.start.id if isinstance(spec, EventSubProcess) else spec.name
            yield Subscription(
                token=str(token.id),
                node=node,
                kind=event.kind,
                name=event.name,
                correlation=token.internal_data.get("key"),
                expected=token.internal_data.get("expected"),
            )


def _operation(instance: Instance, token: Token) -> OperationAsked:
    element = token.task_spec.element
    return OperationAsked(
        token=str(token.id),
        node=element.id,
        operation=element.operation,
        parameters=dict(element.properties),
        data=instance.view(token),
    )


# Storage


def _store(instance: Instance) -> bytes:
    scopes = [[sub.owner.id, sub.spec.name, sub.variables, _tokens(sub)] for sub in instance.subprocesses.values()]
    content = {"v": _FORMAT, "n": instance.number, "d": instance.variables, "t": _tokens(instance), "s": scopes}
    if instance.completed:
        content["x"] = 1
    return codec.dump(content)


def _tokens(workflow: Any) -> list[list[Any]]:
    return [[token.id, token.task_spec.name, token.state, token.internal_data] for token in workflow.tasks.values()]


def _restore(program: Program, process: str, state: bytes, facts: Data, now: datetime) -> Instance:
    try:
        content = codec.load(state)
    except ValueError as error:
        raise ProcessFault(process, f"không đọc được trạng thái đã lưu: {error}") from error
    return _restored(program, process, content, facts, now)


def _restored(program: Program, process: str, content: Any, facts: Data, now: datetime) -> Instance:
    if process not in program.processes:
        raise ProcessFault(process, "không có quy trình này trong bản triển khai")
    try:
        if content["v"] != _FORMAT:
            raise ProcessFault(process, f"trạng thái theo định dạng {content['v']}, phần mềm đọc định dạng {_FORMAT}")
        instance = Instance(program, process, content["d"], facts, _aware(now))
        instance.number = content["n"]
        instance.completed = "x" in content
        _place_tokens(instance, content["t"])
        for owner, key, variables, tokens in content["s"]:
            sub = SubInstance(program.scopes[key], instance.tokens[owner], instance, variables)
            instance.subprocesses[owner] = sub
            _place_tokens(sub, tokens)
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise ProcessFault(process, f"không đọc được trạng thái đã lưu: {error}") from error
    # Every choice among tokens goes by age.
    instance.tokens = dict(sorted(instance.tokens.items()))
    return instance


def _place_tokens(workflow: Any, tokens: list[list[Any]]) -> None:
    for number, name, state, inner in tokens:
        Token(workflow, workflow.spec.task_specs[name], number, inner, state)
