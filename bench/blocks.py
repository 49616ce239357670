"""Do parallel blocks one after the other stay cheap? The same process with few and with many of them, by element."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.measure import least, seconds
from engine.ports.process import Definition
from engine.process.spiff import SpiffRuntime

PROCESS = "blocks"
BRANCHES = 5
FEW, MANY = 4, 32
NOW = datetime(2027, 1, 4, tzinfo=UTC)
RUNTIME = SpiffRuntime()


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """A process of many blocks beside one of few, both by element of the diagram."""

    time: float  #: CPU of a whole life, many ÷ few
    state: float  #: largest stored state, many ÷ few


def measure(rounds: int) -> Blocks:
    """Live through both, `rounds` times in turn."""
    made = {blocks: RUNTIME.compile({"blocks.bpmn": diagram(blocks)}) for blocks in (FEW, MANY)}
    found = least({str(blocks): _timed(definition) for blocks, definition in made.items()}, rounds)
    sizes = {blocks: max(_life(definition)) for blocks, definition in made.items()}
    growth = _elements(MANY) / _elements(FEW)
    return Blocks(time=found[str(MANY)] / found[str(FEW)] / growth, state=sizes[MANY] / sizes[FEW] / growth)


def diagram(blocks: int) -> bytes:
    """Split, a task in each branch, join; so many times."""
    nodes, flows, chain = ['<startEvent id="start"/>', '<endEvent id="end"/>'], [], ["start"]
    for block in range(blocks):
        split, join = f"split-{block}", f"join-{block}"
        nodes += [f'<parallelGateway id="{split}"/>', f'<parallelGateway id="{join}"/>']
        for branch in range(BRANCHES):
            task = f"task-{block}-{branch}"
            nodes.append(f'<userTask id="{task}" name="Việc {block}.{branch}"/>')
            flows += [(split, task), (task, join)]
        flows.append((chain[-1], split))
        chain.append(join)
    flows.append((chain[-1], "end"))
    drawn = [f'<sequenceFlow id="{a}--{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in flows]
    inside = "\n".join(nodes + drawn)
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="https://chuky.example/bench">'
        f'<process id="{PROCESS}" isExecutable="true">{inside}</process></definitions>'
    ).encode()


def _elements(blocks: int) -> int:
    return 2 + blocks * (BRANCHES + 2)


def _timed(definition: Definition) -> Callable[[], float]:
    return lambda: seconds(lambda: _life(definition))


def _life(definition: Definition) -> list[int]:
    """Complete every task; the size of the state after each step."""
    step = RUNTIME.start(definition, PROCESS, {}, facts={}, now=NOW)
    sizes = [len(step.state)]
    while not step.ended:
        token = step.tasks[0].token
        step = RUNTIME.complete(definition, PROCESS, step.state, token, {}, facts={}, now=NOW)
        sizes.append(len(step.state))
    return sizes
