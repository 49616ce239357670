"""Does the command line do what its words say, in Vietnamese, and load only what they need?"""

import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from api.cli import main
from api.settings import read_settings
from engine.store import migrate as schema
from tests.api.commands import ROOT, chuky, environment
from tests.process.play import diagram

MODELERS = ROOT / "tests" / "process" / "modelers"

HEAVY = (
    "fastapi",
    "starlette",
    "uvicorn",
    "sqlalchemy",
    "dbos",
    "apscheduler",
    "weasyprint",
    "pyhanko",
    "docx",
    "pydantic",
)
WORDS = [
    "serve", "worker", "demo", "rehearse", "dates", "validate", "simulate", "decide", "score", "rank", "target",
    "deploy", "packs", "diff", "export", "switch", "why", "instance", "incident", "watchdog",
    "migrate", "health", "keys", "audit", "backup", "restore", "bounce", "transfer", "verify", "init", "user",
]  # fmt: skip


def test_help_names_every_word_in_plain_vietnamese(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    text = capsys.readouterr().out
    assert re.findall(r"^    (\w+) ", text, flags=re.M) == WORDS
    assert [english for english in ("usage", "options", "positional", "show this") if english in text] == []


@pytest.mark.parametrize("word", [*WORDS, "user add", "user slip", "switch try", "instance move"])
def test_every_word_explains_itself(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*word.split(), "--help"])
    text = capsys.readouterr().out
    assert (end.value.code, text.startswith(f"Cách dùng: chuky {word}"), "options" in text) == (0, True, False)


def test_words_that_are_not_understood_end_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["rehearse", "mo-hinh"])
    assert (end.value.code, "Chưa đúng cách dùng" in capsys.readouterr().err) == (2, True)


@pytest.mark.parametrize("word", ["validate", "simulate", "decide"])
def test_looking_at_diagrams_loads_no_web_no_jobs_no_pdf(word: str, tmp_path: Path) -> None:
    (tmp_path / "leer.bpmn").write_bytes((MODELERS / "camunda_7.bpmn").read_bytes())
    (tmp_path / "leer.dmn").write_bytes((MODELERS / "camunda.dmn").read_bytes())
    starts = [{"process": "Don", "data": {"so_tien": 1, "nguoi": "An", "loai": ""}}]
    request = json.dumps({"model": "leer.dmn" if word == "decide" else "leer.bpmn", "starts": starts})
    program = f"""
import sys, io
from api.cli import main
sys.stdin = io.StringIO({request!r})
print("ENDED", main({[word, "leer.bpmn"] if word == "validate" else [word]!r}))
print("LOADED", [name for name in {HEAVY!r} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment(tmp_path) | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-2:] == ["ENDED 0", "LOADED []"], done.stderr


def test_a_broken_diagram_is_found_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "hong.bpmn").write_text("<x/>")
    done = chuky("validate", "hong.bpmn", folder=tmp_path)
    assert (done.returncode, done.stdout.startswith("hong.bpmn")) == (1, True)
    as_json = chuky("validate", "--json", "hong.bpmn", folder=tmp_path)
    assert json.loads(as_json.stdout)[0]["file"] == "hong.bpmn"
    assert chuky("validate", "khong-co", folder=tmp_path).returncode == 1


def test_a_request_that_is_no_json_is_refused(tmp_path: Path) -> None:
    nested = "[" * 100_000
    for text, reason in (
        ("{", "JSON sai cú pháp ở dòng 1, cột 2."),
        ("[]", "Yêu cầu phải là một đối tượng JSON."),
        (nested, "JSON lồng nhau quá sâu."),
    ):
        done = [chuky(word, folder=tmp_path, text=text) for word in ("simulate", "decide")]
        assert [answer.returncode for answer in done] == [1, 1]
        assert json.loads(done[0].stdout) == {
            "state": "rejected",
            "completed": [],
            "data": {},
            "kind": "",
            "error": reason,
        }
        assert json.loads(done[1].stdout) == {"error": reason}


def test_numbers_keep_their_digits_from_request_to_answer(tmp_path: Path) -> None:
    (tmp_path / "m.bpmn").write_bytes(diagram('<startEvent id="s"/>'))
    numbers = '{"a": 0.10000000000000000000000001, "b": [12345678901234567890.5, 0.1, 7.0]}'
    done = chuky("simulate", folder=tmp_path, text=f'{{"model": "m.bpmn", "starts": [{{"data": {numbers}}}]}}')
    assert json.loads(done.stdout, parse_float=Decimal)["data"] == json.loads(numbers, parse_float=Decimal)


def test_text_that_no_terminal_can_write_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "m.bpmn").write_bytes(diagram('<startEvent id="s"/>'))
    done = chuky("simulate", folder=tmp_path, text='{"model": "m.bpmn", "starts": [{"data": {"a": "\\ud800"}}]}')
    assert (done.returncode, json.loads(done.stdout)["data"]) == (1, {"a": "\ud800"})


def test_wrong_settings_stop_the_start(tmp_path: Path) -> None:
    done = chuky("serve", folder=tmp_path, port="x")
    assert (done.returncode, done.stderr) == (2, "Thiết đặt chưa đúng:\n  CHUKY_PORT: phải là số nguyên.\n")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with no settings but the data folder's."""
    for name in [name for name in os.environ if name.startswith("CHUKY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CHUKY_DATA", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("word", ["health", "migrate", "serve"])
def test_a_database_that_cannot_be_reached_is_told_in_two_lines(word: str, tmp_path: Path) -> None:
    done = chuky(
        word,
        folder=tmp_path,
        database_url="postgresql://chuky:mat-khau-kin@127.0.0.1:1/chuky",
        secret_key="x" * 40,
    )
    assert (done.returncode, done.stdout) == (1, "")
    told, why = done.stderr.splitlines()
    assert told.startswith("Không dùng được cơ sở dữ liệu")
    assert "127.0.0.1" in why
    assert "mat-khau-kin" not in done.stderr


_NEEDS_TABLES = (
    "health", "audit", "audit verify", "packs", "incident", "keys", "watchdog", "why 1", "user slip an", "backup --out b",
    "transfer --to sqlite:///khac.sqlite3",
)  # fmt: skip


def _said(words: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main(words.split())
    return code, capsys.readouterr().err


def test_every_command_says_that_an_older_database_is_to_be_migrated(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{here / 'var' / 'chuky.sqlite3'}"
    assert read_settings().url == url
    unlike = {words: _said(words, capsys) for words in _NEEDS_TABLES if not words.startswith("backup")}
    assert not (here / "var").exists()
    (here / "var").mkdir()
    schema.upgrade(url, to=sorted(schema.revisions())[-2])
    # A copy of an older database is worth having: it is what one makes before a change.
    unlike |= {words: _said(words, capsys) for words in _NEEDS_TABLES if not words.startswith("backup")}
    told = (1, "Cơ sở dữ liệu chưa ở phiên bản này. Hãy chạy: chuky migrate\n")
    assert {words: said for words, said in unlike.items() if said != told} == {}
    assert _said("backup --out b", capsys)[0] == 0
    assert _said("migrate", capsys) == (0, "Cơ sở dữ liệu đã ở phiên bản này.\n")
    assert _said("audit verify", capsys)[0] == 0
    with closing(sqlite3.connect(here / "var" / "chuky.sqlite3")) as database, database:
        database.execute("UPDATE ck_alembic_version SET version_num = '9999'")
    newer = (1, "Cơ sở dữ liệu thuộc một phiên bản mới hơn chương trình này. Hãy dùng chương trình mới hơn.\n")
    assert [_said(words, capsys) for words in ("migrate", "audit verify", "user slip an")] == [newer] * 3


@pytest.mark.postgres
def test_what_an_older_database_of_a_server_lacks_is_told_as_its_version(
    here: Path, pg_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHUKY_DATABASE_URL", pg_url)
    monkeypatch.setenv("CHUKY_SECRET_KEY", "x" * 40)
    schema.upgrade(pg_url, to=min(schema.revisions()))
    told = (1, "Cơ sở dữ liệu chưa ở phiên bản này. Hãy chạy: chuky migrate\n")
    # Not serve and worker: they would set up the log of the whole test process.
    asked = ("backup --out b", "audit verify")
    assert {words: _said(words, capsys) for words in asked} == dict.fromkeys(asked, told)


def test_the_first_day_and_the_people_after_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*words: str) -> tuple[int, str, str]:
        code = main(words)
        return code, *capsys.readouterr()

    founding = ("--unit-code", "TD", "--unit-name", "Thành đoàn", "--username", "quantri", "--full-name", "Lê An")
    adding = ("--full-name", "Bùi Cần", "--unit", "TD", "--role", "officer")
    first, again = said("init", *founding), said("init", *founding)
    added, taken = said("user", "add", "--username", "can", *adding), said("user", "add", "--username", "Can", *adding)
    slip = said("user", "slip", "can")
    codes = [re.search(r"[A-Z2-9]{4}(-[A-Z2-9]{4}){2}", output) for _, output, _ in (first, added, slip)]
    assert first[1].splitlines()[:2] == [
        "Địa chỉ:        http://127.0.0.1:8000/dang-nhap",
        "Tên đăng nhập:  quantri",
    ]
    assert [done[0] for done in (first, again, added, taken, slip)] == [0, 1, 0, 1, 0]
    assert taken[2] == "username: Tên đăng nhập Can đã có người dùng.\n"
    assert len({code[0] for code in codes if code}) == 3
    assert said("user", "disable", "can") == (0, "", "can: đã khóa.\n")
    assert said("user", "enable", "can") == (0, "", "can: đang mở.\n")
    assert said("user", "slip", "khong-co") == (1, "", "Không tìm thấy tài khoản khong-co.\n")
    assert said("audit") == (0, "", "Chuỗi nhật ký nguyên vẹn.\n")
    code, output, _ = said("health")
    assert (code, output.splitlines()[:3]) == (
        1,
        ["✓ Cơ sở dữ liệu đúng phiên bản", "✓ Kho tệp ghi được", "✗ Tiến trình nền đang chạy"],
    )
    (here / "thu.eml").write_bytes(b"Subject: x\r\n\r\nx\r\n")
    assert said("bounce", "thu.eml") == (
        0,
        "",
        "Không phải thư báo không đến nơi; không ghi nhận gì.\n",
    )
    assert said("backup", "--out", "sao-luu")[0] == 0
    (copy,) = (here / "sao-luu").glob("*.sqlite3")
    with closing(sqlite3.connect(copy)) as database:
        names = database.execute("SELECT username FROM ck_account ORDER BY id").fetchall()
    assert names == [("quantri",), ("can",)]
    assert said("audit", "verify")[0] == 0


def test_a_backup_is_restored_where_nothing_is_and_nowhere_else(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*words: str) -> tuple[int, list[str]]:
        code = main(words)
        return code, capsys.readouterr().err.splitlines()

    assert said("backup", "--out", "sao-luu") == (
        1,
        ["Chưa có dữ liệu nào để sao lưu (CHUKY_DATA, CHUKY_DATABASE_URL)."],
    )
    founding = ("--unit-code", "TD", "--unit-name", "Thành đoàn", "--username", "quantri", "--full-name", "Lê An")
    assert main(["init", *founding]) == 0
    assert said("backup", "--out", "sao-luu")[0] == 0
    refused = said("restore", "sao-luu")
    assert (refused[0], refused[1][-1].startswith("Nơi này đã có dữ liệu (")) == (1, True)
    monkeypatch.setenv("CHUKY_DATA", str(here / "noi-moi"))
    code, lines = said("restore", "sao-luu")
    assert (code, [line[0] for line in lines[2:]]) == (0, ["✓", "✓", "✓"])
    assert said("user", "slip", "quantri")[0] == 0
    note = next((here / "sao-luu").glob("*.json"))
    note.write_text(note.read_text("utf-8").replace("chuky-backup", "chuky-backUp"), "utf-8")
    monkeypatch.setenv("CHUKY_DATA", str(here / "noi-khac"))
    assert said("restore", "sao-luu") == (
        1,
        [f"Bản sao lưu đã hỏng ({note.name}): không khôi phục gì cả. Hãy dùng bản sao lưu khác."],
    )
    assert said("restore", "khong-co") == (1, ["Không tìm thấy bản sao lưu nào trong khong-co."])
    assert not (here / "noi-khac").exists()
