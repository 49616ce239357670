"""How does a model rank its units? What a pack's `ranking.toml` declares."""

from dataclasses import dataclass

from engine.rules.ranking import Block, Ties


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingSpec:
    """Blocks, ties, and in which words a unit stays without a place."""

    title: str  #: what the list is called, for people
    source: str  #: document and section, for people
    blocks: tuple[Block, ...]
    ties: Ties
    appeal: str | None  #: deadline within which units may answer the draft
    no_score: str  #: why a unit without a score has no place
    held: str  #: why a unit whose score waits for criteria has no place
    commended: int  #: places of each block, from the first, that are commended; 0: nobody
    commended_blocks: tuple[str, ...]  #: keys of the blocks that commend; empty: every block
