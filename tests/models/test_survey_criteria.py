"""Does what the residents answered reach the points of a unit? In every shipped pack whose criteria take their points from a survey."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.process import packs
from engine.rules.criteria import Criterion, SourceKind
from engine.rules.scores import Stage
from engine.rules.scoring import applicable, half_up
from engine.use_cases import survey_results
from tests.factories import Town
from tests.models.timeline import YEAR, live


def asked(folder: Path) -> list[Criterion]:
    """The criteria of the rehearsed year that a survey fills."""
    criteria = packs.read_pack(folder).criteria_for(YEAR)
    found = criteria.criteria if criteria is not None else ()
    return [c for c in found if c.source is not None and c.source.kind is SourceKind.SURVEY]


PACKS = [folder for folder in packs.shipped() if asked(folder)]


def test_there_are_criteria_that_a_survey_fills() -> None:
    assert len(PACKS) > 1


@pytest.mark.long
@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_the_share_of_a_survey_becomes_the_points_of_its_criterion(folder: Path, tmp_path: Path) -> None:
    year = live(folder, tmp_path, units=6)
    cycle = year.rehearsed.cycle
    town = Town(f"sqlite:///{year.out / 'du-lieu' / 'chuky.sqlite3'}")
    compared = 0
    with town.look() as uow:
        for kept in (score for score in uow.scores.of_cycle(cycle.id) if score.stage is not Stage.SELF):
            dossier = uow.dossiers.get(kept.dossier_id)
            unit = uow.units.get(dossier.unit_id)
            criteria = year.rehearsed.model.criteria_for(YEAR)
            assert criteria is not None
            for criterion in (c for c in applicable(criteria, dossier.cohort, unit.kind) if c in asked(folder)):
                assert criterion.source is not None
                survey, _, indicator = criterion.source.key.partition(":")
                held = uow.surveys.find(cycle.id, survey)
                assert held is not None
                if held.closed_at is None or kept.at < held.closed_at:
                    continue  # as long as it is open, people give the points
                result = survey_results.result_of(uow, cycle.id, survey, unit.id, indicator or None)
                if result.value is not None:  # else there were not enough sheets, and people give the points
                    assert kept.given[criterion.key] == half_up(criterion.max_points * result.value / 100)
                    compared += 1
    town.close()
    assert compared > 0
