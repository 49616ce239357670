"""What do answers look like after a browser sent them?"""

from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from api.forms import is_editing, parse_form, prefilled, read, render_context, validate
from api.forms.cells import clean_text, read_day, read_number
from engine.rules.text import number_text
from tests.api_forms.samples import FACTS, FILE, FORM, SENT

SPEC = parse_form(FORM)
GIVEN = prefilled(SPEC, FACTS)


def table_form(**ui: object):
    columns = {
        "ten": {"type": "string", "title": "Tên"},
        "so": {"type": "integer", "title": "Số"},
        "ngay": {"type": "string", "format": "date", "title": "Ngày"},
        "co": {"type": "boolean", "title": "Có mặt", "x-ui": {"widget": "yes_no"}},
    }
    table = {"type": "array", "title": "Bảng", "items": {"properties": columns}, "x-ui": ui}
    return parse_form({"title": "Bảng", "properties": {"bang": table}})


UNIQUE = parse_form(
    {
        "title": "Đoàn viên",
        "properties": {
            "doan_vien": {
                "type": "array",
                "title": "Đoàn viên",
                "uniqueItems": True,
                "items": {
                    "properties": {
                        "ho_ten": {"type": "string", "title": "Họ và tên"},
                        "nam_sinh": {"type": "integer", "title": "Năm sinh"},
                    }
                },
                "x-ui": {"key": "ho_ten"},
            }
        },
    }
)


def test_a_whole_form_is_read() -> None:
    assert read(SPEC, SENT, {"bien_ban": FILE}, given=GIVEN) == {
        "don_vi": "Chi đoàn Tổ dân phố số 3",
        "loai": "dia-ban",
        "thu": "bithu@vidu.vn",
        "noi_dung": "Trồng 200 cây xanh.\nDạy người cao tuổi dùng điện thoại.",
        "so_doan_vien": 42,
        "so_dang_ky": 40,
        "kinh_phi": 4_180_000,
        "ty_le": Decimal("95.5"),
        "ngay_hop": "2026-11-05",
        "linh_vuc": ["moi-truong", "so"],
        "khoi": "Khối 2",
        "da_hop": True,
        "bien_ban": FILE,
        "doan_vien": [{"ho_ten": "Trần Thị Ánh", "ngay_sinh": "2004-03-09", "diem": Decimal("8.5"), "nu": True}],
        "tieu_chi": [
            {"nhom": "Chính trị", "ten": "Sinh hoạt đúng định kỳ", "toi_da": 10, "tu_cham": Decimal("9.5")},
            {"nhom": "Chính trị", "ten": "Học tập nghị quyết", "toi_da": 5, "tu_cham": Decimal(5)},
            {
                "nhom": "Phong trào",
                "ten": "Công trình thanh niên",
                "toi_da": 15,
                "tu_cham": Decimal(12),
                "ly_do": "Ảnh chụp trước và sau",
            },
        ],
        "cam_ket": True,
    }


def test_read_only_values_cannot_be_sent() -> None:
    sent = {"f.don_vi": ["Chi đoàn khác"], "f.tieu_chi.0._key": ["Học tập nghị quyết"], "f.tieu_chi.0.toi_da": ["999"]}
    answers = read(SPEC, sent, given=GIVEN)
    assert answers["don_vi"] == "Chi đoàn Tổ dân phố số 3"
    assert [row["toi_da"] for row in answers["tieu_chi"]] == [10, 5, 15]


def test_fixed_rows_are_matched_by_key_not_by_place() -> None:
    sent = {
        "f.tieu_chi.0._key": ["Công trình thanh niên"], "f.tieu_chi.0.tu_cham": ["12"],
        "f.tieu_chi.7._key": ["Không còn"], "f.tieu_chi.7.tu_cham": ["3"],
    }  # fmt: skip
    rows = read(SPEC, sent, given=GIVEN)["tieu_chi"]
    assert [row.get("tu_cham") for row in rows] == [None, None, Decimal(12)]


def test_cells_beside_the_columns_stay_with_their_row() -> None:
    spec = table_form(fixed=True)
    given = {"bang": [{"ten": "A", "unit_id": "u1"}, {"ten": "B", "unit_id": "u2"}]}
    sent = {"f.bang.0._key": ["A"], "f.bang.0.ten": ["A"], "f.bang.0.so": ["1"], "f.bang.0.unit_id": ["u9"]}
    assert read(spec, sent, given=given)["bang"] == [
        {"ten": "A", "unit_id": "u1", "so": 1},
        {"ten": "B", "unit_id": "u2"},
    ]


def test_rows_that_share_a_key_are_taken_in_order() -> None:
    spec = table_form(fixed=True)
    given = {"bang": [{"ten": "A", "unit_id": "u1"}, {"ten": "A", "unit_id": "u2"}]}
    sent = {"f.bang.0._key": ["A"], "f.bang.0.so": ["1"], "f.bang.1._key": ["A"], "f.bang.1.so": ["2"]}
    assert [row.get("so") for row in read(spec, sent, given=given)["bang"]] == [1, 2]


def test_a_draft_stands_over_the_facts_but_not_over_what_the_server_fills_in() -> None:
    draft = {
        "don_vi": "Chi đoàn cũ", "noi_dung": "Đang viết",
        "tieu_chi": [{"ten": "Học tập nghị quyết", "toi_da": 99, "tu_cham": Decimal(4)}, {"ten": "Đã bỏ", "tu_cham": Decimal(1)}],
    }  # fmt: skip
    answers = prefilled(SPEC, FACTS, draft=draft)
    assert (answers["don_vi"], answers["noi_dung"]) == ("Chi đoàn Tổ dân phố số 3", "Đang viết")
    assert [(row["ten"], row["toi_da"], row.get("tu_cham")) for row in answers["tieu_chi"]] == [
        ("Sinh hoạt đúng định kỳ", 10, None), ("Học tập nghị quyết", 5, Decimal(4)), ("Công trình thanh niên", 15, None),
    ]  # fmt: skip


def test_a_field_that_does_not_matter_is_dropped() -> None:
    kept = read(SPEC, {**SENT, "f.loai": ["truong"], "f.nam_hoc": ["2026-2027"]}, given=GIVEN)
    dropped = read(SPEC, {**SENT, "f.nam_hoc": ["2026-2027"]}, given=GIVEN)
    assert (kept["nam_hoc"], dropped.get("nam_hoc")) == ("2026-2027", None)


def test_rows_are_added_and_removed_without_a_script() -> None:
    spec = table_form()
    sent = {"f.bang.0.ten": ["A"], "f.bang.1.ten": ["B"], "f.bang.4.ten": ["C"]}
    assert read(spec, {**sent, "_add": ["bang"]})["bang"] == [{"ten": "A"}, {"ten": "B"}, {"ten": "C"}, {}]
    assert read(spec, {**sent, "_remove": ["bang.1"]})["bang"] == [{"ten": "A"}, {"ten": "C"}]
    assert [is_editing({**sent, name: ["bang"]}) for name in ("_add", "_remove", "_paste", "_save")] == [
        True,
        True,
        True,
        False,
    ]


def test_pasted_rows_are_matched_by_their_header() -> None:
    paste = 'SỐ\tTên\tghi chú\tngày\r\n1.200\tTrần  Ánh\tbỏ\t9/11/2026\r\n\r\nhai\t"Lê\nVăn"\t\t31/2/2026\r\n'
    assert read(table_form(), {"f.bang._paste": [paste]})["bang"] == [
        {"so": 1200, "ten": "Trần Ánh", "ngay": "2026-11-09"},
        {"so": "hai", "ten": "Lê Văn", "ngay": "31/2/2026"},
    ]


def test_pasted_rows_without_a_header_stand_in_column_order_after_the_typed_ones() -> None:
    sent = {"f.bang.0.ten": ["A"], "f.bang._paste": ["B\t2\t2026-01-05\tx\nC\t\t\tkhông"]}
    assert read(table_form(), sent)["bang"] == [
        {"ten": "A"},
        {"ten": "B", "so": 2, "ngay": "2026-01-05", "co": True},
        {"ten": "C", "co": False},
    ]


def test_a_list_put_in_once_more_brings_only_what_is_new() -> None:
    sent = {"f.doan_vien.0.ho_ten": ["Trần Ánh"], "f.doan_vien.0.nam_sinh": ["2003"]}
    first = read(UNIQUE, {**sent, "f.doan_vien._paste": ["Lê Văn\t2004\nTrần Ánh\t2005"]})["doan_vien"]
    assert first == [
        {"ho_ten": "Trần Ánh", "nam_sinh": 2003},
        {"ho_ten": "Lê Văn", "nam_sinh": 2004},
        {"ho_ten": "Trần Ánh", "nam_sinh": 2005},
    ]
    again = {**sent, "f.doan_vien.1.ho_ten": ["Lê Văn"], "f.doan_vien.1.nam_sinh": ["2004"]}
    rows = read(UNIQUE, {**again, "f.doan_vien._paste": ["Lê Văn\t2004\nTrần Ánh\t2003\nVũ An\t2006"]})["doan_vien"]
    assert rows == [*first[:2], {"ho_ten": "Vũ An", "nam_sinh": 2006}]


def test_pasting_into_fixed_rows_matches_the_key() -> None:
    spec = parse_form({**FORM, "required": []})
    sent = {"f.tieu_chi._paste": ["Tiêu chí\tTự chấm\tĐiểm tối đa\nHọc tập nghị quyết\t4,5\t99\nLạ\t1\t1"]}
    rows = read(spec, sent, given=GIVEN)["tieu_chi"]
    assert [(row["toi_da"], row.get("tu_cham")) for row in rows] == [(10, None), (5, Decimal("4.5")), (15, None)]


def test_a_file_stays_until_it_is_replaced_or_removed() -> None:
    given = {**GIVEN, "bien_ban": FILE}
    other = {**FILE, "name": "moi.pdf"}
    assert [
        read(SPEC, SENT, given=given).get("bien_ban"),
        read(SPEC, SENT, {"bien_ban": other}, given=given).get("bien_ban"),
        read(SPEC, {**SENT, "f.bien_ban._remove": ["1"]}, given=given).get("bien_ban"),
    ] == [FILE, other, None]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("1.234,5", Decimal("1234.5")), ("1234,5", Decimal("1234.5")), ("1.234", Decimal(1234)), ("12.5", Decimal("12.5")),
        ("-3,25", Decimal("-3.25")), ("1 234 567", Decimal(1234567)), ("4.180.000 ₫", Decimal(4180000)), ("1,2,3", "1,2,3"),
        ("12a", "12a"), ("1e5", "1e5"), ("NaN", "NaN"), ("١٢", "١٢"), ("9" * 40, "9" * 40),
    ],
)  # fmt: skip
def test_numbers_are_read_as_vietnamese_people_write_them(typed: str, meant: Decimal | str) -> None:
    assert read_number(typed) == meant


@pytest.mark.parametrize(("typed", "meant"), [("12", 12), ("1.234", 1234), ("12,0", 12), ("12,5", "12,5")])
def test_whole_numbers_are_not_rounded(typed: str, meant: int | str) -> None:
    assert read_number(typed, whole=True) == meant


@for_all(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=3))
def test_what_is_shown_is_read_back(value: Decimal) -> None:
    assert read_number(number_text(value)) == value


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("9/11/2026", "2026-11-09"),
        ("09-11-2026", "2026-11-09"),
        ("2026-11-09", "2026-11-09"),
        ("31/2/2026", "31/2/2026"),
        ("9/11/26", "9/11/26"),
    ],
)
def test_days_are_read(typed: str, meant: str) -> None:
    assert read_day(typed) == meant


@pytest.mark.parametrize(
    ("boxes", "code"),
    [(("31", "2", "2026"), "form.not_a_date"), (("", "2", "2026"), "form.date_incomplete"), (("1", "2", "26"), "form.not_a_date"), (("", "", ""), "form.required")],
)  # fmt: skip
def test_a_date_in_boxes_that_is_none_is_refused(boxes: tuple[str, str, str], code: str) -> None:
    sent = {
        **SENT,
        **{f"f.ngay_hop.{part}": [text] for part, text in zip(("day", "month", "year"), boxes, strict=True)},
    }
    assert validate(SPEC, read(SPEC, sent, {"bien_ban": FILE}, given=GIVEN))["ngay_hop"].code == code


def test_text_is_composed_trimmed_and_cannot_turn_the_writing() -> None:
    assert clean_text("  Tru\u031bo\u031b\u0300ng\u202e \u0000x\t y ") == "Trường x y"
    assert clean_text("a \r\n\r\nb\u2066 ", lines=True) == "a\n\nb"


@for_all(
    st.dictionaries(
        st.sampled_from([*SENT, "f.doan_vien.9.diem", "f.doan_vien._paste", "_add", "f..", "f.tieu_chi.x.y"]),
        st.lists(st.text(max_size=40), max_size=3),
    )
)
def test_nothing_a_browser_sends_breaks_reading_or_checking(sent: dict[str, list[str]]) -> None:
    answers = read(SPEC, sent, given=GIVEN)
    names = {field.name for field in SPEC.fields}
    errors = validate(SPEC, answers)
    assert {key.split(".")[0] for key in errors} | set(answers) <= names
    assert len(render_context(SPEC, answers, errors).errors) == len(errors)
