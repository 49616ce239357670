"""Which answers are refused, and with which words?"""

from typing import Any

import pytest

from api.forms import accept, parse_form, prefilled, read, render_context, validate
from api.texts import sentence, sentences
from api.texts.coverage import missing_codes
from engine.errors import FieldError, Invalid
from tests.api_forms.samples import FACTS, FILE, FORM, SENT
from tests.api_forms.stylebook import WRONG

SPEC = parse_form(FORM)
GIVEN = prefilled(SPEC, FACTS)
GOOD = read(SPEC, SENT, {"bien_ban": FILE}, given=GIVEN)


def said(changes: dict[str, Any]) -> dict[str, str]:
    answers = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return {name: sentence(error.code, error.facts) for name, error in validate(SPEC, answers).items()}


def test_good_answers_are_accepted() -> None:
    assert validate(SPEC, GOOD) == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"loai": None}, {"loai": "Chọn “Loại chi đoàn”."}),
        ({"loai": "khac"}, {"loai": "“Loại chi đoàn”: chọn một mục trong danh sách."}),
        ({"noi_dung": None}, {"noi_dung": "Nhập “Nội dung đăng ký”."}),
        ({"noi_dung": "ngắn"}, {"noi_dung": "“Nội dung đăng ký” phải có ít nhất 10 ký tự."}),
        ({"noi_dung": "x" * 2100}, {"noi_dung": "“Nội dung đăng ký” chỉ được có nhiều nhất 2.000 ký tự; hiện có 2.100."}),
        ({"so_doan_vien": "abc", "so_dang_ky": None}, {"so_doan_vien": "“Số đoàn viên” phải là số nguyên, ví dụ 12."}),
        ({"so_doan_vien": 2, "so_dang_ky": 0}, {"so_doan_vien": "“Số đoàn viên” phải từ 3 trở lên."}),
        ({"so_dang_ky": 43}, {"so_dang_ky": "“Số đoàn viên đăng ký” không được lớn hơn “Số đoàn viên” (42)."}),
        ({"so_dang_ky": -1}, {"so_dang_ky": "“Số đoàn viên đăng ký” phải từ 0 trở lên."}),
        ({"thu": "a@"}, {"thu": "“Thư điện tử” phải là địa chỉ thư điện tử, ví dụ ten@vidu.vn."}),
        ({"linh_vuc": None}, {"linh_vuc": "Chọn ít nhất một mục ở “Lĩnh vực”."}),
        ({"linh_vuc": ["so", "van-hoa", "moi-truong"]}, {"linh_vuc": "Chọn nhiều nhất 2 mục ở “Lĩnh vực”."}),
        ({"linh_vuc": ["x"]}, {"linh_vuc": "“Lĩnh vực”: chọn một mục trong danh sách."}),
        ({"da_hop": False}, {}),
        ({"da_hop": None}, {"da_hop": "Chọn “Chi đoàn đã họp thống nhất”."}),
        ({"cam_ket": False}, {"cam_ket": "Đánh dấu “Tôi chịu trách nhiệm về nội dung trên” để tiếp tục."}),
        ({"bien_ban": None}, {"bien_ban": "Chọn tệp cho “Biên bản họp”."}),
        ({"bien_ban": {**FILE, "name": "a.exe"}}, {"bien_ban": "“Biên bản họp” phải là tệp .pdf, .docx."}),
        ({"bien_ban": {**FILE, "size": 6_000_000}}, {"bien_ban": "“Biên bản họp” chỉ được lớn nhất 5 MB."}),
        ({"doan_vien": None}, {"doan_vien": "Thêm ít nhất một dòng vào “Danh sách đoàn viên”."}),
        ({"doan_vien": [{"ho_ten": "A"}, {"diem": 3}]}, {"doan_vien.1.ho_ten": "Dòng 2: Nhập “Họ và tên”."}),
        ({"doan_vien": [{"ho_ten": "A"}, {"ho_ten": "a"}]}, {"doan_vien.1.ho_ten": "Dòng 2: “Họ và tên” bị trùng với dòng 1."}),
        ({"doan_vien": [{"ho_ten": "A", "ngay_sinh": "31/2/2000"}]},
         {"doan_vien.0.ngay_sinh": "Dòng 1: “Ngày sinh” phải là ngày có thật, ví dụ 05/01/2027."}),
        ({"loai": "truong"}, {}),
        ({"loai": "truong", "nam_hoc": "2026"}, {"nam_hoc": "Nhập năm học dạng 2026-2027."}),
        ({"nam_hoc": "không cần"}, {}),
    ],
)  # fmt: skip
def test_each_mistake_has_its_sentence(changes: dict[str, Any], words: dict[str, str]) -> None:
    assert said(changes) == words


def test_points_above_the_criterion_are_refused_by_name() -> None:
    rows = [dict(row) for row in GOOD["tieu_chi"]]
    rows[1]["tu_cham"] = 7
    del rows[2]["tu_cham"]
    assert said({"tieu_chi": rows}) == {
        "tieu_chi.1.tu_cham": "Dòng 2 (Học tập nghị quyết): “Tự chấm” không được lớn hơn “Điểm tối đa” (5).",
        "tieu_chi.2.tu_cham": "Dòng 3 (Công trình thanh niên): Nhập “Tự chấm”.",
    }


def test_too_many_rows_are_refused() -> None:
    rows = [{"ho_ten": f"Người {n}"} for n in range(201)]
    assert said({"doan_vien": rows}) == {
        "doan_vien": "“Danh sách đoàn viên” chỉ được có nhiều nhất 200 dòng; hiện có 201."
    }


def test_the_page_lists_the_errors_in_its_own_order_and_each_leads_to_a_field() -> None:
    answers = read(SPEC, WRONG, {"bien_ban": FILE}, given=GIVEN)
    view = render_context(SPEC, answers, validate(SPEC, answers))
    assert [place for place, _ in view.errors] == [
        "f.loai.0", "f.thu", "f.noi_dung", "f.so_doan_vien", "f.ngay_hop.day", "f.doan_vien.0.diem", "f.tieu_chi.1.tu_cham",
    ]  # fmt: skip


def test_refusals_of_a_use_case_are_shown_at_their_fields_and_the_rest_above() -> None:
    errors = {
        "so_doan_vien": FieldError("required", {}),
        "cuoc_hop": FieldError("no_quorum", {"invited": 9, "present": 3}),
    }
    assert render_context(SPEC, GOOD, errors).errors == (
        ("f.so_doan_vien", "Nhập “Số đoàn viên”."),
        ("", "Cuộc họp chưa đủ thành phần: có mặt 3 trên 9 người được triệu tập."),
    )


def test_accept_raises_every_error_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        accept(SPEC, {})
    assert sorted(caught.value.fields) == sorted(
        ["loai", "noi_dung", "so_doan_vien", "ngay_hop", "linh_vuc", "da_hop", "bien_ban", "doan_vien", "cam_ket"]
    )


def test_every_code_that_is_raised_has_a_sentence() -> None:
    assert missing_codes() == {}


def test_sentences_end_and_are_composed() -> None:
    import unicodedata

    wrong = [
        code for code, text in sentences().items() if text != unicodedata.normalize("NFC", text) or text[-1] not in ".}"
    ]
    assert wrong == []


def test_an_unknown_code_gives_a_plain_sentence_that_names_it() -> None:
    assert sentence("khong_co", {}) == "Không thực hiện được yêu cầu này (mã khong_co)."


def test_a_column_is_asked_for_where_another_of_its_row_demands_it() -> None:
    choice = {
        "type": "string",
        "title": "Kết luận",
        "oneOf": [{"const": "yes", "title": "Đạt"}, {"const": "no", "title": "Chưa"}],
    }
    reason = {"type": "string", "title": "Lý do", "x-ui": {"required_if": {"field": "result", "is": "no"}}}
    columns = {"result": choice, "reason": reason}
    rows = {"type": "array", "title": "Bảng", "items": {"type": "object", "properties": columns}}
    spec = parse_form({"$id": "hop", "title": "Họp", "type": "object", "properties": {"rows": rows}})
    answers = {"rows": [{"result": "yes"}, {"result": "no"}, {"result": "no", "reason": "Thiếu"}, {}]}
    assert {name: sentence(e.code, e.facts) for name, e in validate(spec, answers).items()} == {
        "rows.1.reason": "Dòng 2: Nhập “Lý do”."
    }
