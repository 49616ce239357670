"""What is in a dossier? State, dates, everything handed in, members, files, documents, history; what may be started."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.forms import Answers, is_editing, render_context
from api.pages import task_forms
from api.pages.shell import page, said, scope_of
from api.pages.task_parts import about_dossier, band_label, next_step, shown_submission
from api.pages.uploads import download
from api.texts import label, sentence
from api.texts.history import history_sentence, history_tone
from api.texts.words import instant, number
from engine.errors import FieldError, Invalid, NotFound, NotPermitted, Refused
from engine.ports.process import Value
from engine.ports.store import UnitOfWork
from engine.rules.audit import AuditEntry
from engine.rules.cycles import CycleState
from engine.rules.decisions import Decision, DecisionState
from engine.rules.dossiers import Dossier, DossierId, DossierState, Member, WorkState
from engine.rules.permissions import check_may_read, may_do, stand_in
from engine.use_cases import messages, registrations
from engine.use_cases.messages import Offer
from engine.use_cases.runs import readers_path

router = APIRouter()
DossierPath = Annotated[int, Path(ge=1)]
#: In these states points stand, though they may not count yet.
_SCORED = (DossierState.PROPOSED, DossierState.ASSESSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the history."""

    kind: str
    title: str
    at: datetime
    who: str
    text: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Something that the dossier waits for."""

    name: str
    who: str
    last_day: date | None
    lenient_until: date | None
    href: str  #: of the task, when it is the reader's own


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberTable:
    """The members of a unit, to be read."""

    summary: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@router.get("/ho-so/{dossier_id:int}")
def show(request: Request, dossier_id: DossierPath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show a dossier with everything that belongs to it."""
    dossier = _readable(uow, me, dossier_id)
    cycle = uow.cycles.get(dossier.cycle_id)
    model = uow.models.get(cycle.version)
    unit = uow.units.get(dossier.unit_id)
    submissions = uow.dossiers.submissions(dossier.id)
    events = _events(uow, dossier)
    return page(
        request,
        "ho_so/detail.html",
        me,
        uow,
        page_title=f"{unit.name}, {model.name} {cycle.year}",
        breadcrumbs=_crumbs(me, dossier, f"Chu kỳ {cycle.year}", unit.name),
        heading=unit.name,
        caption=f"{model.name} · {_group_label(uow, dossier)}",
        about=about_dossier(uow, me.actor, dossier),
        scored=dossier.score is not None or dossier.state in _SCORED,
        waiting=_waiting(uow, me, dossier),
        quiet=_quiet_reason(uow, dossier),
        offers=messages.offers(uow, dossier, actor=me.actor),
        again=_may_register_again(uow, me, dossier),
        packed=cycle.state is CycleState.CLOSED,
        submissions=[shown_submission(uow, s) for s in reversed(submissions)],
        members=_members(uow.dossiers.members(dossier.id)),
        files=uow.dossiers.blobs(dossier.id),
        file_url=f"/ho-so/{dossier.id}/tep/{{sha256}}",
        documents=_documents(uow, dossier),
        titles=[t for t in uow.titles.of_dossier(dossier.id) if not t.member_name],
        title_names={t.key: t.name for t in model.titles},
        events=[event for event in events if event.kind != "reminded"],
        reminders=[event for event in events if event.kind == "reminded"],
        band=band_label(uow, dossier),
    )


@router.post("/ho-so/{dossier_id:int}/dang-ky-lai")
def again(dossier_id: DossierPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Begin the registration of a withdrawn dossier anew."""
    dossier = _readable(uow, me, dossier_id)
    registrations.register_again(uow, dossier.id, actor=me.actor, now=house.clock())
    return said(f"/ho-so/{dossier.id}", "dang-ky-lai")


@router.get("/ho-so/{dossier_id:int}/tep/{sha256}")
def file(dossier_id: DossierPath, sha256: str, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out a file of the dossier to be saved."""
    dossier = _readable(uow, me, dossier_id)
    blob = uow.dossiers.blob(sha256, dossier.id)
    if blob is None:
        raise NotFound("Blob", sha256)
    return download(house.archive.get(sha256), blob.name, blob.media_type)


@router.get("/ho-so/{dossier_id:int}/de-nghi/{node}")
def ask(request: Request, dossier_id: DossierPath, node: str, me: Me, uow: Uow) -> HTMLResponse:
    """Show the form of something that the person may start now."""
    dossier = _readable(uow, me, dossier_id)
    return _offer_form(request, me, uow, dossier, _offer(uow, me, dossier, node), {})


@router.post("/ho-so/{dossier_id:int}/de-nghi/{node}")
def start(
    request: Request, dossier_id: DossierPath, node: str, me: Me, form: Form, uow: Uow, house: TheHouse
) -> Response:
    """Start it with the form's answers."""
    dossier = _readable(uow, me, dossier_id)
    offer = _offer(uow, me, dossier, node)
    spec = task_forms.spec_of(uow.models.get(uow.cycles.get(dossier.cycle_id).version), offer.form)
    filled = task_forms.take(house, uow, spec, form, given={}, dossier_id=dossier.id, me=me, now=house.clock())
    if filled.editing or not filled.good or is_editing(form.data()):
        status = 422 if filled.errors else 200
        return _offer_form(request, me, uow, dossier, offer, filled.answers, filled.errors, status=status)
    try:
        with uow.savepoint():
            messages.send(uow, dossier.id, node, dict(filled.answers), actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _offer_form(request, me, uow, dossier, offer, filled.answers, refusal.fields, status=422)
    except NotPermitted:
        raise
    except Refused as refusal:
        said_so = sentence(refusal.code, refusal.facts)
        return _offer_form(request, me, uow, dossier, offer, filled.answers, status=409, problem=said_so)
    return said(f"/ho-so/{dossier.id}", "da-gui")


def _readable(uow: UnitOfWork, me: Visitor, dossier_id: int) -> Dossier:
    dossier = uow.dossiers.get(DossierId(dossier_id))
    if not _works_on(uow, me, dossier):
        check_may_read(me.actor, readers_path(uow, dossier))
    return dossier


def _works_on(uow: UnitOfWork, me: Visitor, dossier: Dossier) -> bool:
    """Whether the person stands in for somebody who has open work on the dossier."""
    if not me.actor.stands_in:
        return False
    items = (item for item in uow.work.of_dossier(dossier.id) if item.state is WorkState.OPEN)
    return any(stand_in(me.actor, item) is not None for item in items)


def _offer(uow: UnitOfWork, me: Visitor, dossier: Dossier, node: str) -> Offer:
    found = next((o for o in messages.offers(uow, dossier, actor=me.actor) if o.node == node), None)
    if found is None:
        raise NotPermitted("not_offered", dossier=dossier.id, node=node)
    return found


def _offer_form(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    dossier: Dossier,
    offer: Offer,
    answers: Answers,
    errors: Mapping[str, FieldError] | None = None,
    *,
    status: int = 200,
    problem: str = "",
) -> HTMLResponse:
    cycle = uow.cycles.get(dossier.cycle_id)
    spec = task_forms.spec_of(uow.models.get(cycle.version), offer.form)
    unit = uow.units.get(dossier.unit_id)
    given: dict[str, Value] = task_forms.starting(uow, spec, dossier, answers)
    return page(
        request,
        "ho_so/offer.html",
        me,
        uow,
        status=status,
        page_title=offer.label,
        has_errors=bool(errors),
        breadcrumbs=[*_crumbs(me, dossier, f"Chu kỳ {cycle.year}", unit.name, linked=True), (offer.label, None)],
        offer=offer,
        problem=problem,
        view=render_context(spec, given, errors),
        action=f"/ho-so/{dossier.id}/de-nghi/{offer.node}",
        back=f"/ho-so/{dossier.id}",
        dossier=about_dossier(uow, me.actor, dossier),
    )


def _crumbs(
    me: Visitor, dossier: Dossier, cycle: str, name: str, *, linked: bool = False
) -> list[tuple[str, str | None]]:
    own = f"/ho-so/{dossier.id}" if linked else None
    if scope_of(me.actor):
        return [("Chu kỳ", "/chu-ky"), (cycle, f"/chu-ky/{dossier.cycle_id}"), (name, own)]
    return [("Việc của tôi", "/viec"), (name, own)]


def _group_label(uow: UnitOfWork, dossier: Dossier) -> str:
    cycle = uow.cycles.get(dossier.cycle_id)
    return uow.models.get(cycle.version).year_name(dossier.group, cycle.year)


def _may_register_again(uow: UnitOfWork, me: Visitor, dossier: Dossier) -> bool:
    if dossier.state is not DossierState.WITHDRAWN:
        return False
    cycle = uow.cycles.get(dossier.cycle_id)
    try:
        registrations.check_may_register_again(uow, cycle, dossier, me.actor)
    except NotPermitted:
        return False
    return cycle.state is CycleState.OPEN


def _waiting(uow: UnitOfWork, me: Visitor, dossier: Dossier) -> list[Waiting]:
    found = []
    for row in uow.queries.open_work(dossier.id):
        step = next_step(uow, row)
        mine = may_do(me.actor, uow.work.get(row.id))
        found.append(
            Waiting(
                name=step.name,
                who=step.who,
                last_day=step.last_day,
                lenient_until=row.lenient_until,
                href=f"/viec/{row.id}" if mine else "",
            )
        )
    return found


def _quiet_reason(uow: UnitOfWork, dossier: Dossier) -> str:
    """Why nobody has anything to do: over, or waiting for a day, or for the superior's dossier."""
    if dossier.closed_at is not None:
        return f"Hồ sơ đã kết thúc lúc {instant(dossier.closed_at)}."
    running = [i for i in uow.instances.of_dossier(dossier.id) if i.ended_at is None]
    if not running:
        return "Quy trình của hồ sơ đã đi hết."
    due = [timer.due_at for i in running for timer in uow.timers.of_instance(i.id)]
    waits_for_message = any(uow.instances.subscribers(dossier.id, "message", m) for m in ("result", "recognised"))
    if waits_for_message:
        return "Hồ sơ đang chờ kết quả họp xét và quyết định của đơn vị cấp trên."
    if due:
        return f"Hồ sơ đang chờ đến {instant(min(due))} để sang bước sau."
    return "Hồ sơ đang chờ bước sau của đơn vị cấp trên."


def _members(members: Sequence[Member]) -> MemberTable | None:
    if not members:
        return None
    judged = any(m.result for m in members)
    asked = any(m.self_result for m in members)
    counts = Counter(m.result for m in members)
    parts = [f"{number(len(members))} người đăng ký"]
    if asked:
        parts.append(f"{number(sum(m.self_result == 'proposed' for m in members))} người được đề nghị")
    if judged:
        parts.append(f"{number(counts['recognised'])} người đủ điều kiện công nhận")
    titles = ["STT", "Họ và tên", "Năm sinh"]
    titles += ["Đề nghị"] if asked else []
    titles += ["Kết luận"] if judged else []
    rows = []
    for place, m in enumerate(members, 1):
        row = [str(place), m.full_name, str(m.birth_year or "")]
        row += [label("member_result", m.self_result or "")] if asked else []
        row += [label("member_result", m.result or "")] if judged else []
        rows.append(tuple(row))
    return MemberTable(summary=", ".join(parts), titles=tuple(titles), rows=tuple(rows))


def _documents(uow: UnitOfWork, dossier: Dossier) -> list[Decision]:
    """Documents of the dossier, and those by which its titles were conferred."""
    found = {d.id: d for d in uow.decisions.of_dossier(dossier.id) if d.state is not DecisionState.VOID}
    for title in uow.titles.of_dossier(dossier.id):
        for decision_id in (title.decision_id, title.cancelled_by_id):
            if decision_id is not None and decision_id not in found:
                found[decision_id] = uow.decisions.get(decision_id)
    return sorted(found.values(), key=lambda d: d.id)


def _events(uow: UnitOfWork, dossier: Dossier) -> list[Event]:
    """The history, the newest first; a line whose content was erased keeps no date to stand at."""
    found = [_event(entry) for entry in reversed(uow.audit.of_dossier(dossier.id))]
    return [event for event in found if event is not None]


def _event(entry: AuditEntry) -> Event | None:
    line = entry.line
    if line is None:
        return None
    return Event(
        kind=line.event, title=history_sentence(line), at=line.at, who=line.actor_name, text="", tone=history_tone(line)
    )
