"""What is a form? A JSON Schema 2020-12 whose properties carry `x-ui`, read into a `FormSpec`.

The language is closed: an unknown widget, keyword or condition is a finding, never passed over in silence.
`README.md` beside this module shows it by example.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from api.forms.conditions import Condition
from engine.ports.process import Value

Json = Mapping[str, Any]
Answers = Mapping[str, Value]


class Widget(StrEnum):
    """How a field is asked."""

    TEXT = "text"
    TEXTAREA = "textarea"
    EMAIL = "email"
    NUMBER = "number"
    INTEGER = "integer"
    MONEY = "money"
    DATE = "date"
    RADIO = "radio"
    SELECT = "select"
    CHECKBOXES = "checkboxes"
    YES_NO = "yes_no"
    CHECK = "check"
    FILE = "file"
    TABLE = "table"
    SCORE = "score"
    READ_ONLY = "read_only"
    HEADING = "heading"
    HELP = "help"


#: Widgets that ask nothing: they have no answer.
SILENT = frozenset({Widget.HEADING, Widget.HELP})
#: Widgets whose answer is a list of rows.
TABLES = frozenset({Widget.TABLE, Widget.SCORE})
NUMBERS = frozenset({Widget.NUMBER, Widget.INTEGER, Widget.MONEY})
CHOICES = frozenset({Widget.RADIO, Widget.SELECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice: `value` is stored, `title` is read."""

    value: str
    title: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One question, or one column of a table."""

    name: str
    title: str
    widget: Widget
    schema: Json  #: the property's schema without x-ui
    required: bool = False
    hint: str = ""
    help: str = ""  #: longer text behind "Giải thích"
    section: str = ""
    width: int | None = None  #: characters: 2 3 4 5 10 20 30
    rows: int = 4  #: lines of a text area; empty rows a table starts with
    unit: str = ""  #: written after the box, e.g. "đoàn viên"
    autocomplete: str = ""
    inputmode: str = ""
    prefill: str = ""  #: name of the fact that fills it first
    read_only: bool = False  #: filled by the server, never read from the browser
    show_if: Condition | None = None
    required_if: Condition | None = None  #: required when it holds of the answers (of the same row)
    options: tuple[Option, ...] = ()
    most_field: str = ""  #: may not be larger than this field (of the same row)
    least_field: str = ""  #: may not be smaller than this field (of the same row)
    messages: Mapping[str, str]  #: error code without "form." → sentence of the form's author
    columns: tuple["Field", ...] = ()
    fixed: bool = False  #: rows come from the server; none is added or removed
    key: str = ""  #: column that identifies a fixed row
    label_column: str = ""  #: column that names a row
    group_column: str = ""  #: column whose value heads rows that follow each other
    add_label: str = "Thêm dòng"
    paste: bool = False
    total: bool = False  #: a numeric column is added up
    figure: bool = False  #: its answer is a figure of an indicator: no number that can be read in two ways
    accept: tuple[str, ...] = ()  #: file name endings, e.g. ".pdf"
    max_bytes: int = 10 * 1024 * 1024

    def column(self, name: str) -> "Field":
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group of fields under a heading."""

    id: str
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormSpec:
    """A checked form; fields in the order of asking."""

    id: str
    title: str
    text: str
    submit: str  #: words on the main button
    sections: tuple[Section, ...]
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field:
        """The field of that name; KeyError when there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    def shown(self, answers: Answers) -> tuple[Field, ...]:
        """Fields that matter for `answers`, headings and helps included."""
        return tuple(field for field in self.fields if field.show_if is None or field.show_if.holds(answers))


def limit_of(field: Field, keyword: str) -> Decimal | None:
    """A numeric limit of the field's schema (maxLength, minimum, …), or None."""
    value = field.schema.get(keyword)
    return None if value is None else Decimal(str(value))
