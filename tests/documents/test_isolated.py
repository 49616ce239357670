"""A render in a process of its own gives the same, and one that breaks its bounds harms nobody."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from documents.isolated import IsolatedRenderer, RenderFailed
from engine.errors import Invalid, NotFound
from engine.ports.outside import Rendered
from tests.documents.samples import decision


@pytest.fixture(scope="module")
def renderer() -> Iterator[IsolatedRenderer]:
    made = IsolatedRenderer()
    yield made
    made.close()


def test_the_same_bytes_come_out(renderer: IsolatedRenderer, rendered: Rendered) -> None:
    assert renderer.render(decision()) == rendered


def test_refusals_come_through(renderer: IsolatedRenderer) -> None:
    with pytest.raises(NotFound) as missing:
        renderer.render(replace(decision(), profile="nowhere"))
    assert (missing.value.kind, missing.value.key) == ("profile", "nowhere")
    with pytest.raises(Invalid) as refusal:
        renderer.render(replace(decision(), overrides=(("page.top", "x"),)))
    assert refusal.value.fields["overrides"].code == "override_value"


def test_a_render_that_takes_too_long_is_ended_and_the_next_one_works(
    renderer: IsolatedRenderer, rendered: Rendered
) -> None:
    hasty = IsolatedRenderer(seconds=0.5)
    with pytest.raises(RenderFailed):
        hasty.render(decision(3_000))
    hasty.close()
    assert renderer.render(decision()) == rendered


def test_a_worker_without_memory_fails_alone() -> None:
    poor = IsolatedRenderer(megabytes=60)
    with pytest.raises((RenderFailed, MemoryError, ImportError, OSError)):
        poor.render(decision(3_000))
    poor.close()
