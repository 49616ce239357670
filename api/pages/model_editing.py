"""What can a designer change, and how does it become the next version? Looked at first, deployed when confirmed."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow
from api.pages.model_drafts import HUB, begun, edit_page, judged, rebased, review, running, sent
from api.pages.models import MODELS
from api.pages.office_templates import TEMPLATES
from api.pages.shell import said
from api.texts import sentence
from engine.errors import NotPermitted, Refused, StaleVersion
from engine.use_cases import office_templates, revising

router = APIRouter()
EDIT = MODELS + "/{key}/sua"


@router.get(EDIT)
def choose(request: Request, key: str, me: Me, uow: Uow) -> HTMLResponse:
    """Show what can be changed of the latest version."""
    draft = begun(uow, me, key)
    templates = TEMPLATES if office_templates.offices(uow, me.actor, None) else ""
    return edit_page(request, "hub", me, uow, draft, HUB, running=running(uow, draft, me), templates_href=templates)


@router.post(EDIT + "/xem")
def look(request: Request, key: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show what a draft changes; `viec=len-moi`: of the newest version instead of the one it began from."""
    draft = sent(uow, me, key, form)
    if form.text("viec") == "len-moi":
        draft, met = rebased(draft, begun(uow, me, key))
        return review(request, me, uow, house, draft, met=met)
    return review(request, me, uow, house, draft)


@router.post(EDIT + "/trien-khai")
def deploy(request: Request, key: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Deploy a draft as the next version; judged anew, and only if nobody was faster."""
    draft = sent(uow, me, key, form)
    found = judged(house, draft)
    if found.model is None:
        return review(request, me, uow, house, draft)
    try:
        with uow.savepoint():
            revising.revise(uow, found.model, draft.base.sha256, actor=me.actor, now=house.clock())
    except NotPermitted:
        raise
    except StaleVersion:
        # The page says by itself that there is a newer version, and what to do.
        return review(request, me, uow, house, sent(uow, me, key, form), status=409)
    except Refused as refusal:
        problem = sentence(refusal.code, refusal.facts)
        return review(request, me, uow, house, draft, problem=problem, status=409)
    return said(f"{MODELS}/{key}", "da-trien-khai")
