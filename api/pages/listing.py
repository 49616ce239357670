"""How does a long list come in? Pasted or as an Excel file, read by its headings, shown with what is wrong in which cell.

The list is carried from page to page as text (tabs between cells), so it can be mended in place and nothing is stored
before it is confirmed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from starlette.responses import Response

from api.actor import Posted
from api.assembly import House
from api.pages.uploads import MAX_SHEET, download
from api.texts import sentence
from engine.errors import FieldError, Invalid
from engine.ports.outside import Cell as Written
from engine.rules.text import fold, pasted_rows

MOST = 10_000
#: The same few words stand in thousands of rows.
_folded = lru_cache(maxsize=1024)(fold)
#: Rows of a preview: all that have something wrong come first, up to this many of each kind.
SHOWN = 100
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT, FILE = "danh_sach", "tep"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a list; `choices` are codes with what people write for them."""

    name: str
    title: str
    heads: tuple[str, ...] = ()  #: other headings that people use
    choices: Mapping[str, str] = field(default_factory=dict)
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of the preview."""

    id: str
    text: str
    error: str
    before: str = ""  #: what stands there now, where that is known and differs


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """One row of the preview; `number` counts from 1."""

    number: int
    cells: tuple[Cell, ...]

    @property
    def bad(self) -> bool:
        """Whether something is wrong with it."""
        return any(cell.error for cell in self.cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A list as it was understood."""

    titles: tuple[str, ...]
    rows: tuple[PreviewRow, ...]  #: those that are shown
    total: int
    bad: int  #: rows with something wrong
    text: str  #: the whole list, to be sent again

    @property
    def hidden(self) -> int:
        """Rows that are not shown."""
        return self.total - len(self.rows)

    @property
    def errors(self) -> list[tuple[str, str]]:
        """What is wrong, each sentence with the cell's id; the first twenty."""
        found = [(c.id, f"Dòng {row.number}: {c.error}") for row in self.rows for c in row.cells if c.error]
        return found[:20]


def sent_cells(house: House, form: Posted) -> Sequence[Sequence[str]]:
    """The cells of what was sent, a file before a pasted text; `Invalid` names the field."""
    files = form.files(FILE)
    if files:
        content = files[0].file.read(MAX_SHEET + 1)
        if len(content) > MAX_SHEET:
            limit = f"{MAX_SHEET // 1048576} MB"
            raise Invalid({FILE: FieldError("form.file_too_large", {"title": "Tệp Excel", "limit": limit})})
        return house.sheets.read(content, field=FILE)
    # Not Posted.text(): a leading tab is an empty first cell.
    return pasted_rows((form.all(TEXT) or [""])[0])


def read_list(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """Rows by column name; a first line that names columns decides their order, else they stand as in `columns`.

    Choices become codes where they are known. `Invalid` when there is nothing or too much.
    """
    lines = [line for line in cells if any(cell.strip() for cell in line)]
    order: Sequence[Column | None] = list(columns)
    head = _heading(columns, lines)
    if head is not None:
        order, lines = _named(columns, lines[head]), lines[head + 1 :]
    if not lines:
        raise Invalid({TEXT: FieldError("list_empty", {})})
    if len(lines) > MOST:
        raise Invalid({TEXT: FieldError("too_many_rows", {"limit": MOST})})
    return [_row(columns, order, line) for line in lines]


def preview(
    columns: Sequence[Column],
    rows: Sequence[Mapping[str, str]],
    errors: Mapping[str, FieldError],
    *,
    before: Mapping[str, str] | None = None,
    changed: Collection[int] | None = None,
) -> Preview:
    """The list as a table; `errors` and `before` are named `rows.<row>.<column>`, rows from 0.

    `changed`: the rows that would change something; the others are not shown.
    """
    said = {name: sentence(error.code, error.facts) for name, error in errors.items()}
    wrong = {int(name.split(".", 2)[1]) for name in errors}
    bad = [place for place in range(len(rows)) if place in wrong]
    fair = [place for place in range(len(rows)) if place not in wrong and (changed is None or place in changed)]
    shown = (*bad[:SHOWN], *fair[:SHOWN])
    return Preview(
        titles=tuple(column.title for column in columns),
        rows=tuple(_preview_row(columns, place, rows[place], said, before or {}) for place in shown),
        total=len(rows),
        bad=len(bad),
        text=list_text(columns, rows),
    )


def list_text(columns: Sequence[Column], rows: Sequence[Mapping[str, str]]) -> str:
    """The list as text with its heading, as a spreadsheet would paste it."""
    lines = ["\t".join(column.title for column in columns)]
    lines += ["\t".join(_plain(_said(column, row.get(column.name, ""))) for column in columns) for row in rows]
    return "\n".join(lines)


def sample_sheet(house: House, title: str, columns: Sequence[Column], name: str) -> Response:
    """An Excel file with the headings and one row as an example."""
    return rows_sheet(house, title, columns, [[column.example for column in columns]], name)


def rows_sheet(
    house: House, title: str, columns: Sequence[Column], rows: Sequence[Sequence[Written]], name: str
) -> Response:
    """An Excel file with the headings and these rows, in the order of the columns, to be filled in."""
    content = house.sheets.write(title, [column.title for column in columns], rows)
    return download(content, name, XLSX)


def _heading(columns: Sequence[Column], lines: Sequence[Sequence[str]]) -> int | None:
    """Which of the first lines names at least half of the columns; a title may stand above it."""
    for place, line in enumerate(lines[:5]):
        if sum(column is not None for column in _named(columns, line)) * 2 >= len(columns):
            return place
    return None


def _named(columns: Sequence[Column], line: Sequence[str]) -> list[Column | None]:
    heads = {fold(head): column for column in columns for head in (column.title, column.name, *column.heads)}
    return [heads.get(fold(cell)) for cell in line]


def _row(columns: Sequence[Column], order: Sequence[Column | None], line: Sequence[str]) -> dict[str, str]:
    row = {column.name: "" for column in columns}
    for column, cell in zip(order, line, strict=False):
        if column is not None:
            row[column.name] = _code(column, " ".join(cell.split()))
    return row


def _code(column: Column, text: str) -> str:
    if not column.choices:
        return text
    wanted = _folded(text)
    return next((code for code, label in column.choices.items() if wanted in (_folded(code), _folded(label))), text)


def _said(column: Column, value: str) -> str:
    return column.choices.get(value, value)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _preview_row(
    columns: Sequence[Column], index: int, row: Mapping[str, str], said: Mapping[str, str], before: Mapping[str, str]
) -> PreviewRow:
    cells = tuple(
        Cell(
            id=f"o-{index + 1}-{column.name}",
            text=_said(column, row.get(column.name, "")),
            error=said.get(f"rows.{index}.{column.name}", ""),
            before=before.get(f"rows.{index}.{column.name}", ""),
        )
        for column in columns
    )
    return PreviewRow(number=index + 1, cells=cells)
