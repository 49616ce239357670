"""What does a pack's `ranking.toml` say?"""

import re
from collections.abc import Sequence
from typing import Final

from engine.process.pack_tables import Codes
from engine.process.pack_toml import Document, Table
from engine.rules.deadlines import DeadlineRule, names_of
from engine.rules.ranking import Block, Ties
from engine.rules.ranking_spec import RankingSpec

_KEY: Final = re.compile(r"[a-z0-9_]+")
MOST_PLACES: Final = 100


def read_ranking(document: Document, known: Codes, deadlines: Sequence[DeadlineRule]) -> RankingSpec:
    """Read how a model ranks its units."""
    top = document.top()
    tables = document.tables("block", at_least=1)
    blocks = tuple(_block(table, known) for table in tables)
    spec = RankingSpec(
        title=top.text("title"),
        source=top.text("source"),
        blocks=blocks,
        ties=Ties(top.choice("ties", [ties.value for ties in Ties], Ties.STANDARD.value)),
        appeal=top.maybe_text("appeal"),
        no_score=top.text("no_score"),
        held=top.text("held"),
        commended=top.whole("commended", 0, MOST_PLACES, 0),
        commended_blocks=top.texts("commended_blocks", ()),
    )
    _check(top, tables, spec, deadlines)
    top.finish()
    document.finish()
    return spec


def _block(table: Table, known: Codes) -> Block:
    block = Block(key=table.text("key"), label=table.text("label"), unit_kinds=known.unit_kinds(table, "unit_kinds"))
    if block.key and not _KEY.fullmatch(block.key):
        table.wrong("key", "“key” chỉ gồm chữ a–z, chữ số và “_”.")
    table.finish()
    return block


def _check(top: Table, tables: Sequence[Table], spec: RankingSpec, deadlines: Sequence[DeadlineRule]) -> None:
    seen: set[str] = set()
    for table, block in zip(tables, spec.blocks, strict=True):
        if block.key in seen:
            table.wrong("key", f"“{block.key}” được khai hai lần.")
        seen.add(block.key)
    for key in spec.commended_blocks:
        if key not in seen:
            top.wrong("commended_blocks", f"Không có [[block]] “{key}”.")
    if spec.appeal is not None and spec.appeal not in {name for rule in deadlines for name in names_of(rule)}:
        top.wrong("appeal", f"Hạn “{spec.appeal}” chưa được khai bằng [[deadline]].")
