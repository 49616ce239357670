"""Every deadline of the shipped packs is explained, by its source or in docs/legal-basis.md; quotations stand there as in the packs."""

import re
from pathlib import Path

import pytest

from engine.process import packs

TEXT = (Path(__file__).parents[2] / "docs" / "legal-basis.md").read_text("utf-8")


#: What a source says that needs no more explanation: a quoted sentence, an article of a law, or that it is a default.
EXPLAINED = re.compile(r"“.+”|Điều \d+|[Mm]ặc định của phần mềm")


@pytest.mark.parametrize("folder", packs.shipped(), ids=lambda p: p.name)
def test_every_deadline_is_explained_by_its_source_or_in_the_text(folder):
    rules = packs.read_pack(folder).deadlines
    ranges = {f"quarter-{n}" for n in range(1, 5)}  # written as a range in the table
    told = {rule.name for rule in rules if f"`{rule.name}`" in TEXT} | ranges
    assert sorted(rule.name for rule in rules if rule.name not in told and not EXPLAINED.search(rule.source)) == []


def test_quotations_agree_with_the_packs():
    quoted = " ".join(rule.source for folder in packs.shipped() for rule in packs.read_pack(folder).deadlines)
    named_days = re.compile(r"trước ngày \d+/\d+ hằng năm")
    assert set(named_days.findall(quoted)) == set(named_days.findall(TEXT))
