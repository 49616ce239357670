"""How does a test live in a city whose wards are ranked? A made-up pack, the people of `tests.factories`, real tables.

Four wards: one is appraised in full, one lacks a criterion, one never scores itself, one has the points of the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.process import packs
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle, CycleId
from engine.use_cases import cycles
from tests.factories import Town, a_unit, people

FOLDER = next(p for p in (Path(__file__).parent / "models" / "ranked").iterdir() if (p / "model.toml").is_file())
CITY = "TD"
#: Code, name: in another order than that of the alphabet.
WARDS = (
    ("W1", "Phường Đồ Sơn"),
    ("W2", "Phường An Biên"),
    ("W3", "Phường Ấp Mới"),
    ("W4", "Phường Dương Kinh"),
)
#: What a ward gives itself, by criterion; the second asks for evidence.
FULL: Mapping[str, object] = {"1": 8, "2": 10, "3": 15}


def model() -> CycleModel:
    """The made-up pack."""
    return packs.read_pack(FOLDER)


def move_in(town: Town) -> None:
    """Let the wards and the pack come to the city."""
    with town.open() as uow:
        city = uow.units.find_code(CITY)
        for code, name in WARDS:
            people(uow, uow.units.add(a_unit(code, name, "ward", None, city)), "secretary")
        uow.models.deploy(model(), town.now)


def opens(town: Town, year: int = 2027) -> Cycle:
    """Open the made-up pack's cycle; from here on the town speaks of it."""
    with town.open() as uow:
        cycle = cycles.open_cycle(
            uow,
            model().key,
            year,
            reading_confirmed=True,
            dispatch="",
            settings={},
            actor=town._actor(uow, CITY, "officer"),
            now=town.now,
        )
    town.work_off()
    town.cycle = int(cycle.id)
    return cycle


def rows(points: Mapping[str, object], **more: str) -> list[dict[str, object]]:
    """The rows of a score table; `more` stands in each."""
    return [{"key": key, "points": own, **more} for key, own in points.items()]


def appraised(town: Town, points: Mapping[str, Mapping[str, object]]) -> None:
    """The wards register, score themselves in full, and are appraised with these points."""
    for code in points:
        town.does(code, "register", members=[])
        town.does(code, "review", outcome="accept", by=(CITY, "officer"))
        town.does(code, "request", scores=rows(FULL, proof="Báo cáo 12/BC"))
        town.does(code, "assess", outcome="assess", scores=rows(points[code], reason="Đã đối chiếu."))


def drafted(town: Town, year: int = 2027) -> CycleId:
    """A year up to the draft of its list: two wards equal, one with a criterion set to 0, one without a score."""
    cycle = opens(town, year)
    town.does(CITY, "weigh")
    short = {"1": 8, "2": None, "3": 15}
    appraised(town, {"W1": FULL, "W2": FULL, "W3": short})
    town.at(f"{year}-12-01")
    town.does(CITY, "settle", rows=[{"line": "W3:2", "points": None, "reason": "Không nộp minh chứng."}])
    return cycle.id


def published(town: Town, year: int = 2027) -> CycleId:
    """The same up to its publication."""
    cycle = drafted(town, year)
    town.at(f"{year}-12-21")
    town.does(CITY, "decide")
    town.does(CITY, "sign", outcome="sign")
    return cycle
