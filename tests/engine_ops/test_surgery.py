"""States fitted to other versions and tokens moved, on every diagram of the contract suite."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.errors import ProcessFault, WrongState
from engine.process.simulate import simulate
from tests.engine_ops.yard import HEAD, catches, chain, end, start, throws
from tests.process.play import DIAGRAMS, NOW, RUNTIME, Play

NAMES = sorted(path.name for path in DIAGRAMS.glob("*.bpmn"))


def begun(name: str) -> Play | None:
    """The first process of the diagram as far as it goes without variables; None when it cannot even begin."""
    try:
        return Play(name)
    except (ProcessFault, WrongState):
        return None


@pytest.mark.parametrize("name", NAMES)
def test_a_state_fits_its_own_version_and_nothing_changes(name: str) -> None:
    play = begun(name)
    for _ in range(5):
        if play is None or play.step.ended:
            return
        fitted = RUNTIME.refit(
            play.definition, play.definition, play.process, play.step.state, {}, facts={}, now=NOW + timedelta(days=9)
        )
        assert fitted.notes == ()
        assert fitted.step is not None
        assert (fitted.step.state, fitted.step.completed, fitted.step.thrown) == (play.step.state, (), ())
        waiting = [*play.step.tasks, *play.step.operations]
        if not waiting:
            return
        try:
            play.do_token(waiting[0].token)
        except ProcessFault:
            return


@pytest.mark.parametrize("name", NAMES)
def test_a_moved_token_leaves_a_state_that_can_be_read_or_nothing_changed(name: str) -> None:
    play = begun(name)
    if play is None or play.step.ended:
        return
    step = play.step
    waits = {w.token for group in (step.tasks, step.timers, step.subscriptions, step.operations) for w in group}
    for token in waits:
        for target in play.definition.processes[play.process].nodes:
            try:
                moved = RUNTIME.move(play.definition, play.process, step.state, token, target, facts={}, now=NOW)
            except (WrongState, ProcessFault):
                continue
            seen = RUNTIME.inspect(play.definition, play.process, moved.state)
            assert (seen.tasks, seen.timers, seen.ended) == (moved.tasks, moved.timers, moved.ended)
            assert token not in {t.token for t in moved.tasks}


@pytest.mark.parametrize("name", NAMES)
def test_postponing_moves_what_is_counted_and_nothing_else(name: str) -> None:
    play = begun(name)
    if play is None:
        return
    later = RUNTIME.postpone(play.definition, play.process, play.step.state, timedelta(hours=5))
    shift = {True: timedelta(hours=5), False: timedelta()}
    assert [timer.due for timer in later.timers] == [t.due + shift[t.floating] for t in play.step.timers]
    assert (later.tasks, later.subscriptions, later.operations) == (
        play.step.tasks,
        play.step.subscriptions,
        play.step.operations,
    )


def tried(starts: int, **catcher: str) -> tuple[str, list[str]]:
    """Simulate one process that catches, and `starts` instances of one that throws."""
    child = chain(start(), throws("gui", "bao", correlation="= khoa"), end())
    parent = chain(start("s2"), catches("nhan", "bao", **catcher), '<task id="xong"/>', end("e2"))
    text = f'{HEAD}<message id="m_bao" name="bao"/><process id="con" isExecutable="true">{child}</process>'
    text += f'<process id="cha" isExecutable="true">{parent}</process></definitions>'
    request = {"starts": [{"process": "cha"}, *({"process": "con", "data": {"khoa": "K"}} for _ in range(starts))]}
    found = simulate(request, now=NOW, files={"a.bpmn": text.encode()})
    return found["state"], [node for node in found["completed"] if node in ("nhan", "xong")]


@pytest.mark.parametrize(
    ("catcher", "starts", "answer"),
    [
        ({}, 1, ("completed", ["nhan", "xong"])),
        ({"correlation": "K"}, 1, ("completed", ["nhan", "xong"])),
        ({"correlation": "L"}, 1, ("waiting", [])),
        ({"expected": "3"}, 2, ("waiting", [])),
        ({"expected": "3"}, 3, ("completed", ["nhan", "xong"])),
        ({"expected": "0"}, 0, ("completed", ["nhan", "xong"])),
    ],
)
def test_simulation_knows_keys_and_counters(
    catcher: dict[str, str], starts: int, answer: tuple[str, list[str]]
) -> None:
    assert tried(starts, **catcher) == answer
