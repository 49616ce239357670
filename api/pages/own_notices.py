"""How do I want to be told? Mails, their days and hours, and the secret address at which a calendar finds one's last days."""

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.assembly import House
from api.calendars import calendar_of
from api.pages.asking import refused
from api.pages.shell import number_in, page, said
from engine.errors import Invalid
from engine.ports.store import UnitOfWork
from engine.rules.notices import WEEKDAYS, MailMode, PersonalSettings
from engine.use_cases import listening
from engine.use_cases.listening import Wishes
from engine.use_cases.notifying import settings_of

router = APIRouter()
open_router = APIRouter(include_in_schema=False)
CHOICE = "/toi/nhac"
FEED = "/lich"
_DAY_NAMES = ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu")
_MODES = (
    (MailMode.DIGEST.value, "Mỗi ngày một thư gom", "Mọi việc của ngày trong một thư. Ngày không có gì mới thì không có thư."),
    (MailMode.SINGLE.value, "Mỗi việc một thư", "Thư đi ngay khi có việc, ngoài giờ yên lặng."),
    (MailMode.NONE.value, "Không nhận thư nhắc việc", "Bạn vẫn thấy đủ trong mục Thông báo khi đăng nhập."),
)  # fmt: skip
#: Minutes after midnight at which the page offers to send a digest.
_OFFERED = range(6 * 60 + 35, 17 * 60, 30)
_TITLES = {"mail": "thu", "days": "ngay", "minute": "gio", "quiet": "yen_tu"}


@router.get(CHOICE)
def show(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show what one has chosen, or what holds for everybody."""
    return _page(request, me, uow, _as_form(settings_of(uow, me.account.id)))


@router.post(CHOICE)
def choose(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Keep what one has chosen."""
    try:
        listening.choose(uow, _wishes(form), actor=me.actor, now=house.clock())
    except Invalid as refusal:
        given = {name: form.all(name) for name in ("thu", "ngay", "gio", "yen_tu", "yen_den")}
        return _page(request, me, uow, given, errors=refused(refusal, _TITLES), status=422)
    return said(CHOICE, "cach-bao")


@router.post(CHOICE + "/lich")
def renew(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Make a new secret address and show it, this once."""
    secret = listening.renew_feed(uow, actor=me.actor, now=house.clock())
    return page(
        request,
        "toi/feed.html",
        me,
        uow,
        page_title="Địa chỉ lịch của bạn",
        breadcrumbs=_crumbs("Địa chỉ lịch"),
        address=f"{house.settings.site}{FEED}/{secret}.ics",
    )


@router.post(CHOICE + "/lich/tat")
def end(me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Let the address lead nowhere."""
    listening.end_feed(uow, actor=me.actor, now=house.clock())
    return said(CHOICE, "lich-tat")


@open_router.api_route(FEED + "/{secret}.ics", methods=["GET", "HEAD"])
def feed(request: Request, secret: Annotated[str, Path(max_length=100)], uow: Uow, house: TheHouse) -> Response:
    """Hand out a person's last days to whoever knows the secret: a calendar cannot sign in."""
    text = calendar_of(listening.feed(uow, secret, now=house.clock()), house.settings.site, _host(house)).encode()
    tag = f'"{sha256(text).hexdigest()[:32]}"'
    # Kept by the calendar that asks, never by a cache of others; asked again each time, answered in full when it changed.
    headers = {"etag": tag, "cache-control": "private, no-cache", "x-robots-tag": "noindex"}
    if tag in (each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    headers["content-disposition"] = 'inline; filename="han-viec.ics"'
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)


def _host(house: House) -> str:
    return house.settings.site.split("//", 1)[-1].split("/", 1)[0].split(":", 1)[0]


def _wishes(form: Posted) -> Wishes:
    return Wishes(
        mail=form.text("thu"),
        days=form.all("ngay"),
        minute=number_in(form.text("gio")),
        quiet_from=number_in(form.text("yen_tu")),
        quiet_until=number_in(form.text("yen_den")),
    )


def _as_form(settings: PersonalSettings) -> dict[str, list[str]]:
    return {
        "thu": [settings.mail.value],
        "ngay": list(settings.digest_days) or [str(day) for day in WEEKDAYS],
        "gio": [str(settings.digest_minute)],
        "yen_tu": [str(settings.quiet_from)],
        "yen_den": [str(settings.quiet_until)],
    }


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    given: dict[str, list[str]],
    *,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    values = {name: texts[0] if texts else "" for name, texts in given.items()}
    minutes = sorted({*_OFFERED, uow.words.habits().digest_minute, number_in(values["gio"]) or _OFFERED[0]})
    settings = settings_of(uow, me.account.id)
    return page(
        request,
        "toi/notices.html",
        me,
        uow,
        status=status,
        page_title="Cách nhận thông báo",
        breadcrumbs=_crumbs("Cách nhận thông báo"),
        has_errors=bool(errors),
        errors=errors or {},
        account=me.account,
        last_mail=uow.notices.last_mail(me.account.id),
        modes=_MODES,
        values=values,
        days=[(str(day), name, str(day) in given["ngay"]) for day, name in zip(WEEKDAYS, _DAY_NAMES, strict=True)],
        minutes=[(str(m), f"{m // 60:02d}:{m % 60:02d}") for m in minutes if m < 24 * 60],
        hours=[(str(hour), f"{hour:02d}:00") for hour in range(24)],
        feed_since=settings.feed_since,
    )


def _crumbs(last: str) -> list[tuple[str, str | None]]:
    return [("Tài khoản của tôi", "/toi"), (last, None)]
