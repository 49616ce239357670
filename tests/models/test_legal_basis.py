"""Every deadline of the shipped packs is explained in docs/legal-basis.md, and quotations stand there as in the packs."""

import re
from pathlib import Path

import pytest

from engine.process import packs

TEXT = (Path(__file__).parents[2] / "docs" / "legal-basis.md").read_text("utf-8")


@pytest.mark.parametrize("folder", packs.shipped(), ids=lambda p: p.name)
def test_every_deadline_is_explained(folder):
    names = {rule.name for rule in packs.read_pack(folder).deadlines}
    ranges = {f"quarter-{n}" for n in range(1, 5)}  # written as a range in the table
    assert sorted(name for name in names - ranges if f"`{name}`" not in TEXT) == []


def test_quotations_agree_with_the_packs():
    quoted = " ".join(rule.source for folder in packs.shipped() for rule in packs.read_pack(folder).deadlines)
    named_days = re.compile(r"trước ngày \d+/\d+ hằng năm")
    assert set(named_days.findall(quoted)) == set(named_days.findall(TEXT))
