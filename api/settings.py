"""How is an installation set up? By the environment (`CHUKY_…`), a file `.env` or `/run/secrets`; checked at start.

Each setting's description stands in docs/operations.md as well; a test compares both. What is wrong with a setting is said
in Vietnamese.
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


class Signing(StrEnum):
    """Whose keys the server signs with."""

    TEST, PKCS12, PKCS11, NONE = "test", "pkcs12", "pkcs11", "none"


class SignatureLevel(StrEnum):
    """How long a signature can be judged (ETSI EN 319 142)."""

    BASIC, TIME, LONG, ARCHIVE = "b-b", "b-t", "b-lt", "b-lta"


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

    data: Path = Field(Path("var"), description="Data folder: SQLite database, files, keys, kept mails.")
    database_url: str = Field(
        "",
        description="`sqlite:////path/to.sqlite3` or `postgresql://user@host/name`. Empty: SQLite in the data folder.",
    )
    storage: Path | None = Field(
        None,
        description="Folder of files and issued documents; all machines must see the same one. "
        "Empty: `files` in the data folder.",
    )
    keys: Path | None = Field(
        None,
        description="Folder of signing keys; only the worker reads it. Empty: `keys` in the data folder.",
    )
    trust: Path | None = Field(
        None,
        description="PEM file of the certification authorities that the installation trusts: for the public page that "
        "checks documents and for `chuky verify`. Empty: none.",
    )
    signing: Signing = Field(
        Signing.TEST,
        description="Whose keys the server signs with: `test` (made here, without legal effect), `pkcs12` (files), "
        "`pkcs11` (a token), `none` (people sign by themselves). See docs/signing.md.",
    )
    keys_password_file: Path | None = Field(
        None, description="File whose first line is the password of the PKCS#12 files, or the PIN of the token."
    )
    pkcs11_module: Path | None = Field(None, description="PKCS#11 library of the token, e.g. `/usr/lib/libtoken.so`.")
    pkcs11_token: str = Field("", description="Label of the token.")
    signature_level: SignatureLevel = Field(
        SignatureLevel.BASIC,
        description="`b-b` (signature), `b-t` (with time stamp), `b-lt` (with what later checks need) or `b-lta` "
        "(and a time stamp over the whole file).",
    )
    timestamp_url: str = Field(
        "",
        description="Time-stamp authority (RFC 3161), for levels above `b-b`, the seals of packages and the nightly root of "
        "the audit chain. With `test` keys: a test authority, which does not stamp the chain.",
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Secret of the web pages, at least 32 characters, the same on all machines. "
        "Empty: made in the data folder, good only for serving this very machine (127.0.0.1).",
    )
    base_url: str = Field(
        "",
        description="The address that people type, e.g. `https://thidua.example.vn`: for mails, QR codes and cookies. "
        "Empty: `http://127.0.0.1:<port>`.",
    )
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Port = Field(8000, description="Port to listen on.")
    proxy: str = Field(
        "127.0.0.1",
        description="Addresses of the proxy that is believed when it names the visitor's address, separated by commas.",
    )
    mail_host: str = Field(
        "",
        description="Mail server (SMTP). Empty: mails are not sent but kept in `mail` of the data folder.",
    )
    mail_port: Port = Field(587, description="Port of the mail server.")
    mail_security: MailSecurity = Field(
        MailSecurity.STARTTLS, description="Protection of the way to the mail server: `starttls`, `tls` or `none`."
    )
    mail_user: str = Field("", description="User name at the mail server. Empty: no sign-in.")
    mail_password: SecretStr = Field(SecretStr(""), description="Password at the mail server.")
    mail_from: str = Field("chuky@localhost", description="Sender's address of all mails.")
    mail_name: str = Field("Chuky", description="Sender's name of all mails.")
    mail_per_minute: int = Field(
        120, ge=12, le=6000, description="At most so many mails leave in a minute, all workers together."
    )
    worker_jobs: int = Field(
        2, ge=1, le=16, description="Jobs that a worker does at the same time, for each queue; 2 at most on SQLite."
    )
    session_idle_minutes: int = Field(
        120, ge=5, le=1440, description="Minutes without doing anything until one has to sign in again."
    )
    session_hours: int = Field(12, ge=1, le=168, description="Hours until one has to sign in again, whatever one does.")
    upload_mb: int = Field(25, ge=1, le=200, description="Largest size of what is sent at once, in MB.")
    clamd_socket: Path | None = Field(
        None, description="Socket of a running clamd that scans uploaded files; empty: none is asked."
    )
    web_threads: int = Field(8, ge=2, le=64, description="Requests that a web process works on at the same time.")
    log_level: LogLevel = Field(LogLevel.INFO, description="`debug`, `info`, `warning` or `error`.")
    log_format: LogFormat = Field(LogFormat.TEXT, description="`text` for people, `json` for machines.")
    demo: bool = Field(False, description="Demonstration: made-up data, known accounts, test signatures.")
    demo_password: SecretStr = Field(
        SecretStr(""),
        description="Password of the demo accounts. Empty: a random one, printed at each start.",
    )
    now: datetime | None = Field(
        None,
        description="Lets the clock stand still at a moment, e.g. `2026-11-05T08:00:00+07:00`; in demonstrations only.",
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
    if settings.worker_jobs > 2 and settings.url.startswith("sqlite"):
        yield "CHUKY_WORKER_JOBS: nhiều nhất là 2 khi dùng SQLite (nhiều hơn làm trang web phải chờ)."
    if settings.now is not None and not settings.demo:
        yield "CHUKY_NOW: chỉ dùng được cùng CHUKY_DEMO=true; hệ thống thật phải theo đồng hồ thật."
    if settings.now is not None and settings.now.tzinfo is None:
        yield "CHUKY_NOW: thiếu múi giờ, ví dụ 2026-11-05T08:00:00+07:00."
    if not settings.url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        yield "CHUKY_DATABASE_URL: phải bắt đầu bằng sqlite:/// hoặc postgresql://."
    if not settings.site.startswith(("http://", "https://")):
        yield "CHUKY_BASE_URL: phải bắt đầu bằng http:// hoặc https://."
    yield from _signing_faults(settings)
    yield from _secret_faults(settings)


def _signing_faults(settings: Settings) -> Iterator[str]:
    test, token = settings.signing is Signing.TEST, settings.signing is Signing.PKCS11
    if settings.demo and not test:
        yield "CHUKY_SIGNING: bản trình diễn chỉ ký bằng khóa thử nghiệm (test)."
    if settings.signing in (Signing.PKCS12, Signing.PKCS11) and settings.keys_password_file is None:
        yield "CHUKY_KEYS_PASSWORD_FILE: phải đặt khi ký bằng tệp khóa hoặc thiết bị (mật khẩu hoặc mã PIN ở dòng đầu tệp)."
    if token and (settings.pkcs11_module is None or not settings.pkcs11_token):
        yield "CHUKY_PKCS11_MODULE, CHUKY_PKCS11_TOKEN: phải đặt cả hai khi ký bằng thiết bị (pkcs11)."
    if settings.timestamp_url and not settings.timestamp_url.startswith(("http://", "https://")):
        yield "CHUKY_TIMESTAMP_URL: phải bắt đầu bằng http:// hoặc https://."
    if settings.signature_level is not SignatureLevel.BASIC and not test and not settings.timestamp_url:
        yield "CHUKY_TIMESTAMP_URL: phải đặt khi mức chữ ký cao hơn b-b."


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
