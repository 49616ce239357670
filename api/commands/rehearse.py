"""How is a model rehearsed from the terminal? A bar while the year is lived, a table at its end."""

import argparse
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from api.commands.saying import say
from engine.errors import NotFound

if TYPE_CHECKING:
    from rich.table import Table

    from api.city_year import CityYear
    from api.rehearsing import Rehearsed


def rehearse(options: argparse.Namespace) -> int:
    """Live one year of a model, or of all; 1 when something in it got stuck, 2 when it is not clear which."""
    if (options.model is None) is not options.every:
        say("Hãy nêu tên một mô hình, hoặc --all cho tất cả.")
        return 2
    if options.every:
        return _rehearse_all(options)
    from api.rehearsing import rehearse as live

    folder = _folder(options.model)
    with _bar(options.year) as told:
        done = live(
            folder,
            cycle_year=options.year,
            units=options.units,
            seed=options.seed,
            out=options.out,
            progress=told,
            owner=options.owner,
        )
    _show(done, options.out)
    return 1 if done.incidents or not done.closed else 0


@contextmanager
def _bar(year: int) -> Iterator[Callable[[datetime, int], None]]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True) as bar:
        task = bar.add_task(f"Diễn tập {year}", total=None)

        def told(moment: datetime, acts: int) -> None:
            bar.update(task, description=f"{moment:%d/%m/%Y} · {acts} việc")

        yield told


def _rehearse_all(options: argparse.Namespace) -> int:
    from api.city_year import live_city
    from engine.process.packs import shipped

    with _bar(options.year) as told:
        lived = live_city(
            shipped(),
            cycle_year=options.year,
            units=options.units,
            share=options.share,
            seed=options.seed,
            out=options.out,
            progress=told,
        )
    _show_city(lived, options.out)
    return 1 if lived.incidents or not all(course.closed for course in lived.courses) else 0


def _show_city(lived: "CityYear", out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from api.texts import label
    from api.texts.words import number

    table = Table(title=f"Thành phố – năm {lived.year}", show_header=True)
    for head in ("Mô hình", "Chu kỳ", "Kết quả"):
        table.add_column(head)
    table.add_column("Văn bản", justify="right")
    for course in lived.courses:
        states = ", ".join(f"{label('dossier_state', s).lower()} {number(n)}" for s, n in course.outcome.items())
        ended = "đã đóng" if course.closed else "CHƯA đóng"
        table.add_row(course.model.name, ended, states, number(course.documents))
    console = Console()
    console.print(table)
    console.print(gantt(lived, console.width))
    say(
        f"{number(lived.units)} đơn vị, {number(lived.instances)} quy trình, {number(lived.acts)} việc người ảo đã làm; "
        f"{number(round(lived.seconds))} giây, bộ nhớ cao nhất {number(lived.memory_mb)} MB."
    )
    say(
        f"Dòng thời gian: {out / 'timeline.jsonl'}; văn bản: {out / 'van-ban'}; tải từng tuần: {out / 'tai-theo-tuan.csv'}"
    )
    for reason in lived.incidents:
        say(f"Sự cố: {reason}")


#: How full a month is, from a few acts to the busiest month of the model.
_SHADES = "▁▂▃▄▅▆▇█"


def gantt(lived: "CityYear", width: int) -> "Table":
    """The year as a picture: a line a model, two letters a month, the fuller the more was done; last the whole city.

    Wherever `width` has room for the months and a dozen letters, nothing runs over; months stand in two lines in turn.
    """
    from rich.table import Table

    months = sorted({(monday.year, monday.month) for monday in lived.weeks})
    span = f", {months[0][1]:02}/{months[0][0]} – {months[-1][1]:02}/{months[-1][0]}" if months else ""
    table = Table(title=f"Việc theo tháng{span}", show_header=True, box=None, padding=0, pad_edge=False)
    table.add_column("Mô hình", no_wrap=True, overflow="ellipsis", width=max(12, min(46, width - 2 * len(months))))
    for place, (_, month) in enumerate(months):
        table.add_column(f"{month:02}\n" if place % 2 == 0 else f"\n{month:02}", no_wrap=True, width=2)
    rows = [(course.model.name, course.weeks) for course in lived.courses]
    for name, weeks in [*rows, ("Cả thành phố", lived.weeks)]:
        counts: Counter[tuple[int, int]] = Counter()
        for monday, acts in weeks.items():
            counts[monday.year, monday.month] += acts
        most = max(counts.values(), default=1)
        table.add_row(name, *(_shade(counts[month], most) for month in months))
    return table


def _shade(acts: int, most: int) -> str:
    return _SHADES[(acts * len(_SHADES) - 1) // most] if acts else ""


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
