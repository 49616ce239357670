"""How are the dates of an open cycle changed? Looked at first, carried out by a dispatch, taken back; the reading confirmed."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.asking import day_in, refused
from api.pages.shell import page, said
from api.texts import sentence
from api.texts.words import day
from engine.errors import FieldError, Invalid, NotFound, NotPermitted, Refused
from engine.ports.store import UnitOfWork
from engine.rules.cycles import Cycle, CycleId
from engine.rules.deadlines import wording_with_last_day
from engine.rules.redating import ChangeKind, ChangeScope, ChangeState, DeadlineChange
from engine.use_cases import redating, redating_preview
from engine.use_cases.redating import Move
from engine.use_cases.redating_preview import Preview

router = APIRouter()
CyclePath = Annotated[int, Path(ge=1)]
MOVE = "/chu-ky/{cycle_id:int}/doi-han"
UNDO = "/chu-ky/{cycle_id:int}/doi-han/{change_id:int}/hoan-tac"
READING = "/chu-ky/{cycle_id:int}/cach-doc"
#: Tasks that a preview names; of the others it says how many.
SHOWN = 30
_FIELDS = {"deadline": "han", "last_day": "ngay", "dispatch": "cong_van", "code": "don_vi", "reason": "ly_do"}
_ASKED = ("han", "doi_tuong", "don_vi", "ngay", "cong_van", "ly_do")
READINGS = {"khong-ke": ChangeKind.EXCLUSIVE, "ke-ca": ChangeKind.INCLUSIVE}


@router.get(MOVE)
def ask(request: Request, cycle_id: CyclePath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Ask which deadline ends when, for whom, by which dispatch; with all known, show what would follow."""
    cycle = redating.led(uow, CycleId(cycle_id), me.actor)
    values = {name: request.query_params.get(name, "").strip()[:300] for name in _ASKED}
    if not values["han"] or "ngay" not in request.query_params:
        return _asking(request, me, uow, cycle, values, {})
    try:
        found = redating_preview.preview(uow, cycle, _move(values), actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _asking(request, me, uow, cycle, values, refused(refusal, _FIELDS), status=422)
    except NotPermitted:
        raise
    except Refused as refusal:
        problem = sentence(refusal.code, refusal.facts)
        return _asking(request, me, uow, cycle, values, {}, problem=problem, status=409)
    return _asking(request, me, uow, cycle, values, {}, found=found)


@router.post(MOVE)
def move(request: Request, cycle_id: CyclePath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Move the deadline."""
    cycle = redating.led(uow, CycleId(cycle_id), me.actor)
    values = {name: form.text(name)[:300] for name in _ASKED}
    try:
        with uow.savepoint():
            redating.begin_move(uow, cycle.id, _move(values), actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _asking(request, me, uow, cycle, values, refused(refusal, _FIELDS), status=422)
    except NotPermitted:
        raise
    except Refused as refusal:
        problem = sentence(refusal.code, refusal.facts)
        return _asking(request, me, uow, cycle, values, {}, problem=problem, status=409)
    return said(f"/chu-ky/{cycle.id}", "da-doi-han")


@router.get(UNDO)
def ask_undo(request: Request, cycle_id: CyclePath, change_id: int, me: Me, uow: Uow) -> HTMLResponse:
    """Ask before a change is taken back."""
    cycle = redating.led(uow, CycleId(cycle_id), me.actor)
    return _undoing(request, me, uow, cycle, _change(uow, cycle, change_id))


@router.post(UNDO)
def undo(
    request: Request, cycle_id: CyclePath, change_id: int, me: Me, form: Form, uow: Uow, house: TheHouse
) -> Response:
    """Take a change back."""
    cycle = redating.led(uow, CycleId(cycle_id), me.actor)
    change = _change(uow, cycle, change_id)
    try:
        with uow.savepoint():
            redating.undo(uow, change.id, form.text("ly_do")[:300], actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _undoing(request, me, uow, cycle, change, errors=refused(refusal, _FIELDS), status=422)
    except NotPermitted:
        raise
    except Refused as refusal:
        problem = sentence(refusal.code, refusal.facts)
        return _undoing(request, me, uow, cycle, change, problem=problem, status=409)
    return said(f"/chu-ky/{cycle.id}", "da-hoan-tac")


@router.get(READING)
def ask_reading(request: Request, cycle_id: CyclePath, me: Me, uow: Uow) -> HTMLResponse:
    """Ask how the competent body reads "trước ngày", and by which dispatch."""
    return _reading(request, me, uow, redating.led(uow, CycleId(cycle_id), me.actor), {}, {})


@router.post(READING)
def confirm(request: Request, cycle_id: CyclePath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Keep the reading; what came on a named day is judged by it."""
    cycle = redating.led(uow, CycleId(cycle_id), me.actor)
    values = {name: form.text(name)[:300] for name in ("cach_doc", "cong_van")}
    kind = READINGS.get(values["cach_doc"])
    try:
        if kind is None:
            raise Invalid({"cach_doc.0": FieldError("form.required", {"title": "Cách đọc"})})
        with uow.savepoint():
            redating.confirm_reading(uow, cycle.id, kind, values["cong_van"], actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _reading(request, me, uow, cycle, values, refused(refusal, _FIELDS), status=422)
    except NotPermitted:
        raise
    except Refused as refusal:
        return _reading(request, me, uow, cycle, values, {"": sentence(refusal.code, refusal.facts)}, status=409)
    return said(f"/chu-ky/{cycle.id}", "da-xac-nhan")


def changes_of(uow: UnitOfWork, cycle: Cycle) -> list[tuple[DeadlineChange, str, str, bool]]:
    """The changes of a cycle's dates, the latest first: what, for whom, and whether it may be taken back."""
    return [
        (
            change,
            redating.label_of(uow, cycle, change) if change.deadline else "Cách đọc “trước ngày”",
            redating.whom_of(uow, cycle, change.scope, change.code) or "mọi đơn vị",
            change.state is ChangeState.DONE,
        )
        for change in reversed(uow.cycles.changes(cycle.id))
    ]


def _move(values: Mapping[str, str]) -> Move:
    kind, _, code = values["doi_tuong"].partition(":")
    scope = {"nhom": ChangeScope.GROUP, "khoi": ChangeScope.COHORT, "don-vi": ChangeScope.UNIT}.get(kind)
    last_day: date | None = day_in(values["ngay"])
    if values["ngay"] and last_day is None:
        raise Invalid({"last_day": FieldError("bad_day", {"title": "Hạn mới"})})
    return Move(
        deadline=values["han"],
        scope=scope or ChangeScope.ALL,
        code=values["don_vi"] if scope is ChangeScope.UNIT else code,
        last_day=last_day,
        dispatch=values["cong_van"],
        reason=values["ly_do"],
    )


def _change(uow: UnitOfWork, cycle: Cycle, change_id: int) -> DeadlineChange:
    found = next((change for change in uow.cycles.changes(cycle.id) if change.id == change_id), None)
    if found is None:
        raise NotFound("deadline change", change_id)
    return found


def _choices(uow: UnitOfWork, cycle: Cycle) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The deadlines that can be moved, and for whom."""
    model = uow.models.get(cycle.version)
    names: dict[str, str] = {}
    durations = redating.durations_of(uow, cycle)
    for group in model.groups:
        for name, deadline in uow.cycles.deadlines(cycle.id, group.key).items():
            if deadline.last_day is not None or name in durations:
                names.setdefault(name, deadline.label)
    whom = [("tat-ca", "Mọi đơn vị")]
    whom += [(f"nhom:{g.key}", f"Nhóm: {g.label}") for g in model.groups if len(model.groups) > 1]
    whom += [(f"khoi:{c}", uow.words.label("cohort", c)) for g in model.groups for c in (*g.cohorts, *g.unit_kinds)]
    return list(names.items()), [*whom, ("don-vi", "Một đơn vị (điền mã ở dưới)")]


def _asking(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    cycle: Cycle,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    found: Preview | None = None,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    names, whom = _choices(uow, cycle)
    model = uow.models.get(cycle.version)
    labels = {group.key: group.label for group in model.groups}
    return page(
        request,
        "chu_ky/move.html",
        me,
        uow,
        status=status,
        page_title=f"Đổi hạn của chu kỳ {cycle.year}",
        has_errors=bool(errors),
        breadcrumbs=_crumbs(cycle, "Đổi hạn"),
        cycle=cycle,
        model=model,
        names=names,
        whom=whom,
        values=values,
        errors=errors,
        problem=problem,
        found=found,
        days=[
            (labels[old.group], wording_with_last_day(old), f"hết ngày {day(new.last_day)}")
            for old, new in (found.deadlines if found else ())
        ],
        tasks=[
            (f"{item.name} – {uow.units.get(item.subject_unit_id).name}", f"/ho-so/{item.dossier_id}")
            for item in (found.tasks[:SHOWN] if found else ())
        ],
        overtaken=[f"{d.label} (hết ngày {day(d.last_day)})" for d in (found.overtaken if found else ())],
    )


def _undoing(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    cycle: Cycle,
    change: DeadlineChange,
    *,
    errors: Mapping[str, str] | None = None,
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "chu_ky/move_undo.html",
        me,
        uow,
        status=status,
        page_title="Hoàn tác việc đổi hạn",
        has_errors=bool(errors),
        breadcrumbs=_crumbs(cycle, "Hoàn tác"),
        cycle=cycle,
        change=change,
        what=redating.label_of(uow, cycle, change) if change.deadline else "Cách đọc “trước ngày”",
        whom=redating.whom_of(uow, cycle, change.scope, change.code) or "mọi đơn vị",
        errors=errors or {},
        problem=problem,
    )


def _reading(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    cycle: Cycle,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "chu_ky/reading.html",
        me,
        uow,
        status=status,
        page_title="Xác nhận cách đọc “trước ngày”",
        has_errors=bool(errors),
        breadcrumbs=_crumbs(cycle, "Cách đọc “trước ngày”"),
        cycle=cycle,
        values=values,
        errors=errors,
        waiting=sum(d.on_named_day for d in uow.dossiers.of_cycle(cycle.id)),
    )


def _crumbs(cycle: Cycle, name: str) -> list[tuple[str, str | None]]:
    return [("Chu kỳ", "/chu-ky"), (str(cycle.year), f"/chu-ky/{cycle.id}"), (name, None)]
