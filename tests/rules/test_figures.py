"""Figures: which fields write them, which quarter a deadline closes, and which numbers can be read in two ways."""

from decimal import Decimal

import pytest

from engine.rules.deadlines import DayRule, DeadlineRule, RuleKind
from engine.rules.figures import Part, Period, is_ambiguous, marks, quarter_of


@pytest.mark.parametrize(
    ("typed", "doubtful"),
    [("751.408", True), ("-1.234", True), ("0.125", False), ("1234.567", False), ("751408", False), ("65.25", False)],
)
def test_three_digits_behind_one_comma_may_mean_thousands(typed: str, doubtful: bool) -> None:
    assert is_ambiguous(Decimal(typed)) is doubtful


def test_marked_fields_and_columns_are_found_in_their_order() -> None:
    form = {
        "properties": {
            "name": {"type": "string"},
            "held": {"type": "integer", "x-figure": {"indicator": "cards"}},
            "rows": {
                "type": "array",
                "items": {
                    "properties": {
                        "code": {"type": "string"},
                        "all": {"type": "integer", "x-figure": {"indicator": "cards", "part": "whole"}},
                    }
                },
            },
            "odd": {"type": "integer", "x-figure": {"indicator": "cards", "part": "half"}},
        }
    }
    assert [(m.place, m.indicator, m.part) for m in marks(form)] == [
        ("held", "cards", Part.VALUE),
        ("rows.all", "cards", Part.WHOLE),
    ]


def rule(kind: RuleKind, **more: object) -> DeadlineRule:
    plain = {"name": "q", "rule": kind, "cohorts": (), "label": "", "wording": "", "source": "", "boundary": ""}
    return DeadlineRule(**(plain | more))  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("own", "name", "closed"),
    [
        (rule(RuleKind.QUARTER, number=2), "q", Period(year=0, quarter=2)),
        (rule(RuleKind.AFTER_PERIOD, period="quarter", number=4, year_offset=-1), "q", Period(year=-1, quarter=4)),
        (rule(RuleKind.RECURRING, period="quarter"), "q-3", Period(year=0, quarter=3)),
        (rule(RuleKind.QUARTER, number=2), "other", None),
        (rule(RuleKind.AFTER_PERIOD, period="month", number=4), "q", None),
        (rule(RuleKind.BEFORE, date=DayRule(day=10, month=11, year_offset=0)), "q", None),
    ],
)
def test_deadlines_of_quarters_say_which(own: DeadlineRule, name: str, closed: Period | None) -> None:
    assert quarter_of(own, name) == closed
