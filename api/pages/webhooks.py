"""Which other systems are told, and did the calls arrive? For administrators: set up, tried out, switched off."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.asking import refused
from api.pages.shell import page, said
from engine.errors import Invalid
from engine.ports.notices import LastCall, Webhook
from engine.ports.store import UnitOfWork
from engine.use_cases import webhooks

router = APIRouter()
WEBHOOKS = "/quan-tri/he-thong-khac"
WebhookPath = Annotated[int, Path(ge=1)]
_NAMES = {"unit": "don_vi", "url": "dia_chi"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookView:
    """One webhook as it is listed."""

    id: int
    unit: str
    url: str
    created_at: datetime
    disabled_at: datetime | None
    last: LastCall | None


@router.get(WEBHOOKS)
def listing(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Show every webhook with what became of its last call."""
    webhooks.check_may(me.actor)
    return _page(request, me, uow)


@router.post(WEBHOOKS)
def add(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Set a webhook up and show its secret, this once."""
    unit, url = form.text("don_vi"), form.text("dia_chi")
    try:
        made = webhooks.set_up(uow, unit, url, actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _page(
            request, me, uow, given={"don_vi": unit, "dia_chi": url}, errors=refused(refusal, _NAMES), status=422
        )
    return page(
        request,
        "quan_tri/webhook.html",
        me,
        uow,
        page_title="Khóa ký của hệ thống",
        breadcrumbs=[("Quản trị", "/quan-tri"), ("Hệ thống khác", WEBHOOKS), ("Khóa ký", None)],
        webhook=made,
        unit=uow.units.get(made.unit_id).name,
    )


@router.post(WEBHOOKS + "/{webhook_id:int}/thu")
def try_out(webhook_id: WebhookPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Send a call that only says hello."""
    webhooks.try_out(uow, webhook_id, actor=me.actor, now=house.clock())
    return said(WEBHOOKS, "goi-thu")


@router.post(WEBHOOKS + "/{webhook_id:int}/tat")
def switch_off(webhook_id: WebhookPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Call it no more."""
    webhooks.switch_off(uow, webhook_id, actor=me.actor, now=house.clock())
    return said(WEBHOOKS, "tat-he-thong")


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    *,
    given: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "quan_tri/webhooks.html",
        me,
        uow,
        status=status,
        page_title="Hệ thống khác",
        breadcrumbs=[("Quản trị", "/quan-tri"), ("Hệ thống khác", None)],
        has_errors=bool(errors),
        webhooks=[_view(uow, webhook) for webhook in reversed(uow.notices.webhooks())],
        given=given or {"don_vi": "", "dia_chi": ""},
        errors=errors or {},
    )


def _view(uow: UnitOfWork, webhook: Webhook) -> WebhookView:
    return WebhookView(
        id=webhook.id,
        unit=uow.units.get(webhook.unit_id).name,
        url=webhook.url,
        created_at=webhook.created_at,
        disabled_at=webhook.disabled_at,
        last=uow.notices.last_call(webhook.id),
    )
