"""How do rows come in from a spreadsheet? Pasted text (tabs between cells) or rows that the caller read from .xlsx.

A first line whose cells name columns decides the order; else cells stand in the order of the editable columns.
"""

import csv
import io
from collections.abc import Sequence

from api.forms.cells import MAX_ROWS, read_cell, same
from api.forms.conditions import is_filled
from api.forms.spec import Field
from engine.ports.process import Value


def pasted_rows(field: Field, text: str) -> list[dict[str, Value]]:
    """Rows of a pasted block; an empty block has none."""
    if not text.strip():
        return []
    delimiter = "\t" if "\t" in text else ";" if ";" in text else "\t"
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    try:
        lines = list(csv.reader(io.StringIO(plain), delimiter=delimiter, strict=True))
    except csv.Error:  # quotation marks that are no quoting
        lines = [line.split(delimiter) for line in plain.split("\n")]
    return rows_from_cells(field, lines)


def rows_from_cells(field: Field, cells: Sequence[Sequence[object]]) -> list[dict[str, Value]]:
    """Rows of a table from a sheet's cells (text, number or date each), header line recognised; blank lines are left out."""
    lines = [[_text(cell) for cell in line] for line in cells]
    lines = [line for line in lines if any(cell.strip() for cell in line)][:MAX_ROWS]
    if not lines:
        return []
    order = _header(field, lines[0])
    if order is None:
        order = [
            column for column in field.columns if not column.read_only or (column.name == field.key and field.fixed)
        ]
    else:
        lines = lines[1:]
    return [row for row in (_row(order, line) for line in lines) if row]


def _header(field: Field, line: Sequence[str]) -> list[Field | None] | None:
    """The columns a line names, or None when it names fewer than half of its cells."""
    found = [next((c for c in field.columns if same(c.title, cell) or c.name == cell.strip()), None) for cell in line]
    named = sum(column is not None for column in found)
    return found if named and named * 2 >= sum(bool(cell.strip()) for cell in line) else None


def _row(order: Sequence[Field | None], line: Sequence[str]) -> dict[str, Value]:
    row: dict[str, Value] = {}
    for column, cell in zip(order, line, strict=False):
        if column is None:
            continue
        value = read_cell(column, cell)
        if is_filled(value) or value is False:
            row[column.name] = value
    return row


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if hasattr(cell, "isoformat"):
        return str(cell.isoformat())[:10]
    return str(cell).replace(".", ",") if isinstance(cell, float) else str(cell)
