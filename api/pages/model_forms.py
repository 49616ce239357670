"""How are the forms of a model changed? Words, what is required, choices, order; fields of the ordinary kinds come and go."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.forms.parsing import FILE, check_form, parse_form
from api.forms.spec import SILENT, TABLES, Field, Widget
from api.pages.model_boxes import Box, BoxRow, box, checked, choice, one_line, read_boxes, row_of, truth
from api.pages.model_drafts import Draft, begun, edit_page, judged, place, review, sent
from api.pages.models import MODELS
from api.texts import label
from engine.errors import BadPack, Finding, NotFound
from engine.ports.pack_editing import Plain
from engine.ports.store import UnitOfWork
from engine.rules.text import fold, nfc

router = APIRouter()
FORMS = MODELS + "/{key}/sua/bieu-mau"
FORM = FORMS + "/{form_key}"
HEAD, FIELD, NEW, DROP = "dau", "muc", "moi", "bo"
#: Kinds of field that can be added on a page → their schema.
ADDABLE: Final[Mapping[Widget, Mapping[str, Any]]] = {
    Widget.TEXT: {"type": "string", "maxLength": 300},
    Widget.TEXTAREA: {"type": "string", "maxLength": 3000, "x-ui": {"widget": "textarea", "rows": 4}},
    Widget.INTEGER: {"type": "integer", "minimum": 0},
    Widget.NUMBER: {"type": "number"},
    Widget.MONEY: {"type": "integer", "minimum": 0, "x-ui": {"widget": "money"}},
    Widget.DATE: {"type": "string", "format": "date"},
    Widget.EMAIL: {"type": "string", "maxLength": 200, "x-ui": {"widget": "email"}},
    Widget.YES_NO: {"type": "boolean", "x-ui": {"widget": "yes_no"}},
    Widget.RADIO: {"type": "string", "oneOf": [], "x-ui": {"widget": "radio"}},
    Widget.SELECT: {"type": "string", "oneOf": [], "x-ui": {"widget": "select"}},
    Widget.CHECKBOXES: {"type": "array", "items": {"type": "string", "oneOf": []}, "x-ui": {"widget": "checkboxes"}},
}
_CHOICES = frozenset({Widget.RADIO, Widget.SELECT, Widget.CHECKBOXES})
_OPTION, _MORE, _COLUMN = "option_", "option_new", "column_"
_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """One form as it was filled in."""

    rows: Sequence[BoxRow]
    dropped: frozenset[int]  #: fields that are to go
    added: Sequence[Box]  #: the field to be added; without a title: none

    @property
    def adds(self) -> bool:
        """Whether a field is to be added."""
        return any(b.value for b in self.added if b.key in ("title", "options"))


@router.get(FORMS)
def ask_forms(request: Request, key: str, me: Me, uow: Uow) -> HTMLResponse:
    """Show the forms of the latest version."""
    return _list(request, me, uow, begun(uow, me, key))


@router.post(FORMS)
def go_on(request: Request, key: str, me: Me, form: Form, uow: Uow) -> HTMLResponse:
    """Show the forms of a draft."""
    return _list(request, me, uow, sent(uow, me, key, form))


@router.get(FORM)
def ask_form(request: Request, key: str, form_key: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show one form of the latest version, to be changed."""
    draft = begun(uow, me, key)
    return _page(request, me, uow, draft, form_key, None)


@router.post(FORM)
def take_form(request: Request, key: str, form_key: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Take a form as it was filled in; show what it changes, or what is wrong."""
    draft = sent(uow, me, key, form)
    content = draft.content(_file(draft, form_key))
    if check_form(content):
        return review(request, me, uow, house, draft)
    rows, changes = read_boxes(_rows(content), form)
    typed = Typed(rows=rows, dropped=_dropped(rows, form), added=_added(form))
    if any(row.wrong for row in rows) or any(b.error for b in typed.added):
        return _page(request, me, uow, draft, form_key, typed, status=422)
    edited = _edited(
        content, typed, {at[1]: keys for at, keys in changes.items() if at[0] == FIELD}, changes.get((HEAD, 0), {})
    )
    # A form that models share stays what it is: changed here, it becomes one of the model's own.
    wished = draft if edited == content else draft.put(f"forms/{form_key}.json", edited)
    found = judged(house, wished)
    if found.model is None:
        return _page(request, me, uow, draft, form_key, typed, findings=found.findings, status=422)
    if form.text("viec") in ("xem-thu", "mo"):
        return _page(request, me, uow, wished, form_key, None)
    return review(request, me, uow, house, wished)


def _list(request: Request, me: Visitor, uow: UnitOfWork, draft: Draft) -> HTMLResponse:
    keys = sorted({found[1] for name in draft.files if (found := FILE.fullmatch(name))})
    forms = [(key, _title(draft.content(_file(draft, key)))) for key in keys]
    return edit_page(request, "form_list", me, uow, draft, "Sửa biểu mẫu", forms=forms)


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    draft: Draft,
    form_key: str,
    typed: Typed | None,
    *,
    findings: Sequence[Finding] = (),
    status: int = 200,
) -> HTMLResponse:
    file = _file(draft, form_key)
    content = draft.content(file)
    try:
        fields = parse_form(content, file=file).fields
    except BadPack as refusal:
        # Only a file that was just uploaded can be so: it is mended where it came from.
        fields, findings, status = (), refusal.findings, 422
    shown = typed or Typed(rows=_rows(content) if fields else [], dropped=frozenset(), added=_blank())
    rows = [row for row in shown.rows if row.table == FIELD]
    wrong = [(b.name, f"{_called(row)}: {b.error}") for row in shown.rows for b in row.boxes if b.error]
    wrong += [(b.name, f"Mục thêm mới: {b.error}") for b in shown.added if b.error]
    title = f"Biểu mẫu: {_title(content)}"
    return edit_page(
        request,
        "form",
        me,
        uow,
        draft,
        title,
        status=status,
        has_errors=bool(wrong or findings),
        typed=shown,
        head=[row for row in shown.rows if row.table == HEAD],
        rows=[(row, field, _called(row)) for row, field in zip(rows, fields, strict=False)],
        errors=wrong,
        findings=findings,
        action=place(draft, f"bieu-mau/{form_key}"),
    )


def _file(draft: Draft, form_key: str) -> str:
    """The model's own form of that key, else the shared one."""
    places = (f"forms/{form_key}.json", f"_shared/forms/{form_key}.json")
    found = next((file for file in places if file in draft.files), None)
    if found is None:
        raise NotFound("form", form_key)
    return found


def _title(content: bytes) -> str:
    try:
        return str(_loaded(content).get("title", ""))
    except (ValueError, AttributeError, RecursionError):
        return ""


def _called(row: BoxRow) -> str:
    return next((b.value for b in row.boxes if b.key == "title"), "")


# ---- what a form asks about itself


def _rows(content: bytes) -> list[BoxRow]:
    data = _loaded(content)
    head = [
        box(data, "title", "line", "Tên biểu mẫu"),
        box(data, "description", "text", "Lời dẫn dưới tên", needed=False),
        box(data.get("x-ui") or {}, "submit", "line", "Chữ trên nút chính", needed=False),
    ]
    fields = parse_form(content).fields
    return [row_of(HEAD, 0, head), *(row_of(FIELD, i, list(_asked(f, data, i))) for i, f in enumerate(fields))]


def _asked(field: Field, data: Mapping[str, Any], index: int) -> Iterator[Box]:
    raw = data["properties"][field.name]
    yield box(raw, "title", "line", "Tên mục", needed=field.widget is not Widget.HELP)
    yield box(raw.get("x-ui") or {}, "hint", "text", "Lời hướng dẫn", needed=False)
    yield box({"order": index + 1}, "order", "whole", "Thứ tự")
    if _may_be_required(field):
        yield truth({"required": field.required}, "required", "Bắt buộc trả lời")
    options = _options(raw)
    for number, option in enumerate(options):
        yield box(
            option, f"{_OPTION}{number}", "line", f"Lựa chọn {number + 1}", needed=False, default=str(option["title"])
        )
    if options:
        yield box({}, _MORE, "line", "Thêm lựa chọn", needed=False)
    for column in field.columns:
        cells = {f"{_COLUMN}{column.name}": column.title}
        yield box(cells, f"{_COLUMN}{column.name}", "line", f"Tên cột “{column.title}”")


def _may_be_required(field: Field) -> bool:
    fixed = SILENT | TABLES | {Widget.CHECK, Widget.READ_ONLY}
    return field.widget not in fixed and not field.read_only and field.required_if is None


def _options(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The choices of a field that have titles of their own; the very list that stands in the schema."""
    items = raw.get("items")
    found = raw.get("oneOf") or (items.get("oneOf") if isinstance(items, dict) else None)
    return found if isinstance(found, list) and all(isinstance(o, dict) and "title" in o for o in found) else []


def _blank() -> list[Box]:
    kinds = [(widget.value, label("widget", widget.value)) for widget in ADDABLE]
    boxes = [
        box({}, "title", "line", "Tên mục"),
        choice({}, "widget", "Cách trả lời", kinds, Widget.TEXT.value),
        truth({}, "required", "Bắt buộc trả lời"),
        box({}, "hint", "text", "Lời hướng dẫn", needed=False),
        box(
            {},
            "options",
            "lines",
            "Các lựa chọn",
            needed=False,
            hint="Mỗi dòng một lựa chọn; chỉ cho các cách trả lời có lựa chọn.",
        ),
    ]
    return list(row_of(NEW, 0, boxes).boxes)


# ---- what was filled in


def _dropped(rows: Sequence[BoxRow], form: Posted) -> frozenset[int]:
    return frozenset(row.index for row in rows if row.table == FIELD and form.text(f"{FIELD}.{row.index}.{DROP}"))


def _added(form: Posted) -> list[Box]:
    filled = [replace(b, value=_kept(b, form) or b.value) for b in _blank()]
    values = {b.key: b.value for b in filled}
    if not values["title"] and not values["options"]:
        return filled
    found = [checked(b) for b in filled]
    if values["widget"] in {widget.value for widget in _CHOICES} and len(_lines(values["options"])) < 2:
        found = [replace(b, error="Ghi ít nhất hai lựa chọn.") if b.key == "options" else b for b in found]
    return found


def _kept(asked: Box, form: Posted) -> str:
    text = form.text(asked.name)
    return "\n".join(_lines(text)) if asked.kind == "lines" else one_line(text)


def _lines(text: str) -> list[str]:
    return [line for line in map(one_line, text.splitlines()) if line][:_MOST]


def _edited(
    content: bytes, typed: Typed, fields: Mapping[int, Mapping[str, Plain]], head: Mapping[str, Plain]
) -> bytes:
    """The form with what was changed; the very bytes when nothing was."""
    data = _loaded(content)
    before = deepcopy(data)
    names = list(data["properties"])
    _head(data, head)
    for index, keys in fields.items():
        _field(data, names[index], keys)
    _drop(data, {names[index] for index in typed.dropped})
    order = {names[i]: keys["order"] for i, keys in fields.items() if "order" in keys}
    _reorder(data, names, order)
    if typed.adds:
        _add(data, {b.key: b.value for b in typed.added})
    if json.dumps(data) == json.dumps(before):
        return content
    return _written(data, content)


def _head(data: dict[str, Any], keys: Mapping[str, Plain]) -> None:
    for key, value in keys.items():
        _put(_ui(data) if key == "submit" else data, key, value)
    if data.get("x-ui") == {}:
        del data["x-ui"]


def _field(data: dict[str, Any], name: str, keys: Mapping[str, Plain]) -> None:
    raw = data["properties"][name]
    for key, value in keys.items():
        if key == "title":
            _put(raw, key, value)
        elif key == "hint":
            _put(_ui(raw), key, value)
            if not raw["x-ui"]:
                del raw["x-ui"]
        elif key == "required":
            _require(data, name, value is True)
        elif key.startswith(_COLUMN):
            raw["items"]["properties"][key.removeprefix(_COLUMN)]["title"] = value
    _choose(_options(raw), {key: value for key, value in keys.items() if key.startswith(_OPTION)})


def _ui(where: dict[str, Any]) -> dict[str, Any]:
    """What is said about the look, to be changed; it may be missing, or null."""
    if where.get("x-ui") is None:
        where["x-ui"] = {}
    found: dict[str, Any] = where["x-ui"]
    return found


def _put(where: dict[str, Any], key: str, value: Plain) -> None:
    if value is None:
        where.pop(key, None)
    else:
        where[key] = value


def _require(data: dict[str, Any], name: str, wanted: bool) -> None:
    known = [other for other in data.get("required", []) if other != name]
    known = [*known, name] if wanted else known
    if known or "required" in data:
        data["required"] = known


def _choose(options: list[dict[str, Any]], keys: Mapping[str, Plain]) -> None:
    for number, option in enumerate(list(options)):
        title = keys.get(f"{_OPTION}{number}", option["title"])
        if title is None:
            options.remove(option)
        else:
            option["title"] = title
    if new := keys.get(_MORE):
        options.append({"const": _name_of(str(new), {str(o["const"]) for o in options}), "title": new})


def _drop(data: dict[str, Any], names: set[str]) -> None:
    for name in names:
        del data["properties"][name]
        _require(data, name, wanted=False)


def _reorder(data: dict[str, Any], names: Sequence[str], order: Mapping[str, Plain]) -> None:
    """Put fields where they are wished; those that were not moved keep their order around them."""
    if not order:
        return
    kept = [name for name in names if name in data["properties"] and name not in order]
    for name, wished in sorted(order.items(), key=lambda pair: int(str(pair[1]))):
        if name in data["properties"]:
            kept.insert(max(0, int(str(wished)) - 1), name)
    data["properties"] = {name: data["properties"][name] for name in kept}


def _add(data: dict[str, Any], values: Mapping[str, str]) -> None:
    widget = Widget(values["widget"])
    raw = deepcopy(dict(ADDABLE[widget]))
    schema = {"type": raw.pop("type"), "title": values["title"], **raw}
    if widget in _CHOICES:
        options = _options_new(_lines(values["options"]))
        (schema["items"] if widget is Widget.CHECKBOXES else schema)["oneOf"] = options
    if values["hint"]:
        schema.setdefault("x-ui", {})["hint"] = values["hint"]
    name = _name_of(values["title"], set(data["properties"]))
    data["properties"][name] = schema
    if values["required"] == "true":
        _require(data, name, wanted=True)


def _options_new(titles: Sequence[str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for title in titles:
        found.append({"const": _name_of(title, {o["const"] for o in found}), "title": title})
    return found


def _name_of(title: str, taken: set[str]) -> str:
    """A name for machines made of a title: letters without marks, unlike those that are there."""
    plain = re.sub(r"[^a-z0-9]+", "_", fold(title)).strip("_")[:40].strip("_") or "muc"
    plain = plain if plain[0].isalpha() else f"m_{plain}"
    number = 1
    while (name := plain if number == 1 else f"{plain}_{number}") in taken:
        number += 1
    return name


def _loaded(content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(nfc(content.decode("utf-8-sig")))
    return found


def _written(data: Mapping[str, Any], like: bytes) -> bytes:
    """The form as a file, indented as it was."""
    second = like.split(b"\n", 2)[1] if like.count(b"\n") > 1 else b"  "
    indent = len(second) - len(second.lstrip(b" ")) or 2
    return (json.dumps(data, ensure_ascii=False, indent=indent) + "\n").encode()
