"""Who does an absent person's work, from when to when, which work, and in which legal form do they sign?

A delegation (ủy quyền) hands the work of one position to another person for some days. It is a right to do that work and
nothing else: it is not handed on, and after its last day it opens no door.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from engine.rules.permissions import JUDGING, SIGNING
from engine.rules.units import AccountId, UnitId

#: Acts by which somebody's work is looked at once more: never by the one who did it.
CONTROL: Final = JUDGING | SIGNING | {"acknowledge", "decide"}


class LegalForm(StrEnum):
    """How the signature block names the one who signs for another. Source: Nghị định 30/2020/NĐ-CP, Điều 13."""

    DEPUTY = "KT"  # ký thay: the deputy for the head
    BY_ORDER = "TL"  # thừa lệnh: by the working rules
    AUTHORISED = "TUQ"  # thừa ủy quyền: in writing, for a time, not to be handed on


class DelegationKind(StrEnum):
    """What the delegation rests on."""

    WRITTEN = "written"  # a paper made for it
    RULES = "rules"  # the working rules of the body


class DelegationScope(StrEnum):
    """Which work is handed over, signing aside."""

    ALL = "all"
    MODEL = "model"  # of one model
    ACT = "act"  # of one kind
    SIGNING = "signing"  # nothing but signing


class DelegationState(StrEnum):
    """Where a delegation stands on a day; the date alone leads from one to the next, but for taking back."""

    PLANNED = "planned"
    RUNNING = "running"
    OVER = "over"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """The work of one position in the hands of a substitute from `first_day` to `last_day`, both inclusive, in Vietnam."""

    id: int
    unit_id: UnitId
    role: str
    from_id: AccountId
    to_id: AccountId
    first_day: date
    last_day: date
    scope: DelegationScope
    code: str  #: key of the model or name of the act; else empty
    signs: bool  #: signing is handed over too
    kind: DelegationKind
    form: LegalForm | None  #: how the substitute signs; None: does not sign
    title: str  #: the substitute's own position, as it stands below the form
    document: str  #: number and day of the paper; never empty where `signs`
    reason: str
    created_at: datetime
    created_by: AccountId | None
    ended_at: datetime | None  #: taken back before its last day was over
    row_version: int

    def state_on(self, day: date) -> DelegationState:
        """Where it stands on `day` (as far as it was not taken back later)."""
        if self.ended_at is not None:
            return DelegationState.TAKEN_BACK
        if day < self.first_day:
            return DelegationState.PLANNED
        return DelegationState.RUNNING if day <= self.last_day else DelegationState.OVER

    def overlaps(self, other: "Delegation") -> bool:
        """Whether both hand the same work of one position over on one day."""
        if self.ended_at is not None or other.ended_at is not None:
            return False
        if (self.unit_id, self.role, self.from_id) != (other.unit_id, other.role, other.from_id):
            return False
        if self.first_day > other.last_day or other.first_day > self.last_day:
            return False
        both = {self.scope, other.scope}
        same = (self.scope, self.code) == (other.scope, other.code)
        return (
            (self.signs and other.signs)
            or same
            or (DelegationScope.ALL in both and DelegationScope.SIGNING not in both)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """That somebody handed a form in on a dossier: in the stead of which position, if in another's."""

    act: str
    unit_id: UnitId | None
    role: str | None


def legal_form(role: str, kind: DelegationKind, held: Collection[str], deputies: Mapping[str, str]) -> LegalForm:
    """How somebody with the roles `held` at the unit signs for who holds `role` there; `deputies`: role → whose deputy."""
    if any(deputies.get(own) == role for own in held):
        return LegalForm.DEPUTY
    return LegalForm.BY_ORDER if kind is DelegationKind.RULES else LegalForm.AUTHORISED


def sees_own_work(done: Collection[Handled], *, unit_id: UnitId, stands_for: tuple[UnitId, str] | None) -> bool:
    """Whether the person had a hand in it before, so that theirs would not be a second pair of eyes.

    `unit_id`: whose work the control is; `stands_for`: the position in whose stead it would be done, None in their own
    right. What was done in the stead of the very same position counts as that position's; in their own right only what
    was done for another unit counts.
    """
    if stands_for is not None:
        return any((row.unit_id, row.role) != stands_for for row in done)
    return any(row.unit_id not in (None, unit_id) for row in done)
