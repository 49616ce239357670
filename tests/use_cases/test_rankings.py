"""A cycle's list: from scores that stand, drafted, answered, published once and for all, drawn up again by anybody."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from engine.errors import FieldError, Invalid, WrongState
from engine.process import packs
from engine.rules import ranking_data
from engine.rules.criteria import digest
from engine.rules.scores import Ranking, Stage
from engine.use_cases import rankings
from tests import ranked
from tests.factories import Town, founded, moment
from tests.store.samples import a_decision, a_title

D = Decimal


@pytest.fixture(scope="module")
def moved_file(founded_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The city with its wards, to copy."""
    return lived(founded_file, tmp_path_factory.mktemp("ranked") / "moved.sqlite3", ranked.move_in)


@pytest.fixture(scope="module")
def drafted_file(moved_file: Path) -> Path:
    """The draft of 2027 lies before the wards, to copy."""
    return lived(moved_file, moved_file.with_name("drafted.sqlite3"), ranked.drafted)


@pytest.fixture(scope="module")
def published_file(moved_file: Path) -> Path:
    """The list of 2026 is published, to copy."""
    return lived(moved_file, moved_file.with_name("published.sqlite3"), lambda town: ranked.published(town, 2026))


def lived(before: Path, after: Path, live: Callable[[Town], object]) -> Path:
    shutil.copy(before, after)
    town = Town(f"sqlite:///{after}")
    live(town)
    town.close()
    return after


@pytest.fixture
def city(moved_file: Path, tmp_path: Path) -> Iterator[Town]:
    """Nobody was judged yet."""
    yield from inhabited(moved_file, tmp_path)


@pytest.fixture
def drafted(drafted_file: Path, tmp_path: Path) -> Iterator[Town]:
    """The draft of 2027 lies before the wards."""
    yield from inhabited(drafted_file, tmp_path, "2027-12-01")


@pytest.fixture
def published(published_file: Path, tmp_path: Path) -> Iterator[Town]:
    """The list of 2026 is published."""
    yield from inhabited(published_file, tmp_path, "2026-12-21")


def inhabited(file: Path, folder: Path, day: str = "2026-08-20") -> Iterator[Town]:
    town = Town(f"sqlite:///{shutil.copy(file, folder / 'town.sqlite3')}", now=moment(day))
    with town.look() as uow:
        town.cycle = next((int(cycle.id) for cycle in uow.cycles.all()), None)
    yield town
    town.close()


@pytest.fixture
def any_city(database_url: str) -> Iterator[Town]:
    """A city with wards on SQLite and on PostgreSQL."""
    founded(database_url)
    made = Town(database_url)
    ranked.move_in(made)
    yield made
    made.close()


def latest(town: Town) -> Ranking:
    return town.ask(lambda uow: uow.rankings.of_cycle(town.cycle))[-1]


def places(town: Town, block: str = "ward") -> list[tuple[object, ...]]:
    listed = latest(town).content["result"]["blocks"][block]
    return [(row["number"], row["name"], row["points"], row["reason"]) for row in listed]


def test_a_list_follows_the_scores_that_stand(drafted: Town) -> None:
    assert places(drafted) == [
        (1, "Phường An Biên", D("81.00"), ""),
        (1, "Phường Đồ Sơn", D("81.00"), ""),
        (3, "Phường Ấp Mới", D("61.00"), ""),
        (None, "Phường Dương Kinh", None, "Chưa được thẩm định."),
    ]


#: Nobody may do this to a list that is published, or to any score.
FORBIDDEN = (
    "UPDATE ck_ranking SET sha256 = ''",
    "DELETE FROM ck_ranking",
    "UPDATE ck_score SET points = '1'",
    "DELETE FROM ck_score",
)


def test_the_decision_publishes_the_list_for_good(any_city: Town) -> None:
    ranked.published(any_city)
    (decision,) = any_city.decisions("TD")
    found = latest(any_city)
    assert (found.decision_id, found.published_at) == (decision.id, any_city.now)
    table = decision.content["paper"]["annexes"][0]["blocks"][0]["rows"]  # type: ignore[index,call-overload]
    assert table[0] == ["1", "Phường An Biên", "81,00", ""]
    assert any_city.states("W1", "W4") == {"W1": "closed", "W4": "draft"}
    assert [line.event for line in any_city.lines("TD")][-3:] == ["issued", "published", "closed"]
    with any_city.open() as uow:
        assert uow.rankings.publish(found.id, decision.id, any_city.now) is False
    for statement in FORBIDDEN:
        with pytest.raises(DBAPIError), any_city.database.engine.begin() as connection:
            connection.execute(text(statement))
    assert latest(any_city) == found


def test_the_draft_reaches_the_units_which_may_answer_it(drafted: Town) -> None:
    assert {code: drafted.offered(code) for code in ("W1", "W4")} == {"W1": ["Gửi kiến nghị"], "W4": []}


def test_an_appeal_changes_points_by_the_council_and_the_list_by_a_new_version(drafted: Town) -> None:
    drafted.sends("W3", "Gửi kiến nghị")
    with pytest.raises(WrongState):
        drafted.at("2027-12-21").does("TD", "decide")
    drafted.does(
        "W3", "answer_appeal", outcome="adjust", reason="Có biên bản.", scores=ranked.rows({"2": 10, "3": None})
    )
    drafted.does("TD", "decide")
    assert [row[:3] for row in places(drafted)[:3]] == [
        (1, "Phường An Biên", D("81.00")),
        (1, "Phường Ấp Mới", D("81.00")),
        (1, "Phường Đồ Sơn", D("81.00")),
    ]
    scores = drafted.ask(lambda uow: uow.scores.of_dossier(drafted.dossier("W3").id))
    assert [(s.stage, s.number, s.points) for s in scores] == [
        (Stage.SELF, 1, D("81.00")),
        (Stage.APPRAISED, 1, None),
        (Stage.COUNCIL, 1, D("61.00")),
        (Stage.COUNCIL, 2, D("81.00")),
    ]
    assert [r.number for r in drafted.ask(lambda uow: uow.rankings.of_cycle(drafted.cycle))] == [1, 2]


def test_the_list_that_has_not_changed_stays_the_version_that_it_was(published: Town) -> None:
    assert [r.number for r in published.ask(lambda uow: uow.rankings.of_cycle(published.cycle))] == [1]


def test_a_list_is_drawn_up_again_from_what_it_was_made_of(published: Town) -> None:
    content = latest(published).content
    assert ranking_data.ranked(content["asked"]) == content["result"]
    assert ranking_data.fingerprint(content) == latest(published).sha256
    assert content["about"]["criteria"] == {
        "name": "Tiêu chí hàng xóm",
        "sample": True,
        "sha256": digest(ranked.model().criteria[2026]),
        "number": 1,
    }
    assert content["about"]["scores"]["W3"]["lines"][1] == {"key": "2", "points": D(0), "max_points": D(10)}


def test_changes_are_counted_from_the_list_that_was_published_last_year(published: Town) -> None:
    published.at("2027-01-02")
    ranked.opens(published, 2027)
    published.does("TD", "weigh")
    ranked.appraised(published, {"W1": {"1": 8, "2": 9, "3": 15}, "W2": ranked.FULL, "W3": {"1": 10, "2": 10, "3": 20}})
    published.at("2027-12-01").does("TD", "settle")
    listed = latest(published).content["result"]["blocks"]["all"]
    assert [(row["number"], row["key"], row["change"]) for row in listed] == [
        (1, "W3", 2),
        (2, "W2", -1),
        (3, "W1", -2),
        (None, "W4", None),
    ]


# ---- criteria and weights


def test_the_plan_of_the_year_changes_weights_by_a_version_until_somebody_is_judged(city: Town) -> None:
    ranked.opens(city)
    item = city.work("TD", "weigh")
    city.completes(item, {"note": "Theo kế hoạch năm", "weights": [{"key": "2", "weight": 30}]})
    (version,) = city.ask(lambda uow: uow.scores.criteria_versions(city.cycle))
    assert (version.number, version.note, version.frozen_at) == (1, "Theo kế hoạch năm", city.now)
    ranked.appraised(city, {"W1": ranked.FULL})
    # 40 × (8/10 × 10 + 10/10 × 30) / 40 + 60 × 15/20
    assert city.dossier("W1").score == D("83.00")


@pytest.mark.parametrize("weight", [0, D("-1"), D("10000.01")])
def test_a_weight_out_of_range_is_refused(city: Town, weight: object) -> None:
    ranked.opens(city)
    with pytest.raises(Invalid) as refused:
        city.does("TD", "weigh", weights=[{"key": "2", "weight": weight}])
    assert refused.value.fields == {
        "weights.1.weight": FieldError("weight_out_of_range", {"criterion": "Không đốt rác"})
    }


def test_a_unit_shows_evidence_or_explains(city: Town) -> None:
    ranked.opens(city)
    city.does("W1", "register", members=[])
    city.does("W1", "review", outcome="accept")
    with pytest.raises(Invalid) as refused:
        city.does("W1", "request", scores=ranked.rows(ranked.FULL))
    assert refused.value.fields == {"scores.0.proof": FieldError("proof_or_explanation", {"criterion": "Ngõ sạch"})}
    city.does("W1", "request", scores=ranked.rows(ranked.FULL, reason="Đang xin xác nhận."))
    assert city.states("W1") == {"W1": "proposed"}


def test_a_missing_criterion_holds_the_score_and_the_council_needs_a_reason(city: Town) -> None:
    ranked.opens(city)
    city.does("TD", "weigh")
    ranked.appraised(city, {"W3": {"1": 8, "2": None, "3": 15}})
    assert city.dossier("W3").score is None
    city.at("2027-12-01")
    with pytest.raises(Invalid) as refused:
        city.does("TD", "settle", rows=[{"line": "W3:2", "points": None, "reason": " "}])
    assert refused.value.fields == {"rows.0.reason": FieldError("zero_without_reason", {"criterion": "Không đốt rác"})}
    city.does("TD", "settle", rows=[{"line": "W3:2", "points": 4, "reason": "Có ảnh chụp."}])
    assert city.dossier("W3").score == D("69.00")


# ---- last year under new weights


def test_last_year_is_ranked_under_new_weights_and_nothing_is_kept(published: Town) -> None:
    before = latest(published)
    old = ranked.model().criteria[2026]
    heavier = replace(old, groups=tuple(replace(g, weight=D(50)) for g in old.groups))
    with published.look() as uow:
        found = rankings.reranked(uow, ranked.model(), before, heavier)
    assert [(row["number"], row["key"], row["points"], row["change"]) for row in found["result"]["blocks"]["all"]] == [
        (1, "W2", D("82.50"), 0),
        (1, "W1", D("82.50"), 0),
        (3, "W3", D("57.50"), 0),
        (None, "W4", None, None),
    ]
    assert latest(published) == before


SOURCED = """
[[criterion]]
key = "5"
group = "Đẹp"
text = "Được công nhận ngõ đẹp"
max_points = 20
from = {model = "%s", title = "lane"}
"""


@pytest.mark.parametrize("holds,points", [(True, D("88.50")), (False, D("58.50"))])
def test_a_criterion_takes_its_points_from_a_title_whatever_people_give(
    city: Town, holds: bool, points: Decimal
) -> None:
    files = packs.read_folder(ranked.FOLDER) | packs.read_shared()
    files["criteria/2026.toml"] += (SOURCED % ranked.FOLDER.name).encode()
    with city.open() as uow:
        uow.models.deploy(packs.read_model(files, ranked.FOLDER.name), city.now)
    cycle = ranked.opens(city)
    city.does("W1", "register", members=[])
    if holds:
        grant(city, "W1")
    city.does("W1", "review", outcome="accept")
    given = {**ranked.FULL, "5": 7}
    city.does("W1", "request", scores=ranked.rows(given, proof="Báo cáo 12/BC"))
    city.does("W1", "assess", outcome="assess", scores=ranked.rows(given))
    assert (cycle.year, city.dossier("W1").score) == (2027, points)


def grant(town: Town, code: str) -> None:
    """A title from the first day of 2026 on."""
    dossier, unit = town.dossier(code), town.unit(code)
    with town.open() as uow:
        made = a_decision(cycle_id=dossier.cycle_id, dossier_id=dossier.id, unit_id=unit.id)
        where = {"unit_id": unit.id, "dossier_id": dossier.id, "decision_id": uow.decisions.add(made).id}
        uow.titles.grant([a_title(model=ranked.FOLDER.name, key="lane", from_day=date(2026, 1, 1), **where)])
