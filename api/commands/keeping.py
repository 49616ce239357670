"""How is an installation looked after? Its tables brought up to date, its health shown, its data copied."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from api.assembly import House, build, job_queues
from api.commands.house import check_version, opened
from api.commands.saying import say
from api.settings import Settings, Signing, read_settings
from engine.errors import Corrupt, SigningFailed
from engine.runner.backup import Checked, Place, back_up, check_whole, promise_again, read_backup
from engine.runner.backup import restore as bring_back
from engine.runner.bounces import read_bounce
from engine.runner.storage import FolderArchive
from engine.store.backups import is_empty
from engine.use_cases import registers

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


def audit(options: argparse.Namespace) -> int:
    """Read the whole audit chain; with `verify` also the registers and every stored file. 1 when something is broken."""
    if options.what == "verify":
        settings = read_settings()
        check_version(settings)
        return _tell(_place(settings), FolderArchive(settings.storage_folder))
    house = opened()
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
    """Put database, files and secret key aside; a repeat copies only what is new among the files."""
    settings = read_settings()
    if is_empty(settings.url):
        say("Chưa có dữ liệu nào để sao lưu (CHUKY_DATA, CHUKY_DATABASE_URL).")
        return 1
    made = back_up(_place(settings), options.out, now=build(settings).clock())
    say(f"Đã sao lưu và đọc lại: {made.note}")
    say(f"  Nhật ký {made.aside.seq} dòng, {len(made.files)} tệp, {len(made.aside.jobs)} việc nền chưa làm.")
    if settings.signing is not Signing.NONE:
        say(f"  Khóa ký ({settings.keys_folder}) không nằm trong bản sao lưu: người giữ khóa cất riêng.")
    return 0


def restore(options: argparse.Namespace) -> int:
    """Bring a backup back to a place that is free, then read all of it; 1 when it is refused or not whole."""
    from engine.runner import durable
    from engine.runner.durable import DurableJobs

    settings = read_settings()
    found = read_backup(options.backup)
    say(f"Bản sao lưu lúc {found.made_at}: nguyên vẹn ({found.aside.seq} dòng nhật ký, {len(found.files)} tệp).")
    bring_back(found, _place(settings))
    durable.prepare(settings.url)
    jobs = DurableJobs(settings.url, queues=job_queues())
    try:
        promise_again(settings.url, jobs, found.aside.jobs)
    finally:
        jobs.close()
    say("Đã khôi phục. Đọc lại toàn bộ:")
    return _tell(_place(settings), FolderArchive(settings.storage_folder))


def _place(settings: Settings) -> Place:
    return Place(url=settings.url, storage=settings.storage_folder, secret=settings.data / "secret-key")


def _tell(place: Place, archive: FolderArchive) -> int:
    from api.texts import sentence

    try:
        found = check_whole(place.url, archive)
    except Corrupt as broken:
        say(f"✗ Chuỗi nhật ký đã bị sửa: {broken}")
        return 1
    say(f"✓ Chuỗi nhật ký nguyên vẹn: {found.seq} dòng, mã băm cuối {found.hash}")
    unsound = _tell_roots(found, read_settings())
    say(
        f"{'✗' if found.misfits else '✓'} Sổ đăng ký {'không khớp:' if found.misfits else 'khớp với văn bản, không thiếu số'}"
    )
    for misfit in found.misfits:
        say(f"    {sentence(f'misfit.{misfit.code}', dict(misfit.facts))}")
    bad = bool(found.lost or found.changed)
    say(f"{'✗' if bad else '✓'} Kho tệp: {found.files} tệp{', có tệp hỏng:' if bad else ' còn đủ và nguyên vẹn'}")
    for text, files in (("mất", found.lost), ("đã bị thay đổi", found.changed)):
        for stored in files:
            say(f"    {stored.sha256} ({stored.of}) {text}")
    return 0 if found.whole and not unsound else 1


def _tell_roots(found: Checked, settings: Settings) -> int:
    """Say which roots of the chain an authority has stamped; how many stamps are not sound."""
    if not found.roots:
        return 0
    from documents.stamping import read_stamp
    from documents.verify import stamp_line

    trusted = build(settings).trusted
    read = [(kept, read_stamp(kept.token, bytes.fromhex(kept.root), trusted)) for kept in found.roots]
    bad = [kept for kept, stamp in read if stamp is None or stamp.problem]
    say(
        f"{'✗' if bad else '✓'} Gốc Merkle của chuỗi nhật ký: {len(read)} lần đóng dấu thời gian, đến dòng {found.roots[-1].last}"
    )
    for kept in bad:
        say(f"    dòng {kept.first} đến {kept.last}: dấu thời gian không đúng")
    last = read[-1][1]
    if last is not None and not bad:
        say(f"    lần cuối: {stamp_line(last)}")
    return len(bad)


def bounce(options: argparse.Namespace) -> int:
    """Note a mail that came back, from its server's report; what is no such report changes nothing.

    0 in each case: a mail server would answer a program that fails with one more report.
    """
    found = read_bounce(sys.stdin.buffer.read() if options.report == "-" else Path(options.report).read_bytes())
    if found is None:
        say("Không phải thư báo không đến nơi; không ghi nhận gì.")
        return 0
    house = opened()
    with house.open_uow() as uow:
        delivery = registers.came_back(uow, found.message_id, found.reason, now=house.clock())
    house.close()
    say(f"Đã ghi nhận: thư gửi {delivery.address} bị trả lại." if delivery else "Không có thư nào như vậy đã gửi đi.")
    return 0


def transfer(options: argparse.Namespace) -> int:
    """Copy every row into another, empty database."""
    from engine.runner import durable
    from engine.store.transfer import copy_database

    settings = read_settings()
    check_version(settings)
    copied = copy_database(settings.url, options.to, told=lambda table, rows: say(f"  {table}: {rows}"))
    durable.prepare(options.to)
    say(f"Đã chuyển {sum(copied.values())} dòng. Hãy đặt CHUKY_DATABASE_URL rồi khởi động lại.")
    return 0
