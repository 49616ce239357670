"""How is an installation set up? By the environment (`CHUKY_…`), a file `.env` or `/run/secrets`; checked at start.

Each setting's description is Vietnamese and stands in docs/operations.md as well; a test compares both.
"""

import os
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from engine.errors import ChukyError

PREFIX = "CHUKY_"
_SECRETS = Path("/run/secrets")
#: Names that others read: the start script, the build, the tests.
_NOT_OURS = {"CHUKY_PYTHON", "CHUKY_SKIP_FRONTEND", "CHUKY_TEST_PG_URL"}
_LOCAL = {"127.0.0.1", "::1", "localhost"}


class BadSettings(ChukyError):
    """The environment cannot be used; `lines` name each setting and say in Vietnamese what is wrong with it."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    NONE, STARTTLS, TLS = "none", "starttls", "tls"


class LogFormat(StrEnum):
    """How lines of the log are written."""

    TEXT, JSON = "text", "json"


class LogLevel(StrEnum):
    """From which weight on a line is written."""

    DEBUG, INFO, WARNING, ERROR = "debug", "info", "warning", "error"


Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """Every setting of an installation."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        secrets_dir=_SECRETS if _SECRETS.is_dir() else None,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    data: Path = Field(Path("var"), description="Thư mục dữ liệu: cơ sở dữ liệu SQLite, tệp, khóa, thư đã soạn.")
    database_url: str = Field(
        "",
        description="Cơ sở dữ liệu: `sqlite:////đường/dẫn.sqlite3` hoặc `postgresql://người@máy/tên`. "
        "Để trống: SQLite trong thư mục dữ liệu.",
    )
    storage: Path | None = Field(
        None,
        description="Thư mục lưu tệp và văn bản; mọi máy phải thấy cùng thư mục này. "
        "Để trống: `files` trong thư mục dữ liệu.",
    )
    keys: Path | None = Field(
        None,
        description="Thư mục khóa ký số; chỉ tiến trình nền (`chuky worker`) đọc. "
        "Để trống: `keys` trong thư mục dữ liệu.",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Khóa bí mật của trang web, ít nhất 32 ký tự, như nhau trên mọi máy. "
        "Để trống: tự tạo trong thư mục dữ liệu, chỉ dùng được khi phục vụ ngay trên máy này (127.0.0.1).",
    )
    base_url: str = Field(
        "",
        description="Địa chỉ mà người dùng gõ, ví dụ `https://thidua.vidu.vn`: dùng cho thư, mã QR và cookie. "
        "Để trống: `http://127.0.0.1:<cổng>`.",
    )
    host: str = Field("127.0.0.1", description="Địa chỉ mạng để lắng nghe.")
    port: Port = Field(8000, description="Cổng để lắng nghe.")
    proxy: str = Field(
        "127.0.0.1",
        description="Địa chỉ của máy chủ chuyển tiếp (proxy) được tin khi báo địa chỉ người dùng; "
        "cách nhau bằng dấu phẩy.",
    )
    mail_host: str = Field(
        "",
        description="Máy chủ gửi thư (SMTP). Để trống: thư không gửi đi mà nằm trong `mail` của thư mục dữ liệu.",
    )
    mail_port: Port = Field(587, description="Cổng của máy chủ gửi thư.")
    mail_security: MailSecurity = Field(
        MailSecurity.STARTTLS, description="Bảo vệ đường nối tới máy chủ thư: `starttls`, `tls` hoặc `none`."
    )
    mail_user: str = Field("", description="Tên đăng nhập máy chủ thư. Để trống: không đăng nhập.")
    mail_password: SecretStr = Field(SecretStr(""), description="Mật khẩu máy chủ thư.")
    mail_from: str = Field("chuky@localhost", description="Địa chỉ người gửi của mọi thư.")
    mail_name: str = Field("Chuky", description="Tên người gửi của mọi thư.")
    mail_per_minute: int = Field(120, ge=12, le=6000, description="Nhiều nhất bao nhiêu thư mỗi phút.")
    worker_jobs: int = Field(
        2, ge=1, le=16, description="Mỗi hàng đợi của tiến trình nền làm nhiều nhất bao nhiêu việc cùng lúc."
    )
    session_idle_minutes: int = Field(
        120, ge=5, le=1440, description="Không làm gì bao nhiêu phút thì phải đăng nhập lại."
    )
    session_hours: int = Field(
        12, ge=1, le=168, description="Sau bao nhiêu giờ thì phải đăng nhập lại dù vẫn đang làm."
    )
    upload_mb: int = Field(25, ge=1, le=200, description="Dung lượng lớn nhất của một lần gửi, tính bằng MB.")
    web_threads: int = Field(8, ge=2, le=64, description="Số yêu cầu được xử lý cùng lúc trong một tiến trình web.")
    log_level: LogLevel = Field(LogLevel.INFO, description="Mức nhật ký: `debug`, `info`, `warning`, `error`.")
    log_format: LogFormat = Field(LogFormat.TEXT, description="Dạng nhật ký: `text` cho người đọc, `json` cho máy.")
    demo: bool = Field(False, description="Chế độ trình diễn: dữ liệu giả định, tài khoản có sẵn, chữ ký thử nghiệm.")
    demo_password: SecretStr = Field(
        SecretStr(""),
        description="Mật khẩu của các tài khoản trình diễn. Để trống: tự tạo và in ra mỗi lần khởi động.",
    )
    now: datetime | None = Field(
        None,
        description="Giữ đồng hồ đứng ở một thời điểm, ví dụ `2026-11-05T08:00:00+07:00`; chỉ trong chế độ trình diễn.",
    )

    @model_validator(mode="after")
    def _together(self) -> Self:
        faults = list(_faults(self))
        if faults:
            raise ValueError("\n".join(faults))
        return self

    @property
    def url(self) -> str:
        """The database's URL, the default filled in."""
        return self.database_url or f"sqlite:///{(self.data / 'chuky.sqlite3').absolute()}"

    @property
    def storage_folder(self) -> Path:
        """Where files lie."""
        return self.storage or self.data / "files"

    @property
    def keys_folder(self) -> Path:
        """Where signing keys lie."""
        return self.keys or self.data / "keys"

    @property
    def site(self) -> str:
        """The address that people type, without a slash at its end."""
        return self.base_url.rstrip("/") or f"http://127.0.0.1:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether people come over https."""
        return self.site.startswith("https://")

    def secret(self) -> bytes:
        """The secret key; made and kept in the data folder when none is set."""
        given = self.secret_key.get_secret_value()
        return given.encode() if given else _kept_secret(self.data / "secret-key")


def read_settings(**given: Any) -> Settings:
    """Read the environment; what is given stands over it. `BadSettings` when something is wrong."""
    try:
        return Settings(**given)
    except ValidationError as error:
        raise BadSettings([line for fault in error.errors() for line in _lines(fault)]) from None


def unknown_names(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Names in the environment that look like settings and are none: slips of the pen."""
    known = {PREFIX + name.upper() for name in Settings.model_fields} | _NOT_OURS
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def _faults(settings: Settings) -> Iterator[str]:
    if settings.now is not None and not settings.demo:
        yield "CHUKY_NOW: chỉ dùng được cùng CHUKY_DEMO=true; hệ thống thật phải theo đồng hồ thật."
    if settings.now is not None and settings.now.tzinfo is None:
        yield "CHUKY_NOW: thiếu múi giờ, ví dụ 2026-11-05T08:00:00+07:00."
    if not settings.url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        yield "CHUKY_DATABASE_URL: phải bắt đầu bằng sqlite:/// hoặc postgresql://."
    if not settings.site.startswith(("http://", "https://")):
        yield "CHUKY_BASE_URL: phải bắt đầu bằng http:// hoặc https://."
    yield from _secret_faults(settings)


def _secret_faults(settings: Settings) -> Iterator[str]:
    key = settings.secret_key.get_secret_value()
    if key and len(key) < 32:
        yield "CHUKY_SECRET_KEY: phải có ít nhất 32 ký tự."
    if not key and (settings.secure or settings.host not in _LOCAL):
        yield "CHUKY_SECRET_KEY: phải đặt khi phục vụ qua mạng (chỉ 127.0.0.1 được dùng khóa tự tạo)."


def _lines(fault: Mapping[str, Any]) -> list[str]:
    if not fault["loc"]:
        return str(fault["ctx"]["error"]).split("\n")
    name = PREFIX + str(fault["loc"][0]).upper()
    return [f"{name}: {_reason(fault)}"]


def _reason(fault: Mapping[str, Any]) -> str:
    context = fault.get("ctx", {})
    sentences = {
        "int_parsing": "phải là số nguyên.",
        "bool_parsing": "phải là true hoặc false.",
        "greater_than_equal": f"phải từ {context.get('ge')} trở lên.",
        "less_than_equal": f"phải từ {context.get('le')} trở xuống.",
        "enum": f"phải là một trong: {context.get('expected')}.".replace(" or ", " hoặc "),
    }
    if str(fault["type"]).startswith("datetime"):
        return "phải là một thời điểm, ví dụ 2026-11-05T08:00:00+07:00."
    return sentences.get(str(fault["type"]), "giá trị không dùng được.")


def _kept_secret(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    with os.fdopen(handle, "wb") as file:
        secret = secrets.token_hex(32).encode()
        file.write(secret)
    return secret
