"""What is still to be handed over to the archive, what was, and how long is it kept?"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.asking import refused
from api.pages.shell import number_in, page, said, today_of
from api.pages.uploads import DOCX, PDF, download
from api.texts.words import day, instant
from engine.errors import FieldError, Invalid, NotFound, NotPermitted
from engine.ports.store import UnitOfWork
from engine.rules.archiving import Handover, Retention, years_text
from engine.rules.papers import Paper, paper_from_plain
from engine.rules.permissions import ADMINISTRATOR, READERS
from engine.rules.text import fold
from engine.rules.units import UnitId
from engine.use_cases import archiving

router = APIRouter()
ARCHIVE = "/luu-tru"
TERMS = ARCHIVE + "/thoi-han"
HandoverPath = Annotated[int, Path(ge=1)]
HEADS = ("Số, ký hiệu hồ sơ", "Tiêu đề hồ sơ", "Từ ngày", "Đến ngày", "Thời hạn lưu trữ", "Số tài liệu")
#: Which paper an address names.
_PAPERS = {"muc-luc": "index", "bien-ban": "minutes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """Closed dossiers of a cycle that a unit has still to hand over."""

    title: str
    unit: str
    unit_id: int
    cycle_id: int
    count: int
    last_day: str
    late: bool
    may_propose: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverRow:
    """One handover of a list."""

    href: str
    title: str
    meta: tuple[str, ...]
    state: str


@router.get(ARCHIVE)
def listing(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show what the person's units have to hand over, and what they handed over."""
    units = _own_units(me)
    today = today_of(house.clock())
    due = [row for unit in units for row in archiving.due_of(uow, unit)]
    rows = [
        DueRow(
            title=f"{uow.models.get(row.cycle.version).name}, {row.cycle.year}",
            unit=row.unit.name,
            unit_id=row.unit.id,
            cycle_id=row.cycle.id,
            count=len(row.dossiers),
            last_day=day(row.last_day),
            late=row.last_day < today,
            may_propose=me.actor.holds(row.unit.id, *archiving.GIVERS),
        )
        for row in due
    ]
    done = [handover for unit in units for handover in uow.handovers.of_unit(unit)]
    return page(
        request,
        "luu_tru/list.html",
        me,
        uow,
        page_title="Lưu trữ",
        due=rows,
        handovers=[_row(uow, handover) for handover in sorted(done, key=lambda h: h.id, reverse=True)],
        term=uow.words.handover_term(),
    )


@router.post(ARCHIVE)
def propose(me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Propose what a unit has to hand over of a cycle."""
    cycle, unit = number_in(form.text("chu_ky")), number_in(form.text("don_vi"))
    if cycle is None or unit is None:
        raise NotFound("Handover", "")
    made = archiving.propose(uow, cycle, UnitId(unit), form.text("ghi_chu")[:500], actor=me.actor, now=house.clock())
    return said(f"{ARCHIVE}/{made.id}", "de-nghi-nop")


@router.get(ARCHIVE + "/{handover_id:int}")
def one(request: Request, handover_id: HandoverPath, me: Me, uow: Uow) -> HTMLResponse:
    """Show one handover with its list."""
    return _page(request, me, uow, archiving.readable(uow, handover_id, actor=me.actor))


@router.post(ARCHIVE + "/{handover_id:int}/nhan")
def accept(handover_id: HandoverPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Take the dossiers into the archive."""
    archiving.readable(uow, handover_id, actor=me.actor)
    archiving.accept(uow, handover_id, actor=me.actor, now=house.clock())
    return said(f"{ARCHIVE}/{handover_id}", "da-nhan-luu")


@router.post(ARCHIVE + "/{handover_id:int}/tu-choi")
def refuse(request: Request, handover_id: HandoverPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Refuse the dossiers with a reason."""
    handover = archiving.readable(uow, handover_id, actor=me.actor)
    reason = form.text("ly_do")[:1000]
    try:
        with uow.savepoint():
            archiving.refuse(uow, handover_id, reason, actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _page(request, me, uow, handover, errors=refused(refusal, {"reason": "ly_do"}), status=422)
    return said(f"{ARCHIVE}/{handover_id}", "tu-choi-luu")


@router.post(ARCHIVE + "/{handover_id:int}/sua")
def correct(request: Request, handover_id: HandoverPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Correct a refused handover and propose it again."""
    handover = archiving.readable(uow, handover_id, actor=me.actor)
    kept = {number for text in form.all("ho_so") if (number := number_in(text)) is not None}
    note = form.text("ghi_chu")[:500]
    try:
        with uow.savepoint():
            archiving.correct(uow, handover_id, kept, note, actor=me.actor, now=house.clock())
    except Invalid as refusal:
        errors = refused(refusal, {"note": "ghi_chu", "dossiers": "ho_so"})
        return _page(request, me, uow, handover, errors=errors, note=note, status=422)
    return said(f"{ARCHIVE}/{handover_id}", "de-nghi-nop")


@router.get(ARCHIVE + "/{handover_id:int}/{paper}/pdf")
def pdf(handover_id: HandoverPath, paper: str, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the index or the minutes for printing."""
    found, name = _paper(uow, me, handover_id, paper)
    return download(house.renderer.render(found).pdf, f"{name}.pdf", PDF)


@router.get(ARCHIVE + "/{handover_id:int}/{paper}/docx")
def docx(handover_id: HandoverPath, paper: str, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the index or the minutes for editing."""
    found, name = _paper(uow, me, handover_id, paper)
    return download(house.renderer.render(found).docx, f"{name}.docx", DOCX)


@router.get(TERMS)
def terms(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Show how long dossiers are kept, and why."""
    _readers(me)
    return _terms(request, me, uow)


@router.post(TERMS)
def put_term(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Change how long dossiers of a kind are kept."""
    kind, text = form.text("loai")[:40], form.text("so_nam").strip()
    sent = {"loai": kind, "so_nam": text, "can_cu": form.text("can_cu")[:500]}
    try:
        years = None if not text else number_in(text)
        if text and years is None:
            raise Invalid({"years": FieldError("retention_years", {})})
        with uow.savepoint():
            archiving.put_retention(uow, kind, years, sent["can_cu"], actor=me.actor, now=house.clock())
    except Invalid as refusal:
        errors = refused(refusal, {"years": "so_nam", "source": "can_cu"})
        return _terms(request, me, uow, sent=sent, errors=errors, status=422)
    return said(TERMS, "da-luu")


def _own_units(me: Visitor) -> list[UnitId]:
    """The units whose records the person gives or receives, or looks after."""
    _readers(me)
    return sorted({unit for unit, role in me.actor.positions if role in READERS})


def _readers(me: Visitor) -> None:
    if not me.actor.holds_anywhere(*READERS):
        raise NotPermitted("no_scope")


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    handover: Handover,
    *,
    errors: Mapping[str, str] | None = None,
    note: str = "",
    status: int = 200,
) -> HTMLResponse:
    unit, cycle = uow.units.get(handover.unit_id), uow.cycles.get(handover.cycle_id)
    title = f"Nộp lưu lần thứ {handover.number}, {unit.name}"
    return page(
        request,
        "luu_tru/detail.html",
        me,
        uow,
        status=status,
        page_title=title,
        breadcrumbs=[("Lưu trữ", ARCHIVE), (f"Lần thứ {handover.number}", None)],
        handover=handover,
        state=handover.state.value,
        facts=_facts(handover, uow.models.get(cycle.version).name, cycle.year),
        heads=HEADS,
        rows=[_cells(item) for item in handover.items],
        items=[(str(item["dossier"]), str(item["title"])) for item in handover.items],
        base=f"{ARCHIVE}/{handover.id}",
        may_receive=archiving.may_receive(handover, me.actor),
        may_correct=archiving.may_correct(handover, me.actor),
        errors=errors or {},
        note=note,
    )


def _facts(handover: Handover, model: str, year: int) -> list[tuple[str, str]]:
    decided = f"{handover.decided_by_name}, lúc {instant(handover.decided_at)}" if handover.decided_at else ""
    facts = [
        ("Hồ sơ của", f"{model}, {year}"),
        ("Bên giao", f"{handover.proposed_by_name}, lúc {instant(handover.proposed_at)}"),
        ("Ghi chú của bên giao", handover.note),
        ("Bên nhận", decided),
        ("Lý do từ chối", handover.reason),
        ("Số hồ sơ để lại", str(len(handover.left_out)) if handover.left_out else ""),
    ]
    return [(name, text) for name, text in facts if text]


def _cells(item: Mapping[str, object]) -> tuple[str, ...]:
    days = ("/".join(reversed(str(item[name]).split("-"))) for name in ("first_day", "last_day"))
    return (str(item["code"]), str(item["title"]), *days, str(item["retention"]), str(item["documents"]))


def _row(uow: UnitOfWork, handover: Handover) -> HandoverRow:
    cycle = uow.cycles.get(handover.cycle_id)
    meta = (
        uow.units.get(handover.unit_id).name,
        f"{len(handover.items)} hồ sơ",
        f"đề nghị ngày {instant(handover.proposed_at)}",
    )
    return HandoverRow(
        href=f"{ARCHIVE}/{handover.id}",
        title=f"Lần thứ {handover.number}: {uow.models.get(cycle.version).name}, {cycle.year}",
        meta=meta,
        state=handover.state.value,
    )


def _paper(uow: UnitOfWork, me: Visitor, handover_id: int, kind: str) -> tuple[Paper, str]:
    handover = archiving.readable(uow, handover_id, actor=me.actor)
    if kind not in _PAPERS:
        raise NotFound("Paper", kind)
    paper = paper_from_plain(handover.papers[_PAPERS[kind]])
    code = uow.units.get(handover.unit_id).code
    return paper, re.sub("[^a-z0-9]+", "-", fold(f"{kind} {code} lan {handover.number}")).strip("-")


def _terms(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    *,
    sent: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    found: Sequence[Retention] = archiving.retentions(uow)
    return page(
        request,
        "luu_tru/terms.html",
        me,
        uow,
        status=status,
        page_title="Thời hạn lưu trữ",
        breadcrumbs=[("Lưu trữ", ARCHIVE), ("Thời hạn lưu trữ", None)],
        heads=("Loại hồ sơ", "Thời hạn", "Căn cứ"),
        rows=[(r.label, years_text(r.years), r.source) for r in found],
        kinds=[(r.kind, r.label) for r in found],
        may_change=me.actor.holds_anywhere(ADMINISTRATOR),
        sent=sent or {},
        errors=errors or {},
        term=uow.words.handover_term(),
    )
