"""What does a signed decision cost? With fonts, styles and keys kept between documents, and with nothing kept."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from bench.measure import least
from documents.keys import TestKeys
from documents.pdf import PaperRenderer
from documents.signing import PaperSigner
from engine.ports.outside import SignerName
from engine.rules.papers import Paper
from tests.documents import samples

_AT = datetime(2027, 11, 29, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """CPU seconds of the process for one decision, rendered as PDF/A and Word file and signed twice."""

    tuned: float
    naive: float


def measure(folder: Path, *, rounds: int) -> Papers:
    """Make the same decision in both ways, in turn."""
    paper = samples.decision()
    kept = PaperSigner(TestKeys(folder))
    _issue(paper, kept)  # keys are made and libraries loaded: neither way pays for that

    def naive() -> float:
        def work() -> None:
            _forget()
            _issue(paper, PaperSigner(TestKeys(folder)))

        return _cpu(work)

    found = least({"naive": naive, "tuned": lambda: _cpu(lambda: _issue(paper, kept))}, rounds)
    return Papers(tuned=found["tuned"], naive=found["naive"])


def _issue(paper: Paper, signer: PaperSigner) -> None:
    signature = paper.signatures[0]
    person = SignerName(id=signature.name, name=signature.name, position=signature.position)
    organisation = samples.ORGANISATION if paper.sealed else None
    signer.sign(PaperRenderer().render(paper).pdf, person=person, organisation=organisation, at=_AT)


def _forget() -> None:
    """Empty every cache of the package, as code does that keeps nothing."""
    for name, module in list(sys.modules.items()):
        if name.startswith("documents."):
            for thing in vars(module).values():
                if callable(clear := getattr(thing, "cache_clear", None)):
                    clear()


def _cpu(work: Callable[[], None]) -> float:
    # The process, not the thread: rendering may hand over to threads of its own.
    began = process_time()
    work()
    return process_time() - began
