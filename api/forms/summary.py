"""How are answers shown for a last look, or in a dossier? A definition list by section, tables included."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.forms.spec import NUMBERS, TABLES, Answers, Field, FormSpec
from api.forms.views import column_totals, is_asked, shown, table_rows
from engine.ports.process import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryTable:
    """A table of answers."""

    titles: tuple[str, ...]
    numeric: tuple[bool, ...]  #: a column one
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryItem:
    """One question with its answer."""

    name: str  #: id of the field in the form, for the link "Sửa"
    title: str
    text: str
    file: Mapping[str, Value] | None
    table: SummaryTable | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarySection:
    """Questions and answers under one heading."""

    title: str
    items: tuple[SummaryItem, ...]


def summarise(spec: FormSpec, answers: Answers) -> tuple[SummarySection, ...]:
    """Every field that matters, answered or not, in the order of the form."""
    fields = [field for field in spec.shown(answers) if is_asked(field)]
    loose = tuple(_item(field, answers) for field in fields if not field.section)
    sections = [SummarySection(title="", items=loose)] if loose else []
    for section in spec.sections:
        items = tuple(_item(field, answers) for field in fields if field.section == section.id)
        if items:
            sections.append(SummarySection(title=section.title, items=items))
    return tuple(sections)


def _item(field: Field, answers: Answers) -> SummaryItem:
    answer = answers.get(field.name)
    rows = table_rows(answer)
    table = _table(field, rows) if field.widget in TABLES and rows else None
    text = "Chưa có dòng nào" if field.widget in TABLES and not rows else shown(field, answer) if table is None else ""
    file = answer if isinstance(answer, Mapping) else None
    return SummaryItem(name=f"f.{field.name}", title=field.title, text=text, file=file, table=table)


def _table(field: Field, rows: list[Mapping[str, Value]]) -> SummaryTable:
    return SummaryTable(
        titles=tuple(column.title for column in field.columns),
        numeric=tuple(column.widget in NUMBERS for column in field.columns),
        rows=tuple(tuple(shown(column, row.get(column.name)) for column in field.columns) for row in rows if row),
        totals=column_totals(field, rows),
    )
