"""Do errors, escalations, messages and ends find their way through nested scopes?"""

import pytest

from engine.errors import ProcessFault
from tests.process.play import Play, diagram, flow, flows

S, E = '<startEvent id="s"/>', '<endEvent id="e"/>'
ROOTS = (
    '<error id="er" errorCode="A"/><error id="er2" errorCode="B"/><escalation id="es" escalationCode="L"/><message id="tin" name="rút"/>'
    '<signal id="sg" name="hết"/>'
)
SEVERAL = '<multiInstanceLoopCharacteristics camunda:collection="ds" camunda:elementVariable="x"/>'


def boundary(name: str, host: str, event: str, *, beside: bool = False) -> str:
    return f'<boundaryEvent id="{name}" attachedToRef="{host}" cancelActivity="{str(not beside).lower()}">{event}</boundaryEvent>'


ERROR, ANY_ERROR = '<errorEventDefinition errorRef="er"/>', "<errorEventDefinition/>"
ESCALATION = '<escalationEventDefinition escalationRef="es"/>'
MESSAGE = '<messageEventDefinition messageRef="tin"/>'


def test_an_error_of_one_instance_ends_them_all() -> None:
    body = (
        S
        + f'<serviceTask id="m">{SEVERAL}</serviceTask>'
        + boundary("b", "m", ERROR)
        + E
        + flows("s", "m")
        + flow("b", "e")
    )
    play = Play(diagram(body, ROOTS), ds=[1, 2, 3]).do("m")
    assert play.fail("m", "A").completed == ["s", "m", "b", "e"]
    assert play.step.ended


def test_an_error_in_a_sub_process_per_element_reaches_the_edge() -> None:
    inside = '<startEvent id="s2"/><userTask id="u"/>' + f'<endEvent id="x">{ERROR}</endEvent>' + flows("s2", "u", "x")
    body = (
        S
        + f'<subProcess id="m">{SEVERAL}{inside}</subProcess>'
        + boundary("b", "m", ANY_ERROR)
        + '<userTask id="v"/>'
        + flows("s", "m")
        + flow("b", "v")
    )
    play = Play(diagram(body, ROOTS), ds=[1, 2])
    assert play.do("u").waits == ["v"]


def test_an_error_leaves_a_called_process() -> None:
    called = (
        f'<process id="q" isExecutable="true"><startEvent id="s9"/><userTask id="u"/><endEvent id="x">{ERROR}</endEvent>'
        + flows("s9", "u", "x")
        + "</process>"
    )
    body = (
        S
        + '<callActivity id="c" calledElement="q"/>'
        + boundary("b", "c", ERROR)
        + E
        + flows("s", "c")
        + flow("b", "e")
    )
    play = Play(diagram(body, ROOTS).replace(b"</definitions>", called.encode() + b"</definitions>"), "p", a=1).do(
        "u", a=2
    )
    assert (play.completed, play.step.ended, play.step.variables) == (["s", "s9", "u", "x", "b", "e"], True, {"a": 1})


def test_the_nearest_catcher_wins_and_an_exact_code_before_the_catch_all() -> None:
    inner = (
        '<startEvent id="s2"/><serviceTask id="t"/>'
        + boundary("b_khac", "t", '<errorEventDefinition errorRef="er2"/>')
        + '<endEvent id="x"/>'
        + flows("s2", "t", "x")
        + flow("b_khac", "x")
    )
    body = (
        S
        + f'<subProcess id="sp">{inner}</subProcess>'
        + boundary("b_moi", "sp", ANY_ERROR)
        + boundary("b_a", "sp", ERROR)
        + '<endEvent id="ea"/><endEvent id="em"/>'
        + (flows("s", "sp") + flow("b_moi", "em") + flow("b_a", "ea"))
    )
    ends = {code: Play(diagram(body, ROOTS)).fail("t", code).completed[-2:] for code in ("A", "B", "C")}
    assert ends == {"A": ["b_a", "ea"], "B": ["x", "sp"], "C": ["b_moi", "em"]}


def test_a_handler_does_not_catch_what_it_throws_itself() -> None:
    handler = (
        f'<subProcess id="h" triggeredByEvent="true"><startEvent id="bat">{ERROR}</startEvent><endEvent id="nem">{ERROR}</endEvent>'
        + flow("bat", "nem")
        + "</subProcess>"
    )
    body = S + '<userTask id="u"/>' + f'<endEvent id="x">{ERROR}</endEvent>' + flows("s", "u", "x") + handler
    with pytest.raises(ProcessFault, match="“A”"):
        Play(diagram(body, ROOTS)).do("u")


def test_escalations_climb_through_a_called_process() -> None:
    called = (
        f'<process id="q" isExecutable="true"><startEvent id="s9"/><intermediateThrowEvent id="leo">{ESCALATION}</intermediateThrowEvent><userTask id="u"/>'
        + flows("s9", "leo", "u")
        + "</process>"
    )
    for beside, waits in ((True, ["u", "v"]), (False, ["v"])):
        body = (
            S
            + '<callActivity id="c" calledElement="q"/>'
            + boundary("b", "c", ESCALATION, beside=beside)
            + '<userTask id="v"/>'
            + flows("s", "c")
            + flow("b", "v")
        )
        assert (
            Play(diagram(body, ROOTS).replace(b"</definitions>", called.encode() + b"</definitions>"), "p").open
            == waits
        )


def test_an_uncaught_escalation_leaves_and_nothing_stops() -> None:
    body = (
        S
        + f'<intermediateThrowEvent id="leo">{ESCALATION}</intermediateThrowEvent><userTask id="u"/>'
        + flows("s", "leo", "u")
    )
    play = Play(diagram(body, ROOTS))
    assert (play.thrown, play.open) == ([("escalation", "L", {})], ["u"])


def test_a_loop_of_operations_asks_one_at_a_time() -> None:
    body = (
        S
        + '<serviceTask id="t"><standardLoopCharacteristics loopMaximum="3"><loopCondition>n &lt; 2</loopCondition></standardLoopCharacteristics></serviceTask>'
        + E
        + flows("s", "t", "e")
    )
    play = Play(diagram(body), n=0)
    assert len(play.step.operations) == 1
    assert play.do("t", n=1).do("t", n=2).completed == ["s", "t", "t", "e"]


def test_a_message_is_given_to_one_and_a_signal_to_all() -> None:
    body = S + '<parallelGateway id="f"/>' + "".join(
        f'<intermediateCatchEvent id="{name}">{event}</intermediateCatchEvent>' + flow("f", name)
        for name, event in (("m1", MESSAGE), ("m2", MESSAGE), ("s1", '<signalEventDefinition signalRef="sg"/>'), ("s2", '<signalEventDefinition signalRef="sg"/>'))
    ) + flow("s", "f")  # fmt: skip
    play = Play(diagram(body, ROOTS))
    assert play.message("rút").waits == ["m2", "s1", "s2"]
    assert play.signal("hết").waits == ["m2"]


def test_terminate_in_a_called_process_ends_that_process_only() -> None:
    called = (
        '<process id="q" isExecutable="true"><startEvent id="s9"/><parallelGateway id="f"/><userTask id="u"/><endEvent id="x"><terminateEventDefinition/></endEvent>'
        + flows("s9", "f", "u")
        + flow("f", "x")
        + "</process>"
    )
    body = S + '<callActivity id="c" calledElement="q"/><userTask id="v"/>' + flows("s", "c", "v")
    play = Play(diagram(body).replace(b"</definitions>", called.encode() + b"</definitions>"), "p")
    assert (play.waits, play.completed) == (["v"], ["s", "s9", "f", "x", "c"])


def test_a_process_that_calls_itself_for_ever_is_stopped() -> None:
    with pytest.raises(ProcessFault, match="tầng"):
        Play(diagram(S + '<callActivity id="c" calledElement="p"/>' + flow("s", "c")))


def test_an_interrupting_event_sub_process_in_a_sub_process_ends_that_scope_only() -> None:
    handler = (
        f'<subProcess id="h" triggeredByEvent="true"><startEvent id="nghe">{MESSAGE}</startEvent><userTask id="don"/>'
        + flow("nghe", "don")
        + "</subProcess>"
    )
    body = (
        S
        + '<parallelGateway id="f"/><userTask id="ngoai"/>'
        + f'<subProcess id="sp"><userTask id="a"/><userTask id="b"/>{handler}</subProcess>'
        + '<userTask id="sau"/>'
        + (flows("s", "f", "ngoai") + flows("f", "sp", "sau"))
    )
    play = Play(diagram(body, ROOTS)).message("rút")
    assert play.waits == ["don", "ngoai"]
    assert play.do("don").waits == ["ngoai", "sau"]


def test_a_return_for_correction_goes_round_without_growing() -> None:
    body = (
        S
        + '<exclusiveGateway id="gop"/><userTask id="lam"/><userTask id="duyet"/><exclusiveGateway id="x" default="x-e"/>'
        + E
        + (flows("s", "gop", "lam", "duyet", "x", "e") + flow("x", "gop", "tra_lai"))
        + boundary(
            "han", "lam", "<timerEventDefinition><timeDuration>P10D</timeDuration></timerEventDefinition>", beside=True
        )
        + flow("han", "e")
    )
    play = Play(diagram(body))
    sizes = []
    for _ in range(100):
        play.do("lam").do("duyet", tra_lai=True)
        sizes.append(len(play.step.state))
    assert sizes[-1] - sizes[5] <= 8
    assert play.do("lam").do("duyet", tra_lai=False).step.ended
