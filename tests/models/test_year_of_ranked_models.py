"""A shipped model that ranks lives its year to a published list, whatever its name; what is wrong is put right by a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.process import packs
from engine.rules import ranking_data
from engine.rules.scores import Stage
from engine.rules.scoring import applicable, weights
from engine.use_cases.rankings import published
from tests.factories import Town
from tests.models.timeline import live

PACKS = [folder for folder in packs.shipped() if (folder / "ranking.toml").is_file()]


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_every_kind_of_unit_that_takes_part_is_judged_by_a_whole(folder: Path) -> None:
    model = packs.read_pack(folder)
    kinds = {kind for group in model.groups for kind in group.unit_kinds}
    for criteria in model.criteria.values():
        shares = {kind: weights(criteria, applicable(criteria, None, kind)) for kind in kinds}
        assert {kind: sum(own) for kind, own in shares.items()} == dict.fromkeys(kinds, 1)


def test_the_annex_counts_the_criteria_of_model_3() -> None:
    """17 of the city; of a commune and a ward these and 8 more, of a special zone those that suit it."""
    model = next(m for m in map(packs.read_pack, PACKS) if m.source.endswith("mô hình 3"))
    criteria = model.criteria[2026]
    counts = {k: len(applicable(criteria, None, k)) for k in ("city_front", "ward", "commune", "special_zone")}
    assert counts == {"city_front": 17, "ward": 25, "commune": 25, "special_zone": 24}


@pytest.mark.long
@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_a_year_ends_with_a_published_list_that_can_be_drawn_up_again(folder: Path, tmp_path: Path) -> None:
    year = live(folder, tmp_path, units=20)
    town = Town(f"sqlite:///{year.out / 'du-lieu' / 'chuky.sqlite3'}")
    with town.look() as uow:
        out = published(uow.rankings.of_cycle(year.rehearsed.cycle.id))
        assert out is not None
        assert out.decision_id is not None
        assert uow.decisions.get(out.decision_id).symbol
        assert ranking_data.ranked(out.content["asked"]) == ranking_data.ranked(out.content["asked"])
        assert [len(rows) for rows in out.content["result"]["blocks"].values()][-1] == 20
        stages = {score.stage for score in uow.scores.of_cycle(year.rehearsed.cycle.id)}
        assert stages == {Stage.SELF, Stage.APPRAISED, Stage.COUNCIL}
    town.close()
