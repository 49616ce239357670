"""A shipped model that ranks lives its year to a published list, whatever its name; what is wrong is put right by a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.process import packs
from engine.rules import ranking_data
from engine.rules.deadlines import local_day
from engine.rules.scores import Ranking, Stage, effective
from engine.rules.scoring import applicable, weights
from engine.use_cases import messages
from engine.use_cases.actors import actor_of
from engine.use_cases.rankings import published
from tests.factories import Town, moment
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


def press(town: Town, code: str, wanted: str, **answers: object) -> None:
    """Start, about the unit, the process on demand in which a step has this act or operation; by whom it is offered to."""
    dossier = town.dossier(code)
    with town.open() as uow:
        cycle = uow.cycles.get(dossier.cycle_id)
        model, definition = uow.models.get(cycle.version), uow.models.definition(cycle.version)
        asked = [definition.processes[p.id].nodes.values() for p in model.processes if p.scope == "demand"]
        nodes = next(own for own in asked if any(wanted in node.properties.values() for node in own))
        start = next(node for node in nodes if "offered_to" in node.properties)
        lane = model.lanes[start.properties["offered_to"]]
        unit = next(unit for unit in uow.units.all() if unit.kind in model.kinds(lane.unit_kind))
        person = uow.accounts.holders(unit.id, lane.roles, local_day(town.now))[0]
        actor = actor_of(uow, person, now=town.now)
        messages.send(uow, dossier.id, start.id, answers, actor=actor, now=town.now)
    town.work_off()


@pytest.mark.long
@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_what_was_published_wrongly_is_put_right_by_a_new_list_with_a_decision_of_its_own(
    folder: Path, tmp_path: Path
) -> None:
    year = live(folder, tmp_path, units=6)
    cycle = year.rehearsed.cycle
    town = Town(f"sqlite:///{year.out / 'du-lieu' / 'chuky.sqlite3'}", now=moment("2028-04-03"))
    town.cycle = int(cycle.id)
    wrong = published(town.ask(lambda uow: uow.rankings.of_cycle(cycle.id)))
    assert wrong is not None
    last = list(wrong.content["result"]["blocks"].values())[-1][-1]
    code, lead = str(last["key"]), town.ask(lambda uow: uow.units.get(cycle.unit_id)).code
    standing = town.ask(lambda uow: effective(uow.scores.of_dossier(town.dossier(code).id)))
    assert standing is not None

    press(town, code, "answer_appeal", can_cu="Biên bản kiểm tra lại")
    full = [{"key": line["key"], "points": line["max_points"], "reason": "Cộng nhầm."} for line in standing.lines]
    town.does(code, "answer_appeal", outcome="adjust", reason="Cộng nhầm điểm.", scores=full)
    assert published(town.ask(lambda uow: uow.rankings.of_cycle(cycle.id))) == wrong

    press(town, lead, "publish_ranking", sai_sot="Cộng nhầm điểm của một đơn vị.")
    town.does(lead, "fill")
    town.does(lead, "sign")
    lists = town.ask(lambda uow: uow.rankings.of_cycle(cycle.id))
    right = published(lists)
    assert right is not None
    assert (right.number, right.published_at) == (wrong.number + 1, town.now)
    assert wrong in lists
    assert town.ask(lambda uow: uow.decisions.get(right.decision_id)).symbol
    assert right.decision_id != wrong.decision_id
    points = {row["key"]: row["points"] for rows in right.content["result"]["blocks"].values() for row in rows}
    assert points[code] > last["points"]
    assert {key for key, own in points.items() if key != code and own != _points(wrong)[key]} == set()
    town.close()


def _points(ranking: Ranking) -> dict[str, object]:
    return {row["key"]: row["points"] for rows in ranking.content["result"]["blocks"].values() for row in rows}
