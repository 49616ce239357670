"""Is a submission on time, and if not, by how many days is it late? Said by the rule, never by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.rules.deadlines import Deadline, local_day


class LatenessStatus(StrEnum):
    """What the rule says of a submission."""

    ON_TIME = "on_time"
    NAMED_DAY_UNCONFIRMED = "named_day_unconfirmed"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """What is said of one submission; days are counted from the last valid day, 0 unless it is late."""

    status: LatenessStatus
    days_late: int


ON_TIME = Lateness(status=LatenessStatus.ON_TIME, days_late=0)
UNCONFIRMED = Lateness(status=LatenessStatus.NAMED_DAY_UNCONFIRMED, days_late=0)


def lateness(last_day: date | None, named_day: date | None, at: datetime, *, reading_confirmed: bool) -> Lateness:
    """Judge a submission at `at` (aware) by its day in Asia/Ho_Chi_Minh; without a last day it is on time.

    Until the competent body has confirmed how "trước ngày" is read, a submission after the last valid day and up to
    `named_day` is not counted as late: `named_day_unconfirmed`. Source: docs/legal-basis.md, section 1.
    """
    day = local_day(at)
    if last_day is None or day <= last_day:
        return ON_TIME
    if not reading_confirmed and named_day is not None and day <= named_day:
        return UNCONFIRMED
    return Lateness(status=LatenessStatus.LATE, days_late=(day - last_day).days)


def lateness_of(deadline: Deadline, at: datetime, *, reading_confirmed: bool) -> Lateness:
    """The same by a deadline."""
    return lateness(deadline.last_day, deadline.named_day, at, reading_confirmed=reading_confirmed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One complete submission; from the second on with the last day by which it had to come back."""

    at: datetime
    due: date | None  #: None: no return deadline was set


def counted_moment(rounds: Sequence[Round]) -> datetime:
    """The moment that counts of a submission that was returned and handed in again, in the order of time.

    The first complete submission counts as long as each correction came back within its return deadline; one that
    came later counts itself, and so on from there.
    """
    counted = rounds[0].at
    for again in rounds[1:]:
        if again.due is not None and local_day(again.at) > again.due:
            counted = again.at
    return counted
