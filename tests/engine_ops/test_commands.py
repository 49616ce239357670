"""The words for designers and operators at the terminal, on an installation of their own."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from api.assembly import build
from api.cli import main
from api.settings import read_settings
from engine.process import packs
from engine.rules.cycle_models import CycleModel
from tests.engine_ops.yard import SHARED, Drawn, chain, end, model, start, waits
from tests.factories import Town, founded

Say = Callable[..., tuple[int, list[str], list[str]]]
FIRST = model(Drawn("con", "branch", chain(start(), "a", waits("nghi", "P5D"), "b", end())))
SECOND = model(Drawn("con", "branch", chain(start(), "a", waits("nghi", "P5D"), "giua", "b", end())))


def written(made: CycleModel, folder: Path) -> Path:
    for name, content in made.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def data_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with a city, two versions as folders, and a cycle on the first."""
    folder = tmp_path_factory.mktemp("data")
    url = f"sqlite:///{folder / 'chuky.sqlite3'}"
    founded(url)
    house = build(read_settings(data=folder))
    house.prepare(migrate=True)
    house.close()
    town = Town(url)
    town.close()
    return folder


@pytest.fixture
def data(data_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = Path(shutil.copytree(data_template, tmp_path / "data"))
    monkeypatch.setenv("CHUKY_DATA", str(folder))
    monkeypatch.setenv("CHUKY_DEMO", "true")
    monkeypatch.setenv("CHUKY_NOW", "2026-08-20T09:00:00+07:00")
    written(FIRST, tmp_path / "v1" / "may")
    written(SECOND, tmp_path / "v2" / "may")
    return tmp_path


@pytest.fixture
def say(data: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Say words; the exit code, what was printed, and what was said beside it."""

    def run(*words: object) -> tuple[int, list[str], list[str]]:
        capsys.readouterr()
        code = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return code, out.splitlines(), [line for line in err.splitlines() if "(cảnh báo)" not in line]

    return run


def opened(folder: Path) -> None:
    """Open the cycle of 2027 on the first version."""
    from engine.use_cases import cycles
    from tests.factories import moment

    house = build(read_settings(data=folder))
    with house.open_uow() as uow:
        account = uow.accounts.find_username("td.officer")
        from engine.use_cases.actors import actor_of

        now = moment("2026-08-20")
        cycles.open_cycle(
            uow,
            "may",
            2027,
            reading_confirmed=True,
            dispatch="1",
            settings={},
            actor=actor_of(uow, account, now=now),
            now=now,
        )
    house.close()


def test_a_folder_is_deployed_once_and_an_archive_is_the_same(data: Path, say: Say) -> None:
    short = FIRST.sha256[:12]
    assert say("deploy", data / "v1" / "may") == (0, [], [f"Đã triển khai may {short} (Mô hình thử)."])
    with zipfile.ZipFile(data / "may.zip", "w") as made:
        for path in (data / "v1" / "may").rglob("*"):
            made.write(path, path.relative_to(data / "v1"))
    assert say("deploy", data / "may.zip") == (
        0,
        [],
        [f"Bản may {short} đã được triển khai từ trước, không có gì mới."],
    )
    code, out, _ = say("packs")
    assert (code, [line.split("  ")[:2] for line in out if "may" in line]) == (0, [[short, "may"]])


def test_what_may_not_be_deployed_is_refused_by_file_and_line(data: Path, say: Say) -> None:
    toml = data / "v1" / "may" / "model.toml"
    toml.write_text(toml.read_text().replace('unit_kind = "branch"', 'unit_kind = "khong_co"', 1))
    code, out, err = say("deploy", data / "v1" / "may")
    assert (code, out, [line for line in err if "model.toml:" in line and "khong_co" in line] != []) == (1, [], True)
    assert say("deploy", data / "nowhere")[0] == 1
    (data / "may.zip").write_bytes(b"PK\x03\x04 broken")
    assert say("deploy", data / "may.zip") == (
        1,
        [],
        ["may.zip: Không đọc được tệp nén: tệp không phải ZIP hoặc đã hỏng."],
    )


def test_versions_are_compared_and_exported(data: Path, say: Say) -> None:
    say("deploy", data / "v1" / "may")
    say("deploy", data / "v2" / "may")
    expected = [
        "+ bước giua “Việc giua”",
        "+ luồng nghi → giua",
        "+ luồng giua → b",
        "- luồng nghi → b",
    ]
    assert say("diff", "may@1", "may@2") == (1, expected, ["4 khác biệt, 4 làm đổi cách chạy."])
    assert say("diff", data / "v1" / "may", "may@1") == (0, [], ["Hai bản như nhau."])
    assert say("export", "may@1", data / "ra")[0] == 0
    assert packs.read_model(SHARED | packs.read_folder(data / "ra"), "may").sha256 == FIRST.sha256
    assert say("export", "may@1", data / "ra")[::2] == (
        1,
        [f"Thư mục {data / 'ra'} không trống: hãy chọn thư mục mới."],
    )


def test_running_processes_are_switched_reported_and_undone(data: Path, say: Say) -> None:
    say("deploy", data / "v1" / "may")
    opened(data / "data")
    say("deploy", data / "v2" / "may")
    code, out, err = say("switch", "try", "may/2027", "may@2")
    assert (code, out[0], err) == (
        0,
        "quy trình 1 (con, Chi đoàn Tổ dân phố số 1): vừa",
        ["5 quy trình đang chạy, 0 không vừa bản mới (sẽ ở lại bản cũ). Chưa có gì thay đổi."],
    )
    assert say("switch", "start", 1, "may@2", "--reason", "Thêm bước")[2] == ["Lần chuyển số 1: 5 đã chuyển."]
    assert [line.rsplit("bản ", 1)[1] for line in say("instance", "list", "P1-1")[1] if "bản" in line] == [
        SECOND.sha256[:12]
    ]
    assert [line.split("  ")[-1] for line in say("packs")[1] if line.startswith(SECOND.sha256[:12])] == ["chu kỳ 2027"]
    assert say("switch", "undo", 1, "--reason", "Nhầm")[2] == ["Lần chuyển số 1: 5 đã trả lại."]
    assert say("switch", "report", 1)[1][:2] == [
        "quy trình 1: đã trả lại",
        "  – trả lại đúng trạng thái trước khi chuyển",
    ]
    assert say("switch")[0] == 2


def test_why_rest_go_on_move_and_end_at_the_terminal(data: Path, say: Say) -> None:
    say("deploy", data / "v1" / "may")
    opened(data / "data")
    assert say("why", "P1-1") == (
        0,
        [
            "Hồ sơ 1, Chi đoàn Tổ dân phố số 1, Mô hình thử: Chưa đăng ký",
            "  con: chờ Bí thư của Chi đoàn Tổ dân phố số 1 (Nguyễn Văn P1-1 secretary) làm “Việc a”,"
            " từ 09:00 ngày 20/08/2026.",
            "    – Làm xong thì đến “nghi”.",
        ],
        [],
    )
    assert say("instance", "list", "1")[1][1] == "  nhánh 2: a “Việc a”"
    assert say("instance", "move", 1, 2, "nghi", "--reason", "Bỏ qua")[2] == ["Quy trình 1: Đang chạy."]
    assert say("why", 1)[1][1:] == [
        "  con: chờ đến 09:00 ngày 25/08/2026 (“nghi”).",
        "    – Đến 09:00 ngày 25/08/2026 thì đến “Việc b”.",
    ]
    assert say("instance", "suspend", 1, 2, "--reason", "Chờ")[2] == [
        "Quy trình 1: Tạm dừng.",
        "Quy trình 2: Tạm dừng.",
    ]
    assert say("why", 1)[1][1:] == ["  con: đang tạm dừng từ 09:00 ngày 20/08/2026."]
    assert say("instance", "resume", 1, "--reason", "Tiếp")[2] == ["Quy trình 1: Đang chạy."]
    assert say("instance", "cancel", 1, "--reason", "Mở nhầm")[2] == ["Quy trình 1: Đã kết thúc."]
    assert say("why", 1)[1][1:] == ["  Không còn quy trình nào đang chạy."]
    assert say("instance", "move", 2, 2, "b", "--reason", "x")[0] == 1
    assert (say("why", "KHONG")[0], say("instance")[0]) == (1, 2)


def test_the_watchdog_and_incidents_at_the_terminal(data: Path, say: Say) -> None:
    import sqlite3
    from contextlib import closing

    say("deploy", data / "v1" / "may")
    opened(data / "data")
    assert say("watchdog") == (0, [], ["Không có quy trình nào mới bị kẹt."])
    with closing(sqlite3.connect(data / "data" / "chuky.sqlite3")) as connection, connection:
        connection.execute("UPDATE ck_work_item SET state = 'gone' WHERE instance_id = 1")
    assert say("watchdog") == (
        1,
        ["Quy trình số 1 (hồ sơ 1): thứ nó chờ không có trong danh sách việc, hẹn giờ hay thông điệp (a)."],
        ["1 quy trình bị kẹt mới được ghi thành sự cố."],
    )
    assert say("incident")[1] == [
        "sự cố 1  Quy trình bị kẹt (stuck)  09:00 ngày 20/08/2026  hồ sơ 1: thứ nó chờ không có trong danh sách việc, hẹn giờ hay thông điệp (a)"
    ]
    assert "Có sự cố số 1 chưa giải quyết." in say("why", 1)[1][1]
    assert say("incident", "--retry-all", "ket") == (1, [], ["Không tìm thấy loại sự cố ket."])
    assert say("incident", "--retry-all", "stuck")[2] == ["Đã thử lại 1 sự cố; tiến trình nền sẽ làm."]
    assert say("incident")[1] == ["Không có sự cố nào đang chờ."]


def test_what_is_not_there_is_named(say: Say) -> None:
    assert say("switch", "report", 9) == (1, [], ["Không tìm thấy lần chuyển số 9."])
    assert say("switch", "undo", 9, "--reason", "thử") == (1, [], ["Không tìm thấy lần chuyển số 9."])
    assert say("why", 99) == (1, [], ["Không tìm thấy hồ sơ số 99."])
    assert say("instance", "suspend", 99, "--reason", "thử") == (1, [], ["Không tìm thấy quy trình số 99."])


def test_a_new_place_is_told_what_to_do_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHUKY_DATA", str(tmp_path))
    assert [main([word]) for word in ("packs", "watchdog", "incident", "health")] == [1, 1, 1, 1]
    assert set(capsys.readouterr().err.splitlines()) == {"Cơ sở dữ liệu chưa ở phiên bản này. Hãy chạy: chuky migrate"}
