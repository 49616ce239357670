"""How is one task done? Its form with what must be read for it, the draft, the last look, the receipt."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor, house_of
from api.forms import Answers, FormSpec, Widget, render_context, summarise, validate
from api.forms.views import shown, table_rows
from api.pages import task_forms
from api.pages.papers import paper_view
from api.pages.prints import Print, prints_of
from api.pages.shell import page, said
from api.pages.task_forms import Filled, is_short, plain, start_of
from api.pages.task_parts import (
    about_dossier,
    draft_problem,
    draft_to_sign,
    next_steps,
    next_task,
    returned_notice,
    things_to_read,
)
from api.pages.uploads import excel
from api.texts import label, sentence
from api.view import go
from engine.errors import FieldError, Invalid, NotFound, NotPermitted, Refused, StaleVersion, WrongState
from engine.ports.process import Value
from engine.ports.store import UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.dossiers import Dossier, WorkItem, WorkItemId, WorkState
from engine.rules.permissions import check_may_do, check_may_read, may_read, stand_in
from engine.use_cases import prefill, tasks
from engine.use_cases.decisions import as_it_stands
from engine.use_cases.judging import deadlines_for
from engine.use_cases.runs import readers_path
from engine.use_cases.standing_in import ENDED, check_may_act

router = APIRouter()
ItemId = Annotated[int, Path(ge=1)]
#: No row of a task has it: nothing is written over.
_NO_VERSION = -1
#: A table with more columns needs the whole width of the page.
NARROW_TABLE = 4
#: Acts whose answers of an earlier year are worth starting from.
COPIED_ACTS = frozenset({"register", "slip"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """What a page says about a task."""

    id: int
    name: str
    caption: str
    act: str
    last_day: date | None
    lenient_until: date | None
    wording: str
    source: str


@dataclass(slots=True, kw_only=True)
class Desk:
    """A task on the table: everything its pages need, gathered once."""

    item: WorkItem
    dossier: Dossier
    spec: FormSpec
    view: TaskView
    start: dict[str, Value]  #: what the form shows: known rows below the draft


@router.get("/viec/{item_id:int}")
def show(request: Request, item_id: ItemId, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show a task with its form and what must be read for it."""
    item = uow.work.get(WorkItemId(item_id))
    if item.state is not WorkState.OPEN:
        return _closed(request, me, uow, item)
    check_may_act(uow, me.actor, item, now=house.clock())
    desk = _desk(uow, item, now=house.clock())
    return _form(request, me, uow, desk, desk.start, problem=draft_problem(uow, item))


@router.post("/viec/{item_id:int}")
def take(request: Request, item_id: ItemId, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Take the form: keep it as a draft, look at it again, or do the task when the form is short."""
    item = uow.work.get(WorkItemId(item_id))
    try:
        check_may_act(uow, me.actor, item, now=house.clock())
    except NotPermitted as refusal:
        return _ended(request, me, uow, item, form, refusal)
    if item.state is not WorkState.OPEN:
        return _too_late(request, me, uow, item, form)
    desk = _desk(uow, item, now=house.clock())
    filled = task_forms.take(
        house, uow, desk.spec, form, given=desk.start, dossier_id=item.dossier_id, me=me, now=house.clock()
    )
    if filled.editing:
        status = 422 if filled.errors else 200
        return _form(
            request, me, uow, desk, filled.answers, filled.errors, status=status, sent=form, taken=filled.taken
        )
    return _taken(request, me, uow, desk, filled, form, now=house.clock())


@router.get("/viec/{item_id:int}/mau/{name}.xlsx")
def sample(item_id: ItemId, name: str, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out an Excel file for a table of the form: its headings, and the rows that the form gives."""
    item = uow.work.get(WorkItemId(item_id))
    check_may_act(uow, me.actor, item, now=house.clock())
    desk = _desk(uow, item, now=house.clock())
    table = next((f for f in desk.spec.fields if f.name == name and f.paste), None)
    if table is None:
        raise NotFound("table", name)
    columns = [c for c in table.columns if table.fixed or not c.read_only]
    rows = table_rows(desk.start.get(name)) if table.fixed else []
    cells = [["" if row.get(c.name) is None else shown(c, row.get(c.name)) for c in columns] for row in rows]
    return excel(house, table.title, [c.title for c in columns], cells, f"mau-{name}")


@router.post("/viec/{item_id:int}/nhap")
def autosave(item_id: ItemId, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Keep what is being typed; the answer is a sentence for the line below the form."""
    item = uow.work.get(WorkItemId(item_id))
    try:
        check_may_act(uow, me.actor, item, now=house.clock())
    except NotPermitted as refusal:
        return PlainTextResponse(sentence(refusal.code, refusal.facts), 403)
    desk = _desk(uow, item, now=house.clock())
    filled = task_forms.take(
        house, uow, desk.spec, form, given=desk.start, dossier_id=item.dossier_id, me=me, now=house.clock()
    )
    if item.draft and plain(item.draft) == filled.answers and item.draft.get("_page") == form.text("page"):
        return Response(status_code=204)  # nothing new: no write, no audit line
    try:
        with uow.savepoint():
            _keep(uow, item, filled.answers, form, me, now=house.clock())
    except Refused as refusal:
        return PlainTextResponse(sentence(refusal.code, refusal.facts), 409)
    return Response(status_code=204)


@router.post("/viec/{item_id:int}/nam-truoc")
def copy_last_year(item_id: ItemId, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Start from what the unit wrote in an earlier year; ticked commitments and files are not taken over."""
    item = uow.work.get(WorkItemId(item_id))
    check_may_act(uow, me.actor, item, now=house.clock())
    dossier = uow.dossiers.get(item.dossier_id)
    spec = task_forms.spec_of_item(uow, item)
    kept = {f.name for f in spec.fields if f.widget not in (Widget.FILE, Widget.CHECK) and not f.fixed}
    before = prefill.last_answers(uow, dossier, item.act) if item.act in COPIED_ACTS else {}
    answers = {name: value for name, value in plain(before).items() if name in kept}
    if not answers:
        return said(f"/viec/{item_id}", "khong-co-nam-truoc")
    _keep(uow, item, answers, form, me, now=house.clock())
    return said(f"/viec/{item_id}", "nam-truoc")


@router.get("/viec/{item_id:int}/kiem-tra")
def check(request: Request, item_id: ItemId, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Show the drafted answers for a last look."""
    item = uow.work.get(WorkItemId(item_id))
    if item.state is not WorkState.OPEN:
        return go(f"/viec/{item_id}")
    check_may_act(uow, me.actor, item, now=house.clock())
    desk = _desk(uow, item, now=house.clock())
    if not item.draft or validate(desk.spec, desk.start):
        return go(f"/viec/{item_id}")
    return _last_look(request, me, uow, desk)


@router.post("/viec/{item_id:int}/kiem-tra")
def send(request: Request, item_id: ItemId, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Do the task with the answers that were looked at."""
    item = uow.work.get(WorkItemId(item_id))
    try:
        check_may_act(uow, me.actor, item, now=house.clock())
    except NotPermitted as refusal:
        return _ended(request, me, uow, item, form, refusal)
    if item.state is not WorkState.OPEN:
        return go(f"/viec/{item_id}/da-gui" if item.done_by == me.account.id else f"/viec/{item_id}")
    desk = _desk(uow, item, now=house.clock())
    errors = validate(desk.spec, desk.start)
    if errors:
        return _form(request, me, uow, desk, desk.start, errors, status=422)
    return _complete(request, me, uow, desk, desk.start, form, now=house.clock())


@router.get("/viec/{item_id:int}/da-gui")
def receipt(request: Request, item_id: ItemId, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Confirm what was done, and say what happens next."""
    item = uow.work.get(WorkItemId(item_id))
    if item.done_by != me.account.id:
        check_may_do(me.actor, item)
    dossier = uow.dossiers.get(item.dossier_id)
    if item.state is WorkState.OPEN:
        return go(f"/viec/{item_id}")
    if item.state is not WorkState.DONE:
        return _closed(request, me, uow, item)
    following = next_task(uow, me.actor, item)
    return page(
        request,
        "viec/sent.html",
        me,
        uow,
        page_title="Đã gửi",
        item=item,
        code=dossier.receipt if item.act == "register" else "",
        steps=next_steps(uow, dossier, now=house.clock()),
        dossier_id=dossier.id,
        prints=_prints(uow, me, item, dossier),
        following=following,
        breadcrumbs=[("Việc của tôi", "/viec"), (item.name, None)],
    )


def _prints(uow: UnitOfWork, me: Visitor, item: WorkItem, dossier: Dossier) -> tuple[Print, ...]:
    """The paper that the task has left behind, for those who may open the dossier."""
    if "document" not in item.properties or not may_read(me.actor, readers_path(uow, dossier)):
        return ()
    handed_in = (s for s in uow.dossiers.submissions(dossier.id, item.act) if s.work_item_id == item.id)
    return next((prints_of(submission) for submission in handed_in), ())


def _desk(uow: UnitOfWork, item: WorkItem, *, now: datetime) -> Desk:
    dossier = uow.dossiers.get(item.dossier_id)
    cycle = uow.cycles.get(item.cycle_id)
    model = uow.models.get(cycle.version)
    spec = task_forms.spec_of(model, item.form)
    unit = uow.units.get(item.subject_unit_id)
    deadline = deadlines_for(uow, cycle, dossier, unit.code, today=local_day(now)).get(item.deadline or "")
    view = TaskView(
        id=item.id,
        name=item.name,
        caption=f"{unit.name} · {model.name} · {model.year_name(dossier.group, cycle.year)}",
        act=item.act,
        last_day=item.last_day,
        lenient_until=item.lenient_until,
        wording=deadline.wording if deadline else "",
        source=deadline.source if deadline else "",
    )
    return Desk(item=item, dossier=dossier, spec=spec, view=view, start=start_of(uow, item, spec, now=now))


def _taken(
    request: Request, me: Visitor, uow: UnitOfWork, desk: Desk, filled: Filled, form: Posted, *, now: datetime
) -> Response:
    short = is_short(desk.spec)
    if form.text("_save") or not short or not filled.good:
        try:
            with uow.savepoint():
                saved = _keep(uow, desk.item, filled.answers, form, me, now=now)
        except Refused as refusal:
            return _refused(request, me, uow, desk, filled.answers, refusal)
        if form.text("_save"):
            return said(f"/viec/{desk.item.id}", "nhap")
        if not filled.good:
            desk.item = saved
            return _form(request, me, uow, desk, filled.answers, filled.errors, status=422)
        return go(f"/viec/{desk.item.id}/kiem-tra")
    return _complete(request, me, uow, desk, filled.answers, form, now=now)


def _complete(
    request: Request, me: Visitor, uow: UnitOfWork, desk: Desk, answers: Answers, form: Posted, *, now: datetime
) -> Response:
    item = desk.item
    try:
        with uow.savepoint():
            version = _version(item, form)
            tasks.complete_task(uow, item.id, dict(answers), row_version=version, actor=me.actor, now=now)
    except Invalid as refusal:
        return _form(request, me, uow, desk, answers, refusal.fields, status=422)
    except Refused as refusal:
        return _refused(request, me, uow, desk, answers, refusal)
    return go(f"/viec/{item.id}/da-gui")


def _keep(uow: UnitOfWork, item: WorkItem, answers: Answers, form: Posted, me: Visitor, *, now: datetime) -> WorkItem:
    kept = {**answers, "_page": form.text("page")}
    return tasks.save_draft(uow, item.id, kept, row_version=_version(item, form), actor=me.actor, now=now)


def _version(item: WorkItem, form: Posted) -> int:
    """The version to write over: the one shown, or a later one that the very same page has saved."""
    if form.text("version") == str(item.row_version):
        return item.row_version
    if form.text("page") and item.draft.get("_page") == form.text("page"):
        return item.row_version
    raise StaleVersion("draft_changed", item=item.id)


def _form(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    desk: Desk,
    answers: Answers,
    errors: Mapping[str, FieldError] | None = None,
    *,
    status: int = 200,
    problem: str = "",
    sent: Posted | None = None,
    taken: Mapping[str, tuple[int, int]] | None = None,
) -> HTMLResponse:
    item = desk.item
    version = sent.text("version") if sent else item.row_version
    house = house_of(request)
    draft = draft_to_sign(uow, item)
    paper = as_it_stands(uow, draft, now=house.clock()) if draft is not None else None
    nonce = (sent.text("page") if sent else "") or secrets.token_urlsafe(9)
    return page(
        request,
        "viec/detail.html",
        me,
        uow,
        status=status,
        page_title=desk.view.name,
        breadcrumbs=[("Việc của tôi", "/viec"), (desk.view.name, None)],
        has_errors=bool(errors),
        task=desk.view,
        view=render_context(desk.spec, answers, errors, taken=taken, samples=f"/viec/{item.id}/mau"),
        extra={"version": version, "page": nonce},
        submit=label("act_button", item.act) if is_short(desk.spec) and item.form else "",
        problem=problem,
        absent=stand_in(me.actor, item),
        returned=returned_notice(uow, item),
        seen=things_to_read(uow, item),
        paper=paper_view(paper) if paper is not None else None,
        remarks=house.remarks(paper) if paper is not None else (),
        documents=_documents(uow, item),
        dossier=about_dossier(uow, me.actor, desk.dossier),
        files=f"/ho-so/{item.dossier_id}/tep/{{sha256}}",
        can_copy=_can_copy(uow, desk),
        wide=any(len(f.columns) > NARROW_TABLE for f in desk.spec.fields),
    )


def _can_copy(uow: UnitOfWork, desk: Desk) -> bool:
    if desk.item.act not in COPIED_ACTS or desk.item.draft:
        return False
    if uow.dossiers.latest_submission(desk.dossier.id, desk.item.act) is not None:
        return False
    return bool(prefill.last_answers(uow, desk.dossier, desk.item.act))


def _documents(uow: UnitOfWork, item: WorkItem) -> list[tuple[str, str]]:
    """Issued documents that the task is about: (title, address)."""
    if item.act == "archive":
        found = [d for d in uow.decisions.of_dossier(item.dossier_id) if d.symbol]
    elif item.act == "acknowledge":
        ids = {t.decision_id for t in uow.titles.of_dossier(item.dossier_id)}
        found = [uow.decisions.get(decision_id) for decision_id in sorted(ids)]
    else:
        found = []
    return [(f"{d.symbol}: {d.subject}", f"/van-ban/{d.id}") for d in found]


def _last_look(request: Request, me: Visitor, uow: UnitOfWork, desk: Desk) -> HTMLResponse:
    return page(
        request,
        "viec/check.html",
        me,
        uow,
        page_title="Kiểm tra lại trước khi gửi",
        breadcrumbs=[("Việc của tôi", "/viec"), (desk.view.name, f"/viec/{desk.item.id}"), ("Kiểm tra lại", None)],
        task=desk.view,
        sections=summarise(desk.spec, desk.start),
        files=f"/ho-so/{desk.item.dossier_id}/tep/{{sha256}}",
        extra={"version": desk.item.row_version, "page": str(desk.item.draft.get("_page", ""))},
        judging=desk.item.act in ("review", "assess", "meet", "decide", "cancel_decide"),
    )


def _refused(
    request: Request, me: Visitor, uow: UnitOfWork, desk: Desk, answers: Answers, refusal: Refused
) -> HTMLResponse:
    """Say why not, with what was typed still there."""
    item = uow.work.get(desk.item.id)
    if item.state is not WorkState.OPEN:
        return _lost(request, me, uow, item, desk, answers)
    desk.item = item
    return _form(request, me, uow, desk, answers, status=409, problem=sentence(refusal.code, refusal.facts))


def _too_late(request: Request, me: Visitor, uow: UnitOfWork, item: WorkItem, form: Posted) -> HTMLResponse:
    desk = _desk(uow, item, now=item.done_at or item.opened_at)
    from api.forms import read

    return _lost(request, me, uow, item, desk, read(desk.spec, form.data(), given={}))


def _lost(request: Request, me: Visitor, uow: UnitOfWork, item: WorkItem, desk: Desk, answers: Answers) -> HTMLResponse:
    """The task is over, done by somebody else: show what was typed so that it can be copied."""
    return page(
        request,
        "viec/lost.html",
        me,
        uow,
        status=409,
        page_title="Việc này không còn làm được",
        problem=_why_closed(item),
        sections=summarise(desk.spec, answers),
        dossier_id=item.dossier_id,
    )


def _ended(
    request: Request, me: Visitor, uow: UnitOfWork, item: WorkItem, form: Posted, refusal: NotPermitted
) -> HTMLResponse:
    """A substitute's time is over: say so; what was typed is kept as a draft or shown to be copied. Others are refused."""
    if refusal.code not in ENDED or item.state is not WorkState.OPEN:
        raise refusal
    from api.forms import read

    now = house_of(request).clock()
    desk = _desk(uow, item, now=now)
    typed = any(name.startswith("f.") for name in form.form)
    answers = read(desk.spec, form.data(), given=desk.start) if typed else desk.start
    kept = bool(item.draft) and not typed
    if typed:
        version = item.row_version if form.text("version") == str(item.row_version) else _NO_VERSION
        answers_kept = {**answers, "_page": form.text("page")}
        late = tasks.keep_late_draft(uow, item.id, answers_kept, row_version=version, actor=me.actor, now=now)
        kept = late is not None
    return page(
        request,
        "viec/ended.html",
        me,
        uow,
        status=403,
        page_title="Không còn làm thay được",
        problem=sentence(refusal.code, refusal.facts),
        kept=kept,
        absent=refusal.facts.get("name", ""),
        sections=summarise(desk.spec, answers),
    )


def _closed(request: Request, me: Visitor, uow: UnitOfWork, item: WorkItem) -> HTMLResponse:
    """A task that is over: say so, and lead on to the dossier."""
    dossier = uow.dossiers.get(item.dossier_id)
    check_may_read(me.actor, readers_path(uow, dossier))
    return page(
        request,
        "viec/closed.html",
        me,
        uow,
        page_title=item.name,
        item=item,
        why=_why_closed(item),
        dossier_id=item.dossier_id,
        following=next_task(uow, me.actor, item),
    )


def _why_closed(item: WorkItem) -> str:
    if item.state is WorkState.DONE:
        return sentence(WrongState("work_done").code, {"at": item.done_at})
    return sentence("work_gone", {"at": item.done_at})
