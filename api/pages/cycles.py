"""How far is each cycle? All cycles, one with its counts and dates, its diagram, its end."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.assembly import House
from api.charts import CoverageRow, FunnelStage, GanttRow, coverage_bars, funnel, year_gantt
from api.drawn import Drawn
from api.pages import cycle_counts
from api.pages.cycle_counts import Counts, by_cohort, by_superior, cells, heads, list_address, stats, total
from api.pages.diagram_marks import Marks, call_links, marks_of
from api.pages.redating import changes_of
from api.pages.shell import page, said, scope_of, today_of
from api.pages.taking_part import TakingPart, taking_part
from api.texts import sentence
from api.texts.words import day
from engine.errors import NotPermitted, Refused
from engine.ports.process import Definition
from engine.ports.queries import Scope
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel, DeadlineGroup
from engine.rules.cycles import Cycle, CycleId, CycleState
from engine.rules.deadlines import Deadline
from engine.rules.dossiers import DossierState
from engine.rules.permissions import OFFICER, SECRETARY, check_may_lead, may_read
from engine.rules.redating import changed
from engine.rules.units import Actor
from engine.use_cases import cycles, owning

router = APIRouter()
_VIEW_BOX = re.compile(r'viewBox="\S+ \S+ ([\d.]+) ([\d.]+)"')
CyclePath = Annotated[int, Path(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DateRow:
    """One deadline of a cycle as the page tells it."""

    label: str
    group: str  #: label of its deadline group
    opens: date | None
    last_day: date | None
    wording: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnProcess:
    """One process of a model as picture and list."""

    id: str
    label: str
    drawn: Drawn


@router.get("/chu-ky")
def all_cycles(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Show every cycle with how far the units in the person's scope are."""
    scope = own_scope(me)
    return page(
        request,
        "chu_ky/list.html",
        me,
        uow,
        page_title="Chu kỳ",
        cycles=[(row, taking_part(uow.models.get(row.version), uow.words)) for row in uow.queries.cycles(scope)],
        may_open=bool(leads(uow, me.actor)),
    )


@router.get("/chu-ky/{cycle_id:int}")
def show(request: Request, cycle_id: CyclePath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show one cycle: counts against denominators, who is missing, dates with their source."""
    cycle = uow.cycles.get(CycleId(cycle_id))
    scope = readable_scope(me, uow, cycle)
    model = uow.models.get(cycle.version)
    today = today_of(house.clock())
    rows = uow.queries.progress(cycle.id, scope)
    people = uow.queries.member_counts(cycle.id, scope)
    everything, who = total(rows, people), taking_part(model, uow.words)
    cohorts = by_cohort(rows, people, lambda code: uow.words.label("cohort", code))
    superiors = by_superior(rows, people)
    groups = [g for g in model.groups if any(row.group == g.key for row in rows)] or list(model.groups)
    dates = _dates(uow, cycle, model, groups)
    return page(
        request,
        "chu_ky/detail.html",
        me,
        uow,
        page_title=f"Chu kỳ {cycle.year}: {model.name}",
        breadcrumbs=[("Chu kỳ", "/chu-ky"), (f"{cycle.year}", None)],
        cycle=cycle,
        model=model,
        everything=everything,
        own=_own_dossiers(uow, me, cycle) if everything.units <= 1 else [],
        stats=stats(cycle.id, everything, who, closing=_registration_over(dates, today)),
        heads=("Khối", *heads(who)),
        cohorts=[cells(cycle.id, c, who) for c in cohorts] if len(cohorts) > 1 else [],
        superiors=[cells(cycle.id, c, who) for c in superiors] if len(superiors) > 1 else [],
        superior_heads=("Đơn vị", *heads(who)),
        totals=cells(cycle.id, everything, who),
        numeric=[False, *([True] * len(heads(who)))],
        funnel=_funnel(cycle.id, everything, who) if everything.units > 1 else None,
        coverage=_coverage(cycle.id, superiors) if len(superiors) > 1 and who.registers else None,
        noun=who.noun,
        gantt=_gantt(dates, today),
        date_groups=date_tables(dates),
        missing=everything.missing if who.registers else 0,
        missing_href=list_address(cycle.id, everything, dk="0"),
        may_change=_leads(me.actor, cycle) and cycle.state is CycleState.OPEN,
        changes=changes_of(uow, cycle) if _leads(me.actor, cycle) else [],
        named_day=uow.queries.on_named_day(cycle.id, scope),
        may_close=_leads(me.actor, cycle) and cycle.state is CycleState.OPEN,
        ready=cycles.ready_to_close(uow, cycle.id),
        settings=[(s.label, cycle.settings.get(s.key, s.default)) for s in model.settings],
        may_draw=bool(scope),
        may_pack=cycle.state is CycleState.CLOSED and may_read(me.actor, uow.units.path(cycle.unit_id)),
    )


@router.get("/chu-ky/{cycle_id:int}/so-do")
def diagram(request: Request, cycle_id: CyclePath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show the model's diagrams with what stands at each node, and the same as a list of steps."""
    cycle = uow.cycles.get(CycleId(cycle_id))
    scope = readable_scope(me, uow, cycle)
    model = uow.models.get(cycle.version)
    counts = uow.queries.nodes(cycle.id, scope, today_of(house.clock()))
    marks = marks_of(uow.models.definition(cycle.version), counts, cycle.id)
    return page(
        request,
        "chu_ky/diagram.html",
        me,
        uow,
        page_title=f"Sơ đồ chu kỳ {cycle.year}",
        breadcrumbs=_crumbs(cycle, "Sơ đồ"),
        cycle=cycle,
        model=model,
        processes=drawn_processes(house, uow, model, cycle.version, marks),
    )


@router.get("/chu-ky/{cycle_id:int}/buoc")
def at_node(
    request: Request, cycle_id: CyclePath, me: Me, uow: Uow, house: TheHouse, quy_trinh: str = "", nut: str = ""
) -> HTMLResponse:
    """List the open work at one node of the diagram."""
    cycle = uow.cycles.get(CycleId(cycle_id))
    rows = uow.queries.work_at(cycle.id, quy_trinh, nut, readable_scope(me, uow, cycle))
    return page(
        request,
        "chu_ky/node.html",
        me,
        uow,
        page_title=rows[0].name if rows else "Bước này",
        breadcrumbs=[*_crumbs(cycle, "Sơ đồ", f"/chu-ky/{cycle.id}/so-do"), ("Đang chờ", None)],
        rows=rows,
        back=f"/chu-ky/{cycle.id}/so-do",
    )


@router.get("/chu-ky/{cycle_id:int}/dong")
def ask_close(request: Request, cycle_id: CyclePath, me: Me, uow: Uow) -> HTMLResponse:
    """Ask before a cycle is closed."""
    return _closing(request, me, uow, _led(uow, me.actor, cycle_id))


@router.post("/chu-ky/{cycle_id:int}/dong")
def close(request: Request, cycle_id: CyclePath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Close a cycle whose dossiers have all come to an end."""
    cycle = _led(uow, me.actor, cycle_id)
    try:
        with uow.savepoint():
            cycles.close_cycle(uow, cycle.id, actor=me.actor, now=house.clock())
    except NotPermitted:
        raise
    except Refused as refusal:
        return _closing(request, me, uow, cycle, problem=sentence(refusal.code, refusal.facts), status=409)
    return said(f"/chu-ky/{cycle.id}", "da-dong")


def leads(uow: UnitOfWork, actor: Actor) -> list[CycleModel]:
    """Models whose cycles the actor may open."""
    latest = [uow.models.latest(key) for key in uow.models.keys()]  # noqa: SIM118  # a register
    return [model for model in latest if model is not None and owning.may_open(uow, model, actor)]


def drawn_processes(
    house: House, uow: UnitOfWork, model: CycleModel, version: str, marks: Marks | None = None
) -> list[DrawnProcess]:
    """Every process of the model as its author drew it, then those that they call, once each."""
    return pictures(house, model, uow.models.definition(version), marks)


def pictures(house: House, model: CycleModel, definition: Definition, marks: Marks | None = None) -> list[DrawnProcess]:
    """The same of a definition that need not be deployed."""
    marks = call_links(definition) if marks is None else marks
    names = [(spec.id, spec.label) for spec in model.processes]
    names += [(key, f"{name} (quy trình dùng chung)") for key, name in definition.shared.items()]
    return [
        DrawnProcess(
            id=key,
            label=label,
            drawn=sized(
                house.draw(
                    definition,
                    key,
                    title=label,
                    description=f"Sơ đồ quy trình “{label}”. Danh sách bước ở ngay dưới nói cùng nội dung bằng chữ.",
                    marks=marks.get(key, {}),
                    prefix=f"so-do-{place}",
                )
            ),
        )
        for place, (key, label) in enumerate(names)
    ]


def sized(drawn: Drawn) -> Drawn:
    """The picture in the size it was drawn in: a wide one scrolls instead of shrinking until nobody can read it."""
    found = _VIEW_BOX.search(drawn.svg)
    if found is None:
        return drawn
    size = f'<svg width="{found[1]}" height="{found[2]}" '
    return replace(drawn, svg=drawn.svg.replace("<svg ", size, 1))


def own_scope(me: Visitor) -> Scope:
    """The units that the person may read about, with all below; `NotPermitted` when there is none."""
    scope = scope_of(me.actor)
    if not scope:
        raise NotPermitted("no_scope")
    return scope


def readable_scope(me: Visitor, uow: UnitOfWork, cycle: Cycle) -> Scope:
    """The same in one cycle: readers of its lead, or above it, read about all units, wherever these stand in the tree."""
    path = uow.units.path(cycle.unit_id)
    return frozenset({path[-1].id}) if may_read(me.actor, path) else own_scope(me)


def _leads(actor: Actor, cycle: Cycle) -> bool:
    return actor.holds(cycle.unit_id, OFFICER, SECRETARY)


def _led(uow: UnitOfWork, actor: Actor, cycle_id: int) -> Cycle:
    cycle = uow.cycles.get(CycleId(cycle_id))
    check_may_lead(actor, cycle.unit_id)
    return cycle


def _closing(
    request: Request, me: Visitor, uow: UnitOfWork, cycle: Cycle, *, problem: str = "", status: int = 200
) -> HTMLResponse:
    model = uow.models.get(cycle.version)
    counts = uow.dossiers.count_by_state(cycle.id)
    running = sum(n for (_, state), n in counts.items() if state in _UNFINISHED)
    return page(
        request,
        "chu_ky/close.html",
        me,
        uow,
        status=status,
        page_title=f"Đóng chu kỳ {cycle.year}",
        breadcrumbs=_crumbs(cycle, "Đóng chu kỳ"),
        cycle=cycle,
        model=model,
        problem=problem,
        running=running,
    )


_UNFINISHED = frozenset(
    {
        DossierState.DRAFT,
        DossierState.SUBMITTED,
        DossierState.RETURNED,
        DossierState.ACCEPTED,
        DossierState.PROPOSED,
        DossierState.ASSESSED,
        DossierState.MET,
        DossierState.RUNNING,
    }
)


def _crumbs(cycle: Cycle, name: str, href: str | None = None) -> list[tuple[str, str | None]]:
    return [("Chu kỳ", "/chu-ky"), (str(cycle.year), f"/chu-ky/{cycle.id}"), (name, href)]


def _dates(uow: UnitOfWork, cycle: Cycle, model: CycleModel, groups: Iterable[DeadlineGroup]) -> list[DateRow]:
    moved = uow.cycles.changes(cycle.id)
    found = [
        _date(deadline, group)
        for group in groups
        for deadline in changed(uow.cycles.deadlines(cycle.id, group.key), moved, None, "").values()
    ]
    return sorted(found, key=lambda row: (row.last_day is None, row.last_day or date.max, row.group))


def _date(deadline: Deadline, group: DeadlineGroup) -> DateRow:
    return DateRow(
        label=deadline.label,
        group=group.label,
        opens=deadline.campaign_day or deadline.first_day,
        last_day=deadline.last_day,
        wording=deadline.wording,
        source=deadline.source,
    )


def date_tables(dates: Sequence[DateRow]) -> list[tuple[str, list[tuple[str, str, str, str, str]]]]:
    """Every deadline by group, as rows of a table: step, accepted from, last day, wording, source."""
    groups: dict[str, list[tuple[str, str, str, str, str]]] = {}
    for row in dates:
        last = day(row.last_day) or "tính từ khi bắt đầu"
        groups.setdefault(row.group, []).append((row.label, day(row.opens), last, row.wording, row.source))
    return list(groups.items())


def _registration_over(dates: Sequence[DateRow], today: date) -> bool:
    """Whether the first last day of the cycle has passed; deadlines come in the order of their days."""
    first = next((row.last_day for row in dates if row.last_day is not None), None)
    return first is not None and first < today


def _gantt(dates: Sequence[DateRow], today: date) -> Markup:
    """The steps over the year; a step that is the same for every group stands once."""
    spans: dict[tuple[str, date, date], list[str]] = {}
    labels: dict[str, set[tuple[date, date]]] = {}
    for row in dates:
        if row.opens is not None and row.last_day is not None and row.opens <= row.last_day:
            spans.setdefault((row.label, row.opens, row.last_day), []).append(row.group)
            labels.setdefault(row.label, set()).add((row.opens, row.last_day))
    rows = [
        GanttRow(
            label=f"{name} ({groups[0]})" if len(labels[name]) > 1 else name,
            first=first,
            last=last,
            state=_state(first, last, today),
        )
        for (name, first, last), groups in spans.items()
    ]
    return year_gantt("Các bước trong năm", rows, today=today)


def _state(first: date, last: date, today: date) -> str:
    return "waiting" if today < first else "current" if today <= last else "done"


def _funnel(cycle_id: CycleId, counts: Counts, who: TakingPart) -> Markup | None:
    """From the first to the last step; a model that neither registers nor recognises has none to compare."""

    def stage(label: str, count: int, **asked: object) -> FunnelStage:
        return FunnelStage(label=label, count=count, href=list_address(cycle_id, counts, **asked))

    stages = [stage(f"{who.noun[:1].upper()}{who.noun[1:]} tham gia", counts.units)]
    if who.registers:
        stages.append(stage("Đã đăng ký", counts.registered, dk="1"))
        stages.append(stage("Đã tiếp nhận", counts.accepted, **cycle_counts.accepted()))
    if who.recognises:
        stages.append(stage("Đã đề nghị công nhận", counts.proposed, **cycle_counts.of(cycle_counts.PROPOSED)))
        stages.append(stage("Đạt", counts.met, **cycle_counts.of(cycle_counts.MET)))
        stages.append(stage("Được công nhận", counts.recognised, **cycle_counts.of((DossierState.RECOGNISED,))))
    else:
        stages.append(stage("Đã kết thúc", counts.ended, **cycle_counts.of((DossierState.CLOSED,))))
    ends = ("đăng ký" if who.registers else "tham gia", "công nhận" if who.recognises else "kết thúc")
    return funnel(f"Từ {ends[0]} đến {ends[1]}", stages) if len(stages) > 2 else None


def _coverage(cycle_id: CycleId, superiors: Sequence[Counts]) -> Markup:
    rows = [
        CoverageRow(label=c.label, part=c.registered, whole=c.units, href=list_address(cycle_id, c)) for c in superiors
    ]
    return coverage_bars("Tỷ lệ đăng ký của từng đơn vị", rows)


def _own_dossiers(uow: UnitOfWork, me: Visitor, cycle: Cycle) -> list[tuple[str, str, DossierState]]:
    units = {unit for unit, _ in me.actor.positions}
    own = [d for unit in sorted(units) for d in uow.dossiers.of_unit(unit) if d.cycle_id == cycle.id]
    return [(uow.units.get(d.unit_id).name, f"/ho-so/{d.id}", d.state) for d in own]
