"""How does an instance move? Tokens of the library's task class, without its tree of predictions.

The library predicts the whole future of an instance as a tree of tasks, which grows without bound
over parallel blocks and loops. Here a scope holds only the tokens that live now: a task is placed
when a flow reaches its node and removed when it is done. Variables belong to the process (or the
called process), elements of a multi-instance to their token.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.errors import ProcessFault
from engine.ports.process import Data, Thrown, Value
from engine.process.expressions import Evaluation, Expression, Fault
from engine.process.expressions import Value as Valued
from engine.process.feel_meaning import MAX_WORK_TOGETHER, Budget
from engine.process.model import Event

MAX_STEPS: Final = 20_000
MAX_TOKENS: Final = 20_000
MAX_DEPTH: Final = 30


class StuckError(ProcessFault):
    """An instance that cannot go on, with how far this command came; what was stored before still stands."""

    completed: tuple[str, ...] = ()
    variables: Data = MappingProxyType({})


class UncaughtError(StuckError):
    """A BPMN error that no boundary event and no event sub-process catches."""

    def __init__(self, node: str, code: str) -> None:
        super().__init__(node, f"lỗi nghiệp vụ “{code}” không có nơi xử lý")
        self.code = code


class Refusing(PythonScriptEngine):
    """The library's door to Python, walled up: no text of a diagram is ever run by it."""

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> Any:
        raise ProcessFault(str(task), "không chạy biểu thức Python")

    def execute(self, task: Any, script: str, external_context: Any = None) -> Any:
        raise ProcessFault(str(task), "không chạy kịch bản Python")

    def call_service(self, task: Any, *args: Any, **kwargs: Any) -> Any:
        raise ProcessFault(str(task), "không gọi dịch vụ từ thư viện")


_REFUSING: Final = Refusing()


class ScopeSpec(BpmnProcessSpec):
    """The nodes of one process or sub-process, as library specifications by element id."""

    def __init__(self, key: str) -> None:
        super().__init__(name=key)
        # The library reserves "Start" and "End"; an author may call a node so.
        self.task_specs: dict[str, Any] = {}
        self.starts: list[str] = []  #: where tokens begin
        self.messages: dict[str, str] = {}  #: message name → its start event
        self.signals: dict[str, str] = {}
        self.listeners: list[str] = []  #: event sub-processes

    def validate(self) -> list[str]:
        return []


class Token(Task):
    """One execution at one node; its id is a number that the instance never uses twice."""

    def __init__(
        self, workflow: Any, spec: Any, number: int, inner: dict[str, Any], state: int = TaskState.FUTURE
    ) -> None:
        # The library's constructor draws a random id and reads the clock; a decider may do neither.
        self.id, self.workflow, self.task_spec = number, workflow, spec
        self._parent, self._state = None, state
        self._children: list[int] = []
        self.triggered, self.thread_id, self.last_state_change = False, 0, 0.0
        self.data: dict[str, Any] = {}
        self.internal_data = inner
        workflow.tasks[number] = self
        workflow.top_workflow.tokens[number] = self

    def _set_state(self, value: int) -> None:
        self._state = value

    @property
    def alive(self) -> bool:
        """Whether it still stands somewhere in its instance."""
        return self.workflow.top_workflow.tokens.get(self.id) is self


class SubInstance(BpmnSubWorkflow):
    """A running sub-process or called process; `variables` only when it has its own."""

    def __init__(self, spec: ScopeSpec, owner: Token, top: "Instance", variables: dict[str, Any] | None) -> None:
        self.owner, self.variables = owner, variables
        super().__init__(spec, parent_task_id=owner.id, top_workflow=top, deserializing=True)
        if self.depth > MAX_DEPTH:
            raise ProcessFault(owner.task_spec.name, f"quy trình gọi lồng nhau quá {MAX_DEPTH} tầng")


class Instance(BpmnWorkflow):
    """A running process and everything below it, during one command at the instant `now`."""

    def __init__(self, program: Any, process: str, variables: dict[str, Any], facts: Data, now: datetime) -> None:
        super().__init__(
            program.scopes[process], subprocess_specs=program.scopes, script_engine=_REFUSING, deserializing=True
        )
        self.program, self.facts, self.now = program, facts, now
        self.variables: dict[str, Any] = variables
        self.owner: Token | None = None
        self.tokens: dict[int, Token] = {}
        self.number = 0
        self.ready: deque[Token] = deque()
        self.touched: list[Any] = []
        self.done: list[str] = []
        self.ends: list[str] = []
        self.thrown: list[Thrown] = []
        self.budget = MAX_STEPS
        self.work = Budget(MAX_WORK_TOGETHER)

    # Library hooks

    def get_task_from_id(self, task_id: int) -> Token:
        return self.tokens[task_id]

    def create_subprocess(self, my_task: Token, spec_name: str, variables: dict[str, Any] | None = None) -> SubInstance:
        sub = SubInstance(self.subprocess_specs[spec_name], my_task, self, variables)
        self.subprocesses[my_task.id] = sub
        return sub

    def _task_completed_notify(self, task: Token) -> None:
        return None

    # Placing and removing

    def place(self, workflow: Any, name: str, /, **inner: Any) -> Token:
        """A new token at a node; it becomes ready, waits, or opens what is inside the node."""
        if len(self.tokens) >= MAX_TOKENS:
            raise ProcessFault(name, f"quy trình có hơn {MAX_TOKENS} bước cùng lúc")
        self.number += 1
        token = Token(workflow, workflow.spec.task_specs[name], self.number, inner)
        token.task_spec._update(token)
        return token

    def queue(self, token: Token) -> None:
        """Let the token run by itself in turn."""
        self.ready.append(token)

    def remove(self, token: Token) -> None:
        """Take a token away; its scope may be finished with it."""
        self.tokens.pop(token.id, None)
        token.workflow.tasks.pop(token.id, None)
        self.touched.append(token.workflow)

    def cancel_token(self, token: Token) -> None:
        """Take a token away with all that depends on it, unfinished."""
        if not token.alive:
            return
        self.remove(token)
        if not token.has_state(TaskState.FINISHED_MASK):
            token._set_state(TaskState.CANCELLED)
        for other in self.dependents(token):
            self.cancel_token(other)
        sub = self.subprocesses.pop(token.id, None)
        if sub is not None:
            for inside in list(sub.tasks.values()):
                self.cancel_token(inside)

    def dependents(self, token: Token) -> list[Token]:
        """Boundary events on it, instances of it, and the events its gateway waits for."""
        keys = token.task_spec.dependent_keys
        return (
            [
                other
                for other in list(token.workflow.tasks.values())
                if any(other.internal_data.get(key) == token.id for key in keys)
            ]
            if keys
            else []
        )

    def start_scope(self, workflow: Any, at: str | None = None) -> None:
        """Begin a process or sub-process: its event sub-processes listen, its first nodes get tokens."""
        for name in workflow.spec.listeners:
            self.place(workflow, name, listens=1)
        for name in [at] if at else workflow.spec.starts:
            self.place(workflow, name)
        self.touched.append(workflow)

    # Running

    def run_until_waiting(self) -> None:
        """Run everything that needs nobody, until all tokens wait or the instance has ended."""
        while True:
            if self.touched:
                self._close(self.touched.pop())
            elif self.ready:
                self._run_next(self.ready.popleft())
            elif not self._open_join():
                return

    def _run_next(self, token: Token) -> None:
        if not token.alive or not token.has_state(TaskState.READY):
            return
        self.budget -= 1
        if self.budget < 0:
            raise ProcessFault(
                token.task_spec.name, f"chạy quá {MAX_STEPS} bước tự động liên tiếp: vòng lặp không có điểm dừng"
            )
        token.run()

    def _open_join(self) -> bool:
        for token in list(self.tokens.values()):
            if token.task_spec.waits_for_others and token.task_spec.may_open(token):
                return True
        return False

    def stuck(self) -> list[str]:
        """Joins of scopes in which everything waits for tokens that cannot come any more."""
        found = []
        for workflow in (self, *self.subprocesses.values()):
            going = [
                t for t in workflow.tasks.values() if "listens" not in t.internal_data and "on" not in t.internal_data
            ]
            if going and all(token.task_spec.joins and token.state == TaskState.WAITING for token in going):
                found += [token.task_spec.name for token in going]
        return list(dict.fromkeys(found))

    def _close(self, workflow: Any) -> None:
        """End a scope in which nothing but listeners is left."""
        if workflow is not self and self.subprocesses.get(workflow.parent_task_id) is not workflow:
            return
        if workflow.completed or any("listens" not in token.internal_data for token in workflow.tasks.values()):
            return
        for listener in list(workflow.tasks.values()):
            self.cancel_token(listener)
        workflow.completed = True
        owner: Token | None = workflow.owner
        if owner is not None:
            del self.subprocesses[owner.id]
            owner.task_spec.leave_scope(owner, workflow)
            owner.complete()

    # Variables

    def maps(self, token: Token) -> list[Mapping[str, Any]]:
        """What a token sees: its own elements first, then those around it, then the process variables."""
        found: list[Mapping[str, Any]] = []
        current: Token | None = token
        while current is not None:
            if "local" in current.internal_data:
                found.append(current.internal_data["local"])
            if current.workflow.variables is not None:
                found.append(current.workflow.variables)
                break
            current = current.workflow.owner
        return found

    def view(self, token: Token) -> dict[str, Value]:
        """What a token sees, as one table."""
        merged: dict[str, Value] = {}
        for names in reversed(self.maps(token)):
            merged.update(names)
        return merged

    def assign(self, token: Token, name: str, value: Any) -> None:
        """Replace a variable whole, where it lives: at the token that holds it, else in the process."""
        for names in self.maps(token):
            if name in names:
                names[name] = value  # type: ignore[index]  # maps() lists the live dicts themselves
                return
        names[name] = value  # type: ignore[index]

    def at(self, token: Token, extra: Mapping[str, Any] | None = None) -> Evaluation:
        """The surroundings in which the token's expressions are evaluated."""
        maps = self.maps(token)
        return Evaluation([extra, *maps] if extra else maps, self.facts, self.now, budget=self.work)

    def value(self, token: Token, expression: Expression | Valued, extra: Mapping[str, Any] | None = None) -> Any:
        """An expression's value as a variable may hold it; a failure is this node's fault."""
        try:
            return expression.variable(self.at(token, extra))
        except Fault as error:
            raise ProcessFault(token.task_spec.name, str(error)) from None

    def holds(self, token: Token, expression: Expression, extra: Mapping[str, Any] | None = None) -> bool:
        """A condition's answer; anything but true or false is this node's fault."""
        try:
            return expression.holds(self.at(token, extra))
        except Fault as error:
            raise ProcessFault(token.task_spec.name, str(error)) from None

    # Events

    def waiting(self, kind: str, name: str) -> Iterator[Token]:
        """Tokens that wait for a message, signal or timer of that name, oldest first."""
        for token in list(self.tokens.values()):
            event = token.task_spec.awaited(token)
            if event is not None and event.kind == kind and event.name == name:
                yield token

    def send_message(self, message: Thrown) -> None:
        """Hand a message to the oldest catcher inside that asks for its key, else let it leave."""
        for catcher in self.waiting("message", message.name):
            if catcher.internal_data.get("key") == message.correlation and "expected" not in catcher.internal_data:
                catcher.trigger(dict(message.payload))
                return
        self.thrown.append(message)

    def send_signal(self, name: str, payload: dict[str, Any]) -> None:
        """Hand a signal to every catcher inside, and let it leave for the others."""
        self.thrown.append(Thrown(kind="signal", name=name, payload=payload))
        for catcher in list(self.waiting("signal", name)):
            if catcher.alive:
                catcher.trigger(payload)

    def raise_error(self, token: Token, code: str) -> None:
        """Carry a BPMN error outwards to the first that catches it; raise `UncaughtError` when none does."""
        catcher = self._catcher(token, Event(kind="error", name=code))
        if catcher is None:
            raise UncaughtError(token.task_spec.name, code)
        catcher.trigger({})
        self.cancel_token(token)

    def raise_escalation(self, token: Token, code: str, payload: dict[str, Any]) -> None:
        """Carry an escalation outwards; uncaught it leaves the instance and nothing stops."""
        catcher = self._catcher(token, Event(kind="escalation", name=code))
        if catcher is None:
            self.thrown.append(Thrown(kind="escalation", name=code, payload=payload))
        else:
            catcher.trigger(payload)

    def _catcher(self, token: Token, event: Event) -> Token | None:
        current: Token | None = token
        while current is not None:
            body = current.internal_data.get("of")
            hosts = {current.id, body} if body is not None else {current.id}
            around = list(current.workflow.tasks.values())
            found = _match(event, (t for t in around if t.internal_data.get("on") in hosts))
            # What runs inside an event sub-process is not caught by its neighbours in the same scope.
            if found is None and not current.task_spec.handles_events:
                found = _match(event, (t for t in around if "listens" in t.internal_data))
            if found is not None:
                return found
            current = current.workflow.owner
        return None


def _match(event: Event, tokens: Iterator[Token]) -> Token | None:
    """The catcher of exactly this code, else one that catches every code."""
    every: Token | None = None
    for token in tokens:
        awaited = token.task_spec.awaited(token)
        if awaited is None or awaited.kind != event.kind:
            continue
        if awaited.name == event.name:
            return token
        if not awaited.name and every is None:
            every = token
    return every
