"""What comes first? By role: the next tasks, the own dossiers, how the running cycles stand, what needs a hand."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.actor import Me, TheHouse, Uow, Visitor
from api.pages.cycles import leads
from api.pages.shell import page, scope_of, today_of
from api.pages.survey_parts import address_of, period_text
from api.pages.taking_part import TakingPart, taking_part
from api.pages.task_parts import year_names
from api.pages.waiting_work import stead
from engine.ports.queries import CycleRow
from engine.ports.store import UnitOfWork
from engine.rules.cycles import CycleState
from engine.rules.dossiers import Dossier
from engine.rules.permissions import ADMINISTRATOR, AUDITOR, DESIGNER
from engine.use_cases.judging import is_late_on
from engine.use_cases.standing_in import work_of
from engine.use_cases.surveys import running

router = APIRouter()
FIRST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnDossier:
    """A dossier of the person's own unit."""

    href: str
    title: str
    unit: str  #: empty where the person has only one
    state: str


@router.get("/")
def home(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show what matters now."""
    today = today_of(house.clock())
    own = work_of(uow, me.actor)
    tasks = [mine.row for mine in own]
    scope = scope_of(me.actor)
    cycles = [c for c in uow.queries.cycles(scope) if c.state is CycleState.OPEN] if scope else []
    dossiers = _own(uow, me, cycles)
    return page(
        request,
        "trang_chu/home.html",
        me,
        uow,
        page_title="Trang chủ",
        name=me.full_name,
        tasks=[(mine.row, stead(mine)) for mine in own[:FIRST]],
        of_several=len({row.model for row in tasks}) > 1,
        years=year_names(uow, tasks[:FIRST]),
        waiting=len(tasks),
        late=sum(is_late_on(row.last_day, row.lenient_until, today) for row in tasks),
        cycles=_under_way(uow, cycles, dossiers),
        own=_lines(uow, me, cycles, dossiers),
        may_open=bool(leads(uow, me.actor)),
        surveys=_surveys(uow, me),
        shortcuts=_shortcuts(uow, me),
        positions=[(uow.words.label("role", p.role), uow.units.get(p.unit_id).name) for p in me.positions],
    )


def _own(uow: UnitOfWork, me: Visitor, cycles: Sequence[CycleRow]) -> list[Dossier]:
    """Dossiers of the person's own units in running cycles, the newest year first."""
    years = {c.id: c.year for c in cycles}
    units = dict.fromkeys(unit for unit, _ in me.actor.positions)
    found = [d for unit in units for d in uow.dossiers.of_unit(unit) if d.cohort is not None and d.cycle_id in years]
    return sorted(found, key=lambda d: -years[d.cycle_id])


def _lines(uow: UnitOfWork, me: Visitor, cycles: Sequence[CycleRow], own: Sequence[Dossier]) -> list[OwnDossier]:
    """The same as lines; the unit is named where the person has several."""
    running, several = {c.id: c for c in cycles}, len({unit for unit, _ in me.actor.positions}) > 1
    return [
        OwnDossier(
            href=f"/ho-so/{d.id}",
            title=f"{running[d.cycle_id].model_name}, {running[d.cycle_id].year}",
            unit=uow.units.get(d.unit_id).name if several else "",
            state=d.state.value,
        )
        for d in own
    ]


def _under_way(
    uow: UnitOfWork, cycles: Sequence[CycleRow], own: Sequence[Dossier]
) -> list[tuple[CycleRow, TakingPart]]:
    """Running cycles in which other units of the person's scope take part."""
    of_own = Counter(d.cycle_id for d in own)
    return [(c, taking_part(uow.models.get(c.version), uow.words)) for c in cycles if c.units > of_own[c.id]]


def _surveys(uow: UnitOfWork, me: Visitor) -> list[tuple[str, str, str, str]]:
    """Open surveys of the person's own units, or led by them: (title, address, unit, period)."""
    return [
        (
            about.survey.title,
            f"/phieu-khao-sat/{place.id}" if place is not None else address_of(about.round),
            uow.units.get(place.unit_id).name if place is not None else "mọi đơn vị",
            period_text(about.round),
        )
        for about, place in running(uow, me.actor)
    ]


def _shortcuts(uow: UnitOfWork, me: Visitor) -> list[tuple[str, str, str]]:
    """What those who look after the system go to: (title, address, note)."""
    found = []
    if me.actor.holds_anywhere(ADMINISTRATOR):
        incidents = len(uow.incidents.open())
        dead = uow.queries.delivery_counts().get("dead", 0)
        found.append(("Sự cố đang mở", "/quan-tri/su-co", f"{incidents} sự cố"))
        found.append(("Thư không gửi được", "/quan-tri/thu", f"{dead} thư"))
    if me.actor.holds_anywhere(AUDITOR, ADMINISTRATOR):
        found.append(("Nhật ký", "/nhat-ky", "tra cứu và kiểm tra chuỗi"))
    if me.actor.holds_anywhere(DESIGNER):
        found.append(("Quy trình", "/quy-trinh", "các mô hình đang dùng"))
    return found
