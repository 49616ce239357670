"""docs/engine.md names everything that is executed, refused, callable and sayable."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi.routing import APIRoute

from api.cli import _parser
from api.routes import processes
from engine.process.feel_functions import FUNCTIONS
from engine.process.lint import ACTIVITIES, REFUSED

TEXT = (Path(__file__).parents[2] / "docs" / "engine.md").read_text("utf-8")


def test_every_element_is_named() -> None:
    events = {"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}
    gateways = {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"}
    assert [name for name in sorted({*ACTIVITIES, *REFUSED, *events, *gateways}) if f"`{name}`" not in TEXT] == []


def test_every_function_is_named() -> None:
    named = set(re.findall(r"`([^`]+?)(?:\([^`]*\))?`", TEXT))
    assert sorted(set(FUNCTIONS) - named) == []


def test_every_command_of_the_engine_is_named() -> None:
    words = re.findall(r"^    (\w+) ", _parser().format_help(), flags=re.M)
    of_engine = words[words.index("validate") : words.index("migrate")]
    assert [word for word in of_engine if f"`chuky {word}" not in TEXT] == []


def test_every_endpoint_is_named() -> None:
    paths = {
        (method, route.path)
        for route in processes.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    short = {
        ("POST", "/api/instances/{number}/resume"): "…/resume",
        ("POST", "/api/instances/{number}/cancel"): "…/cancel",
    }
    assert [pair for pair in sorted(paths) if short.get(pair, f"{pair[0]} {pair[1]}") not in TEXT] == []
