"""Which units are there? A tree whose branches open on demand, and a search that needs no marks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.actor import Me, Uow
from api.pages.shell import PAGE_SIZE, address, number_in, page, page_address, scope_of, sliced
from api.pages.units import UNITS, adds_units, manages_somebody, row_meta
from engine.errors import NotPermitted
from engine.ports.queries import UnitRow
from engine.ports.queries_admin import UnitFilter
from engine.ports.store import UnitOfWork
from engine.rules.units import UnitId

router = APIRouter()
#: Units that may stand open at once, and how many below each are shown.
MOST_OPEN, EACH = 30, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of what a search found."""

    rows: tuple[tuple[UnitRow, tuple[str, ...]], ...]  #: with the second line of each
    page: int
    pages: int
    total: int
    page_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeNode:
    """One unit of the tree as it is shown."""

    row: UnitRow
    meta: tuple[str, ...]
    open: bool
    toggle: str  #: address that opens or closes it; empty: nothing stands below
    children: tuple["TreeNode", ...]
    more: int  #: units below that are not shown


@router.get(UNITS)
def tree(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Show the units that the person may see: as a tree, or those that a search finds."""
    scope = scope_of(me.actor)
    if not scope:
        raise NotPermitted("not_your_unit")
    asked = request.query_params
    text, kind, cohort = (asked.get(name, "").strip() for name in ("tim", "loai", "khoi"))
    ended = asked.get("tt", "")
    searching = bool(text or kind or cohort or ended)
    found = _found(request, uow, scope) if searching else None
    tops = () if searching else _tree(uow, scope, asked.getlist("mo"))
    return page(
        request,
        "don_vi/list.html",
        me,
        uow,
        page_title="Đơn vị",
        tops=tops,
        searching=searching,
        text=text,
        kind=kind,
        cohort=cohort,
        ended=ended,
        kinds=[("", "Tất cả"), *uow.words.codes("unit_kind").items()],
        cohorts=[("", "Tất cả"), *uow.words.codes("cohort").items()],
        may_import=adds_units(uow, me),
        may_manage=manages_somebody(uow, me),
        found=found,
    )


def _found(request: Request, uow: UnitOfWork, scope: Collection[UnitId]) -> Found:
    asked = request.query_params
    wanted = UnitFilter(
        scope=scope,
        text=asked.get("tim", "").strip(),
        kind=asked.get("loai", ""),
        cohort=asked.get("khoi", ""),
        ended={"con": False, "het": True}.get(asked.get("tt", "")),
    )
    total = uow.admin.units(wanted, limit=1)[1]
    part = sliced(total, asked.get("trang"))
    rows, _ = uow.admin.units(wanted, limit=PAGE_SIZE, offset=part.first)
    kept = {name: asked.get(name, "") for name in ("tim", "loai", "khoi", "tt")}
    return Found(
        rows=tuple((row, row_meta(uow, row, parent=True)) for row in rows),
        page=part.page,
        pages=part.pages,
        total=total,
        page_url=page_address(UNITS, **kept),
    )


def _tree(uow: UnitOfWork, scope: Collection[UnitId], wanted: Sequence[str]) -> tuple[TreeNode, ...]:
    tops = [unit for unit in scope if not any(above.id in scope for above in uow.units.path(unit)[1:])]
    asked = [UnitId(number) for text in wanted[:MOST_OPEN] if (number := number_in(text))]
    opened = asked or (tops if len(tops) == 1 and not wanted else [])
    rows = uow.admin.units(UnitFilter(scope=scope, only=tops), limit=PAGE_SIZE)[0]
    children: dict[UnitId | None, list[UnitRow]] = {}
    for row in uow.admin.children(opened, each=EACH):
        children.setdefault(row.parent_id, []).append(row)
    return tuple(_node(uow, row, opened, children) for row in rows)


def _node(
    uow: UnitOfWork, row: UnitRow, opened: Sequence[UnitId], children: Mapping[UnitId | None, Sequence[UnitRow]]
) -> TreeNode:
    is_open = row.id in opened
    others = [unit for unit in opened if unit != row.id]
    # An empty list would open the top again.
    toggle = address(UNITS, mo=(others or ["0"]) if is_open else [*others, row.id]) + f"#dv-{row.id}"
    shown = children.get(row.id, ()) if is_open else ()
    return TreeNode(
        row=row,
        meta=row_meta(uow, row, parent=False),
        open=is_open,
        toggle=toggle if row.below else "",
        children=tuple(_node(uow, child, opened, children) for child in shown),
        more=max(0, row.below - len(shown)) if is_open else 0,
    )
