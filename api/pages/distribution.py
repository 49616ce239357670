"""To whom did a document go, and who has it? Its page of recipients, what comes to one's own units, what is not received."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.asking import asked_day, day_text, refused
from api.pages.decisions import readable
from api.pages.shell import number_in, page, said, today_of
from api.texts import label
from api.texts.words import day, instant
from engine.errors import FieldError, Invalid, NotPermitted
from engine.ports.distribution import Arriving
from engine.ports.store import UnitOfWork
from engine.rules.decisions import Decision, DecisionId
from engine.rules.distribution import Recipient, Way
from engine.rules.permissions import ADMINISTRATOR
from engine.rules.units import Unit
from engine.use_cases import distribution
from engine.use_cases.distribution import Change

router = APIRouter()
DecisionPath = Annotated[int, Path(ge=1)]
NumberPath = Annotated[int, Path(ge=1)]
ARRIVED, OVERDUE = "/van-ban/den", "/van-ban/chua-nhan"
RECIPIENTS = "/van-ban/{decision_id:int}/noi-nhan"
#: Days without a receipt after which a document counts as not received, unless asked otherwise.
DAYS = 3
_NAMES = {"unit": "don_vi", "address": "dia_chi", "by": "nguoi_nhan", "on": "ngay_nhan"}
_SENT = ("cach", "don_vi", "dia_chi", "nguoi_nhan", "ngay_nhan")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientView:
    """One recipient as its row shows it."""

    number: int
    name: str
    way: str
    state: str
    meta: tuple[str, ...]
    waits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedView:
    """One document of a list, with its recipient."""

    href: str
    title: str
    meta: tuple[str, ...]
    waits: bool
    decision_id: int


@router.get(ARRIVED)
def arrived(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Show what came to the person's units."""
    everything = request.query_params.get("xem") == "tat-ca"
    rows = distribution.arriving(uow, me.actor, waiting=not everything)
    return page(
        request,
        "van_ban/arrived.html",
        me,
        uow,
        page_title="Văn bản đến",
        rows=[_arrived(row) for row in rows],
        chips=[
            ("Chưa xác nhận", ARRIVED, not everything, None),
            ("Tất cả", f"{ARRIVED}?xem=tat-ca", everything, None),
        ],
        everything=everything,
    )


@router.post(ARRIVED)
def confirm_many(me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Say of every ticked document that it has arrived."""
    for text in form.all("van_ban"):
        number = number_in(text)
        if number is not None:
            distribution.confirm(uow, DecisionId(number), actor=me.actor, now=house.clock())
    return said(ARRIVED, "da-nhan")


@router.get(OVERDUE)
def overdue(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show what those whom the person's units wrote to have not received for some days."""
    if not me.actor.holds_anywhere(*distribution.SENDERS, ADMINISTRATOR):
        raise NotPermitted("not_sender")
    asked = number_in(request.query_params.get("ngay", ""))
    days = asked if asked is not None and asked <= 365 else DAYS
    rows = distribution.overdue(uow, me.actor, house.clock() - timedelta(days=days))
    return page(
        request,
        "van_ban/overdue.html",
        me,
        uow,
        page_title="Văn bản chưa được nhận",
        breadcrumbs=[("Văn bản", "/van-ban"), ("Chưa được nhận", None)],
        rows=[_overdue(row) for row in rows],
        days=str(days),
    )


@router.post("/van-ban/{decision_id:int}/da-nhan")
def confirm(decision_id: DecisionPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Say that the document has arrived."""
    distribution.confirm(uow, DecisionId(decision_id), actor=me.actor, now=house.clock())
    return said(f"/van-ban/{decision_id}", "da-nhan")


@router.get(RECIPIENTS)
def recipients(request: Request, decision_id: DecisionPath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show everybody to whom the document goes, and who has it."""
    return _page(request, me, uow, house, _sent_by(uow, me, decision_id))


@router.post(RECIPIENTS)
def write_down(decision_id: DecisionPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Write the recipients down of a document that was issued before they were."""
    decision = _sent_by(uow, me, decision_id)
    distribution.give_out_late(uow, decision, actor=me.actor, now=house.clock())
    return said(_address(decision), "da-luu")


@router.post(RECIPIENTS + "/nhac")
def remind(decision_id: DecisionPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Remind those inside who have not received it."""
    decision = _sent_by(uow, me, decision_id)
    distribution.remind(uow, decision, actor=me.actor, now=house.clock())
    return said(_address(decision), "da-nhac")


@router.post(RECIPIENTS + "/{number:int}")
def one(
    request: Request, decision_id: DecisionPath, number: NumberPath, me: Me, form: Form, uow: Uow, house: TheHouse
) -> Response:
    """Send to one recipient in the way that was chosen, or tick it off."""
    decision = _sent_by(uow, me, decision_id)
    try:
        _do(uow, house, decision, number, form, me)
    except Invalid as refusal:
        given = {name: form.text(name) for name in _SENT}
        errors = refused(refusal, _NAMES)
        return _page(request, me, uow, house, decision, number=number, errors=errors, given=given, status=422)
    return said(_address(decision), "da-luu")


def _do(uow: UnitOfWork, house: House, decision: Decision, number: int, form: Posted, me: Visitor) -> None:
    now = house.clock()
    if form.text("viec") == "nhan":
        on = asked_day(form, "ngay_nhan", "Ngày nhận")
        distribution.hand_over(uow, decision, number, form.text("nguoi_nhan"), on, actor=me.actor, now=now)
        return
    way = form.text("cach")
    if way not in (Way.INSIDE, Way.MAIL, Way.HAND):
        raise Invalid({"cach": FieldError("choice", {"title": "Cách gửi"})})
    wished = Change(way=Way(way), unit_code=form.text("don_vi"), address=form.text("dia_chi"))
    distribution.change(uow, decision, number, wished, actor=me.actor, now=now)


def _sent_by(uow: UnitOfWork, me: Visitor, decision_id: int) -> Decision:
    decision = readable(uow, me, decision_id)
    if not distribution.may_send(uow, decision, me.actor):
        raise NotPermitted("not_sender")
    return decision


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: House,
    decision: Decision,
    *,
    number: int | None = None,
    errors: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    rows = uow.distribution.of_decision(decision.id)
    doubtful = distribution.doubtful(uow, decision, rows)
    empty = dict.fromkeys(_SENT, "") | {"ngay_nhan": day_text(today_of(house.clock()))}
    return page(
        request,
        "van_ban/recipients.html",
        me,
        uow,
        status=status,
        has_errors=bool(errors),
        page_title="Nơi nhận",
        breadcrumbs=[("Văn bản", "/van-ban"), (decision.symbol, f"/van-ban/{decision.id}"), ("Nơi nhận", None)],
        decision=decision,
        action=_address(decision),
        rows=[_view(uow, row, doubtful.get(row.number, [])) for row in rows],
        received=sum(not row.waits for row in rows),
        remindable=any(row.waits and row.way is Way.INSIDE for row in rows),
        open_number=number,
        errors=errors or {},
        given=given or empty,
        ways=[(way.value, label("way", way.value)) for way in (Way.INSIDE, Way.MAIL, Way.HAND)],
    )


def _view(uow: UnitOfWork, row: Recipient, doubtful: Sequence[Unit]) -> RecipientView:
    meta = [label("way", row.way.value), row.address]
    if row.unit_id is not None:
        unit = uow.units.get(row.unit_id)
        meta.append(unit.name if unit.name != row.name else f"mã {unit.code}")
    if doubtful:
        named = ", ".join(f"{unit.name} (mã {unit.code})" for unit in doubtful)
        meta.append(f"có thể là {named}: hãy chọn đơn vị")
    state, sent = _state(uow, row)
    if row.waits and sent:
        meta.append(sent)
    if row.reminded_at and row.waits:
        meta.append(f"nhắc {instant(row.reminded_at)}")
    if row.received_on:
        meta.append(f"{row.received_by} nhận ngày {day(row.received_on)}")
    return RecipientView(
        number=row.number,
        name=row.name,
        way=row.way.value,
        state=state,
        meta=tuple(text for text in meta if text),
        waits=row.waits,
    )


def _state(uow: UnitOfWork, row: Recipient) -> tuple[str, str]:
    """How far it is, and since when it is under way; a mail is as far as its delivery."""
    if not row.waits:
        return "received", ""
    if row.delivery_id is None:
        return ("sent", f"gửi {instant(row.sent_at)}") if row.sent_at else ("open", "")
    delivery = uow.outbox.get(row.delivery_id)
    state = {"sent": "sent", "dead": "failed"}.get(delivery.state, "sending")
    return state, f"gửi {instant(delivery.sent_at)}" if delivery.sent_at else delivery.error


def _arrived(row: Arriving) -> ArrivedView:
    got = row.recipient
    noted = "" if got.waits else f"{got.received_by} nhận ngày {day(got.received_on)}"
    return ArrivedView(
        href=f"/van-ban/{got.decision_id}",
        title=f"{row.symbol}: {row.subject}",
        meta=(f"ngày {day(row.dated)}", row.issuer, noted),
        waits=got.waits,
        decision_id=int(got.decision_id),
    )


def _overdue(row: Arriving) -> ArrivedView:
    got = row.recipient
    return ArrivedView(
        href=f"/van-ban/{got.decision_id}/noi-nhan",
        title=f"{got.name}: {row.symbol}",
        meta=(row.issuer, label("way", got.way.value), f"gửi {instant(got.sent_at)}" if got.sent_at else "chưa gửi"),
        waits=True,
        decision_id=int(got.decision_id),
    )


def _address(decision: Decision) -> str:
    return f"/van-ban/{decision.id}/noi-nhan"
