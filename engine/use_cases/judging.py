"""Which dates hold for a dossier, and what does the rule say of what was handed in?"""

from datetime import date, datetime
from typing import Final

from engine.ports.store import UnitOfWork
from engine.rules.cycles import Cycle
from engine.rules.deadlines import Deadline, local_day
from engine.rules.dossiers import Dossier
from engine.rules.lateness import LatenessStatus, lateness
from engine.rules.redating import changed

#: `lenient_until` of work in a transitional cycle: nobody calls it late, ever.
FOREVER: Final = date(9999, 12, 31)


def deadlines_for(
    uow: UnitOfWork, cycle: Cycle, dossier: Dossier, unit_code: str, *, today: date
) -> dict[str, Deadline]:
    """The dates that hold for a dossier today: those of the opening, with every change since that concerns it.

    The day to which a duration was moved holds as long as it has not passed: what begins later is counted as ever.
    """
    fixed = uow.cycles.deadlines(cycle.id, dossier.group)
    held = changed(fixed, uow.cycles.changes(cycle.id), dossier.cohort, unit_code)
    return {
        name: fixed[name] if _is_over(fixed[name], deadline, today) else deadline for name, deadline in held.items()
    }


def _is_over(fixed: Deadline, held: Deadline, today: date) -> bool:
    return fixed.last_day is None and held.last_day is not None and held.last_day < today


def judged(cycle: Cycle, deadline: Deadline | None, last_day: date | None, at: datetime) -> tuple[int | None, bool]:
    """Days late of what came at `at` by `last_day`, and whether it came on the named day and waits for the reading.

    None without a last day; 0 in a transitional cycle, where nothing is late.
    """
    if last_day is None:
        return None, False
    if cycle.transitional:
        return 0, False
    named = deadline.named_day if deadline is not None and deadline.last_day == last_day else None
    # A deadline keeps its named day only as long as the reading is open.
    found = lateness(last_day, named, at, reading_confirmed=False)
    return found.days_late, found.status is LatenessStatus.NAMED_DAY_UNCONFIRMED


def lenient_until(cycle: Cycle, deadline: Deadline | None) -> date | None:
    """The day up to which open work is not called late though its last day is over; None: as soon as that is over."""
    if deadline is None or deadline.last_day is None:
        return None
    return FOREVER if cycle.transitional else deadline.named_day


def is_late(last_day: date | None, lenient: date | None, now: datetime) -> bool:
    """Whether open work is late at `now` (aware)."""
    return is_late_on(last_day, lenient, local_day(now))


def is_late_on(last_day: date | None, lenient: date | None, day: date) -> bool:
    """Whether open work is late on a day in Vietnam."""
    return last_day is not None and day > max(last_day, lenient or last_day)
