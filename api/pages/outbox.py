"""Which mails left, which did not and why? The outbox by state; what failed is sent again."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.shell import PAGE_SIZE, address, page, page_address, said, sliced
from api.texts import label
from engine.errors import NotPermitted
from engine.rules.permissions import ADMINISTRATOR
from engine.use_cases import registers

router = APIRouter()
OUTBOX = "/quan-tri/thu"
DeliveryPath = Annotated[int, Path(ge=1)]
STATES = ("dead", "failed", "queued", "sending", "sent")


@router.get(OUTBOX)
def listing(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Show the mails, all or those in one state."""
    _check(me)
    counts = uow.queries.delivery_counts()
    asked = request.query_params.get("tt", "")
    chosen = [asked] if asked in STATES else []
    # Not from the counts: they are of all mails, also of those that the person is not to know of.
    total = uow.queries.deliveries(chosen, limit=1)[1]
    part = sliced(total, request.query_params.get("trang"))
    rows, _ = uow.queries.deliveries(chosen, limit=PAGE_SIZE, offset=part.first)
    return page(
        request,
        "quan_tri/outbox.html",
        me,
        uow,
        page_title="Thư gửi đi",
        breadcrumbs=[("Quản trị", "/quan-tri"), ("Thư gửi đi", None)],
        chips=_chips(counts, asked if chosen else ""),
        rows=rows,
        dead=counts.get("dead", 0),
        any=sum(counts.values()),
        page_no=part.page,
        pages=part.pages,
        total=total,
        page_url=page_address(OUTBOX, tt=asked if chosen else ""),
    )


@router.post(OUTBOX + "/gui-lai-tat-ca")
def send_all_again(me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Try every mail again that was given up."""
    _check(me)
    registers.send_all_again(uow, actor=me.actor, now=house.clock())
    return said(OUTBOX, "gui-lai")


@router.post(OUTBOX + "/{delivery_id:int}/gui-lai")
def send_again(delivery_id: DeliveryPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Try one mail again."""
    _check(me)
    registers.send_again(uow, delivery_id, actor=me.actor, now=house.clock())
    return said(OUTBOX, "gui-lai")


def _check(me: Visitor) -> None:
    if not me.actor.holds_anywhere(ADMINISTRATOR):
        raise NotPermitted("not_administrator")


def _chips(counts: Mapping[str, int], chosen: str) -> Sequence[tuple[str, str, bool, int]]:
    seen = [state for state in STATES if counts.get(state) or state == chosen]
    return [("Tất cả", OUTBOX, not chosen, sum(counts.values()))] + [
        (label("delivery_state", state), address(OUTBOX, tt=state), state == chosen, counts.get(state, 0))
        for state in seen
    ]
