"""What would this diagram do, what would this table answer? Tried out in virtual time, nothing stored.

Behind the commands `simulate` and `decide`: requests and answers are plain JSON values. All starts
run in one small engine of their own; tasks without implementation complete at once, messages and
signals reach every instance of the run and may start the model's own processes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from engine.errors import BadDiagram, ProcessFault
from engine.ports.process import Definition, Step, Subscription, Thrown
from engine.process.deploy import check
from engine.process.expressions import Fault
from engine.process.requests import BadRequest, decide_request, model_path, simulate_request, unreadable
from engine.process.spiff import SpiffRuntime, StuckError, UncaughtError, starting
from engine.process.validate import as_line, deployable, read_model

MAX_COMMANDS: Final = 10_000
MAX_INSTANCES: Final = 2_000
_LARGEST: Final = 300


def simulate(request: Mapping[str, Any], *, now: datetime, files: Mapping[str, bytes] | None = None) -> dict[str, Any]:
    """Run the starts of a request up to its horizon; `now` (aware) is where virtual time begins.

    Request: `model` (path; with `files` these are the model), `starts` (each `process` and `data`), `horizon_s`, `auto`. Answer: `state`
    (completed, waiting, error, rejected), `completed`, `data`, `kind` (runtime, bpmnError or empty), `error`.
    """
    try:
        asked = simulate_request(request)
        definition = SpiffRuntime().compile(_deployable(request) if files is None else files)
        begun = [(start.process or next(iter(definition.processes), ""), start.data) for start in asked.starts]
        for process, _ in begun:
            if process not in definition.processes:
                raise BadRequest(f"Mô hình không có quy trình {f'“{process}”' if process else 'nào'}.")
    except BadDiagram as refusal:
        return rejected("\n".join(as_line(finding) for finding in refusal.findings))
    except BadRequest as error:
        return rejected(str(error))
    except RecursionError:
        return rejected("Mô hình lồng nhau quá sâu.")
    run = _Run(definition, now, now + asked.horizon, auto=asked.auto)
    return run.live(begun)


def rejected(error: str) -> dict[str, Any]:
    """The answer to a request that cannot be tried at all."""
    return _answer("rejected", error=error)


def _deployable(request: Mapping[str, Any]) -> dict[str, bytes]:
    path = model_path(request)
    try:
        return deployable(path)[0]
    except OSError as error:
        raise unreadable(path, error) from None


def decide(request: Mapping[str, Any], *, now: datetime, files: Mapping[str, bytes] | None = None) -> dict[str, Any]:
    """Answer one decision: `model` (path, or `files`), `decision` (id or name), `inputs` → `value`, or `error`."""
    try:
        asked = decide_request(request)
        found = _tables(request) if files is None else files
        tables = check(
            {name: content for name, content in found.items() if name.endswith(".dmn") or len(found) == 1}
        ).decisions
        name = asked.decision or next(iter(tables), "")
        if name not in tables:
            return {"error": f"Không có quyết định {f'“{name}”' if name else 'nào'}."}
        return {"value": plain(tables[name].decide(name, asked.inputs, facts={}, now=now))}
    except BadDiagram as refusal:
        return {"error": "\n".join(as_line(finding) for finding in refusal.findings)}
    except (Fault, BadRequest) as error:
        return {"error": str(error)}
    except RecursionError:
        return {"error": "Mô hình hoặc giá trị lồng nhau quá sâu."}


def _tables(request: Mapping[str, Any]) -> dict[str, bytes]:
    path = model_path(request)
    try:
        return read_model(path)[0]
    except OSError as error:
        raise unreadable(path, error) from None


def plain(value: Any) -> Any:
    """A value as JSON has it: whole numbers as integers, dates as ISO text, decimals that a double would round as they are.

    A number beyond what JSON's readers hold is its text.
    """
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return value


def _number(value: Decimal) -> int | float | str | Decimal:
    if abs(value.adjusted()) > _LARGEST:
        return str(value)
    if value == value.to_integral_value():
        return int(value)
    return near if Decimal(repr(near := float(value))) == value else value


def _answer(
    state: str, *, completed: Iterable[str] = (), data: Mapping[str, Any] | None = None, kind: str = "", error: str = ""
) -> dict[str, Any]:
    return {"state": state, "completed": list(completed), "data": plain(data or {}), "kind": kind, "error": error}


class _TooMuch(Exception):
    """A run beyond its limits: it stops where it stands."""

    def __init__(self, fault: ProcessFault) -> None:
        super().__init__()
        self.fault = fault


@dataclass(slots=True)
class _Live:
    """One instance of the run."""

    process: str
    step: Step | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    fault: ProcessFault | None = None
    received: dict[str, int] = field(default_factory=dict)  #: catcher → messages counted so far


class _Run:
    """All instances of one request, their messages, and virtual time."""

    def __init__(self, definition: Definition, now: datetime, until: datetime, *, auto: bool) -> None:
        self.definition, self.now, self.until, self.auto = definition, now, until, auto
        self.runtime = SpiffRuntime()
        self.instances: list[_Live] = []
        self.completed: list[str] = []
        self.kept: list[Thrown] = []  #: messages that nobody waits for yet
        self.posted: list[tuple[_Live, Thrown]] = []
        self.commands = 0

    def live(self, begun: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
        """Begin the processes, let everything happen up to the horizon, and tell how it ended."""
        faulty: ProcessFault | None = None
        try:
            for process, data in begun:
                self.start(process, data)
            while self._next():
                pass
        except _TooMuch as limit:
            faulty = limit.fault
        faulty = next((instance.fault for instance in self.instances if instance.fault), faulty)
        data = self.instances[0].variables
        if faulty is not None:
            kind = "bpmnError" if isinstance(faulty, UncaughtError) else "runtime"
            return _answer("error", completed=self.completed, data=data, kind=kind, error=str(faulty))
        waiting = any(instance.step is not None and not instance.step.ended for instance in self.instances)
        return _answer("waiting" if waiting else "completed", completed=self.completed, data=data)

    def start(self, process: str, data: Mapping[str, Any], **at: str) -> None:
        instance = _Live(process, variables=data)
        self.instances.append(instance)
        if len(self.instances) > MAX_INSTANCES:
            raise _TooMuch(ProcessFault(process, f"lần chạy thử mở hơn {MAX_INSTANCES} quy trình"))
        self._command(
            instance, lambda: self.runtime.start(self.definition, process, data, facts={}, now=self.now, **at)
        )

    def _command(self, instance: _Live, command: Any) -> None:
        self.commands += 1
        if self.commands > MAX_COMMANDS:
            raise _TooMuch(ProcessFault(instance.process, f"lần chạy thử cần hơn {MAX_COMMANDS} bước"))
        try:
            step: Step = command()
        except StuckError as fault:
            self.completed += fault.completed
            instance.variables = fault.variables
            instance.step, instance.fault = None, fault
        except ProcessFault as fault:
            instance.step, instance.fault = None, fault
        else:
            self.completed += step.completed
            instance.step, instance.variables = step, step.variables
            self.posted += [(instance, thrown) for thrown in step.thrown]

    def _next(self) -> bool:
        """Do the next thing there is to do; False when only time beyond the horizon could bring more."""
        if self.posted:
            self._post(*self.posted.pop(0))
            return True
        return self._work() or self._take_kept() or self._let_time_pass()

    def _post(self, sender: _Live, thrown: Thrown) -> None:
        if thrown.kind == "message":
            if not self._hand_over(thrown) and not self._begin(message=thrown.name, payload=thrown.payload):
                self.kept.append(thrown)
        elif thrown.kind == "signal":
            for instance in [i for i in self.instances if i is not sender and self._catcher(i, thrown)]:
                self._deliver(instance, thrown, thrown.payload)
            self._begin(signal=thrown.name, payload=thrown.payload)

    def _hand_over(self, message: Thrown) -> bool:
        for instance in self.instances:
            catcher = self._catcher(instance, message)
            if catcher is not None:
                self._count(instance, catcher, message)
                return True
        return False

    def _catcher(self, instance: _Live, thrown: Thrown) -> Subscription | None:
        """Where the instance waits for it; keys that both sides give must be the same."""
        waiting = () if instance.step is None else instance.step.subscriptions
        for found in waiting:
            keys = {found.correlation, thrown.correlation} - {None}
            if (found.kind, found.name) == (thrown.kind, thrown.name) and len(keys) < 2:
                return found
        return None

    def _count(self, instance: _Live, catcher: Subscription, message: Thrown) -> None:
        """Hand over the first message, or once as many have come as the catcher counts."""
        if catcher.expected is None:
            self._deliver(instance, message, message.payload, catcher.token)
            return
        instance.received[catcher.token] = got = instance.received.get(catcher.token, 0) + 1
        if got >= catcher.expected:
            self._deliver(instance, message, {"received": got}, catcher.token)

    def _deliver(self, instance: _Live, thrown: Thrown, payload: Mapping[str, Any], token: str | None = None) -> None:
        step, kind, name = instance.step, thrown.kind, thrown.name
        if step is not None:
            self._command(
                instance,
                lambda: self.runtime.deliver(
                    self.definition,
                    instance.process,
                    step.state,
                    kind,
                    name,
                    dict(payload),
                    facts={},
                    now=self.now,
                    token=token,
                ),
            )

    def _begin(self, payload: Mapping[str, Any], **by: str) -> bool:
        """Start the processes whose start event hears this message (the first only) or signal (all)."""
        found = starting(self.definition, **by)
        for process in found[:1] if "message" in by else found:
            self.start(process, dict(payload), **by)
        return bool(found)

    def _work(self) -> bool:
        """Complete the oldest operation, or with `auto` the oldest task, of the first instance that has one."""
        for instance in self.instances:
            step = instance.step
            if step is None:
                continue
            tokens = [operation.token for operation in step.operations]
            tokens += [task.token for task in step.tasks if self.auto or self._untyped(instance, task.node)]
            if tokens:
                self._complete(instance, step, min(tokens, key=int))
                return True
        return False

    def _untyped(self, instance: _Live, node: str) -> bool:
        """Whether an open task is neither a user's nor a manual one: it has no implementation to wait for."""
        processes = self.definition.processes
        places = [processes[instance.process], *processes.values()]
        return next((place.nodes[node].kind == "task" for place in places if node in place.nodes), False)

    def _complete(self, instance: _Live, step: Step, token: str) -> None:
        self._command(
            instance,
            lambda: self.runtime.complete(
                self.definition, instance.process, step.state, token, {}, facts={}, now=self.now
            ),
        )

    def _take_kept(self) -> bool:
        for instance in self.instances:
            for waiting in instance.step.subscriptions if instance.step is not None else ():
                if waiting.expected == 0:
                    nobody = Thrown(kind="message", name=waiting.name, payload={})
                    self._deliver(instance, nobody, {"received": 0}, waiting.token)
                    return True
        for number, message in enumerate(self.kept):
            if self._hand_over(message):
                del self.kept[number]
                return True
        return False

    def _let_time_pass(self) -> bool:
        due = [
            (max(timer.due, self.now), timer.due, number, int(timer.token))
            for number, instance in enumerate(self.instances)
            if instance.step is not None
            for timer in instance.step.timers
            if timer.due <= self.until
        ]
        if not due:
            return False
        self.now, _, number, token = min(due)
        instance = self.instances[number]
        step = instance.step
        if step is not None:
            self._command(
                instance,
                lambda: self.runtime.fire(
                    self.definition, instance.process, step.state, [str(token)], facts={}, now=self.now
                ),
            )
        return True
