"""Figures come in with forms and by hand; a correction is a new row, and only who counts may state them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.errors import Invalid, NotPermitted
from engine.rules.cycle_models import CycleModel
from engine.rules.figures import Entry, Gather, Indicator, Period
from engine.rules.targets import Measure
from engine.use_cases import figures
from engine.use_cases.figures import Stated
from tests.factories import YEAR, Town, the_model
from tests.use_cases import living

D = Decimal
TREES = Indicator(
    key="trees", label="Cây", measure=Measure.PERCENT, gather=Gather.SUM, quarterly=True, unit_kinds=("branch",)
)
COUNTED = next(i for i in the_model().indicators if i.origin is not None)


def model() -> CycleModel:
    """The shipped model with one more indicator, which branches count by quarter."""
    return replace(the_model(), indicators=(TREES, COUNTED))


def stated(town: Town, code: str = "P1-1", **more: object) -> Stated:
    plain: Mapping[str, Any] = {
        "indicator": "trees",
        "unit_id": town.unit(code).id,
        "period": Period(year=YEAR, quarter=1),
        "value": D("40.5"),
        "whole": D(50),
        "source": "Báo cáo quý",
        "document": "5-BC/ĐTN",
    }
    return Stated(**(plain | more))


def states(town: Town, wanted: Stated, by: tuple[str, str] = ("P1-1", "secretary")) -> Entry:
    with town.open() as uow:
        return figures.state(uow, model(), wanted, actor=town.actor(*by), now=town.now)


def history(town: Town, code: str, indicator: str = "trees", quarter: int = 1) -> list[tuple[object, ...]]:
    unit = town.unit(code).id
    rows = town.ask(lambda uow: uow.figures.history(the_model().key, indicator, unit, YEAR, quarter))
    return [(e.number, e.value, e.whole, e.source, e.by_name) for e in rows]


def test_a_form_writes_figures_as_it_is_handed_in(any_town: Town) -> None:
    town = any_town.at("2026-11-05")
    town.does("P1-1", "register", members=living.members(), toan_bo_dang_ky=False, tong_so_doan_vien=12)
    town.does("P1-1", "review", outcome="return", reason="Thiếu người")
    town.does("P1-1", "register", members=living.members(), toan_bo_dang_ky=False, tong_so_doan_vien=15)
    town.does("P1-2", "register", members=living.members(), toan_bo_dang_ky=True)
    handed_in = town.ask(lambda uow: uow.dossiers.submissions(town.dossier("P1-1").id, "register"))
    first, again = (submission.title for submission in handed_in)
    assert history(town, "P1-1", "members_registered", 0) == [
        (1, None, D(12), first, "Nguyễn Văn P1-1 secretary"),
        (2, None, D(15), again, "Nguyễn Văn P1-1 secretary"),
    ]
    assert history(town, "P1-2", "members_registered", 0) == []
    assert [line.facts for line in town.lines("P1-1") if line.event == "figures_fed"] == [
        {"name": first, "figures": 1},
        {"name": again, "figures": 1},
    ]


def test_a_correction_is_a_new_row_and_the_last_row_stands(town: Town) -> None:
    states(town, stated(town))
    states(town, stated(town, value=D(45)), ("TD", "officer"))
    states(town, stated(town, value=None, source="Nhập nhầm quý"))
    states(town, stated(town, "P2-1"), ("TD", "officer"))
    assert history(town, "P1-1") == [
        (1, D("40.5"), D(50), "Báo cáo quý", "Nguyễn Văn P1-1 secretary"),
        (2, D(45), D(50), "Báo cáo quý", "Nguyễn Văn TD officer"),
        (3, None, D(50), "Nhập nhầm quý", "Nguyễn Văn P1-1 secretary"),
    ]
    standing = town.ask(lambda uow: uow.figures.standing([the_model().key], YEAR, YEAR))
    assert {(e.unit_id, e.number, e.value) for e in standing} == {
        (town.unit("P1-1").id, 3, None),
        (town.unit("P2-1").id, 1, D("40.5")),
    }
    assert town.ask(lambda uow: uow.figures.standing([the_model().key], YEAR + 1, YEAR + 1)) == []


@pytest.mark.parametrize(
    ("by", "code"), [(("P1-2", "secretary"), "P1-1"), (("P1", "officer"), "P1-1"), (("P1-1", "secretary"), "P1")]
)
def test_who_neither_leads_nor_counts_states_nothing(town: Town, by: tuple[str, str], code: str) -> None:
    with pytest.raises(NotPermitted):
        states(town, stated(town, code), by)
    assert history(town, code) == []


@pytest.mark.parametrize(
    ("more", "codes"),
    [
        ({"value": D("751.408")}, {"value": "figure_ambiguous"}),
        ({"source": " "}, {"source": "figure_source"}),
        ({"period": Period(year=1999, quarter=5)}, {"year": "figure_year", "quarter": "figure_quarter"}),
        ({"indicator": "bees"}, {"indicator": "unknown_indicator"}),
        ({"indicator": COUNTED.key}, {"indicator": "figure_is_counted", "quarter": "figure_quarter"}),
    ],
)
def test_what_is_not_clear_is_refused(town: Town, more: dict[str, object], codes: dict[str, str]) -> None:
    with pytest.raises((Invalid, NotPermitted)) as refused:
        states(town, stated(town, "TD" if "indicator" in more else "P1-1", **more), ("TD", "officer"))
    assert isinstance(refused.value, Invalid)
    assert {name: error.code for name, error in refused.value.fields.items()} == codes
