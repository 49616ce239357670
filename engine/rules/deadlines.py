"""When is something due? A rule of a pack and a year → first day, last day, the instant lateness begins.

All days are days in Asia/Ho_Chi_Minh; a deadline ends at 24:00 of its last day (Civil Code 2015, art. 148).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

ICT = ZoneInfo("Asia/Ho_Chi_Minh")


class RuleKind(StrEnum):
    """The closed vocabulary of deadline rules."""

    BEFORE = "before"
    BY = "by"
    WINDOW = "window"
    QUARTER = "quarter"
    AFTER_PERIOD = "after_period"
    RECURRING = "recurring"
    WITHIN = "within"
    MONTH_START = "month_start"
    STANDING = "standing"
    ONE_OFF = "one_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRule:
    """A day of the year, counted from the cycle's year."""

    day: int
    month: int
    year_offset: int  #: 0 the cycle's year, -1 the year before

    def on(self, year: int) -> date:
        """The calendar day for cycle `year`; 29 February becomes the month's last day."""
        wanted = year + self.year_offset
        if (self.month, self.day) == (2, 29):
            return date(wanted, 3, 1) - timedelta(days=1)
        return date(wanted, self.month, self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRule:
    """A `[[deadline]]` table of a pack. `day/month/year_offset` mean what `rule` says."""

    name: str
    rule: RuleKind
    cohorts: tuple[str, ...]  #: empty: every cohort
    label: str  #: what is due, for people
    wording: str  #: as the source says it, e.g. "trước ngày 10/11 hằng năm"
    source: str
    boundary: str  #: exclusive | inclusive
    date: DayRule | None = None  #: before, by, one_off; the window's end
    opens: DayRule | None = None  #: accepted from
    campaign: DayRule | None = None  #: start of the campaign window
    period: str | None = None  #: after_period, recurring: month | quarter | year | week
    number: int | None = None  #: which quarter or month of the year
    n: int | None = None  #: within: how many; after_period: day of the following month
    unit: str | None = None  #: within: calendar_day | working_day
    event: str | None = None  #: within: what starts the count
    year_offset: int = 0  #: after_period: year of the period


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One deadline of one cycle for one deadline group: days, never instants, except `late_from`."""

    name: str
    group: str
    label: str
    first_day: date | None  #: accepted from; None: at once
    campaign_day: date | None
    last_day: date | None  #: last valid day, inclusive; None: no deadline
    wording: str
    source: str

    @property
    def late_from(self) -> datetime | None:
        """The first late instant: 24:00 of the last day, in UTC."""
        return None if self.last_day is None else start_of_day(self.last_day + timedelta(days=1))


def start_of_day(day: date) -> datetime:
    """00:00 of `day` in Asia/Ho_Chi_Minh, as a UTC instant."""
    return datetime.combine(day, time(), ICT).astimezone(UTC)


def local_day(instant: datetime) -> date:
    """The day in Asia/Ho_Chi_Minh that `instant` (aware) falls in."""
    return instant.astimezone(ICT).date()


def days_late(last_day: date | None, at: datetime) -> int | None:
    """Days from the last valid day to the day of `at`; 0 on time, None without a deadline."""
    return None if last_day is None else max(0, (local_day(at) - last_day).days)
