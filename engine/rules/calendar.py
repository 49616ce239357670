"""Which days are worked? Monday to Friday, as changed by the rows of the calendar table.

Pure: the rows (holidays, swapped days, an organisation's own days) are given; the table is the only source.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from engine.errors import ChukyError

_DAY = timedelta(days=1)
#: No calendar rests longer than this; a table that does is a mistake, not a holiday.
_LONGEST_REST = 60


class Row(Protocol):
    """A row of the calendar table, as far as counting needs it."""

    @property
    def kind(self) -> str:
        """Whether the day is `off` or `work`."""
        ...


class EndlessRest(ChukyError):
    """The calendar has no working day within two months: its rows are wrong."""


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The days of Vietnam's public bodies; days without a row are worked from Monday to Friday."""

    days: Mapping[date, Row]

    def is_working(self, day: date) -> bool:
        """Whether `day` is worked: its row says so, else it is not a Saturday or Sunday."""
        row = self.days.get(day)
        return day.weekday() < 5 if row is None else row.kind == "work"

    def next_working_day(self, day: date) -> date:
        """The first working day from `day` on, `day` itself included."""
        return self._walk(day, _DAY)

    def previous_working_day(self, day: date) -> date:
        """The last working day up to `day`, `day` itself included."""
        return self._walk(day, -_DAY)

    def add_working_days(self, day: date, n: int) -> date:
        """The `n`-th working day after `day` (before it when negative), `day` not counted; 0 answers `day`."""
        step = _DAY if n > 0 else -_DAY
        for _ in range(abs(n)):
            day = self._walk(day + step, step)
        return day

    def count(self, first: date, last: date) -> int:
        """Working days from `first` to `last`, both included; 0 when `last` stands before `first`."""
        return sum(self.is_working(day) for day in _between(first, last))

    def _walk(self, day: date, step: timedelta) -> date:
        start = day
        while not self.is_working(day):
            day += step
            if abs((day - start).days) > _LONGEST_REST:
                raise EndlessRest(start.isoformat())
        return day


def _between(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
