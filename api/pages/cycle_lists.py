"""Which dossiers does a count count, and what do the units report? Lists with their filters, on the screen and as Excel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.datastructures import QueryParams
from starlette.responses import HTMLResponse, Response

from api.actor import Me, TheHouse, Uow, Visitor
from api.forms import SummarySection, Widget, summarise
from api.forms.spec import TABLES, Field, FormSpec
from api.forms.views import shown
from api.pages import task_forms
from api.pages.cycles import readable_scope
from api.pages.shell import address, number_in, page, page_address, sliced
from api.pages.taking_part import TakingPart, taking_part
from api.pages.uploads import excel
from api.texts import label
from api.texts.words import as_day, day, instant, named_day_waits, number
from engine.ports.outside import Cell
from engine.ports.process import Value
from engine.ports.queries import DossierFilter, DossierRow, ReportRow
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle, CycleId
from engine.rules.dossiers import DossierState
from engine.rules.units import UnitId

router = APIRouter()
CyclePath = Annotated[int, Path(ge=1)]
#: An export holds everything, the screen a hundred rows.
EVERYTHING = 10_000
#: Acts by which is reported on units, in the order of the year; where the model has one task of the act, its name is said.
REPORTS: Mapping[str, str] = {"report": "Báo cáo", "monitor": "Theo dõi", "synthesise": "Tổng hợp"}
_YES_NO = {"1": True, "0": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """A dossier as its row shows it."""

    href: str
    name: str
    meta: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """One unit's report, to be read."""

    unit: str
    href: str
    title: str
    when: str
    late: str
    export: str
    sections: tuple[SummarySection, ...]


@router.get("/chu-ky/{cycle_id:int}/ho-so")
def dossiers(request: Request, cycle_id: CyclePath, me: Me, uow: Uow) -> HTMLResponse:
    """List dossiers of a cycle as filtered by the address."""
    cycle = uow.cycles.get(CycleId(cycle_id))
    model = uow.models.get(cycle.version)
    asked, who = request.query_params, taking_part(model, uow.words)
    wanted = _filter(uow, asked, cycle, me)
    first = uow.queries.dossiers(wanted, limit=1)
    part = sliced(first.total, asked.get("trang"))
    found = uow.queries.dossiers(wanted, limit=100, offset=part.first)
    kept = _kept(asked)
    base = f"/chu-ky/{cycle.id}/ho-so"
    return page(
        request,
        "chu_ky/dossiers.html",
        me,
        uow,
        page_title=f"Hồ sơ của chu kỳ {cycle.year}",
        breadcrumbs=[("Chu kỳ", "/chu-ky"), (str(cycle.year), f"/chu-ky/{cycle.id}"), ("Hồ sơ", None)],
        cycle=cycle,
        model=model,
        rows=[_row(row, who) for row in found.rows],
        who=who,
        told=_told(uow, asked),
        export=address(f"{base}.xlsx", **kept),
        action=base,
        asked={name: asked.get(name, "") for name in ("q", "khoi", "dk", "muon")},
        state=asked.get("tt", ""),
        superior=asked.get("don_vi", ""),
        cohorts=[
            ("", "Mọi khối"),
            *((c, uow.words.label("cohort", c)) for g in model.groups for c in (*g.cohorts, *g.unit_kinds)),
        ],
        states=[("", "Mọi tình trạng"), *((s.value, label("dossier_state", s.value)) for s in DossierState)],
        superiors=_superiors(uow, cycle, me),
        page_no=part.page,
        pages=part.pages,
        total=part.total,
        page_url=page_address(base, **kept),
    )


@router.get("/chu-ky/{cycle_id:int}/ho-so.xlsx")
def dossiers_as_excel(request: Request, cycle_id: CyclePath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the same list, whole, as an Excel file."""
    cycle = uow.cycles.get(CycleId(cycle_id))
    model = uow.models.get(cycle.version)
    found = uow.queries.dossiers(_filter(uow, request.query_params, cycle, me), limit=EVERYTHING)
    bands, who = _bands(model, cycle.year), taking_part(model, uow.words)
    heads = (
        *("STT", "Mã", "Đơn vị", "Trực thuộc", "Khối", "Tình trạng"),
        *(("Đăng ký lúc", "Số ngày muộn", "Mã tiếp nhận") if who.registers else ()),
        *(("Đoàn viên đăng ký",) if who.members else ()),
        *("Điểm", "Mức độ"),
    )
    rows = [_cells(uow, place, row, bands, who) for place, row in enumerate(found.rows, 1)]
    title = f"Hồ sơ {model.name} năm {cycle.year}{_suffix(_told(uow, request.query_params))}"
    return excel(house, title, heads, rows, f"ho-so-{cycle.year}")


@router.get("/chu-ky/{cycle_id:int}/bao-cao")
def reports(request: Request, cycle_id: CyclePath, me: Me, uow: Uow, loai: str = "report") -> HTMLResponse:
    """Show what the superiors reported, unit by unit."""
    cycle = uow.cycles.get(CycleId(cycle_id))
    scope = readable_scope(me, uow, cycle)
    model = uow.models.get(cycle.version)
    kinds = _kinds(uow, cycle)
    act = loai if loai in kinds else next(iter(kinds), "report")
    found = uow.queries.reports(cycle.id, act, scope)
    waiting = uow.queries.open_acts(cycle.id, act, scope)
    base = f"/chu-ky/{cycle.id}/bao-cao"
    return page(
        request,
        "chu_ky/reports.html",
        me,
        uow,
        page_title=f"Báo cáo của chu kỳ {cycle.year}",
        breadcrumbs=[("Chu kỳ", "/chu-ky"), (str(cycle.year), f"/chu-ky/{cycle.id}"), ("Báo cáo", None)],
        cycle=cycle,
        model=model,
        kinds=[(name, address(base, loai=key), key == act, None) for key, name in kinds.items()],
        reports=[_report(model, row, base, act) for row in found],
        waiting=waiting,
        export=address(f"{base}.xlsx", loai=act) if found else "",
    )


@router.get("/chu-ky/{cycle_id:int}/bao-cao.xlsx")
def reports_as_excel(
    cycle_id: CyclePath, me: Me, uow: Uow, house: TheHouse, loai: str = "report", so: str = ""
) -> Response:
    """Hand out the rows of all reports of one kind (or of the one with number `so`) as an Excel file."""
    cycle = uow.cycles.get(CycleId(cycle_id))
    model = uow.models.get(cycle.version)
    act = loai if loai in REPORTS else "report"
    found = uow.queries.reports(cycle.id, act, readable_scope(me, uow, cycle))
    if so:
        found = [row for row in found if row.id == number_in(so)]
    columns = _columns(model, found)
    heads = ("Đơn vị báo cáo", "Biểu mẫu", "Gửi lúc", *(column.title for column in columns))
    rows = [cells for row in found for cells in _report_cells(model, row, columns)]
    name = _kinds(uow, cycle).get(act, REPORTS[act])
    return excel(house, f"{name} {cycle.year} – {model.name}", heads, rows, f"{loai}-{cycle.year}")


def _kinds(uow: UnitOfWork, cycle: Cycle) -> Mapping[str, str]:
    """The acts of reporting that the model has, and what people call them."""
    named: dict[str, set[str]] = {}
    for process in uow.models.definition(cycle.version).processes.values():
        for node in process.nodes.values():
            named.setdefault(node.properties.get("act", ""), set()).add(node.name)
    return {
        act: next(iter(named[act])) if len(named[act]) == 1 else name for act, name in REPORTS.items() if act in named
    }


def _filter(uow: UnitOfWork, asked: QueryParams, cycle: Cycle, me: Visitor) -> DossierFilter:
    states = {s.value: s for s in DossierState}
    unit = number_in(asked.get("don_vi", ""))
    return DossierFilter(
        cycle_id=cycle.id,
        scope=readable_scope(me, uow, cycle),
        states=tuple(states[s] for s in asked.getlist("tt") if s in states),
        superior_id=UnitId(unit) if unit is not None else None,
        cohort=asked.get("khoi", ""),
        registered=_YES_NO.get(asked.get("dk", "")),
        late=_YES_NO.get(asked.get("muon", "")),
        text=asked.get("q", ""),
    )


def _kept(asked: QueryParams) -> Mapping[str, object]:
    kept: dict[str, object] = {name: asked.get(name, "") for name in ("q", "khoi", "don_vi", "dk", "muon")}
    return kept | {"tt": asked.getlist("tt")}


def _told(uow: UnitOfWork, asked: QueryParams) -> list[str]:
    """The filters in words."""
    told = [label("dossier_state", s) for s in asked.getlist("tt") if s]
    if cohort := asked.get("khoi"):
        told.append(uow.words.label("cohort", cohort))
    if asked.get("dk") in _YES_NO:
        told.append("đã đăng ký" if asked.get("dk") == "1" else "chưa đăng ký")
    if asked.get("muon") == "1":
        told.append("đăng ký muộn")
    if asked.get("q"):
        told.append(f"tìm “{asked.get('q')}”")
    return told


def _suffix(told: Sequence[str]) -> str:
    return f" ({', '.join(told)})" if told else ""


def _superiors(uow: UnitOfWork, cycle: Cycle, me: Visitor) -> list[tuple[str, str]]:
    rows = uow.queries.progress(cycle.id, readable_scope(me, uow, cycle))
    known = {str(row.superior_id): row.superior or "" for row in rows if row.superior_id is not None}
    return [("", "Mọi đơn vị"), *known.items()] if len(known) > 1 else []


def _row(row: DossierRow, who: TakingPart) -> ListRow:
    missing = "chưa đăng ký" if who.registers else ""
    when = f"đăng ký {day(as_day(row.submitted_at))}" if row.submitted_at else missing
    late = f"chậm {row.days_late} ngày" if row.days_late else ""
    if row.on_named_day and row.submitted_at:
        late = named_day_waits(as_day(row.submitted_at))
    members = f"{number(row.member_count)} đoàn viên" if row.member_count else ""
    score = f"{number(row.score)} điểm" if row.score is not None else ""
    return ListRow(
        href=f"/ho-so/{row.id}",
        name=row.unit,
        meta=tuple(text for text in (row.unit_code, row.superior or "", when, late, members, score) if text),
        state=row.state.value,
    )


def _cells(uow: UnitOfWork, place: int, row: DossierRow, bands: Mapping[str, str], who: TakingPart) -> list[Cell]:
    registered = [instant(row.submitted_at) if row.submitted_at else "", row.days_late, row.receipt]
    return [
        place,
        row.unit_code,
        row.unit,
        row.superior or "",
        uow.words.label("cohort", row.cohort or ""),
        label("dossier_state", row.state.value),
        *(registered if who.registers else []),
        *([row.member_count] if who.members else []),
        row.score,
        bands.get(row.band or "", ""),
    ]


def _bands(model: CycleModel, year: int) -> Mapping[str, str]:
    criteria = model.criteria_for(year)
    return {band.key: band.label for band in criteria.bands} if criteria else {}


def _report(model: CycleModel, row: ReportRow, base: str, act: str) -> ReportView:
    spec = task_forms.spec_of(model, row.form)
    return ReportView(
        unit=row.unit,
        href=f"/ho-so/{row.dossier_id}",
        title=row.title,
        when=f"{row.by_name}, {instant(row.at)}",
        late=f"Chậm {row.days_late} ngày" if row.days_late else "",
        export=address(f"{base}.xlsx", loai=act, so=row.id),
        sections=summarise(spec, task_forms.plain(row.answers)),
    )


def _tables(spec: FormSpec) -> list[Field]:
    return [field for field in spec.fields if field.widget in TABLES]


def _columns(model: CycleModel, found: Sequence[ReportRow]) -> list[Field]:
    """The columns of the reports' tables, in the order of the form; those without a table give their questions."""
    columns: dict[str, Field] = {}
    for row in found:
        spec = task_forms.spec_of(model, row.form)
        asked = [c for table in _tables(spec) for c in table.columns] or [
            f for f in spec.fields if f.widget not in (Widget.HEADING, Widget.HELP, Widget.FILE)
        ]
        for column in asked:
            columns.setdefault(column.name, column)
    return list(columns.values())


def _report_cells(model: CycleModel, row: ReportRow, columns: Sequence[Field]) -> list[list[Cell]]:
    spec = task_forms.spec_of(model, row.form)
    answers = task_forms.plain(row.answers)
    lines = [line for table in _tables(spec) for line in _lines(answers.get(table.name))] or [answers]
    head: list[Cell] = [row.unit, row.title, instant(row.at)]
    return [[*head, *(_cell(column, line.get(column.name)) for column in columns)] for line in lines]


def _lines(rows: Value) -> list[Mapping[str, Value]]:
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _cell(column: Field, value: Value) -> Cell:
    if value is None or isinstance(value, bool):
        return shown(column, value) if value is not None else None
    if isinstance(value, int):
        return value
    return shown(column, value)
