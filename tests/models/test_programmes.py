"""Do the programmes of the packs hold together, and is a slip of the pen found by its line?"""

import tomllib
from pathlib import Path

import pytest

from engine.process.pack_files import packs_folder
from engine.process.pack_programme import read_programme
from engine.process.pack_toml import Report, parse
from engine.rules.programme import Programme, mismatches

FILES = sorted(packs_folder().glob("*/programme.toml"))

GOOD = """\
[programme]
leads = ["Sở A"]
source = "Phụ lục"

[[milestone]]
key = "m"
label = "Mốc"
period = "2026-Q1"
wording = "Quý I/2026"
source = "Phụ lục"

[[money]]
key = "t"
label = "Tổng"
fund = "Ngân sách"
period = "2025..2030"
amount = 10
wording = "10 đồng"
source = "Phụ lục"
"""


def read(text: str) -> tuple[Programme, list[tuple[int, str, str]]]:
    report = Report()
    document = parse("programme.toml", text.encode(), report)
    assert document is not None
    programme = read_programme(document)
    return programme, [(f.line, f.element, f.reason) for f in report.findings]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_every_programme_of_a_pack_is_read_whole(file: Path) -> None:
    programme, findings = read(file.read_text("utf-8"))
    data = tomllib.loads(file.read_text("utf-8"))
    assert findings == []
    assert [m.key for m in programme.milestones] == [row["key"] for row in data.get("milestone", [])]
    assert [(m.key, m.amount) for m in programme.money] == [(r["key"], r.get("amount")) for r in data.get("money", [])]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_whoever_reads_a_sum_that_does_not_add_up_is_told_why(file: Path) -> None:
    programme, _ = read(file.read_text("utf-8"))
    silent = [wrong.key for wrong in mismatches(programme) if not programme.amount(wrong.key).note]  # type: ignore[union-attr]
    assert silent == []


def test_a_good_programme_is_read() -> None:
    programme, findings = read(GOOD)
    assert findings == []
    assert [(m.key, m.leads, m.coordinating) for m in programme.milestones] == [("m", ("Sở A",), ())]


@pytest.mark.parametrize(
    ("old", "new", "line", "element", "reason"),
    [
        ('period = "2026-Q1"', 'period = "2026-Q7"', 8, "milestone.m.period", "“period” phải là 2025"),
        ('label = "Mốc"', 'label = "Mốc"\ncolour = "đỏ"', 8, "milestone.m.colour", "Không biết khóa “colour”."),
        ("amount = 10", "amount = 10.5", 17, "money.t.amount", "“amount” phải là một số nguyên"),
        ('fund = "Ngân sách"', 'fund = "N"\npart_of = "x"', 16, "money.t.part_of", "Không có [[money]] “x”."),
        ('fund = "Ngân sách"', 'fund = "N"\npart_of = "t"', 16, "money.t.part_of", "Khoản “t” thuộc chính nó."),
        ("[[money]]", "[[coin]]", 12, "coin", "Không biết bảng “coin”."),
        ('leads = ["Sở A"]', "", 1, "programme.leads", "Thiếu khóa “leads”"),
    ],
)
def test_a_slip_is_named_with_its_line(old: str, new: str, line: int, element: str, reason: str) -> None:
    _, findings = read(GOOD.replace(old, new, 1))
    assert [(at, what) for at, what, _ in findings] == [(line, element)]
    assert findings[0][2].startswith(reason)


def test_a_key_stands_once() -> None:
    _, findings = read(GOOD + GOOD[GOOD.index("[[milestone]]") : GOOD.index("[[money]]")])
    assert [reason for _, _, reason in findings] == ["“m” được khai hai lần."]
