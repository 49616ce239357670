"""How is a pack rehearsed in a test, and what did its timeline say?"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from api.rehearsing import Rehearsed, rehearse
from engine.ports.services import Outside
from engine.process import packs
from tests.fakes import InkSigner, PlainRenderer

YEAR = 2027


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of `timeline.jsonl`."""

    at: str
    cycle: str
    unit: str | None
    cohort: str | None
    event: str
    task: str | None
    last_day: str | None
    days_late: int | None
    document: str | None
    text: str

    @property
    def day(self) -> str:
        return self.at[:10]


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """A rehearsed year and what it left."""

    out: Path
    rehearsed: Rehearsed
    lines: tuple[Line, ...]

    @property
    def timeline(self) -> bytes:
        return (self.out / "timeline.jsonl").read_bytes()

    def of(self, *events: str, task: str | None = None) -> list[Line]:
        """The lines of these events, in order."""
        return [line for line in self.lines if line.event in events and task in (None, line.task)]


def without_pages(outside: Outside) -> Outside:
    """Neighbours that write plain text where pages and signatures would be: quick."""
    return replace(outside, renderer=PlainRenderer(), signer=InkSigner())


def live(
    folder: Path, out: Path, *, units: int, seed: int = 1, pages: bool = False, year: int = YEAR, owner: str = ""
) -> Year:
    """Rehearse a year, 2027 if none is named, in the pack's folder."""
    rehearsed = rehearse(
        folder,
        cycle_year=year,
        units=units,
        seed=seed,
        out=out,
        neighbours=None if pages else without_pages,
        packed=pages,
        owner=owner,
    )
    lines = tuple(Line(**json.loads(text)) for text in (out / "timeline.jsonl").read_text("utf-8").splitlines())
    return Year(out=out, rehearsed=rehearsed, lines=lines)


def copied(folder: Path, to: Path, *changes: tuple[str, Callable[[str], str]]) -> Path:
    """A copy of the pack under its own name, with some files changed: (file, old text → new text)."""
    copy = Path(shutil.copytree(folder, to / folder.name))
    for file, change in changes:
        before = (copy / file).read_text("utf-8")
        after = change(before)
        assert after != before, file
        (copy / file).write_text(after, "utf-8")
    return copy


def replaced(old: str, new: str, *, after: str = "") -> Callable[[str], str]:
    """Replace the first `old` that stands behind `after`."""

    def change(text: str) -> str:
        start = text.index(after)
        place = text.index(old, start)
        return text[:place] + new + text[place + len(old) :]

    return change


def model_11() -> Path:
    """The folder of the annex's model 11, whatever it is called."""
    return next(folder for folder in packs.shipped() if "mô hình 11" in packs.read_pack(folder).source)


def plain(
    lines: Iterable[Line],
) -> list[tuple[str, str | None, str, str | None, str | None, int | None, str | None, str]]:
    """Lines as tuples, sorted: what happened, whatever the order within a moment."""
    return sorted(
        ((x.at, x.unit, x.event, x.task, x.last_day, x.days_late, x.document, x.text) for x in lines),
        key=lambda t: tuple(str(v) for v in t),
    )
