"""Who lives in the shared city, and who acts there for a dossier of another branch of the tree?"""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from engine.process import packs
from engine.rules.permissions import may_read
from engine.rules.units import Actor, Unit, UnitId
from engine.store import migrate
from engine.use_cases import owning
from engine.use_cases.actors import actor_of
from engine.use_cases.cycles import parties
from engine.use_cases.rehearsal import city
from engine.use_cases.rehearsal.script import Script
from tests.factories import Town, moment

#: A made-up model of communes and schools, led by a body that stands above none of them.
MODEL = packs.read_model(
    packs.read_shared()
    | {
        "model.toml": """
[model]
name = "Vườn chung"
source = "bịa ra để thử"
lead_unit_kind = "health"
[[group]]
key = "all"
label = "Tất cả"
unit_kinds = ["communes", "school"]
year_label = "năm {year}"
[[process]]
id = "year"
label = "Một năm"
scope = "unit"
unit_kind = "communes"
begins = "running"
[[lane]]
id = "chung"
name = "Xã, phường, đặc khu"
unit_kind = "communes"
roles = ["chair"]
[reminders]
before = [1]
after = []
hour = 8
""".encode(),
        "cycle.bpmn": b"<x/>",
    },
    "vuon",
)
NOW = moment("2026-08-20")


@pytest.fixture
def shared(tmp_path: Path) -> Town:
    """An empty installation."""
    url = f"sqlite:///{tmp_path / 'chuky.sqlite3'}"
    migrate.upgrade(url)
    return Town(url)


def test_so_many_of_each_kind_in_turn_with_those_above_them_and_all_bodies(shared: Town) -> None:
    with shared.open() as uow:
        made = city.found_shared(uow, Script(raw=MODEL.rehearsal, seed=1), [MODEL], 8, on=date(2024, 1, 1), now=NOW)
        assert Counter(unit.kind for unit in made.units) == {"ward": 2, "commune": 2, "special_zone": 2, "school": 2}
        assert made.root.parent_id is None
        by_id = {unit.id: unit for unit in uow.units.all()}
        schools = [unit for unit in made.units if unit.kind == "school"]
        assert {by_id[unit.parent_id or UnitId(0)].kind for unit in schools} <= {"commune", "ward", "special_zone"}
        assert {"city_committee", "city_front", "justice", "health"} <= {unit.kind for unit in made.superiors}
        assert all(uow.accounts.at_unit(unit.id) for unit in made.units)
    shared.close()


def test_the_whole_city_has_its_114_communes(shared: Town) -> None:
    with shared.open() as uow:
        made = city.found_shared(uow, Script(raw=MODEL.rehearsal, seed=1), [MODEL], None, on=date(2024, 1, 1), now=NOW)
        assert Counter(u.kind for u in made.units) == {"commune": 67, "ward": 45, "special_zone": 2, "school": 333}
        everywhere = Counter(unit.kind for unit in uow.units.all())
        assert (everywhere["school"], everywhere["model_school"], everywhere["health_station"]) == (333, 9, 114)
        assert len({unit.code for unit in uow.units.all()}) == len(uow.units.all())
        assert {"Xã Cẩm Giang", "Xã Cẩm Giàng"} <= {unit.name for unit in made.units}
    shared.close()


#: The same model with a pilot: schools that are called so take part at once, communes and all other schools later.
LATER = packs.read_model(
    {
        name: content.replace(
            b'unit_kinds = ["communes", "school"]',
            b"""unit_kinds = ["communes", "schools"]
first_year = 2028
year_label = "giai \xc4\x91o\xe1\xba\xa1n sau"
[[group]]
key = "pilot"
label = "Th\xc3\xad \xc4\x91i\xe1\xbb\x83m"
cohorts = ["music_school"]""",
        ).replace(b'unit_kind = "communes"\nbegins', b'unit_kind = "schools"\nbegins')
        for name, content in MODEL.files.items()
    },
    "vuon",
)


@pytest.mark.parametrize(
    ("year", "kinds"), [(2027, {"school", "model_school"}), (2028, {"school", "model_school", "ward"})]
)
def test_before_its_first_year_a_group_stays_out(shared: Town, year: int, kinds: set[str]) -> None:
    with shared.open() as uow:
        uow.models.deploy(LATER, NOW)
        everybody = city.found_shared(
            uow, Script(raw=LATER.rehearsal, seed=1), [LATER], 7, year=year, on=date(2024, 1, 1), now=NOW
        )
        assert {unit.kind for unit in everybody.units} & {"school", "model_school", "ward"} == kinds
        lead = owning.lead_of(uow, LATER).id
        taking = {(unit.kind, unit.cohort) for unit, _, _ in parties(uow, LATER, {}, lead=lead, year=year, now=NOW)}
        assert ("model_school", "music_school") in taking
        assert (("school", None) in taking) is (year == LATER.groups[0].first_year)
    shared.close()


def test_a_director_has_the_rights_that_a_secretary_has_elsewhere(shared: Town) -> None:
    with shared.open() as uow:
        city.found_shared(uow, Script(raw=MODEL.rehearsal, seed=1), [MODEL], 4, on=date(2024, 1, 1), now=NOW)
        health = next(unit for unit in uow.units.all() if unit.kind == "health")
        director = _holder(uow, health, "director")
        assert director.holds(health.id, "secretary")
        assert director.holds(health.id, "director")
        assert not director.holds(health.id, "officer")
        assert may_read(director, [health])
    shared.close()


def _holder(uow: object, unit: Unit, role: str) -> Actor:
    account = next(a for p, a in uow.accounts.at_unit(unit.id) if p.role == role)  # type: ignore[attr-defined]
    return actor_of(uow, account, now=NOW)  # type: ignore[arg-type]
