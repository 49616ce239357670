"""What is printed? One row a ratio, with the aim where there is one; numbers that are not ratios say what they count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.blocks import FEW, MANY, Blocks
from bench.city import City
from bench.command import Command
from bench.lived import Lived
from bench.many import Many
from bench.papers import Papers
from bench.step import Steps
from bench.telling import TICKS, Told
from bench.waiting import Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    key: str
    what: str
    value: float
    unit: str = "×"
    aim: str = ""


def step_rows(steps: Steps) -> Iterator[Row]:
    """(a) and (c): the engine step and the stored state."""
    yield Row(key="step memory", what="engine step in memory ÷ library step", value=steps.engine / steps.library)
    aims = {"SQLite": "≤ 2.6 (first ≤ 3)", "PostgreSQL": "≤ 5"}
    for name, taken in steps.durable.items():
        what = f"engine step (load, complete, save, commit) ÷ library step in memory, {name}"
        yield Row(key=f"step {name}", what=what, value=taken / steps.library, aim=aims[name])
    for name, taken in steps.serialized.items():
        what = f"the same with the library's own serializer ÷ engine step, {name}"
        yield Row(key=f"serializer {name}", what=what, value=taken / steps.durable[name], aim="≥ 3")
    yield Row(
        key="state",
        what="largest stored state of the twelve-step process",
        value=steps.state_bytes,
        unit="B",
        aim="≤ 4096",
    )


def block_rows(blocks: Blocks) -> Iterator[Row]:
    """Parallel blocks one after the other."""
    of = f"of {MANY} successive parallel blocks ÷ of {FEW}, by element of the diagram"
    yield Row(key="blocks time", what=f"CPU of a whole life {of}", value=blocks.time, aim="≤ 1.3")
    yield Row(key="blocks state", what=f"largest stored state {of}", value=blocks.state, aim="≤ 1.3")


def command_rows(commands: Sequence[Command], library: float) -> Iterator[Row]:
    """(b): a person's click."""
    for done in commands:
        of = f"{done.act}, {done.database}"
        yield Row(
            key=f"command {of}",
            what=f"command without the process engine's part ÷ its statements on the bare driver: {of}",
            value=(done.whole - done.decide) / done.floor,
            aim="≤ 3",
        )
        yield Row(
            key=f"whole {of}",
            what=f"whole command ÷ its statements on the bare driver: {of}",
            value=done.whole / done.floor,
        )
        yield Row(key=f"click {of}", what=f"whole command ÷ library step in memory: {of}", value=done.whole / library)
        yield Row(
            key=f"statements {of}", what=f"statements of the command: {of}", value=done.statements, unit="", aim="≤ 12"
        )


def waiting_rows(costs: dict[str, tuple[Cost, Cost]], few: int, many: int) -> Iterator[Row]:
    """(d): few and many waiting instances."""
    for name, (little, much) in costs.items():
        among = f"among {many:,} waiting instances ÷ among {few:,}, {name}"
        yield Row(key=f"flat click {name}", what=f"whole command {among}", value=much.click / little.click, aim="≤ 1.3")
        yield Row(
            key=f"flat timer {name}",
            what=f"due timer carried out {among}",
            value=much.timer / little.timer,
            aim="≤ 1.3",
        )
        yield Row(
            key=f"flat tick {name}", what=f"tick with nothing due {among}", value=much.idle / little.idle, aim="≤ 1.3"
        )


def paper_rows(papers: Papers, library: float) -> Iterator[Row]:
    """(e): documents."""
    what = "a decision of one page as signed PDF/A-3a with nothing kept ÷ with fonts, styles and keys kept"
    yield Row(key="papers", what=what, value=papers.naive / papers.tuned, aim="≥ 3")
    yield Row(
        key="paper",
        what="a decision of one page, signed, with its Word file ÷ library step in memory",
        value=papers.whole / library,
    )
    yield Row(
        key="annex",
        what=f"a decision with {papers.rows:,} rows as PDF/A-3a ÷ bare WeasyPrint",
        value=papers.annex / papers.bare,
        aim="≤ 1.2",
    )
    for name, taken in papers.others.items():
        yield Row(key=name, what=f"the same pages by {name} ÷ our PDF/A-3a", value=taken / papers.annex)


def many_rows(many: Many) -> Iterator[Row]:
    """(e): thousands of decisions, with both workers killed halfway."""
    yield Row(
        key="many",
        what="one-page decisions rendered and signed by two workers in a second of this machine",
        value=many.a_second,
        unit="/s",
    )
    yield Row(key="many memory", what="largest memory of such a worker", value=many.megabytes, unit=" MB", aim="≤ 300")
    yield Row(
        key="many wrong",
        what=f"of {many.count:,} decisions right after both workers were killed halfway",
        value=100 * (many.count - many.wrong) / many.count,
        unit="%",
        aim="100",
    )


def lived_rows(lived: Lived, library: float) -> Iterator[Row]:
    """(f): rehearsals."""
    yield Row(
        key="branch",
        what="a branch's rehearsed year without documents ÷ library step in memory",
        value=lived.people / lived.branches / library,
    )
    yield Row(
        key="documents",
        what=f"documents' share of a rehearsal ({lived.issued} for {lived.branches} branches)",
        value=100 * lived.documents / (lived.people + lived.documents),
        unit="%",
    )
    yield Row(
        key="rehearsal",
        what="branches that live their year in a CPU second of this machine",
        value=lived.branches_a_second,
        unit="/s",
    )


def city_rows(small: City, large: City) -> Iterator[Row]:
    """(f): a year of all models in one city."""
    yield Row(
        key="city cpu",
        what=f"CPU of an instance's year, all models, among {large.instances:,} ÷ among {small.instances:,} instances",
        value=large.an_instance / small.an_instance,
        aim="≤ 1.5",
    )
    grown = large.instances / small.instances
    yield Row(
        key="city memory",
        what=f"largest memory of the same ({large.megabytes} MB) ÷ ({small.megabytes} MB), for {grown:.1f} times the instances",
        value=large.megabytes / small.megabytes,
    )
    yield Row(
        key="city instances",
        what="instances that live their year in a CPU minute of this machine, documents and packages included",
        value=60 / large.an_instance,
        unit="/min",
    )
    yield Row(
        key="city whole",
        what="cycles that did not close, and incidents, in both",
        value=small.open_cycles + large.open_cycles + small.incidents + large.incidents,
        unit="",
        aim="0",
    )


def told_rows(told: Told) -> Iterator[Row]:
    """(g): reminders and idle days."""
    yield Row(
        key="reminder",
        what="a reminder from its rung to the mail server's answer ÷ a bare mail over one connection",
        value=told.whole / told.bare,
    )
    yield Row(
        key="reminders",
        what="reminders planned, gathered and sent in a second of this machine",
        value=told.mails / told.whole,
        unit="/s",
    )
    yield Row(
        key="idle",
        what=f"ticks of a day without work that wrote nothing, of {TICKS}",
        value=told.idle,
        unit="",
        aim=f"= {TICKS}",
    )


def printed(rows: Sequence[Row]) -> str:
    """The table."""
    width = max(len(row.what) for row in rows)
    lines = [f"{'what':<{width}}  {'value':>10}     aim"]
    lines += [f"{row.what:<{width}}  {_number(row.value):>10} {row.unit:<3} {row.aim}".rstrip() for row in rows]
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
