"""What does the core ask of the store about who holds titles? Rows made for reading."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from engine.rules.decisions import DecisionId
from engine.rules.units import UnitId


class TitleState(StrEnum):
    """What holds of a title on a day."""

    HELD = "held"
    ENDING = "ending"  # held, and about to run out
    ENDED = "ended"  # run out, or replaced by a newer one
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleFilter:
    """Which titles are wanted; None and empty leave a question open."""

    day: date  #: on which `state` is asked
    scope: Collection[UnitId] | None  #: None: everybody's, as the public sees them
    state: TitleState | None = None
    model: str = ""
    key: str = ""
    members: bool | None = None  #: of persons, or of units
    text: str = ""  #: name or code of the unit


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleRow:
    """One title of a list."""

    id: int
    model: str
    key: str
    year: int
    unit_id: UnitId
    unit: str
    unit_code: str
    superior: str | None
    member_name: str  #: empty when the unit holds it
    from_day: date
    since: date  #: first day of this very title of this holder, renewals included
    until_day: date | None
    cancelled_on: date | None
    decision_id: DecisionId
    symbol: str
    code: str  #: of the decision, for checking


@dataclass(frozen=True, slots=True, kw_only=True)
class TitlePage:
    """Some rows of a list, and how long the whole list is."""

    rows: tuple[TitleRow, ...]
    total: int
