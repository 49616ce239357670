"""From which day is a task's duration counted: from the day that people entered, else from its opening."""

from datetime import UTC, date, datetime

import pytest

from engine.use_cases.runs import since_of

OPENED = datetime(2026, 2, 3, 2, 30, tzinfo=UTC)
SINCE = {"since": "ngay"}


@pytest.mark.parametrize("entered", ["2026-01-30", date(2026, 1, 30), "2026-01-30T09:00"])
def test_a_day_that_was_entered_stands_over_the_opening(entered: str | date) -> None:
    # 00:00 of the day in Vietnam.
    assert since_of(SINCE, {"ngay": entered}, OPENED) == datetime(2026, 1, 29, 17, tzinfo=UTC)


@pytest.mark.parametrize("entered", [None, "", "hôm qua", 30, "2026-13-01"])
def test_what_is_no_day_changes_nothing(entered: str | int | None) -> None:
    assert since_of(SINCE, {"ngay": entered}, OPENED) == OPENED
    assert since_of({}, {"ngay": "2026-01-30"}, OPENED) == OPENED


def test_a_day_to_come_gives_nobody_more_time() -> None:
    assert since_of(SINCE, {"ngay": "2026-03-01"}, OPENED) == OPENED
