"""How is a yearly target written for people?"""

from api.texts.words import number
from engine.rules.targets import Comparison, Measure, Target

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


def years_text(target: Target) -> str:
    """Write in which cycle years: "2030", "2026–2028", "hằng năm, từ 2026"."""
    if target.last_year is None:
        return f"hằng năm, từ {target.first_year}"
    one = target.last_year == target.first_year
    return str(target.first_year) if one else f"{target.first_year}–{target.last_year}"
