"""Who are the people behind the counts? Members on the lists of a cycle's units, on the screen and as Excel."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.datastructures import QueryParams
from starlette.responses import HTMLResponse, Response

from api.actor import Me, TheHouse, Uow, Visitor
from api.pages.cycles import readable_scope
from api.pages.shell import PAGE_SIZE, address, number_in, page, page_address, sliced
from api.pages.uploads import excel
from api.texts import label
from engine.ports.outside import Cell
from engine.ports.queries import MemberFilter, MemberRow
from engine.ports.store import UnitOfWork
from engine.rules.cycles import Cycle, CycleId
from engine.rules.units import UnitId

router = APIRouter()
CyclePath = Annotated[int, Path(ge=1)]
EVERYTHING = 100_000
HEADS = ("STT", "Họ và tên", "Năm sinh", "Chi đoàn", "Mã chi đoàn", "Trực thuộc", "Đề nghị", "Thẩm định", "Danh hiệu")


@router.get("/chu-ky/{cycle_id:int}/doan-vien")
def members(request: Request, cycle_id: CyclePath, me: Me, uow: Uow) -> HTMLResponse:
    """List the members of a cycle as filtered by the address."""
    cycle = uow.cycles.get(CycleId(cycle_id))
    model = uow.models.get(cycle.version)
    asked = request.query_params
    wanted = _filter(uow, asked, cycle, me)
    _, count = uow.queries.members(wanted, limit=1)
    part = sliced(count, asked.get("trang"))
    rows, _ = uow.queries.members(wanted, limit=PAGE_SIZE, offset=part.first)
    kept = {name: asked.get(name, "") for name in ("q", "khoi", "don_vi", "dh")}
    base = f"/chu-ky/{cycle.id}/doan-vien"
    return page(
        request,
        "chu_ky/members.html",
        me,
        uow,
        page_title=f"Đoàn viên của chu kỳ {cycle.year}",
        breadcrumbs=[("Chu kỳ", "/chu-ky"), (str(cycle.year), f"/chu-ky/{cycle.id}"), ("Đoàn viên", None)],
        cycle=cycle,
        model=model,
        rows=rows,
        first=part.first,
        asked=kept,
        filtered=any(kept.values()),
        cohorts=[
            ("", "Mọi khối"),
            *((c, uow.words.label("cohort", c)) for g in model.groups for c in (*g.cohorts, *g.unit_kinds)),
        ],
        action=base,
        export=address(f"{base}.xlsx", **kept) if count else "",
        page_no=part.page,
        pages=part.pages,
        total=count,
        page_url=page_address(base, **kept),
    )


@router.get("/chu-ky/{cycle_id:int}/doan-vien.xlsx")
def members_as_excel(request: Request, cycle_id: CyclePath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the same list, whole, as an Excel file."""
    cycle = uow.cycles.get(CycleId(cycle_id))
    found, _ = uow.queries.members(_filter(uow, request.query_params, cycle, me), limit=EVERYTHING)
    title = f"Đoàn viên, {uow.models.get(cycle.version).name} năm {cycle.year}"
    rows = [_cells(place, row) for place, row in enumerate(found, 1)]
    return excel(house, title, HEADS, rows, f"doan-vien-{cycle.year}")


def _filter(uow: UnitOfWork, asked: QueryParams, cycle: Cycle, me: Visitor) -> MemberFilter:
    unit = number_in(asked.get("don_vi", ""))
    return MemberFilter(
        cycle_id=cycle.id,
        scope=readable_scope(me, uow, cycle),
        superior_id=UnitId(unit) if unit is not None else None,
        cohort=asked.get("khoi", ""),
        titled={"1": True, "0": False}.get(asked.get("dh", "")),
        text=asked.get("q", ""),
    )


def _cells(place: int, row: MemberRow) -> list[Cell]:
    return [
        place,
        row.full_name,
        row.birth_year,
        row.unit,
        row.unit_code,
        row.superior or "",
        label("member_result", row.self_result) if row.self_result else "",
        label("member_result", row.result) if row.result else "",
        "Được công nhận" if row.titled else "",
    ]
