"""Is this JSON a form, and what exactly is wrong where it is not? Every finding is a Vietnamese sentence."""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from api.forms.conditions import Condition, parse_condition
from api.forms.spec import CHOICES, NUMBERS, SILENT, TABLES, Field, FormSpec, Json, Option, Section, Widget
from engine.errors import BadPack, Finding
from engine.rules.figures import KEYWORD, Part

#: A form of a model, or one that models share; in a group its key.
FILE = re.compile(r"(?:_shared/)?forms/([a-z0-9_-]+)\.json")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_KEYWORDS = frozenset(
    [
        "$comment",
        "title",
        "description",
        "type",
        "format",
        "enum",
        "oneOf",
        "const",
        "default",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "items",
        "minItems",
        "maxItems",
        "uniqueItems",
        "x-ui",
        KEYWORD,
    ]
)
_ROW_KEYWORDS = frozenset({"type", "properties", "required", "additionalProperties", "title", "$comment"})
_FORM_KEYWORDS = frozenset(
    {
        "$schema",
        "$id",
        "$comment",
        "title",
        "description",
        "type",
        "properties",
        "required",
        "additionalProperties",
        "x-ui",
    }
)
_FORM_UI = frozenset({"sections", "submit", "text"})
_UI = frozenset(
    [
        "widget",
        "hint",
        "help",
        "section",
        "width",
        "rows",
        "unit",
        "autocomplete",
        "inputmode",
        "prefill",
        "read_only",
        "show_if",
        "required_if",
        "most_field",
        "least_field",
        "errors",
        "fixed",
        "key",
        "label_column",
        "group_column",
        "add",
        "paste",
        "total",
        "accept",
        "max_bytes",
        "hints",
    ]
)
_FIGURE = frozenset({"indicator", "part"})
_WIDTHS = frozenset({2, 3, 4, 5, 10, 20, 30})
_COLUMN_WIDGETS = frozenset(
    {
        Widget.TEXT,
        Widget.TEXTAREA,
        Widget.NUMBER,
        Widget.INTEGER,
        Widget.MONEY,
        Widget.DATE,
        Widget.SELECT,
        Widget.YES_NO,
        Widget.CHECK,
        Widget.EMAIL,
        Widget.READ_ONLY,
    }
)
_TYPES = {
    Widget.TEXT: "string",
    Widget.TEXTAREA: "string",
    Widget.EMAIL: "string",
    Widget.DATE: "string",
    Widget.RADIO: "string",
    Widget.SELECT: "string",
    Widget.NUMBER: "number",
    Widget.INTEGER: "integer",
    Widget.MONEY: "integer",
    Widget.CHECKBOXES: "array",
    Widget.YES_NO: "boolean",
    Widget.CHECK: "boolean",
    Widget.FILE: "object",
    Widget.TABLE: "array",
    Widget.SCORE: "array",
}
#: A group that is repeated can make matching take for ever on a hostile answer.
_REPEATED_GROUP = re.compile(r"\)[*+{]")


class _Findings:
    def __init__(self, file: str, source: str) -> None:
        self.file, self.lines = file, source.splitlines()
        self.found: list[Finding] = []

    def add(self, element: str, reason: str) -> None:
        self.found.append(Finding(file=self.file, line=self._line(element), element=element, reason=reason))

    def _line(self, element: str) -> int:
        name = f'"{element.rsplit(".", 1)[-1]}"'
        return next((number for number, line in enumerate(self.lines, 1) if name in line and element), 0)


def parse_form(raw: Json | str | bytes, *, file: str = "") -> FormSpec:
    """Read a form; raises `BadPack` with every finding when it is not one. `file` names it in the findings."""
    spec, findings = _parse(raw, file=file)
    if spec is None or findings:
        raise BadPack(findings)
    return spec


def check_form(raw: Json | str | bytes, *, file: str = "") -> tuple[Finding, ...]:
    """Everything that is wrong with a form; empty when it can be used."""
    return _parse(raw, file=file)[1]


def check_forms(files: Mapping[str, bytes]) -> list[Finding]:
    """The same of every form among the files of a model."""
    return [found for name in sorted(files) if FILE.fullmatch(name) for found in check_form(files[name], file=name)]


def _parse(raw: Json | str | bytes, *, file: str) -> tuple[FormSpec | None, tuple[Finding, ...]]:
    source = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw if isinstance(raw, str) else ""
    notes = _Findings(file, source)
    try:
        data = json.loads(source, parse_float=Decimal) if source or isinstance(raw, str | bytes) else raw
    except (ValueError, ArithmeticError) as error:
        notes.add("", f"không phải JSON hợp lệ: {error}")
        return None, tuple(notes.found)
    except RecursionError:
        return _too_deep(notes)
    if not isinstance(data, Mapping) or not isinstance(data.get("properties"), Mapping):
        notes.add("", "biểu mẫu phải là một đối tượng JSON có “properties”")
        return None, tuple(notes.found)
    try:
        return _form(_exact(data), notes), tuple(notes.found)
    except RecursionError:
        return _too_deep(notes)


def _too_deep(notes: _Findings) -> tuple[None, tuple[Finding, ...]]:
    notes.add("", "biểu mẫu lồng nhau quá nhiều tầng")
    return None, tuple(notes.found)


def _exact(value: Any) -> Any:
    """Floats as exact decimals, so that 0,1 stays 0,1."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, Mapping):
        return {key: _exact(item) for key, item in value.items()}
    return [_exact(item) for item in value] if isinstance(value, list | tuple) else value


def _form(data: Json, notes: _Findings) -> FormSpec:
    _known(data, _FORM_KEYWORDS, "", notes)
    ui = _mapping(data.get("x-ui"), "x-ui", notes)
    _known(ui, _FORM_UI, "x-ui", notes)
    if not data.get("title"):
        notes.add("", "biểu mẫu thiếu “title”")
    required = _names(data.get("required"), notes)
    fields = tuple(_field(name, raw, name in required, notes, where=name) for name, raw in data["properties"].items())
    for name in required - {field.name for field in fields}:
        notes.add(name, "có trong “required” nhưng không có trong “properties”")
    sections = tuple(_sections(ui.get("sections", []), notes))
    _check_references(fields, sections, notes)
    return FormSpec(
        id=str(data.get("$id", "")),
        title=str(data.get("title", "")),
        text=str(data.get("description", ui.get("text", ""))),
        submit=str(ui.get("submit", "Tiếp tục")),
        sections=sections,
        fields=fields,
    )


def _field(name: str, raw: Any, required: bool, notes: _Findings, *, where: str, column: bool = False) -> Field:
    schema = _mapping(raw, where, notes)
    ui = _mapping(schema.get("x-ui"), where, notes)
    if not _NAME.fullmatch(name):
        notes.add(where, "tên trường chỉ gồm chữ thường không dấu, số và gạch dưới, bắt đầu bằng chữ")
    _known(schema, _KEYWORDS, where, notes)
    _known(ui, _UI, where, notes)
    widget = _widget(schema, ui, where, notes, column=column)
    plain = {key: value for key, value in schema.items() if key not in {"x-ui", KEYWORD, "default", "title"}}
    _check_schema(plain, widget, where, notes)
    if not schema.get("title") and widget is not Widget.HELP:
        notes.add(where, "thiếu “title” (câu hỏi)")
    columns = _columns(schema, where, notes) if widget in TABLES else ()
    fixed = bool(ui.get("fixed", widget is Widget.SCORE))
    named = str(ui.get("label_column", columns[0].name if columns else ""))
    return Field(
        name=name,
        title=str(schema.get("title", "")),
        widget=widget,
        schema=plain,
        required=required,
        hint=str(ui.get("hint", "")),
        help=str(ui.get("help", schema.get("description", ""))),
        section=str(ui.get("section", "")),
        width=_width(ui, where, notes),
        rows=_count(ui, "rows", _rows(widget), where, notes),
        unit=str(ui.get("unit", "")),
        autocomplete=str(ui.get("autocomplete", "")),
        inputmode=str(ui.get("inputmode", "")),
        prefill=str(ui.get("prefill", "")),
        read_only=widget is Widget.READ_ONLY or ui.get("read_only") is True,
        show_if=_condition(ui, "show_if", where, notes),
        required_if=_condition(ui, "required_if", where, notes),
        options=_options(schema, ui, widget, where, notes),
        most_field=str(ui.get("most_field", "")),
        least_field=str(ui.get("least_field", "")),
        messages={str(key): str(text) for key, text in _mapping(ui.get("errors"), where, notes).items()},
        columns=columns,
        fixed=fixed,
        key=str(ui.get("key", named)),
        label_column=named,
        group_column=str(ui.get("group_column", "")),
        add_label=str(ui.get("add", "Thêm dòng")),
        paste=ui.get("paste", not fixed) is True and widget in TABLES,
        total=ui.get("total") is True,
        figure=_figure(schema, where, notes),
        accept=tuple(str(ending).lower() for ending in _list(ui.get("accept", []), where, notes)),
        max_bytes=_count(ui, "max_bytes", 10 * 1024 * 1024, where, notes),
    )


def _figure(schema: Json, where: str, notes: _Findings) -> bool:
    """Whether the answer is a figure (`x-figure`); which indicator it may name is the pack's own check."""
    said = _mapping(schema.get(KEYWORD), where, notes)
    if not said and KEYWORD not in schema:
        return False
    _known(said, _FIGURE, where, notes)
    if not said.get("indicator"):
        notes.add(where, f"“{KEYWORD}” thiếu “indicator”")
    if said.get("part", Part.VALUE) not in tuple(Part):
        notes.add(where, f"“{KEYWORD}”: “part” là một trong: {', '.join(Part)}")
    return True


def _rows(widget: Widget) -> int:
    return 1 if widget in TABLES else 4


def _widget(schema: Json, ui: Json, where: str, notes: _Findings, *, column: bool) -> Widget:
    wanted = str(ui.get("widget") or _default_widget(schema))
    if wanted not in set(Widget):
        notes.add(where, f"không có kiểu nhập “{wanted}”; chỉ có: {', '.join(Widget)}")
        return Widget.TEXT
    widget = Widget(wanted)
    if column and widget is Widget.RADIO:
        widget = Widget.SELECT
    if column and widget not in _COLUMN_WIDGETS:
        notes.add(where, f"kiểu nhập “{wanted}” không dùng được trong bảng")
    expected = _TYPES.get(widget)
    if expected and schema.get("type") != expected:
        notes.add(where, f"kiểu nhập “{wanted}” cần “type” là “{expected}”")
    return widget


def _default_widget(schema: Json) -> Widget:
    match schema.get("type"), schema.get("format"):
        case "string", "date":
            return Widget.DATE
        case "string", "email":
            return Widget.EMAIL
        case "number", _:
            return Widget.NUMBER
        case "integer", _:
            return Widget.INTEGER
        case "boolean", _:
            return Widget.YES_NO
        case "array", _:
            items = schema.get("items")
            return Widget.TABLE if isinstance(items, Mapping) and "properties" in items else Widget.CHECKBOXES
    choices = schema.get("oneOf", schema.get("enum", ()))
    if choices and isinstance(choices, list):
        return Widget.RADIO if len(choices) <= 6 else Widget.SELECT
    return Widget.TEXT


def _check_schema(schema: Json, widget: Widget, where: str, notes: _Findings) -> None:
    pattern = str(schema.get("pattern", ""))
    if len(pattern) > 200 or _REPEATED_GROUP.search(pattern):
        notes.add(where, "“pattern” quá dài hoặc lặp một nhóm: có thể làm treo máy chủ")
    if widget in TABLES:
        return
    try:
        Draft202012Validator.check_schema(_plain(schema))
        re.compile(pattern)
    except (SchemaError, re.error, OverflowError) as error:
        notes.add(where, f"lược đồ không hợp lệ: {getattr(error, 'message', error)}")


def _plain(value: Any) -> Any:
    """Decimals as floats: the meta-schema knows no others."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if key != "x-ui"}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _columns(schema: Json, where: str, notes: _Findings) -> tuple[Field, ...]:
    items = _mapping(schema.get("items"), where, notes)
    _known(items, _ROW_KEYWORDS, where, notes)
    properties = _mapping(items.get("properties"), where, notes)
    if not properties:
        notes.add(where, "bảng phải có “items.properties” là các cột")
    required = _names(items.get("required"), notes)
    columns = tuple(
        _field(n, raw, n in required, notes, where=f"{where}.{n}", column=True) for n, raw in properties.items()
    )
    for name in required - set(properties):
        notes.add(f"{where}.{name}", "có trong “required” của bảng nhưng không có cột này")
    return columns


def _options(schema: Json, ui: Json, widget: Widget, where: str, notes: _Findings) -> tuple[Option, ...]:
    source = _mapping(schema.get("items"), where, notes) if widget is Widget.CHECKBOXES else schema
    hints = _mapping(ui.get("hints"), where, notes)
    if "oneOf" in source:
        raw = [_mapping(item, where, notes) for item in _list(source["oneOf"], where, notes)]
        found = [(str(item.get("const")), str(item.get("title", item.get("const")))) for item in raw]
    else:
        found = [(str(item), str(item)) for item in _list(source.get("enum", []), where, notes)]
    if widget in CHOICES | {Widget.CHECKBOXES} and not found:
        notes.add(where, "thiếu danh sách lựa chọn (“oneOf” gồm const và title, hoặc “enum”)")
    return tuple(Option(value=value, title=title, hint=str(hints.get(value, ""))) for value, title in found)


def _condition(ui: Json, name: str, where: str, notes: _Findings) -> Condition | None:
    if name not in ui:
        return None
    try:
        return parse_condition(ui[name])
    except ValueError as error:
        notes.add(where, f"“{name}”: {error}")
        return None


def _sections(raw: Any, notes: _Findings) -> Iterator[Section]:
    for item in raw if isinstance(raw, list) else []:
        section = _mapping(item, "sections", notes)
        if not section.get("id") or not section.get("title"):
            notes.add("sections", "mỗi phần phải có “id” và “title”")
        yield Section(
            id=str(section.get("id", "")), title=str(section.get("title", "")), text=str(section.get("text", ""))
        )


def _check_references(fields: tuple[Field, ...], sections: tuple[Section, ...], notes: _Findings) -> None:
    known: set[str] = set()
    ids = {section.id for section in sections}
    for field in fields:
        if field.section and field.section not in ids:
            notes.add(field.name, f"không có phần “{field.section}” trong “x-ui.sections”")
        if field.show_if and not set(field.show_if.fields()) <= known:
            notes.add(field.name, "“show_if” chỉ được hỏi các trường đứng trước")
        if field.widget not in SILENT:
            known.add(field.name)
    _check_demands(fields, "", notes)
    _check_comparisons(fields, "", notes)
    for table in (field for field in fields if field.widget in TABLES):
        _check_demands(table.columns, f"{table.name}.", notes)
        _check_comparisons(table.columns, f"{table.name}.", notes)
        names = {column.name for column in table.columns}
        key = {table.key} if not table.fixed else set()  # a fixed row may be known by a cell beside the columns
        for wanted in (key | {table.label_column, table.group_column}) - names - {""}:
            notes.add(table.name, f"không có cột “{wanted}”")


def _check_demands(fields: tuple[Field, ...], prefix: str, notes: _Findings) -> None:
    known = {field.name for field in fields if field.widget not in SILENT}
    for field in fields:
        if field.required_if and not set(field.required_if.fields()) <= known:
            notes.add(prefix + field.name, "“required_if” chỉ được hỏi các trường của biểu mẫu, hoặc các cột cùng bảng")


def _check_comparisons(fields: tuple[Field, ...], prefix: str, notes: _Findings) -> None:
    comparable = {field.name for field in fields if field.widget in NUMBERS | {Widget.DATE, Widget.READ_ONLY}}
    for field in fields:
        for other in {field.most_field, field.least_field} - {""} - comparable:
            notes.add(prefix + field.name, f"không so sánh được với “{other}”: không có trường số hoặc ngày tên đó")


def _width(ui: Json, where: str, notes: _Findings) -> int | None:
    width = ui.get("width")
    if width is not None and (not isinstance(width, int) or width not in _WIDTHS):
        notes.add(where, f"“width” phải là một trong {sorted(_WIDTHS)}")
        return None
    return width


def _count(ui: Json, key: str, default: int, where: str, notes: _Findings) -> int:
    value = ui.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        notes.add(where, f"“{key}” phải là số nguyên không âm")
        return default
    return value


def _names(raw: Any, notes: _Findings) -> set[str]:
    if raw is None:
        return set()
    if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
        notes.add("required", "“required” phải là danh sách tên trường")
        return set()
    return set(raw)


def _mapping(raw: Any, where: str, notes: _Findings) -> Json:
    if raw is None:
        return {}
    if isinstance(raw, Mapping):
        return raw
    notes.add(where, "phải là một đối tượng JSON")
    return {}


def _list(raw: Any, where: str, notes: _Findings) -> list[Any]:
    if isinstance(raw, list | tuple):
        return list(raw)
    notes.add(where, "phải là một danh sách JSON")
    return []


def _known(raw: Json, keywords: frozenset[str], where: str, notes: _Findings) -> None:
    for key in sorted(set(raw) - keywords):
        notes.add(where, f"không hiểu từ khóa “{key}”")
