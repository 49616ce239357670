"""How are the deadlines of a model moved? All of them in one form, each in the words of its kind, with the days that follow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.model_boxes import Box, BoxRow, Cells, blamed, box, choice, day_box, read_boxes, row_of
from api.pages.model_drafts import Draft, begun, calendar_around, coming, edit_page, judged, place, review, sent
from api.pages.models import MODELS
from api.pages.shell import today_of
from engine.errors import BadPack, Finding
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel

router = APIRouter()
DATES = MODELS + "/{key}/sua/han"
FILE, TABLE = "model.toml", "deadline"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRow:
    """One deadline on the page."""

    label: str
    whom: str
    coming: str
    asked: BoxRow


@router.get(DATES)
def ask_dates(request: Request, key: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show every deadline of the latest version, to be changed."""
    draft = begun(uow, me, key)
    return _page(request, me, uow, house, draft, _rows(house, draft), draft.base)


@router.post(DATES)
def take_dates(request: Request, key: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Take the deadlines as they were typed; show what they change, or what is wrong."""
    draft = sent(uow, me, key, form)
    typed, changes = read_boxes(_rows(house, draft), form)
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


def _rows(house: House, draft: Draft) -> list[BoxRow]:
    rows = house.pack_desk.rows(draft.content(FILE), TABLE)
    return [row_of(TABLE, index, list(_asked(row)), "han") for index, row in enumerate(rows)]


def _asked(row: Cells) -> Iterator[Box]:
    rule = str(row.get("rule", ""))
    yield box(row, "label", "line", "Tên việc đến hạn")
    yield from _of_kind(row, rule)
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
        default = "exclusive" if rule == "before" else "inclusive"
        yield choice(row, "boundary", "Ngày được nêu", _BOUNDARIES, default)
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
