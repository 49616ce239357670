"""Lists go out to Excel and come back as the same text."""

import zipfile
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from documents.spreadsheets import Workbooks, records
from engine.errors import FieldError, Invalid
from engine.rules.text import pasted_rows

HEADS = ("STT", "Họ và tên", "Năm sinh", "Ngày vào Đoàn", "Điểm")
ROWS = ((1, "Nguyễn Thị Ánh", 2001, date(2019, 3, 26), Decimal("87.5")), (2, "=1+1", 2003, None, None))


def test_a_written_list_reads_back_as_text() -> None:
    assert Workbooks().read(Workbooks().write("Danh sách đoàn viên", HEADS, ROWS)) == (
        ("Danh sách đoàn viên", "", "", "", ""),
        HEADS,
        ("1", "Nguyễn Thị Ánh", "2001", "26/03/2019", "87.5"),
        ("2", "=1+1", "2003", "", ""),
    )


def test_the_same_list_gives_the_same_bytes_and_no_formula() -> None:
    data = Workbooks().write("Sổ", HEADS, ROWS)
    assert data == Workbooks().write("Sổ", HEADS, ROWS)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    sheet = load_workbook(BytesIO(data)).worksheets[0]
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet["B5"].value) == ("A4", "$3:$3", "=1+1")


def test_signs_that_no_workbook_may_hold_become_blanks() -> None:
    data = Workbooks().write("Sổ \x01", ("a\x0bb", "c"), [("một\x00hai", "\ufffe\ud800.")])
    assert Workbooks().read(data) == (("Sổ", ""), ("a b", "c"), ("một hai", "."))


@settings(max_examples=20)
@given(st.lists(st.lists(st.text(alphabet="aăđ=+-@1 ", max_size=8), min_size=2, max_size=2), max_size=5))
def test_any_text_survives(rows: list[list[str]]) -> None:
    read = Workbooks().read(Workbooks().write("x", ("a", "b"), rows))
    assert list(read[2:]) == [tuple(c.strip() for c in row) for row in rows if any(c.strip() for c in row)]


def made(fill: object) -> bytes:
    book = Workbook()
    fill(book.active)  # type: ignore[operator]
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_formulas_do_not_run_and_dates_and_numbers_read_as_people_write_them() -> None:
    def fill(sheet: object) -> None:
        sheet.append([1.234, 3.0, 2.5, datetime(2027, 1, 5), datetime(2027, 1, 5, 8, 30), True])  # type: ignore[attr-defined]

    # "1.234" would be read as a thousand and more.
    assert Workbooks().read(made(fill)) == (("1,234", "3", "2.5", "05/01/2027", "08:30 05/01/2027", "True"),)


def test_a_formula_counts_with_its_kept_result_and_is_refused_without_one() -> None:
    def fill(sheet: object) -> None:
        sheet.append(["=1+1", "An"])  # type: ignore[attr-defined]

    bare = made(fill)
    with pytest.raises(Invalid) as refusal:
        Workbooks().read(bare, field="members")
    assert refusal.value.fields == {"members": FieldError("file_formula", {})}
    assert Workbooks().read(calculated(bare)) == (("2", "An"),)


def calculated(data: bytes) -> bytes:
    """The same workbook with the result of its formula, as Excel keeps it."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            part = source.read(name)
            target.writestr(
                name, part.replace(b"<v></v>", b"<v>2</v>").replace(b"<v/>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>")
            )
    return out.getvalue()


@pytest.mark.parametrize(
    ("cell", "code"),
    [((10_051, 1), "too_many_rows"), ((1, 101), "too_many_columns"), ((1_048_576, 1), "too_many_rows")],
)
def test_lists_have_limits(cell: tuple[int, int], code: str) -> None:
    def fill(sheet: object) -> None:
        sheet.cell(*cell).value = "x"  # type: ignore[attr-defined]

    with pytest.raises(Invalid) as refusal:
        Workbooks().read(made(fill), field="members")
    assert {place: error.code for place, error in refusal.value.fields.items()} == {"members": code}


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"a,b\n1,2"])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        Workbooks().read(data)


def test_columns_are_found_by_any_of_their_headings() -> None:
    rows = (("Danh sách", "", ""), ("TT", "HỌ TÊN", "năm  sinh"), ("1", "Lê An", "2001"))
    heads = {"name": ("Họ và tên", "Họ tên"), "born": ("Năm sinh",)}
    assert records(rows, heads) == [{"name": "Lê An", "born": "2001"}]
    with pytest.raises(Invalid):
        records(rows, heads | {"phone": ("Điện thoại",)})


def test_a_pasted_table_reads_as_rows() -> None:
    assert pasted_rows("STT\tHọ tên\n1\t Lê An \n\n2\tĐỗ Bình\t2003\n") == (
        ("STT", "Họ tên", ""),
        ("1", "Lê An", ""),
        ("2", "Đỗ Bình", "2003"),
    )
    assert pasted_rows("1;Lê An;2001") == (("1", "Lê An", "2001"),)
    assert pasted_rows("") == ()
