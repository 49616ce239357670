"""How is a running instance changed from outside its diagram? A token moved, clocks set forward, another version taken.

What a diagram would never do by itself: an administrator's hand, or a new version under running instances. Whatever
does not fit is refused with a reason in Vietnamese; nothing is guessed.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from engine.errors import ProcessFault, WrongState
from engine.process.expressions import Fault
from engine.process.model import Event
from engine.process.spiff_compile import Program
from engine.process.spiff_instance import Instance, Token
from engine.process.spiff_specs import (
    Activity,
    BoundaryEvent,
    CallActivity,
    CatchEvent,
    EventBasedGateway,
    EventSubProcess,
    FlowNode,
    Join,
    StartEvent,
)

_INNER: Final = ("on", "listens")


class Unfit(Exception):
    """A state that the new diagram has no place for; Vietnamese reasons."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = tuple(dict.fromkeys(reasons))
        super().__init__("; ".join(self.reasons))


# ---- one token


def move(instance: Instance, token: Token, target: str) -> None:
    """Take the token away with all that hangs on it, and let the instance go on at `target`.

    The target stands in the token's own sub-process or in one around it (which then ends without finishing). A
    repetition moves as a whole. Raise `WrongState` for what cannot be moved or entered.
    """
    source = _owner(instance, token)
    while target not in source.workflow.spec.task_specs:
        if source.workflow.owner is None:
            raise WrongState("bad_move", reason=f"không có bước “{target}” ở cùng cấp hay cấp ngoài")
        source = _owner(instance, source.workflow.owner)
    workflow = source.workflow
    _check_target(workflow.spec.task_specs[target])
    # Placed first: a scope from which the last token goes would end.
    instance.place(workflow, target)
    instance.cancel_token(source)


def _owner(instance: Instance, token: Token) -> Token:
    """The token that stands for it in its scope: a gateway for the events it waits with, a loop for its repetitions."""
    inner = token.internal_data
    if any(name in inner for name in _INNER):
        raise WrongState("bad_move", reason="sự kiện biên và quy trình con theo sự kiện không chuyển được")
    above = inner.get("race", inner.get("of"))
    return token if above is None else _owner(instance, instance.tokens[above])


def _check_target(spec: FlowNode) -> None:
    if isinstance(spec, BoundaryEvent | StartEvent | EventSubProcess):
        raise WrongState("bad_move", reason=f"không bắt đầu được từ “{spec.element.name or spec.name}”")
    if isinstance(spec, Join) and len(spec.incoming) > 1:
        raise WrongState("bad_move", reason=f"“{spec.element.name or spec.name}” là nơi gộp nhiều nhánh")


# ---- clocks


def postpone(instance: Instance, by: timedelta) -> None:
    """Set every timer that counts from its own beginning forward by the time that the clocks stood still."""
    for token in instance.tokens.values():
        spec = token.task_spec
        timer = spec.timer if isinstance(spec, CatchEvent) else None
        if timer is not None and timer.kind != "date" and "due" in token.internal_data:
            token.internal_data["due"] += by


def retime(instance: Instance, before: Instance) -> None:
    """Set every timer that waits for a named date to what that date is now; `before` knows it as it was.

    What counts from a moment, and dates that are the same in both, stay as they are.
    """
    for number, token in instance.tokens.items():
        spec = token.task_spec
        timer = spec.timer if isinstance(spec, CatchEvent) else None
        if timer is None or timer.kind != "date" or timer.expression is None or "due" not in token.internal_data:
            continue
        try:
            old = timer.first(before.at(before.tokens[number]), before.now)["due"]
            new = timer.first(instance.at(token), instance.now)["due"]
        except Fault as error:
            raise ProcessFault(spec.name, str(error)) from None
        if new != old:
            token.internal_data["due"] = new


# ---- another version


def fit(
    content: Mapping[str, Any], process: str, old: Program, new: Program, mapping: Mapping[str, str]
) -> tuple[dict[str, Any], list[str]]:
    """A stored state as the new diagram reads it, and what people should know; raise `Unfit` with every reason.

    Tokens keep their numbers, what they hold and their due dates; `mapping` tells nodes that have another id now.
    """
    if process not in new.scopes:
        raise Unfit([f"bản mới không có quy trình “{process}”"])
    fitting = _Fitting(old, new, mapping)
    tokens = fitting.tokens(process, process, content["t"])
    subs = []
    for owner, key, variables, inside in content["s"]:
        fresh = fitting.scope(key)
        subs.append([owner, fresh, variables, fitting.tokens(key, fresh, inside)])
    if fitting.reasons:
        raise Unfit(fitting.reasons)
    return {**content, "t": tokens, "s": subs}, list(dict.fromkeys(fitting.notes))


class _Fitting:
    def __init__(self, old: Program, new: Program, mapping: Mapping[str, str]) -> None:
        self.old, self.new, self.mapping = old, new, mapping
        self.reasons: list[str] = []
        self.notes: list[str] = []

    def scope(self, key: str) -> str:
        process, slash, inside = key.partition("/")
        fresh = process + slash + self.mapping.get(inside, inside)
        if fresh not in self.new.scopes:
            self.reasons.append(f"bản mới không còn quy trình con “{inside or process}”")
        return fresh

    def tokens(self, key: str, fresh: str, tokens: Iterable[list[Any]]) -> list[list[Any]]:
        if fresh not in self.new.scopes:
            return []
        found = []
        for number, name, state, inner in tokens:
            target = self._target(self.old.scopes[key].task_specs[name], fresh, name, inner)
            if target is not None:
                found.append([number, target, state, inner])
        return found

    def _target(self, before: FlowNode, fresh: str, name: str, inner: Mapping[str, Any]) -> str | None:
        """The node's id in the new diagram; None when its token goes. What cannot be placed is a reason."""
        target, label = self.mapping.get(name, name), before.element.name or name
        after: FlowNode | None = self.new.scopes[fresh].task_specs.get(target)
        if after is None and any(mark in inner for mark in (*_INNER, "race")):
            self.notes.append(f"“{label}” không còn trong bản mới: thôi chờ")
            return None
        if after is None:
            self.reasons.append(f"đang ở bước “{label}”, bản mới không còn bước này")
            return target
        self.reasons += [f"bước “{label}” {reason}" for reason in _differences(before, after, inner, self.mapping)]
        if "due" in inner and _event(before).text != _event(after).text:
            self.notes.append(f"“{label}”: bản mới hẹn giờ khác; lần đang chờ giữ nguyên giờ đã hẹn")
        return target


def _differences(
    before: FlowNode, after: FlowNode, inner: Mapping[str, Any], mapping: Mapping[str, str]
) -> Iterator[str]:
    if type(before) is not type(after):
        yield "đã đổi loại trong bản mới"
        return
    host = before.element.attached_to
    if host is not None and mapping.get(host, host) != after.element.attached_to:
        yield "gắn vào hoạt động khác trong bản mới"
    if (_event(before).kind, _event(before).name) != (_event(after).kind, _event(after).name):
        yield "chờ sự kiện khác trong bản mới"
    if _repeats(before) != _repeats(after):
        yield "đã đổi cách lặp trong bản mới"
    if isinstance(before, CallActivity) and isinstance(after, CallActivity) and before.called != after.called:
        yield "gọi quy trình khác trong bản mới"
    if "flow" in inner and inner["flow"] not in after.incoming:
        yield "không còn luồng mà nhánh đã đi qua"


def _event(spec: FlowNode) -> Event:
    return spec.start.event if isinstance(spec, EventSubProcess) else spec.element.event


def _repeats(spec: FlowNode) -> str | None:
    return spec.repeat.kind if isinstance(spec, Activity) and spec.repeat is not None else None


def add_listeners(instance: Instance, known: Collection[str]) -> None:
    """Let events listen that the new diagram added to what the instance is in the midst of.

    `known`: nodes of the old diagram; those that no longer listen have had their turn.
    """
    for workflow in (instance, *instance.subprocesses.values()):
        for name in workflow.spec.listeners:
            if name not in known:
                instance.place(workflow, name, listens=1)
    for token in list(instance.tokens.values()):
        spec = token.task_spec
        if isinstance(spec, Activity) and "of" not in token.internal_data:
            for name in spec.boundaries:
                if name not in known:
                    instance.place(token.workflow, name, on=token.id)
        if isinstance(spec, EventBasedGateway):
            for way in spec.ways:
                if way.target not in known:
                    instance.place(token.workflow, way.target, race=token.id)
