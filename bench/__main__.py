"""`./chuky bench [--quick | --decisions N | --city N]`: everything once, one table at the end.

--quick is for the test suite, its figures are noise; --decisions measures only how N decisions are made, as 6,000 of a city;
--city only a year of all models in a city with N branches beside the shared units, and in one of a tenth.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import blocks, city, command, lived, many, papers, step, telling, waiting
from bench.ground import Grounds, grounds
from bench.table import (
    Row,
    block_rows,
    city_rows,
    command_rows,
    lived_rows,
    many_rows,
    paper_rows,
    printed,
    step_rows,
    told_rows,
    waiting_rows,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much is measured."""

    instances: int = 6  #: stepped through in a round
    rounds: int = 8
    units: int = 60  #: branches of the city that people work in
    chunk: int = 8  #: commands measured together; the least chunk counts
    chunks: int = 6
    few: int = 1_000  #: waiting instances
    many: int = 100_000
    among: int = 20  #: commands and ticks among them
    papers: int = 5
    rows: int = 1_500  #: of a large annex
    decisions: int = 600  #: of one page, by two workers; the 6,000 of a whole city: --decisions
    branches: int = 24
    reminded: int = 500


QUICK = Sizes(
    instances=2,
    rounds=1,
    units=6,
    chunk=1,
    chunks=1,
    few=10,
    many=100,
    among=2,
    papers=1,
    rows=10,
    decisions=4,
    branches=3,
    reminded=4,
)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="chuky bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="so small that only the way is tried, not the speed")
    parser.add_argument(
        "--decisions", type=int, metavar="N", help="only so many one-page decisions, both workers killed halfway"
    )
    parser.add_argument("--city", type=int, metavar="N", help="only a year of all models in a city with N branches")
    asked = parser.parse_args()
    if asked.city is not None:
        with TemporaryDirectory(prefix="chuky-bench-") as folder:
            print(printed(list(city_rows(*city.measure(Path(folder), branches=asked.city)))))
        return 0
    if asked.decisions is not None:
        with TemporaryDirectory(prefix="chuky-bench-") as folder:
            print(printed(list(many_rows(many.measure(Path(folder), count=asked.decisions)))))
        return 0
    sizes = QUICK if asked.quick else Sizes()
    with grounds() as places, TemporaryDirectory(prefix="chuky-bench-") as folder:
        rows = list(_everything(sizes, places, Path(folder)))
    print(printed(rows))
    return 0


def _everything(sizes: Sizes, places: Grounds, folder: Path) -> Iterator[Row]:
    _say("engine steps")
    steps = step.measure(places.houses(units=3), instances=sizes.instances, rounds=sizes.rounds)
    yield from step_rows(steps)
    yield from block_rows(blocks.measure(rounds=sizes.rounds))
    _say("commands")
    for twins in (places.twins_on_sqlite(sizes.units), places.twins_on_postgresql(sizes.units)):
        yield from command_rows(command.measure(twins, chunk=sizes.chunk, chunks=sizes.chunks), steps.library)
    _say(f"{sizes.few:,} and {sizes.many:,} waiting instances")
    yield from waiting_rows(_waiting(sizes, places), sizes.few, sizes.many)
    _say("documents")
    found = papers.measure(folder / "keys", rounds=sizes.papers, rows=sizes.rows)
    yield from paper_rows(found, steps.library)
    yield from many_rows(many.measure(folder / "many", count=sizes.decisions))
    _say("reminders")
    yield from told_rows(telling.measure(folder / "telling", branches=sizes.reminded))
    _say("a rehearsed year")
    yield from lived_rows(lived.measure(folder / "year", branches=sizes.branches), steps.library)


def _waiting(sizes: Sizes, places: Grounds) -> dict[str, tuple[waiting.Cost, waiting.Cost]]:
    found, counts = {}, {"few": sizes.few, "many": sizes.many}
    for make in (places.on_sqlite, places.on_postgresql):
        both = {name: make(sizes.units) for name in counts}
        work = {name: waiting.fill(both[name], count) for name, count in counts.items()}
        costs = waiting.measure(both, work, rounds=sizes.among)
        found[both["few"].name] = (costs["few"], costs["many"])
    return found


def _say(what: str) -> None:
    print(f"bench: {what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
