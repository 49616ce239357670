"""What is a cycle? One model in one year, opened by an officer under a confirmed reading of its dates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from engine.rules.units import UnitId

CycleId = NewType("CycleId", int)


class CycleState(StrEnum):
    """A cycle is open from its opening until every dossier is closed."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """One model in one year; instances stay on the version of their cycle."""

    id: CycleId
    model: str  #: pack key
    version: str  #: sha256 of the pack
    year: int  #: the year the result is for
    unit_id: UnitId  #: the unit that opened it
    state: CycleState
    opened_at: datetime
    closed_at: datetime | None
    reading_confirmed: bool  #: "trước ngày" read as excluding the named day, by the competent body
    dispatch: str  #: number of the dispatch that confirms it, or empty
    settings: Mapping[str, bool | int | str]
    row_version: int
    transitional_until: date | None = None  #: opened late: what had passed ends with this day, and nothing is late

    @property
    def transitional(self) -> bool:
        """Whether it was opened late, so that nothing in it is counted as late."""
        return self.transitional_until is not None
