"""Where am I signed in, and as what? The own account with its positions and sessions, and ending them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor, clear_cookie
from api.assembly import House
from api.pages.shell import page, said
from api.view import go
from engine.errors import NotFound
from engine.ports.queries_admin import OpenSession
from engine.ports.store import UnitOfWork
from engine.rules.permissions import may_read
from engine.rules.units import Position, Unit
from engine.use_cases import people

router = APIRouter()
OWN = "/toi"
#: So many digits of a session's digest name it in a form; the digest itself stays here.
_NAME = 20
#: "Last used" is written down with a delay.
_DELAY = timedelta(minutes=2)
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """One browser in which the person is signed in."""

    name: str
    device: str
    created_at: datetime
    seen_at: datetime
    here: bool  #: the browser that asks


@router.get(OWN)
def show(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show the own account."""
    sessions = [
        SessionView(
            name=_name(row.token_sha256),
            device=device(row.agent),
            created_at=row.created_at,
            seen_at=row.seen_at,
            here=row.token_sha256 == me.session.token_sha256,
        )
        for row in _sessions(uow, me, house)
    ]
    return page(
        request,
        "toi/detail.html",
        me,
        uow,
        page_title="Tài khoản của tôi",
        account=me.account,
        positions=[_position(uow, me, position) for position in me.positions],
        sessions=sorted(sessions, key=lambda session: not session.here),
    )


@router.post(OWN + "/phien/ket-thuc")
def end(me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """End one of the own sessions; the one in use as well."""
    name = form.text("phien")
    token = next((row.token_sha256 for row in _sessions(uow, me, house) if _name(row.token_sha256) == name), None)
    if token is None:
        raise NotFound("session", name)
    people.end_own_session(uow, me.account.id, token, now=house.clock())
    if token != me.session.token_sha256:
        return said(OWN, "da-thu-hoi")
    response = go("/dang-nhap")
    clear_cookie(response, house)
    return response


@router.post(OWN + "/phien/ket-thuc-khac")
def end_others(me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """End all own sessions but this one."""
    others = [row.token_sha256 for row in _sessions(uow, me, house)]
    people.end_other_sessions(uow, me.account, me.session, others, now=house.clock())
    return said(OWN, "da-thu-hoi")


def device(agent: str) -> str:
    """What people call the browser that names itself so, e.g. "Chrome trên Windows"."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    if browser and system:
        return f"{browser} trên {system}"
    return browser or system or "Trình duyệt khác"


def _position(uow: UnitOfWork, me: Visitor, position: Position) -> tuple[str, Unit, date, str]:
    """Role, unit, first day, and the unit's address where the person may read it."""
    path = uow.units.path(position.unit_id)
    href = f"/don-vi/{position.unit_id}" if may_read(me.actor, path) else ""
    return uow.words.label("role", position.role), path[0], position.from_day, href


def _sessions(uow: UnitOfWork, me: Visitor, house: House) -> Sequence[OpenSession]:
    settings, now = house.settings, house.clock()
    since = now - timedelta(hours=settings.session_hours)
    return uow.admin.sessions(me.account.id, since, now - timedelta(minutes=settings.session_idle_minutes) - _DELAY)


def _name(token_sha256: str) -> str:
    return token_sha256[:_NAME]
