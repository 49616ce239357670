"""Do random diagrams without choices complete each node as often as the token rule says?

The rule, counted by hand here: a task is done once per token that reaches it and sends one token
along each way out; a parallel gateway fires once per full set of tokens on its ways in.
"""

from collections import Counter
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.ports.process import ProcessRuntime
from engine.process.spiff import SpiffRuntime
from tests.process.play import RUNTIME, Play, diagram, flow

KINDS = ("task", "scriptTask", "parallelGateway", "intermediateThrowEvent", "serviceTask")


@dataclass(frozen=True)
class Drawn:
    kinds: tuple[str, ...]
    edges: frozenset[tuple[int, int]]


@st.composite
def drawings(draw: st.DrawFn) -> Drawn:
    kinds = tuple(draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=9)))
    edges = set()
    for target in range(1, len(kinds)):
        # Every node is reached, from one or two nodes drawn before it: no circles, at most a few hundred tokens.
        for source in draw(st.sets(st.integers(0, target - 1), min_size=1, max_size=2)):
            edges.add((source, target))
    return Drawn(kinds, frozenset(edges))


def expected(drawn: Drawn) -> Counter[str]:
    tokens: Counter[tuple[int, int]] = Counter()
    done: Counter[str] = Counter({"s": 1})
    for node, kind in enumerate(drawn.kinds):
        into = sorted(edge for edge in drawn.edges if edge[1] == node)
        arrived = [tokens[edge] for edge in into] or [1]
        times = min(arrived) if kind == "parallelGateway" else sum(arrived)
        done[f"n{node}"] = times
        for edge in drawn.edges:
            if edge[0] == node:
                tokens[edge] = times
    return +done


def as_diagram(drawn: Drawn) -> bytes:
    nodes = "".join(
        f'<{kind} id="n{number}"><script>x = 1</script></{kind}>'
        if kind == "scriptTask"
        else f'<{kind} id="n{number}"/>'
        for number, kind in enumerate(drawn.kinds)
    )
    ways = "".join(flow(f"n{a}", f"n{b}") for a, b in sorted(drawn.edges))
    return diagram('<startEvent id="s"/>' + nodes + flow("s", "n0") + ways)


@given(drawings(), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_node_is_completed_as_often_as_the_token_rule_says(drawn: Drawn, order: object) -> None:
    play = Play(as_diagram(drawn))
    while waiting := [work.token for work in (*play.step.tasks, *play.step.operations)]:
        play.do_token(order.choice(waiting))  # type: ignore[attr-defined]  # hypothesis gives a Random
    assert Counter(play.completed) == expected(drawn)
    left_over = sum(expected_left(drawn).values())
    assert play.step.ended is (left_over == 0)


def expected_left(drawn: Drawn) -> Counter[str]:
    """Tokens that wait at a parallel gateway for others that never come."""
    done = expected(drawn)
    left: Counter[str] = Counter()
    for node, kind in enumerate(drawn.kinds):
        if kind == "parallelGateway":
            left[f"n{node}"] = sum(done[f"n{a}"] - done[f"n{node}"] for a, b in drawn.edges if b == node)
    return left


@given(drawings())
@settings(max_examples=60, deadline=None)
def test_tokens_have_numbers_that_are_never_used_twice(drawn: Drawn) -> None:
    play = Play(as_diagram(drawn))
    seen: dict[str, str] = {}
    while waiting := [*play.step.tasks, *play.step.operations]:
        for work in waiting:
            assert seen.setdefault(work.token, work.node) == work.node
        play.do_token(waiting[-1].token)
        assert waiting[-1].token not in {work.token for work in (*play.step.tasks, *play.step.operations)}


def test_the_runtime_is_what_the_port_asks_for() -> None:
    runtime: ProcessRuntime = SpiffRuntime()
    assert set(runtime.compile({"a.bpmn": diagram("<task id='a'/>")}).processes) == {"p"}
    assert RUNTIME is not runtime
