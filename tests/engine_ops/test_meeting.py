"""A sender and a catcher that come at the same moment do not miss each other, in either order."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Thread

import pytest

from engine.use_cases import tasks
from tests.engine_ops.yard import Drawn, Yard, catches, chain, end, model, start, throws


@pytest.fixture
def crowded(city_pg_url: str) -> Iterator[Yard]:
    """A yard where two transactions may be open at once."""
    made = Yard(city_pg_url)
    yield made
    made.close()


def completes_slowly(yard: Yard, code: str, node: str, done: Event, may_commit: Event) -> Thread:
    """Complete the task, and commit only when told to."""
    (item,) = [item for item in yard.items(code) if item.node == node]

    def run() -> None:
        with yard.open() as uow:
            actor = yard._actor(uow, code, "secretary")
            tasks.complete_task(uow, item.id, {}, row_version=item.row_version, actor=actor, now=yard.now)
            done.set()
            assert may_commit.wait(20)

    thread = Thread(target=run)
    thread.start()
    return thread


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("first", "second"), [(("P1-1", "viet"), ("P1", "san_sang")), (("P1", "san_sang"), ("P1-1", "viet"))]
)
def test_whoever_comes_second_waits_for_the_first_and_finds_it(
    crowded: Yard, first: tuple[str, str], second: tuple[str, str]
) -> None:
    crowded.runs(
        model(
            Drawn("con", "branch", chain(start(), "viet", throws("gui", "bao", correlation="= superior_code"), end())),
            Drawn("cha", "base_union", chain(start("s2"), "san_sang", catches("nhan", "bao"), "doc", end("e2"))),
        )
    )
    done, may_commit, second_done, at_once = Event(), Event(), Event(), Event()
    at_once.set()
    slow = completes_slowly(crowded, *first, done, may_commit)
    assert done.wait(20)
    quick = completes_slowly(crowded, *second, second_done, at_once)
    # Held up at the name and key, before it has looked whether the other is there.
    assert not second_done.wait(0.5)
    may_commit.set()
    slow.join(20)
    quick.join(20)
    crowded.work_off()
    assert (crowded.open_nodes("P1"), crowded.incidents()) == (["doc"], [])
