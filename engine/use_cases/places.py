"""Which place has a unit in its cycle's list? What documents and papers tell of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.ports.store import UnitOfWork
from engine.rules.cycles import CycleId
from engine.rules.dossiers import Dossier
from engine.rules.text import number_text
from engine.use_cases.runs import Run

Words = Mapping[str, str]
#: What an annex names to show a list: the first block, or "ranking_<block>".
RANKING = "ranking"
#: Columns of a list in a document.
COLUMNS = ("number", "place", "unit", "code", "score", "change", "note")


def commended(uow: UnitOfWork, run: Run, dossiers: Sequence[Dossier]) -> list[Dossier]:
    """The dossiers of the units that the latest list puts first in their blocks, as the pack says how many."""
    spec, versions = run.model.ranking, uow.rankings.of_cycle(run.cycle.id)
    if spec is None or not versions:
        return []
    blocks = spec.commended_blocks or tuple(block.key for block in spec.blocks)
    listed: Mapping[str, Sequence[Mapping[str, Any]]] = versions[-1].content["result"]["blocks"]
    first = [
        row["key"] for key in blocks for row in listed[key] if (row["number"] or spec.commended + 1) <= spec.commended
    ]
    by_code = {uow.units.get(d.unit_id).code: d for d in dossiers}
    return [by_code[code] for code in dict.fromkeys(first) if code in by_code]


def rows(uow: UnitOfWork, cycle_id: CycleId, name: str) -> list[Words]:
    """The rows of a block of the cycle's latest list, as a document shows them."""
    versions = uow.rankings.of_cycle(cycle_id)
    if not versions:
        return []
    blocks: Mapping[str, Sequence[Mapping[str, Any]]] = versions[-1].content["result"]["blocks"]
    key = name.removeprefix(RANKING).removeprefix("_") or next(iter(blocks))
    return [_row(number, row) for number, row in enumerate(blocks.get(key, ()), 1)]


def is_ranking(name: str) -> bool:
    """Whether an annex shows a list."""
    return name == RANKING or name.startswith(f"{RANKING}_")


def _row(number: int, row: Mapping[str, Any]) -> Words:
    points, change = row["points"], row["change"]
    return {
        "number": str(number),
        "place": "" if row["number"] is None else str(row["number"]),
        "unit": row["name"],
        "code": row["key"],
        "score": "" if points is None else number_text(points, places=2),
        "change": "" if change is None else f"{change:+d}" if change else "0",
        "note": row["reason"],
    }
