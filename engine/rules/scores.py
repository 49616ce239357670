"""What is kept of a judgement? Every score as it was given, and every list as it was drawn up; nothing is written over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from engine.rules.criteria import CriteriaSet, Criterion
from engine.rules.cycles import CycleId
from engine.rules.decisions import DecisionId
from engine.rules.dossiers import DossierId
from engine.rules.scoring import applicable, held, score


class Stage(StrEnum):
    """Who gave the points."""

    SELF = "self"  # the unit itself
    APPRAISED = "appraised"  # who appraises it
    COUNCIL = "council"  # the council: what was held, or answered to an appeal


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaVersion:
    """The criteria of one cycle: the pack's own, or what the plan of the year made of them."""

    id: int
    cycle_id: CycleId
    number: int  #: from 1
    content: Mapping[str, Any]  #: `criteria.plain_set`
    sha256: str  #: `criteria.digest`
    note: str
    created_at: datetime
    by_id: int | None
    by_name: str
    frozen_at: datetime | None  #: since the first score that rests on it; from then on the cycle has no other


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptScore:
    """One judgement of a unit, as it was given; a later one stands beside it."""

    id: int
    cycle_id: CycleId
    dossier_id: DossierId
    stage: Stage
    number: int  #: from 1, within dossier and stage
    points: Decimal | None  #: two decimals; None: held until missing criteria are settled
    band: str | None
    recognised: bool
    content: Mapping[str, Any]  #: lines, held, failed, not_applicable
    criteria_sha256: str
    at: datetime
    by_id: int | None
    by_name: str

    @property
    def lines(self) -> Sequence[Mapping[str, Any]]:
        """What was given for each criterion that applies: key, group, text, max_points, points, reason, proof."""
        lines: Sequence[Mapping[str, Any]] = self.content["lines"]
        return lines

    @property
    def held(self) -> tuple[str, ...]:
        """Keys of the criteria that wait for the council."""
        return tuple(self.content["held"])

    @property
    def given(self) -> dict[str, Decimal | None]:
        """Points by criterion key."""
        return {str(line["key"]): line["points"] for line in self.lines}


def effective(scores: Sequence[KeptScore]) -> KeptScore | None:
    """The judgement of a dossier that counts: the latest of appraisers and council; None: neither has spoken."""
    return max((s for s in scores if s.stage is not Stage.SELF), key=lambda s: s.id, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """One version of a cycle's list with all that it was made of; once published it never changes."""

    id: int
    cycle_id: CycleId
    dossier_id: DossierId  #: the lead's, in whose process it was drawn up
    number: int  #: from 1
    content: Mapping[str, Any]  #: `ranking_data.drawn_up`
    sha256: str  #: of the content
    drafted_at: datetime
    by_id: int | None
    by_name: str
    published_at: datetime | None
    decision_id: DecisionId | None  #: by which it was published


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody gives for the criteria, by key."""

    points: Mapping[str, Decimal | None]
    reasons: Mapping[str, str]
    proofs: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What points come to under a criteria set; held scores have none."""

    points: Decimal | None
    band: str | None
    label: str  #: of the band; empty while held
    recognised: bool
    content: Mapping[str, Any]


def judged(criteria: CriteriaSet, cohort: str | None, unit_kind: str, given: Given, *, may_hold: bool) -> Judged:
    """Weigh what was given; with `may_hold` missing points hold the score, else they are refused (`Invalid`)."""
    lines = applicable(criteria, cohort, unit_kind)
    missing = held(lines, given.points)
    content: dict[str, Any] = {
        "lines": [_line(criterion, given) for criterion in lines],
        "not_applicable": [c.key for c in criteria.criteria if c not in lines],
        "held": list(missing) if may_hold else [],
        "failed": [],
    }
    if missing and may_hold:
        return Judged(points=None, band=None, label="", recognised=False, content=content)
    found = score(criteria, cohort, given.points, given.reasons, unit_kind=unit_kind)
    return Judged(
        points=found.points,
        band=found.band.key,
        label=found.band.label,
        recognised=found.recognised,
        content={**content, "failed": list(found.failed)},
    )


def _line(criterion: Criterion, given: Given) -> dict[str, Any]:
    return {
        "key": criterion.key,
        "group": criterion.group,
        "text": criterion.text,
        "max_points": criterion.max_points,
        "points": given.points.get(criterion.key),
        "reason": given.reasons.get(criterion.key, ""),
        "proof": given.proofs.get(criterion.key, ""),
    }
