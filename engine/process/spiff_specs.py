"""What does each BPMN element do when a token reaches it, runs, ends, or hears an event?

One class per kind of element, all of the library's specification class. The order inside a node's
life is the library's: update (arrive) → ready → run → complete → onwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.util.task import TaskState

from engine.errors import ProcessFault
from engine.ports.process import Thrown as Leaving
from engine.process import clockwork
from engine.process.expressions import Expression, Fault, Script, Thrown, Value
from engine.process.feel_values import Unfit, to_text
from engine.process.model import Element, Event
from engine.process.spiff_instance import Instance, ScopeSpec, SubInstance, Token

MAX_INSTANCES: Final = 5_000
MAX_KEY: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An outgoing sequence flow."""

    flow: str
    target: str
    condition: Expression | None
    default: bool


class FlowNode(BpmnSpecMixin):
    """What all nodes have in common: they pass a token on along their outgoing flows."""

    joins = False
    waits_for_others = False
    handles_events = False
    dependent_keys: tuple[str, ...] = ()

    def __init__(self, scope: ScopeSpec, element: Element) -> None:
        super().__init__(
            scope, element.id, bpmn_name=element.name, lane=element.lane, documentation=element.documentation
        )
        self.element = element
        self.ways: list[Way] = []
        self.incoming: list[str] = []
        self.payload: dict[str, Value] = {}
        #: Which messages of a name are meant: the key of a thrower or catcher, how long a message is kept, how many count.
        self.correlation: Value | None = None
        self.kept: Value | None = None
        self.expected: Value | None = None

    # The library's life cycle, without prediction

    def _predict(self, my_task: Token, *_: Any, **__: Any) -> None:
        return None

    def _update(self, my_task: Token) -> None:
        if self._update_hook(my_task):
            my_task._ready()

    def _update_hook(self, my_task: Token) -> bool:
        return True

    def _on_ready(self, my_task: Token) -> None:
        if not self.manual:
            my_task.workflow.top_workflow.queue(my_task)

    def _run_hook(self, my_task: Token) -> bool | None:
        return True

    def _on_complete(self, my_task: Token) -> None:
        top: Instance = my_task.workflow.top_workflow
        self.hand_out(my_task, top)
        # Chosen first: a node from which no way leads on has not been completed.
        ways = [] if "of" in my_task.internal_data else self.choose(my_task, top)
        top.done.append(self.name)
        self.throw(my_task, top)
        if my_task.alive:
            self.finish(my_task, top, ways)

    def _on_trigger(self, my_task: Token, payload: dict[str, Any]) -> None:
        raise ProcessFault(self.name, "bước này không chờ sự kiện")

    # For subclasses

    def hand_out(self, token: Token, top: Instance) -> None:
        """Give the process what the node's outputs name."""

    def throw(self, token: Token, top: Instance) -> None:
        """What happens at completion, before the token moves on."""

    def choose(self, token: Token, top: Instance) -> list[Way]:
        """Every flow without condition and every one whose condition holds; the default when no condition does."""
        chosen = [
            way for way in self.ways if not way.default and (way.condition is None or top.holds(token, way.condition))
        ]
        if not any(way.condition is not None for way in chosen):
            chosen += [way for way in self.ways if way.default]
        if self.ways and not chosen:
            raise ProcessFault(self.name, "không có hướng đi nào có điều kiện đúng")
        return chosen

    def finish(self, token: Token, top: Instance, ways: list[Way]) -> None:
        """Take the token away and follow the flows."""
        for other in top.dependents(token):
            top.cancel_token(other)
        top.remove(token)
        self.send(token, top, ways)

    def send(self, token: Token, top: Instance, ways: list[Way]) -> None:
        """Place one token behind each of the flows."""
        for way in ways:
            target = token.workflow.spec.task_specs[way.target]
            if isinstance(target, Join) and len(target.incoming) > 1:
                top.place(token.workflow, way.target, flow=way.flow)
            else:
                top.place(token.workflow, way.target)

    def awaited(self, token: Token) -> Event | None:
        """The event that the token waits for now, if any."""
        return None

    def leave_scope(self, token: Token, scope: SubInstance) -> None:
        """Called when the sub-process that the token opened has ended."""


# Gateways


class Join(FlowNode):
    """A gateway that may bring several tokens together."""

    joins = True


class ExclusiveGateway(FlowNode):
    """The first flow, in document order, whose condition holds; else the default."""

    def choose(self, token: Token, top: Instance) -> list[Way]:
        for way in self.ways:
            if not way.default and (way.condition is None or top.holds(token, way.condition)):
                return [way]
        default = [way for way in self.ways if way.default]
        if self.ways and not default:
            raise ProcessFault(self.name, "không có hướng đi nào có điều kiện đúng và không có hướng mặc định")
        return default


class ParallelGateway(Join):
    """Takes one token from each incoming flow, sends one along each outgoing flow."""

    def _update_hook(self, my_task: Token) -> bool:
        if len(self.incoming) < 2:
            return True
        my_task._set_state(TaskState.WAITING)
        first = _oldest_per_flow(my_task, self)
        if len(first) < len(self.incoming):
            return False
        survivor = min(first.values(), key=lambda token: token.id)
        _consume(survivor, first)
        survivor._ready()
        return False

    def choose(self, token: Token, top: Instance) -> list[Way]:
        return self.ways


class InclusiveGateway(Join):
    """Waits for every token that can still come; goes on along every flow whose condition holds."""

    waits_for_others = True

    def __init__(self, scope: ScopeSpec, element: Element) -> None:
        super().__init__(scope, element)
        self.upstream: dict[
            str, frozenset[str]
        ] = {}  #: flow → nodes from which a token can reach it without passing here

    def _update_hook(self, my_task: Token) -> bool:
        if len(self.incoming) < 2:
            return True
        my_task._set_state(TaskState.WAITING)
        return False

    def may_open(self, token: Token) -> bool:
        """Open when no token elsewhere can still reach a flow that has none; tells whether it did."""
        if token.state != TaskState.WAITING:
            return False
        first = _oldest_per_flow(token, self)
        empty = [flow for flow in self.incoming if flow not in first]
        for other in token.workflow.tasks.values():
            name = other.task_spec.name
            if name == self.name or "listens" in other.internal_data:
                continue
            if any(name in self.upstream[flow] for flow in empty) and not any(
                name in self.upstream[flow] for flow in first
            ):
                return False
        survivor = min(first.values(), key=lambda found: found.id)
        _consume(survivor, first)
        survivor._ready()
        return True

    def choose(self, token: Token, top: Instance) -> list[Way]:
        chosen = [
            way for way in self.ways if not way.default and (way.condition is None or top.holds(token, way.condition))
        ]
        chosen = chosen or [way for way in self.ways if way.default]
        if self.ways and not chosen:
            raise ProcessFault(self.name, "không có hướng đi nào có điều kiện đúng và không có hướng mặc định")
        return chosen


def _oldest_per_flow(token: Token, spec: FlowNode) -> dict[str, Token]:
    first: dict[str, Token] = {}
    for other in token.workflow.tasks.values():
        if other.task_spec is spec and other.state == TaskState.WAITING:
            first.setdefault(other.internal_data["flow"], other)
    return first


def _consume(survivor: Token, first: Mapping[str, Token]) -> None:
    for other in first.values():
        if other is not survivor:
            other.workflow.top_workflow.remove(other)


class EventBasedGateway(FlowNode):
    """Waits with all its events at once; the first that happens takes the token."""

    dependent_keys = ("race",)

    def _run_hook(self, my_task: Token) -> None:
        for way in self.ways:
            my_task.workflow.top_workflow.place(my_task.workflow, way.target, race=my_task.id)


# Events


class StartEvent(FlowNode):
    """Where a token begins; its event has already happened."""


class CatchEvent(FlowNode):
    """An intermediate event or receive task that waits; also the base of what else waits."""

    def __init__(self, scope: ScopeSpec, element: Element, timer: "clockwork.Clockwork | None" = None) -> None:
        super().__init__(scope, element)
        self.timer = timer

    def _update_hook(self, my_task: Token) -> bool:
        if self.element.event.kind == "none":
            return True
        self.wait(my_task)
        return False

    def wait(self, token: Token) -> None:
        """Start waiting: a timer is told when it is due, a message which key it must have."""
        token._set_state(TaskState.WAITING)
        _note_key(token, self)
        if self.timer is not None:
            top = token.workflow.top_workflow
            try:
                token.internal_data.update(self.timer.first(top.at(token), top.now))
            except Fault as error:
                raise ProcessFault(self.name, str(error)) from None

    def awaited(self, token: Token) -> Event | None:
        return self.element.event if token.state == TaskState.WAITING else None

    def _on_trigger(self, my_task: Token, payload: dict[str, Any]) -> None:
        top: Instance = my_task.workflow.top_workflow
        self.win_race(my_task, top)
        take(my_task, payload)
        my_task._ready()

    def win_race(self, token: Token, top: Instance) -> None:
        """End the event-based gateway that waits with this event and others."""
        gateway = top.tokens.get(token.internal_data.pop("race", 0))
        if gateway is not None:
            top.done.append(gateway.task_spec.name)
            top.cancel_token(gateway)


def _note_key(token: Token, spec: FlowNode) -> None:
    top: Instance = token.workflow.top_workflow
    if spec.correlation is not None:
        token.internal_data["key"] = _key(spec, top.value(token, spec.correlation))
    if spec.expected is not None:
        token.internal_data["expected"] = _whole(spec, top.value(token, spec.expected))


def _key(spec: FlowNode, value: Any) -> str:
    text = "" if value is None else to_text(value).strip()
    if not text or len(text) > MAX_KEY:
        raise ProcessFault(spec.name, f"khóa tương quan rỗng hoặc dài quá {MAX_KEY} chữ")
    return text


def _whole(spec: FlowNode, value: Any) -> int:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal(-1)
    if isinstance(value, bool) or not number.is_finite() or number != number.to_integral_value() or number < 0:
        raise ProcessFault(spec.name, f"“expected” không phải số nguyên không âm: {value}")
    return int(number)


def take(token: Token, payload: Mapping[str, Any]) -> None:
    """Write what an event brought into the variables."""
    for name, value in payload.items():
        token.workflow.top_workflow.assign(token, name, value)


class BoundaryEvent(CatchEvent):
    """An event at the edge of an activity: interrupting it, or beside it."""

    def _on_trigger(self, my_task: Token, payload: dict[str, Any]) -> None:
        top: Instance = my_task.workflow.top_workflow
        host = top.tokens[my_task.internal_data["on"]]
        if self.element.interrupting:
            my_task.internal_data.pop("on")
            top.cancel_token(host)
            take(my_task, payload)
            my_task._ready()
            return
        if self.timer is not None:
            self._rearm(my_task, host, top)
            top.remove(my_task)
        self.spawn(my_task, payload, top)

    def _rearm(self, token: Token, host: Token, top: Instance) -> None:
        following = clockwork.following(token.internal_data)
        if following is not None:
            top.number += 1
            Token(token.workflow, self, top.number, {"on": host.id, **following}, TaskState.WAITING)

    def spawn(self, token: Token, payload: dict[str, Any], top: Instance) -> None:
        """Send a second token on its way; the activity goes on."""
        top.number += 1
        beside = Token(token.workflow, self, top.number, {})
        take(beside, payload)
        beside._ready()


class ThrowEvent(FlowNode):
    """An intermediate throw event, send task or end event: it throws and goes on, or ends."""

    def throw(self, token: Token, top: Instance) -> None:
        event = self.element.event
        payload = (
            {name: top.value(token, value) for name, value in self.payload.items()} if event.kind != "none" else {}
        )
        if event.kind == "message":
            top.send_message(self._message(token, top, payload))
        elif event.kind == "signal":
            top.send_signal(event.name, payload)
        elif event.kind == "escalation":
            top.raise_escalation(token, event.name, payload)
        elif event.kind == "error":
            top.raise_error(token, event.name)
        elif event.kind == "terminate":
            for other in list(token.workflow.tasks.values()):
                if other is not token:
                    top.cancel_token(other)

    def _message(self, token: Token, top: Instance, payload: dict[str, Any]) -> Leaving:
        key = None if self.correlation is None else _key(self, top.value(token, self.correlation))
        try:
            until = None if self.kept is None else clockwork.after(top.now, top.value(token, self.kept))
        except (Unfit, OverflowError) as error:
            raise ProcessFault(self.name, f"thời gian giữ thông điệp (ttl): {error}") from None
        return Leaving(kind="message", name=self.element.event.name, payload=payload, correlation=key, until=until)


class EndEvent(ThrowEvent):
    """Where a token ends."""

    def throw(self, token: Token, top: Instance) -> None:
        if token.workflow is top:
            top.ends.append(self.name)
        super().throw(token, top)

    def choose(self, token: Token, top: Instance) -> list[Way]:
        return []


# Activities


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A compiled loop marker."""

    kind: str
    cardinality: Expression | None
    collection: Expression | None
    item: str
    output_collection: str
    output_item: Expression | None
    completion: Expression | None
    condition: Expression | None
    test_before: bool
    maximum: Expression | None
    first: int  #: what `loopCounter` is for the first instance


class Activity(FlowNode):
    """Work: done once, several times, or again and again; with events at its edge."""

    dependent_keys = ("on", "of")

    def __init__(self, scope: ScopeSpec, element: Element) -> None:
        super().__init__(scope, element)
        self.boundaries: list[str] = []
        self.repeat: Repeat | None = None
        self.taken: list[tuple[str, Value]] = []
        self.given: list[tuple[str, Value]] = []

    def _update_hook(self, my_task: Token) -> bool:
        top: Instance = my_task.workflow.top_workflow
        if "of" not in my_task.internal_data:
            for name in self.boundaries:
                top.place(my_task.workflow, name, on=my_task.id)
            if self.repeat is not None:
                my_task._set_state(TaskState.STARTED)
                self._begin_repeat(my_task, self.repeat, top)
                return False
        self.hand_in(my_task, top)
        return self.enter(my_task, top)

    def hand_in(self, token: Token, top: Instance) -> None:
        """Give the activity the variables that its inputs name."""
        if self.taken:
            made = {name: top.value(token, value) for name, value in self.taken}
            token.internal_data.setdefault("local", {}).update(made)

    def hand_out(self, token: Token, top: Instance) -> None:
        made = [(name, top.value(token, value)) for name, value in self.given]
        for name, value in made:
            token.internal_data.get("local", {}).pop(name, None)
            top.assign(token, name, value)

    def enter(self, token: Token, top: Instance) -> bool:
        """Begin the work; True when the token may run (or be done by a person) now."""
        return True

    def finish(self, token: Token, top: Instance, ways: list[Way]) -> None:
        body = top.tokens.get(token.internal_data.get("of", 0))
        if body is None or self.repeat is None:
            super().finish(token, top, ways)
        else:
            top.remove(token)
            self._one_done(token, body, self.repeat, top)

    # Several instances, loops

    def _begin_repeat(self, body: Token, repeat: Repeat, top: Instance) -> None:
        if repeat.kind == "standard":
            body.internal_data["loop"] = {}
            self._next_round(body, repeat, top, 0)
            return
        items = self._items(body, repeat, top)
        body.internal_data["loop"] = {"n": len(items), "done": 0}
        if repeat.output_collection:
            body.internal_data["loop"]["out"] = [None] * len(items)
        if not items:
            self._end_repeat(body, repeat, top)
        elif repeat.kind == "parallel":
            for index, item in enumerate(items):
                # An instance that needs nobody cannot end before all have begun: it runs in turn.
                self._instance(body, repeat, top, index, item)
        else:
            body.internal_data["loop"]["items"] = items
            self._instance(body, repeat, top, 0, items[0])

    def _items(self, body: Token, repeat: Repeat, top: Instance) -> list[Any]:
        if repeat.collection is not None:
            items = top.value(body, repeat.collection)
            if isinstance(items, dict):
                items = list(items)
            if not isinstance(items, list):
                raise ProcessFault(self.name, "tập hợp của bước lặp không phải danh sách")
        else:
            items = list(range(self._count(body, repeat.cardinality, top)))
        if len(items) > MAX_INSTANCES:
            raise ProcessFault(self.name, f"bước lặp có hơn {MAX_INSTANCES} lần")
        return items

    def _count(self, body: Token, expression: Expression | None, top: Instance) -> int:
        number = 0 if expression is None else top.value(body, expression)
        if (
            isinstance(number, bool)
            or not hasattr(number, "__int__")
            or isinstance(number, str)
            or number != int(number)
            or number < 0
        ):
            raise ProcessFault(self.name, f"số lần lặp không phải số nguyên không âm: {number}")
        if number > MAX_INSTANCES:
            raise ProcessFault(self.name, f"bước lặp có hơn {MAX_INSTANCES} lần")
        return int(number)

    def _instance(self, body: Token, repeat: Repeat, top: Instance, index: int, item: Any) -> None:
        local: dict[str, Any] = {"loopCounter": index + repeat.first}
        if repeat.item:
            local[repeat.item] = item
        if repeat.output_collection and repeat.output_item is not None and repeat.output_item.code.name:
            # What an instance leaves belongs to it alone until it is collected.
            local.setdefault(repeat.output_item.code.name, None)
        top.place(body.workflow, self.name, of=body.id, local=local)

    def _one_done(self, token: Token, body: Token, repeat: Repeat, top: Instance) -> None:
        index = token.internal_data["local"]["loopCounter"] - repeat.first
        if repeat.kind == "standard":
            self._next_round(body, repeat, top, index + 1)
            return
        loop = body.internal_data["loop"]
        loop["done"] += 1
        if "out" in loop and repeat.output_item is not None:
            loop["out"][index] = top.value(token, repeat.output_item)
        active = 1 if repeat.kind == "sequential" else loop["n"] - loop["done"]
        counts = _counts(loop["n"], loop["done"], active)
        if loop["done"] == loop["n"] or (repeat.completion is not None and top.holds(token, repeat.completion, counts)):
            self._end_repeat(body, repeat, top)
        elif repeat.kind == "sequential":
            self._instance(body, repeat, top, index + 1, loop["items"][index + 1])

    def _next_round(self, body: Token, repeat: Repeat, top: Instance, index: int) -> None:
        most = None if repeat.maximum is None else self._count(body, repeat.maximum, top)
        goes_on = (most is None or index < most) and (
            (index == 0 and not repeat.test_before)
            or repeat.condition is None
            or top.holds(body, repeat.condition, {"loopCounter": index})
        )
        if goes_on:
            top.place(body.workflow, self.name, of=body.id, local={"loopCounter": index})
        else:
            self._end_repeat(body, repeat, top)

    def _end_repeat(self, body: Token, repeat: Repeat, top: Instance) -> None:
        if repeat.output_collection:
            top.assign(body, repeat.output_collection, body.internal_data["loop"]["out"])
        body._set_state(TaskState.COMPLETED)
        FlowNode.finish(self, body, top, self.choose(body, top))


def _counts(total: int, done: int, active: int) -> dict[str, int]:
    """What a completion condition may ask for, as Camunda 7 and its kin and as Zeebe call it."""
    return {
        "nrOfInstances": total,
        "nrOfCompletedInstances": done,
        "nrOfActiveInstances": active,
        "numberOfInstances": total,
        "numberOfCompletedInstances": done,
        "numberOfActiveInstances": active,
        "numberOfTerminatedInstances": 0,
    }


class HumanTask(Activity):
    """A user, manual or untyped task: a person completes it."""

    def __init__(self, scope: ScopeSpec, element: Element) -> None:
        super().__init__(scope, element)
        self.manual = True


class OperationTask(Activity):
    """A task whose work is done outside; its result comes back as a command."""

    def enter(self, token: Token, top: Instance) -> bool:
        token._set_state(TaskState.STARTED)
        return False


class ScriptTask(Activity):
    """Assignments in the safe language."""

    def __init__(self, scope: ScopeSpec, element: Element, script: Script) -> None:
        super().__init__(scope, element)
        self.script = script

    def _run_hook(self, my_task: Token) -> bool | None:
        top: Instance = my_task.workflow.top_workflow
        try:
            for name, expression in self.script.lines:
                value = top.value(my_task, expression)
                if name:
                    top.assign(my_task, name, value)
        except Thrown as error:
            top.raise_error(my_task, error.code)
            return None
        return True


class RuleTask(Activity):
    """Asks a decision table and keeps its answer."""

    def __init__(self, scope: ScopeSpec, element: Element, decide: Any) -> None:
        super().__init__(scope, element)
        self.decide = decide

    def _run_hook(self, my_task: Token) -> bool:
        top: Instance = my_task.workflow.top_workflow
        try:
            answers = self.decide(top.view(my_task), top.facts, top.now, top.work)
        except Fault as error:
            raise ProcessFault(self.name, str(error)) from None
        for name, value in answers.items():
            top.assign(my_task, name, value)
        return True


class SendTask(Activity, ThrowEvent):
    """A task that throws a message and goes on."""


class ReceiveTask(Activity, CatchEvent):
    """A task that waits for a message."""

    def enter(self, token: Token, top: Instance) -> bool:
        self.wait(token)
        return False


class SubProcess(Activity):
    """An embedded sub-process: sees and writes the variables around it."""

    def __init__(self, scope: ScopeSpec, element: Element, inside: str) -> None:
        super().__init__(scope, element)
        self.inside = inside

    def enter(self, token: Token, top: Instance) -> bool:
        token._set_state(TaskState.STARTED)
        top.start_scope(top.create_subprocess(token, self.inside))
        return False


class CallActivity(Activity):
    """Calls another process, which has variables of its own."""

    def __init__(self, scope: ScopeSpec, element: Element, called: str) -> None:
        super().__init__(scope, element)
        self.called = called
        self.everything_in = self.everything_out = True

    def hand_in(self, token: Token, top: Instance) -> None:
        token.internal_data["handed"] = {name: top.value(token, value) for name, value in self.taken}

    def enter(self, token: Token, top: Instance) -> bool:
        token._set_state(TaskState.STARTED)
        handed = top.view(token) if self.everything_in else {}
        handed.update(token.internal_data.pop("handed"))
        top.start_scope(top.create_subprocess(token, self.called, handed))
        return False

    def leave_scope(self, token: Token, scope: SubInstance) -> None:
        top: Instance = token.workflow.top_workflow
        inside = scope.variables or {}
        made = {name: top.value(token, value, inside) for name, value in self.given}
        take(token, {**inside, **made} if self.everything_out else made)

    def hand_out(self, token: Token, top: Instance) -> None:
        # Handed over when the called process ended, while its variables were there.
        return None


class EventSubProcess(CatchEvent):
    """Listens as long as its scope runs; starts on its event, interrupting the scope or beside it."""

    handles_events = True

    def __init__(
        self, scope: ScopeSpec, element: Element, inside: str, start: Element, timer: "clockwork.Clockwork | None"
    ) -> None:
        super().__init__(scope, element, timer)
        self.inside, self.start = inside, start

    def _update_hook(self, my_task: Token) -> bool:
        self.wait(my_task)
        return False

    def awaited(self, token: Token) -> Event | None:
        return self.start.event if token.state == TaskState.WAITING else None

    def _on_trigger(self, my_task: Token, payload: dict[str, Any]) -> None:
        top: Instance = my_task.workflow.top_workflow
        if self.start.interrupting:
            for other in list(my_task.workflow.tasks.values()):
                if other is not my_task:
                    top.cancel_token(other)
            self._open(my_task, payload, top)
            return
        if self.timer is not None:
            following = clockwork.following(my_task.internal_data)
            top.remove(my_task)
            if following is not None:
                top.number += 1
                Token(my_task.workflow, self, top.number, {"listens": 1, **following}, TaskState.WAITING)
        top.number += 1
        self._open(Token(my_task.workflow, self, top.number, {}), payload, top)

    def _open(self, token: Token, payload: dict[str, Any], top: Instance) -> None:
        token.internal_data.clear()
        token._set_state(TaskState.STARTED)
        take(token, payload)
        top.start_scope(top.create_subprocess(token, self.inside))
