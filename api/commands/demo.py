"""How does the demonstration start? The city lives up to now, the accounts are printed, the installation is served."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from api.assembly import build, sqlite_path
from api.commands.saying import say, warn_of_unknown_settings
from api.commands.serve import run
from api.logs import configure_logs
from api.settings import Settings, read_settings

#: File that marks a data folder as the demonstration's: only such a folder is ever emptied.
_MARK = "TRINH-DIEN.txt"
_MARK_TEXT = "Thư mục này chỉ chứa dữ liệu trình diễn (chuky demo); `chuky demo --fresh` xóa nó.\n"


def demo(options: argparse.Namespace) -> int:
    """Serve the living demonstration until it is asked to stop."""
    os.environ["CHUKY_DEMO"] = "true"
    os.environ.setdefault("CHUKY_LOG_LEVEL", "warning")
    if options.port is not None:
        os.environ["CHUKY_PORT"] = str(options.port)
    settings = read_settings()
    configure_logs(settings)
    warn_of_unknown_settings()
    if not _take_place(settings, fresh=options.fresh):
        return 2
    return _serve(settings)


def _serve(settings: Settings) -> int:
    from api.demo import live

    city = live(settings, _progress())
    say("")
    say("Các tài khoản trình diễn (mật khẩu chung bên dưới):")
    for account in city.accounts:
        say(f"  {account.username:<12} {account.label}")
    say(f"Mật khẩu: {city.password}")
    say("")
    return run(build(settings), worker=True)


def _take_place(settings: Settings, *, fresh: bool) -> bool:
    """Mark the data folder as the demonstration's; False when it holds a real installation."""
    mark, database = settings.data / _MARK, sqlite_path(settings.url)
    if not mark.exists() and (database is None or database.exists()):
        say("Cơ sở dữ liệu này không phải của bản trình diễn nên không dùng để trình diễn.")
        say("Hãy chọn thư mục khác: CHUKY_DATA=./var-trinh-dien ./chuky demo")
        return False
    if fresh and mark.exists():
        _empty(settings.data)
    settings.data.mkdir(parents=True, exist_ok=True)
    mark.write_text(_MARK_TEXT, "utf-8")
    return True


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _progress() -> Callable[[datetime, int], None]:
    """Say how far the city has lived: in place on a terminal, else a line a month."""
    month = ""

    def told(moment: datetime, acts: int) -> None:
        nonlocal month
        text = f"Thành phố trình diễn đang sống đến {moment:%d/%m/%Y}: {acts} việc đã làm"
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{text}")
            sys.stderr.flush()
        elif f"{moment:%m/%Y}" != month:
            month = f"{moment:%m/%Y}"
            say(text)

    return told
