"""How is Vietnamese text normalised, ordered, searched, and how are dates and numbers written?

Keys are plain ASCII strings computed here, so that every database orders and finds alike.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

#: Order of the letters in Vietnamese dictionaries; f, j, w and z stand where Latin order puts them.
ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
#: Order of the tones inside a syllable: ngang, huyền, hỏi, ngã, sắc, nặng.
TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
_WEIGHTS = {letter: f"{position:02}" for position, letter in enumerate(ALPHABET, start=10)}
_TONE_WEIGHTS = {mark: str(position) for position, mark in enumerate(TONES) if mark}
_END_OF_SYLLABLE = "00"
_DIGITS = "05"  # numbers stand before letters
_WORDS = re.compile(r"[0-9]+|[^\W\d_]+")
_MARKS = {"\u0306": "ă", "\u0302": "âêô", "\u031b": "ơư"}


def nfc(text: str) -> str:
    """Compose every letter (NFC): "ọ" typed as o + dot below becomes one code point."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Make text searchable: no case, no marks, đ as d, single spaces; "ỦY BAN" and "uỷ ban" fold alike."""
    decomposed = unicodedata.normalize("NFKD", text).casefold().replace("đ", "d")
    plain = "".join(c for c in unicodedata.normalize("NFKD", decomposed) if not unicodedata.combining(c))
    return " ".join(plain.split())


def sort_key(text: str) -> str:
    """Order text as a Vietnamese dictionary does, syllable by syllable; the key holds ASCII digits only.

    Letters count before tones, case and punctuation do not count, numbers are ordered by value
    ("Chi đoàn 2" before "Chi đoàn 10").
    """
    return "".join(_word_key(word) for word in _WORDS.findall(nfc(text).lower()))


def person_sort_key(name: str) -> str:
    """Order people by given name (the last word), then by the rest of the name from the left."""
    *rest, given = nfc(name).split() or [""]
    return sort_key(given) + sort_key(" ".join(rest))


@lru_cache(maxsize=4096)  # the words of names come again and again
def _word_key(word: str) -> str:
    if word.isascii() and word.isdigit():
        number = word.lstrip("0")
        return f"{_DIGITS}{len(number):03}{number}{_END_OF_SYLLABLE}0"
    letters, tone = "", "0"
    for letter, mark in _letters(word):
        letters += _WEIGHTS.get(letter, "")
        tone = mark or tone
    return f"{letters}{_END_OF_SYLLABLE}{tone}"


def _letters(word: str) -> Iterator[tuple[str, str]]:
    for character in word:
        if character in _WEIGHTS:
            yield character, ""
            continue
        base, *marks = list(unicodedata.normalize("NFD", character))
        shape = next((m for m in marks if m in _MARKS), "")
        tone = next((_TONE_WEIGHTS[m] for m in marks if m in _TONE_WEIGHTS), "")
        composed = nfc(base + shape)
        yield (composed if composed in _WEIGHTS else base), tone


def date_in_words(day: date) -> str:
    """Write a date as documents do: a leading zero for days below 10 and for months 1 and 2 only.

    Source: Nghị định 30/2020/NĐ-CP, Phụ lục I, II.4 ("ngày 05 tháng 01 năm 2027", "ngày 29 tháng 6 năm 2027").
    """
    month = f"{day.month:02}" if day.month <= 2 else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def short_date(day: date) -> str:
    """Write a date in figures, e.g. "05/01/2027"."""
    return f"{day.day:02}/{day.month:02}/{day.year}"


def moment_text(at: datetime, zone: tzinfo) -> str:
    """Write an instant in figures on the clocks of a time zone, e.g. "14:05 ngày 09/11/2026"."""
    local = at.astimezone(zone)
    return f"{local:%H:%M} ngày {short_date(local.date())}"


def yes_no(value: bool) -> str:
    """Write what was ticked, or was not, inside a sentence or a table."""
    return "có" if value else "không"


def number_text(number: int | Decimal, *, places: int | None = None) -> str:
    """Write a number with Vietnamese separators: 1.234,5; `places` rounds half up, None keeps what is there."""
    value = Decimal(number)
    if places is not None:
        value = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return f"{value:,f}".translate(str.maketrans(",.", ".,"))


def pasted_rows(text: str) -> tuple[tuple[str, ...], ...]:
    """Read a table pasted from a spreadsheet or a mail: rows by line, cells by tab (else by semicolon).

    Cells are stripped and NFC; empty rows are dropped; all rows are filled up to the longest.
    """
    separator = "\t" if "\t" in text else ";"
    rows = [[nfc(cell).strip().strip('"') for cell in line.split(separator)] for line in text.splitlines()]
    return even_rows(rows)


def even_rows(rows: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Drop empty rows and fill the rest up to the length of the longest."""
    kept = [row for row in rows if any(row)]
    width = max((len(row) for row in kept), default=0)
    return tuple((*row, *[""] * (width - len(row))) for row in kept)


_ONES = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_SCALES = ("", " nghìn", " triệu", " tỷ")


def number_in_words(number: int) -> str:
    """Read a whole number aloud, e.g. 1205 as "một nghìn hai trăm linh năm"; 0 to 999 tỷ."""
    if not 0 <= number < 10**12:
        raise ValueError(number)
    groups = [number // 1000**n % 1000 for n in range(4)]
    top = max((n for n, group in enumerate(groups) if group), default=0)
    words = [_group_in_words(groups[n], full=n < top) + _SCALES[n] for n in range(top, -1, -1) if groups[n] or top == 0]
    return " ".join(words)


def _group_in_words(group: int, *, full: bool) -> str:
    hundreds, tens, ones = group // 100, group // 10 % 10, group % 10
    words = [f"{_ONES[hundreds]} trăm"] if hundreds or full else []
    if tens > 1:
        words.append(f"{_ONES[tens]} mươi")
    elif tens == 1:
        words.append("mười")
    elif words and ones:
        words.append("linh")
    if ones or not words:
        words.append(_last_digit(tens, ones))
    return " ".join(words)


def _last_digit(tens: int, ones: int) -> str:
    if ones == 1 and tens > 1:
        return "mốt"
    if ones == 5 and tens > 0:
        return "lăm"
    return _ONES[ones]
