"""How fast does a rehearsal live? Branches a second, and how its time is split between people and documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Any

from api.rehearsing import rehearse
from bench.ground import YEAR
from documents.pdf import PaperRenderer
from documents.signing import PaperSigner
from engine.process import packs


@dataclass(slots=True, kw_only=True)
class Lived:
    """CPU seconds of a rehearsed year, documents apart."""

    branches: int
    people: float = 0  #: everything but documents
    documents: float = 0
    issued: int = 0

    @property
    def branches_a_second(self) -> float:
        """Branches that live their year in a CPU second, documents included."""
        return self.branches / (self.people + self.documents)


def measure(folder: Path, *, branches: int) -> Lived:
    """Rehearse a year, documents rendered and signed as ever."""
    found = Lived(branches=branches)
    with _stopwatch() as watch:
        began = process_time()
        done = rehearse(packs.shipped()[0], cycle_year=YEAR, units=branches, seed=1, out=folder)
        whole = process_time() - began
    assert done.closed
    assert not done.incidents
    found.documents, found.issued, found.people = watch.spent, done.documents, whole - watch.spent
    return found


@dataclass(slots=True)
class _Watch:
    spent: float = field(default=0)


@contextmanager
def _stopwatch() -> Iterator[_Watch]:
    """Add up what rendering and signing take."""
    watch = _Watch()
    render, sign = PaperRenderer.render, PaperSigner.sign
    PaperRenderer.render = _timed(render, watch)  # type: ignore[method-assign]
    PaperSigner.sign = _timed(sign, watch)  # type: ignore[method-assign]
    try:
        yield watch
    finally:
        PaperRenderer.render, PaperSigner.sign = render, sign  # type: ignore[method-assign]


def _timed(work: Callable[..., Any], watch: _Watch) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        began = process_time()
        try:
            return work(*arguments, **named)
        finally:
            watch.spent += process_time() - began

    return timed
