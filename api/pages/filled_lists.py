"""How are values that have a place already filled in by a list? Template out, list in, looked at cell by cell, carried out, undone.

One module for every such list: figures, scores. What differs is a `Filling`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.forms.cells import clean_text, read_number
from api.pages.asking import refused
from api.pages.listing import TEXT, Column, list_text, preview, read_list, rows_sheet, sent_cells
from api.pages.shell import page, said
from api.texts import label, sentence
from api.texts.words import instant
from engine.errors import FieldError, Invalid, NotFound, NotPermitted
from engine.ports.outside import Cell
from engine.ports.store import UnitOfWork
from engine.rules.text import fold
from engine.rules.unit_lists import ListChange
from engine.use_cases.list_changes import Checked, Step

#: Lists that a page names, and steps of one of them that it shows.
MOST, STEPS = 10, 200
#: What is written into a cell to take its value back: an empty cell leaves what stands.
TAKE_BACK = "bỏ"
ChangePath = Annotated[int, Path(ge=1)]
Row = dict[str, str]


class Filling(Protocol):
    """One kind of list for one visitor: what it is about, and what its rows do."""

    base: str  #: address of its pages
    title: str
    caption: str
    crumbs: Sequence[tuple[str, str | None]]  #: down to the page that it belongs to
    columns: tuple[Column, ...]
    how: tuple[str, ...]  #: how cells are written, a sentence each
    file_name: str
    about: str

    def rows(self) -> list[list[Cell]]:
        """The rows of the template."""
        ...

    def check(self, rows: Sequence[Row]) -> Checked:
        """Look at a list; rows that do not say what stood get it from now."""
        ...

    def carry_out(self, rows: Sequence[Row]) -> ListChange | None:
        """Do what the list says; None: it changes nothing."""
        ...

    def sees(self, change: ListChange) -> bool:
        """Whether the visitor may see what a list did."""
        ...

    def undo_fault(self, change: ListChange) -> FieldError | None:
        """Why a list cannot be undone; None: it can."""
        ...

    def undo(self, change: ListChange) -> None:
        """Undo a list."""
        ...

    def step(self, step: Step) -> tuple[str, str, str]:
        """What was filled in, what stood before, what stood after."""
        ...

    def links(self, change: ListChange) -> list[tuple[str, str]]:
        """Where work goes on after a list: name, address."""
        ...


def number_cell(text: str, title: str) -> Any:
    """A number, None for an empty cell, `TAKE_BACK`, or a `FieldError`."""
    plain = clean_text(text)
    if not plain:
        return None
    if fold(plain) == fold(TAKE_BACK):
        return TAKE_BACK
    typed = read_number(plain)
    return FieldError("form.not_a_number", {"title": title}) if isinstance(typed, str) else typed


def add_routes(router: APIRouter, path: str, desk_of: Callable[..., Filling]) -> None:
    """Give a kind of list its pages below `path`; `desk_of` refuses who has nothing to fill in."""

    def ask(request: Request, me: Me, uow: Uow, desk: Annotated[Filling, Depends(desk_of)]) -> HTMLResponse:
        """Ask for a list."""
        return _ask_page(request, me, uow, desk, "", {})

    def template(house: TheHouse, desk: Annotated[Filling, Depends(desk_of)]) -> Response:
        """Hand out the rows that there are, to be filled in."""
        return rows_sheet(house, desk.title, desk.columns, desk.rows(), f"{desk.file_name}.xlsx")

    def take(
        request: Request, me: Me, form: Form, uow: Uow, house: TheHouse, desk: Annotated[Filling, Depends(desk_of)]
    ) -> Response:
        """Show the list as it was understood; carry it out once it is confirmed."""
        try:
            rows = read_list(desk.columns, sent_cells(house, form))
        except Invalid as refusal:
            text = (form.all(TEXT) or [""])[0]
            return _ask_page(request, me, uow, desk, text, refused(refusal), status=422)
        checked = desk.check(rows)
        if form.text("bo_qua") and checked.overtaken:
            rows = [row for place, row in enumerate(rows) if place not in checked.overtaken]
            checked = desk.check(rows)
        if checked.errors or not form.text("xac_nhan"):
            return _preview_page(request, me, uow, desk, rows, checked)
        made = desk.carry_out(rows)
        return said(f"{desk.base}/lich-su/{made.id}", "da-luu") if made else said(desk.base, "danh-sach-khong-doi")

    def one(
        request: Request, change_id: ChangePath, me: Me, uow: Uow, desk: Annotated[Filling, Depends(desk_of)]
    ) -> HTMLResponse:
        """Show what a list did, and whether it can be undone."""
        change = _change(uow, desk, change_id)
        fault = desk.undo_fault(change) if change.undone_at is None else None
        return page(
            request,
            "danh_sach/done.html",
            me,
            uow,
            page_title=label("unit_list_kind", change.kind),
            breadcrumbs=[*desk.crumbs, (desk.title, desk.base), (instant(change.at), None)],
            change=change,
            base=desk.base,
            caption=desk.caption,
            steps=[(*desk.step(step), "") for step in change.steps[:STEPS]],
            total=len(change.steps),
            hidden=max(0, len(change.steps) - STEPS),
            links=desk.links(change)[:STEPS] if change.undone_at is None else [],
            fault=sentence(fault.code, fault.facts) if fault else "",
        )

    def undo(
        change_id: ChangePath, me: Me, form: Form, uow: Uow, desk: Annotated[Filling, Depends(desk_of)]
    ) -> Response:
        """Undo a list."""
        change = _change(uow, desk, change_id)
        desk.undo(change)
        return said(f"{desk.base}/lich-su/{change.id}", "da-hoan-tac-ds")

    router.get(path)(ask)
    router.get(path + "/mau.xlsx")(template)
    router.post(path)(take)
    router.get(path + "/lich-su/{change_id:int}")(one)
    router.post(path + "/lich-su/{change_id:int}/hoan-tac")(undo)


def _change(uow: UnitOfWork, desk: Filling, change_id: int) -> ListChange:
    change = uow.unit_lists.get(change_id)
    if change.about != desk.about:
        raise NotFound("ListChange", change_id)
    if not desk.sees(change):
        raise NotPermitted("not_your_list")
    return change


def _ask_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    desk: Filling,
    text: str,
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "danh_sach/ask.html",
        me,
        uow,
        status=status,
        page_title=desk.title,
        has_errors=bool(errors),
        breadcrumbs=[*desk.crumbs, (desk.title, None)],
        base=desk.base,
        caption=desk.caption,
        text=text,
        errors=errors,
        how=desk.how,
        titles=[column.title for column in desk.columns],
        lists=[change for change in uow.unit_lists.about(desk.about, MOST * 2) if desk.sees(change)][:MOST],
    )


def _preview_page(
    request: Request, me: Visitor, uow: UnitOfWork, desk: Filling, rows: Sequence[Row], checked: Checked
) -> HTMLResponse:
    seen = preview(desk.columns, rows, checked.errors, before=checked.before, changed=checked.changed)
    kept = [row for place, row in enumerate(rows) if place in checked.changed]
    return page(
        request,
        "danh_sach/check.html",
        me,
        uow,
        status=422 if seen.bad else 200,
        page_title=f"Kiểm tra: {desk.title}",
        has_errors=bool(seen.bad),
        breadcrumbs=[*desk.crumbs, (desk.title, desk.base), ("Kiểm tra", None)],
        base=desk.base,
        caption=desk.caption,
        seen=seen,
        changes=len(checked.changed),
        same=len(rows) - len(checked.changed | {int(name.split(".", 2)[1]) for name in checked.errors}),
        overtaken=len(checked.overtaken),
        kept=list_text(desk.columns, kept) if kept and not seen.bad else "",
    )
