"""The bench runs from end to end and prints every ratio. What the ratios are is no test's business: machines are busy."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATABASES = ("SQLite", "PostgreSQL")
COMMANDS = [f"{act}, {database}" for database in DATABASES for act in ("register", "review")]
WANTED = [
    "engine step in memory ÷ library step",
    *(f"engine step (load, complete, save, commit) ÷ library step in memory, {d}" for d in DATABASES),
    *(f"the same with the library's own serializer ÷ engine step, {d}" for d in DATABASES),
    "largest stored state of the twelve-step process",
    *(
        f"{what} of 32 successive parallel blocks ÷ of 4, by element of the diagram"
        for what in ("CPU of a whole life", "largest stored state")
    ),
    *(
        row
        for of in COMMANDS
        for row in (
            f"command without the process engine's part ÷ its statements on the bare driver: {of}",
            f"whole command ÷ its statements on the bare driver: {of}",
            f"whole command ÷ library step in memory: {of}",
            f"statements of the command: {of}",
        )
    ),
    *(
        f"{what} among 100 waiting instances ÷ among 10, {database}"
        for database in DATABASES
        for what in ("whole command", "due timer carried out", "tick with nothing due")
    ),
    "a decision of one page as signed PDF/A-3a with nothing kept ÷ with fonts, styles and keys kept",
    "a decision of one page, signed, with its Word file ÷ library step in memory",
    "a decision with 10 rows as PDF/A-3a ÷ bare WeasyPrint",
    "one-page decisions rendered and signed by two workers in a second of this machine",
    "largest memory of such a worker",
    "of 4 decisions right after both workers were killed halfway",
    "a reminder from its rung to the mail server's answer ÷ a bare mail over one connection",
    "reminders planned, gathered and sent in a second of this machine",
    "ticks of a day without work that wrote nothing, of 1440",
    "a branch's rehearsed year without documents ÷ library step in memory",
    "documents' share of a rehearsal (# for 3 branches)",
    "branches that live their year in a CPU second of this machine",
]
_ROW = re.compile(r"^(?P<what>.+?) {2,}(?P<value>\d+(\.\d+)?)( |$)")


@pytest.mark.long
def test_every_ratio_is_printed_and_positive() -> None:
    command = [sys.executable, "-m", "bench", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [found for line in done.stdout.splitlines()[1:] if (found := _ROW.match(line))]
    said = [re.sub(r"\(\d+ for", "(# for", row["what"]) for row in rows]
    # Which other programs there are is the machine's business.
    assert [what for what in said if not what.startswith("the same pages by")] == WANTED
    assert [row["what"] for row in rows if float(row["value"]) <= 0] == []


@pytest.mark.long
def test_a_year_of_the_whole_city_is_measured() -> None:
    command = [sys.executable, "-m", "bench", "--city", "6"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [found for line in done.stdout.splitlines()[1:] if (found := _ROW.match(line))]
    assert [re.sub(r"\d+ MB", "# MB", row["what"]).partition(",")[0] for row in rows] == [
        "CPU of an instance's year",
        "largest memory of the same (# MB) ÷ (# MB)",
        "instances that live their year in a CPU minute of this machine",
        "cycles that did not close",
    ]
    assert float(rows[-1]["value"]) == 0


@pytest.mark.long
def test_decisions_are_measured_alone_in_any_number() -> None:
    command = [sys.executable, "-m", "bench", "--decisions", "6"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [found["what"] for line in done.stdout.splitlines()[1:] if (found := _ROW.match(line))]
    assert rows == [
        "one-page decisions rendered and signed by two workers in a second of this machine",
        "largest memory of such a worker",
        "of 6 decisions right after both workers were killed halfway",
    ]
