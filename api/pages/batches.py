"""Signing many documents in one go: what will be signed, and what became of each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.asking import refused as said_fields
from api.pages.shell import INBOX, number_in, page
from api.texts import label, sentence
from api.view import go, show
from engine.errors import Invalid, NotFound, Refused
from engine.ports.queries import WorkRow
from engine.ports.store import UnitOfWork
from engine.rules.batches import BatchItem, BatchState
from engine.rules.decisions import DecisionState
from engine.use_cases import batches
from engine.use_cases.standing_in import work_of

router = APIRouter()
SIGN_MANY = "/viec/ky-nhieu"
BatchPath = Annotated[int, Path(ge=1)]
#: Documents that one page lists.
_SHOWN = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ToSign:
    """One document as it is confirmed, or refused."""

    id: int
    version: int
    title: str
    meta: str
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What became of one document."""

    title: str
    href: str
    state: str  #: waiting | refused | drafted | numbered | issued | stuck
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a batch is."""

    id: int
    lines: tuple[Line, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether it will change without anybody doing anything."""
        return bool(self.counts.get("waiting") or self.counts.get("numbered"))


@router.get(SIGN_MANY)
def confirm(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show every document that waits for this person's signature before anything is done."""
    return _confirm(request, me, uow, house.clock(), {})


@router.post(SIGN_MANY)
def begin(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Take what was confirmed; the documents are signed one by one."""
    ticked = [_ticked(text) for text in form.all("viec")]
    try:
        batch = batches.begin(uow, ticked, actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _confirm(request, me, uow, house.clock(), said_fields(refusal), status=422)
    return go(f"{SIGN_MANY}/{batch.id}")


@router.get(SIGN_MANY + "/{batch_id:int}")
def progress(request: Request, batch_id: BatchPath, me: Me, uow: Uow) -> HTMLResponse:
    """Show what is signed, what is stuck, and why."""
    return page(
        request,
        "viec/sign_progress.html",
        me,
        uow,
        page_title="Ký nhiều văn bản",
        breadcrumbs=[("Việc của tôi", INBOX), ("Ký nhiều văn bản", None)],
        progress=_progress(uow, me, batch_id),
    )


@router.get(SIGN_MANY + "/{batch_id:int}/trang-thai")
def status(request: Request, batch_id: BatchPath, me: Me, uow: Uow) -> Response:
    """The part of the page that is looked at again while documents are being signed."""
    found = _progress(uow, me, batch_id)
    response = show(request, "viec/_sign_progress.html", me, status=200, progress=found)
    if not found.running:
        response.headers["hx-refresh"] = "true"
    return response


def _confirm(
    request: Request, me: Visitor, uow: UnitOfWork, now: datetime, errors: dict[str, str], *, status: int = 200
) -> HTMLResponse:
    asked = number_in(request.query_params.get("chu_ky", ""))
    rows = [m.row for m in work_of(uow, me.actor) if m.row.act == "sign" and asked in (None, m.row.cycle_id)]
    found = [_to_sign(uow, me, row, now) for row in rows[:_SHOWN]]
    return page(
        request,
        "viec/sign_many.html",
        me,
        uow,
        status=status,
        page_title="Ký nhiều văn bản",
        has_errors=bool(errors),
        breadcrumbs=[("Việc của tôi", INBOX), ("Ký nhiều văn bản", None)],
        ready=[item for item in found if not item.problem],
        refused=[item for item in found if item.problem],
        more=max(0, len(rows) - _SHOWN),
        error=errors.get("viec", ""),
    )


def _to_sign(uow: UnitOfWork, me: Visitor, row: WorkRow, now: datetime) -> ToSign:
    problem = ""
    try:
        batches.check_ready(uow, uow.work.get(row.id), actor=me.actor, now=now)
    except Refused as refusal:
        problem = sentence(refusal.code, refusal.facts)
    title = f"{row.name} – {row.subject}" if row.subject else row.name
    return ToSign(id=row.id, version=row.row_version, title=title, meta=f"năm {row.year}", problem=problem)


def _progress(uow: UnitOfWork, me: Visitor, batch_id: int) -> Progress:
    """What became of the person's own batch; `NotFound` for anybody else's."""
    if uow.batches.get(batch_id).account_id != me.account.id:
        raise NotFound("Batch", batch_id)
    stuck = {incident.decision_id for incident in uow.incidents.open()}
    lines = tuple(_line(uow, item, stuck) for item in uow.batches.items(batch_id))
    return Progress(id=batch_id, lines=lines, counts=_counts(lines))


def _line(uow: UnitOfWork, item: BatchItem, stuck: Collection[object]) -> Line:
    if item.decision_id is None:
        task = uow.work.get(item.work_item_id)
        title = f"{task.name} – {uow.units.get(task.subject_unit_id).name}"
        refused = item.state is BatchState.REFUSED
        problem = sentence(item.code, item.facts) if refused else ""
        return Line(title=title, href=f"/viec/{task.id}", state=item.state.value, problem=problem)
    decision = uow.decisions.get(item.decision_id)
    state = "stuck" if decision.id in stuck and decision.state is DecisionState.NUMBERED else decision.state.value
    signing = uow.signings.find(decision.id) if state == "numbered" else None
    waits = signing is not None and signing.waits
    return Line(
        title=f"{decision.symbol}: {decision.subject}" if decision.dated else decision.subject,
        href=f"/van-ban/{decision.id}",
        state="elsewhere" if waits else state,
        problem=label("signing_way", signing.way) if signing is not None and waits else "",
    )


def _counts(lines: Sequence[Line]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        found[line.state] = found.get(line.state, 0) + 1
    return found


def _ticked(text: str) -> tuple[int, int]:
    number, _, version = text.partition(".")
    return number_in(number) or 0, number_in(version) or 0
