"""Was a yearly target met? Conditions with the source's own operator, figures, and what cannot be judged.

"Trên 65%" is not met by 65,0%; "ít nhất 90%" is met by 90%. A share without its whole and a reduction without its
baseline have no figure: nothing is computed from what nobody has counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from enum import StrEnum
from fractions import Fraction


class Measure(StrEnum):
    """What the figure of an indicator is."""

    COUNT = "count"
    PERCENT = "percent"  # a share of a whole
    REDUCTION = "reduction"  # by how many percent something fell from its baseline
    RANK = "rank"  # 1 is the best


class Comparison(StrEnum):
    """How a figure is held against the target."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    EXACTLY = "="
    BETWEEN = "between"  # both bounds inclusive
    ABOUT = "~"  # the source says "khoảng": shown, never judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an indicator is to reach in the cycle years from `first_year` to `last_year`, both inclusive."""

    indicator: str
    label: str
    measure: Measure
    comparison: Comparison
    value: Decimal
    upper: Decimal | None  #: of BETWEEN
    first_year: int
    last_year: int | None  #: None: every year from then on
    wording: str  #: as the source says it
    source: str
    note: str = ""  #: for people: a contradiction of the source, shown and never mended
    after_years: int | None = None  #: to be reached so many years after a unit got `title`; None: in the years above
    title: str = ""

    def holds_in(self, year: int) -> bool:
        """Whether it is to be reached in the cycle year."""
        return self.first_year <= year and (self.last_year is None or year <= self.last_year)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was counted: a number; or a part with its `whole`; or what is left of a `baseline`."""

    value: Decimal | None = None
    whole: Decimal | None = None
    baseline: Decimal | None = None


class Gap(StrEnum):
    """Why a target cannot be judged."""

    NO_FIGURE = "no_figure"
    NO_WHOLE = "no_whole"  # the whole of a share is 0
    NO_BASELINE = "no_baseline"
    ONLY_ABOUT = "only_about"
    INCOMPLETE = "incomplete"  # some of those who count have not
    NOT_OVER = "not_over"  # not reached yet, and the year goes on
    NOT_DUE = "not_due"  # nobody has to reach it in this year


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was reached and whether it is enough; `met` None: it cannot be judged, see `gap`."""

    target: Target
    reached: Decimal | None  #: two decimals, half up; the judgement takes the exact figure
    met: bool | None
    gap: Gap | None


def of_year(targets: Sequence[Target], year: int) -> tuple[Target, ...]:
    """The targets of a cycle year, in their order."""
    return tuple(target for target in targets if target.holds_in(year))


def judge(target: Target, figure: Figure, *, complete: bool = True, over: bool = True) -> Verdict:
    """Hold what was counted against the target.

    Where not everybody has counted (`complete` False) the figure is shown and nothing is said; as long as the year is
    not `over` it may be called met, never missed.
    """
    exact = reached(target.measure, figure)
    if isinstance(exact, Gap):
        return Verdict(target=target, reached=None, met=None, gap=exact)
    met, gap = _met(target, exact), None
    if target.comparison is Comparison.ABOUT:
        gap = Gap.ONLY_ABOUT
    elif not complete:
        gap = Gap.INCOMPLETE
    elif not (met or over):
        gap = Gap.NOT_OVER
    return Verdict(target=target, reached=shown(exact), met=None if gap else met, gap=gap)


def judge_each(target: Target, figures: Sequence[Figure], *, over: bool = True) -> Verdict:
    """Hold each unit's figure against the target: met when every one meets it; what is shown is the weakest of them."""
    if not figures:
        return Verdict(target=target, reached=None, met=None, gap=Gap.NOT_DUE)
    each = [judge(target, figure, over=over) for figure in figures]
    return min(each, key=lambda verdict: (_ORDER[verdict.met], verdict.reached is not None, verdict.reached))


#: A miss stands before what is unknown, and that before what is met.
_ORDER = {False: 0, None: 1, True: 2}


def reached(measure: Measure, figure: Figure) -> Fraction | Gap:
    """The exact figure that a target is held against, or why there is none."""
    if figure.value is None or not figure.value.is_finite():
        return Gap.NO_FIGURE
    value = Fraction(figure.value)
    if measure is Measure.REDUCTION:
        if not figure.baseline:
            return Gap.NO_BASELINE
        return (Fraction(figure.baseline) - value) / Fraction(figure.baseline) * 100
    if measure is Measure.PERCENT and figure.whole is not None:
        return value / Fraction(figure.whole) * 100 if figure.whole else Gap.NO_WHOLE
    return value


def _met(target: Target, exact: Fraction) -> bool:
    low = Fraction(target.value)
    match target.comparison:
        case Comparison.ABOVE:
            return exact > low
        case Comparison.AT_LEAST:
            return exact >= low
        case Comparison.BELOW:
            return exact < low
        case Comparison.AT_MOST:
            return exact <= low
        case Comparison.BETWEEN:
            return low <= exact <= Fraction(target.upper if target.upper is not None else target.value)
        case _:
            return exact == low


def shown(exact: Fraction) -> Decimal:
    """Two decimals, half up."""
    with localcontext(prec=60):  # far more digits than any half could hide behind
        return (Decimal(exact.numerator) / exact.denominator).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
