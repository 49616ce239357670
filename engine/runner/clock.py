"""What time is it? The only place, beside the web layer, that reads the machine's clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

#: Answers the present instant, aware.
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class FixedClock:
    """Stands still at an aware instant: demonstrations and tests (`CHUKY_NOW`)."""

    at: datetime

    def __post_init__(self) -> None:
        _check_aware(self.at)

    def __call__(self) -> datetime:
        return self.at


class WalkingClock:
    """Walks through a year at the rehearsal's pace, and never back."""

    def __init__(self, at: datetime) -> None:
        _check_aware(at)
        self._at = at

    def __call__(self) -> datetime:
        return self._at

    def walk_to(self, at: datetime) -> None:
        """Go on to `at`; an earlier instant is refused with `ValueError`."""
        _check_aware(at)
        if at < self._at:
            raise ValueError(f"time does not walk back from {self._at} to {at}")
        self._at = at


def _check_aware(at: datetime) -> None:
    if at.tzinfo is None:
        raise ValueError(f"an instant needs its time zone: {at}")
