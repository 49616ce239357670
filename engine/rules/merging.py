"""Two people changed the same text: what do both changes give together? Line by line, like the tools of programmers."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import pairwise

#: Lines from the first (inclusive, from 0) to the second (exclusive) give way to these.
_Edit = tuple[int, int, tuple[str, ...]]


def merged(before: str, mine: str, theirs: str) -> str | None:
    """The text with both changes; None where they touch the same lines, or lines next to each other."""
    lines = before.splitlines(keepends=True)
    edits = sorted({*_edits(lines, mine), *_edits(lines, theirs)})
    if any(later[0] <= earlier[1] for earlier, later in pairwise(edits)):
        return None
    for first, last, instead in reversed(edits):
        lines[first:last] = instead
    return "".join(lines)


def _edits(before: list[str], after: str) -> Iterator[_Edit]:
    lines = after.splitlines(keepends=True)
    for kind, first, last, start, end in SequenceMatcher(None, before, lines, autojunk=False).get_opcodes():
        if kind != "equal":
            yield first, last, tuple(lines[start:end])
