"""How many points has a unit, and at which level does it stand? Answers × criteria → a score with its reasons."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from engine.errors import FieldError, Invalid
from engine.rules.criteria import Band, CriteriaSet, Criterion
from engine.rules.text import number_text

FULL = 100
_HUNDREDTHS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a unit reached under one criteria set."""

    points: Decimal  #: 0 to 100, two decimals, half up
    band: Band
    recognised: bool  #: the band allows recognition and no decisive criterion was failed
    failed: tuple[str, ...]  #: keys of the decisive criteria that were failed
    reasons: tuple[str, ...]  #: one Vietnamese line per applicable criterion, in the order of the criteria set


def applicable(criteria: CriteriaSet, cohort: str | None, unit_kind: str | None = None) -> tuple[Criterion, ...]:
    """The criteria by which units of this cohort and kind are judged, in the order of the set."""
    return tuple(
        c
        for c in criteria.criteria
        if (not c.unit_cohorts or cohort in c.unit_cohorts) and (not c.unit_kinds or unit_kind in c.unit_kinds)
    )


def held(lines: Sequence[Criterion], points: Mapping[str, Decimal | None]) -> tuple[str, ...]:
    """Keys of the criteria without points: the score waits for them, or for the council to set them to 0."""
    return tuple(c.key for c in lines if points.get(c.key) is None)


def zeroed(
    lines: Sequence[Criterion], points: Mapping[str, Decimal | None], reasons: Mapping[str, str]
) -> dict[str, Decimal | None]:
    """The points with 0 where the council set a missing criterion to 0; `reasons`: its reason, by criterion key.

    `Invalid` for `zeroed.<key>`: an unknown criterion, one that has points, or no reason (`zero_unknown`,
    `zero_has_points`, `zero_without_reason`).
    """
    known = {c.key for c in lines}
    errors = {f"zeroed.{key}": error for key in reasons if (error := _zero_error(key, known, points, reasons[key]))}
    if errors:
        raise Invalid(errors)
    return {**points, **dict.fromkeys(reasons, Decimal(0))}


def _zero_error(
    key: str, known: Collection[str], points: Mapping[str, Decimal | None], reason: str
) -> FieldError | None:
    if key not in known:
        return FieldError("zero_unknown", {"criterion": key})
    if points.get(key) is not None:
        return FieldError("zero_has_points", {"criterion": key})
    return None if reason.strip() else FieldError("zero_without_reason", {"criterion": key})


def score(
    criteria: CriteriaSet,
    cohort: str | None,
    points: Mapping[str, Decimal | None],
    reasons: Mapping[str, str] | None = None,
    *,
    unit_kind: str | None = None,
) -> Score:
    """Weigh the points, by criterion key, into a score of 0 to 100.

    Of each criterion the share of its maximum counts by its weight, and so does each group where groups have weights; only
    what applies to the cohort and kind of unit is weighed, so that all else neither helps nor harms. A decisive criterion (`hard_fail`) with no points puts the unit into the lowest band.
    Points that are missing, negative or above their maximum raise `Invalid` for `scores.<row>.points`, the rows
    being the applicable criteria.
    """
    lines = applicable(criteria, cohort, unit_kind)
    given = _checked(lines, points)
    share = _published(_share(criteria, lines, given))
    failed = tuple(c.key for c, own in zip(lines, given, strict=True) if c.hard_fail and own == 0)
    band = criteria.bands[-1] if failed else band_of(criteria, share)
    return Score(
        points=share,
        band=band,
        recognised=band.recognised and not failed,
        failed=failed,
        reasons=tuple(_line(c, own, (reasons or {}).get(c.key, "")) for c, own in zip(lines, given, strict=True)),
    )


def weights(criteria: CriteriaSet, lines: Sequence[Criterion]) -> tuple[Fraction, ...]:
    """What full points of each of these criteria add to the score, as shares that sum up to 1; all 0 if nothing counts."""
    own = [Fraction(c.counts) for c in lines]
    if criteria.groups:
        whole = {group.name: Fraction(group.weight) for group in criteria.groups}
        sums = {
            name: sum((n for c, n in zip(lines, own, strict=True) if c.group == name), Fraction()) for name in whole
        }
        own = [n * whole[c.group] / sums[c.group] if sums[c.group] else n for c, n in zip(lines, own, strict=True)]
    total = sum(own, Fraction())
    return tuple(n / total if total else n for n in own)


def _share(criteria: CriteriaSet, lines: Sequence[Criterion], given: Sequence[Decimal]) -> Fraction:
    shares = (Fraction(own) / Fraction(c.max_points) for c, own in zip(lines, given, strict=True))
    return sum((share * weight for share, weight in zip(shares, weights(criteria, lines), strict=True)), Fraction())


def _published(share: Fraction) -> Decimal:
    # Fractions are exact: thirds that add up to a half hundredth are rounded up, as by hand.
    hundredths = share * FULL * _HUNDREDTHS
    return Decimal((2 * hundredths.numerator + hundredths.denominator) // (2 * hundredths.denominator)).scaleb(-2)


def band_of(criteria: CriteriaSet, points: Decimal) -> Band:
    """The band of a score; bands stand highest first, each from `at_least` (inclusive) upwards."""
    return next((band for band in criteria.bands if points >= band.at_least), criteria.bands[-1])


def half_up(points: Decimal) -> Decimal:
    """Round to two decimals, 0.005 upwards."""
    # round() is half-even (0.125 → 0.12); a unit just below a band would rightly ask why.
    return points.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _checked(lines: tuple[Criterion, ...], points: Mapping[str, Decimal | None]) -> list[Decimal]:
    found = [points.get(criterion.key) for criterion in lines]
    errors = {
        f"scores.{row}.points": error
        for row, (criterion, own) in enumerate(zip(lines, found, strict=True))
        if (error := _error(criterion, own))
    }
    if errors or not lines:
        raise Invalid(errors or {"scores": FieldError("no_criteria", {})})
    return [own for own in found if own is not None]


def _error(criterion: Criterion, points: Decimal | None) -> FieldError | None:
    if points is None:
        return FieldError("points_missing", {"criterion": criterion.text})
    if not points.is_finite() or not 0 <= points <= criterion.max_points:
        return FieldError("points_out_of_range", {"criterion": criterion.text, "max": criterion.max_points})
    return None


def _line(criterion: Criterion, points: Decimal, reason: str) -> str:
    failed = " (không đạt tiêu chí bắt buộc)" if criterion.hard_fail and points == 0 else ""
    ending = f": {reason.strip()}" if reason.strip() else ""
    return f"{criterion.text} – {number_text(points)}/{number_text(criterion.max_points)} điểm{failed}{ending}"
