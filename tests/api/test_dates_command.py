"""Does `chuky dates` name every day of a model's year, judge a submission by it, and say what it cannot understand?"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api.cli import main
from tests.api.commands import ROOT, environment

PACK = str(ROOT / "tests" / "models" / "packs" / "vuon-cay")
SHIPPED = next(p for p in sorted((ROOT / "bpmn").iterdir()) if p.is_dir() and p.name[0] not in "_.").name


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CHUKY_")]:
        monkeypatch.delenv(name)


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, Any]]:
    assert main(["dates", *words, "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["deadlines"]
    return found


def entry(found: list[dict[str, Any]], name: str, cohort: str) -> dict[str, Any]:
    return next(d for d in found if d["name"] == name and (cohort in d["cohorts"] or not d["cohorts"]))


def test_a_shipped_model_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    found = entry(asked(capsys, SHIPPED, "--year", "2027"), "register", "school")
    assert found["source"].startswith("Phụ lục 3, mô hình 11, mục 2.2, Bước 1: “đối với chi đoàn khối trường học")
    assert {key: value for key, value in found.items() if key not in ("source", "label")} == {
        "name": "register",
        "cycle_year": 2027,
        "rule": "before",
        "cohorts": ["school"],
        "unit_kinds": [],
        "first_day": "2026-09-01",
        "campaign_day": "2026-09-01",
        "last_day": "2026-09-29",
        "named_day": "2026-09-30",
        "late_from": "2026-09-29T17:00:00Z",
        "event": None,
        "wording": "trước ngày 30/09/2026 (hạn cuối: hết ngày 29/09/2026)",
    }


@pytest.mark.parametrize(
    ("at", "more", "status", "days"),
    [
        ("2026-11-09T23:59:59+07:00", (), "on_time", 0),
        ("2026-11-09T16:59:59.999999Z", (), "on_time", 0),
        ("2026-11-09T17:00:00Z", (), "named_day_unconfirmed", 0),
        ("2026-11-10", (), "named_day_unconfirmed", 0),
        ("2026-11-10T23:59:59", (), "named_day_unconfirmed", 0),  # without a zone it is Vietnam's
        ("2026-11-11T00:00:00+07:00", (), "late", 2),
        ("2026-11-10T08:00:00+07:00", ("--confirmed",), "late", 1),
        ("2026-11-11T08:00:00+07:00", ("--confirmed",), "late", 2),
        ("2026-11-09T20:00:00-05:00", ("--confirmed",), "late", 1),  # 8:00 of 10/11 in Việt Nam
        ("2026-09-15", (), "on_time", 0),
    ],
)
def test_a_submission_is_judged(
    at: str, more: tuple[str, ...], status: str, days: int, capsys: pytest.CaptureFixture[str]
) -> None:
    found = entry(asked(capsys, SHIPPED, "--year", "2027", "--at", at, *more), "register", "enterprise")
    assert found["lateness"] == {"status": status, "days_late": days}


def test_a_duration_counts_from_its_event(capsys: pytest.CaptureFixture[str]) -> None:
    words = (SHIPPED, "--year", "2027", "--at", "2027-02-15T09:00:00+07:00")
    waiting = entry(asked(capsys, *words), "review", "school")
    # Friday 29/1/2027: 1/2, 2/2, 3/2 are worked, 4–10/2 is Tết, 11/2 and 12/2 are worked.
    counted = entry(asked(capsys, *words, "--event", "review=2027-01-29"), "review", "school")
    by_event = entry(asked(capsys, *words, "--event", f"{waiting['event']}=29/01/2027"), "review", "school")
    assert (waiting["last_day"], waiting["lateness"]) == (None, None)
    assert (counted["first_day"], counted["last_day"]) == ("2027-01-29", "2027-02-12")
    assert counted["lateness"] == {"status": "late", "days_late": 3}
    assert by_event == counted


def test_a_folder_and_what_comes_next(capsys: pytest.CaptureFixture[str]) -> None:
    found = asked(capsys, PACK, "--next", "5", "--at", "2026-11-23")
    by_name: dict[str, list[str]] = {}
    for deadline in found:
        by_name.setdefault(deadline["name"].rstrip("0123456789-"), []).append(deadline["last_day"])
    assert {
        name: (len(days), days == sorted(days), days[0] >= "2026-11-23") for name, days in by_name.items()
    } == dict.fromkeys(by_name, (5, True, True))
    assert by_name


def test_the_table_is_vietnamese_and_shows_the_last_valid_day(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dates", SHIPPED, "--year", "2027", "--at", "2026-11-10T08:30:00+07:00"]) == 0
    told = capsys.readouterr()
    words = " ".join(told.out.split())
    assert "Xét một lần nộp lúc 08:30 ngày 10/11/2026." in words
    assert "[1] Phụ lục 3, mô hình 11" in words
    assert [head for head in ("Việc", "Đối tượng", "Nhận từ", "Hạn", "Muộn từ", "Căn cứ") if head not in words] == []
    assert "xác nhận khi mở chu kỳ" in told.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("khong-co", "--year", "2027"), 1, "Không tìm thấy mô hình khong-co."),
        ((SHIPPED,), 2, "thiếu --year"),
        ((SHIPPED, "--year", "1200"), 2, "--year phải từ 2000 đến 2099."),
        ((SHIPPED, "--year", "2027", "--at", "hôm qua"), 2, "“hôm qua” không phải thời điểm"),
        ((SHIPPED, "--year", "2027", "--event", "review"), 2, "phải có dạng SỰ_KIỆN=NGÀY"),
        ((SHIPPED, "--year", "2027", "--event", "review=2027-02-30"), 2, "không phải ngày có thật"),
        ((SHIPPED, "--year", "2027", "--event", "register=2027-02-03"), 2, "không hạn nào được tính từ “register”"),
        ((SHIPPED, "--next", "0"), 2, "--next phải từ 1 đến 60."),
    ],
)
def test_words_that_cannot_be_used(
    words: tuple[str, ...], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dates", *words]) == code
    told = capsys.readouterr()
    assert (told.out, said in told.err) == ("", True)


def test_an_impossible_date_is_refused_with_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "sai-ngay"
    for source in Path(PACK).rglob("*"):
        if source.is_file():
            target = folder / source.relative_to(PACK)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    text = (folder / "model.toml").read_text("utf-8")
    lines = text.splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("day = "))
    month = next(n for n in range(place, len(lines)) if lines[n].startswith("month = "))
    lines[place], lines[month] = "day = 30", "month = 2"
    (folder / "model.toml").write_text("\n".join(lines) + "\n", "utf-8")
    assert main(["dates", str(folder), "--year", "2027"]) == 1
    assert f"model.toml:{place + 1}: " in (told := capsys.readouterr().err)
    assert "Không có ngày 30/2." in told


def test_it_needs_no_web_no_jobs_no_database(tmp_path: Path) -> None:
    program = f"""
import sys
from api.cli import main
main(["dates", {PACK!r}, "--year", "2027"])
heavy = ("fastapi", "starlette", "uvicorn", "sqlalchemy", "dbos", "apscheduler", "weasyprint", "pydantic")
print("LOADED", [name for name in heavy if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment(tmp_path) | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1:] == ["LOADED []"], done.stderr
    assert list(tmp_path.iterdir()) == []
