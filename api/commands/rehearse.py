"""How is a model rehearsed from the terminal? A bar while the year is lived, a table at its end."""

import argparse
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from api.commands.saying import say
from engine.errors import NotFound

if TYPE_CHECKING:
    from api.rehearsing import Rehearsed


def rehearse(options: argparse.Namespace) -> int:
    """Live one year of a model; 1 when something in it got stuck."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from api.rehearsing import rehearse as live

    folder = _folder(options.model)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task(f"Diễn tập {options.year}", total=None)

        def told(moment: datetime, acts: int) -> None:
            bar.update(task, description=f"{moment:%d/%m/%Y} · {acts} việc")

        done = live(
            folder,
            cycle_year=options.year,
            units=options.units,
            seed=options.seed,
            out=options.out,
            progress=told,
        )
    _show(done, options.out)
    return 1 if done.incidents or not done.closed else 0


def _folder(model: str) -> Path:
    """The folder of a shipped model by its name, else the path itself."""
    from engine.process.packs import shipped

    if os.sep not in model and not Path(model).is_dir():
        named = next((folder for folder in shipped() if folder.name == model), None)
        if named is None:
            raise NotFound("mô hình", model)
        return named
    if not Path(model).is_dir():
        raise NotFound("thư mục", model)
    return Path(model)


def _show(done: "Rehearsed", out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from api.texts import label

    table = Table(title=f"{done.model.name} – {done.cycle.year}", show_header=True)
    table.add_column("Kết quả")
    table.add_column("Số lượng", justify="right")
    for state, count in done.outcome:
        table.add_row(f"Hồ sơ {label('dossier_state', state).lower()}", str(count))
    table.add_row("Đăng ký muộn", str(done.late))
    table.add_row("Việc người ảo đã làm", str(done.acts))
    table.add_row("Văn bản đã ban hành", str(done.documents))
    table.add_row("Sự cố chưa giải quyết", str(len(done.incidents)))
    table.add_row("Chu kỳ", "đã đóng" if done.closed else "CHƯA đóng")
    Console().print(table)
    say(f"Dòng thời gian: {out / 'timeline.jsonl'}; văn bản: {out / 'van-ban'}; sổ đăng ký: {out / 'so-dang-ky.xlsx'}")
    if done.package is not None:
        say(f"Gói lưu trữ: {done.package} (kiểm tra: chuky verify {done.package})")
    for reason in done.incidents:
        say(f"Sự cố: {reason}")
