"""What did a list do? Its steps, so that it can be undone; and what a class is called a year later."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from engine.rules.units import AccountId

#: A grade and its letter in a class's name: 10A1, 9Đ, 12 Toán is none.
_CLASS: Final = re.compile(r"(?<!\w)(1[0-2]|[1-9])(?=[A-ZĐ]\w{0,3}(?!\w))")
#: The last grades of the three kinds of school.
LAST_GRADES: Final = frozenset({5, 9, 12})


#: Kinds of list that change the tree of units.
OF_UNITS: Final = frozenset({"added", "rolled_over"})


class Act(StrEnum):
    """What becomes of a unit at the turn of the school year."""

    UP = "up"  # the same unit under the name of its next class
    END = "end"
    NEW = "new"
    KEEP = "keep"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChange:
    """One list that was carried out; `steps` in the order in which they were done, plain values only."""

    id: int
    kind: str  #: added | rolled_over | figures | scores
    at: datetime
    by_id: AccountId | None
    by_name: str
    steps: Sequence[Mapping[str, object]]
    undone_at: datetime | None
    undone_by: str
    row_version: int
    about: str = ""  #: whose values it filled in ("figures:<model>:<year>", "scores:<cycle>"); empty: the tree of units


def suggested(name: str) -> tuple[Act, str]:
    """What is likely to become of a unit with this name, and its new name: "Chi đoàn 10A1" goes up to "Chi đoàn 11A1".

    A name without a class stays as it is.
    """
    found = _CLASS.search(name)
    if found is None:
        return Act.KEEP, ""
    if int(found[1]) in LAST_GRADES:
        return Act.END, ""
    return Act.UP, f"{name[: found.start()]}{int(found[1]) + 1}{name[found.end() :]}"


def grade_of(name: str) -> int | None:
    """The grade in a unit's name."""
    found = _CLASS.search(name)
    return int(found[1]) if found else None
