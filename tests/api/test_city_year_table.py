"""Does the picture of the whole city's year fit a terminal of 80 columns?"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from io import StringIO

import pytest
from rich.console import Console

from api.city_year import CityYear, Course
from api.commands.rehearse import gantt
from engine.process import packs
from engine.rules.cycles import Cycle, CycleId, CycleState
from engine.rules.units import UnitId
from tests.factories import moment

MONDAYS = [date(2025, 8, 4) + timedelta(weeks=week) for week in range(78)]  # to the end of January 2027


def course(pack: int, acts: int) -> Course:
    """A model of which somebody did something in every week."""
    model = packs.read_pack(packs.shipped()[pack])
    now: datetime = moment("2025-08-04")
    cycle = Cycle(
        id=CycleId(pack),
        model=model.key,
        version=model.sha256,
        year=2026,
        unit_id=UnitId(1),
        state=CycleState.CLOSED,
        opened_at=now,
        closed_at=now,
        reading_confirmed=True,
        dispatch="",
        settings={},
        row_version=0,
    )
    weeks = {monday: acts + number % 7 for number, monday in enumerate(MONDAYS)}
    return Course(model=model, cycle=cycle, closed=True, outcome={"closed": 3}, documents=2, weeks=weeks)


@pytest.mark.parametrize("width", [80, 120])
def test_every_month_and_every_model_has_its_place(width: int) -> None:
    courses = tuple(course(pack, pack + 1) for pack in range(3))
    lived = CityYear(year=2026, courses=courses, units=1, instances=1, acts=1, incidents=(), seconds=1.0, memory_mb=1)
    console = Console(width=width, record=True, file=StringIO(), color_system=None)
    console.print(gantt(lived, width))
    lines = console.export_text().splitlines()
    assert max(len(line.rstrip()) for line in lines) <= width
    assert "08/2025 – 01/2027" in lines[0]
    assert [word for line in lines[1:3] for word in line.split() if word.isdigit()] == [
        *("08", "10", "12", "02", "04", "06", "08", "10", "12"),
        *("09", "11", "01", "03", "05", "07", "09", "11", "01"),
    ]
    drawn = [line for line in lines if "█" in line]
    assert [sum(letter in "▁▂▃▄▅▆▇█" for letter in line) for line in drawn] == [18] * 4
    assert drawn[-1].startswith("Cả thành phố")
