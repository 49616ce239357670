"""What stands between the network and every page? Pure ASGI, outermost first: request id and log, headers, size, origin.

Source of the rules: OWASP ASVS 5.0, V3 (headers, cross-site requests) and V16 (what is logged).
"""

import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.templating import CONTENT_SECURITY_POLICY

#: What stands behind these addresses is as good as a password; a log never holds it.
_SECRET = re.compile(r"^(/lich/|/khao-sat/).+", re.DOTALL)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_log = structlog.get_logger("chuky.web")
_FIXED = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class RowNumber(IntegerConvertor):
    """A number in an address: no longer than a row's can be; a longer one is the address of nothing."""

    regex = "[0-9]{1,18}"


register_url_convertor("int", RowNumber())


def loggable(path: str) -> str:
    """The path without the secret that it may hold."""
    return _SECRET.sub(r"\1…", path)


class RequestLog:
    """Give every request an id (header `X-Request-ID`) and write one line about it when it has been answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with its id bound to all its log lines."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, started, answer = secrets.token_hex(6), perf_counter(), {"status": 500}
        scope.setdefault("state", {})["request_id"] = request_id

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self.app(scope, receive, sending)
            finally:
                _note(scope, answer["status"], perf_counter() - started)


class SecurityHeaders:
    """Put the headers that protect people on every answer; pages are never kept by caches of others."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        self._headers = dict(_FIXED)
        if secure:
            self._headers["strict-transport-security"] = "max-age=31536000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the headers; an answer's own ones stand."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, sending if scope["type"] == "http" else send)


class SizeLimit:
    """Refuse bodies above a limit, announced or not, before they fill memory or disk."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self.app, self._limit = app, limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413 for a body that is too large."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > self._limit:
            await _refuse(413, "Nội dung gửi lên quá lớn.")(scope, receive, send)
            return
        await self.app(scope, self._counting(receive), send)

    def _counting(self, receive: Receive) -> Receive:
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise TooLarge
            return message

        return counted


class TooLarge(Exception):
    """A body went on beyond the limit without having been announced."""


class SameOrigin:
    """Refuse requests that change something and come from another site, by what browsers say about them.

    Each form also carries its session's token (`api.actor.posted`): this is the first of two nets.
    """

    def __init__(self, app: ASGIApp, *, site: str) -> None:
        self.app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to a request from elsewhere."""
        if scope["type"] == "http" and scope["method"] not in SAFE and not self._is_ours(Headers(scope=scope)):
            await _refuse(403, "Yêu cầu đến từ một trang khác nên bị từ chối.")(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _is_ours(self, headers: Headers) -> bool:
        origin, fetched = headers.get("origin"), headers.get("sec-fetch-site")
        if fetched is not None:
            return fetched in {"same-origin", "none"}
        if origin is None:
            return True
        # Behind a proxy the site's own name may differ from the host that the browser wrote.
        return origin == self._site or urlsplit(origin).netloc == headers.get("host")


class FormNonce:
    """Give visitors who are not signed in something that their form's token can be tied to."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app, self._secure = app, secure
        self._name = "__Host-chuky-form" if secure else "chuky-form"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the cookie when a page asked for the nonce (`scope["state"]["nonce"]`) and there was none."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state: MutableMapping[str, Any] = scope.setdefault("state", {})
        kept = _cookie(Headers(scope=scope), self._name)
        state["nonce"], state["nonce_used"] = kept or secrets.token_urlsafe(24), False

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and state["nonce_used"] and kept is None:
                secure = "; Secure" if self._secure else ""
                cookie = f"{self._name}={state['nonce']}; Path=/; HttpOnly; SameSite=Lax{secure}"
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self.app(scope, receive, sending)


def _cookie(headers: Headers, name: str) -> str | None:
    for part in headers.get("cookie", "").split(";"):
        key, _, value = part.strip().partition("=")
        if key == name and 16 <= len(value) <= 64 and value.replace("-", "").replace("_", "").isalnum():
            return value
    return None


def _refuse(status: int, text: str) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    return PlainTextResponse(text, status)


def _note(scope: Scope, status: int, seconds: float) -> None:
    # Static files and health pages are asked for all the time and say nothing.
    if not scope["path"].startswith(("/static/", "/suc-khoe/")):
        path, milliseconds = loggable(scope["path"]), round(seconds * 1000)
        _log.info("answered", method=scope["method"], path=path, status=status, milliseconds=milliseconds)
