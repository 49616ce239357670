"""Which unit does a line of "Nơi nhận" name? As it writes itself, then more and more tolerantly, never by a guess."""

from __future__ import annotations

from datetime import date

import pytest

from engine.rules.distribution import meant_by, whom
from engine.rules.units import Unit, UnitId


def unit(code: str, name: str, symbol: str = "") -> Unit:
    return Unit(
        id=UnitId(int(code[1:])), code=code, name=name, kind="base_union", cohort=None, parent_id=None,
        from_day=date(2020, 1, 1), until_day=None, successor_id=None, symbol=symbol, place="",
    )  # fmt: skip


UNITS = [
    unit("P1", "Đoàn phường Thuỷ Nguyên", "TN"),
    unit("P2", "Đoàn phường Tân Phú", "TP"),
    unit("P3", "Đoàn phường Tấn Phú", "TP"),
    unit("P4", "Đoàn xã An Lão"),
    unit("P5", "Đoàn xã An Lão"),
    unit("P6", "Hoà"),
]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Ban Chấp hành Đoàn phường Tân Phú", ["P2"]),  # as it writes itself, though another differs by a tone only
        ("ĐOÀN PHƯỜNG TẤN PHÚ", ["P3"]),
        ("Đoàn phường Thủy Nguyên", ["P1"]),  # the tone on another letter
        ("BCH đoàn  phường thuy nguyen", ["P1"]),
        ("Doan phuong Tan Phu", ["P2", "P3"]),  # without marks: it may be either
        ("Đoàn xã An Lão", ["P4", "P5"]),
        ("p2", ["P2"]),
        ("tn", ["P1"]),
        ("TP", ["P2", "P3"]),
        ("Hòa", ["P6"]),
        ("Ban Dân vận hoa", []),  # one word at the end is no name when its marks are missing
        ("Công ty P2", []),  # a code names a unit only alone
        ("Cấp ủy cùng cấp", []),
        ("", []),
    ],
)
def test_whom_a_line_may_mean(text: str, codes: list[str]) -> None:
    assert [found.code for found in meant_by(text, UNITS)] == codes


@pytest.mark.parametrize(
    ("told", "named"),
    [
        (False, ["Bộ Tư pháp", "Sở Tư pháp", "Sở Nội vụ"]),  # a report is about nobody else
        (True, ["Như trên", "Sở Nội vụ"]),  # a correction: its units know already
    ],
)
def test_as_above_are_those_whom_the_paper_is_addressed_to(told: bool, named: list[str]) -> None:
    recipients = ("Như trên", "Sở Nội vụ (để phối hợp)", "Lưu: VT")
    assert whom(recipients, ("Bộ Tư pháp", "Sở Tư pháp (để báo cáo);"), told=told) == named


def test_as_above_stays_where_nobody_is_addressed() -> None:
    assert whom(("Như trên;", "Lưu: VP"), (), told=False) == ["Như trên"]
