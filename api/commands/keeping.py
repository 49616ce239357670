"""How is an installation looked after? Its tables brought up to date, its health shown, its data copied."""

import argparse
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from api.assembly import House, build, sqlite_path
from api.commands.house import opened
from api.commands.saying import say
from api.settings import Settings, Signing, read_settings
from engine.errors import Corrupt, SigningFailed

if TYPE_CHECKING:
    from documents.keyring import KeyState


def migrate(_: argparse.Namespace) -> int:
    """Bring the database to this version, jobs' tables included; an embedded one is copied first."""
    house = build(read_settings())
    house.prepare(migrate=True)
    house.close()
    say("Cơ sở dữ liệu đã ở phiên bản này.")
    return 0


def health(_: argparse.Namespace) -> int:
    """Print what works and what does not; 1 when something does not."""
    house = opened()
    found = house.health()
    silent = found.worker_silent_for
    lines = {
        "Cơ sở dữ liệu đúng phiên bản": found.schema_current,
        "Kho tệp ghi được": found.storage_writable,
        "Tiến trình nền đang chạy": silent is not None and silent < 180,
    }
    problems = _key_problems(house)
    house.close()
    lines["Khóa ký dùng được"] = not problems
    for text, good in lines.items():
        print(f"{'✓' if good else '✗'} {text}")
    for problem in problems:
        print(f"  {problem}")
    if found.oldest_job is not None:
        print(f"  Việc nền chờ lâu nhất: từ {found.oldest_job:%d/%m/%Y %H:%M} UTC")
    if found.next_timer is not None:
        print(f"  Mốc hẹn kế tiếp: {found.next_timer:%d/%m/%Y %H:%M} UTC")
    return 0 if all(lines.values()) else 1


def keys(_: argparse.Namespace) -> int:
    """List the keys that the server signs with; 1 when one of them may not sign."""
    from documents.keyring import expiring

    house = opened()
    try:
        now = house.clock()
        if house.settings.signing in (Signing.TEST, Signing.NONE):
            say(_KEYLESS[house.settings.signing])
            return 0
        states = house.key_states(now)
        soon = expiring(states, now)
        for state in states:
            print("\n".join(_key_lines(state, soon=state in soon)))
        return 1 if not states or any(state.problem for state in states) else 0
    finally:
        house.close()


_KEYLESS = {
    Signing.TEST: "CHUKY_SIGNING=test: ký bằng khóa thử nghiệm, không có giá trị pháp lý.",
    Signing.NONE: "CHUKY_SIGNING=none: máy chủ không giữ khóa ký nào.",
}


def _key_problems(house: House) -> list[str]:
    """What is wrong with the keys, a line each; nothing where the server holds none of its own."""
    try:
        states = house.key_states(house.clock())
    except SigningFailed as failure:
        return [str(failure)]
    return [f"{state.entry.holder}: {state.problem}" for state in states if state.problem]


def _key_lines(state: "KeyState", *, soon: bool) -> list[str]:
    kind = "cá nhân" if state.entry.person else "tổ chức"
    lines = [f"{'✗' if state.problem else '✓'} {state.entry.holder} ({kind})"]
    if state.first is not None and state.last is not None:
        until = f"{state.first:%d/%m/%Y} – {state.last:%d/%m/%Y}{' (sắp hết hạn)' if soon else ''}"
        lines.append(f"  {state.subject}; do “{state.issuer}” cấp; hiệu lực {until}")
    return [*lines, *([f"  {state.problem}"] if state.problem else [])]


def audit(_: argparse.Namespace) -> int:
    """Read the whole audit chain; 1 when it is broken."""
    house = build(read_settings())
    try:
        house.check_audit()
    except Corrupt as broken:
        say(f"Chuỗi nhật ký đã bị sửa: {broken}")
        return 1
    finally:
        house.close()
    say("Chuỗi nhật ký nguyên vẹn.")
    return 0


def backup(options: argparse.Namespace) -> int:
    """Copy database, files and secret key into a folder; a repeat copies only what is new among the files."""
    settings = read_settings()
    path = sqlite_path(settings.url)
    if path is None:
        say("Cơ sở dữ liệu PostgreSQL: hãy dùng pg_dump; lệnh này chỉ sao lưu kho tệp.")
    else:
        from engine.runner.backup import copy_sqlite

        say(f"Cơ sở dữ liệu: {copy_sqlite(path, options.out, build(settings).clock())}")
    say(f"Kho tệp: {_copy_files(settings, options.out)} tệp mới")
    return 0


def transfer(options: argparse.Namespace) -> int:
    """Copy every row into another, empty database."""
    from engine.runner import durable
    from engine.store.transfer import copy_database

    settings = read_settings()
    copied = copy_database(settings.url, options.to, told=lambda table, rows: say(f"  {table}: {rows}"))
    durable.prepare(options.to)
    say(f"Đã chuyển {sum(copied.values())} dòng. Hãy đặt CHUKY_DATABASE_URL rồi khởi động lại.")
    return 0


def _copy_files(settings: Settings, out: Path) -> int:
    count, source, target = 0, settings.storage_folder, out / "files"
    for path in source.rglob("*") if source.is_dir() else ():
        copy = target / path.relative_to(source)
        if path.is_file() and not path.name.startswith(".") and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, copy)
            count += 1
    key = settings.data / "secret-key"
    if key.is_file():
        shutil.copy2(key, out / key.name)
    return count
