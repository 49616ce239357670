"""Does storage give every value back exactly, whatever a user calls his keys?"""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ProcessFault
from engine.process import state
from tests.process.play import NOW, RUNTIME, Play

numbers = (
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False)
)
naive = st.datetimes().map(lambda moment: moment.replace(fold=0))
moments = (
    naive
    | st.builds(lambda m, zone: m.replace(tzinfo=zone), naive, st.sampled_from([UTC, timezone(timedelta(hours=7))]))
    | st.dates()
)
texts = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=8) | st.sampled_from(
    ["typename", "$d", "$m", "$", "$t", "$$", "__class__"]
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts | moments,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(texts, values, max_size=4))
@settings(max_examples=300, deadline=None)
def test_every_value_comes_back_exactly(content: dict[str, object]) -> None:
    again = state.load(state.dump(content))
    assert (again, repr(again)) == (content, repr(content))


def test_a_key_called_typename_is_harmless_in_a_process() -> None:
    for nasty in (
        {"typename": "datetime", "value": "x"},
        {"$d": "1"},
        {"$m": {"$t": 3}},
        {"typename": {"typename": None}},
    ):
        play = Play("human_tasks.bpmn", nasty=nasty)
        assert play.do("u", again=nasty).step.variables == {"nasty": nasty, "again": nasty}


def test_exact_kinds_survive_the_process() -> None:
    kinds = {
        "a": Decimal("1.10"),
        "b": date(2026, 11, 9),
        "c": datetime(2026, 11, 9, tzinfo=UTC),
        "d": 2**70,
        "e": [Decimal(0)],
        "f": 0.1,
    }
    play = Play("human_tasks.bpmn", **kinds)
    assert {key: (type(found), found) for key, found in play.do("u").step.variables.items()} == {
        key: (type(kind), kind) for key, kind in kinds.items()
    }


def test_large_data_is_compressed_and_small_state_stays_readable() -> None:
    assert state.dump({"a": 1}) == b'{"a":1}'
    assert len(state.dump({"a": "việc " * 10_000})) < 1000


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), {1: 2}, b"x", {"a": object()}, "\ud800", {1, 2}])
def test_what_cannot_be_stored_is_refused_at_the_door(wrong: object) -> None:
    with pytest.raises(ProcessFault):
        Play("human_tasks.bpmn", wrong=wrong)


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"{}",
        b"[]",
        b'{"v":1}',
        b"\x28\xb5\x2f\xfdxxxx",
        b'{"v":1,"n":3,"d":{},"t":[[2,"khong_co",16,{}]],"s":[]}',
        b'{"v":9}',
        b"null",
    ],
)
def test_a_damaged_state_is_a_fault(damaged: bytes) -> None:
    definition = Play("human_tasks.bpmn").definition
    with pytest.raises(ProcessFault):
        RUNTIME.inspect(definition, "p", damaged)


def test_lists_are_replaced_whole_and_values_are_not_shared() -> None:
    files = ["a.pdf", "b.pdf"]
    play = Play("human_tasks.bpmn", files=files)
    files.append("c.pdf")
    assert play.step.variables == {"files": ["a.pdf", "b.pdf"]}
    assert play.do("u", files=["d.pdf"]).step.variables == {"files": ["d.pdf"]}


def test_a_command_changes_nothing_but_its_answer() -> None:
    play = Play("human_tasks.bpmn")
    before = play.step.state
    first = RUNTIME.complete(play.definition, "p", before, play.step.tasks[0].token, {"a": 1}, facts={}, now=NOW)
    second = RUNTIME.complete(play.definition, "p", before, play.step.tasks[0].token, {"a": 1}, facts={}, now=NOW)
    assert (first, before) == (second, play.step.state)
