"""Scores: points by criterion become 0 to 100, a band and reasons."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import FieldError, Invalid
from engine.rules.criteria import (
    Band,
    CriteriaSet,
    Criterion,
    GroupWeight,
    Source,
    SourceKind,
    digest,
    plain_set,
    set_of,
)
from engine.rules.scores import Given
from engine.rules.scores import judged as judgement
from engine.rules.scoring import Score, applicable, band_of, half_up, held, score, weights, zeroed

D = Decimal


def a_criterion(key: str, maximum: str, *, hard_fail: bool = False, cohorts: tuple[str, ...] = ()) -> Criterion:
    return Criterion(
        key=key,
        group="Nhóm",
        text=f"Tiêu chí {key}",
        max_points=D(maximum),
        evidence_required=False,
        hard_fail=hard_fail,
        unit_cohorts=cohorts,
    )


EXCELLENT = Band(key="excellent", label="Hoàn thành xuất sắc", at_least=D(90), recognised=True)
GOOD = Band(key="good", label="Hoàn thành tốt", at_least=D(80), recognised=True)
DONE = Band(key="done", label="Hoàn thành", at_least=D(50), recognised=False)
NOT_DONE = Band(key="not_done", label="Không hoàn thành", at_least=D(0), recognised=False)


def a_set(*criteria: Criterion) -> CriteriaSet:
    return CriteriaSet(
        year=2026,
        name="Bộ tiêu chí",
        source="kiểm thử",
        sample=True,
        criteria=criteria,
        bands=(EXCELLENT, GOOD, DONE, NOT_DONE),
    )


FULL = a_set(a_criterion("a", "60"), a_criterion("b", "30"), a_criterion("law", "10", hard_fail=True))


def test_points_reasons_and_band():
    found = score(FULL, "school", {"a": D("55.5"), "b": D(25), "law": D(10)}, {"a": "thiếu minh chứng quý III"})
    assert found == Score(
        points=D("90.50"),
        band=EXCELLENT,
        recognised=True,
        failed=(),
        reasons=(
            "Tiêu chí a – 55,5/60 điểm: thiếu minh chứng quý III",
            "Tiêu chí b – 25/30 điểm",
            "Tiêu chí law – 10/10 điểm",
        ),
    )


@pytest.mark.parametrize(
    "points,band",
    [
        ("100", EXCELLENT),
        ("90", EXCELLENT),
        ("89.99", GOOD),
        ("80.00", GOOD),
        ("79.99", DONE),
        ("50", DONE),
        ("0", NOT_DONE),
    ],
)
def test_a_band_begins_with_its_lowest_points(points, band):
    assert band_of(FULL, D(points)) == band


def test_a_failed_decisive_criterion_outweighs_all_points():
    found = score(FULL, None, {"a": D(60), "b": D(30), "law": D(0)})
    assert (found.points, found.band, found.recognised, found.failed) == (D("90.00"), NOT_DONE, False, ("law",))
    assert found.reasons[-1] == "Tiêu chí law – 0/10 điểm (không đạt tiêu chí bắt buộc)"


def test_criteria_that_do_not_apply_are_left_out_of_the_maximum():
    criteria = a_set(a_criterion("all", "60"), a_criterion("school", "40", cohorts=("school",)))
    found = {
        cohort: score(criteria, cohort, {"all": D(50), "school": D(40)}).points
        for cohort in ("school", "residential", None)
    }
    assert found == {"school": D("90.00"), "residential": D("83.33"), None: D("83.33")}
    assert [c.key for c in applicable(criteria, "residential")] == ["all"]


@pytest.mark.parametrize(
    "points,rounded",
    [
        ("0.125", "0.13"),
        ("0.135", "0.14"),
        ("89.995", "90.00"),
        ("89.9949", "89.99"),
        ("66.665", "66.67"),
        ("0", "0.00"),
    ],
)
def test_half_a_hundredth_is_rounded_up(points, rounded):
    assert str(half_up(D(points))) == rounded


def test_what_is_missing_or_out_of_range_is_named_by_row():
    with pytest.raises(Invalid) as refused:
        score(FULL, None, {"a": D("60.01"), "law": D(-1)})
    assert refused.value.fields == {
        "scores.0.points": FieldError("points_out_of_range", {"criterion": "Tiêu chí a", "max": D(60)}),
        "scores.1.points": FieldError("points_missing", {"criterion": "Tiêu chí b"}),
        "scores.2.points": FieldError("points_out_of_range", {"criterion": "Tiêu chí law", "max": D(10)}),
    }


@pytest.mark.parametrize("points", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_what_is_no_number_is_out_of_range(points):
    with pytest.raises(Invalid):
        score(FULL, None, {"a": D(points), "b": D(0), "law": D(1)})


def test_a_unit_to_which_no_criterion_applies_is_refused():
    with pytest.raises(Invalid) as refused:
        score(a_set(a_criterion("school", "40", cohorts=("school",))), "residential", {})
    assert refused.value.fields == {"scores": FieldError("no_criteria", {})}


HUNDREDTHS = st.integers(1, 100_00).map(lambda n: D(n) / 100)


@st.composite
def judged(draw) -> tuple[CriteriaSet, dict[str, Decimal]]:
    maxima = draw(st.lists(HUNDREDTHS, min_size=1, max_size=12))
    criteria = [a_criterion(f"c{n}", str(maximum)) for n, maximum in enumerate(maxima)]
    points = {c.key: draw(st.decimals(0, c.max_points, places=2)) for c in criteria}
    return a_set(*criteria), points


@given(judged())
def test_a_score_lies_between_0_and_100_and_in_its_band(case):
    criteria, points = case
    found = score(criteria, None, points)
    assert 0 <= found.points <= 100
    assert found.points == found.points.quantize(D("0.01"))
    assert found.band == next(b for b in criteria.bands if found.points >= b.at_least)
    assert len(found.reasons) == len(criteria.criteria)


@given(judged())
def test_full_points_are_100_and_no_points_0(case):
    criteria, _ = case
    full = score(criteria, None, {c.key: c.max_points for c in criteria.criteria}).points
    none = score(criteria, None, {c.key: D(0) for c in criteria.criteria}).points
    assert (full, none) == (D(100), D(0))


@given(judged(), st.data())
def test_more_points_never_lower_the_score(case, data):
    criteria, points = case
    raised = data.draw(st.sampled_from(criteria.criteria))
    more = points | {raised.key: data.draw(st.decimals(points[raised.key], raised.max_points, places=2))}
    assert score(criteria, None, more).points >= score(criteria, None, points).points


@given(judged())
def test_a_criterion_for_others_changes_nothing(case):
    criteria, points = case
    wider = replace(criteria, criteria=(*criteria.criteria, a_criterion("other", "50", cohorts=("school",))))
    assert score(wider, "residential", points) == score(criteria, "residential", points)


def test_what_does_not_apply_to_a_kind_of_unit_neither_helps_nor_harms_it() -> None:
    both, ward = a_criterion("1", "10"), replace(a_criterion("2", "30"), unit_kinds=("ward",))
    criteria = a_set(both, ward)
    points = {"1": D(9), "2": D(15)}
    assert [c.key for c in applicable(criteria, None, "special_zone")] == ["1"]
    assert score(criteria, None, points, unit_kind="special_zone").points == D("90.00")
    assert score(criteria, None, points, unit_kind="ward").points == D("60.00")


def test_missing_points_hold_the_score_until_the_council_sets_them_to_0() -> None:
    lines = (a_criterion("1", "10"), a_criterion("2", "30"))
    points: dict[str, Decimal | None] = {"1": D(10), "2": None}
    assert held(lines, points) == ("2",)
    decided = zeroed(lines, points, {"2": "Không nộp minh chứng."})
    assert (held(lines, decided), decided) == ((), {"1": D(10), "2": D(0)})


@pytest.mark.parametrize(
    ("key", "reason", "code"),
    [("9", "Vì …", "zero_unknown"), ("1", "Vì …", "zero_has_points"), ("2", " ", "zero_without_reason")],
)
def test_only_a_missing_criterion_is_set_to_0_and_with_a_reason(key: str, reason: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        zeroed((a_criterion("1", "10"), a_criterion("2", "30")), {"1": D(1), "2": None}, {key: reason})
    assert refused.value.fields == {f"zeroed.{key}": FieldError(code, {"criterion": key})}


# ---- weights


def weighted(*groups: tuple[str, str]) -> CriteriaSet:
    """A 10 and a 30 in one group, a 20 in the other."""
    lines = (("1", "10", "A"), ("2", "30", "A"), ("3", "20", "B"))
    criteria = a_set(*(replace(a_criterion(key, most), group=group) for key, most, group in lines))
    return replace(criteria, groups=tuple(GroupWeight(name=name, weight=D(weight)) for name, weight in groups))


def test_weights_of_groups_and_criteria() -> None:
    plain, grouped = weighted(), weighted(("A", "60"), ("B", "40"))
    heavier = replace(grouped, criteria=tuple(replace(c, weight=D(1)) for c in grouped.criteria))
    points = {"1": D(5), "2": D(30), "3": D(10)}
    assert [score(criteria, None, points).points for criteria in (plain, grouped, heavier)] == [
        D("75.00"),  # 45 of 60
        D("72.50"),  # 60 × 35/40 + 40 × 10/20
        D("65.00"),  # 60 × (1/2 + 1)/2 + 40 × 1/2
    ]


def test_thirds_that_add_up_to_half_a_hundredth_are_rounded_up() -> None:
    """Three times a third of 0.005: digits that were cut off before would lose the upper hundredth."""
    criteria = a_set(*(replace(a_criterion(str(n), "3"), weight=D(1)) for n in range(3)))
    assert score(criteria, None, {"0": D("0.00015"), "1": D("0.00015"), "2": D("0.00015")}).points == D("0.01")


@st.composite
def grouped(draw: st.DrawFn) -> tuple[CriteriaSet, dict[str, Decimal]]:
    criteria, points = draw(judged())
    names = ("A", "B", "C")
    lines = tuple(
        replace(c, group=draw(st.sampled_from(names)), weight=draw(st.none() | HUNDREDTHS)) for c in criteria.criteria
    )
    groups = tuple(GroupWeight(name=name, weight=draw(HUNDREDTHS)) for name in names)
    return replace(criteria, criteria=lines, groups=draw(st.sampled_from([(), groups]))), points


@given(grouped())
def test_weights_share_one_whole_whatever_they_are(case: tuple[CriteriaSet, dict[str, Decimal]]) -> None:
    criteria, points = case
    assert sum(weights(criteria, criteria.criteria)) == 1
    assert 0 <= score(criteria, None, points).points <= 100
    assert score(criteria, None, {c.key: c.max_points for c in criteria.criteria}).points == 100


@given(grouped(), st.integers(2, 9))
def test_weights_count_beside_each_other_only(case: tuple[CriteriaSet, dict[str, Decimal]], times: int) -> None:
    criteria, points = case
    scaled = replace(
        criteria,
        criteria=tuple(replace(c, weight=c.counts * times) for c in criteria.criteria),
        groups=tuple(replace(g, weight=g.weight * times) for g in criteria.groups),
    )
    assert score(scaled, None, points) == score(criteria, None, points)


@given(grouped())
def test_a_set_is_kept_whole_and_known_by_its_digest(case: tuple[CriteriaSet, dict[str, Decimal]]) -> None:
    criteria, _ = case
    kept = set_of(plain_set(criteria))
    assert (kept, digest(kept)) == (criteria, digest(criteria))
    assert digest(replace(criteria, sample=False)) != digest(criteria)


def test_a_set_keeps_where_points_come_from() -> None:
    source = Source(kind=SourceKind.TITLE, model="khac", key="danh-hieu")
    criteria = a_set(replace(a_criterion("1", "10"), source=source, unit_kinds=("ward",)))
    assert set_of(plain_set(criteria)) == criteria


def test_what_is_kept_of_a_judgement() -> None:
    given_ = Given(points={"1": D(5), "2": None}, reasons={"1": "Vì …"}, proofs={"1": "Báo cáo 1"})
    criteria = a_set(a_criterion("1", "10"), a_criterion("2", "30"), a_criterion("3", "5", cohorts=("school",)))
    found = judgement(criteria, None, "ward", given_, may_hold=True)
    assert (found.points, found.band, found.content["held"], found.content["not_applicable"]) == (
        None,
        None,
        ["2"],
        ["3"],
    )
    assert found.content["lines"][0] == {
        "key": "1", "group": "Nhóm", "text": "Tiêu chí 1", "max_points": D(10), "points": D(5), "reason": "Vì …", "proof": "Báo cáo 1",
    }  # fmt: skip
    with pytest.raises(Invalid):
        judgement(criteria, None, "ward", given_, may_hold=False)
