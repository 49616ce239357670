"""Is a wrong form refused, each mistake with its place?"""

import json
from typing import Any

import pytest

from api.forms import check_form, parse_form
from api.forms.spec import Widget
from engine.errors import BadPack
from tests.api_forms.samples import FORM


def with_field(field: dict[str, Any], **form: Any) -> dict[str, Any]:
    return {"title": "Mẫu", "properties": {"a": {"type": "integer", "title": "A"}, "b": field}, **form}


def test_the_sample_form_has_no_findings_as_text_or_as_values() -> None:
    assert (check_form(FORM), check_form(json.dumps(FORM, ensure_ascii=False))) == ((), ())


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ("{", "không phải JSON hợp lệ"),
        ("[]", "biểu mẫu phải là một đối tượng JSON có “properties”"),
        (with_field({"type": "string", "title": "B", "x-ui": {"widget": "slider"}}), "không có kiểu nhập “slider”"),
        (with_field({"type": "string", "title": "B", "x-ui": {"widgit": "text"}}), "không hiểu từ khóa “widgit”"),
        (with_field({"type": "string", "title": "B", "$ref": "https://vidu.vn/x"}), "không hiểu từ khóa “$ref”"),
        (with_field({"type": "string", "x-ui": {}}), "thiếu “title”"),
        (with_field({"type": "string", "title": "B", "x-ui": {"widget": "money"}}), "cần “type” là “integer”"),
        (with_field({"type": "string", "title": "B", "x-ui": {"widget": "radio"}}), "thiếu danh sách lựa chọn"),
        (with_field({"type": "string", "title": "B", "x-ui": {"show_if": {"field": "c", "is": 1}}}), "các trường đứng trước"),
        (with_field({"type": "string", "title": "B", "x-ui": {"show_if": {"field": "a", "above": 1}}}), "điều kiện phải là"),
        (with_field({"type": "string", "title": "B", "x-ui": {"required_if": {"field": "c", "is": 1}}}), "“required_if” chỉ được hỏi"),
        (with_field({"type": "string", "title": "B", "x-ui": {"section": "x"}}), "không có phần “x”"),
        (with_field({"type": "string", "title": "B", "x-ui": {"width": 7}}), "“width” phải là một trong"),
        (with_field({"type": "integer", "title": "B", "x-ui": {"most_field": "z"}}), "không so sánh được với “z”"),
        (with_field({"type": "string", "title": "B", "pattern": "(a+)+b"}), "có thể làm treo máy chủ"),
        (with_field({"type": "string", "title": "B", "pattern": "["}), "lược đồ không hợp lệ"),
        (with_field({"type": "string", "title": "B", "minLength": -1}), "lược đồ không hợp lệ"),
        (with_field({"type": "string", "title": "B", "pattern": "a{99999999999}"}), "lược đồ không hợp lệ"),
        (with_field({"type": "string", "title": "B", "oneOf": None}), "phải là một danh sách JSON"),
        (with_field({"title": "B", "enum": 5}), "phải là một danh sách JSON"),
        (with_field({"type": "string", "title": "B", "x-ui": {"accept": None}}), "phải là một danh sách JSON"),
        (with_field({"type": "string", "title": "B", "x-ui": {"width": [5]}}), "“width” phải là một trong"),
        ('{"title": "M", "properties": {}, "x": 1e1000000000000000000000}', "không phải JSON hợp lệ"),
        ('{"title": "M", "properties": ' + "[" * 100_000, "lồng nhau quá nhiều tầng"),
        ('{"title": "M", "properties": {"a": ' + '{"a":' * 900 + "1" + "}" * 902, "lồng nhau quá nhiều tầng"),
        (with_field({"type": "array", "title": "B", "items": {"properties": {}}}), "các cột"),
        (with_field({"type": "array", "title": "B", "items": {"properties": {"c": {"type": "object", "title": "C", "x-ui": {"widget": "file"}}}}}),
         "không dùng được trong bảng"),
        (with_field({"type": "string", "title": "B"}, required=["c"]), "không có trong “properties”"),
        ({"title": "M", "properties": {"Tên": {"type": "string", "title": "T"}}}, "tên trường chỉ gồm"),
    ],
)  # fmt: skip
def test_mistakes_are_named(form: Any, reason: str) -> None:
    assert any(reason in finding.reason for finding in check_form(form, file="mau.json"))
    with pytest.raises(BadPack):
        parse_form(form)


def test_a_finding_names_file_line_and_field() -> None:
    text = '{\n "title": "M",\n "properties": {\n  "b": {"type": "string"}\n }\n}'
    assert [(f.file, f.line, f.element) for f in check_form(text, file="forms/mau.json")] == [
        ("forms/mau.json", 4, "b")
    ]


def test_the_schema_alone_decides_the_widget_where_none_is_named() -> None:
    fields = {
        "a": {"type": "string", "title": "A"}, "b": {"type": "string", "title": "B", "format": "date"},
        "c": {"type": "number", "title": "C"}, "d": {"type": "boolean", "title": "D"},
        "e": {"type": "string", "title": "E", "enum": ["1", "2"]}, "f": {"type": "string", "title": "F", "enum": list("1234567")},
        "g": {"type": "array", "title": "G", "items": {"enum": ["1"]}},
        "h": {"type": "array", "title": "H", "items": {"properties": {"x": {"type": "string", "title": "X", "enum": ["1"]}}}},
    }  # fmt: skip
    spec = parse_form({"title": "M", "properties": fields})
    assert [field.widget for field in spec.fields] == [
        Widget.TEXT, Widget.DATE, Widget.NUMBER, Widget.YES_NO, Widget.RADIO, Widget.SELECT, Widget.CHECKBOXES, Widget.TABLE,
    ]  # fmt: skip
    assert spec.field("h").column("x").widget is Widget.SELECT
