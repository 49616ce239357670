"""Does every clock answer an aware instant, and does walked time never go back?"""

from datetime import UTC, datetime, timedelta

import pytest

from engine.runner.clock import FixedClock, WalkingClock, system_clock

NOON = datetime(2026, 11, 1, 5, tzinfo=UTC)


def test_the_system_clock_is_in_utc() -> None:
    assert system_clock().utcoffset() == timedelta(0)


def test_a_fixed_clock_stands_still() -> None:
    clock = FixedClock(NOON)
    assert [clock(), clock()] == [NOON, NOON]


def test_a_walking_clock_goes_on_and_never_back() -> None:
    clock = WalkingClock(NOON)
    clock.walk_to(NOON + timedelta(days=8))
    clock.walk_to(NOON + timedelta(days=8))
    with pytest.raises(ValueError):
        clock.walk_to(NOON)
    assert clock() == NOON + timedelta(days=8)


@pytest.mark.parametrize("clock", [FixedClock, WalkingClock])
def test_an_instant_without_a_zone_is_refused(clock: type[FixedClock] | type[WalkingClock]) -> None:
    with pytest.raises(ValueError):
        clock(datetime(2026, 11, 1))
