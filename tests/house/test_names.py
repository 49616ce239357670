"""Models are data: no name of a pack stands in Python, and only two places read a clock."""

import ast

import pytest

from tests.house.repository import PRODUCT, ROOT, sources

CLOCK_READERS = ("engine/runner/", "api/")
CLOCKS = {"now", "today", "utcnow"}


def packs() -> list[str]:
    return sorted(path.name for path in (ROOT / "bpmn").iterdir() if path.is_dir() and not path.name.startswith("_"))


def test_no_model_is_named_in_python() -> None:
    named = [(file, pack) for file, text in sources(*PRODUCT).items() for pack in packs() if pack in text]
    assert named == []


def clock_readings(source: str) -> list[str]:
    """Calls of a clock in a module: datetime.now(), date.today(), time.time() …"""
    calls = (node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    return [
        f"{ast.unparse(call)} in line {call.lineno}"
        for call in calls
        if isinstance(call, ast.Attribute)
        if (call.attr in CLOCKS and ast.unparse(call.value).split(".")[-1] in {"datetime", "date"})
        or ast.unparse(call) in {"time.time", "time.time_ns"}
    ]


def test_only_the_runner_and_the_ways_in_read_a_clock() -> None:
    readers = {
        file: found
        for file, text in sources(*PRODUCT).items()
        if not file.startswith(CLOCK_READERS) and (found := clock_readings(text))
    }
    assert readers == {}


@pytest.mark.parametrize("call", ["datetime.now(UTC)", "dt.date.today()", "time.time()"])
def test_a_clock_is_recognised(call: str) -> None:
    assert clock_readings(f"moment = {call}") == [f"{call.split('(', maxsplit=1)[0]} in line 1"]
