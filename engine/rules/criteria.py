"""By what is a unit judged? Versioned criteria sets, frozen when first used."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any


class SourceKind(StrEnum):
    """Where a criterion's points come from when nobody gives them by hand."""

    POINTS = "points"  # the unit's points in another model's cycle of the same year
    TITLE = "title"  # whether the unit holds a title of another model
    INDICATOR = "indicator"  # a figure of another model
    SURVEY = "survey"  # the result of a survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A result that stands already, from which a criterion takes its points."""

    kind: SourceKind
    model: str  #: whose result; empty: the model's own
    key: str  #: of the title, indicator or survey; empty for points


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One line of a criteria set."""

    key: str
    group: str
    text: str
    max_points: Decimal
    evidence_required: bool
    hard_fail: bool  #: failing it fails the whole, whatever the points
    unit_cohorts: tuple[str, ...]  #: empty: applies to all
    unit_kinds: tuple[str, ...] = ()  #: empty: applies to all
    weight: Decimal | None = None  #: how much it counts beside the others of its group; None: as its maximum
    source: Source | None = None  #: None: people give the points

    @property
    def counts(self) -> Decimal:
        """How much it counts beside the others of its group."""
        return self.max_points if self.weight is None else self.weight


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupWeight:
    """How much a group of criteria counts beside the other groups."""

    name: str
    weight: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A level of completion (mức độ hoàn thành): from `at_least` points (inclusive) upwards."""

    key: str
    label: str
    at_least: Decimal
    recognised: bool  #: whether a unit in this band may be recognised


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaSet:
    """The criteria of a model from `year` on; `sample` sets are marked as such everywhere."""

    year: int
    name: str
    source: str
    sample: bool
    criteria: tuple[Criterion, ...]
    bands: tuple[Band, ...]  #: highest first
    groups: tuple[GroupWeight, ...] = ()  #: empty: criteria count one by one, whatever their group


def plain_set(criteria: CriteriaSet) -> dict[str, Any]:
    """A set as plain JSON, exact numbers as text: what is kept of a set that was used."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(criteria), default=str))
    return found


def set_of(plain: Mapping[str, Any]) -> CriteriaSet:
    """Read back what `plain_set` wrote."""
    return CriteriaSet(
        year=plain["year"],
        name=plain["name"],
        source=plain["source"],
        sample=plain["sample"],
        criteria=tuple(_criterion(row) for row in plain["criteria"]),
        bands=tuple(Band(**{**row, "at_least": Decimal(row["at_least"])}) for row in plain["bands"]),
        groups=tuple(GroupWeight(name=row["name"], weight=Decimal(row["weight"])) for row in plain["groups"]),
    )


def digest(criteria: CriteriaSet) -> str:
    """SHA-256 of a set: two sets with the same digest judge alike."""
    text = json.dumps(plain_set(criteria), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _criterion(row: Mapping[str, Any]) -> Criterion:
    source, weight = row["source"], row["weight"]
    return Criterion(
        key=row["key"],
        group=row["group"],
        text=row["text"],
        max_points=Decimal(row["max_points"]),
        evidence_required=row["evidence_required"],
        hard_fail=row["hard_fail"],
        unit_cohorts=_texts(row["unit_cohorts"]),
        unit_kinds=_texts(row["unit_kinds"]),
        weight=None if weight is None else Decimal(weight),
        source=None if source is None else Source(**{**source, "kind": SourceKind(source["kind"])}),
    )


def _texts(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(values)
