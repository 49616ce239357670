"""What is counted of an indicator, by whom and when? Rows per unit and period; a correction is a new row over the old one.

Numbers are exact decimals. `751,408` with its three digits behind one comma is read by no one in the same way: whoever
types it is asked which of the two numbers was meant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from engine.rules.deadlines import DeadlineRule, RuleKind, names_of
from engine.rules.targets import Figure, Measure
from engine.rules.units import UnitId

#: The quarter of a figure that stands for its whole year.
WHOLE_YEAR = 0
QUARTERS = (1, 2, 3, 4)


class Part(StrEnum):
    """Which number of a figure is meant."""

    VALUE = "value"
    WHOLE = "whole"  # of which the value is a part
    BASELINE = "baseline"  # from which the value has moved


class Gather(StrEnum):
    """How the figure of the city is made of those of the units."""

    LEAD = "lead"  # the lead unit states it itself
    SUM = "sum"
    MEAN = "mean"


class Quarters(StrEnum):
    """How the figure of a year is made of those of its quarters."""

    LAST = "last"  # a level: the latest quarter stands for the year
    SUM = "sum"  # a flow: the quarters are added up


class Origin(StrEnum):
    """What a cycle itself counts, so that nobody has to enter it."""

    UNITS = "units"  # that take part
    REGISTERED_UNITS = "registered_units"
    ACCEPTED_UNITS = "accepted_units"
    RECOGNISED_UNITS = "recognised_units"
    HANDING_UNITS = "handing_units"  # that handed in a form
    REGISTERED_MEMBERS = "registered_members"
    RECOGNISED_MEMBERS = "recognised_members"
    LOWEST_SCORE = "lowest_score"  # of those that were appraised
    MEAN_SCORE = "mean_score"
    TITLED_UNITS = "titled_units"  # that hold a title on the last day of the year
    SURVEY = "survey"  # what a questionnaire of the cycle came to, in all units with enough sheets


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """What is counted, as a pack declares it."""

    key: str
    label: str
    measure: Measure
    unit: str = ""  #: of its numbers, for people: "người"
    gather: Gather = Gather.LEAD
    quarterly: bool = False
    quarters: Quarters = Quarters.LAST
    unit_kinds: tuple[str, ...] = ()  #: kinds of unit that count; empty: the lead unit alone
    origin: Origin | None = None  #: counted from the cycle
    title: str = ""  #: of TITLED_UNITS
    form: str = ""  #: of HANDING_UNITS
    survey: str = ""  #: of SURVEY: "survey", its first indicator, or "survey:indicator"
    note: str = ""  #: for people: a contradiction of the source


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A year, or one quarter of it."""

    year: int
    quarter: int = WHOLE_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row: what was counted, and who said so. The highest number of an indicator, unit and period stands."""

    id: int
    model: str  #: pack key
    indicator: str
    unit_id: UnitId
    year: int
    quarter: int  #: 1–4; 0: the whole year
    number: int  #: from 1: how many rows there are of it with this one
    value: Decimal | None  #: None: the figure was taken back
    whole: Decimal | None
    baseline: Decimal | None
    source: str  #: where it is from, for people
    document: str  #: number of the document that says so, or empty
    entered_at: datetime
    by_id: int | None
    by_name: str
    submission_id: int | None = None  #: the form that it came with

    @property
    def period(self) -> Period:
        """Its year and quarter."""
        return Period(year=self.year, quarter=self.quarter)

    @property
    def figure(self) -> Figure:
        """Its numbers."""
        return Figure(value=self.value, whole=self.whole, baseline=self.baseline)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A field of a form, or a column of one of its tables, whose answer is a figure."""

    field: str
    column: str  #: empty: the field itself
    indicator: str
    part: Part
    schema: Mapping[str, Any]  #: of the field or column

    @property
    def place(self) -> str:
        """Where it stands, for findings."""
        return f"{self.field}.{self.column}" if self.column else self.field


#: The keyword of a field's schema that makes its answer a figure.
KEYWORD = "x-figure"


def marks(form: Mapping[str, Any]) -> Iterator[Mark]:
    """The marked fields and columns of a form, in their order; marks of a wrong shape are passed over."""
    for name, schema in _schemas(form.get("properties")):
        yield from _mark(schema, name, "")
        items = schema.get("items")
        for column, inner in _schemas(items.get("properties")) if isinstance(items, Mapping) else ():
            yield from _mark(inner, name, column)


def _schemas(properties: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(properties, Mapping):
        yield from ((name, schema) for name, schema in properties.items() if isinstance(schema, Mapping))


def _mark(schema: Mapping[str, Any], name: str, column: str) -> Iterator[Mark]:
    said = schema.get(KEYWORD)
    if isinstance(said, Mapping) and said.get("part", Part.VALUE) in tuple(Part):
        part = Part(said.get("part", Part.VALUE))
        yield Mark(field=name, column=column, indicator=str(said.get("indicator", "")), part=part, schema=schema)


def is_ambiguous(value: Decimal) -> bool:
    """Whether a number that was typed with a comma may have meant thousands: 751,408 but not 0,125 or 1.234,567."""
    exponent = value.as_tuple().exponent
    return exponent == -3 and 1 <= abs(value) < 1000


def quarter_of(rule: DeadlineRule, name: str) -> Period | None:
    """The quarter that a deadline closes, its year as an offset from the cycle's; None: it closes none."""
    if rule.rule is RuleKind.QUARTER or (rule.rule is RuleKind.AFTER_PERIOD and rule.period == "quarter"):
        return Period(year=rule.year_offset, quarter=rule.number or 0) if name == rule.name else None
    if rule.rule is RuleKind.RECURRING and rule.period == "quarter" and rule.opens is None:
        names = names_of(rule)
        return Period(year=rule.year_offset, quarter=names.index(name) + 1) if name in names else None
    return None
