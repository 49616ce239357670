"""Who is asking, from which form, in which transaction? What pages and routes depend on.

    def page(me: Me, uow: Uow) -> HTMLResponse             # GET: a transaction that only reads
    def act(me: Me, form: Form, uow: Uow) -> Response      # POST: commits before the answer leaves; raise to roll back

The order is fixed whatever the order of the arguments: the session is looked up in a short transaction of its own, the
form's token is compared, and only then does a page's transaction begin. So nobody who is not signed in ever holds the
write lock.
"""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import Annotated, TypeVar

import anyio
import anyio.to_thread
from fastapi import Depends, Request, Response
from starlette.datastructures import FormData, UploadFile

from api.assembly import House
from api.guards import SAFE
from engine.errors import ChukyError, NotPermitted
from engine.ports.store import SessionRow, UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.text import nfc
from engine.rules.units import Account, Actor, Position, Unit
from engine.use_cases.accounts import NewSession, digest
from engine.use_cases.actors import actor_of
from engine.use_cases.owning import hidden_from

Result = TypeVar("Result")

#: Limits of one form; the size of the whole is the web server's business (`api.guards.SizeLimit`).
#: A list of ten thousand rows goes from page to page as one field.
_MAX_FILES, _MAX_FIELDS, _MAX_FIELD = 20, 20_000, 6 * 1024 * 1024
#: Seconds after which a session's "last seen" is written again.
_SEEN_EVERY = timedelta(seconds=60)


class NotSignedIn(ChukyError):
    """The page is for people who are signed in; `expired`: they were, until a while ago."""

    def __init__(self, *, expired: bool) -> None:
        super().__init__("expired" if expired else "not signed in")
        self.expired = expired


class MustChangePassword(ChukyError):
    """Nothing else may be done before the person has chosen a password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A signed-in person in their browser."""

    account: Account
    actor: Actor
    session: SessionRow
    positions: tuple[Position, ...]  #: held today, the first one first
    unit: Unit | None  #: of the first position
    unit_name: str
    role_label: str

    @property
    def full_name(self) -> str:
        """The person's name, for the header."""
        return self.account.full_name


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that was sent, its token already compared; empty for a page that is only looked at."""

    form: FormData = field(default_factory=FormData)

    def text(self, name: str) -> str:
        """The field's first value, composed (NFC), without blanks at its ends; empty when there is none."""
        values = self.all(name)
        return nfc(values[0]).strip() if values else ""

    def all(self, name: str) -> list[str]:
        """Every text that was sent under this name, as it was typed."""
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def data(self) -> dict[str, list[str]]:
        """Every text of the form by its name."""
        return {name: self.all(name) for name in self.form}

    def files(self, name: str) -> Sequence[UploadFile]:
        """The files that were chosen for this field."""
        found = (value for value in self.form.getlist(name) if isinstance(value, UploadFile))
        return [file for file in found if file.filename]


class Seen:
    """Remembers when sessions were last used, and writes it down now and then rather than with every page."""

    def __init__(self) -> None:
        self._at: dict[str, datetime] = {}
        self._dirty: set[str] = set()
        self._lock = Lock()

    def latest(self, session: SessionRow) -> datetime:
        """When the session was last used, as far as this process knows."""
        with self._lock:
            return max(session.seen_at, self._at.get(session.token_sha256, session.seen_at))

    def note(self, session: SessionRow, now: datetime) -> None:
        """Remember that the session is used now."""
        with self._lock:
            self._at[session.token_sha256] = now
            if now - session.seen_at >= _SEEN_EVERY:
                self._dirty.add(session.token_sha256)

    def write(self, house: House) -> None:
        """Write down what was remembered."""
        with self._lock:
            due = {token: self._at[token] for token in self._dirty}
            self._dirty.clear()
        if due:
            with house.open_uow() as uow:
                for token, at in due.items():
                    uow.accounts.touch_session(token, at)
        with self._lock:
            for token in [token for token in self._at if token not in self._dirty]:
                del self._at[token]


def house_of(request: Request) -> House:
    """The installation behind the application."""
    house: House = request.app.state.house
    return house


def cookie_name(house: House) -> str:
    """`__Host-` binds the cookie to this very host; browsers take such names over https only."""
    return "__Host-chuky" if house.settings.secure else "chuky"


def who(request: Request) -> Visitor | None:
    """Look up who sits before the browser; None: nobody who is signed in."""
    house = house_of(request)
    token = request.cookies.get(cookie_name(house))
    if not token:
        return None
    now = house.clock()
    with house.read_uow() as uow:
        session = uow.accounts.session(digest(token))
        if session is None or not _is_alive(request, session, now):
            return None
        account = uow.accounts.get(session.account_id)
        if account.disabled_at is not None:
            return None
        visitor = _visitor(uow, account, session, now)
    request.app.state.seen.note(session, now)
    return visitor


def signed_in(request: Request, visitor: Annotated[Visitor | None, Depends(who)]) -> Visitor:
    """Demand that somebody is signed in, with a password of their own."""
    if visitor is None:
        raise NotSignedIn(expired=cookie_name(house_of(request)) in request.cookies)
    if visitor.account.must_change_password and request.url.path not in {"/doi-mat-khau", "/dang-xuat"}:
        raise MustChangePassword
    return visitor


def current_actor(visitor: Annotated[Visitor, Depends(signed_in)]) -> Actor:
    """The signed-in person as the use cases know them."""
    return visitor.actor


async def posted(request: Request, visitor: Annotated[Visitor | None, Depends(who)]) -> Posted:
    """Read the form that was sent and compare its token; `NotPermitted` when it is not of this browser's page."""
    if request.method in SAFE:
        return Posted()
    form = await request.form(max_files=_MAX_FILES, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD)
    sent = form.get("csrf") or request.headers.get("x-csrf-token") or ""
    if not any(_same_token(str(sent), token) for token in _tokens(request, visitor)):
        raise NotPermitted("stale_form")
    return Posted(form)


def narrowed(uow: UnitOfWork, actor: Actor | None) -> UnitOfWork:
    """The same transaction, in which units' own models that the actor is not to know of are not found."""
    uow.hide(lambda: hidden_from(uow, actor))
    return uow


async def visit(
    request: Request,
    visitor: Annotated[Visitor | None, Depends(who)],
    _: Annotated[Posted, Depends(posted)],
) -> AsyncIterator[UnitOfWork]:
    """One transaction for the page, `narrowed`: it reads for GET, and commits for POST before the answer leaves."""
    # Waiting for the write lock takes a thread of its own kind. Were it one of those that run pages, waiting requests
    # could take them all, and the one that holds the lock would find none to go on with.
    limiter: anyio.CapacityLimiter = request.app.state.waiting
    house = house_of(request)
    unit = house.read_uow() if request.method in SAFE else house.open_uow()
    uow = await anyio.to_thread.run_sync(unit.__enter__, limiter=limiter)
    try:
        yield narrowed(uow, visitor.actor if visitor is not None else None)
    except BaseException as error:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(unit.__exit__, type(error), error, error.__traceback__, limiter=limiter)
        raise
    with anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(unit.__exit__, None, None, None, limiter=limiter)


async def write(request: Request, work: Callable[[UnitOfWork], Result]) -> Result:
    """Do `work` in a writing transaction of its own, for pages that look at much before they write (`async def`)."""
    house = house_of(request)

    def run() -> Result:
        with house.open_uow() as uow:
            return work(uow)

    return await anyio.to_thread.run_sync(run, limiter=request.app.state.waiting)


TheHouse = Annotated[House, Depends(house_of)]
Me = Annotated[Visitor, Depends(signed_in)]
Anybody = Annotated[Visitor | None, Depends(who)]
Asker = Annotated[Actor, Depends(current_actor)]
Form = Annotated[Posted, Depends(posted)]
Uow = Annotated[UnitOfWork, Depends(visit, scope="function")]


def form_token(request: Request, visitor: Visitor | None) -> str:
    """The token for the hidden field of a page's forms; another text each time, so that it cannot be guessed from
    the sizes of compressed pages."""
    if visitor is None:
        request.state.nonce_used = True
    token = next(iter(_tokens(request, visitor))).encode()
    pad = secrets.token_bytes(len(token))
    mixed = bytes(a ^ b for a, b in zip(pad, token, strict=True))
    return urlsafe_b64encode(pad + mixed).decode()


def new_session(request: Request) -> tuple[str, NewSession]:
    """A fresh token for the browser's cookie, and the session to open for it."""
    token, before = secrets.token_urlsafe(32), request.cookies.get(cookie_name(house_of(request)))
    return token, NewSession(
        token_sha256=digest(token),
        csrf=secrets.token_hex(32),
        agent=request.headers.get("user-agent", ""),
        replaces_sha256=digest(before) if before else None,
    )


def set_cookie(response: Response, house: House, token: str) -> None:
    """Hand the token to the browser, until it is closed; the session itself ends on the server."""
    response.set_cookie(
        cookie_name(house), token, httponly=True, samesite="lax", secure=house.settings.secure, path="/"
    )


def clear_cookie(response: Response, house: House) -> None:
    """Take the token back from the browser."""
    response.delete_cookie(cookie_name(house), httponly=True, samesite="lax", secure=house.settings.secure, path="/")


def _is_alive(request: Request, session: SessionRow, now: datetime) -> bool:
    settings = house_of(request).settings
    seen: Seen = request.app.state.seen
    return (
        session.revoked_at is None
        and now - session.created_at < timedelta(hours=settings.session_hours)
        and now - seen.latest(session) < timedelta(minutes=settings.session_idle_minutes)
    )


def _visitor(uow: UnitOfWork, account: Account, session: SessionRow, now: datetime) -> Visitor:
    day = local_day(now)
    held = tuple(position for position in uow.accounts.positions(account.id) if position.held_on(day))
    unit = uow.units.get(held[0].unit_id) if held else None
    return Visitor(
        account=account,
        actor=actor_of(uow, account, now=now),
        session=session,
        positions=held,
        unit=unit,
        unit_name=unit.name if unit else "",
        role_label=uow.words.label("role", held[0].role) if held else "",
    )


def _tokens(request: Request, visitor: Visitor | None) -> list[str]:
    if visitor is not None:
        return [visitor.session.csrf]
    secret, nonce = request.app.state.secret, request.state.nonce
    return [hmac.new(secret, nonce.encode(), sha256).hexdigest()]


def _same_token(sent: str, token: str) -> bool:
    try:
        raw = urlsafe_b64decode(sent.encode())
    except ValueError:
        return False
    pad, mixed = raw[: len(raw) // 2], raw[len(raw) // 2 :]
    if len(pad) != len(mixed):
        return False
    return hmac.compare_digest(bytes(a ^ b for a, b in zip(pad, mixed, strict=True)), token.encode())
