"""Units without a cohort take part by their kind, where the model's groups name it."""

from __future__ import annotations

from datetime import date

from engine.process import packs
from engine.rules.dossiers import DossierState
from engine.rules.redating import ChangeScope
from engine.use_cases import cycles
from tests.factories import YEAR, Town, a_unit, people, the_model
from tests.use_cases import living
from tests.use_cases.test_redating import NEW, moves


def with_kinds(town: Town) -> Town:
    """The same model, but its first group takes branches in by their kind; two branches have no cohort."""
    files = dict(the_model().files)
    old = b'cohorts = ["residential", "administrative", "enterprise", "armed_forces"]\nyear_label'
    new = old.replace(b"\nyear_label", b'\nunit_kinds = ["branch"]\nyear_label')
    assert files["model.toml"].count(old) == 1
    files["model.toml"] = files["model.toml"].replace(old, new)
    with town.open() as uow:
        uow.models.deploy(packs.read_model(files, the_model().key), town.now)
        above = uow.units.find_code("P2")
        for code in ("P2-2", "P2-3"):
            unit = uow.units.add(a_unit(code, f"Chi đoàn {code}", "branch", None, above))
            people(uow, unit, "secretary")
    return town


def test_a_unit_without_a_cohort_lives_the_year_like_the_others(city: Town) -> None:
    town = with_kinds(city)
    town.opens()
    assert town.states("P2-1", "P2-2") == {"P2-1": "draft", "P2-2": "draft"}
    dossier = town.dossier("P2-2")
    assert (dossier.cohort, dossier.group) == ("branch", "others")
    living.register(town.at("2026-11-05"), "P2-2")
    assert town.dossier("P2-2").state is DossierState.ACCEPTED
    town.at("2026-11-10")
    rows = town.ask(lambda uow: uow.queries.progress(dossier.cycle_id, [town.unit("P2").id]))
    assert sorted((row.cohort, row.registered, row.units) for row in rows) == [
        ("armed_forces", False, 1),
        ("branch", False, 1),
        ("branch", True, 1),
    ]
    assert town.words.label("cohort", "branch") == "Chi đoàn"


def test_it_is_counted_before_the_cycle_opens_and_its_dates_can_be_moved(city: Town) -> None:
    town = with_kinds(city)
    with town.look() as uow:
        shown = cycles.preview_cycle(uow, the_model().key, YEAR, actor=town.actor("TD", "officer"), now=town.now)
    assert shown.units["branch"] == 2
    town.opens()
    moves(town.at("2026-11-02"), scope=ChangeScope.COHORT, code="branch")
    assert {code: town.work(code, "register").last_day for code in ("P2-1", "P2-2")} == {
        "P2-1": date(2026, 11, 9),
        "P2-2": NEW,
    }


def test_without_the_group_s_word_it_has_no_part(city: Town) -> None:
    with city.open() as uow:
        uow.units.add(a_unit("P2-2", "Chi đoàn P2-2", "branch", None, uow.units.find_code("P2")))
    city.opens()
    assert city.dossiers("P2-2") == []
