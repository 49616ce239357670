"""Lives a pack's year as `chuky rehearse` does, and says what it came to and how much memory it took; run as a program.

python -m tests.endurance.year PACK YEAR UNITS FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from api.rehearsing import rehearse
from engine.store import engines

#: SQLite's page cache holds up to 64 MiB a connection, however many branches there are; here it must not hide what grows.
PAGES_KIB = 2048


def peak() -> int:
    """The most memory that this process ever held, in bytes.

    Not `ru_maxrss`: that begins with what the parent held when it started us.
    """
    rows = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(rows["VmHWM"].split()[0]) * 1024


def main(folder: str, cycle_year: str, units: str, out: str) -> None:
    """Live the year; print one line of JSON."""
    engines._CACHE_KIB = PAGES_KIB
    done = rehearse(Path(folder), cycle_year=int(cycle_year), units=int(units), seed=1, out=Path(out))
    print(
        json.dumps(
            {
                "closed": done.closed,
                "outcome": dict(done.outcome),
                "documents": done.documents,
                "incidents": list(done.incidents),
                "acts": done.acts,
                "peak": peak(),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
