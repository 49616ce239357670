"""Is a model of one commune only files too? A made-up one, deployed for it: only what is there takes part."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.rehearsing import rehearse
from engine.errors import WrongState
from engine.process import packs
from tests.factories import RUNTIME
from tests.models.test_twelfth_model import MADE_UP as OF_A_DEPARTMENT
from tests.models.timeline import live

MADE_UP = next((Path(__file__).parent / "owned").iterdir())
#: A ward of the shared city.
WARD = "10532"


def test_its_folder_is_sound() -> None:
    model = packs.read_pack(MADE_UP)
    definition = RUNTIME.compile({name: data for name, data in model.files.items() if packs.is_diagram(name)})
    assert packs.check_model(model, definition) == []


def test_it_lives_a_year_with_the_units_of_its_owner_alone(tmp_path: Path) -> None:
    year = live(MADE_UP, tmp_path, units=5, owner=WARD)
    assert (year.rehearsed.closed, year.rehearsed.incidents) == (True, ())
    assert {line.unit for line in year.lines} == {WARD, "10532-TH01", "10532-TH02", "10532-TH03"}
    assert [(line.unit, line.event) for line in year.of("opened", "closed", task="cycle")] == [
        (WARD, "opened"),
        (WARD, "closed"),
    ]
    assert sum(dict(year.rehearsed.outcome).values()) == 3
    assert {line.unit for line in year.of("completed", task="annual_report")} == {WARD}


def test_a_model_whose_lead_stands_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongState) as refused:
        rehearse(OF_A_DEPARTMENT, cycle_year=2027, units=3, seed=1, out=tmp_path, owner=WARD)
    assert (refused.value.code, refused.value.facts["owner"]) == ("owner_without_lead", "Phường Lê Thanh Nghị")
