"""How is a unit changed? A new one below, a new name, another superior, merged into another or dissolved."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.pages.asking import asked_day, asked_text, day_text, refused
from api.pages.shell import page, said, today_of
from api.pages.units import UNITS, UnitPath, crumbs, readable
from api.texts import sentence
from engine.errors import FieldError, Invalid, NotPermitted, Refused
from engine.ports.store import UnitOfWork
from engine.rules.permissions import check_may_arrange_units
from engine.rules.units import Unit, UnitId
from engine.use_cases import arranging, units
from engine.use_cases.arranging import Ending
from engine.use_cases.units import NewUnit

router = APIRouter()
#: Field of a use case → field of the page.
_FIELDS = {
    "code": "ma",
    "name": "ten",
    "kind": "loai",
    "cohort": "khoi",
    "symbol": "ky_hieu",
    "place": "dia_danh",
    "superior_code": "cap_tren",
    "successor_code": "tiep_nhan",
    "dispatch": "van_ban",
    "last_day": "ngay",
}


@router.get(UNITS + "/{unit_id:int}/them")
def ask_unit(request: Request, unit_id: UnitPath, me: Me, uow: Uow) -> HTMLResponse:
    """Ask for one unit below this one."""
    unit, path = readable(uow, me, unit_id)
    check_may_arrange_units(me.actor, (unit, *path))
    return _add_page(request, me, uow, path, {}, {})


@router.post(UNITS + "/{unit_id:int}/them")
def add_unit(request: Request, unit_id: UnitPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Add one unit below this one."""
    unit, path = readable(uow, me, unit_id)
    check_may_arrange_units(me.actor, (unit, *path))
    values = {name: form.text(name) for name in ("ma", "ten", "loai", "khoi", "ky_hieu", "dia_danh")}
    new = NewUnit(
        code=values["ma"],
        name=values["ten"],
        kind=values["loai"],
        cohort=values["khoi"],
        parent_code=unit.code,
        symbol=values["ky_hieu"],
        place=values["dia_danh"],
    )
    errors = arranging.check_units(uow, [new], actor=me.actor)
    if errors:
        shown = refused(Invalid({name.rpartition(".")[2]: error for name, error in errors.items()}), _FIELDS)
        return _add_page(request, me, uow, path, values, shown, status=422)
    now = house.clock()
    added = units.add_unit(uow, new, actor=me.actor, now=now, day=today_of(now))
    return said(f"{UNITS}/{added.id}", "da-luu")


@router.get(UNITS + "/{unit_id:int}/doi-ten")
def ask_name(request: Request, unit_id: UnitPath, me: Me, uow: Uow) -> HTMLResponse:
    """Ask for the unit's new name."""
    path = _arranged(uow, me, unit_id)
    return _name_page(request, me, uow, path, path[0].name, {})


@router.post(UNITS + "/{unit_id:int}/doi-ten")
def rename(request: Request, unit_id: UnitPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Give the unit another name."""
    path = _arranged(uow, me, unit_id)
    try:
        name = asked_text(form, "ten", "Tên mới")
    except Invalid as refusal:
        return _name_page(request, me, uow, path, form.text("ten"), refused(refusal), status=422)
    if name != path[0].name:
        units.rename_unit(uow, path[0].id, name, actor=me.actor, now=house.clock())
    return said(f"{UNITS}/{unit_id}", "da-luu")


@router.get(UNITS + "/{unit_id:int}/chuyen")
def ask_superior(request: Request, unit_id: UnitPath, me: Me, uow: Uow) -> HTMLResponse:
    """Ask under which superior the unit is to stand."""
    return _move_page(request, me, uow, _arranged(uow, me, unit_id), {}, {})


@router.post(UNITS + "/{unit_id:int}/chuyen")
def move(request: Request, unit_id: UnitPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Put the unit under another superior."""
    path = _arranged(uow, me, unit_id)
    values = {"cap_tren": form.text("cap_tren"), "van_ban": form.text("van_ban")}
    try:
        dispatch = asked_text(form, "van_ban", "Số, ngày văn bản")
        with uow.savepoint():
            arranging.move_unit(uow, path[0].id, values["cap_tren"], dispatch, actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _move_page(request, me, uow, path, values, refused(refusal, _FIELDS), status=422)
    return said(f"{UNITS}/{unit_id}", "da-luu")


@router.get(UNITS + "/{unit_id:int}/ket-thuc")
def ask_end(request: Request, unit_id: UnitPath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Ask how a unit ends: merged or dissolved, when, by which document."""
    path = _arranged(uow, me, unit_id)
    return _end_page(request, me, uow, path, {"ngay": day_text(today_of(house.clock()))}, {})


@router.post(UNITS + "/{unit_id:int}/ket-thuc")
def end(request: Request, unit_id: UnitPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Show what ends with the unit; end it once that is confirmed."""
    path = _arranged(uow, me, unit_id)
    values = {name: form.text(name) for name in ("cach", "tiep_nhan", "ngay", "van_ban")}
    try:
        with uow.savepoint():
            ending = _end(uow, me, path[0], form, house, confirmed=bool(form.text("xac_nhan")))
    except Invalid as refusal:
        return _end_page(request, me, uow, path, values, refused(refusal, _FIELDS), status=422)
    except NotPermitted:
        raise
    except Refused as refusal:
        said_so = sentence(refusal.code, refusal.facts)
        return _end_page(request, me, uow, path, values, {}, status=409, problem=said_so)
    if ending is None:
        return said(f"{UNITS}/{unit_id}", "da-luu")
    return _ending_page(request, me, uow, path, ending, values)


def _end(uow: UnitOfWork, me: Visitor, unit: Unit, form: Posted, house: TheHouse, *, confirmed: bool) -> Ending | None:
    """Look at what would end, or (None) end it."""
    if form.text("cach") not in ("sap-nhap", "giai-the"):
        raise Invalid({"cach": FieldError("form.required_choice", {"title": "Đơn vị kết thúc thế nào"})})
    merging = form.text("cach") == "sap-nhap"
    code = asked_text(form, "tiep_nhan", "Mã đơn vị tiếp nhận") if merging else ""
    last_day = asked_day(form, "ngay", "Ngày hoạt động cuối cùng")
    dispatch = asked_text(form, "van_ban", "Số, ngày văn bản")
    now = house.clock()
    arranging.check_end(unit, last_day, dispatch, now)
    if not confirmed:
        return arranging.preview_end(uow, unit.id, code, actor=me.actor, now=now)
    arranging.end(uow, unit.id, last_day=last_day, successor_code=code, dispatch=dispatch, actor=me.actor, now=now)
    return None


def _arranged(uow: UnitOfWork, me: Visitor, unit_id: int) -> tuple[Unit, ...]:
    path = uow.units.path(UnitId(unit_id))
    check_may_arrange_units(me.actor, path)
    return path


def _add_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    path: tuple[Unit, ...],
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "don_vi/add.html",
        me,
        uow,
        status=status,
        page_title="Thêm đơn vị trực thuộc",
        has_errors=bool(errors),
        breadcrumbs=crumbs(me, path, ("Thêm đơn vị trực thuộc", None)),
        unit=path[0],
        values=values,
        errors=errors,
        kinds=[("", "Chọn loại đơn vị"), *uow.words.codes("unit_kind").items()],
        cohorts=[("", "Không thuộc khối nào"), *uow.words.codes("cohort").items()],
    )


def _name_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    path: tuple[Unit, ...],
    name: str,
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "don_vi/rename.html",
        me,
        uow,
        status=status,
        page_title="Đổi tên đơn vị",
        has_errors=bool(errors),
        breadcrumbs=crumbs(me, path, ("Đổi tên", None)),
        unit=path[0],
        name=name,
        errors=errors,
    )


def _move_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    path: tuple[Unit, ...],
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "don_vi/move.html",
        me,
        uow,
        status=status,
        page_title="Chuyển sang đơn vị cấp trên khác",
        has_errors=bool(errors),
        breadcrumbs=crumbs(me, path, ("Chuyển cấp trên", None)),
        unit=path[0],
        superior=path[1] if len(path) > 1 else None,
        choices=_siblings(uow, path[1]) if len(path) > 1 else [],
        values=values,
        errors=errors,
    )


def _end_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    path: tuple[Unit, ...],
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
    problem: str = "",
) -> HTMLResponse:
    return page(
        request,
        "don_vi/end.html",
        me,
        uow,
        status=status,
        page_title="Sáp nhập hoặc giải thể",
        has_errors=bool(errors),
        breadcrumbs=crumbs(me, path, ("Sáp nhập hoặc giải thể", None)),
        unit=path[0],
        choices=_siblings(uow, path[0]),
        values=values,
        errors=errors,
        problem=problem,
    )


def _ending_page(
    request: Request, me: Visitor, uow: UnitOfWork, path: tuple[Unit, ...], ending: Ending, values: Mapping[str, str]
) -> HTMLResponse:
    # Who ends a unit is told what ends with it, whosever model it is.
    with uow.whole():
        cycles = {d.cycle_id: uow.cycles.get(d.cycle_id) for d in ending.dossiers}
        names = {cycle_id: uow.models.get(cycle.version).name for cycle_id, cycle in cycles.items()}
    return page(
        request,
        "don_vi/end_check.html",
        me,
        uow,
        page_title="Kiểm tra trước khi kết thúc",
        breadcrumbs=crumbs(me, path, ("Sáp nhập hoặc giải thể", f"{UNITS}/{path[0].id}/ket-thuc"), ("Kiểm tra", None)),
        ending=ending,
        dossiers=[(d, names[d.cycle_id], cycles[d.cycle_id].year) for d in ending.dossiers],
        people=[(account.full_name, uow.words.label("role", p.role)) for p, account in ending.people],
        values=values,
    )


def _siblings(uow: UnitOfWork, unit: Unit) -> list[tuple[str, str]]:
    """Units of the same kind under the same superior, to choose from; few enough to be listed."""
    if unit.parent_id is None:
        return []
    found = [u for u in uow.units.children(unit.parent_id) if u.id != unit.id and u.until_day is None]
    return [(u.code, f"{u.name} ({u.code})") for u in found if u.kind == unit.kind]
