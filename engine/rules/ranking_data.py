"""How is a list told as data? What it is made of and what came out, the same for pages, files and the command line."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from hashlib import sha256
from typing import Any

from engine.rules.ranking import Block, Entrant, Table, Ties, tables

Data = Mapping[str, Any]


def asked(entrants: Sequence[Entrant], blocks: Sequence[Block], ties: Ties, before: Data) -> dict[str, Any]:
    """What a list is made of, as `chuky rank` reads it."""
    return {
        "ties": ties.value,
        "blocks": [{**asdict(block), "unit_kinds": list(block.unit_kinds)} for block in blocks],
        "units": [asdict(entrant) for entrant in entrants],
        "before": {block: dict(places) for block, places in before.items()},
    }


def ranked(data: Data) -> dict[str, Any]:
    """What comes out of `asked`, as `chuky rank` prints it."""
    found = tables(
        [Entrant(**unit) for unit in data["units"]],
        [Block(key=b["key"], label=b["label"], unit_kinds=tuple(b["unit_kinds"])) for b in data["blocks"]],
        ties=Ties(data["ties"]),
        before=data["before"],
    )
    return answered(found)


def answered(found: Mapping[str, Table]) -> dict[str, Any]:
    """The lists as plain data."""
    return {"blocks": {key: [asdict(place) for place in places] for key, places in found.items()}}


def places(content: Data) -> dict[str, dict[str, int]]:
    """Block → unit → place, of a list that was drawn up; what next year's changes are counted from."""
    blocks: Mapping[str, Sequence[Data]] = content["result"]["blocks"]
    return {
        key: {row["key"]: row["number"] for row in rows if row["number"] is not None} for key, rows in blocks.items()
    }


def fingerprint(content: Data) -> str:
    """SHA-256 of a list with all that it was made of; exact numbers count as their digits."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_digits)
    return sha256(text.encode()).hexdigest()


def _digits(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"no part of a list: {type(value).__name__}")
