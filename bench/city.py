"""What does a year of the whole city cost, every model in one database? A small city and a large one, each in its own process."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from time import process_time

from api.city_year import live_city
from bench.ground import YEAR
from engine.process import packs

#: Of how many units the small city has one.
SMALLER = 10
#: Units of the shared city among which the small city chooses, so that every model has somebody.
SHARE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """One lived year."""

    units: int
    instances: int
    cpu: float  #: seconds, documents and packages included
    megabytes: int  #: largest resident size
    incidents: int
    open_cycles: int

    @property
    def an_instance(self) -> float:
        """CPU seconds of an instance's year."""
        return self.cpu / self.instances


def measure(folder: Path, *, branches: int) -> tuple[City, City]:
    """A city with a tenth of the branches and a part of the shared units, then the whole one."""
    small = _apart(folder / "small", max(branches // SMALLER, 3), str(SHARE))
    return small, _apart(folder / "large", branches, "" if branches >= SMALLER * SMALLER else str(SHARE))


def _apart(folder: Path, branches: int, share: str) -> City:
    command = [sys.executable, "-m", "bench.city", str(folder), str(branches), share]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return City(**json.loads(done.stdout.splitlines()[-1]))


def _live(folder: Path, branches: int, share: int | None) -> City:
    began = process_time()
    lived = live_city(packs.shipped(), cycle_year=YEAR, units=branches, share=share, seed=1, out=folder)
    return City(
        units=lived.units,
        instances=lived.instances,
        cpu=process_time() - began,
        megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        incidents=len(lived.incidents),
        open_cycles=sum(not course.closed for course in lived.courses),
    )


if __name__ == "__main__":
    out, wanted, part = sys.argv[1:]
    city = _live(Path(out), int(wanted), int(part) if part else None)
    print(json.dumps({name: getattr(city, name) for name in City.__slots__}))
