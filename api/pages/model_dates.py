"""How are the deadlines of a model changed? All of them in one form, each in the words of its kind, with the days that follow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.model_boxes import (
    Box,
    BoxRow,
    Cells,
    blamed,
    box,
    checked,
    choice,
    day_box,
    read_boxes,
    row_of,
    values_of,
)
from api.pages.model_drafts import Draft, begun, calendar_around, coming, edit_page, judged, place, review, sent
from api.pages.model_parties import Parties, parties_of
from api.pages.models import MODELS
from api.pages.shell import today_of
from engine.errors import BadPack, Finding
from engine.ports.pack_editing import Changes, Plain
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel

router = APIRouter()
DATES = MODELS + "/{key}/sua/han"
FILE, TABLE, PREFIX = "model.toml", "deadline", "han"
_YEARS = (("-1", "năm trước năm của chu kỳ"), ("0", "năm của chu kỳ"), ("1", "năm sau năm của chu kỳ"))
_BOUNDARIES = (("exclusive", "không kể chính ngày đó"), ("inclusive", "kể cả ngày đó"))
_ROLLS = (
    ("fixed", "giữ nguyên"),
    ("next", "lùi sang ngày làm việc tiếp theo"),
    ("previous", "đưa lên ngày làm việc trước"),
)
_UNITS = (("calendar_day", "ngày"), ("working_day", "ngày làm việc"))
_PERIODS = {"week": "tuần", "month": "tháng", "quarter": "quý", "year": "năm"}
_BY_DATE = ("before", "by", "window")
#: Kinds that a deadline may become on this page; those that go by a period are made in the file.
KINDS = (
    ("before", "trước một ngày trong năm"),
    ("by", "đến hết một ngày trong năm"),
    ("window", "từ một ngày đến hết một ngày trong năm"),
    ("quarter", "đến hết một quý"),
    ("month_start", "đầu một tháng"),
    ("within", "trong một số ngày kể từ khi có việc"),
    ("one_off", "đến hết một ngày nhất định, chỉ một lần"),
    ("standing", "thường xuyên, không có hạn"),
)
_BY_PERIOD = {"after_period": "vào một ngày của tháng sau kỳ", "recurring": "lặp lại mỗi kỳ"}
#: Keys that belong to a kind, and go when it goes; what they say when they are left out.
_OF_KIND = frozenset({
    "day", "month", "year_offset", "boundary", "opens", "campaign", "period", "number", "n", "unit", "event", "on", "starts", "roll",
})  # fmt: skip
_DEFAULTS: Mapping[str, Plain] = {"roll": "fixed", "year_offset": 0, "unit": "calendar_day"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRow:
    """One deadline on the page."""

    label: str
    whom: str
    coming: str
    asked: BoxRow
    anew: bool  #: its kind was changed: what that asks is still to be filled in


@router.get(DATES)
def ask_dates(request: Request, key: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show every deadline of the latest version, to be changed."""
    draft = begun(uow, me, key)
    return _page(request, me, uow, house, draft, _rows(uow, house, draft), draft.base)


@router.post(DATES)
def take_dates(request: Request, key: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Take the deadlines as they were typed; show what they change, or what is wrong."""
    draft = sent(uow, me, key, form)
    typed, changes, anew = _read(uow, house, draft, form)
    if anew:
        return _page(request, me, uow, house, draft, typed, None, anew=anew)
    if any(row.wrong for row in typed):
        return _page(request, me, uow, house, draft, typed, None, status=422)
    try:
        edited = house.pack_desk.edited(FILE, draft.content(FILE), changes)
    except BadPack as refusal:
        return _page(request, me, uow, house, draft, typed, None, findings=refusal.findings, status=422)
    wished = draft.put(FILE, edited)
    found = judged(house, wished)
    if found.model is None:
        typed, others = blamed(house, FILE, edited, typed, found.findings)
        return _page(request, me, uow, house, draft, typed, None, findings=others, status=422)
    if form.text("viec") in ("xem-thu", "mo"):
        return _page(request, me, uow, house, wished, typed, found.model)
    return review(request, me, uow, house, wished)


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: House,
    draft: Draft,
    asked: Sequence[BoxRow],
    model: CycleModel | None,
    *,
    anew: frozenset[int] = frozenset(),
    findings: Sequence[Finding] = (),
    status: int = 200,
) -> HTMLResponse:
    today = today_of(house.clock())
    calendar = calendar_around(uow, today)
    days = [coming(rule, calendar, today) for rule in model.deadlines] if model else []
    cells = house.pack_desk.rows(draft.content(FILE), TABLE)
    rows = [
        DateRow(
            label=str(row.get("label", "")).replace("{number}", "").strip(),
            whom=_whom(uow, row),
            coming=days[index] if index < len(days) else "",
            asked=asked[index],
            anew=index in anew,
        )
        for index, row in enumerate(cells)
    ]
    wrong = [(b.name, f"{row.label}: {b.error}") for row in rows for b in row.asked.boxes if b.error]
    return edit_page(
        request,
        "dates",
        me,
        uow,
        draft,
        "Sửa hạn",
        status=status,
        has_errors=bool(wrong or findings),
        rows=rows,
        errors=wrong,
        findings=findings,
        action=place(draft, "han"),
    )


def _whom(uow: UnitOfWork, row: Cells) -> str:
    labels = [uow.words.label("cohort", code) for code in _codes(row.get("cohorts"))]
    labels += [uow.words.label("unit_kind", code) for code in _codes(row.get("unit_kinds"))]
    return ", ".join(labels) or "Mọi khối"


def _codes(value: object) -> list[str]:
    return [str(code) for code in value] if isinstance(value, list) else []


# ---- what a deadline asks


def _rows(uow: UnitOfWork, house: House, draft: Draft, form: Posted | None = None) -> list[BoxRow]:
    """What every deadline asks, by the kind that it has or, where a form says so, is to have."""
    rows, parties = house.pack_desk.rows(draft.content(FILE), TABLE), parties_of(uow, house, draft)
    found = []
    for index, row in enumerate(rows):
        wished = form.text(f"{PREFIX}.{index}.rule") if form else ""
        cells = {**row, "rule": wished} if wished in dict(KINDS) else row
        found.append(row_of(TABLE, index, list(_asked(cells, str(row.get("rule", "")), parties)), PREFIX))
    return found


def _read(uow: UnitOfWork, house: House, draft: Draft, form: Posted) -> tuple[list[BoxRow], Changes, frozenset[int]]:
    """The deadlines as they were filled in, what they change, and which are to be filled in anew for another kind."""
    typed, changes = read_boxes(_rows(uow, house, draft, form), form)
    found, anew = dict(changes), set[int]()
    for index, cells in enumerate(house.pack_desk.rows(draft.content(FILE), TABLE)):
        if _rule_of(typed[index]) == cells.get("rule"):
            continue
        if any(b.name not in form.form for b in typed[index].boxes):
            anew.add(index)
            continue
        row = typed[index] = replace(typed[index], boxes=[checked(b) for b in typed[index].boxes])
        if not row.wrong:
            found[TABLE, index] = _turned(cells, row)
    return typed, found, frozenset(anew)


def _rule_of(row: BoxRow) -> str:
    return next(b.value for b in row.boxes if b.key == "rule")


def _turned(cells: Cells, row: BoxRow) -> Mapping[str, Plain]:
    """Every key of a deadline that becomes one of another kind; None: it goes with the kind that it was."""
    values = values_of(row.boxes, {b.key for b in row.boxes})
    defaults = {**_DEFAULTS, "boundary": _boundary(_rule_of(row))}
    if cells.get("rule") in _BY_DATE and values.get("boundary") == cells.get("boundary", _boundary(cells["rule"])):
        # Nobody said how the named day counts: it follows the kind.
        values["boundary"] = None
    kept = {key: value for key, value in values.items() if key in cells or value not in (None, defaults.get(key))}
    return kept | dict.fromkeys(_OF_KIND & set(cells) - set(values))


def _boundary(rule: object) -> str:
    """How the named day counts unless somebody says otherwise."""
    return "exclusive" if rule == "before" else "inclusive"


def _asked(row: Cells, now: str, parties: Parties) -> Iterator[Box]:
    """`now`: the kind that stands in the file."""
    rule = str(row.get("rule", ""))
    yield box(row, "label", "line", "Tên việc đến hạn")
    own = () if now in dict(KINDS) else ((now, _BY_PERIOD.get(now, now)),)
    yield choice(row, "rule", "Cách tính hạn", (*KINDS, *own), rule)
    yield from _of_kind(row, rule)
    yield from parties.boxes(row, "Của ai", "Nhóm hạn nào có một trong các mục được chọn thì có hạn này. ")
    if rule not in ("within", "standing"):
        yield choice(row, "roll", "Khi ngày cuối rơi vào ngày nghỉ", _ROLLS, "fixed")
    yield box(row, "first_year", "whole", "Chỉ áp dụng từ chu kỳ năm", needed=False)
    yield box(row, "last_year", "whole", "Chỉ áp dụng đến hết chu kỳ năm", needed=False)
    hint = "Viết như văn bản gốc; {date} được thay bằng ngày." if rule not in ("within", "standing") else ""
    yield box(row, "wording", "line", "Cách nói", hint=hint)
    yield box(
        row, "source", "text", "Căn cứ", hint="Văn bản, mục và câu quy định; không có thì ghi “mặc định của phần mềm”."
    )


def _of_kind(row: Cells, rule: str) -> Iterator[Box]:
    period = _PERIODS.get(str(row.get("period", "")), "kỳ")
    if rule in _BY_DATE or (rule == "recurring" and "opens" in row):
        yield day_box(row, "day", "Ngày hết hạn" if rule != "before" else "Trước ngày", needed=True)
        yield choice(row, "year_offset", "Của năm nào", _YEARS, "0")
    if rule in _BY_DATE:
        yield choice(row, "boundary", "Ngày được nêu", _BOUNDARIES, _boundary(rule))
    if rule == "quarter" or (rule == "after_period" and row.get("period") in ("month", "quarter")):
        yield box(row, "number", "whole", f"{'Quý' if rule == 'quarter' else period.capitalize()} thứ")
    if rule == "after_period":
        yield box(row, "n", "whole", f"Ngày thứ mấy của tháng liền sau {period}")
    if rule == "recurring":
        yield box(row, "n", "whole", f"Mỗi {period} ít nhất mấy lần", default="1")
    if rule == "within":
        yield box(row, "n", "whole", "Số ngày")
        yield choice(row, "unit", "Tính theo", _UNITS, "calendar_day")
        yield box(row, "event", "line", "Tính từ khi")
    if rule == "month_start":
        yield box(row, "month", "whole", "Đầu tháng")
    if rule == "one_off":
        yield box(row, "on", "date", "Đến hết ngày")
        yield box(row, "starts", "date", "Bắt đầu từ ngày", needed=False)
    if rule in ("quarter", "after_period", "month_start") or (rule == "recurring" and "opens" not in row):
        yield choice(row, "year_offset", "Của năm nào", _YEARS, "0")
    if rule in (*_BY_DATE, "recurring"):
        yield from _inline(row, "opens", "Nhận từ ngày" if rule != "recurring" else "Bắt đầu từ ngày")
    if rule in _BY_DATE:
        yield from _inline(row, "campaign", "Đợt chính từ ngày")


def _inline(row: Cells, key: str, title: str) -> Iterator[Box]:
    inner = row.get(key)
    if key == "opens" and row.get("rule") == "recurring" and inner is None:
        return
    known = inner if isinstance(inner, Mapping) else {}
    needed = key == "opens" and row.get("rule") in ("window", "recurring")
    yield day_box(known, f"{key}.day", title, needed=needed)
    yield choice(known, f"{key}.year_offset", f"{title}: của năm nào", _YEARS, "0")
