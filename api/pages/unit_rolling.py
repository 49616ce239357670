"""How does a school year turn, and how is a list of units undone? A proposal as Excel, a look at what will happen, one step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.asking import refused
from api.pages.listing import TEXT, Column, Preview, list_text, preview, read_list, sent_cells
from api.pages.shell import number_in, page, said, today_of
from api.pages.units import UNITS, adds_units
from api.pages.uploads import excel
from api.texts import label, sentence
from api.texts.words import number
from engine.errors import Invalid, NotPermitted
from engine.ports.store import UnitOfWork
from engine.rules.permissions import ADMINISTRATOR
from engine.rules.unit_lists import Act, ListChange
from engine.rules.units import UnitId
from engine.use_cases import rolling
from engine.use_cases.rolling import Row

router = APIRouter()
ROLL, LISTS = f"{UNITS}/len-lop", f"{UNITS}/nhap/lich-su"
ListPath = Annotated[int, Path(ge=1)]
#: Lists that are shown, and steps of one of them.
MOST, STEPS = 50, 200
_ACTS = {act.value: label("roll_act", act.value) for act in Act}
COLUMNS = (
    Column(name="code", title="Mã đơn vị", heads=("Mã",)),
    Column(name="name", title="Tên hiện nay", heads=("Tên",)),
    Column(name="act", title="Việc", choices=_ACTS),
    Column(name="new_name", title="Tên mới"),
    Column(name="parent_code", title="Mã đơn vị cấp trên", heads=("Mã cấp trên", "Cấp trên")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListLine:
    """One list that was carried out."""

    change: ListChange
    href: str
    meta: tuple[str, ...]


@router.get(ROLL)
def ask(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Ask for the list of the new school year; it is proposed from the units as they are."""
    _check_arranges(uow, me)
    superior = _superior(request)
    rows = rolling.proposal(uow, superior, actor=me.actor, today=today_of(house.clock()))
    text = list_text(COLUMNS, [_cells(row) for row in rows]) if rows else ""
    return _ask_page(request, me, uow, text, {}, {"proposed": len(rows), "superior": superior})


@router.get(ROLL + "/mau.xlsx")
def sample(request: Request, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand the proposal out as Excel, to be mended there."""
    _check_arranges(uow, me)
    rows = rolling.proposal(uow, _superior(request), actor=me.actor, today=today_of(house.clock()))
    cells = [[_ACTS.get(cell, cell) for cell in _cells(row).values()] for row in rows]
    return excel(house, "Lên lớp đầu năm học", [column.title for column in COLUMNS], cells, "len-lop")


@router.post(ROLL)
def take(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Show what will happen; do it once it is confirmed."""
    _check_arranges(uow, me)
    now, text = house.clock(), (form.all(TEXT) or [""])[0]
    try:
        sent = read_list(COLUMNS, sent_cells(house, form))
    except Invalid as refusal:
        return _ask_page(request, me, uow, text, refused(refusal), {"proposed": 0, "superior": None}, status=422)
    rows = [Row(**row) for row in sent]
    errors = rolling.check(uow, rows, actor=me.actor, now=now)
    seen = preview(COLUMNS, sent, errors)
    confirmed, dispatch = bool(form.text("xac_nhan")), form.text("van_ban")
    if errors or not confirmed or not dispatch:
        wrong = {"van_ban": "Nhập số, ngày văn bản."} if confirmed and not dispatch and not errors else {}
        return _preview_page(request, me, uow, seen, rows, wrong)
    made = rolling.roll_over(uow, rows, dispatch, actor=me.actor, now=now)
    return said(f"{LISTS}/{made.id}", "da-luu") if made else said(ROLL, "khong-doi")


@router.get(LISTS)
def lists(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Show the lists that were carried out."""
    _check_arranges(uow, me)
    mine = [change for change in uow.unit_lists.newest(MOST * 4) if _may_see(me, change)][:MOST]
    return page(
        request,
        "don_vi/lists.html",
        me,
        uow,
        page_title="Các danh sách đã thực hiện",
        breadcrumbs=[("Đơn vị", UNITS), ("Các danh sách đã thực hiện", None)],
        lines=[ListLine(change=change, href=f"{LISTS}/{change.id}", meta=_meta(change)) for change in mine],
    )


@router.get(LISTS + "/{change_id:int}")
def one(request: Request, change_id: ListPath, me: Me, uow: Uow) -> HTMLResponse:
    """Show what a list did, and whether it can be undone."""
    change = _seen(uow, me, change_id)
    fault = rolling.undo_fault(uow, change, actor=me.actor)
    return page(
        request,
        "don_vi/list_done.html",
        me,
        uow,
        page_title=label("unit_list_kind", change.kind),
        breadcrumbs=[("Đơn vị", UNITS), ("Các danh sách đã thực hiện", LISTS), (_when(change.at), None)],
        change=change,
        meta=_meta(change),
        steps=[(label("roll_step", str(s["what"])), *_names(s), f"{UNITS}/{s['unit']}") for s in change.steps[:STEPS]],
        hidden=max(0, len(change.steps) - STEPS),
        fault=sentence(fault.code, fault.facts) if fault and change.undone_at is None else "",
    )


@router.post(LISTS + "/{change_id:int}/hoan-tac")
def undo(change_id: ListPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Undo a list."""
    change = _seen(uow, me, change_id)
    rolling.undo(uow, change.id, actor=me.actor, now=house.clock())
    return said(f"{LISTS}/{change.id}", "da-hoan-tac-ds")


def _check_arranges(uow: UnitOfWork, me: Visitor) -> None:
    if not adds_units(uow, me):
        raise NotPermitted("not_arranger")


def _may_see(me: Visitor, change: ListChange) -> bool:
    return change.by_id == me.account.id or me.actor.holds_anywhere(ADMINISTRATOR)


def _seen(uow: UnitOfWork, me: Visitor, change_id: int) -> ListChange:
    _check_arranges(uow, me)
    change = uow.unit_lists.get(change_id)
    if not _may_see(me, change):
        raise NotPermitted("not_arranger")
    return change


def _superior(request: Request) -> UnitId | None:
    found = number_in(request.query_params.get("don_vi", ""))
    return UnitId(found) if found is not None else None


def _cells(row: Row) -> dict[str, str]:
    return {
        "code": row.code,
        "name": row.name,
        "act": row.act,
        "new_name": row.new_name,
        "parent_code": row.parent_code,
    }


def _meta(change: ListChange) -> tuple[str, ...]:
    counts = {what: sum(s["what"] == what for s in change.steps) for what in ("renamed", "ended", "added")}
    told = [f"{number(count)} {label('roll_count', what)}" for what, count in counts.items() if count]
    return (_when(change.at), change.by_name, ", ".join(told))


def _when(at: datetime) -> str:
    return f"ngày {today_of(at):%d/%m/%Y}"


def _names(step: Mapping[str, object]) -> tuple[str, str]:
    return str(step.get("old", "")), str(step.get("new", ""))


def _ask_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    text: str,
    errors: Mapping[str, str],
    told: Mapping[str, object],
    *,
    status: int = 200,
) -> HTMLResponse:
    superior = told["superior"]
    return page(
        request,
        "don_vi/roll.html",
        me,
        uow,
        status=status,
        page_title="Lên lớp đầu năm học",
        has_errors=bool(errors),
        breadcrumbs=[("Đơn vị", UNITS), ("Lên lớp đầu năm học", None)],
        text=text,
        errors=errors,
        proposed=told["proposed"],
        sample=f"{ROLL}/mau.xlsx" + (f"?don_vi={superior}" if superior else ""),
        acts=list(_ACTS.values()),
        titles=[column.title for column in COLUMNS],
    )


def _preview_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    seen: Preview,
    rows: Sequence[Row],
    errors: Mapping[str, str],
) -> HTMLResponse:
    counts = [(label("roll_act", act.value), sum(row.act == act for row in rows)) for act in Act]
    return page(
        request,
        "don_vi/roll_check.html",
        me,
        uow,
        status=422 if seen.bad or errors else 200,
        page_title="Kiểm tra việc lên lớp",
        has_errors=bool(seen.bad or errors),
        breadcrumbs=[("Đơn vị", UNITS), ("Lên lớp đầu năm học", ROLL), ("Kiểm tra", None)],
        seen=seen,
        counts=[(name, count) for name, count in counts if count],
        changes=any(row.act != Act.KEEP for row in rows),
        errors=errors,
        titles=[column.title for column in COLUMNS],
    )
