"""Which days are off, which are worked instead, by which document? The rows of the working calendar, by year."""

from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.asking import asked_day, day_in, day_text, refused
from api.pages.shell import address, number_in, page, said, today_of
from engine.errors import FieldError, Invalid, NotFound, NotPermitted
from engine.ports.store import CalendarDay, UnitOfWork
from engine.rules.permissions import ADMINISTRATOR, AUDITOR, OFFICER
from engine.rules.units import UnitId
from engine.use_cases import registers

router = APIRouter()
CALENDAR = "/quan-tri/lich"
#: Years that have a page.
FIRST_YEAR, LAST_YEAR = 2000, 2100
_WEEKDAYS = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật")
KINDS = (("off", "Ngày nghỉ"), ("work", "Ngày làm việc bù"))
_FIELDS = {"day": "ngay", "kind": "loai", "reason": "ly_do", "source": "can_cu", "unit": "don_vi"}
_SENT = ("ngay", "loai", "ly_do", "can_cu", "don_vi")


@router.get(CALENDAR)
def listing(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show the rows of a year."""
    _check_looks(me)
    return _page(request, me, uow, house, _year(request, house), {"loai": "off"}, {})


@router.post(CALENDAR)
def add(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Add a row."""
    _check_keeps(me)
    try:
        row = registers.put_day(uow, _sent(uow, form), actor=me.actor, now=house.clock())
    except Invalid as refusal:
        shown = refused(refusal, _FIELDS)
        return _page(request, me, uow, house, _year(request, house), _values(form), shown, status=422)
    return said(address(CALENDAR, nam=row.day.year), "da-luu")


@router.post(CALENDAR + "/nap")
def fill(me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Begin an empty year with the days off that the law names."""
    _check_keeps(me)
    year = number_in(form.text("nam"))
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        raise NotFound("year", form.text("nam"))
    registers.fill_year(uow, year, house.legal_holidays(year), actor=me.actor, now=house.clock())
    return said(address(CALENDAR, nam=year), "da-luu")


@router.post(CALENDAR + "/bat-tat")
def switch(me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Switch a day off on or off that may be: its row is put in or taken out."""
    _check_keeps(me)
    day = day_in(form.text("ngay"))
    known = next((row for row in house.switchable_days(day.year) if row.day == day), None) if day else None
    if known is None:
        raise NotFound("calendar day", form.text("ngay"))
    if _find(uow, known.day, None) is None:
        registers.put_day(uow, known, actor=me.actor, now=house.clock())
    else:
        registers.remove_day(uow, known.day, actor=me.actor, now=house.clock())
    return said(address(CALENDAR, nam=known.day.year), "da-luu")


@router.get(CALENDAR + "/{day}")
def ask(request: Request, day: str, me: Me, uow: Uow, don_vi: str = "") -> HTMLResponse:
    """Show one row to be changed."""
    _check_keeps(me)
    row = _row(uow, day, don_vi)
    values = {"ngay": day_text(row.day), "loai": row.kind, "ly_do": row.reason, "can_cu": row.source, "don_vi": don_vi}
    return _row_page(request, me, uow, row, values, {})


@router.post(CALENDAR + "/{day}")
def change(request: Request, day: str, me: Me, form: Form, uow: Uow, house: TheHouse, don_vi: str = "") -> Response:
    """Change a row."""
    _check_keeps(me)
    row = _row(uow, day, don_vi)
    try:
        changed = registers.put_day(uow, _sent(uow, form), instead_of=row, actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _row_page(request, me, uow, row, _values(form), refused(refusal, _FIELDS), status=422)
    return said(address(CALENDAR, nam=changed.day.year), "da-luu")


@router.post(CALENDAR + "/{day}/xoa")
def remove(day: str, me: Me, form: Form, uow: Uow, house: TheHouse, don_vi: str = "") -> Response:
    """Take a row out."""
    _check_keeps(me)
    row = _row(uow, day, don_vi)
    registers.remove_day(uow, row.day, row.unit_id, actor=me.actor, now=house.clock())
    return said(address(CALENDAR, nam=row.day.year), "da-xoa")


def _check_looks(me: Visitor) -> None:
    if not me.actor.holds_anywhere(ADMINISTRATOR, AUDITOR, OFFICER):
        raise NotPermitted("not_administrator")


def _check_keeps(me: Visitor) -> None:
    if not me.actor.holds_anywhere(ADMINISTRATOR):
        raise NotPermitted("not_administrator")


def _year(request: Request, house: House) -> int:
    asked = number_in(request.query_params.get("nam", ""))
    return asked if asked is not None and FIRST_YEAR <= asked <= LAST_YEAR else today_of(house.clock()).year


def _row(uow: UnitOfWork, text: str, code: str) -> CalendarDay:
    day, unit = day_in(text), uow.units.find_code(code) if code else None
    found = _find(uow, day, unit.id if unit else None) if day and bool(code) is (unit is not None) else None
    if found is None:
        raise NotFound("calendar day", text)
    return found


def _find(uow: UnitOfWork, day: date, unit_id: UnitId | None) -> CalendarDay | None:
    rows = uow.calendar.days(day, day, [unit_id] if unit_id is not None else [])
    return next((row for row in rows if row.unit_id == unit_id), None)


def _sent(uow: UnitOfWork, form: Posted) -> CalendarDay:
    code = form.text("don_vi")
    unit = uow.units.find_code(code) if code else None
    if code and unit is None:
        raise Invalid({"don_vi": FieldError("unknown_unit", {"code": code})})
    return CalendarDay(
        day=asked_day(form, "ngay", "Ngày"),
        kind=form.text("loai"),
        reason=form.text("ly_do")[:300],
        source=form.text("can_cu")[:300],
        unit_id=unit.id if unit else None,
    )


def _values(form: Posted) -> dict[str, str]:
    return {name: form.text(name) for name in _SENT}


def weekday(day: date) -> str:
    """The day's name."""
    return _WEEKDAYS[day.weekday()]


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: House,
    year: int,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    present = today_of(house.clock()).year
    years = sorted({year, *range(present - 1, present + 3)})
    span = date(year, 1, 1), date(year, 12, 31)
    rows = uow.calendar.days(*span)
    on, switches = {row.day for row in rows}, house.switchable_days(year)
    return page(
        request,
        "quan_tri/calendar.html",
        me,
        uow,
        status=status,
        page_title=f"Lịch làm việc năm {year}",
        has_errors=bool(errors),
        breadcrumbs=[("Quản trị", "/quan-tri"), ("Lịch làm việc", None)],
        year=year,
        years=[(f"Năm {y}", address(CALENDAR, nam=y), y == year, None) for y in years],
        rows=[(row, weekday(row.day)) for row in rows],
        of_units=[
            (row, weekday(row.day), uow.units.get(UnitId(row.unit_id or 0))) for row in uow.calendar.of_units(*span)
        ],
        switchable={row.day for row in switches},
        switched_off=[(row, weekday(row.day)) for row in switches if row.day not in on],
        may_keep=me.actor.holds_anywhere(ADMINISTRATOR),
        action=address(CALENDAR, nam=year),
        kinds=KINDS,
        values=values,
        errors=errors,
    )


def _row_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    row: CalendarDay,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    back = address(CALENDAR, nam=row.day.year)
    return page(
        request,
        "quan_tri/calendar_day.html",
        me,
        uow,
        status=status,
        page_title=f"Sửa ngày {day_text(row.day)}",
        has_errors=bool(errors),
        breadcrumbs=[("Quản trị", "/quan-tri"), ("Lịch làm việc", back), (day_text(row.day), None)],
        row=row,
        action=f"{CALENDAR}/{row.day.isoformat()}",
        query=address("", don_vi=uow.units.get(row.unit_id).code) if row.unit_id is not None else "",
        back=back,
        kinds=KINDS,
        values=values,
        errors=errors,
    )
