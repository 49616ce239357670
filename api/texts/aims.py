"""How is a yearly target written for people?"""

from api.texts import label
from api.texts.words import number
from engine.rules.figures import WHOLE_YEAR, Indicator, Origin
from engine.rules.gathering import Gathered
from engine.rules.targets import Comparison, Figure, Gap, Measure, Target, Verdict, reached, shown

_SHAPES = {
    Comparison.ABOVE: "trên {value}",
    Comparison.AT_LEAST: "ít nhất {value}",
    Comparison.BELOW: "dưới {value}",
    Comparison.AT_MOST: "không quá {value}",
    Comparison.EXACTLY: "đúng {value}",
    Comparison.BETWEEN: "từ {value} đến {upper}",
    Comparison.ABOUT: "khoảng {value}",
}
#: Ranks are better the lower they are: "at most 3" is read as the first three.
_RANKS = {Comparison.AT_MOST: "từ hạng 1 đến hạng {value}", Comparison.BETWEEN: "từ hạng {value} đến hạng {upper}"}


def target_text(target: Target) -> str:
    """Write what is to be reached: "trên 65%", "giảm ít nhất 50%", "từ hạng 1 đến hạng 3"."""
    if target.measure is Measure.RANK:
        shape = _RANKS.get(target.comparison) or "hạng " + _SHAPES[target.comparison]
    else:
        shape = ("giảm " if target.measure is Measure.REDUCTION else "") + _SHAPES[target.comparison]
    sign = "%" if target.measure in (Measure.PERCENT, Measure.REDUCTION) else ""
    return shape.format(value=number(target.value) + sign, upper=number(target.upper) + sign)


_MADE = {Measure.PERCENT: "{value}%", Measure.REDUCTION: "giảm {value}%", Measure.RANK: "hạng {value}"}
_ROMAN = ("", "I", "II", "III", "IV")


def reached_text(indicator: Indicator, figure: Figure) -> str:
    """Write what was counted: "96,2% (4.487/4.664 người)", "giảm 40%", "9 trường"; nothing where it makes no figure."""
    exact = reached(indicator.measure, figure)
    if isinstance(exact, Gap):
        return ""
    made = shown(exact)
    plain = number(made.normalize() + 0)
    unit = f" {indicator.unit}" if indicator.unit else ""
    said = _MADE.get(indicator.measure, "{value}" + unit).format(value=plain)
    if indicator.measure is Measure.PERCENT and figure.whole is not None:
        return f"{said} ({number(figure.value)}/{number(figure.whole)}{unit})"
    return said


def counted_text(gathered: Gathered) -> str:
    """Write who counted it: "98/114 đơn vị, đến quý III", "số của cơ quan chủ trì"."""
    found = []
    if gathered.by_lead and gathered.expected is not None:
        found.append("số của cơ quan chủ trì")
    elif gathered.expected is not None:
        found.append(f"{number(gathered.counted)}/{number(gathered.expected)} đơn vị có số liệu")
    if gathered.quarter != WHOLE_YEAR:
        found.append(f"đến quý {quarter_text(gathered.quarter)}")
    return ", ".join(found)


def quarter_text(quarter: int) -> str:
    """Write a quarter: "I" … "IV"; of a whole year "cả năm"."""
    return _ROMAN[quarter] or "cả năm"


def verdict_text(verdict: Verdict | None) -> tuple[str, str]:
    """What is said of a target, and how it is painted."""
    if verdict is None:
        return ("Không có mức cho năm này", "quiet")
    if verdict.gap is not None:
        return (label("target_gap", verdict.gap.value), label("target_gap_tone", verdict.gap.value))
    return ("Đạt", "good") if verdict.met else ("Chưa đạt", "late")


def gap_reason(verdict: Verdict | None, indicator: Indicator) -> str:
    """Why nothing is said of a target; empty where something is."""
    if verdict is None or verdict.gap is None:
        return ""
    if verdict.gap is Gap.NO_FIGURE and indicator.origin is Origin.SURVEY:
        return label("target_gap_reason", "no_survey")
    if verdict.gap is Gap.NO_FIGURE and indicator.origin is not None:
        return label("target_gap_reason", "no_cycle")
    return label("target_gap_reason", verdict.gap.value)


def years_text(target: Target) -> str:
    """Write in which cycle years: "2030", "2026–2028", "hằng năm, từ 2026", "sau 3 năm"."""
    if target.after_years is not None:
        return f"sau {target.after_years} năm kể từ khi được công nhận"
    if target.last_year is None:
        return f"hằng năm, từ {target.first_year}"
    one = target.last_year == target.first_year
    return str(target.first_year) if one else f"{target.first_year}–{target.last_year}"
