"""What does a page need to show a form, or its answers for a last look? Plain values for the macros; no HTML here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from api.forms.conditions import Condition
from api.forms.spec import NUMBERS, SILENT, TABLES, Answers, Field, FormSpec, Option, Widget, limit_of
from api.texts import sentence, words
from engine.errors import FieldError
from engine.ports.process import Value
from engine.rules.text import number_text

Errors = Mapping[str, FieldError]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One question, or one cell, as a page shows it."""

    field: Field
    name: str  #: name and id in HTML
    value: str  #: text in the box; of a check box "true" or ""
    values: tuple[str, ...]  #: ticked choices
    parts: tuple[str, str, str]  #: day, month, year of a date
    shown: str  #: the answer in words, for read-only places
    file: Mapping[str, Value] | None
    error: str
    show_if: Mapping[str, object] | None
    condition: str  #: "Chỉ trả lời khi …", for pages without a script
    table: "TableView | None" = None
    max_length: int | None = None

    @property
    def described_by(self) -> str:
        """Ids of hint, condition and error, for aria-describedby."""
        hint = self.field.hint or (self.field.accept and self.field.widget is Widget.FILE)
        parts = [(hint, "hint"), (self.condition, "when"), (self.error, "error")]
        return " ".join(f"{self.name}-{suffix}" for present, suffix in parts if present)

    @property
    def focus_id(self) -> str:
        """Id of the element that an error message leads to."""
        match self.field.widget:
            case Widget.DATE if not self.in_cell:
                return f"{self.name}.day"
            case Widget.RADIO | Widget.CHECKBOXES | Widget.YES_NO if not self.in_cell:
                return f"{self.name}.0"
        return self.name

    @property
    def in_cell(self) -> bool:
        """Whether it stands in a table."""
        return self.name.count(".") > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """One line of a table to fill in."""

    number: int  #: from 0, as in the names
    key: str
    label: str
    heading: str  #: of the group that starts here, or empty
    cells: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """A table to fill in."""

    columns: tuple[Field, ...]
    rows: tuple[RowView, ...]
    totals: tuple[str, ...]  #: one text a column; empty when nothing is added up
    taken: tuple[int, int] = (0, 0)  #: first row and number of rows that have just come in as a list
    sample: str = ""  #: address of an Excel file to fill in


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """Fields under one heading; title and text may be empty."""

    id: str
    title: str
    text: str
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """A form as a page shows it."""

    spec: FormSpec
    sections: tuple[SectionView, ...]
    errors: tuple[tuple[str, str], ...]  #: (id of the field, sentence), in the order of the page
    has_files: bool
    has_tables: bool
    has_conditions: bool


def render_context(
    spec: FormSpec,
    answers: Answers,
    errors: Errors | None = None,
    *,
    taken: Mapping[str, tuple[int, int]] | None = None,
    samples: str = "",
) -> FormView:
    """Put a form, the answers so far and what was refused into the shape that `macros/form.html` shows.

    `taken`: the rows of each table that have just come in as a list; `samples`: below which address a table's Excel file is.
    """
    fields = tuple(
        _listed(_field_view(spec, field, answers, errors or {}), taken or {}, samples) for field in spec.fields
    )
    return FormView(
        spec=spec,
        sections=tuple(_sections(spec, fields)),
        errors=tuple(_error_list(fields, errors or {})),
        has_files=any(field.widget is Widget.FILE or field.paste for field in spec.fields),
        has_tables=any(field.widget in TABLES for field in spec.fields),
        has_conditions=any(field.show_if for field in spec.fields),
    )


def _listed(view: FieldView, taken: Mapping[str, tuple[int, int]], samples: str) -> FieldView:
    if view.table is None:
        return view
    name = view.field.name
    sample = f"{samples}/{name}.xlsx" if samples and view.field.paste else ""
    return replace(view, table=replace(view.table, taken=taken.get(name, (0, 0)), sample=sample))


def shown(field: Field, answer: Value) -> str:
    """Write an answer as people read it; a missing one as "–"."""
    if answer is None or answer in ("", []):
        return "–"
    if isinstance(answer, bool):
        return "Có" if answer else "Không"
    if isinstance(answer, int | Decimal):
        return (
            words.money(answer) if field.widget is Widget.MONEY else f"{_digits(field, answer)} {field.unit}".rstrip()
        )
    if isinstance(answer, Mapping):
        return str(answer.get("name", "–"))
    if isinstance(answer, list):
        return "; ".join(_title(field.options, item) for item in answer)
    if field.widget is Widget.DATE or isinstance(answer, date):
        return words.day(answer if isinstance(answer, date) else str(answer))
    return _title(field.options, answer)


def column_totals(field: Field, rows: Sequence[Mapping[str, Value]]) -> tuple[str, ...]:
    """Sums of the columns that are added up, one text a column; empty when there is none."""
    if not any(column.total for column in field.columns):
        return ()
    return tuple(_sum(column, rows) if column.total else "" for column in field.columns)


def table_rows(answer: Value) -> list[Mapping[str, Value]]:
    """The rows of a table's answer."""
    return [row for row in answer if isinstance(row, Mapping)] if isinstance(answer, list) else []


def _sum(column: Field, rows: Sequence[Mapping[str, Value]]) -> str:
    numbers = [row.get(column.name) for row in rows]
    total = sum((Decimal(n) for n in numbers if isinstance(n, int | Decimal) and not isinstance(n, bool)), Decimal(0))
    return shown(column, int(total) if total == total.to_integral_value() else total)


def _title(options: Sequence[Option], value: Value) -> str:
    return next((option.title for option in options if option.value == value), str(value))


def _field_view(spec: FormSpec, field: Field, answers: Answers, errors: Errors) -> FieldView:
    answer = answers.get(field.name)
    table = _table_view(field, answer, errors) if field.widget in TABLES else None
    view = _view(field, f"f.{field.name}", answer, errors.get(field.name), table)
    if field.show_if is None:
        return view
    return replace(view, show_if=field.show_if.as_json("f."), condition=_condition(spec, field.show_if))


def _view(
    field: Field, name: str, answer: Value, error: FieldError | None, table: TableView | None = None
) -> FieldView:
    day, month, year = _date_parts(answer) if field.widget is Widget.DATE else ("", "", "")
    most = limit_of(field, "maxLength")
    return FieldView(
        field=field,
        name=name,
        value=_box(field, answer, name),
        shown=shown(field, answer),
        values=tuple(str(item) for item in answer) if isinstance(answer, list) and table is None else (),
        parts=(day, month, year),
        file=answer if isinstance(answer, Mapping) else None,
        error=_sentence(field, error, row=False) if error else "",
        show_if=None,
        condition="",
        table=table,
        max_length=int(most) if most is not None else None,
    )


def _box(field: Field, answer: Value, name: str) -> str:
    """The text that stands in the box."""
    if answer is None or isinstance(answer, list | Mapping):
        return ""
    if isinstance(answer, bool):
        return "true" if answer else "false"
    if isinstance(answer, int | Decimal):
        return _digits(field, answer) if field.widget in NUMBERS else str(answer)
    if field.widget is Widget.DATE and name.count(".") > 1:
        return words.day(str(answer))
    return str(answer)


def _digits(field: Field, answer: int | Decimal) -> str:
    """A number as it is written: a year (four digits by its limits) without the dot of thousands."""
    least, most = limit_of(field, "minimum"), limit_of(field, "maximum")
    is_year = least is not None and most is not None and least >= 1000 and most <= 9999
    return str(answer) if is_year else number_text(answer)


def _date_parts(answer: Value) -> tuple[str, str, str]:
    parts = str(answer or "").split("-")
    if len(parts) != 3:
        return str(answer or ""), "", ""
    year, month, day = parts
    return day, month, year


def _table_view(field: Field, answer: Value, errors: Errors) -> TableView:
    rows = table_rows(answer)
    blank = 0 if field.fixed else max(0, field.rows - len(rows))
    views: list[RowView] = []
    heading = ""
    for number, row in enumerate([*rows, *({} for _ in range(blank))]):
        group = str(row.get(field.group_column, "")) if field.group_column else ""
        views.append(_row_view(field, number, row, errors, group if group != heading else ""))
        heading = group
    columns = tuple(column for column in field.columns if column.name != field.group_column)
    totals = column_totals(field, rows)
    kept = tuple(text for text, column in zip(totals, field.columns, strict=False) if column in columns)
    return TableView(columns=columns, rows=tuple(views), totals=kept)


def _row_view(field: Field, number: int, row: Mapping[str, Value], errors: Errors, heading: str) -> RowView:
    def cell(column: Field) -> FieldView:
        where = f"{field.name}.{number}.{column.name}"
        return _view(column, f"f.{where}", row.get(column.name), errors.get(where))

    named = str(row.get(field.label_column, "")) if field.fixed else ""
    return RowView(
        number=number,
        key=str(row.get(field.key, "")),
        label=named or f"Dòng {number + 1}",
        heading=heading,
        cells=tuple(cell(column) for column in field.columns if column.name != field.group_column),
    )


def _sections(spec: FormSpec, fields: Sequence[FieldView]) -> Iterator[SectionView]:
    """Sections in their order; fields of none come first, without a heading."""
    loose = tuple(view for view in fields if not view.field.section)
    if loose:
        yield SectionView(id="", title="", text="", fields=loose)
    for section in spec.sections:
        own = tuple(view for view in fields if view.field.section == section.id)
        if own:
            yield SectionView(id=section.id, title=section.title, text=section.text, fields=own)


def _error_list(fields: Sequence[FieldView], errors: Errors) -> Iterator[tuple[str, str]]:
    left = dict(errors)
    for view in fields:
        cells = (cell for row in (view.table.rows if view.table else ()) for cell in row.cells)
        for shown_view in (view, *cells):
            if error := left.pop(shown_view.name.removeprefix("f."), None):
                yield shown_view.focus_id, _sentence(shown_view.field, error)
    for error in left.values():  # of the form as a whole
        yield "", sentence(error.code, error.facts)


def _sentence(field: Field, error: FieldError, *, row: bool = True) -> str:
    """The sentence of an error, also of one that a use case raised without naming the field."""
    facts = {"title": field.title, **error.facts}
    return sentence(error.code, facts if row else {**facts, "row": None})


def _condition(spec: FormSpec, condition: Condition) -> str:
    return f"Chỉ trả lời khi {_in_words(spec, condition)}."


def _in_words(spec: FormSpec, condition: Condition) -> str:
    if condition.kind in {"all", "any"}:
        return (" và " if condition.kind == "all" else " hoặc ").join(_in_words(spec, part) for part in condition.parts)
    if condition.kind == "not":
        return f"không phải {_in_words(spec, condition.parts[0])}"
    field = spec.field(condition.field)
    if condition.kind == "filled":
        return f"“{field.title}” {'có' if condition.filled else 'để trống'}"
    choices = " hoặc ".join(f"“{shown(field, value)}”" for value in condition.values)
    return f"“{field.title}” là {choices}"


def is_asked(field: Field) -> bool:
    """Whether a field has an answer at all."""
    return field.widget not in SILENT
