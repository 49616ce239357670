"""The terminal says which keys the server signs with, and what is wrong with one."""

from pathlib import Path

import pytest

from api.cli import main
from engine.ports.outside import SignerName
from tests.api.test_cli import here
from tests.documents.office import OfficeKeys, write_pkcs12

__all__ = ["here"]


def test_keys_are_listed_with_what_is_wrong_with_them(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*words: str) -> tuple[int, list[str]]:
        code = main(words)
        out, err = capsys.readouterr()
        return code, (out + err).splitlines()

    main(["init", "--unit-code", "TD", "--unit-name", "Thành đoàn", "--username", "quantri", "--full-name", "Lê An"])
    capsys.readouterr()
    assert said("keys") == (0, ["CHUKY_SIGNING=test: ký bằng khóa thử nghiệm, không có giá trị pháp lý."])

    folder = here / "khoa"
    folder.mkdir()
    (folder / "mk").write_text("mot")
    for name, value in {"SIGNING": "pkcs12", "KEYS": "khoa", "KEYS_PASSWORD_FILE": "khoa/mk"}.items():
        monkeypatch.setenv(f"CHUKY_{name}", value)
    missing = "không thấy danh mục khóa khoa.toml trong thư mục khóa ký"
    assert said("keys") == (1, [missing])
    code, lines = said("health")
    assert (code, lines[3:5]) == (1, ["✗ Khóa ký dùng được", f"  {missing}"])

    office = OfficeKeys()
    write_pkcs12(folder / "a.p12", office.person(SignerName(id="1", name="Lê An", position=""), "x"), b"mot")
    (folder / "khoa.toml").write_text(
        '[[key]]\nperson = "quantri"\nfile = "a.p12"\n[[key]]\norganisation = "Thành đoàn"\nfile = "a.p12"\n', "utf-8"
    )
    who = "  Lê An; do “CA công vụ” cấp; hiệu lực 01/01/2025 – 01/01/2035"
    wrong = "chứng thư là của “Lê An”, không phải của “Thành đoàn”"
    assert said("keys") == (
        1,
        ["✓ quantri (cá nhân)", who, "✗ Thành đoàn (tổ chức)", who, f"  {wrong}"],
    )
    assert said("health")[1][4] == f"  Thành đoàn: {wrong}"
