"""What does the city's figure of a year come to? Quarters become a year, units become the city, and gaps stay gaps."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from engine.rules.figures import QUARTERS, WHOLE_YEAR, Entry, Gather, Indicator, Part, Quarters
from engine.rules.targets import Figure, Gap, Measure, reached
from engine.rules.units import UnitId

NOTHING = Figure()


@dataclass(frozen=True, slots=True, kw_only=True)
class Yearly:
    """What one unit counted of a year."""

    figure: Figure
    quarter: int = WHOLE_YEAR  #: the last quarter in it; 0: it was stated for the year
    complete: bool = True  #: quarters that are added up are all there


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The city's figure of a year, and how it came about."""

    figure: Figure = NOTHING
    gap: Gap | None = None  #: why the figures of the units make none together
    counted: int = 0  #: units with a figure
    expected: int | None = None  #: units that should have one; None: only the lead unit, or the cycle itself counts
    quarter: int = WHOLE_YEAR  #: the last quarter in it
    whole_year: bool = True  #: quarters that are added up are all there
    by_lead: bool = False  #: the lead unit stated it
    of_units: Figure | None = None  #: what the units' figures make, where the lead unit's stands over them

    @property
    def complete(self) -> bool:
        """Whether nothing is missing in it."""
        return self.whole_year and (self.by_lead or self.expected is None or self.counted >= self.expected)


def of_year(indicator: Indicator, entries: Iterable[Entry]) -> Yearly | None:
    """What one unit's standing rows of a year come to: a row for the year stands over those of its quarters."""
    known = {entry.quarter: entry for entry in entries if entry.value is not None}
    if WHOLE_YEAR in known:
        return Yearly(figure=known[WHOLE_YEAR].figure)
    quarters = [known[quarter] for quarter in QUARTERS if quarter in known]
    if not quarters:
        return None
    if indicator.quarters is Quarters.LAST:
        return Yearly(figure=quarters[-1].figure, quarter=quarters[-1].quarter)
    added = _added([entry.figure for entry in quarters])
    return Yearly(figure=added, quarter=quarters[-1].quarter, complete=len(quarters) == len(QUARTERS))


def gather(
    indicator: Indicator,
    by_unit: Mapping[UnitId, Sequence[Entry]],
    *,
    lead: Collection[UnitId],
    expected: Collection[UnitId],
    baselines: Mapping[UnitId, Decimal] | None = None,
) -> Gathered:
    """Put the standing rows of a year together as the indicator says.

    `expected`: the units that should count. `baselines`: of earlier years, where a row has none of its own.
    """
    years = {unit: _based(found, (baselines or {}).get(unit)) for unit, rows in by_unit.items()
             if (found := of_year(indicator, rows)) is not None}  # fmt: skip
    own = next((years[unit] for unit in lead if unit in years), None)
    if indicator.gather is Gather.LEAD:
        return _of_lead(own) if own else Gathered(gap=Gap.NO_FIGURE)
    units = {unit: year for unit, year in years.items() if unit in expected}
    together = _together(indicator, list(units.values()), expected=len(expected))
    if own is None or set(lead) & set(expected):
        return together
    return _of_lead(own, counted=together.counted, expected=together.expected, of_units=together.figure)


def _of_lead(own: Yearly, *, counted: int = 0, expected: int | None = None, of_units: Figure | None = None) -> Gathered:
    return Gathered(
        figure=own.figure,
        quarter=own.quarter,
        whole_year=own.complete,
        by_lead=True,
        counted=counted,
        expected=expected,
        of_units=of_units if counted else None,
    )


def _together(indicator: Indicator, years: Sequence[Yearly], *, expected: int) -> Gathered:
    if not years:
        return Gathered(gap=Gap.NO_FIGURE, expected=expected)
    figures = [year.figure for year in years]
    gap = _gap(indicator, figures)
    made = NOTHING if gap else _mean(indicator, figures) if indicator.gather is Gather.MEAN else _added(figures)
    return Gathered(
        figure=made,
        gap=gap,
        counted=len(years),
        expected=expected,
        quarter=max(year.quarter for year in years),
        whole_year=all(year.complete for year in years),
    )


def _gap(indicator: Indicator, figures: Sequence[Figure]) -> Gap | None:
    """Shares without their wholes cannot be added up, nor reductions without their baselines."""
    if indicator.measure is Measure.REDUCTION and not all(figure.baseline for figure in figures):
        return Gap.NO_BASELINE
    if indicator.gather is Gather.MEAN:
        return next((gap for figure in figures if isinstance(gap := reached(indicator.measure, figure), Gap)), None)
    if indicator.measure is Measure.PERCENT and any(figure.whole is None for figure in figures):
        return Gap.NO_WHOLE
    return None


def _added(figures: Sequence[Figure]) -> Figure:
    return Figure(**{part.value: _sum([getattr(figure, part.value) for figure in figures]) for part in Part})


def _sum(numbers: Sequence[Decimal | None]) -> Decimal | None:
    known = [number for number in numbers if number is not None]
    return sum(known, Decimal(0)) if len(known) == len(numbers) else None


def _mean(indicator: Indicator, figures: Sequence[Figure]) -> Figure:
    exact = [own for figure in figures if isinstance(own := reached(indicator.measure, figure), Fraction)]
    middle = sum(exact, Fraction(0)) / len(exact)
    with localcontext(prec=60):
        value = Decimal(middle.numerator) / middle.denominator
    if indicator.measure is Measure.REDUCTION:
        return Figure(value=100 - value, baseline=Decimal(100))
    return Figure(value=value)


def _based(year: Yearly, baseline: Decimal | None) -> Yearly:
    if year.figure.baseline is not None or baseline is None:
        return year
    figure = Figure(value=year.figure.value, whole=year.figure.whole, baseline=baseline)
    return Yearly(figure=figure, quarter=year.quarter, complete=year.complete)
