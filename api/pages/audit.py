"""Who did what, when? The audit log by person, unit, dossier, event and day, and whether its chain is whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.asking import day_in
from api.pages.listing import XLSX
from api.pages.shell import address, number_in, page
from api.pages.uploads import download
from api.texts import sentence
from api.texts.history import ERASED, event_label, history_sentence
from api.texts.words import instant
from engine.errors import NotPermitted
from engine.ports.queries_admin import LogFilter, LogLine
from engine.ports.store import UnitOfWork
from engine.rules.deadlines import start_of_day
from engine.rules.permissions import ADMINISTRATOR, AUDITOR

router = APIRouter()
LOG = "/nhat-ky"
SIZE, MOST_EXPORTED = 100, 5000
_ASKED = ("nguoi", "dv", "sk", "hs", "tu", "den")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineView:
    """One line of the log as people read it."""

    seq: int
    erased: bool
    text: str
    at: datetime | None
    who: str
    unit: str
    links: tuple[tuple[str, str], ...]
    hash: str


@router.get(LOG)
def search(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Show the lines that are asked for, the newest first."""
    _check(me)
    values = {name: request.query_params.get(name, "").strip() for name in _ASKED}
    wanted, errors = _wanted(values)
    before = number_in(request.query_params.get("truoc", ""))
    lines = [] if errors else uow.admin.log(wanted, limit=SIZE + 1, before_seq=before)
    older = lines[SIZE - 1].entry.seq if len(lines) > SIZE else None
    return page(
        request,
        "nhat_ky/list.html",
        me,
        uow,
        status=422 if errors else 200,
        page_title="Nhật ký",
        has_errors=bool(errors),
        values=values,
        errors=errors,
        events=_events(uow),
        lines=[_view(line) for line in lines[:SIZE]],
        searching=any(values.values()),
        newest=address(LOG, **values) if before else "",
        older=address(LOG, **values, truoc=older) if older else "",
        export=address(f"{LOG}/xuat.xlsx", **values),
        erased=ERASED,
    )


@router.get(LOG + "/xuat.xlsx")
def export(request: Request, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand the lines that are asked for out as an Excel file."""
    _check(me)
    values = {name: request.query_params.get(name, "").strip() for name in _ASKED}
    wanted, _ = _wanted(values)
    views = [_view(line) for line in uow.admin.log(wanted, limit=MOST_EXPORTED)]
    heads = ("Số thứ tự", "Lúc", "Người thực hiện", "Đơn vị", "Nội dung", "Mã băm")
    rows = [(v.seq, instant(v.at) if v.at else "", v.who, v.unit, v.text, v.hash) for v in views]
    return download(house.sheets.write("Nhật ký", heads, rows), "nhat-ky.xlsx", XLSX)


@router.get(LOG + "/kiem-tra")
def ask_check(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Say what the check of the chain does."""
    _check(me)
    return _check_page(request, me, uow, None)


@router.post(LOG + "/kiem-tra")
def check(request: Request, me: Me, form: Form, house: TheHouse) -> Response:
    """Read the whole chain and say whether it is what was once written."""
    _check(me)
    # A reading transaction: the chain is long, and nobody should wait for the write lock meanwhile.
    with house.read_uow() as uow:
        return _check_page(request, me, uow, uow.admin.check_chain())


def _check(me: Visitor) -> None:
    if not me.actor.holds_anywhere(AUDITOR, ADMINISTRATOR):
        raise NotPermitted("not_auditor")


def _wanted(values: Mapping[str, str]) -> tuple[LogFilter, dict[str, str]]:
    errors: dict[str, str] = {}
    first, last = (_day(values, name, title, errors) for name, title in (("tu", "Từ ngày"), ("den", "Đến ngày")))
    dossier = number_in(values["hs"])
    if values["hs"] and dossier is None:
        errors["hs"] = sentence("form.not_an_integer", {"title": "Số hồ sơ"})
    wanted = LogFilter(
        person=values["nguoi"],
        unit=values["dv"],
        event=values["sk"],
        dossier_id=dossier,
        first=start_of_day(first) if first else None,
        before=start_of_day(last + timedelta(days=1)) if last else None,
    )
    return wanted, errors


def _day(values: Mapping[str, str], name: str, title: str, errors: dict[str, str]) -> date | None:
    found = day_in(values[name])
    if values[name] and found is None:
        errors[name] = sentence("bad_day", {"title": title})
    return found


def _events(uow: UnitOfWork) -> Sequence[tuple[str, str]]:
    known = sorted(((event, event_label(event)) for event in uow.queries.audit_events()), key=lambda pair: pair[1])
    return [("", "Tất cả"), *known]


def _view(found: LogLine) -> LineView:
    entry = found.entry
    line = entry.line
    if line is None:
        return LineView(seq=entry.seq, erased=True, text=ERASED, at=None, who="", unit="", links=(), hash=entry.hash)
    links = []
    if line.dossier_id is not None:
        links.append(("hồ sơ", f"/ho-so/{line.dossier_id}"))
    if found.unit_id is not None and line.target.startswith("unit:"):
        links.append(("đơn vị", f"/don-vi/{found.unit_id}"))
    if line.cycle_id is not None and line.dossier_id is None:
        links.append(("chu kỳ", f"/chu-ky/{line.cycle_id}"))
    return LineView(
        seq=entry.seq,
        erased=False,
        text=history_sentence(line),
        at=line.at,
        who=line.actor_name or "Người chưa đăng nhập",
        unit=found.unit or "",
        links=tuple(links),
        hash=entry.hash,
    )


def _check_page(request: Request, me: Visitor, uow: UnitOfWork, result: object) -> HTMLResponse:
    return page(
        request,
        "nhat_ky/check.html",
        me,
        uow,
        page_title="Kiểm tra nhật ký",
        breadcrumbs=[("Nhật ký", LOG), ("Kiểm tra", None)],
        result=result,
    )
