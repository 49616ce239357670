"""Points, lists and targets at the terminal: JSON in, JSON out, every slip in Vietnamese, every digit kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.commands.process import answer
from api.commands.weighing import _judged, _rank, _refused, _score, _target

SET = {
    "criterion": [
        {"key": "a", "group": "Nhóm 1", "text": "Tiêu chí a", "max_points": 10},
        {"key": "b", "group": "Nhóm 1", "text": "Tiêu chí b", "max_points": 30, "unit_kinds": ["ward"]},
    ],
    "band": [
        {"key": "met", "label": "Đạt", "at_least": 50, "recognised": True},
        {"key": "not_met", "label": "Chưa đạt", "at_least": 0, "recognised": False},
    ],
}


class Asked:
    """A command with the request in a file, as at the terminal."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self.capsys = folder / "yeu-cau.json", capsys

    def __call__(self, judge: Any, request: object) -> tuple[int, Any]:
        self.file.write_text(json.dumps(request), "utf-8")
        code = answer(lambda found: _judged(judge, found), _refused, str(self.file))
        return code, json.loads(self.capsys.readouterr().out)


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Asked:
    return Asked(tmp_path, capsys)


def test_a_score_is_shared_among_the_criteria_that_apply(ask: Asked) -> None:
    asked = {"criteria": SET, "unit_kind": "special_zone", "points": {"a": 7.5}, "reasons": {"a": "Đủ minh chứng."}}
    assert ask(_score, asked) == (
        0,
        {
            "state": "scored",
            "points": 75.0,
            "band": "met",
            "label": "Đạt",
            "recognised": True,
            "failed": [],
            "not_applicable": ["b"],
            "lines": ["Tiêu chí a – 7,5/10 điểm: Đủ minh chứng."],
        },
    )


def test_a_score_waits_for_what_is_missing(ask: Asked) -> None:
    asked = {"criteria": SET, "unit_kind": "ward", "points": {"a": 7.5, "b": None}}
    assert ask(_score, asked) == (0, {"state": "held", "held": ["b"], "not_applicable": []})
    code, found = ask(_score, {**asked, "zeroed": {"b": "Không nộp minh chứng."}})
    assert (code, found["points"], found["lines"][1]) == (0, 18.75, "Tiêu chí b – 0/30 điểm: Không nộp minh chứng.")


def test_a_list_is_made_for_every_block(ask: Asked) -> None:
    asked = {
        "ties": "dense",
        "blocks": [{"key": "ward", "label": "Phường", "unit_kinds": ["ward"]}, {"key": "all"}],
        "units": [
            {"name": "Phường B", "unit_kind": "ward", "points": 80},
            {"name": "Xã Đ", "unit_kind": "commune", "points": 80.004},
            {"name": "Xã A", "unit_kind": "commune", "points": None, "reason": "Không đủ mẫu."},
            {"name": "Phường A", "unit_kind": "ward", "points": 79.5},
        ],
        "before": {"ward": {"Phường A": 1}},
    }
    code, found = ask(_rank, asked)
    lists = {key: [(p["number"], p["name"], p["change"], p["reason"]) for p in b] for key, b in found["blocks"].items()}
    assert (code, lists) == (
        0,
        {
            "ward": [(1, "Phường B", None, ""), (2, "Phường A", -1, "")],
            "all": [
                (1, "Phường B", None, ""),
                (1, "Xã Đ", None, ""),
                (2, "Phường A", None, ""),
                (None, "Xã A", None, "Không đủ mẫu."),
            ],
        },
    )


def test_figures_are_held_against_the_targets_of_the_year(ask: Asked) -> None:
    shared = {"label": "Chỉ tiêu", "measure": "percent", "wording": "…", "source": "…"}
    asked = {
        "year": 2026,
        "targets": [
            {**shared, "indicator": "x", "comparison": ">", "value": 65, "first_year": 2026, "last_year": 2026},
            {**shared, "indicator": "x", "comparison": ">", "value": 75, "first_year": 2027},
            {**shared, "indicator": "y", "comparison": ">=", "value": 50, "first_year": 2026, "measure": "reduction"},
        ],
        "figures": {"x": 65.0, "y": {"value": 10}},
    }
    code, found = ask(_target, asked)
    assert code == 0
    assert [(t["indicator"], t["value"], t["reached"], t["met"], t["gap"]) for t in found["targets"]] == [
        ("x", 65, 65.0, False, None),
        ("y", 50, None, None, "no_baseline"),
    ]


@pytest.mark.parametrize(
    ("judge", "request_", "reason"),
    [
        (_score, {"criteria": SET, "points": {"a": 11}}, "scores.0.points: Điểm của tiêu chí “Tiêu chí a” phải từ 0 đến 10."),
        (_score, {"criteria": SET, "points": {"a": True}}, "“points.a” phải là một số hoặc null."),
        (_score, {"criteria": SET, "points": {}, "zeroed": {"a": ""}}, "zeroed.a: Cho 0 điểm tiêu chí “a” thì phải ghi lý do."),
        (_score, {"points": {}}, "“criteria” phải là đường dẫn tới tệp TOML, hoặc chính nội dung của tệp."),
        (_score, {"criteria": "khong-co.toml"}, "Không đọc được “khong-co.toml”: không có tệp này."),
        (_rank, {"units": [{"name": "A"}]}, "entrants.0.reason: “A” không được xếp hạng thì phải ghi lý do."),
        (_rank, {"units": [{"points": 1}]}, "“units” thứ 1 thiếu “name”."),
        (_rank, {"ties": "x"}, "“ties” phải là một trong: standard, dense."),
        (_target, {"targets": [], "year": 2026}, "targets:0: target: Cần các bảng [[target]]."),
        (_target, {"targets": [], "year": "2026"}, "“year” phải là năm, ví dụ 2026."),
    ],
)  # fmt: skip
def test_a_slip_is_said(ask: Asked, judge: Any, request_: object, reason: str) -> None:
    assert ask(judge, request_) == (1, {"error": reason})
