"""Do files as common modelers save them run as their authors mean, vendor extensions and all?

The folder `modelers` holds one file per modeler and format, written here in the style of each.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.process.simulate import decide, simulate
from engine.process.validate import validate_file

FOLDER = Path(__file__).parent / "modelers"
NOW = datetime(2026, 10, 1, 1, tzinfo=UTC)

Starts = Mapping[str, Mapping[str, Any]]
RUNS: dict[str, tuple[Starts, list[str], dict[str, Any]]] = {
    "camunda_7.bpmn": (
        {"Don": {"nguoi": "An", "so_tien": 150, "loai": "gấp", "nguoi_ky": ["a", "b", "c"]}},
        ["Start", "Kiem", "Re", "Ky", "Ky", "L_s", "L_x", "L_so", "L_e", "Goi", "Het"],
        {"nguoi": "An", "so_tien": 150, "loai": "gấp", "nguoi_ky": ["a", "b", "c"], "xep_muc": "cao", "so_luu": "300/LT"},
    ),
    "camunda_8.bpmn": (
        {"Don": {"nguoi": "An", "don": {"so": 6, "loai": "rất gấp", "muc": [10, 20, 30]}}, "Nhan": {"ma": "k"}},
        ["s", "ns", "u", "g", "t", "t", "c", "w", "gui", "e", "nc", "ne"],
        {"nguoi": "An", "don": {"so": 6, "loai": "rất gấp", "muc": [10, 20, 30]}, "tiep": 7, "ket_qua": [10, 40, None], "tong": 50},
    ),
    "bpmn_io.bpmn": ({"Process_1": {}}, ["StartEvent_1", "Task_1", "EndEvent_1", "StartEvent_2", "Task_2"], {}),
    "flowable.bpmn": (
        {"nghi_phep": {"so_ngay": 7, "lanh_dao": ["a", "b", "c"]}},
        ["bat_dau", "nop", "re", "duyet", "duyet", "bao", "gop", "phat", "het"],
        {"so_ngay": 7, "lanh_dao": ["a", "b", "c"]},
    ),
    "activiti.bpmn": (
        {"mua": {"han": "PT1H", "tien": Decimal("1000.4")}},
        ["s", "k_s", "k_u", "k_u", "k_e", "khoi", "re", "chi", "e"],
        {"han": "PT1H", "tien": 1000.4},
    ),
    "signavio.bpmn": (
        {"sid-proc": {"diem": Decimal("0.1")}},
        ["sid-s", "sid-t1", "sid-g", "sid-is", "sid-it", "sid-ig", "sid-ix", "sid-b", "sid-e"],
        {"diem": 0.1, "tong": 0.3},
    ),
    "bizagi.bpmn": ({"Id_p1": {}}, ["Id_s", "Id_t", "Id_g", "Id_a", "Id_b", "Id_j", "Id_i", "Id_e"], {}),
    "spiff_arena.bpmn": (
        {"Process_1": {}},
        ["StartEvent_1", "Dat", "Nhap", "Tung", "Tung", "Re", "Cho", "Goi", "Event_end"],
        {"ds": [1, 2, 3], "don": {"ten": "A", "muc": [1, 2, 3]}, "dat": True, "kq": [1, 2, None]},
    ),
    "eclipse.bpmn": (
        {"Hop": {"nguoi": ["a", "b"]}},
        ["StartEvent_1", "UserTask_1", "UserTask_1", "ScriptTask_1", "EndEvent_1"],
        {"nguoi": ["a", "b"], "phieu": ["a", "b"], "so": 2},
    ),
}  # fmt: skip

ANSWERS: list[tuple[str, str, dict[str, Any], Any]] = [
    ("camunda.dmn", "thuong", {"diem": Decimal("80.5"), "ngay_vao": "2025-03-26"}, 0.7),
    ("camunda.dmn", "Xếp loại", {"diem": Decimal("80.4")}, "khá"),
    ("camunda_old.dmn", "phan_cong", {"so_tien": 101, "loai": "công tác phí"}, [{"nguoi": "kế toán", "han": 3}, {"nguoi": "lãnh đạo", "han": 25.25}]),
    ("signavio.dmn", "Mức miễn", {"Tuổi đoàn viên": 17, "Ngày nộp": "2026-11-09"}, "toàn bộ"),
    ("signavio.dmn", "id-3", {"Tuổi đoàn viên": 31, "Ngày nộp": "2026-11-10"}, "một nửa"),
    ("flowable.dmn", "giam", {"hang": "vàng", "ngay": "2026-10-01"}, ["20", "10"]),
    ("kogito.dmn", "Mức phạt", {"Xe": {"Tốc độ": Decimal("75.5"), "Giới hạn": 50}}, {"Tiền": 500, "Trừ điểm": 2.55}),
    ("kogito.dmn", "Mức phạt", {"Xe": {"Tốc độ": 40, "Giới hạn": 50}}, {"Tiền": None, "Trừ điểm": 0}),
    ("plain_words.dmn", "xet", {"Điểm tổng kết": Decimal("70.5"), "Ngày họp xét": "2026-11-10", "Số phiếu thuận": 5, "Số phiếu": 9}, "công nhận, 70.5"),
]  # fmt: skip

#: Lines with a note, by file: what the file says that has no effect here.
NOTED = {
    "activiti.bpmn": [11, 24],
    "bizagi.bpmn": [4, 4, 5, 12],
    "bpmn_io.bpmn": [11, 14, 20, 21, 23, 24],
    "camunda_7.bpmn": [4, 20, 20, 48, 61, 73, 73, 79, 80, 93],
    "camunda_8.bpmn": [8, 23],
    "flowable.bpmn": [4, 8, 10, 29],
    "signavio.bpmn": [9],
    "spiff_arena.bpmn": [9, 9, 24, 43],
}


@pytest.mark.parametrize("name", RUNS)
def test_a_saved_process_runs(name: str) -> None:
    starts, completed, data = RUNS[name]
    request = {"model": str(FOLDER / name), "horizon_s": 100_000, "auto": True}
    begun = [{"process": process, "data": values} for process, values in starts.items()]
    assert simulate({**request, "starts": begun}, now=NOW) == {
        "state": "completed", "completed": completed, "data": data, "kind": "", "error": "",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "decision", "inputs", "value"), ANSWERS)
def test_a_saved_table_answers(name: str, decision: str, inputs: dict[str, Any], value: Any) -> None:
    asked = {"model": str(FOLDER / name), "decision": decision, "inputs": inputs}
    assert decide(asked, now=NOW) == {"value": value}


def test_every_saved_file_is_valid_and_what_has_no_effect_is_noted() -> None:
    files = sorted(path.name for path in FOLDER.iterdir())
    assert files == sorted({*RUNS, *(name for name, *_ in ANSWERS)})
    found = {name: validate_file(FOLDER / name) for name in files}
    assert [finding for findings in found.values() for finding in findings if not finding.warning] == []
    assert {name: [finding.line for finding in findings] for name, findings in found.items() if findings} == NOTED
