"""How do lists leave and enter as Excel files, without a formula ever running?

Written: every text stays text, also one that begins with "=". Read: only after the upload gate, values only,
within limits; a cell's number format decides how a number or a date reads.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from copy import copy
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO
from typing import Any

from documents.uploads import UploadGate
from engine.errors import FieldError, Invalid
from engine.ports.outside import Cell, Sheet
from engine.rules.text import even_rows, fold, nfc, short_date

#: Ten thousand rows of a list, with a title and notes around them.
MAX_ROWS, MAX_COLUMNS, MAX_CELL = 10_050, 100, 2_000
_FIXED = (1980, 1, 1, 0, 0, 0)
_LIKE_THOUSANDS = re.compile(r"-?\d{1,3}\.\d{3}")
#: Signs that no workbook may hold.
_UNSAYABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: A formula whose result the file does not hold, and so would read as an empty cell.
_NO_RESULT = re.compile(
    rb'<c(?=[\s>])(?![^>]*\st="str")[^>]*>\s*<f(?:\s[^>]*)?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)


class Workbooks:
    """The `Spreadsheets` port, with openpyxl."""

    def write(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
        """Write one list: title, heads, rows; heads repeat when printed and stay in sight when scrolled."""
        return self.write_all([Sheet(name=title, title=title, heads=tuple(heads), rows=rows)])

    def write_all(self, sheets: Sequence[Sheet]) -> bytes:
        """Write several lists into one workbook, as `write` does one."""
        from openpyxl import Workbook

        book, styles = Workbook(), _Styles()
        for place, sheet in enumerate(sheets):
            _fill(book.worksheets[0] if place == 0 else book.create_sheet(), sheet, styles)
        return _packed(book)

    def read(self, data: bytes, *, field: str = "file") -> tuple[tuple[str, ...], ...]:
        """Read the first sheet as text; `Invalid` with `file_…` or `too_many_rows`, `too_many_columns`, `cell_too_long`."""
        UploadGate().check(data, "danh-sach.xlsx", field=field, kinds={"xlsx"})
        from openpyxl import load_workbook

        # Broken parts make the reader fail in any way there is.
        try:
            book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
            _check_results(data, book, field)
            rows = [row for row in _texts(book.worksheets[0], field) if any(row)]
        except Invalid:
            raise
        except Exception as error:
            raise Invalid({field: FieldError("file_broken", {})}) from error
        return even_rows([_trimmed(row) for row in rows])


def _check_results(data: bytes, book: Any, field: str) -> None:
    """Refuse a first sheet with formulas that were never calculated (`file_formula`)."""
    place = getattr(book.worksheets[0], "_worksheet_path", "")
    with zipfile.ZipFile(BytesIO(data)) as parts:
        if place in parts.namelist() and _NO_RESULT.search(parts.read(place)):
            raise Invalid({field: FieldError("file_formula", {})})


def records(rows: Sequence[Sequence[str]], heads: dict[str, Sequence[str]]) -> list[dict[str, str]]:
    """Name the columns of a read list: `heads` gives for each name the headings it may have, folded when compared.

    The first row in which every name is found is the head; rows above it are a title. No such row: `Invalid`
    with `missing_columns`.
    """
    wanted = {name: {fold(title) for title in titles} for name, titles in heads.items()}
    for number, row in enumerate(rows):
        folded = [fold(cell) for cell in row]
        places = {name: next((i for i, c in enumerate(folded) if c in titles), -1) for name, titles in wanted.items()}
        if all(place >= 0 for place in places.values()):
            return [{name: body[place] for name, place in places.items()} for body in rows[number + 1 :]]
    raise Invalid({"file": FieldError("missing_columns", {"columns": [titles[0] for titles in heads.values()]})})


#: How cells of one kind look in one workbook: bold, a day, a text that begins like a formula.
_Styles = dict[tuple[bool, bool, bool], Any]


def _fill(page: Any, sheet: Sheet, styles: _Styles) -> None:
    page.title = _UNSAYABLE.sub(" ", re.sub(r"[\[\]:*?/\\]", " ", sheet.name))[:31] or "Danh sách"
    _put(page.cell(1, 1), sheet.title, styles, bold=True)
    for column, head in enumerate(sheet.heads, start=1):
        _put(page.cell(3, column), head, styles, bold=True)
    for number, row in enumerate(sheet.rows, start=4):
        for column, value in enumerate(row, start=1):
            _put(page.cell(number, column), value, styles)
    for number, note in enumerate(sheet.notes, start=5 + len(sheet.rows)):
        _put(page.cell(number, 1), note, styles)
        page.cell(number, 1).alignment = _unwrapped()
    _shape(page, sheet.heads, sheet.rows)


def _unwrapped() -> Any:
    from openpyxl.styles import Alignment

    return Alignment(vertical="top", wrap_text=False)


def _put(cell: Any, value: Cell, styles: _Styles, *, bold: bool = False) -> None:
    cell.value = _UNSAYABLE.sub(" ", nfc(value)) if isinstance(value, str) else value
    if isinstance(value, str):
        cell.data_type = "s"  # "=1+1" is a text that begins with a sign, not a formula
    kind = (bold, isinstance(value, date), isinstance(value, str) and value[:1] in "=+-@")
    if kind not in styles:
        _style(cell, *kind)
        styles[kind] = cell._style
    # A hundred thousand cells have few looks: each is made once, which is most of the work.
    cell._style = copy(styles[kind])


def _style(cell: Any, bold: bool, day: bool, quoted: bool) -> None:
    from openpyxl.styles import Alignment, Font

    cell.quotePrefix = quoted
    if day:
        cell.number_format = "dd/mm/yyyy"
    cell.font = Font(name="Times New Roman", size=12, bold=bold)
    cell.alignment = Alignment(vertical="top", wrap_text=not bold)


def _shape(sheet: Any, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    from openpyxl.utils import get_column_letter

    for column, head in enumerate(heads, start=1):
        texts = [head, *(str(row[column - 1] or "") for row in rows[:200] if len(row) >= column)]
        sheet.column_dimensions[get_column_letter(column)].width = min(60, max(6, max(map(len, texts)) + 2))
    sheet.freeze_panes = "A4"
    sheet.print_title_rows = "3:3"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.oddFooter.center.text = "Trang &P/&N"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _packed(book: Any) -> bytes:
    """Save without any trace of the clock."""
    loose, packed = BytesIO(), BytesIO()
    book.save(loose)
    with zipfile.ZipFile(loose) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", content)
            member = zipfile.ZipInfo(name, date_time=_FIXED)
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, content)
    return packed.getvalue()


def _texts(sheet: Any, field: str) -> Iterator[list[str]]:
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1, max_row=MAX_ROWS + 1, values_only=True)):
        if number >= MAX_ROWS:
            raise Invalid({field: FieldError("too_many_rows", {"limit": MAX_ROWS})})
        if len(row) > MAX_COLUMNS and row[MAX_COLUMNS] is not None:
            raise Invalid({field: FieldError("too_many_columns", {"limit": MAX_COLUMNS})})
        yield [_text(value, field) for value in row[:MAX_COLUMNS]]


def _text(value: object, field: str) -> str:
    match value:
        case None:
            text = ""
        case datetime() if value.time() == time(0):
            text = short_date(value.date())
        case datetime():
            text = f"{value:%H:%M} {short_date(value.date())}"
        case date():
            text = short_date(value)
        case float():
            plain = f"{Decimal(repr(value)).normalize():f}"
            # 1.234 in a numeric cell is no 1234: whoever reads Vietnamese numbers must see the comma.
            text = plain.replace(".", ",") if _LIKE_THOUSANDS.fullmatch(plain) else plain
        case _:
            text = nfc(str(value)).strip()
    if len(text) > MAX_CELL:
        raise Invalid({field: FieldError("cell_too_long", {"limit": MAX_CELL})})
    return text


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1]:
        row.pop()
    return row
