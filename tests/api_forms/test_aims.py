"""Targets as people read them: the operator in words, years as spans."""

from decimal import Decimal

import pytest

from api.texts.aims import target_text, years_text
from engine.rules.targets import Comparison, Measure, Target


def target(measure: str, comparison: str, value: str, upper: str | None = None, *years: int) -> Target:
    first, last = (*years, None)[:2] if years else (2026, None)
    return Target(
        indicator="x",
        label="",
        measure=Measure(measure),
        comparison=Comparison(comparison),
        value=Decimal(value),
        upper=None if upper is None else Decimal(upper),
        first_year=first or 2026,
        last_year=last,
        wording="",
        source="",
    )


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (target("percent", ">", "65"), "trên 65%"),
        (target("percent", ">=", "95.5"), "ít nhất 95,5%"),
        (target("percent", "between", "47", "50"), "từ 47% đến 50%"),
        (target("reduction", ">=", "50"), "giảm ít nhất 50%"),
        (target("count", ">=", "15400"), "ít nhất 15.400"),
        (target("count", "~", "300"), "khoảng 300"),
        (target("rank", "<=", "3"), "từ hạng 1 đến hạng 3"),
        (target("rank", "between", "100", "120"), "từ hạng 100 đến hạng 120"),
        (target("rank", "=", "1"), "hạng đúng 1"),
    ],
)
def test_a_target_is_said_with_its_operator(asked: Target, text: str) -> None:
    assert target_text(asked) == text


def test_its_years_are_said_as_a_span() -> None:
    spans = [target("count", "=", "1", None, *years) for years in ((2030, 2030), (2026, 2028), (2026,))]
    assert [years_text(one) for one in spans] == ["2030", "2026–2028", "hằng năm, từ 2026"]
