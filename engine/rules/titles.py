"""Who holds which title (danh hiệu), since when, until when, by which decision?"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from engine.rules.decisions import DecisionId
from engine.rules.dossiers import DossierId
from engine.rules.units import UnitId

#: So many days before its last one a title is about to run out: listed, and its holder is told.
ENDING_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Title:
    """A title held from a decision until its last day or its cancellation."""

    id: int
    model: str
    key: str  #: title key of the pack
    year: int
    unit_id: UnitId  #: holder, or the holder's branch
    member_name: str  #: empty when the unit holds it
    dossier_id: DossierId
    decision_id: DecisionId
    from_day: date
    until_day: date | None  #: inclusive
    cancelled_on: date | None
    cancelled_by_id: DecisionId | None

    def held_on(self, day: date) -> bool:
        """Whether the title is held on `day`."""
        return (
            self.from_day <= day
            and (self.until_day is None or day <= self.until_day)
            and (self.cancelled_on is None or day < self.cancelled_on)
        )


def last_day(granted: date, years: int | None) -> date | None:
    """The last day of a title of so many years: the same day of its last year, 28 February for the 29th.

    Source: Civil Code 2015, art. 148 (a term in years ends on the corresponding day). None: no end.
    """
    if years is None:
        return None
    year = granted.year + years
    return granted.replace(year=year, day=min(granted.day, monthrange(year, granted.month)[1]))
