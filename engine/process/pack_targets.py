"""What does `targets.toml` say: what is counted, and what is to be reached in which year?

A target whose indicator is not declared names it itself: the lead unit states its figure once a year.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from engine.process.pack_tables import Codes
from engine.process.pack_toml import Document, Table
from engine.rules.figures import Gather, Indicator, Origin, Quarters
from engine.rules.targets import Comparison, Measure, Target

#: Larger than any figure of a city, money in đồng included.
_LARGEST: Final = Decimal(10**18)
_MEASURES: Final = [measure.value for measure in Measure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Aims:
    """What a model counts, and what it is to reach."""

    indicators: tuple[Indicator, ...]
    targets: tuple[Target, ...]


def read_targets(document: Document) -> tuple[Target, ...]:
    """Read `[[target]]` of `targets.toml`; an indicator has one target in a year."""
    return read_aims(document, Codes(None)).targets


def read_aims(document: Document, known: Codes) -> Aims:
    """Read `[[indicator]]` and `[[target]]`; a target names an indicator that is declared, or its own label and measure."""
    declared = _indicators(document, known)
    tables = document.tables("target", at_least=1)
    targets = tuple(_target(table, declared) for table in tables)
    for place, (table, own) in enumerate(zip(tables, targets, strict=True)):
        table.finish()
        if any(_clash(own, other) for other in targets[:place]):
            table.wrong("first_year", f"Chỉ tiêu “{own.indicator}” có hai mức cho cùng một năm.")
    document.top().finish()
    document.finish()
    implied = {t.indicator: Indicator(key=t.indicator, label=t.label, measure=t.measure) for t in reversed(targets)}
    # In the order of the targets, then what is counted without one.
    named = {t.indicator: declared.get(t.indicator, implied[t.indicator]) for t in targets}
    return Aims(indicators=tuple({**named, **declared}.values()), targets=targets)


def _indicators(document: Document, known: Codes) -> dict[str, Indicator]:
    found: dict[str, Indicator] = {}
    for table in document.tables("indicator"):
        own = _indicator(table, known)
        table.finish()
        if own.key in found:
            table.wrong("key", f"“{own.key}” được khai hai lần.")
        found[own.key] = own
    return found


def _indicator(table: Table, known: Codes) -> Indicator:
    origin = table.choice("from", [o.value for o in Origin]) if "from" in table.data else None
    own = Indicator(
        key=table.text("key"),
        label=table.text("label"),
        measure=Measure(table.choice("measure", _MEASURES)),
        unit=table.text("unit", "", empty=True),
        gather=Gather(table.choice("gather", [g.value for g in Gather], Gather.LEAD.value)),
        quarterly=table.choice("period", ("year", "quarter"), "year") == "quarter",
        quarters=Quarters(table.choice("quarters", [q.value for q in Quarters], Quarters.LAST.value)),
        unit_kinds=known.unit_kinds(table, "unit_kinds"),
        origin=Origin(origin) if origin else None,
        title=table.text("title", "", empty=True),
        form=table.text("form", "", empty=True),
        survey=table.text("survey", "", empty=True),
        note=table.text("note", "", empty=True),
    )
    _check_indicator(table, own)
    return own


def _check_indicator(table: Table, own: Indicator) -> None:
    if own.origin is not None:
        for key in ("gather", "period", "quarters"):
            if key in table.data:
                table.wrong(key, f"“{key}” không đi cùng “from”: số liệu được đếm từ chu kỳ, không ai nhập.")
    elif own.gather is not Gather.LEAD and not own.unit_kinds:
        table.wrong("unit_kinds", "Cần “unit_kinds”: những đơn vị nào nhập số liệu để gộp.")
    if "quarters" in table.data and not own.quarterly:
        table.wrong("quarters", "“quarters” chỉ dùng khi period = “quarter”.")
    owned = (("title", Origin.TITLED_UNITS), ("form", Origin.HANDING_UNITS), ("survey", Origin.SURVEY))
    for key, origin in owned:
        if (own.origin is origin) != bool(getattr(own, key)):
            table.wrong(key, f"“{key}” đi cùng from = “{origin.value}”, không đi riêng.")
    if own.measure is Measure.RANK and own.gather is not Gather.LEAD:
        table.wrong("gather", "Thứ hạng không cộng và không lấy trung bình được.")


def _target(table: Table, declared: Mapping[str, Indicator]) -> Target:
    comparison = Comparison(table.choice("comparison", [c.value for c in Comparison]))
    value = table.decimal("value", Decimal(0), _LARGEST)
    upper = table.decimal("upper", value, _LARGEST) if comparison is Comparison.BETWEEN else None
    first = table.whole("first_year", 2000, 2100)
    key = table.text("indicator")
    own = declared.get(key)
    # Who leaves label and measure to the indicator means one that is declared.
    if declared and own is None and not {"label", "measure"} <= set(table.data):
        table.wrong("indicator", f"Chỉ số “{key}” chưa được khai bằng [[indicator]].")
    measure = table.choice("measure", _MEASURES, own.measure.value if own else None)
    if own is not None and measure != own.measure.value:
        table.wrong("measure", f"Chỉ số “{key}” được khai là “{own.measure.value}”.")
    after = table.maybe_whole("after_years", 1, 50)
    title = table.text("title", "", empty=True)
    if (after is None) != (not title):
        table.wrong("title", "“after_years” và “title” đi cùng nhau: bao nhiêu năm kể từ khi có danh hiệu nào.")
    return Target(
        indicator=key,
        label=table.text("label", own.label if own else None),
        measure=Measure(measure),
        comparison=comparison,
        value=value,
        upper=upper,
        first_year=first,
        last_year=table.maybe_whole("last_year", first, 2100),
        wording=table.text("wording"),
        source=table.text("source"),
        note=table.text("note", own.note if own else "", empty=True),
        after_years=after,
        title=title,
    )


def _clash(own: Target, other: Target) -> bool:
    overlap = own.holds_in(other.first_year) or other.holds_in(own.first_year)
    return own.indicator == other.indicator and overlap
