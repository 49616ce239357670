"""Do nested blocks without choices complete each node as often as their structure says?

Blocks stand in a row, beside one another, inside a sub-process, inside one that is done several times (at once or one
after the other), inside a loop. How often a node is done is multiplied out here from the blocks alone.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.process.play import Play, diagram, flow

MOST = 120


@dataclass(frozen=True)
class Block:
    kind: str  #: a task's element name, or row, beside, inside, parallel, sequential, loop
    times: int = 1
    parts: tuple["Block", ...] = ()


leaves = st.sampled_from(["userTask", "scriptTask", "serviceTask", "task", "intermediateThrowEvent"]).map(Block)


def around(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(lambda kind, parts: Block(kind, 1, parts), st.sampled_from(["row", "beside"]), several),
        st.builds(lambda part: Block("inside", 1, (part,)), inner),
        st.builds(lambda kind, n, part: Block(kind, n, (part,)), st.sampled_from(["parallel", "sequential"]), st.integers(0, 3), inner),
        st.builds(lambda n, part: Block("loop", n, (part,)), st.integers(1, 3), inner),
    )  # fmt: skip


blocks = st.recursive(leaves, around, max_leaves=7)


class Drawn:
    """The diagram of a block, and how often each of its nodes is to be done."""

    def __init__(self, block: Block) -> None:
        self.done: Counter[str] = Counter({"s": 1, "e": 1})
        self.number = 0
        xml, first, last = self.draw(block, 1)
        self.xml = diagram('<startEvent id="s"/><endEvent id="e"/>' + xml + flow("s", first) + flow(last, "e"))

    def name(self, times: int) -> str:
        self.number += 1
        self.done[f"n{self.number}"] = times
        return f"n{self.number}"

    def draw(self, block: Block, times: int) -> tuple[str, str, str]:
        """The elements of a block that is entered so often, its first and its last node."""
        if block.kind == "row":
            drawn = [self.draw(part, times) for part in block.parts]
            ways = "".join(flow(a[2], b[1]) for a, b in pairwise(drawn))
            return "".join(xml for xml, *_ in drawn) + ways, drawn[0][1], drawn[-1][2]
        if block.kind == "beside":
            fork, join = self.name(times), self.name(times)
            drawn = [self.draw(part, times) for part in block.parts]
            ways = "".join(flow(fork, first) + flow(last, join) for _, first, last in drawn)
            gates = f'<parallelGateway id="{fork}"/><parallelGateway id="{join}"/>'
            return gates + "".join(xml for xml, *_ in drawn) + ways, fork, join
        if block.parts:
            name = self.name(times * block.times)
            xml, _, _ = self.draw(block.parts[0], times * block.times)
            return f'<subProcess id="{name}">{marker(block)}{xml}</subProcess>', name, name
        name = self.name(times)
        script = "<script>x = 1</script>" if block.kind == "scriptTask" else ""
        return f'<{block.kind} id="{name}">{script}</{block.kind}>', name, name


def marker(block: Block) -> str:
    if block.kind == "loop":
        return f'<standardLoopCharacteristics loopMaximum="{block.times}"><loopCondition>true</loopCondition></standardLoopCharacteristics>'
    if block.kind == "inside":
        return ""
    one_by_one = "true" if block.kind == "sequential" else "false"
    return f'<multiInstanceLoopCharacteristics isSequential="{one_by_one}"><loopCardinality>{block.times}</loopCardinality></multiInstanceLoopCharacteristics>'


@given(blocks, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_each_node_of_a_block_is_done_as_often_as_its_structure_says(block: Block, order: object) -> None:
    drawn = Drawn(block)
    assume(drawn.done.total() <= MOST)
    play = Play(drawn.xml)
    while waiting := [work.token for work in (*play.step.tasks, *play.step.operations)]:
        play.do_token(order.choice(waiting))  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert Counter(play.completed) == +drawn.done
    assert play.step.ended
