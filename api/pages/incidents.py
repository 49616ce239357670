"""What could not go on by itself? Incidents with their reason; tried again, or settled by hand with a word about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.asking import asked_text, refused
from api.pages.shell import PAGE_SIZE, page, page_address, said, sliced
from api.texts import label
from engine.errors import Invalid, NotPermitted
from engine.ports.queries_admin import IncidentRow
from engine.ports.store import UnitOfWork
from engine.rules.permissions import ADMINISTRATOR
from engine.use_cases import incidents

router = APIRouter()
INCIDENTS = "/quan-tri/su-co"
IncidentPath = Annotated[int, Path(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """One incident as it is listed."""

    id: int
    title: str
    about: str
    reason: str
    opened_at: datetime
    resolved_at: datetime | None
    resolution: str
    links: tuple[tuple[str, str], ...]


@router.get(INCIDENTS)
def listing(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Show what waits, and what was settled."""
    _check(me)
    done = request.query_params.get("loai") == "da-xong"
    total = uow.admin.incidents(resolved=done, limit=1)[1]
    part = sliced(total, request.query_params.get("trang"))
    rows, _ = uow.admin.incidents(resolved=done, limit=PAGE_SIZE, offset=part.first)
    return page(
        request,
        "quan_tri/incidents.html",
        me,
        uow,
        page_title="Sự cố",
        breadcrumbs=[("Quản trị", "/quan-tri"), ("Sự cố", None)],
        done=done,
        chips=_chips(uow, done=done),
        incidents=[_view(row) for row in rows],
        page_no=part.page,
        pages=part.pages,
        total=total,
        page_url=page_address(INCIDENTS, loai="da-xong" if done else None),
    )


@router.post(INCIDENTS + "/{incident_id:int}/lam-lai")
def retry(incident_id: IncidentPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Try again what failed."""
    _check(me)
    incidents.retry(uow, incident_id, actor=me.actor, now=house.clock())
    return said(INCIDENTS, "lam-lai")


@router.get(INCIDENTS + "/{incident_id:int}/xu-ly")
def ask_reason(request: Request, incident_id: IncidentPath, me: Me, uow: Uow) -> HTMLResponse:
    """Ask how the incident was settled."""
    _check(me)
    return _resolve_page(request, me, uow, incident_id, "", {})


@router.post(INCIDENTS + "/{incident_id:int}/xu-ly")
def resolve(request: Request, incident_id: IncidentPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Settle the incident by hand."""
    _check(me)
    try:
        reason = asked_text(form, "cach", "Cách xử lý", most=2000)
    except Invalid as refusal:
        return _resolve_page(request, me, uow, incident_id, form.text("cach"), refused(refusal), status=422)
    incidents.resolve(uow, incident_id, reason, actor=me.actor, now=house.clock())
    return said(INCIDENTS, "da-giai-quyet")


def _check(me: Visitor) -> None:
    if not me.actor.holds_anywhere(ADMINISTRATOR):
        raise NotPermitted("not_administrator")


def _chips(uow: UnitOfWork, *, done: bool) -> Sequence[tuple[str, str, bool, int]]:
    waiting, settled = (uow.admin.incidents(resolved=over, limit=1)[1] for over in (False, True))
    return [("Đang chờ", INCIDENTS, not done, waiting), ("Đã xong", f"{INCIDENTS}?loai=da-xong", done, settled)]


def _view(row: IncidentRow) -> IncidentView:
    links = []
    if row.dossier_id is not None:
        links.append(("Xem hồ sơ", f"/ho-so/{row.dossier_id}"))
    if row.decision_id is not None:
        links.append(("Xem văn bản", f"/van-ban/{row.decision_id}"))
    about = f"{row.unit}, năm {row.year} – {row.model_name}" if row.unit else ""
    resolution = "Đã cho làm lại" if row.resolution == "retried" else row.resolution
    return IncidentView(
        id=row.id,
        title=label("incident_kind", row.kind),
        about=about,
        reason=row.reason,
        opened_at=row.opened_at,
        resolved_at=row.resolved_at,
        resolution=resolution,
        links=tuple(links),
    )


def _resolve_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    incident_id: int,
    text: str,
    errors: dict[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    incident = uow.incidents.get(incident_id)
    return page(
        request,
        "quan_tri/incident.html",
        me,
        uow,
        status=status,
        page_title="Khép sự cố bằng tay",
        has_errors=bool(errors),
        breadcrumbs=[("Quản trị", "/quan-tri"), ("Sự cố", INCIDENTS), (f"Số {incident.id}", None)],
        incident=incident,
        text=text,
        errors=errors,
    )
