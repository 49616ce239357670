"""A small player for the contract tests: one instance of one diagram, moved from the outside only."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from engine.ports.process import Definition, Step
from engine.process.spiff import SpiffRuntime

DIAGRAMS = Path(__file__).parent / "diagrams"
NOW = datetime(2026, 10, 1, 1, 0, tzinfo=UTC)
RUNTIME = SpiffRuntime()
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" targetNamespace="urn:test">\n'
)


def diagram(body: str, before: str = "") -> bytes:
    """A whole file around the content of one process `p`."""
    return f'{HEAD}{before}<process id="p" isExecutable="true">{body}</process></definitions>'.encode()


def flow(source: str, target: str, condition: str = "", name: str = "") -> str:
    """A sequence flow, its id made of its ends."""
    inner = f"<conditionExpression><![CDATA[{condition}]]></conditionExpression>" if condition else ""
    return f'<sequenceFlow id="{name or source + "-" + target}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def flows(*nodes: str) -> str:
    """A chain of sequence flows."""
    return "".join(flow(a, b) for a, b in pairwise(nodes))


class Play:
    """One instance; every act keeps the new step in `step` and goes through storage."""

    def __init__(
        self,
        content: str | bytes,
        process: str | None = None,
        *,
        facts: Mapping[str, Any] | None = None,
        now: datetime = NOW,
        runtime: Any = RUNTIME,
        start: Mapping[str, Any] | None = None,
        **variables: Any,
    ) -> None:
        files = {content: (DIAGRAMS / content).read_bytes()} if isinstance(content, str) else {"test.bpmn": content}
        self.runtime = runtime
        self.definition: Definition = runtime.compile(files)
        self.process = process or next(iter(self.definition.processes))
        self.facts, self.now = facts or {}, now
        self.completed: list[str] = []
        self.thrown: list[tuple[str, str, Any]] = []
        self.ends: list[str] = []
        self.step = self._took(
            runtime.start(self.definition, self.process, variables, facts=self.facts, now=now, **(start or {}))
        )

    def _took(self, step: Step) -> Step:
        self.completed += step.completed
        self.thrown += [(thrown.kind, thrown.name, thrown.payload) for thrown in step.thrown]
        self.ends += step.ends
        seen = self.runtime.inspect(self.definition, self.process, step.state)
        assert (seen.tasks, seen.timers, seen.subscriptions, seen.operations, seen.variables, seen.ended) == (
            step.tasks,
            step.timers,
            step.subscriptions,
            step.operations,
            step.variables,
            step.ended,
        )
        self.step = step
        return step

    def _token(self, node: str, which: int = 0) -> str:
        waiting = [w.token for w in (*self.step.tasks, *self.step.operations) if w.node == node]
        assert len(waiting) > which, f"{node} is not open; open are {self.open}"
        return waiting[which]

    def do(self, node: str, which: int = 0, **variables: Any) -> "Play":
        """Complete an open task or operation of that node."""
        return self.do_token(self._token(node, which), **variables)

    def do_token(self, token: str, **variables: Any) -> "Play":
        self._took(
            self.runtime.complete(
                self.definition, self.process, self.step.state, token, variables, facts=self.facts, now=self.now
            )
        )
        return self

    def fail(self, node: str, code: str, which: int = 0) -> "Play":
        self._took(
            self.runtime.fail(
                self.definition,
                self.process,
                self.step.state,
                self._token(node, which),
                code,
                facts=self.facts,
                now=self.now,
            )
        )
        return self

    def message(self, name: str, **payload: Any) -> "Play":
        return self._deliver("message", name, payload)

    def signal(self, name: str, **payload: Any) -> "Play":
        return self._deliver("signal", name, payload)

    def _deliver(self, kind: str, name: str, payload: Mapping[str, Any]) -> "Play":
        self._took(
            self.runtime.deliver(
                self.definition, self.process, self.step.state, kind, name, payload, facts=self.facts, now=self.now
            )
        )
        return self

    def wait(self, **duration: float) -> "Play":
        """Let time pass; due timers fire in order, one after the other."""
        until = self.now + timedelta(**duration)
        while due := sorted((timer.due, int(timer.token)) for timer in self.step.timers if timer.due <= until):
            self.now = max(self.now, due[0][0])
            self.fire(str(due[0][1]))
        self.now = until
        return self

    def fire(self, *tokens: str) -> "Play":
        self._took(
            self.runtime.fire(self.definition, self.process, self.step.state, tokens, facts=self.facts, now=self.now)
        )
        return self

    @property
    def open(self) -> list[str]:
        """Nodes of open tasks and operations, sorted."""
        return sorted(w.node for w in (*self.step.tasks, *self.step.operations))

    @property
    def waits(self) -> list[str]:
        """Everything the instance waits for, sorted: nodes of tasks, operations, timers and subscriptions."""
        step = self.step
        return sorted(w.node for w in (*step.tasks, *step.operations, *step.timers, *step.subscriptions))

    @property
    def timers(self) -> dict[str, datetime]:
        return {timer.node: timer.due for timer in self.step.timers}
