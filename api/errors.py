"""Which answer does an error get? One table: status and page for people, `application/problem+json` for machines.

Sentences come from `api.texts` by the error's code; a person sees a reference to quote, the log has the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.actor import MustChangePassword, NotSignedIn, Visitor, who
from api.assembly import NotMigrated
from api.guards import SAFE, TooLarge, loggable
from api.texts import sentence
from api.view import local, show
from engine.errors import (
    BadPack,
    ChukyError,
    Corrupt,
    Invalid,
    NotFound,
    NotPermitted,
    OutOfSeason,
    OutsideFault,
    ProcessFault,
    Refused,
    StaleVersion,
    WrongState,
)

_log = structlog.get_logger("chuky.errors")


@dataclass(frozen=True, slots=True)
class Answer:
    """How an error is answered: status, template under `errors/`, headline."""

    status: int
    template: str
    title: str


#: The nearest class of an error counts.
ANSWERS: Mapping[type[Exception], Answer] = {
    NotPermitted: Answer(403, "403", "Bạn không được làm việc này"),
    OutOfSeason: Answer(409, "409", "Chưa đến hoặc đã hết thời gian làm việc này"),
    WrongState: Answer(409, "409", "Việc này không còn làm được"),
    StaleVersion: Answer(409, "409", "Người khác vừa thay đổi nội dung này"),
    Invalid: Answer(422, "422", "Có mục chưa đúng"),
    Refused: Answer(409, "409", "Không thực hiện được"),
    NotFound: Answer(404, "404", "Không tìm thấy"),
    BadPack: Answer(422, "422", "Mô hình có lỗi"),
    ProcessFault: Answer(500, "500", "Quy trình gặp trục trặc"),
    OutsideFault: Answer(503, "500", "Một dịch vụ chưa sẵn sàng"),
    Corrupt: Answer(500, "500", "Dữ liệu không còn nguyên vẹn"),
    NotMigrated: Answer(503, "500", "Hệ thống đang được nâng cấp"),
    TooLarge: Answer(413, "422", "Nội dung gửi lên quá lớn"),
    RequestValidationError: Answer(404, "404", "Không tìm thấy"),
    Exception: Answer(500, "500", "Có sự cố ở máy chủ"),
}
_HTTP = {
    403: Answer(403, "403", "Bạn không được xem trang này"),
    404: Answer(404, "404", "Không tìm thấy trang"),
    405: Answer(405, "404", "Không tìm thấy trang"),
}


def answer_to(error: Exception) -> Answer:
    """The row of the table for an error."""
    if isinstance(error, HTTPException):
        return _HTTP.get(error.status_code, Answer(error.status_code, "422", "Yêu cầu chưa đúng"))
    return next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)


def install(app: FastAPI) -> None:
    """Let the application answer errors by this table."""
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(MustChangePassword, _to_new_password)
    for kind in (ChukyError, HTTPException, RequestValidationError, TooLarge):
        app.add_exception_handler(kind, _answer)


def _answer(request: Request, error: Exception) -> Response:
    answer = answer_to(error)
    reference = str(request.state.request_id)
    if answer.status >= 500:
        _log.error("failed", path=loggable(request.url.path), exc_info=error)
    elif isinstance(error, NotPermitted):
        _log.warning("refused", path=loggable(request.url.path), code=error.code)
    message = _message(error)
    if _wants_json(request):
        return _problem(answer, error, message, reference)
    return show(
        request,
        f"errors/{answer.template}.html",
        _visitor(request),
        status=answer.status,
        page_title=answer.title,
        message=message,
        reference=reference,
    )


def _message(error: Exception) -> str:
    if isinstance(error, Refused) and not isinstance(error, Invalid):
        return sentence(error.code, error.facts)
    if isinstance(error, Invalid):
        return " ".join(sentence(field.code, field.facts) for field in error.fields.values())
    if isinstance(error, BadPack):
        return " ".join(finding.reason for finding in error.findings[:5])
    return ""


def _problem(answer: Answer, error: Exception, message: str, reference: str) -> Response:
    body: dict[str, object] = {"title": answer.title, "status": answer.status, "instance": reference}
    if message:
        body["detail"] = message
    if isinstance(error, Refused):
        body["code"] = error.code
    if isinstance(error, Invalid):
        body["errors"] = {name: sentence(field.code, field.facts) for name, field in error.fields.items()}
    return JSONResponse(body, answer.status, media_type="application/problem+json")


def _to_sign_in(request: Request, error: Exception) -> Response:
    if _wants_json(request):
        return JSONResponse({"title": "Chưa đăng nhập", "status": 401}, 401, media_type="application/problem+json")
    back = request.url.path if request.method in SAFE else "/"
    if request.method in SAFE and request.url.query:
        back += f"?{request.url.query}"
    why = "&het-phien=1" if isinstance(error, NotSignedIn) and error.expired else ""
    return _redirect(request, f"/dang-nhap?tiep={quote(local(back), safe='/')}{why}")


def _to_new_password(request: Request, error: Exception) -> Response:
    return _redirect(request, "/doi-mat-khau")


def _redirect(request: Request, path: str) -> Response:
    if request.headers.get("hx-request") == "true":
        # A swapped part of a page must not become the sign-in page.
        return Response(status_code=200, headers={"HX-Redirect": path})
    return RedirectResponse(path, 303)


def _wants_json(request: Request) -> bool:
    return request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", "text/html,*/*")


def _visitor(request: Request) -> Visitor | None:
    try:
        return who(request)
    except Exception:  # noqa: BLE001  # the page about an error must not fail for want of a name in its header
        return None


class LastResort:
    """Answers what nobody foresaw with the page for it, inside all guards, so that its headers are right too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; an error after the answer has begun can only be logged."""
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            response = await run_in_threadpool(_answer, Request(scope), error)
            await response(scope, receive, send)
