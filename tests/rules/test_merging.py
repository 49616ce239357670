"""What two people change in one text: both stand where they do not meet; where they meet nothing is guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.merging import merged

TEXT = "a\nb\nc\nd\ne\n"
LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n"]), max_size=8).map("".join)


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        ("A\nb\nc\nd\ne\n", "a\nb\nc\nd\nE\n", "A\nb\nc\nd\nE\n"),
        ("a\nb\nc\nd\n", "x\na\nb\nc\nd\ne\n", "x\na\nb\nc\nd\n"),
        ("a\nb\nC\nd\ne\n", "a\nb\nC\nd\ne\n", "a\nb\nC\nd\ne\n"),
        ("a\nb\nC\nd\ne\n", "a\nb\nX\nd\ne\n", None),
        ("a\nb\nC\nd\ne\n", "a\nb\nc\nD\ne\n", None),
        ("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\ne\ng\n", None),
    ],
)
def test_both_changes_or_none(mine: str, theirs: str, both: str | None) -> None:
    assert (merged(TEXT, mine, theirs), merged(TEXT, theirs, mine)) == (both, both)


@given(LINES, LINES)
def test_who_changes_alone_is_right(before: str, after: str) -> None:
    assert merged(before, after, before) == merged(before, before, after) == merged(before, after, after) == after
