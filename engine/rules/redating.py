"""Which dates hold for whom, after some were changed? The dates of a cycle's opening, with the changes ordered since laid over them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from engine.rules.cycles import CycleId
from engine.rules.deadlines import Deadline
from engine.rules.text import short_date
from engine.rules.units import AccountId


class ChangeKind(StrEnum):
    """What a dispatch may do to the dates of an open cycle."""

    MOVE = "move"  # one deadline ends on another day
    EXCLUSIVE = "exclusive"  # "trước ngày" confirmed: the named day is late
    INCLUSIVE = "inclusive"  # "trước ngày" confirmed: the named day is in time


class ChangeScope(StrEnum):
    """For whom a deadline is moved; the narrower change holds."""

    ALL = "all"
    GROUP = "group"
    COHORT = "cohort"
    UNIT = "unit"


class ChangeState(StrEnum):
    """A change is carried out, or taken back, dossier by dossier."""

    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineChange:
    """A dispatch that changes dates of one cycle."""

    id: int
    cycle_id: CycleId
    kind: ChangeKind
    deadline: str  #: name; empty when the reading is confirmed, which concerns all
    scope: ChangeScope
    code: str  #: key of the group, code of the cohort or of the unit, or empty
    last_day: date | None  #: the new last valid day, inclusive
    dispatch: str
    reason: str
    state: ChangeState
    reached: int  #: dossiers up to this id have been brought to it (or back)
    at: datetime
    by_id: AccountId | None
    by_name: str
    undone_at: datetime | None
    row_version: int

    @property
    def holds(self) -> bool:
        """Whether its dates are in force."""
        return self.state in (ChangeState.RUNNING, ChangeState.DONE)


_ORDER = tuple(ChangeScope)


def changed(
    deadlines: Mapping[str, Deadline], changes: Sequence[DeadlineChange], cohort: str | None, unit_code: str
) -> dict[str, Deadline]:
    """The dates that hold for a unit: each deadline under the narrowest change that concerns it, else the latest.

    A cohort of None and an empty code stand for everybody else's dates.
    """
    found = dict(deadlines)
    for change in sorted(changes, key=lambda c: (c.kind is ChangeKind.MOVE, _ORDER.index(c.scope), c.id)):
        for name, deadline in deadlines.items():
            if change.holds and change.deadline in ("", name) and concerns(change, deadline.group, cohort, unit_code):
                found[name] = _under(found[name], change)
    return found


def concerns(change: DeadlineChange, group: str, cohort: str | None, unit_code: str) -> bool:
    """Whether the change is meant for a unit of this deadline group, cohort and code."""
    code = {
        ChangeScope.ALL: change.code,
        ChangeScope.GROUP: group,
        ChangeScope.COHORT: cohort,
        ChangeScope.UNIT: unit_code or None,
    }[change.scope]
    return change.code == code


def _under(deadline: Deadline, change: DeadlineChange) -> Deadline:
    if change.kind is ChangeKind.MOVE:
        if change.last_day is None:
            return deadline
        words = f"đến hết ngày {short_date(change.last_day)}"
        source = f"{change.dispatch}; trước khi đổi: {deadline.wording}, {deadline.source}"
        return replace(deadline, last_day=change.last_day, named_day=None, wording=words, source=source)
    if deadline.named_day is None:
        return deadline
    last = deadline.named_day if change.kind is ChangeKind.INCLUSIVE else deadline.last_day
    return replace(deadline, last_day=last, named_day=None)
