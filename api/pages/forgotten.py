"""What does one do with a forgotten password? Ask for a mail, open its address, set a new one."""

import structlog
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from api.actor import Form, TheHouse, write
from api.door import AtTheDoor, refusal
from api.texts import sentence
from api.view import go, show
from engine.errors import NotPermitted
from engine.use_cases import accounts

router = APIRouter(include_in_schema=False)
_log = structlog.get_logger("chuky.sign_in")


@router.get("/quen-mat-khau")
def ask_name(request: Request) -> HTMLResponse:
    """Ask whose password is forgotten."""
    return show(request, "sign_in/forgotten.html", sent=False, error="")


@router.post("/quen-mat-khau")
async def promise_mail(request: Request, house: TheHouse, form: Form, at: AtTheDoor) -> HTMLResponse:
    """Promise the mail; the answer is the same whether there is such an account."""
    name = form.text("ten")
    if not name:
        return show(request, "sign_in/forgotten.html", status=422, sent=False, error=sentence("name_missing", {}))
    if at.limits.may_reset(at.address):
        now = house.clock()
        await write(request, lambda uow: accounts.ask_reset(uow, name, now=now))
    else:
        _log.warning("reset_limited", address=at.address)
    return show(request, "sign_in/forgotten.html", sent=True, error="")


@router.get("/dat-lai-mat-khau")
def ask_password(request: Request, ma: str = "") -> HTMLResponse:
    """Ask for a new password; the mail's token is spent only when it is sent."""
    return show(request, "sign_in/reset.html", token=ma, error="", spent=not ma)


@router.post("/dat-lai-mat-khau")
async def set_password(request: Request, house: TheHouse, form: Form, at: AtTheDoor) -> Response:
    """Set a new password with a mailed token."""
    token, password = form.text("ma"), (form.all("mat_khau") or [""])[0]
    if error := refusal(password):
        return show(request, "sign_in/reset.html", status=422, token=token, error=error, spent=False)
    kept, now = await run_in_threadpool(at.passwords.hash, password), house.clock()
    try:
        await write(request, lambda uow: accounts.reset_password(uow, token, kept, now=now))
    except NotPermitted:
        return show(request, "sign_in/reset.html", status=422, token="", error="", spent=True)
    return go("/dang-nhap?da-dat=1")
