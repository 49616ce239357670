"""Which workers count as dead, and does only one of the living take over?"""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from engine.runner.executors import SILENCE, Executors, new_executor_id

FAR = "other-machine/1/77/abcd"


@pytest.fixture
def executors(database_url: str) -> Iterator[Executors]:
    engine = create_engine(database_url)
    executors = Executors(engine)
    executors.prepare()
    executors.prepare()
    yield executors
    engine.dispose()


def silence_for(executors: Executors, executor: str, seconds: int) -> None:
    """As if the worker's heart had stopped that long ago."""
    executors.beat(executor)
    with executors.engine.begin() as connection:
        connection.execute(
            text("UPDATE chuky_executor SET seen = seen - :s WHERE id = :id"), {"s": seconds, "id": executor}
        )


def dead(executors: Executors) -> list[str]:
    with executors.claimed_dead() as found:
        return found


def gone() -> str:
    """The name of a worker of this machine whose process has ended."""
    program = "from engine.runner.executors import new_executor_id; print(new_executor_id())"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_names_are_never_given_twice() -> None:
    assert len({new_executor_id() for _ in range(100)}) == 100


def test_who_beats_lives(executors: Executors) -> None:
    mine = new_executor_id()
    executors.beat(mine)
    executors.beat(mine)
    executors.beat(FAR)
    assert dead(executors) == []
    assert executors.silence() in range(SILENCE)


def test_without_workers_there_is_no_silence_to_measure(executors: Executors) -> None:
    assert executors.silence() is None


def test_who_is_silent_for_a_minute_is_dead_once(executors: Executors) -> None:
    silence_for(executors, FAR, SILENCE - 5)
    assert dead(executors) == []
    silence_for(executors, FAR, SILENCE + 1)
    assert [dead(executors), dead(executors), executors.silence()] == [[FAR], [], None]


def test_a_process_of_this_machine_that_is_gone_is_dead_at_once(executors: Executors) -> None:
    ended = gone()
    executors.beat(ended)
    executors.beat(new_executor_id())
    assert dead(executors) == [ended]


def test_two_that_sweep_at_once_do_not_both_take_over(executors: Executors) -> None:
    silence_for(executors, FAR, SILENCE + 1)
    with executors.claimed_dead() as first, executors.claimed_dead() as second:
        assert (first, second) == ([FAR], [])


def test_when_the_one_who_takes_over_fails_the_dead_are_found_again(executors: Executors) -> None:
    silence_for(executors, FAR, SILENCE + 1)
    with pytest.raises(ZeroDivisionError), executors.claimed_dead():
        _ = 1 / 0
    assert dead(executors) == []  # the claim is a sign of life of its own
    silence_for(executors, FAR, SILENCE + 1)
    assert dead(executors) == [FAR]
