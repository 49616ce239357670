"""By what is a unit judged? Versioned criteria sets, frozen when first used."""

from dataclasses import dataclass
from decimal import Decimal


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
