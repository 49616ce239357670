"""On which days are people reminded of a deadline? A ladder of rungs, moved to working days."""

from datetime import UTC, date, datetime, time, timedelta

from engine.rules.calendar import WorkingCalendar
from engine.rules.cycle_models import ReminderLadder
from engine.rules.deadlines import ICT


def ladder(last_day: date, ladder: ReminderLadder, calendar: WorkingCalendar) -> list[tuple[int, datetime]]:
    """Plan the rungs around `last_day`: (days from the last day, negative before it; UTC instant), in order of time.

    Rungs up to the last day move back to a working day, rungs after it forward; of rungs that meet on
    one day the nearest to the deadline stays. Mails leave at the ladder's local hour.
    """
    rungs = [-n for n in ladder.before] + list(ladder.after)
    chosen: dict[date, int] = {}
    for rung in sorted(set(rungs), key=lambda r: (abs(r), r)):
        chosen.setdefault(_moved(last_day, rung, calendar), rung)
    return [(rung, _at(day, ladder.hour)) for day, rung in sorted(chosen.items())]


def _moved(last_day: date, rung: int, calendar: WorkingCalendar) -> date:
    day = last_day + timedelta(days=rung)
    return calendar.next_working_day(day) if rung > 0 else calendar.previous_working_day(day)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), ICT).astimezone(UTC)
