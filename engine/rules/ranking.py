"""Who stands where? Units by points within a block, ties as the rule says, those without a place with their reason.

Places follow the points as they are published (two decimals, half up): whoever reads the list can check it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from engine.errors import FieldError, Invalid
from engine.rules.scoring import half_up
from engine.rules.text import sort_key


class Ties(StrEnum):
    """What follows a shared place."""

    STANDARD = "standard"  # 1, 2, 2, 4
    DENSE = "dense"  # 1, 2, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A list of its own; a unit may stand in several (its kind's, and the overall one)."""

    key: str
    label: str
    unit_kinds: tuple[str, ...]  #: empty: every kind, the overall list


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """A unit that is to be ranked; `points` None: it gets no place, for a reason."""

    key: str
    name: str
    unit_kind: str
    points: Decimal | None
    reason: str = ""  #: why it is not ranked, for people


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One line of a list; the unranked stand at its end without a number."""

    key: str
    name: str
    points: Decimal | None  #: two decimals
    number: int | None
    change: int | None  #: places gained since last year, below 0 lost; None: there is nothing to compare with
    reason: str


#: A list, in its order.
Table = tuple[Place, ...]


def tables(
    entrants: Sequence[Entrant],
    blocks: Iterable[Block],
    *,
    ties: Ties = Ties.STANDARD,
    before: Mapping[str, Mapping[str, int]] | None = None,
) -> dict[str, Table]:
    """The list of every block, by its key; `before`: last year's places, by block and unit.

    `Invalid` for `entrants.<row>.points` (`points_not_finite`) and `.reason` (`unranked_without_reason`), and for a key
    that occurs twice (`entrants.<row>.key`, `entrant_twice`).
    """
    _check(entrants)
    return {
        block.key: table(
            [e for e in entrants if not block.unit_kinds or e.unit_kind in block.unit_kinds],
            ties=ties,
            before=(before or {}).get(block.key, {}),
        )
        for block in blocks
    }


def table(entrants: Sequence[Entrant], *, ties: Ties, before: Mapping[str, int]) -> Table:
    """One list: the highest points first, equals and the unranked in Vietnamese order of their names."""
    rounded = {e.key: half_up(e.points) for e in entrants if e.points is not None}
    ordered = sorted(entrants, key=lambda e: (e.key not in rounded, -rounded.get(e.key, Decimal()), *_named(e)))
    numbers = _numbers(sorted(rounded.values(), reverse=True), ties)
    return tuple(_place(e, rounded.get(e.key), numbers, before) for e in ordered)


def _numbers(points: Sequence[Decimal], ties: Ties) -> dict[Decimal, int]:
    """Which place these points have; `points` stand highest first."""
    found: dict[Decimal, int] = {}
    for position, own in enumerate(points, start=1):
        if own not in found:
            found[own] = position if ties is Ties.STANDARD else len(found) + 1
    return found


def _place(
    entrant: Entrant, points: Decimal | None, numbers: Mapping[Decimal, int], before: Mapping[str, int]
) -> Place:
    number = None if points is None else numbers[points]
    was = before.get(entrant.key)
    return Place(
        key=entrant.key,
        name=entrant.name,
        points=points,
        number=number,
        change=None if number is None or was is None else was - number,
        reason=entrant.reason if points is None else "",
    )


def _named(entrant: Entrant) -> tuple[str, str, str]:
    return sort_key(entrant.name), entrant.name, entrant.key


def _check(entrants: Sequence[Entrant]) -> None:
    errors: dict[str, FieldError] = {}
    seen: set[str] = set()
    for row, entrant in enumerate(entrants):
        if entrant.key in seen:
            errors[f"entrants.{row}.key"] = FieldError("entrant_twice", {"name": entrant.name})
        seen.add(entrant.key)
        if entrant.points is None and not entrant.reason.strip():
            errors[f"entrants.{row}.reason"] = FieldError("unranked_without_reason", {"name": entrant.name})
        if entrant.points is not None and not entrant.points.is_finite():
            errors[f"entrants.{row}.points"] = FieldError("points_not_finite", {"name": entrant.name})
    if errors:
        raise Invalid(errors)
