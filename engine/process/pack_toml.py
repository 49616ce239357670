"""How is a hand-written TOML file read so that every slip is named with its line?

A reader asks a table for the keys it knows; what is wrong, missing or left over becomes a Finding,
and reading goes on, so that a designer sees all findings at once.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from engine.errors import Finding
from engine.rules.text import nfc

_T = TypeVar("_T")
HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\"' -]+?)\s*\]\]?\s*(#.*)?$")
_KEY: Final = re.compile(r"^\s*\"?([A-Za-z0-9_-]+)\"?\s*[=.]")
_AT_LINE: Final = re.compile(r"at line (\d+)")
_NO_DEFAULT: Final = object()
_IDENTIFIERS: Final = ("id", "key", "code", "name")


@dataclass(slots=True)
class Report:
    """The findings so far, of all files of a pack."""

    findings: list[Finding] = field(default_factory=list)

    def add(self, file: str, line: int, element: str, reason: str, *, warning: bool = False) -> None:
        """Keep one finding; `reason` is a Vietnamese sentence."""
        self.findings.append(Finding(file=file, line=line, element=element, reason=reason, warning=warning))


def parse(file: str, content: bytes, report: Report, *, numbers: Callable[[str], Any] = float) -> "Document | None":
    """Read a TOML file, text in NFC; None, with a finding, when it is not UTF-8 or not TOML.

    `numbers` makes values with a decimal point.
    """
    try:
        text = nfc(content.decode("utf-8-sig"))
        return Document(file, tomllib.loads(text, parse_float=numbers), places(text), report)
    except UnicodeDecodeError as error:
        report.add(file, content[: error.start].count(b"\n") + 1, "", "Tệp không phải UTF-8.")
    except tomllib.TOMLDecodeError as error:
        line = _AT_LINE.search(str(error))
        report.add(file, int(line[1]) if line else 0, "", f"Tệp không phải TOML đúng cú pháp: {error}.")
    except (ValueError, ArithmeticError):
        report.add(file, 0, "", "Tệp có một số quá lớn.")
    except RecursionError:
        report.add(file, 0, "", "Tệp lồng nhau quá nhiều tầng.")
    return None


@dataclass(slots=True)
class Document:
    """A parsed TOML file that remembers where its tables and keys stand."""

    file: str
    data: dict[str, Any]
    lines: Mapping[tuple[str, int, str], int]
    report: Report
    _asked: set[str] = field(default_factory=set)

    def top(self) -> "Table":
        """The keys before the first table; tables asked for elsewhere do not count as left over."""
        return Table(self, "", 0, {k: v for k, v in self.data.items() if not _is_table(v)})

    def table(self, name: str) -> "Table":
        """The table `[name]`; an empty one, with a finding, when it is missing."""
        self._asked.add(name)
        value = self.data.get(name)
        if not isinstance(value, dict):
            self.report.add(self.file, self.line(name, 0, ""), name, f"Thiếu bảng [{name}].")
        return Table(self, name, 0, value if isinstance(value, dict) else {}, known=isinstance(value, dict))

    def tables(self, name: str, *, at_least: int = 0) -> "list[Table]":
        """The tables `[[name]]`, in order."""
        self._asked.add(name)
        value = self.data.get(name, [])
        rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
        if len(rows) < at_least or not isinstance(value, list) or len(rows) < len(value):
            self.report.add(self.file, self.line(name, 0, ""), name, f"Cần các bảng [[{name}]].")
        return [Table(self, name, index, row) for index, row in enumerate(rows)]

    def finish(self) -> None:
        """Report tables nobody asked for."""
        for name, value in self.data.items():
            if _is_table(value) and name not in self._asked:
                self.report.add(self.file, self.line(name, 0, ""), name, f"Không biết bảng “{name}”.")

    def line(self, table: str, index: int, key: str) -> int:
        """Where a key stands, else its table, else 0."""
        return self.lines.get((table, index, key)) or self.lines.get((table, index, "")) or 0


@dataclass(slots=True)
class Table:
    """One table while it is read; `finish` reports what was not asked for."""

    document: Document
    name: str
    index: int
    data: Mapping[str, Any]
    known: bool = True  #: False: the table is missing and was reported; its keys are not
    prefix: str = ""  #: key that holds this inline table
    place: str = ""  #: name of the table around this inline table
    _asked: set[str] = field(default_factory=set)

    def text(self, key: str, default: str | None = None, *, empty: bool = False) -> str:
        """A text, not empty unless allowed; required without a default."""
        value = self._get(key, default)
        if not isinstance(value, str) or not (value.strip() or empty):
            return self._wrong(key, "một đoạn chữ", value, "")
        return value.strip()

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of a closed list."""
        value = self._get(key, default)
        if value not in allowed:
            return self._wrong(key, "một trong: " + ", ".join(allowed), value, allowed[0])
        return str(value)

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number between two bounds, both inclusive."""
        value = self._get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            return self._wrong(key, f"một số nguyên từ {low} đến {high}", value, low)
        return value

    def maybe_whole(self, key: str, low: int, high: int) -> int | None:
        """A whole number, or None when the key is absent."""
        self._asked.add(key)
        return self.whole(key, low, high) if key in self.data else None

    def maybe_text(self, key: str) -> str | None:
        """A text, or None when the key is absent."""
        self._asked.add(key)
        return self.text(key) if key in self.data else None

    def decimal(self, key: str, low: Decimal, high: Decimal) -> Decimal:
        """An exact number between two bounds, both inclusive."""
        value = self._get(key, None)
        number = Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
        if number is None or not number.is_finite() or not low <= number <= high:
            return self._wrong(key, f"một số từ {low} đến {high}", value, low)
        return number

    def truth(self, key: str, default: bool | None = None) -> bool:
        """True or false."""
        value = self._get(key, default)
        return value if isinstance(value, bool) else self._wrong(key, "true hoặc false", value, False)

    def day(self, key: str) -> date:
        """A calendar day."""
        value = self._get(key, None)
        if not isinstance(value, date) or isinstance(value, datetime):
            return self._wrong(key, "một ngày, ví dụ 2027-11-30", value, date.min)
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts without repetition."""
        value = self._get(key, None if default is None else list(default))
        if not isinstance(value, list) or any(not isinstance(v, str) or not v.strip() for v in value):
            return self._wrong(key, "một danh sách chữ", value, ())
        if len(set(value)) < len(value):
            self.wrong(key, f"“{key}” có giá trị lặp lại.")
        return tuple(value)

    def wholes(self, key: str, low: int, high: int, default: tuple[int, ...] | None = None) -> tuple[int, ...]:
        """A list of whole numbers between two bounds."""
        value = self._get(key, None if default is None else list(default))
        if not isinstance(value, list) or any(
            isinstance(v, bool) or not isinstance(v, int) or not low <= v <= high for v in value
        ):
            return self._wrong(key, f"một danh sách số nguyên từ {low} đến {high}", value, ())
        return tuple(value)

    def scalar(self, key: str) -> bool | int | str:
        """True or false, a whole number or a text."""
        value = self._get(key, None)
        return (
            value
            if isinstance(value, bool | int | str)
            else self._wrong(key, "đúng/sai, số nguyên hoặc chữ", value, "")
        )

    def inline(self, key: str) -> "Table | None":
        """An inline table, or None when absent."""
        value = self._get(key, {})
        if key not in self.data:
            return None
        if not isinstance(value, dict):
            return self._wrong(key, "một bảng {…}", value, None)
        return Table(self.document, self.name, self.index, value, prefix=key, place=self._own_name())

    def wrong(self, key: str, reason: str, *, warning: bool = False) -> None:
        """Report something about a key (the whole table when empty)."""
        line = self.document.line(self.name, self.index, self.prefix or key)
        self.document.report.add(self.document.file, line, self._element(key), reason, warning=warning)

    def finish(self) -> None:
        """Report keys nobody asked for."""
        for key in self.data:
            if key not in self._asked:
                self.wrong(key, f"Không biết khóa “{key}”.")

    def _get(self, key: str, default: object) -> Any:
        self._asked.add(key)
        return self.data.get(key, _NO_DEFAULT if default is None else default)

    def _wrong(self, key: str, wanted: str, value: object, instead: _T) -> _T:
        if value is _NO_DEFAULT and self.known:
            self.wrong(key, f"Thiếu khóa “{key}” ({wanted}).")
        elif self.known:
            self.wrong(key, f"“{key}” phải là {wanted}.")
        return instead

    def _element(self, key: str) -> str:
        return ".".join(part for part in (self.name, self.place or self._own_name(), self.prefix, key) if part)

    def _own_name(self) -> str:
        if not isinstance(self.document.data.get(self.name), list):
            return ""
        named = (self.data[key] for key in _IDENTIFIERS if isinstance(self.data.get(key), str))
        return next(named, str(self.index + 1))


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def places(text: str) -> dict[tuple[str, int, str], int]:
    """(table, how many of that name came before, key or "") → line, from 1."""
    found: dict[tuple[str, int, str], int] = {}
    counts: dict[str, int] = {}
    table, index = "", 0
    for number, line in code_lines(text):
        if header := HEADER.match(line):
            table = header[2].replace('"', "").replace("'", "").replace(" ", "")
            index = counts.get(table, 0) if header[1] == "[[" else 0
            counts[table] = index + 1
            found.setdefault((table, index, ""), number)
        elif key := _KEY.match(line):
            found.setdefault((table, index, key[1]), number)
    return found


def code_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines outside texts of several lines."""
    inside = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not inside:
            yield number, line
        for mark in ('"""', "'''"):
            if inside in ("", mark) and line.count(mark) % 2:
                inside = "" if inside else mark
