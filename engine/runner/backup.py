"""How is the embedded database copied while it is in use? By SQLite itself, into one whole file."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path


def copy_sqlite(database: Path, folder: Path, now: datetime) -> Path:
    """Write a consistent copy into `folder`, named after `now` (UTC); answers its path."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{database.stem}-{now:%Y%m%dT%H%M%S%fZ}.sqlite3"
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as source:
        source.execute("VACUUM INTO ?", (str(target),))
    return target
