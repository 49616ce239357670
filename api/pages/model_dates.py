"""How are the deadlines of a model moved? All of them in one form, each in the words of its kind, with the days that follow."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.asking import day_in, day_text
from api.pages.model_drafts import Draft, begun, calendar_around, coming, edit_page, judged, place, review, sent
from api.pages.models import MODELS
from api.pages.shell import today_of
from engine.errors import BadPack, Finding
from engine.ports.pack_editing import Plain
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.deadlines import possible

router = APIRouter()
DATES = MODELS + "/{key}/sua/han"
FILE, TABLE = "model.toml", "deadline"
_Row = Mapping[str, object]
_DAY = re.compile(r"(\d{1,2})[\s./-]+(\d{1,2})")
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
class Box:
    """One field of a deadline: what it is called in the form, what it stands for, what stands in it."""

    name: str
    key: str  #: of the table; of an inline table `opens.day` or `opens.year_offset`
    kind: str  #: line | text | choice | day (day and month) | date | whole
    title: str
    value: str
    hint: str = ""
    options: Sequence[tuple[str, str]] = ()
    needed: bool = True
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRow:
    """One deadline on the page."""

    label: str
    whom: str
    rule: str
    coming: str
    boxes: Sequence[Box]

    @property
    def wrong(self) -> bool:
        """Whether something in it has to be mended."""
        return any(box.error for box in self.boxes)


@router.get(DATES)
def ask_dates(request: Request, key: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show every deadline of the latest version, to be changed."""
    draft = begun(uow, me, key)
    return _page(request, me, uow, house, draft, _boxes(house, draft), draft.base)


@router.post(DATES)
def take_dates(request: Request, key: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Take the deadlines as they were typed; show what they change, or what is wrong."""
    draft = sent(uow, me, key, form)
    known = _boxes(house, draft)
    typed, changes = _typed(known, form)
    if any(box.error for boxes in typed for box in boxes):
        return _page(request, me, uow, house, draft, typed, None, status=422)
    try:
        edited = house.pack_desk.edited(
            FILE, draft.content(FILE), {(TABLE, index): keys for index, keys in changes.items()}
        )
    except BadPack as refusal:
        return _page(request, me, uow, house, draft, typed, None, findings=refusal.findings, status=422)
    wished = draft.put(FILE, edited)
    found = judged(house, wished)
    if found.model is None:
        typed, others = _blamed(house, edited, typed, found.findings)
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
    boxes: Sequence[Sequence[Box]],
    model: CycleModel | None,
    *,
    findings: Sequence[Finding] = (),
    status: int = 200,
) -> HTMLResponse:
    today = today_of(house.clock())
    calendar = calendar_around(uow, today)
    days = [coming(rule, calendar, today) for rule in model.deadlines] if model else []
    rows = [
        DateRow(
            label=str(row.get("label", "")).replace("{number}", "").strip(),
            whom=_whom(uow, row),
            rule=str(row.get("rule", "")),
            coming=days[index] if index < len(days) else "",
            boxes=boxes[index],
        )
        for index, row in enumerate(house.pack_desk.rows(draft.content(FILE), TABLE))
    ]
    wrong = [(box.name, f"{row.label}: {box.error}") for row in rows for box in row.boxes if box.error]
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


def _whom(uow: UnitOfWork, row: _Row) -> str:
    labels = [uow.words.label("cohort", code) for code in _codes(row.get("cohorts"))]
    labels += [uow.words.label("unit_kind", code) for code in _codes(row.get("unit_kinds"))]
    return ", ".join(labels) or "Mọi khối"


def _codes(value: object) -> list[str]:
    return [str(code) for code in value] if isinstance(value, list) else []


# ---- what a deadline asks


def _boxes(house: House, draft: Draft) -> list[list[Box]]:
    rows = house.pack_desk.rows(draft.content(FILE), TABLE)
    return [[replace(box, name=f"han.{index}.{box.key}") for box in _asked(row)] for index, row in enumerate(rows)]


def _asked(row: _Row) -> Iterator[Box]:
    rule = str(row.get("rule", ""))
    yield _box(row, "label", "line", "Tên việc đến hạn")
    yield from _of_kind(row, rule)
    if rule not in ("within", "standing"):
        yield _choice(row, "roll", "Khi ngày cuối rơi vào ngày nghỉ", _ROLLS, "fixed")
    yield _box(row, "first_year", "whole", "Chỉ áp dụng từ chu kỳ năm", needed=False)
    yield _box(row, "last_year", "whole", "Chỉ áp dụng đến hết chu kỳ năm", needed=False)
    hint = "Viết như văn bản gốc; {date} được thay bằng ngày." if rule not in ("within", "standing") else ""
    yield _box(row, "wording", "line", "Cách nói", hint=hint)
    yield _box(
        row, "source", "text", "Căn cứ", hint="Văn bản, mục và câu quy định; không có thì ghi “mặc định của phần mềm”."
    )


def _of_kind(row: _Row, rule: str) -> Iterator[Box]:
    period = _PERIODS.get(str(row.get("period", "")), "kỳ")
    if rule in _BY_DATE or (rule == "recurring" and "opens" in row):
        yield _day_box(row, "day", "Ngày hết hạn" if rule != "before" else "Trước ngày", needed=True)
        yield _choice(row, "year_offset", "Của năm nào", _YEARS, "0")
    if rule in _BY_DATE:
        default = "exclusive" if rule == "before" else "inclusive"
        yield _choice(row, "boundary", "Ngày được nêu", _BOUNDARIES, default)
    if rule == "quarter" or (rule == "after_period" and row.get("period") in ("month", "quarter")):
        yield _box(row, "number", "whole", f"{'Quý' if rule == 'quarter' else period.capitalize()} thứ")
    if rule == "after_period":
        yield _box(row, "n", "whole", f"Ngày thứ mấy của tháng liền sau {period}")
    if rule == "recurring":
        yield _box(row, "n", "whole", f"Mỗi {period} ít nhất mấy lần", default="1")
    if rule == "within":
        yield _box(row, "n", "whole", "Số ngày")
        yield _choice(row, "unit", "Tính theo", _UNITS, "calendar_day")
        yield _box(row, "event", "line", "Tính từ khi")
    if rule == "month_start":
        yield _box(row, "month", "whole", "Đầu tháng")
    if rule == "one_off":
        yield _box(row, "on", "date", "Đến hết ngày")
        yield _box(row, "starts", "date", "Bắt đầu từ ngày", needed=False)
    if rule in ("quarter", "after_period", "month_start") or (rule == "recurring" and "opens" not in row):
        yield _choice(row, "year_offset", "Của năm nào", _YEARS, "0")
    if rule in (*_BY_DATE, "recurring"):
        yield from _inline(row, "opens", "Nhận từ ngày" if rule != "recurring" else "Bắt đầu từ ngày")
    if rule in _BY_DATE:
        yield from _inline(row, "campaign", "Đợt chính từ ngày")


def _inline(row: _Row, key: str, title: str) -> Iterator[Box]:
    inner = row.get(key)
    if key == "opens" and row.get("rule") == "recurring" and inner is None:
        return
    known = inner if isinstance(inner, Mapping) else {}
    needed = key == "opens" and row.get("rule") in ("window", "recurring")
    yield _day_box(known, f"{key}.day", title, needed=needed)
    yield _choice(known, f"{key}.year_offset", f"{title}: của năm nào", _YEARS, "0")


def _box(row: _Row, key: str, kind: str, title: str, *, hint: str = "", needed: bool = True, default: str = "") -> Box:
    value = row.get(key, default)
    text = day_text(value) if isinstance(value, date) else str(value)
    return Box(name="", key=key, kind=kind, title=title, value=text, hint=hint, needed=needed)


def _day_box(row: _Row, key: str, title: str, *, needed: bool) -> Box:
    day, month = row.get("day"), row.get("month")
    value = f"{day}/{month}" if day is not None and month is not None else ""
    return Box(name="", key=key, kind="day", title=title, value=value, hint="Ngày/tháng, ví dụ 10/11.", needed=needed)


def _choice(row: _Row, key: str, title: str, options: Sequence[tuple[str, str]], default: str) -> Box:
    value = str(row.get(key.rpartition(".")[2], default))
    known = [*options] if value in dict(options) else [*options, (value, value)]
    return Box(name="", key=key, kind="choice", title=title, value=value, options=known)


# ---- what was typed


def _typed(known: Sequence[Sequence[Box]], form: Posted) -> tuple[list[list[Box]], dict[int, dict[str, Plain]]]:
    """The boxes as they were filled in, refusals beside them, and what they change: row → key → value."""
    typed, changes = list[list[Box]](), dict[int, dict[str, Plain]]()
    for index, boxes in enumerate(known):
        filled = [replace(box, value=_one_line(form.text(box.name))) if box.name in form.form else box for box in boxes]
        moved = {new.key for old, new in zip(boxes, filled, strict=True) if _one_line(old.value) != new.value}
        judged_boxes = [_checked(box) if box.key in moved else box for box in filled]
        typed.append(judged_boxes)
        if moved and not any(box.error for box in judged_boxes):
            changes[index] = _values(judged_boxes, moved)
    return typed, changes


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _checked(box: Box) -> Box:
    if not box.value:
        return replace(box, error="Không được để trống.") if box.needed else box
    fits = {
        "day": _DAY.fullmatch(box.value) is not None,
        "date": day_in(box.value) is not None,
        "whole": box.value.isdecimal() and len(box.value) < 6,
        "choice": box.value in dict(box.options),
    }
    wanted = {
        "day": "Ghi ngày và tháng, ví dụ 10/11.",
        "date": "Ghi ngày, tháng, năm, ví dụ 30/11/2027.",
        "whole": "Phải là một số nguyên.",
        "choice": "Chọn một trong các mức đã cho.",
    }
    if not fits.get(box.kind, True):
        return replace(box, error=wanted[box.kind])
    if box.kind == "day" and not possible(*_day_month(box.value)):
        return replace(box, error=f"Không có ngày {box.value}.")
    return box


def _values(boxes: Sequence[Box], moved: set[str]) -> dict[str, Plain]:
    by_key = {box.key: box for box in boxes}
    found: dict[str, Plain] = {}
    for key in moved:
        head, _, inner = key.partition(".")
        if inner:
            found[head] = _inline_value(by_key[f"{head}.day"].value, by_key[f"{head}.year_offset"].value)
        elif key == "day":
            found["day"], found["month"] = _day_month(by_key[key].value)
        else:
            found[key] = _value(by_key[key])
    return found


def _value(box: Box) -> Plain:
    if not box.value:
        return None
    if box.kind == "date":
        return day_in(box.value)
    return int(box.value) if box.kind == "whole" or box.key == "year_offset" else box.value


def _inline_value(text: str, offset: str) -> Plain:
    if not text:
        return None
    day, month = _day_month(text)
    return {"day": day, "month": month, "year_offset": int(offset)}


def _day_month(text: str) -> tuple[int, int]:
    found = _DAY.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _blamed(
    house: House, content: bytes, typed: Sequence[Sequence[Box]], findings: Sequence[Finding]
) -> tuple[list[list[Box]], list[Finding]]:
    """The boxes with what was found about them, and what is about something else."""
    rows, others = [list(boxes) for boxes in typed], list[Finding]()
    for finding in findings:
        at = house.pack_desk.place(content, finding.line) if finding.file == FILE else None
        boxes = rows[at.index] if at is not None and at.table == TABLE and at.index < len(rows) else []
        key = at.key if at else ""
        key = "day" if key == "month" and all(box.key != "month" for box in boxes) else key
        fit = next((i for i, box in enumerate(boxes) if key and box.key.partition(".")[0] == key), 1 if boxes else None)
        if fit is None:
            others.append(finding)
        else:
            boxes[fit] = replace(boxes[fit], error=f"{boxes[fit].error} {finding.reason}".strip())
    return rows, others
