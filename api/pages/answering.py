"""What do you think? For everybody with a link or a code: a questionnaire without an account and without a name.

Nothing that could tell who answered is kept: no address, no moment, no tie between a link and its answer. The address is
only counted, in memory, against floods.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Anybody, Form, TheHouse, Visitor
from api.door import AtTheDoor, Keeper
from api.forms import Answers, read, render_context, validate
from api.pages import task_forms
from api.templating import Templates
from api.texts import sentence
from api.texts.words import day
from api.view import go, page_of
from engine.errors import FieldError, Invalid
from engine.rules.survey_rounds import Door
from engine.use_cases import surveys
from engine.use_cases.surveys import Asked

router = APIRouter(include_in_schema=False)
PUBLIC = "/khao-sat"
ONCE = "lan"


@router.get(PUBLIC + "/{token}")
def ask(request: Request, token: str, visitor: Anybody, house: TheHouse, at: AtTheDoor) -> HTMLResponse:
    """Show the questionnaire, or why it takes no answer now."""
    with house.read_uow() as uow:
        asked = surveys.follow(uow, token, now=house.clock())
    if asked is None:
        return _nowhere(request, visitor, at)
    if asked.door is not Door.OPEN:
        return _shut(request, visitor, asked, asked.door, status=200)
    return _form(request, visitor, token, asked, {}, {}, secrets.token_urlsafe(16))


@router.post(PUBLIC + "/{token}")
def take(request: Request, token: str, visitor: Anybody, form: Form, house: TheHouse, at: AtTheDoor) -> Response:
    """Keep the answers; the same page sent twice counts once."""
    now = house.clock()
    with house.read_uow() as uow:
        asked = surveys.follow(uow, token, now=now)
    if asked is None:
        return _nowhere(request, visitor, at)
    spec = task_forms.spec_of(asked.held.model, asked.held.survey.form)
    answers, once = read(spec, form.data()), form.text(ONCE)[:64] or secrets.token_urlsafe(16)
    if asked.door in (Door.OPEN, Door.USED) and (errors := validate(spec, answers)):
        return _form(request, visitor, token, asked, answers, errors, once, status=422)
    if asked.sheet_id is None and asked.door is Door.OPEN and not at.limits.may_answer(token, at.address):
        wait: dict[str, FieldError] = {"": FieldError("survey.too_often", {})}
        return _form(request, visitor, token, asked, answers, wait, once, status=429)
    try:
        with house.open_uow() as uow:
            door = surveys.answer(uow, surveys.follow(uow, token, now=now) or asked, answers, once, now=now)
    except Invalid as refusal:
        return _form(request, visitor, token, asked, answers, refusal.fields, once, status=422)
    return go(f"{PUBLIC}/{token}/cam-on") if door is Door.OPEN else _shut(request, visitor, asked, door, status=409)


@router.get(PUBLIC + "/{token}/cam-on")
def thank(request: Request, token: str, visitor: Anybody, house: TheHouse, at: AtTheDoor) -> HTMLResponse:
    """Say that the answers have come."""
    with house.read_uow() as uow:
        asked = surveys.follow(uow, token, now=house.clock())
    if asked is None:
        return _nowhere(request, visitor, at)
    return _page(request, visitor, "khao_sat/thanks.html", page_title="Đã nhận phiếu", asked=asked)


def _form(
    request: Request,
    visitor: Visitor | None,
    token: str,
    asked: Asked,
    answers: Answers,
    errors: Mapping[str, FieldError],
    once: str,
    *,
    status: int = 200,
) -> HTMLResponse:
    spec = task_forms.spec_of(asked.held.model, asked.held.survey.form)
    return _page(
        request,
        visitor,
        "khao_sat/answer.html",
        status=status,
        page_title=asked.held.survey.title,
        has_errors=bool(errors),
        asked=asked,
        view=render_context(spec, answers, errors),
        action=f"{PUBLIC}/{token}",
        extra={ONCE: once},
    )


def _shut(request: Request, visitor: Visitor | None, asked: Asked, door: Door, *, status: int) -> HTMLResponse:
    held = asked.held.round
    texts = {
        Door.NOT_YET: f"Khảo sát nhận phiếu từ ngày {day(held.first_day)}. Mời bạn quay lại từ ngày đó.",
        Door.OVER: f"Khảo sát đã hết hạn: phiếu được nhận đến hết ngày {day(held.last_day)}. Cảm ơn bạn đã quan tâm.",
        Door.CLOSED: "Khảo sát đã khép và không nhận thêm phiếu. Cảm ơn bạn đã quan tâm.",
        Door.USED: "Phiếu của mã này đã được gửi. Mỗi mã chỉ gửi được một lần, để mỗi người một phiếu.",
    }
    titles = {Door.USED: "Phiếu này đã được gửi", Door.NOT_YET: "Khảo sát chưa bắt đầu"}
    title = titles.get(door, "Khảo sát đã kết thúc")
    return _page(request, visitor, "khao_sat/shut.html", status=status, page_title=title, text=texts[door], asked=asked)


def _nowhere(request: Request, visitor: Visitor | None, at: Keeper) -> HTMLResponse:
    if not at.limits.may_follow(at.address):
        text, status = sentence("survey.too_many_links", {}), 429
    else:
        text, status = sentence("survey.no_such_link", {}), 404
    return _page(
        request, visitor, "khao_sat/shut.html", status=status, page_title="Không tìm thấy phiếu", text=text, asked=None
    )


def _page(
    request: Request, visitor: Visitor | None, template: str, *, status: int = 200, **values: object
) -> HTMLResponse:
    # Nobody's name stands on the page, also not when somebody happens to be signed in.
    base = replace(page_of(request, visitor), actor=None, nav=())
    templates: Templates = request.app.state.templates
    response = HTMLResponse(templates.render(template, base, **values), status)
    response.headers["x-robots-tag"] = "noindex, nofollow"
    response.headers["referrer-policy"] = "no-referrer"
    return response
