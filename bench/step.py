"""What does durability cost? A step that is loaded, done, saved and committed, beside the library's step in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.task_spec import BpmnTaskSpecConverter
from SpiffWorkflow.bpmn.specs.defaults import ServiceTask
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow

from bench.approval import ANSWERS, FILE, PROCESS, STEPS, diagram, library_instance, library_spec, library_step
from bench.ground import Ground, store_instance
from bench.measure import least, seconds
from engine.ports.process import Definition, Step
from engine.process.spiff import SpiffRuntime

NOW = datetime(2027, 1, 4, tzinfo=UTC)
RUNTIME = SpiffRuntime()


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """CPU seconds a step, by what carries it."""

    library: float  #: in memory, nothing kept
    engine: float  #: ours: state in, state out, in memory
    durable: dict[str, float]  #: ours, by database
    serialized: dict[str, float]  #: the library with its own serializer, by database
    state_bytes: int  #: the largest stored state of the twelve


def measure(grounds: list[Ground], *, instances: int, rounds: int) -> Steps:
    """Step `instances` instances through their whole life in every way, `rounds` times in turn."""
    definition = RUNTIME.compile({FILE: diagram()})
    # Its own list leaves the plain service task out.
    config = {**DEFAULT_CONFIG, ServiceTask: BpmnTaskSpecConverter}
    spec, serializer = library_spec(), BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(config))

    def library() -> float:
        lives = [library_instance(spec) for _ in range(instances)]
        return _a_step(lambda: [library_step(life) for life in lives for _ in range(STEPS)], instances)

    def engine() -> float:
        lives = [_start(definition) for _ in range(instances)]
        return _a_step(lambda: [_whole_life(definition, life) for life in lives], instances)

    candidates: dict[str, Callable[[], float]] = {"library": library, "engine": engine}
    for ground in grounds:
        candidates[f"durable {ground.name}"] = _durable(ground, definition, instances)
        candidates[f"serialized {ground.name}"] = _serialized(ground, library_instance(spec), serializer, instances)
    found = least(candidates, rounds)
    return Steps(
        library=found["library"],
        engine=found["engine"],
        durable={ground.name: found[f"durable {ground.name}"] for ground in grounds},
        serialized={ground.name: found[f"serialized {ground.name}"] for ground in grounds},
        state_bytes=max(len(step.state) for step in _states(definition)),
    )


def _a_step(work: Callable[[], object], instances: int) -> float:
    return seconds(work) / instances / STEPS


def _start(definition: Definition) -> Step:
    return RUNTIME.start(definition, PROCESS, {}, facts={}, now=NOW)


def _next(definition: Definition, step: Step, state: bytes) -> Step:
    """Do what the instance waits for."""
    if step.timers:
        return RUNTIME.fire(definition, PROCESS, state, [step.timers[0].token], facts={}, now=NOW)
    waiting = (step.tasks or step.operations)[0]
    return RUNTIME.complete(definition, PROCESS, state, waiting.token, ANSWERS[waiting.node], facts={}, now=NOW)


def _states(definition: Definition) -> list[Step]:
    steps = [_start(definition)]
    for _ in range(STEPS):
        steps.append(_next(definition, steps[-1], steps[-1].state))
    assert steps[-1].ended
    return steps


def _whole_life(definition: Definition, step: Step) -> None:
    for _ in range(STEPS):
        step = _next(definition, step, step.state)


def _durable(ground: Ground, definition: Definition, instances: int) -> Callable[[], float]:
    def live(stored: list, first: Step) -> None:
        for instance in stored:
            step = first
            for _ in range(STEPS):
                with ground.house.open_uow() as uow:
                    loaded = uow.instances.get(instance.id)
                    step = _next(definition, step, loaded.blob)
                    uow.instances.save(replace(loaded, blob=step.state))

    def round_() -> float:
        first = _start(definition)
        stored = [store_instance(ground, PROCESS, first.state) for _ in range(instances)]
        return _a_step(lambda: live(stored, first), instances)

    return round_


def _serialized(
    ground: Ground, fresh: BpmnWorkflow, serializer: BpmnWorkflowSerializer, instances: int
) -> Callable[[], float]:
    begun = serializer.serialize_json(fresh).encode()

    def live(stored: list) -> None:
        for instance in stored:
            for _ in range(STEPS):
                with ground.house.open_uow() as uow:
                    loaded = uow.instances.get(instance.id)
                    workflow = serializer.deserialize_json(loaded.blob.decode())
                    library_step(workflow)
                    uow.instances.save(replace(loaded, blob=serializer.serialize_json(workflow).encode()))

    def round_() -> float:
        stored = [store_instance(ground, PROCESS, begun) for _ in range(instances)]
        return _a_step(lambda: live(stored), instances)

    return round_
