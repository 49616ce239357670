"""Does one season live: a sub-process with a task, a timer, a return, a reminder and a withdrawal?"""

from datetime import UTC, datetime

from tests.process.play import Play

FACTS = {"dates": {"register": {"late_from": "2026-11-10T00:00:00+07:00"}}}


def test_a_season_goes_round_and_is_withdrawn() -> None:
    play = Play("season_with_return.bpmn", facts=FACTS, x=1)
    assert play.step.tasks[0].name == "Việc 1"
    assert play.timers == {"b": datetime(2026, 11, 9, 17, tzinfo=UTC), "t": datetime(2026, 10, 1, 2, tzinfo=UTC)}
    assert play.waits == ["a", "b", "t", "w"]
    play.wait(days=60).do("a", again=True)
    assert play.completed == ["Start", "s2", "fork", "t", "b", "a", "join", "e2", "sub", "x", "s2", "fork"]
    play.message("withdraw")
    assert (play.waits, play.step.ended, play.ends) == (["svc"], False, ["end2"])
    play.do("svc")
    assert (play.waits, play.step.ended) == ([], True)
