"""How does a lead ask others for their opinion (xin ý kiến)? A question with a last day, answered once by each unit."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from engine.rules.units import AccountId, UnitId


class View(StrEnum):
    """What an answer comes to."""

    AGREE = "agree"
    AGREE_WITH_REMARKS = "agree_with_remarks"
    DISAGREE = "disagree"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to other units, about a milestone of a model's programme."""

    id: int
    model: str
    milestone: str
    unit_id: UnitId  #: which asks
    subject: str
    question: str
    last_day: date  #: of answering, inclusive
    asked_at: datetime
    by_id: AccountId | None
    by_name: str
    closed_at: datetime | None  #: since when nobody is waited for any more
    row_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What one unit answers; until `answered_at` it is waited for."""

    id: int
    request_id: int
    unit_id: UnitId
    view: View | None
    text: str
    file_sha256: str  #: empty: no file
    file_name: str
    media_type: str
    answered_at: datetime | None
    by_id: AccountId | None
    by_name: str
    row_version: int
