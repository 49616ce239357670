"""How is a long list read? By its headings or by its order, whatever a spreadsheet put around it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pages.asking import day_in, day_text
from api.pages.listing import MOST, Column, list_text, preview, read_list
from engine.errors import FieldError, Invalid
from engine.rules.text import nfc, pasted_rows

COLUMNS = (
    Column(name="code", title="Mã", heads=("Mã số",)),
    Column(name="kind", title="Loại", choices={"branch": "Chi đoàn", "base": "Đoàn cơ sở"}),
    Column(name="name", title="Tên đơn vị"),
)


@pytest.mark.parametrize(
    ("cells", "rows"),
    [
        ([["1", "Chi đoàn", "A"]], [{"code": "1", "kind": "branch", "name": "A"}]),
        ([["Tên đơn vị", "MA SO"], ["A", "1"]], [{"code": "1", "kind": "", "name": "A"}]),
        ([["DANH SÁCH"], [""], ["ma", "", "LOAI"], ["1", "x", "doan co so"]], [{"code": "1", "kind": "base", "name": ""}]),
        ([["1", "branch"], ["", "", ""], ["2", "Chi bộ", "  B   C "]], [
            {"code": "1", "kind": "branch", "name": ""},
            {"code": "2", "kind": "Chi bộ", "name": "B C"},
        ]),
        ([["1", "Chi đoàn", "A", "more", "than", "columns"]], [{"code": "1", "kind": "branch", "name": "A"}]),
    ],
)  # fmt: skip
def test_a_list_is_read(cells: list[list[str]], rows: list[dict[str, str]]) -> None:
    assert read_list(COLUMNS, cells) == rows


def test_a_list_may_be_empty_or_too_long_only_to_be_refused() -> None:
    with pytest.raises(Invalid) as empty:
        read_list(COLUMNS, [["Mã", "Loại", "Tên đơn vị"]])
    with pytest.raises(Invalid) as long:
        read_list(COLUMNS, [["1", "branch", "A"]] * (MOST + 1))
    assert [e.value.fields["danh_sach"].code for e in (empty, long)] == ["list_empty", "too_many_rows"]


_CELL = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=8).map(nfc)


@given(st.lists(st.tuples(_CELL.filter(lambda cell: cell.strip('"')), _CELL, _CELL), min_size=1, max_size=5))
def test_a_list_is_carried_from_page_to_page_unchanged(rows: list[tuple[str, str, str]]) -> None:
    named = [{"code": code.strip('"'), "kind": kind.strip('"'), "name": name.strip('"')} for code, kind, name in rows]
    first = read_list(COLUMNS, pasted_rows(list_text(COLUMNS, named)))
    assert read_list(COLUMNS, pasted_rows(list_text(COLUMNS, first))) == first


def test_faults_are_counted_by_row_and_shown_first() -> None:
    rows = [{"code": str(n), "kind": "branch", "name": "A"} for n in range(250)]
    seen = preview(COLUMNS, rows, {"rows.249.code": FieldError("code_taken", {"code": "249"})})
    assert (seen.total, seen.bad, seen.hidden, len(seen.rows)) == (250, 1, 149, 101)
    assert (seen.rows[0].number, seen.rows[0].cells[0].id) == (250, "o-250-code")
    assert seen.errors == [("o-250-code", "Dòng 250: Mã 249 đã dùng cho đơn vị khác.")]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("05/01/2027", date(2027, 1, 5)),
        (" 5-1-2027 ", date(2027, 1, 5)),
        ("5.1.2027", date(2027, 1, 5)),
        ("5 1 2027", date(2027, 1, 5)),
        ("2027-01-05", date(2027, 1, 5)),
        ("29/02/2027", None),
        ("31/04/2027", None),
        ("05/01/27", None),
        ("0/0/0000", None),
        ("ngày mai", None),
        ("", None),
    ],
)
def test_a_day_is_read_as_people_write_it(written: str, day: date | None) -> None:
    assert day_in(written) == day


@given(st.dates(date(1900, 1, 1), date(2200, 12, 31)))
def test_a_day_written_by_a_field_is_read_back(day: date) -> None:
    assert day_in(day_text(day)) == day
