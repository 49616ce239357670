"""Quarters become a year and units become the city, exactly, and what is missing is said and never filled in."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rules.figures import Entry, Gather, Indicator, Quarters
from engine.rules.gathering import Gathered, Yearly, gather, of_year
from engine.rules.targets import Comparison, Figure, Gap, Measure, Target, judge, judge_each
from engine.rules.units import UnitId

D = Decimal
LEAD, ONE, TWO = UnitId(1), UnitId(2), UnitId(3)
SHARE = Indicator(key="x", label="X", measure=Measure.PERCENT, gather=Gather.SUM, unit_kinds=("ward",))


def entry(value: str | None, whole: str | None = None, *, quarter: int = 0, baseline: str | None = None) -> Entry:
    def exact(text: str | None) -> Decimal | None:
        return None if text is None else D(text)

    return Entry(
        id=1, model="m", indicator="x", unit_id=ONE, year=2027, quarter=quarter, number=1, value=exact(value),
        whole=exact(whole), baseline=exact(baseline), source="S", document="", entered_at=datetime(2027, 4, 1, tzinfo=UTC),
        by_id=None, by_name="A",
    )  # fmt: skip


def together(own: Indicator, rows: dict[UnitId, list[Entry]], **more: object) -> Gathered:
    return gather(own, rows, **({"lead": [LEAD], "expected": [ONE, TWO]} | more))  # type: ignore[arg-type]


def test_of_a_level_the_last_quarter_stands_for_the_year_of_a_flow_the_quarters_are_added() -> None:
    rows = [entry("1", "4", quarter=1), entry("2", "5", quarter=3), entry(None, "9", quarter=4)]
    assert of_year(SHARE, rows) == Yearly(figure=Figure(value=D(2), whole=D(5)), quarter=3)
    flow = replace(SHARE, quarters=Quarters.SUM)
    assert of_year(flow, rows) == Yearly(figure=Figure(value=D(3), whole=D(9)), quarter=3, complete=False)
    assert of_year(flow, [*rows, entry("7", "8")]) == Yearly(figure=Figure(value=D(7), whole=D(8)))
    assert of_year(SHARE, [entry(None, "9")]) is None


def test_units_are_added_with_their_wholes() -> None:
    found = together(SHARE, {ONE: [entry("1", "3")], TWO: [entry("1", "1")]})
    assert (found.figure, found.counted, found.expected, found.complete) == (
        Figure(value=D(2), whole=D(4)), 2, 2, True,
    )  # fmt: skip
    half = together(SHARE, {ONE: [entry("1", "3")], UnitId(9): [entry("5", "5")]})
    assert (half.figure, half.complete) == (Figure(value=D(1), whole=D(3)), False)


@pytest.mark.parametrize(
    ("own", "rows", "gap"),
    [
        (SHARE, {ONE: [entry("40")], TWO: [entry("1", "2")]}, Gap.NO_WHOLE),
        (SHARE, {}, Gap.NO_FIGURE),
        (replace(SHARE, measure=Measure.REDUCTION), {ONE: [entry("1")]}, Gap.NO_BASELINE),
        (replace(SHARE, gather=Gather.MEAN), {ONE: [entry("0", "0")]}, Gap.NO_WHOLE),
        (replace(SHARE, gather=Gather.LEAD), {ONE: [entry("1", "2")]}, Gap.NO_FIGURE),
    ],
)
def test_what_cannot_be_put_together_is_a_gap(own: Indicator, rows: dict[UnitId, list[Entry]], gap: Gap) -> None:
    found = together(own, rows)
    assert (found.figure, found.gap) == (Figure(), gap)


def test_the_mean_is_that_of_the_units_own_shares() -> None:
    own = replace(SHARE, gather=Gather.MEAN)
    assert together(own, {ONE: [entry("1", "2")], TWO: [entry("100", "100")]}).figure == Figure(value=D(75))
    fall = replace(own, measure=Measure.REDUCTION)
    rows = {ONE: [entry("60", baseline="100")], TWO: [entry("40")]}
    assert together(fall, rows, baselines={TWO: D(50), ONE: D(1)}).figure == Figure(value=D(70), baseline=D(100))


def test_the_lead_units_own_figure_stands_over_the_units() -> None:
    found = together(SHARE, {LEAD: [entry("9", "10")], ONE: [entry("1", "2")]})
    assert (found.figure, found.by_lead, found.of_units, found.complete) == (
        Figure(value=D(9), whole=D(10)), True, Figure(value=D(1), whole=D(2)), True,
    )  # fmt: skip


def target(comparison: str = ">=", value: str = "90") -> Target:
    return Target(
        indicator="x", label="X", measure=Measure.PERCENT, comparison=Comparison(comparison), value=D(value), upper=None,
        first_year=2026, last_year=None, wording="", source="",
    )  # fmt: skip


def test_an_unfinished_year_is_never_missed_and_an_incomplete_count_never_judged() -> None:
    low, high = Figure(value=D(89)), Figure(value=D(90))
    said = [
        (verdict.met, verdict.gap)
        for verdict in (
            judge(target(), low, over=False),
            judge(target(), high, over=False),
            judge(target(), high, complete=False),
            judge(target(), low),
        )
    ]
    assert said == [(None, Gap.NOT_OVER), (True, None), (None, Gap.INCOMPLETE), (False, None)]


def test_where_each_unit_is_judged_the_weakest_is_shown() -> None:
    three = [Figure(value=D(95)), Figure(value=D(90)), Figure(value=D(99))]
    assert (judge_each(target(), three).met, judge_each(target(), three).reached) == (True, D("90.00"))
    assert judge_each(target(), [*three, Figure(value=D(80))]).met is False
    assert judge_each(target(), [*three, Figure()]).gap is Gap.NO_FIGURE
    assert judge_each(target(), []).gap is Gap.NOT_DUE


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)), min_size=1, max_size=20))
def test_sums_are_exact_whatever_the_order(counts: list[tuple[int, int]]) -> None:
    rows = {UnitId(n + 2): [entry(str(part), str(whole))] for n, (part, whole) in enumerate(counts)}
    found = together(SHARE, rows, expected=list(rows))
    assert found == together(SHARE, dict(reversed(rows.items())), expected=list(rows))
    assert found.figure == Figure(value=D(sum(p for p, _ in counts)), whole=D(sum(w for _, w in counts)))
