"""Which documents are there, and what became of each? Lists, one document with its files, the outgoing register."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Me, TheHouse, Uow, Visitor
from api.pages.books import WAITING, keeps_books, may_void, period_text
from api.pages.cycles import own_scope
from api.pages.papers import paper_view
from api.pages.remedies import fate_of
from api.pages.shell import address, number_in, page, page_address, sliced
from api.pages.task_parts import list_problem, sent_back_title
from api.pages.uploads import DOCX, PDF, download, excel
from api.register_sheets import HEADS, on_paper, register_cells, row_state
from api.texts import label
from api.texts.words import day, instant, number
from api.view import show
from engine.errors import NotFound, NotPermitted
from engine.ports.queries import DecisionFilter, DecisionRow
from engine.ports.store import UnitOfWork
from engine.rules.decisions import Decision, DecisionId, DecisionState, RegisterRow, RegisterState
from engine.rules.permissions import ADMINISTRATOR, check_may_read, may_read
from engine.rules.signings import Signing, SigningStep
from engine.rules.units import UnitId
from engine.use_cases.books import may_keep
from engine.use_cases.countersigning import may_sign, open_for
from engine.use_cases.decisions import as_it_stands, check_free, stored_paper
from engine.use_cases.distribution import is_addressed, may_send, receiving_units
from engine.use_cases.office_templates import WRITERS
from engine.use_cases.remedies import may_sign as signs_remedy
from engine.use_cases.runs import readers_path
from engine.use_cases.sending_back import sent_back

router = APIRouter()
DecisionPath = Annotated[int, Path(ge=1)]
_SHOWN = (DecisionState.DRAFTED, DecisionState.AWAITING, DecisionState.NUMBERED, DecisionState.ISSUED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRow:
    """One document as its row shows it."""

    href: str
    title: str
    meta: tuple[str, ...]
    state: str
    stuck: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How far a document is."""

    id: int
    state: str
    stuck: bool
    running: bool  #: it will change without anybody doing anything
    waits: str = ""  #: what it waits for, where a person must do something about its number
    enter: str = ""  #: where that is done, by those who may
    waits_for: str = ""  #: whose signature from outside it waits for


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterLine:
    """One line of the register."""

    cells: tuple[str, ...]
    href: str  #: where the document is read; may be empty
    void: str  #: where its number can be voided; empty: it cannot
    over: bool


@router.get("/van-ban")
def documents(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """List documents that the person may read, the newest first."""
    asked = request.query_params
    scope = own_scope(me)
    states = {s.value: s for s in _SHOWN}
    state, year = asked.get("tt", ""), asked.get("nam", "")
    wanted = DecisionFilter(
        scope=scope,
        states=(states[state],) if state in states else _SHOWN,
        year=number_in(year),
        text=asked.get("q", ""),
    )
    part = sliced(uow.queries.decisions(wanted, limit=1).total, asked.get("trang"))
    found = uow.queries.decisions(wanted, limit=100, offset=part.first)
    kept = {"tt": state, "nam": year, "q": asked.get("q", "")}
    years = [str(y) for y in sorted({c.year for c in uow.cycles.all()}, reverse=True)]
    return page(
        request,
        "van_ban/list.html",
        me,
        uow,
        page_title="Văn bản",
        rows=[_row(row) for row in found.rows],
        registers=bool(_registers(uow, me)),
        writes=me.actor.holds_anywhere(ADMINISTRATOR, *WRITERS),
        books=keeps_books(me),
        to_sign=len(open_for(uow, me.actor)),
        filtered=any(kept.values()),
        asked=kept,
        states=[("", "Mọi trạng thái"), *((s.value, label("decision_state", s.value)) for s in _SHOWN)],
        years=[("", "Mọi năm"), *((y, y) for y in years)],
        page_no=part.page,
        pages=part.pages,
        total=part.total,
        page_url=page_address("/van-ban", **kept),
    )


@router.get("/van-ban/so-dang-ky")
def register(request: Request, me: Me, uow: Uow, don_vi: str = "", nam: str = "") -> HTMLResponse:
    """Show the outgoing register of a unit and year."""
    known = _registers(uow, me)
    units = dict.fromkeys((str(unit), name) for unit, name, _ in known)
    unit = don_vi if don_vi in dict(units) else next((u for u, _ in units), "")
    years = [str(y) for u, _, y in known if str(u) == unit]
    year = nam if nam in years else next(iter(years), "")
    rows = uow.decisions.register_rows(UnitId(int(unit)), int(year)) if unit and year else []
    by_hand = on_paper(uow, rows)
    return page(
        request,
        "van_ban/register.html",
        me,
        uow,
        page_title="Sổ đăng ký văn bản đi",
        breadcrumbs=[("Văn bản", "/van-ban"), ("Sổ đăng ký văn bản đi", None)],
        units=list(units),
        years=[(y, y) for y in years],
        unit=unit,
        year=year,
        unit_name=dict(units).get(unit, ""),
        rows=[_register_line(uow, me, row, by_hand=row.decision_id in by_hand) for row in rows],
        heads=REGISTER_HEADS,
        export=address("/van-ban/so-dang-ky.xlsx", don_vi=unit, nam=year) if rows else "",
        printed=address("/van-ban/so-dang-ky/in", don_vi=unit, nam=year) if rows else "",
    )


@router.get("/van-ban/so-dang-ky/in")
def register_to_print(
    request: Request, me: Me, uow: Uow, house: TheHouse, don_vi: str = "", nam: str = ""
) -> HTMLResponse:
    """Show the register of a unit and year to be printed: a page a book, with the end of the audit chain."""
    known = {(str(unit), str(year)): name for unit, name, year in _registers(uow, me)}
    if (don_vi, nam) not in known:
        raise NotPermitted("not_your_unit", unit=don_vi)
    books: dict[str, list[RegisterRow]] = {}
    kept = uow.decisions.register_rows(UnitId(int(don_vi)), int(nam))
    by_hand = on_paper(uow, kept)
    for row in kept:
        books.setdefault(f"Sổ {row.book}, {period_text(row)}", []).append(row)
    seq, last = uow.audit.end()
    return page(
        request,
        "van_ban/register_print.html",
        me,
        uow,
        page_title="In sổ đăng ký văn bản đi",
        breadcrumbs=[
            ("Văn bản", "/van-ban"),
            ("Sổ đăng ký văn bản đi", address("/van-ban/so-dang-ky", don_vi=don_vi, nam=nam)),
            ("Bản in", None),
        ],
        unit_name=known[don_vi, nam],
        heads=HEADS,
        books=[
            (name, [_printed(row, by_hand=row.decision_id in by_hand) for row in rows]) for name, rows in books.items()
        ],
        chain=f"Lập lúc {instant(house.clock())}. Chuỗi nhật ký khi lập sổ: {number(seq)} dòng, mã băm cuối {last}.",
    )


@router.get("/van-ban/so-dang-ky.xlsx")
def register_as_excel(me: Me, uow: Uow, house: TheHouse, don_vi: str = "", nam: str = "") -> Response:
    """Hand out the register as an Excel file."""
    known = {(str(unit), str(year)): name for unit, name, year in _registers(uow, me)}
    if (don_vi, nam) not in known:
        raise NotPermitted("not_your_unit", unit=don_vi)
    rows = _lines(uow, uow.decisions.register_rows(UnitId(int(don_vi)), int(nam)))
    title = f"Sổ đăng ký văn bản đi năm {nam} – {known[don_vi, nam]}"
    return excel(house, title, REGISTER_HEADS, rows, f"so-dang-ky-{nam}")


@router.get("/van-ban/{decision_id:int}")
def one(request: Request, decision_id: DecisionPath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show one document: how far it is, what it says, its files."""
    decision = readable(uow, me, decision_id)
    dossier = uow.dossiers.get(decision.dossier_id)
    with uow.whole():
        cycle = uow.cycles.get(decision.cycle_id)
        may_dossier = may_read(me.actor, readers_path(uow, dossier))
        paper = as_it_stands(uow, decision, now=house.clock())
    drafted = decision.state is DecisionState.DRAFTED
    return page(
        request,
        "van_ban/detail.html",
        me,
        uow,
        page_title=decision.symbol or decision.subject,
        breadcrumbs=[("Văn bản", "/van-ban"), (decision.symbol or "Dự thảo", None)],
        decision=decision,
        progress=status_of(uow, decision, me),
        facts=_facts(uow, decision),
        problem=list_problem(uow, decision) if drafted else "",
        paper=paper_view(paper),
        remarks=house.remarks(paper) if drafted else (),
        dossier_id=dossier.id if may_dossier else None,
        cycle=cycle if may_dossier else None,
        replaced=_linked(uow, me, decision.replaces_id),
        cancelled=_linked(uow, me, decision.cancelled_by_id) if not uow.remedies.of(decision.id) else None,
        out=_distribution(uow, me, decision),
        fate=fate_of(uow, me, decision),
        alike=_alike(uow, decision) if drafted else "",
        returned=sent_back(decision),
        returned_title=sent_back_title(sent_back(decision)) if sent_back(decision) else "",
        administrator=me.actor.holds_anywhere(ADMINISTRATOR),
        signing=_signing(uow, me, decision),
    )


@router.get("/van-ban/{decision_id:int}/trang-thai")
def status(request: Request, decision_id: DecisionPath, me: Me, uow: Uow) -> Response:
    """The part of the page that is looked at again while a document is being signed."""
    found = status_of(uow, readable(uow, me, decision_id), me)
    response = show(request, "van_ban/_status.html", me, status=200, status_of=found)
    if not found.running:
        response.headers["hx-refresh"] = "true"
    return response


@router.get("/van-ban/{decision_id:int}/pdf")
def pdf(decision_id: DecisionPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the signed PDF."""
    decision = _issued(uow, me, decision_id)
    return download(house.archive.get(decision.pdf_sha256), f"{_file_name(decision)}.pdf", PDF)


@router.get("/van-ban/{decision_id:int}/ban-quet")
def scan(decision_id: DecisionPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the scan of the paper that was signed by hand."""
    signing = uow.signings.find(_issued(uow, me, decision_id).id)
    if signing is None or not signing.scan_sha256:
        raise NotFound("file", decision_id)
    return download(house.archive.get(signing.scan_sha256), signing.scan_name, signing.scan_type)


@router.get("/van-ban/{decision_id:int}/docx")
def docx(decision_id: DecisionPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the editable copy."""
    decision = _issued(uow, me, decision_id)
    return download(house.archive.get(decision.docx_sha256), f"{_file_name(decision)}.docx", DOCX)


def readable(uow: UnitOfWork, me: Visitor, decision_id: int) -> Decision:
    """The document, when the person may read it: of a unit they read, or in force and about one.

    Raises `NotPermitted`, `NotFound`.
    """
    decision = uow.decisions.get(DecisionId(decision_id))
    # To whom a document went may read it, whosever model it is of.
    with uow.whole():
        lead = uow.cycles.get(decision.cycle_id).unit_id
    path = (*uow.units.path(decision.unit_id), *uow.units.path(lead))
    if not may_read(me.actor, path) and not _touches(uow, me, decision):
        check_may_read(me.actor, path)
    return decision


def status_of(uow: UnitOfWork, decision: Decision, me: Visitor) -> Status:
    """How far a document is."""
    stuck = any(incident.decision_id == decision.id for incident in uow.incidents.open())
    numbered = decision.state is DecisionState.NUMBERED
    waiting = decision.state is DecisionState.AWAITING
    keeps = waiting and may_keep(me.actor, decision.unit_id)
    signing = uow.signings.find(decision.id) if numbered else None
    waits = _waits_for(uow, signing, decision) if signing is not None and signing.waits else ""
    running = numbered and not stuck and not waits
    return Status(
        id=decision.id,
        state=decision.state.value,
        stuck=stuck,
        running=running,
        waits="Văn bản đã được duyệt và đang chờ văn thư của đơn vị cấp số; có số thì được ký." if waiting else "",
        enter=WAITING if keeps else "",
        waits_for=waits,
    )


def _waits_for(uow: UnitOfWork, signing: Signing, decision: Decision) -> str:
    """Whose signature is waited for, and how it is made."""
    organisation = signing.step is SigningStep.ORGANISATION
    holder = uow.units.get(decision.unit_id).name if organisation else decision.signer_name
    return f"{holder}. Cách ký: {label('signing_way', signing.way).lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningView:
    """How a document is signed outside the server."""

    mine: bool  #: it waits for this person
    scan: str  #: name of the scan of the paper; empty: the document is no paper, or not yet


def _signing(uow: UnitOfWork, me: Visitor, decision: Decision) -> SigningView | None:
    signing = uow.signings.find(decision.id)
    if signing is None:
        return None
    mine = signing.waits and may_sign(me.actor, signing, decision)
    return SigningView(mine=mine, scan=signing.scan_name if signing.scan_sha256 else "")


def _touches(uow: UnitOfWork, me: Visitor, decision: Decision) -> bool:
    remedy = uow.remedies.by_draft(decision.id) if decision.is_remedy else None
    if remedy is not None and remedy.under_way and signs_remedy(uow, me.actor, decision, remedy):
        return True
    if decision.state is not DecisionState.ISSUED:
        return False
    return uow.queries.concerns(decision.id, own_scope(me)) or is_addressed(uow, decision.id, me.actor)


def _distribution(uow: UnitOfWork, me: Visitor, decision: Decision) -> dict[str, object]:
    """What the page says of recipients: how many have it, and whether the person's unit has said so."""
    issued = decision.state is DecisionState.ISSUED
    rows = uow.distribution.of_decision(decision.id) if issued else []
    units = receiving_units(me.actor)
    own = [row for row in rows if row.unit_id in units]
    return {
        "to_confirm": any(row.waits for row in own),
        "confirmed": [(row.name, row.received_by, row.received_on) for row in own if not row.waits],
        "recipients": (sum(not row.waits for row in rows), len(rows))
        if issued and may_send(uow, decision, me.actor)
        else None,
    }


def _issued(uow: UnitOfWork, me: Visitor, decision_id: int) -> Decision:
    decision = readable(uow, me, decision_id)
    if decision.state is not DecisionState.ISSUED:
        raise NotFound("file", decision_id)
    check_free(uow, decision)
    return decision


def _file_name(decision: Decision) -> str:
    return decision.file_name.rpartition("/")[2]


def _row(row: DecisionRow) -> DocumentRow:
    when = f"ngày {day(row.dated)}" if row.dated else f"dự thảo lúc {instant(row.created_at)}"
    return DocumentRow(
        href=f"/van-ban/{row.id}",
        title=f"{row.symbol}: {row.subject}" if row.dated else row.subject,
        meta=tuple(text for text in (when, row.unit, f"chu kỳ {row.year}") if text),
        state=row.state.value,
        stuck=row.stuck,
    )


def _facts(uow: UnitOfWork, decision: Decision) -> list[tuple[str, str]]:
    issued = decision.state is DecisionState.ISSUED
    facts = [
        ("Trích yếu", decision.subject),
        ("Số, ký hiệu", decision.symbol if decision.dated else "chưa cấp số"),
        ("Ngày ban hành", day(decision.dated) or "chưa ban hành"),
        ("Đơn vị ban hành", uow.units.get(decision.unit_id).name),
        ("Người ký", ", ".join(text for text in (decision.signer_name, decision.signer_title) if text)),
    ]
    if decision.signed_at and issued:
        facts.append(("Ký lúc", instant(decision.signed_at)))
    if issued:
        facts.append(("Mã kiểm tra", decision.code))
        facts.append(("SHA-256 của tệp PDF", decision.pdf_sha256))
    return [(name, text) for name, text in facts if text]


def _alike(uow: UnitOfWork, decision: Decision) -> str:
    """What in the register looks like the same document."""
    rows = uow.decisions.register_rows(decision.unit_id, decision.created_at.year)
    recipients = "; ".join(stored_paper(decision).recipients)
    found = [r for r in rows if (r.subject, r.recipients) == (decision.subject, recipients)]
    living = [r for r in found if r.state in (RegisterState.NUMBERED, RegisterState.ISSUED, RegisterState.CORRECTED)]
    if not living or decision.replaces_id is not None:
        return ""
    return f"Sổ đăng ký đã có {living[-1].symbol} ngày {day(living[-1].dated)} cùng trích yếu và nơi nhận. Có phải văn bản trùng?"


def _linked(uow: UnitOfWork, me: Visitor, decision_id: DecisionId | None) -> tuple[str, str] | None:
    if decision_id is None:
        return None
    decision = uow.decisions.get(decision_id)
    return decision.symbol, f"/van-ban/{decision.id}"


REGISTER_HEADS = ("Số", "Ký hiệu", "Ngày", "Loại", "Trích yếu", "Người ký", "Nơi nhận", "Tình trạng")


def _lines(uow: UnitOfWork, rows: Sequence[RegisterRow]) -> list[tuple[str, ...]]:
    by_hand = on_paper(uow, rows)
    return [_line(row, by_hand=row.decision_id in by_hand) for row in rows]


def _line(row: RegisterRow, *, by_hand: bool) -> tuple[str, ...]:
    return (
        str(row.number), row.symbol, day(row.dated), row.type_code, row.subject, row.signer_name, row.recipients,
        row_state(row, by_hand=by_hand),
    )  # fmt: skip


def _printed(row: RegisterRow, *, by_hand: bool) -> tuple[str, ...]:
    cells = register_cells(row, by_hand=by_hand)
    return tuple(day(cell) if isinstance(cell, date) else str(cell) for cell in cells)


def _register_line(uow: UnitOfWork, me: Visitor, row: RegisterRow, *, by_hand: bool) -> RegisterLine:
    dossier = uow.books.dossier_of(row.submission_id) if row.submission_id is not None else None
    href = f"/van-ban/{row.decision_id}" if row.decision_id is not None else f"/ho-so/{dossier}" if dossier else ""
    void = f"/van-ban/so-dang-ky/dong/{row.id}/huy" if may_void(me, row) else ""
    return RegisterLine(cells=_line(row, by_hand=by_hand), href=href, void=void, over=row.state is RegisterState.VOID)


def _registers(uow: UnitOfWork, me: Visitor) -> Sequence[tuple[UnitId, str, int]]:
    return uow.queries.registers(own_scope(me))
