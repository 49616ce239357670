"""What have I been told? The own notices, what is unread first; opened, they are read and lead to their work."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow
from api.pages.shell import PAGE_SIZE, page, page_address, said, sliced
from api.texts import label
from api.view import go
from engine.ports.notices import NoticeRow
from engine.use_cases import listening

router = APIRouter()
NOTICES = "/thong-bao"
#: The last address that shows all of them.
ALL = "tat-ca"
NoticePath = Annotated[int, Path(ge=1)]


@router.get(NOTICES)
def listing(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Show the own notices, those that wait to be read or all."""
    unread = request.query_params.get("xem") != ALL
    waiting, total = (uow.notices.page(me.account.id, unread=only, limit=1)[1] for only in (True, False))
    part = sliced(waiting if unread else total, request.query_params.get("trang"))
    rows, _ = uow.notices.page(me.account.id, unread=unread, limit=PAGE_SIZE, offset=part.first)
    return page(
        request,
        "thong_bao/list.html",
        me,
        uow,
        page_title="Thông báo",
        rows=[(row, _tag(row)) for row in rows],
        waiting=waiting,
        any=total,
        chips=[("Chưa đọc", NOTICES, unread, waiting), ("Tất cả", f"{NOTICES}?xem={ALL}", not unread, total)],
        page_no=part.page,
        pages=part.pages,
        total=part.total,
        page_url=page_address(NOTICES, xem=None if unread else ALL),
    )


@router.post(NOTICES + "/{notice_id:int}/mo")
def follow(notice_id: NoticePath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Go where a notice leads; it is read from now on."""
    return go(listening.open_notice(uow, notice_id, actor=me.actor, now=house.clock()))


@router.post(NOTICES + "/{notice_id:int}/da-doc")
def mark(notice_id: NoticePath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Note that a notice has been read, and stay."""
    listening.open_notice(uow, notice_id, actor=me.actor, now=house.clock())
    return said(NOTICES, "da-doc")


@router.post(NOTICES + "/da-doc")
def mark_all(me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Note that everything has been read."""
    listening.read_all(uow, actor=me.actor, now=house.clock())
    return said(NOTICES, "da-doc")


def _tag(row: NoticeRow) -> tuple[str, str]:
    if row.over:
        return "Việc đã xong", "quiet"
    return label("notice_kind", row.kind), label("notice_kind_tone", row.kind)
