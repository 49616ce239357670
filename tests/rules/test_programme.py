"""What is the programme of a model, and where do its sums not add up?"""

from datetime import date

import pytest

from api.texts.periods import amount_text, period_text, planned_text
from engine.rules.programme import (
    Milestone,
    MilestoneState,
    Mismatch,
    Money,
    Per,
    Period,
    Programme,
    Standing,
    in_order,
    mismatches,
    names_fit,
    period_of,
    standing,
)


def days(first: str | None, last: str | None) -> Period:
    return Period(first=date.fromisoformat(first) if first else None, last=date.fromisoformat(last) if last else None)


@pytest.mark.parametrize(
    ("text", "first", "last", "written"),
    [
        ("2025", "2025-01-01", "2025-12-31", "năm 2025"),
        ("2025-Q2", "2025-04-01", "2025-06-30", "Quý II/2025"),
        ("2024-02", "2024-02-01", "2024-02-29", "tháng 2/2024"),
        ("2025-12", "2025-12-01", "2025-12-31", "tháng 12/2025"),
        ("2025-07-31", "2025-07-31", "2025-07-31", "ngày 31/07/2025"),
        ("2026..2028", "2026-01-01", "2028-12-31", "2026–2028"),
        ("2025-09..2026-05", "2025-09-01", "2026-05-31", "từ tháng 9/2025 đến hết tháng 5/2026"),
        ("2025-Q4..", "2025-10-01", None, "từ Quý IV/2025"),
        ("2029..", "2029-01-01", None, "từ năm 2029"),
        ("..2030", None, "2030-12-31", "đến hết năm 2030"),
        ("..2030-06-15", None, "2030-06-15", "đến hết ngày 15/06/2030"),
    ],
)
def test_a_period_is_read_and_written_as_the_source_says_it(
    text: str, first: str | None, last: str | None, written: str
) -> None:
    found = period_of(text)
    assert found == days(first, last)
    assert found is not None
    assert period_text(found) == written


@pytest.mark.parametrize("text", ["", "..", "2025-Q5", "2025-13", "2025-02-30", "25", "2030..2025", "1999", "năm 2025"])
def test_what_is_no_period_is_none(text: str) -> None:
    assert period_of(text) is None


def test_periods_touch_when_they_share_a_day() -> None:
    year = days("2026-01-01", "2026-12-31")
    others = [("2025..", True), ("..2025", False), ("2026-12-31", True), ("2027..", False), ("..2026-01-01", True)]
    assert [(text, period_of(text).touches(year)) for text, _ in others] == others  # type: ignore[union-attr]


def a_milestone(period: str) -> Milestone:
    found = period_of(period)
    assert found is not None
    return Milestone(
        key="k",
        label="Mốc",
        period=found,
        leads=("Sở A",),
        coordinating=(),
        product="",
        wording="w",
        source="s",
        note="",
    )


@pytest.mark.parametrize(
    ("period", "state", "known", "shown"),
    [
        ("2025", MilestoneState.PLANNED, "2026-01-01", Standing.BEFORE),
        ("2026-Q1", MilestoneState.PLANNED, "2026-01-01", Standing.OVERDUE),
        ("2026-Q1", MilestoneState.UNDER_WAY, "2026-01-01", Standing.OVERDUE),
        ("2026-Q1", MilestoneState.DONE, "2026-01-01", Standing.DONE),
        ("2025", MilestoneState.DROPPED, "2026-01-01", Standing.DROPPED),
        ("2026-05-02", MilestoneState.PLANNED, "2026-01-01", Standing.PLANNED),
        ("2026-05-01", MilestoneState.PLANNED, "2026-01-01", Standing.OVERDUE),
        ("2029..", MilestoneState.UNDER_WAY, "2026-01-01", Standing.UNDER_WAY),
        ("2025", MilestoneState.PLANNED, None, Standing.BEFORE),
    ],
)
def test_only_what_runs_out_here_is_overdue(
    period: str, state: MilestoneState, known: str | None, shown: Standing
) -> None:
    since = date.fromisoformat(known) if known else None
    found = standing(a_milestone(period), state, known_since=since, today=date(2026, 5, 2))
    assert found is shown


def test_milestones_stand_by_their_end_and_open_ones_last() -> None:
    periods = ["2029..", "2026", "2025-Q2", "..2025-06-30"]
    assert [period_text(m.period) for m in in_order([a_milestone(p) for p in periods])] == [
        "đến hết tháng 6/2025",
        "Quý II/2025",
        "năm 2026",
        "từ năm 2029",
    ]


def money(key: str, amount: int | None, part_of: str | None = None, per: Per = Per.PERIOD) -> Money:
    return Money(
        key=key, label=key, fund="f", period=days("2025-01-01", "2030-12-31"), amount=amount, per=per, part_of=part_of,
        wording="w", source="s", note="",
    )  # fmt: skip


def test_sums_are_checked_and_yearly_amounts_are_counted_for_every_year() -> None:
    rows = (
        money("yearly", 21, per=Per.YEAR), money("a", 74, "yearly"), money("b", 52, "yearly"),
        money("wrong", 11), money("c", 10, "wrong"), money("d", 6, "wrong"),
        money("unknown", 9), money("e", None, "unknown"), money("f", 3, "unknown"),
    )  # fmt: skip
    programme = Programme(leads=("Sở A",), coordinating=(), source="s", milestones=(), money=rows)
    assert mismatches(programme) == (Mismatch(key="wrong", stated=11, summed=16),)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (4_180_000_000, "4,18 tỷ đồng"),
        (16_215_376_000_000, "16.215,376 tỷ đồng"),
        (700_000_000, "700 triệu đồng"),
        (1_234_567, "1.234.567 đồng"),
        (0, "0 đồng"),
        (1_000_000_001, "1.000.000.001 đồng"),
        (-250_000_000, "-250 triệu đồng"),
    ],
)
def test_money_is_written_in_words_that_lose_no_dong(amount: int, text: str) -> None:
    assert amount_text(amount) == text


def test_a_planned_amount_says_for_what_it_is() -> None:
    said = [planned_text(2_960_000_000, Per.YEAR), planned_text(5, Per.PERIOD), planned_text(None, Per.YEAR)]
    assert said == ["2,96 tỷ đồng/năm", "5 đồng", "Không nêu số tiền"]


def test_a_body_is_known_by_its_name_however_it_is_typed() -> None:
    names = ["Uỷ ban MTTQ Việt Nam thành phố", "Xã Cẩm Giang"]
    told = ["ủy ban mttq Việt Nam thành phố", "Xã Cẩm Giàng", "Xã Cẩm Giang"]
    assert [names_fit(name, names) for name in told] == [True, False, True]
