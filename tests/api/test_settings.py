"""Is every setting documented, checked at start, and refused in words that name it?"""

import os
from enum import Enum
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.settings import PREFIX, BadSettings, Settings, read_settings, unknown_names

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def shown(default: object) -> str:
    plain = default.get_secret_value() if isinstance(default, SecretStr) else default
    plain = plain.value if isinstance(plain, Enum) else plain
    if plain is None or plain == "":
        return ""
    return f"`{str(plain).lower() if isinstance(plain, bool) else plain}`"


def test_every_setting_stands_in_the_operations_guide() -> None:
    rows = [line for line in OPERATIONS.read_text("utf-8").splitlines() if line.startswith(f"| `{PREFIX}")]
    assert rows == [
        f"| `{PREFIX}{name.upper()}` | {shown(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]


def test_an_empty_environment_serves_this_machine_from_the_folder_var(tmp_path: Path) -> None:
    settings = read_settings()
    assert (settings.url, settings.site, settings.storage_folder, settings.secure) == (
        f"sqlite:///{tmp_path / 'var' / 'chuky.sqlite3'}",
        "http://127.0.0.1:8000",
        Path("var/files"),
        False,
    )


def test_the_environment_is_read_and_a_file_stands_behind_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CHUKY_PORT=8100\nCHUKY_MAIL_HOST=mail.example.vn\n")
    monkeypatch.setenv("CHUKY_PORT", "8200")
    settings = read_settings()
    assert (settings.port, settings.mail_host, settings.site) == (8200, "mail.example.vn", "http://127.0.0.1:8200")


LONG = "k" * 32


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ({"port": "x"}, ["CHUKY_PORT: phải là số nguyên."]),
        ({"port": 0}, ["CHUKY_PORT: phải từ 1 trở lên."]),
        ({"demo": "có"}, ["CHUKY_DEMO: phải là true hoặc false."]),
        ({"mail_security": "ssl"}, ["CHUKY_MAIL_SECURITY: phải là một trong: 'none', 'starttls' hoặc 'tls'."]),
        (
            {"now": "hôm nay", "demo": True},
            ["CHUKY_NOW: phải là một thời điểm, ví dụ 2026-11-05T08:00:00+07:00."],
        ),
        (
            {"now": "2026-11-05T08:00:00+07:00"},
            ["CHUKY_NOW: chỉ dùng được cùng CHUKY_DEMO=true; hệ thống thật phải theo đồng hồ thật."],
        ),
        (
            {"now": "2026-11-05T08:00:00", "demo": True},
            ["CHUKY_NOW: thiếu múi giờ, ví dụ 2026-11-05T08:00:00+07:00."],
        ),
        ({"signing": "none", "demo": True}, ["CHUKY_SIGNING: bản trình diễn chỉ ký bằng khóa thử nghiệm (test)."]),
        (
            {"signing": "pkcs12"},
            [
                "CHUKY_KEYS_PASSWORD_FILE: phải đặt khi ký bằng tệp khóa hoặc thiết bị "
                "(mật khẩu hoặc mã PIN ở dòng đầu tệp)."
            ],
        ),
        (
            {"signing": "pkcs11", "keys_password_file": "pin", "pkcs11_token": "x"},
            ["CHUKY_PKCS11_MODULE, CHUKY_PKCS11_TOKEN: phải đặt cả hai khi ký bằng thiết bị (pkcs11)."],
        ),
        (
            {"signing": "none", "signature_level": "b-t"},
            ["CHUKY_TIMESTAMP_URL: phải đặt khi mức chữ ký cao hơn b-b."],
        ),
        ({"timestamp_url": "ftp://x"}, ["CHUKY_TIMESTAMP_URL: phải bắt đầu bằng http:// hoặc https://."]),
        (
            {"database_url": "mysql://x/y"},
            ["CHUKY_DATABASE_URL: phải bắt đầu bằng sqlite:/// hoặc postgresql://."],
        ),
        ({"base_url": "chuky.vn"}, ["CHUKY_BASE_URL: phải bắt đầu bằng http:// hoặc https://."]),
        ({"secret_key": "ngắn"}, ["CHUKY_SECRET_KEY: phải có ít nhất 32 ký tự."]),
        (
            {"host": "0.0.0.0"},
            ["CHUKY_SECRET_KEY: phải đặt khi phục vụ qua mạng (chỉ 127.0.0.1 được dùng khóa tự tạo)."],
        ),
        (
            {"base_url": "https://chuky.vn"},
            ["CHUKY_SECRET_KEY: phải đặt khi phục vụ qua mạng (chỉ 127.0.0.1 được dùng khóa tự tạo)."],
        ),
        (
            {"worker_jobs": 3},
            ["CHUKY_WORKER_JOBS: nhiều nhất là 2 khi dùng SQLite (nhiều hơn làm trang web phải chờ)."],
        ),
        (
            {"port": "x", "upload_mb": 0},
            ["CHUKY_PORT: phải là số nguyên.", "CHUKY_UPLOAD_MB: phải từ 1 trở lên."],
        ),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(given: dict[str, object], lines: list[str]) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(**given)
    assert refused.value.lines == lines


def test_a_secret_is_never_shown() -> None:
    settings = read_settings(secret_key=LONG, mail_password="mật khẩu thư", host="0.0.0.0")
    assert [LONG in repr(settings), "mật khẩu thư" in repr(settings)] == [False, False]
    with pytest.raises(BadSettings) as refused:
        read_settings(secret_key="bí mật")
    assert "bí mật" not in str(refused.value)


def test_the_key_that_is_made_is_kept_and_belongs_to_its_owner(tmp_path: Path) -> None:
    first, again = read_settings(data=tmp_path).secret(), read_settings(data=tmp_path).secret()
    assert (first == again, len(first), oct((tmp_path / "secret-key").stat().st_mode & 0o777)) == (True, 64, "0o600")


def test_a_slip_of_the_pen_is_pointed_out() -> None:
    assert unknown_names({"CHUKY_PROT": "1", "CHUKY_PORT": "1", "CHUKY_TEST_PG_URL": "x", "PATH": "x"}) == [
        "CHUKY_PROT"
    ]
