"""What answers on the web? One application from a house: guards outside, pages and routes inside.

`create_app(house)` reads no environment and starts nothing but the clock that writes down when sessions were last used.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import anyio
import anyio.to_thread
import structlog
from fastapi import Depends, FastAPI
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api import errors, pages, routes
from api.actor import Seen, posted, signed_in
from api.assembly import House
from api.guards import FormNonce, RequestLog, SameOrigin, SecurityHeaders, SizeLimit
from api.limits import Limits
from api.passwords import Passwords
from api.templating import DIST, STATIC_URL, Templates

_log = structlog.get_logger("chuky.web")

#: Requests that may wait for a transaction at the same time; each takes a thread that does nothing else.
_WAITING = 64
_WRITE_SEEN_EVERY = 30.0


class Assets(StaticFiles):
    """The built front end; names carry hashes, so answers may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, with the right to keep it."""
        response = await super().get_response(path, scope)
        if response.status_code in {200, 304}:
            response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def create_app(house: House, *, templates: Templates | None = None, dist: Path = DIST) -> FastAPI:
    """The web application of a house; raises `AssetsMissing` when the front end has not been built."""
    app = FastAPI(
        title="Chuky",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        middleware=_guards(house),
    )
    app.state.house = house
    app.state.templates = templates or Templates()
    app.state.secret = house.settings.secret()
    app.state.passwords, app.state.limits, app.state.seen = Passwords(), Limits(), Seen()
    app.state.waiting = anyio.CapacityLimiter(_WAITING)
    errors.install(app)
    for router in routes.OPEN_ROUTERS:
        app.include_router(router)
    for router in pages.OPEN_ROUTERS:
        app.include_router(router, dependencies=[Depends(posted)])
    for router in (*routes.ROUTERS, *pages.ROUTERS):
        app.include_router(router, dependencies=[Depends(signed_in), Depends(posted)])
    app.mount(STATIC_URL.rstrip("/"), Assets(directory=dist, check_dir=False), name="static")
    return app


def _guards(house: House) -> list[Middleware]:
    settings = house.settings
    return [
        Middleware(RequestLog),
        Middleware(SecurityHeaders, secure=settings.secure),
        Middleware(GZipMiddleware, minimum_size=800, compresslevel=6),
        Middleware(SizeLimit, limit=settings.upload_mb * 1024 * 1024),
        Middleware(SameOrigin, site=settings.site),
        Middleware(FormNonce, secure=settings.secure),
        Middleware(errors.LastResort),
    ]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    house: House = app.state.house
    # More threads than this only fight for two cores and one write lock (measured).
    anyio.to_thread.current_default_thread_limiter().total_tokens = house.settings.web_threads
    writing = asyncio.create_task(_write_seen(app))
    try:
        yield
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
        await anyio.to_thread.run_sync(app.state.seen.write, house)


async def _write_seen(app: FastAPI) -> None:
    while True:
        await asyncio.sleep(_WRITE_SEEN_EVERY)
        try:
            await anyio.to_thread.run_sync(app.state.seen.write, app.state.house, limiter=app.state.waiting)
        except Exception:  # noqa: BLE001  # it is tried again in half a minute
            _log.exception("could not write down when sessions were used")
