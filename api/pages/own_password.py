"""How does one change one's own password, and choose the first one after coming in with a slip?"""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, new_session, set_cookie, write
from api.door import AtTheDoor, refusal
from api.texts import sentence
from api.view import go, show
from engine.use_cases import accounts

router = APIRouter(include_in_schema=False)


@router.get("/doi-mat-khau")
def ask(request: Request, me: Me) -> HTMLResponse:
    """Ask for the present and the new password; only the new one after a slip."""
    return show(request, "sign_in/own_password.html", me, first=me.account.must_change_password, old_error="", error="")


@router.post("/doi-mat-khau")
async def change(request: Request, house: TheHouse, me: Me, form: Form, at: AtTheDoor) -> Response:
    """Set the new password; other browsers are signed out, this one gets a new session."""
    old, new = ((form.all(name) or [""])[0] for name in ("mat_khau_cu", "mat_khau"))
    first, old_error = me.account.must_change_password, ""
    if not first and not await _is_right(me, at, old):
        old_error = sentence("old_password_wrong", {})
    error = refusal(new, me.account.username)
    if old_error or error:
        return show(request, "sign_in/own_password.html", me, status=422, first=first, old_error=old_error, error=error)
    kept, now = await run_in_threadpool(at.passwords.hash, new), house.clock()
    token, session = new_session(request)
    await write(
        request, lambda uow: accounts.change_password(uow, uow.accounts.get(me.account.id), kept, session, now=now)
    )
    response = go("/")
    set_cookie(response, house, token)
    return response


async def _is_right(me: Me, at: AtTheDoor, old: str) -> bool:
    name = me.account.username
    if at.limits.wait(name, at.address):
        return False
    right = await run_in_threadpool(at.passwords.matches, old, me.account.password_hash)
    if not right:
        at.limits.wrong(name, at.address)
    return right
