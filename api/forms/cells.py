"""How is one typed or pasted value read? Text clean, numbers exact, dates ISO; what cannot be read stays text."""

import re
import unicodedata
from datetime import date
from decimal import Decimal

from api.forms.spec import NUMBERS, Field, Widget
from engine.ports.process import Value
from engine.rules.text import fold

#: More rows than this are not read: no form of ours needs them.
MAX_ROWS = 5000
_GROUPED = re.compile(r"-?\d{1,3}(\.\d{3})+(,\d+)?", re.ASCII)
_PLAIN = re.compile(r"-?\d+([.,]\d+)?", re.ASCII)
_DAY = re.compile(r"(\d{1,2})\s*[/.\- ]\s*(\d{1,2})\s*[/.\- ]\s*(\d{4})", re.ASCII)
_DIRECTION = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_YES = frozenset({"co", "x", "1", "dung", "yes", "true", "v", "✓", "✔"})
_NO = frozenset({"khong", "0", "sai", "no", "false", "-"})


def clean_text(text: str, *, lines: bool = False) -> str:
    """NFC, trimmed, without control characters and marks that turn the direction of writing; `lines` keeps line ends."""
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = (c for c in composed if c not in _DIRECTION)
    plain = "".join(c if c == "\n" or unicodedata.category(c) != "Cc" else " " for c in kept)
    if lines:
        return "\n".join(line.rstrip() for line in plain.strip().split("\n"))
    return " ".join(plain.split())


def read_number(text: str, *, whole: bool = False) -> Decimal | int | str:
    """Read 1.234,5 (dots group thousands) or 1234.5; what is no number is given back as text."""
    plain = "".join(text.split()).rstrip("₫đĐ").replace("\u2212", "-")
    if len(plain) > 30:
        return text
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(".", "")
    elif not _PLAIN.fullmatch(plain):
        return text
    value = Decimal(plain.replace(",", "."))
    if not whole:
        return value
    return int(value) if value == value.to_integral_value() else text


def read_day(text: str) -> str:
    """Read 5/1/2027 or 2027-01-05 into the ISO date; what is no date is given back as text."""
    match = _DAY.fullmatch(text.strip())
    try:
        if match:
            return date(int(match[3]), int(match[2]), int(match[1])).isoformat()
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return text.strip()


def read_cell(column: Field, text: str) -> Value:
    """Read one cell of a table, typed or pasted."""
    if column.widget in NUMBERS:
        return read_number(clean_text(text), whole=column.widget is not Widget.NUMBER) if text.strip() else None
    if column.widget is Widget.DATE:
        return read_day(clean_text(text))
    if column.widget in {Widget.YES_NO, Widget.CHECK}:
        return truth(text)
    if column.widget is Widget.SELECT:
        return _option(column, clean_text(text))
    return clean_text(text, lines=column.widget is Widget.TEXTAREA)


def same(one: str, other: str) -> bool:
    """Whether two labels are the same but for case, marks and spaces."""
    return fold(one) == fold(other)


def truth(text: str) -> bool | None:
    """Read "có", "x", "không" …; None when it says neither."""
    word = fold(text)
    return True if word in _YES else False if word in _NO else None


def _option(column: Field, text: str) -> str:
    """A choice by its value, or (pasted) by its title."""
    if any(option.value == text for option in column.options):
        return text
    return next((option.value for option in column.options if same(option.title, text)), text)
