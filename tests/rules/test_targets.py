"""Targets: the source's own operator decides at the boundary, and what nobody counted is not judged."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.targets import Comparison, Figure, Gap, Measure, Target, judge, of_year

D = Decimal


def target(comparison: str, value: str, upper: str | None = None, measure: str = "percent", **span: int) -> Target:
    return Target(
        indicator="x",
        label="Chỉ tiêu",
        measure=Measure(measure),
        comparison=Comparison(comparison),
        value=D(value),
        upper=None if upper is None else D(upper),
        first_year=span.get("first", 2026),
        last_year=span.get("last"),
        wording="",
        source="",
    )


@pytest.mark.parametrize(
    ("asked", "reached", "met"),
    [
        (target(">", "65"), "65.0", False),
        (target(">", "65"), "65.01", True),
        (target(">=", "90"), "90", True),
        (target(">=", "90"), "89.999", False),
        (target("<=", "3", measure="rank"), "3", True),
        (target("<=", "3", measure="rank"), "4", False),
        (target("<", "1"), "1", False),
        (target("=", "9", measure="count"), "9", True),
        (target("between", "100", "120", measure="rank"), "120", True),
        (target("between", "100", "120", measure="rank"), "121", False),
        (target(">=", "100"), "99.999", False),
    ],
)
def test_the_operator_decides_at_the_boundary(asked: Target, reached: str, met: bool) -> None:
    assert judge(asked, Figure(value=D(reached))).met is met


def test_a_share_is_taken_of_its_whole_and_judged_exactly() -> None:
    found = judge(target(">", "66.66"), Figure(value=D(2), whole=D(3)))
    assert (found.reached, found.met, found.gap) == (D("66.67"), True, None)
    assert judge(target(">", "66.67"), Figure(value=D(2), whole=D(3))).met is False  # shown as 66,67, yet below it


@pytest.mark.parametrize(
    ("asked", "figure", "gap"),
    [
        (target(">=", "50", measure="reduction"), Figure(value=D(10)), Gap.NO_BASELINE),
        (target(">=", "50", measure="reduction"), Figure(value=D(10), baseline=D(0)), Gap.NO_BASELINE),
        (target(">=", "50"), Figure(value=D(10), whole=D(0)), Gap.NO_WHOLE),
        (target(">=", "50"), Figure(), Gap.NO_FIGURE),
        (target(">=", "50"), Figure(value=D("NaN")), Gap.NO_FIGURE),
    ],
)
def test_what_nobody_counted_is_not_judged(asked: Target, figure: Figure, gap: Gap) -> None:
    found = judge(asked, figure)
    assert (found.reached, found.met, found.gap) == (None, None, gap)


def test_about_is_shown_and_never_judged() -> None:
    found = judge(target("~", "300", measure="count"), Figure(value=D(250)))
    assert (found.reached, found.met, found.gap) == (D("250.00"), None, Gap.ONLY_ABOUT)


def test_a_reduction_counts_from_its_baseline() -> None:
    half = judge(target(">=", "50", measure="reduction"), Figure(value=D(60), baseline=D(120)))
    more = judge(target(">=", "50", measure="reduction"), Figure(value=D(150), baseline=D(120)))
    assert [(v.reached, v.met) for v in (half, more)] == [(D("50.00"), True), (D("-25.00"), False)]


def test_a_year_has_the_targets_of_its_span() -> None:
    once, always = target(">=", "80", first=2030, last=2030), target("=", "100", first=2026)
    assert [of_year([once, always], year) for year in (2025, 2026, 2030, 2031)] == [
        (),
        (always,),
        (once, always),
        (always,),
    ]


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.integers(0, 100))
def test_a_share_is_met_exactly_when_the_fraction_is(part: int, whole: int, asked: int) -> None:
    found = judge(target(">", str(asked)), Figure(value=D(part), whole=D(whole)))
    assert found.met is (Fraction(part * 100, whole) > asked)
    assert found.reached is not None
    assert abs(Fraction(found.reached) - Fraction(part * 100, whole)) <= Fraction(1, 200)
