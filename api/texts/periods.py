"""How are the periods of a programme and its money written for people?"""

import re
from datetime import date, timedelta
from decimal import Decimal

from api.texts.words import day, number
from engine.rules.programme import Per, Period
from engine.rules.text import fold

_AMOUNT = re.compile(r"(\d+|\d{1,3}(?:\.\d{3})+)(?:,(\d{1,9}))? ?(ty|trieu|nghin)?(?: ?dong| ?d)?")
_UNITS = {"ty": 1_000_000_000, "trieu": 1_000_000, "nghin": 1000, "": 1}
_ROMAN = ("I", "II", "III", "IV")
_BILLION, _MILLION = 1_000_000_000, 1_000_000


def period_text(period: Period) -> str:
    """Write "Quý II/2025", "tháng 6/2026", "năm 2026", "2026–2028", "từ năm 2029", "đến hết năm 2030", else the days."""
    first, last = period.first, period.last
    if first is None or last is None:
        return f"từ {_begins(first)}" if first else f"đến hết {_ends(last)}" if last else ""
    if first == last:
        return f"ngày {day(first)}"
    if _is_year(first, last):
        return f"năm {first.year}" if first.year == last.year else f"{first.year}–{last.year}"
    if first.year == last.year and (name := _part(first, last)):
        return name
    return f"từ {_begins(first)} đến hết {_ends(last)}"


def _part(first: date, last: date) -> str:
    if first.day != 1 or (last + timedelta(days=1)).day != 1:
        return ""
    if first.month == last.month:
        return f"tháng {first.month}/{first.year}"
    quarter = first.month % 3 == 1 and last.month == first.month + 2
    return f"Quý {_ROMAN[first.month // 3]}/{first.year}" if quarter else ""


def _is_year(first: date, last: date) -> bool:
    return (first.month, first.day, last.month, last.day) == (1, 1, 12, 31)


def _begins(first: date) -> str:
    if first.day != 1:
        return f"ngày {day(first)}"
    if first.month == 1:
        return f"năm {first.year}"
    return (
        f"Quý {_ROMAN[first.month // 3]}/{first.year}" if first.month % 3 == 1 else f"tháng {first.month}/{first.year}"
    )


def _ends(last: date) -> str:
    if (last.month, last.day) == (12, 31):
        return f"năm {last.year}"
    whole = (last + timedelta(days=1)).day == 1
    return f"tháng {last.month}/{last.year}" if whole else f"ngày {day(last)}"


def amount_text(amount: int | None) -> str:
    """Write "4,18 tỷ đồng", "700 triệu đồng", and amounts that are not whole thousands of a million to the last đồng."""
    if amount is None:
        return ""
    for unit, name in ((_BILLION, "tỷ đồng"), (_MILLION, "triệu đồng")):
        if abs(amount) >= unit and amount * 1000 % unit == 0:
            return f"{number(Decimal(amount) / unit)} {name}"
    return f"{number(amount)} đồng"


def planned_text(amount: int | None, per: Per) -> str:
    """The same with "mỗi năm"; without an amount it says so."""
    if amount is None:
        return "Không nêu số tiền"
    return f"{amount_text(amount)}/năm" if per is Per.YEAR else amount_text(amount)


def amount_in(text: str) -> int | None:
    """Read an amount as people write it: 1.234.567, 750 triệu, 4,18 tỷ đồng; None when it is none or breaks a đồng."""
    found = _AMOUNT.fullmatch(fold(text))
    if found is None or len(text) > 40:
        return None
    amount = Decimal(f"{found[1].replace('.', '')}.{found[2] or '0'}") * _UNITS[found[3] or ""]
    return int(amount) if amount == amount.to_integral_value() else None
