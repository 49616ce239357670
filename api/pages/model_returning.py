"""How do new cycles come back to an earlier version? What it says is looked at against the newest one, and deployed anew after it."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.asking import refused
from api.pages.model_drafts import Draft, begun, distinct, edit_page, moved, running
from api.pages.models import MODELS
from api.pages.shell import said, today_of
from api.texts import sentence
from engine.errors import Invalid, NotFound, NotPermitted, Refused, StaleVersion
from engine.ports.queries import PackRow
from engine.ports.store import UnitOfWork
from engine.use_cases import revising
from engine.use_cases.versions import SHORT

router = APIRouter()
AGAIN = MODELS + "/{key}/dung-lai"
#: How long a reason may be.
_MOST = 1000


@router.get(AGAIN)
def look(request: Request, key: str, me: Me, uow: Uow, house: TheHouse, pb: str = "") -> HTMLResponse:
    """Show what new cycles would do differently with an earlier version."""
    draft, row = _earlier(uow, me, key, pb)
    return _page(request, me, uow, house, draft, row)


@router.post(AGAIN)
def take(request: Request, key: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Deploy what an earlier version says as the newest one; only if nobody was faster, and with a reason."""
    draft, row = _earlier(uow, me, key, form.text("pb"))
    reason = form.text("ly_do")[:_MOST]
    model = distinct(uow, house, draft)[1].model
    if model is None:
        return _page(request, me, uow, house, draft, row, reason=reason, status=422)
    try:
        with uow.savepoint():
            revising.bring_back(uow, model, form.text("goc"), row.version, reason, actor=me.actor, now=house.clock())
    except NotPermitted:
        raise
    except Invalid as refusal:
        error = refused(refusal)["reason"]
        return _page(request, me, uow, house, draft, row, reason=reason, error=error, status=422)
    except StaleVersion:
        problem = sentence("looked_at_older", {})
        return _page(request, me, uow, house, draft, row, reason=reason, problem=problem, status=409)
    except Refused as refusal:
        problem = sentence(refusal.code, refusal.facts)
        return _page(request, me, uow, house, draft, row, reason=reason, problem=problem, status=409)
    return said(f"{MODELS}/{key}", "da-dung-lai")


def _earlier(uow: UnitOfWork, me: Visitor, key: str, version: str) -> tuple[Draft, PackRow]:
    """The newest version with the files of the one that is asked for; for designers only."""
    draft = begun(uow, me, key)
    found = [row for row in uow.queries.packs() if row.key == key and version and row.version.startswith(version)]
    if len(found) != 1:
        raise NotFound("model", key)
    files = uow.models.get(found[0].version).files
    for name in {*draft.base.files, *files}:
        draft = draft.put(name, files.get(name))
    return draft, found[0]


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: House,
    draft: Draft,
    row: PackRow,
    *,
    reason: str = "",
    error: str = "",
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    newest, base = row.version == draft.base.sha256, draft.base
    draft, found, _ = distinct(uow, house, draft)
    changes = house.differences(base, found.model) if found.model else []
    return edit_page(
        request,
        "again",
        me,
        uow,
        draft,
        "Dùng lại phiên bản cũ",
        status=status if found.model else 422,
        has_errors=bool(error or problem or found.model is None),
        row=row,
        name=row.version[:SHORT],
        base_name=base.sha256[:SHORT],
        newest=newest,
        found=found,
        changes=changes,
        executed=sum(bool(change["executes"]) for change in changes),
        moved=moved(uow, base, found.model, today_of(house.clock())) if found.model else [],
        running=running(uow, draft, me),
        reason=reason,
        error=error,
        problem=problem,
        action=f"{MODELS}/{base.key}/dung-lai",
    )
