"""How do many units come in at once? From a pasted or uploaded list, looked at before anything is added."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.asking import refused
from api.pages.listing import TEXT, Column, Preview, preview, read_list, sample_sheet, sent_cells
from api.pages.shell import number_in, page, today_of
from api.pages.units import UNITS, adds_units
from api.view import go
from engine.errors import Invalid, NotPermitted
from engine.ports.store import UnitOfWork
from engine.use_cases import arranging, rolling, units
from engine.use_cases.units import NewUnit

router = APIRouter()


@router.get(UNITS + "/nhap")
def ask_list(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Ask for a list of units."""
    _check_adds(uow, me)
    return _list_page(request, me, uow, "", {})


@router.get(UNITS + "/nhap/mau.xlsx")
def sample(me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out an Excel file to fill in."""
    _check_adds(uow, me)
    return sample_sheet(house, "Danh sách đơn vị", _columns(uow), "danh-sach-don-vi.xlsx")


@router.post(UNITS + "/nhap")
def take_list(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Show the list as it was understood; add its units once it is confirmed."""
    _check_adds(uow, me)
    columns, now = _columns(uow), house.clock()
    try:
        rows = read_list(columns, sent_cells(house, form))
    except Invalid as refusal:
        text = (form.all(TEXT) or [""])[0]
        return _list_page(request, me, uow, text, refused(refusal), status=422)
    wanted = [NewUnit(**row) for row in rows]
    errors = arranging.check_units(uow, wanted, actor=me.actor)
    seen = preview(columns, rows, errors)
    if errors or not form.text("xac_nhan"):
        return _preview_page(request, me, uow, seen)
    added = units.add_units(uow, wanted, actor=me.actor, now=now, day=today_of(now))
    change = rolling.note_added(uow, added, actor=me.actor, now=now)
    return go(f"{UNITS}/nhap/xong?so={len(wanted)}&ds={change.id}")


@router.get(UNITS + "/nhap/xong")
def list_taken(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Say that the units of a list were added, and what comes next."""
    _check_adds(uow, me)
    count = request.query_params.get("so", "")
    return page(
        request,
        "don_vi/import_done.html",
        me,
        uow,
        page_title="Đã thêm đơn vị",
        count=int(count) if count.isdecimal() and len(count) < 6 else 0,
        change=number_in(request.query_params.get("ds", "")),
    )


def _check_adds(uow: UnitOfWork, me: Visitor) -> None:
    if not adds_units(uow, me):
        raise NotPermitted("not_arranger")


def _columns(uow: UnitOfWork) -> tuple[Column, ...]:
    kinds, cohorts = uow.words.codes("unit_kind"), uow.words.codes("cohort")
    kind, cohort = list(kinds.values()), list(cohorts.values())
    return (
        Column(name="code", title="Mã đơn vị", heads=("Mã",), example="P1-01"),
        Column(name="name", title="Tên đơn vị", heads=("Tên", "Đơn vị"), example="Chi đoàn Tổ dân phố số 1"),
        Column(name="kind", title="Loại", heads=("Loại đơn vị",), choices=kinds, example=kind[min(2, len(kind) - 1)]),
        Column(name="cohort", title="Khối đối tượng", heads=("Khối",), choices=cohorts, example=cohort[0]),
        Column(name="parent_code", title="Mã đơn vị cấp trên", heads=("Mã cấp trên", "Cấp trên"), example="P1"),
        Column(name="symbol", title="Ký hiệu văn bản", heads=("Ký hiệu",)),
        Column(name="place", title="Địa danh"),
    )


def _list_page(
    request: Request, me: Visitor, uow: UnitOfWork, text: str, errors: Mapping[str, str], *, status: int = 200
) -> HTMLResponse:
    return page(
        request,
        "don_vi/import.html",
        me,
        uow,
        status=status,
        page_title="Thêm nhiều đơn vị",
        has_errors=bool(errors),
        breadcrumbs=[("Đơn vị", UNITS), ("Thêm nhiều đơn vị", None)],
        text=text,
        errors=errors,
        titles=[column.title for column in _columns(uow)],
        kinds=list(uow.words.codes("unit_kind").values()),
        cohorts=list(uow.words.codes("cohort").values()),
    )


def _preview_page(request: Request, me: Visitor, uow: UnitOfWork, seen: Preview) -> HTMLResponse:
    return page(
        request,
        "don_vi/import_check.html",
        me,
        uow,
        status=422 if seen.bad else 200,
        page_title="Kiểm tra danh sách đơn vị",
        has_errors=bool(seen.bad),
        breadcrumbs=[("Đơn vị", UNITS), ("Thêm nhiều đơn vị", f"{UNITS}/nhap"), ("Kiểm tra", None)],
        seen=seen,
    )
