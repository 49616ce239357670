"""How does one come in, and go?"""

from datetime import datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from api.actor import Anybody, Form, TheHouse, Uow, clear_cookie, new_session, set_cookie, write
from api.assembly import House
from api.door import AtTheDoor
from api.passwords import Passwords
from api.texts import sentence
from api.view import go, local, show
from engine.errors import NotPermitted
from engine.ports.store import SessionRow, UnitOfWork
from engine.rules.units import Account
from engine.use_cases import accounts
from engine.use_cases.accounts import NewSession

router = APIRouter(include_in_schema=False)
_log = structlog.get_logger("chuky.sign_in")


@router.get("/dang-nhap")
def ask(
    request: Request, visitor: Anybody, tiep: str = "/", expired: Annotated[str, Query(alias="het-phien")] = ""
) -> Response:
    """Ask for name and password; who is signed in goes on."""
    if visitor is not None:
        return go(tiep)
    return _form(request, back=tiep, expired=bool(expired))


@router.post("/dang-nhap")
async def enter(request: Request, house: TheHouse, form: Form, at: AtTheDoor) -> Response:
    """Sign in with a password, or with the code of a slip in its place."""
    username, back = form.text("ten"), form.text("tiep") or "/"
    password = (form.all("mat_khau") or [""])[0]
    if wait := at.limits.wait(username, at.address):
        _log.warning("sign_in_limited", username=username, address=at.address)
        return _form(request, back=back, username=username, error="too_many_tries", status=429, seconds=wait)
    token, session = new_session(request)
    known = await run_in_threadpool(_known, house, at.passwords, username, password)
    try:
        now = house.clock()
        await write(request, lambda uow: _come_in(uow, known, (username, password), session, now=now))
    except NotPermitted as refused:
        at.limits.wrong(username, at.address)
        _log.warning("sign_in_refused", username=username, address=at.address, code=refused.code)
        return _form(request, back=back, username=username, error="wrong_password", status=422)
    _log.info("signed_in", username=username, address=at.address)
    response = go(back)
    set_cookie(response, house, token)
    return response


@router.post("/dang-xuat")
def leave(request: Request, house: TheHouse, visitor: Anybody, uow: Uow) -> Response:
    """End this browser's session."""
    if visitor is not None:
        accounts.sign_out(uow, visitor.session, now=house.clock())
    response = go("/dang-nhap")
    clear_cookie(response, house)
    return response


def _form(
    request: Request,
    *,
    back: str,
    username: str = "",
    error: str = "",
    status: int = 200,
    expired: bool = False,
    **facts: object,
) -> HTMLResponse:
    return show(
        request,
        "sign_in/sign_in.html",
        status=status,
        username=username,
        back=local(back),
        error=sentence(error, facts) if error else "",
        expired=expired,
        renewed="da-dat" in request.query_params,
    )


def _known(house: House, passwords: Passwords, username: str, password: str) -> Account | None:
    with house.read_uow() as uow:
        account = uow.accounts.find_username(username)
    return account if passwords.matches(password, account.password_hash if account else None) else None


def _come_in(
    uow: UnitOfWork, known: Account | None, given: tuple[str, str], session: NewSession, *, now: datetime
) -> SessionRow:
    if known is not None:
        return accounts.sign_in(uow, uow.accounts.get(known.id), session, now=now)
    username, code = given
    return accounts.sign_in_by_slip(uow, username, code, session, now=now)
