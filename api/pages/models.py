"""Which models run here? Their versions, read-only: diagram and steps, dates with sources, criteria, forms, documents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.actor import Me, TheHouse, Uow, Visitor
from api.pages.cycles import drawn_processes
from api.pages.shell import address, number_in, page, today_of
from api.pages.task_forms import spec_of
from api.texts.aims import target_text, years_text
from api.texts.words import number
from engine.errors import NotFound, NotPermitted
from engine.ports.queries import PackRow
from engine.ports.store import UnitOfWork
from engine.rules.calendar import WorkingCalendar
from engine.rules.criteria import CriteriaSet, Criterion
from engine.rules.cycle_models import CycleModel, DeadlineGroup
from engine.rules.deadlines import Deadline, DeadlineRule, deadlines_of, next_occurrences
from engine.rules.permissions import ADMINISTRATOR, AUDITOR, DESIGNER, OFFICER
from engine.rules.text import short_date
from engine.use_cases import owning
from engine.use_cases.drafting import document_title

router = APIRouter()
MODELS = "/quy-trinh"
#: Where a model comes in for the first time; two steps deep, where no model's key can stand.
NEW_MODEL = MODELS + "/them/mo-hinh"
READERS = (DESIGNER, OFFICER, AUDITOR, ADMINISTRATOR)
#: Parts of a version, each a page: address → title.
PARTS: Mapping[str, str] = {
    "": "Tổng quan",
    "so-do": "Sơ đồ và các bước",
    "han": "Hạn và căn cứ",
    "tieu-chi": "Tiêu chí",
    "bieu-mau": "Biểu mẫu",
}
TEMPLATES: Mapping[str, str] = {
    "": "overview",
    "so-do": "diagram",
    "han": "dates",
    "tieu-chi": "criteria",
    "bieu-mau": "forms",
}
#: So many digits of a version's hash name it in an address.
_NAME = 12
#: Occurrences of each deadline that are shown ahead, and the years around today in which they may lie.
_COMING, _YEARS = 5, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLine:
    """One model of the list, by its latest version."""

    name: str
    href: str
    meta: tuple[str, ...]
    deployed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One version of a model."""

    name: str
    href: str
    row: PackRow
    shown: bool
    years: str  #: of the cycles that run on it
    again_href: str  #: where it becomes the one for new cycles again; empty: it is, or the visitor may not


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The version of a model that a page shows, among all its versions (the newest first)."""

    model: CycleModel
    row: PackRow
    rows: tuple[PackRow, ...]

    @property
    def latest(self) -> bool:
        """Whether new cycles are opened with it."""
        return self.row.version == self.rows[0].version

    @property
    def kept(self) -> str | None:
        """What an address names an older version by; None: the latest."""
        return None if self.latest else self.row.version[:_NAME]


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaView:
    """A criteria set as a table."""

    found: CriteriaSet
    rows: tuple[tuple[str, ...], ...]
    total: str


@router.get(MODELS)
def listing(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Show every model that is deployed."""
    _check(me)
    latest: dict[str, list[PackRow]] = {}
    for row in uow.queries.packs():
        latest.setdefault(row.key, []).append(row)
    lines = [
        ModelLine(
            name=rows[0].name,
            href=f"{MODELS}/{key}",
            meta=(whose(rows[0]), f"{len(rows)} phiên bản", f"{sum(row.cycles for row in rows)} chu kỳ"),
            deployed_at=rows[0].deployed_at,
        )
        for key, rows in latest.items()
    ]
    adds = me.actor.holds_anywhere(DESIGNER, ADMINISTRATOR)
    add_href = NEW_MODEL if adds else ""
    return page(request, "quy_trinh/list.html", me, uow, page_title="Quy trình", lines=lines, add_href=add_href)


@router.get(MODELS + "/{key}")
def overview(request: Request, key: str, me: Me, uow: Uow) -> HTMLResponse:
    """Show the latest version of a model, or the one that `?pb=` names."""
    shown = _shown(request, me, uow, key)
    return _part(
        request,
        me,
        uow,
        shown,
        "",
        whose=whose(shown.row),
        versions=_versions(uow, me, shown),
        **told(uow, shown.model),
    )


@router.get(MODELS + "/{key}/so-do")
def diagram(request: Request, key: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show every process as its author drew it, and as a list of steps."""
    shown = _shown(request, me, uow, key)
    drawn = drawn_processes(house, uow, shown.model, shown.row.version)
    return _part(request, me, uow, shown, "so-do", processes=drawn)


@router.get(MODELS + "/{key}/han")
def dates(request: Request, key: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show every deadline for each deadline group of a year, with wording and source."""
    shown = _shown(request, me, uow, key)
    present = today_of(house.clock()).year
    asked = number_in(request.query_params.get("nam", ""))
    year = asked if asked is not None and 2000 <= asked <= 2200 else present + 1
    years = sorted({year, present, present + 1, present + 2})
    where, kept = f"{MODELS}/{key}/han", shown.kept
    groups = [
        (g.label, g.year_label.format(year=year, previous=year - 1), _dates(uow, shown.model, g, year))
        for g in shown.model.groups
    ]
    return _part(
        request,
        me,
        uow,
        shown,
        "han",
        year=year,
        years=[(f"Năm {y}", address(where, pb=kept, nam=y), y == year, None) for y in years],
        groups=groups,
        coming=coming(uow, shown.model, today_of(house.clock())),
    )


@router.get(MODELS + "/{key}/tieu-chi")
def criteria(request: Request, key: str, me: Me, uow: Uow) -> HTMLResponse:
    """Show every criteria set, the latest first."""
    shown = _shown(request, me, uow, key)
    sets = [shown.model.criteria[first] for first in sorted(shown.model.criteria, reverse=True)]
    return _part(request, me, uow, shown, "tieu-chi", sets=[_criteria_view(uow, found) for found in sets])


@router.get(MODELS + "/{key}/bieu-mau")
def forms(request: Request, key: str, me: Me, uow: Uow) -> HTMLResponse:
    """Show what every form asks, and at which steps."""
    shown = _shown(request, me, uow, key)
    used = _uses(uow, shown.row.version)
    views = [(name, spec_of(shown.model, name), used.get(name, [])) for name in shown.model.forms]
    return _part(request, me, uow, shown, "bieu-mau", forms=views)


def whose(row: PackRow) -> str:
    """Whose model it is, in words."""
    return f"Của: {row.owner}" if row.owner else "Toàn thành phố"


def told(uow: UnitOfWork, model: CycleModel) -> dict[str, object]:
    """What `quy_trinh/_told.html` says of a model, deployed or not."""
    # Several processes have a lane of the same name.
    lanes = dict.fromkeys(
        (lane.name, uow.words.label("unit_kind", lane.unit_kind), _roles(uow, lane.roles))
        for lane in model.lanes.values()
    )
    return {
        "lanes": list(lanes),
        "lead": uow.words.label("unit_kind", model.lead_unit_kind),
        "groups": [
            (g.label, [uow.words.label("cohort", c) for c in (*g.cohorts, *g.unit_kinds)]) for g in model.groups
        ],
        "titles": [(t.name, "tập thể" if t.holder == "unit" else "cá nhân", t.years) for t in model.titles],
        "targets": [(t.label, target_text(t), years_text(t), f"{t.source}: “{t.wording}”") for t in model.targets],
        "documents": [document_title(document) for document in model.documents.values()],
    }


def for_whom(uow: UnitOfWork, rule: DeadlineRule) -> str:
    """Whom a deadline is for, in words."""
    found = [uow.words.label("cohort", code) for code in rule.cohorts]
    found += [uow.words.label("unit_kind", kind) for kind in rule.unit_kinds]
    return ", ".join(found) or "Mọi khối"


def _check(me: Visitor) -> None:
    if not me.actor.holds_anywhere(*READERS):
        raise NotPermitted("not_model_reader")


def _shown(request: Request, me: Visitor, uow: UnitOfWork, key: str) -> Shown:
    """The version that is asked for; only for those who may look at models."""
    _check(me)
    rows = tuple(row for row in uow.queries.packs() if row.key == key)
    asked = request.query_params.get("pb", "")
    row = next((row for row in rows if row.version.startswith(asked)), None)
    if row is None:
        raise NotFound("model", key)
    return Shown(model=uow.models.get(row.version), row=row, rows=rows)


def _part(request: Request, me: Visitor, uow: UnitOfWork, shown: Shown, part: str, **values: object) -> HTMLResponse:
    """One part of a version, with what all parts share."""
    model, where = shown.model, f"{MODELS}/{shown.model.key}"
    may_edit = owning.may_design(uow, me.actor, owning.owner_of(uow, model.key))
    crumbs: list[tuple[str, str | None]] = [("Quy trình", MODELS)]
    crumbs += [(model.name, address(where, pb=shown.kept)), (PARTS[part], None)] if part else [(model.name, None)]
    return page(
        request,
        f"quy_trinh/{TEMPLATES[part]}.html",
        me,
        uow,
        page_title=f"{PARTS[part]} – {model.name}" if part else model.name,
        breadcrumbs=crumbs,
        shown=shown,
        model=model,
        latest_href=f"{where}/{part}" if part else where,
        edit_href=f"{where}/sua" if may_edit else "",
        again_href=again_href(model.key, shown.row) if may_edit and not shown.latest else "",
        parts=[
            (title, address(f"{where}/{name}" if name else where, pb=shown.kept), name == part, None)
            for name, title in PARTS.items()
        ],
        **values,  # type: ignore[arg-type]  # the template's own
    )


def _versions(uow: UnitOfWork, me: Visitor, shown: Shown) -> list[VersionLine]:
    """Every version, the newest first: new cycles are opened on that one."""
    key, years = shown.model.key, dict[str, list[int]]()
    for cycle in uow.cycles.all():
        years.setdefault(cycle.version, []).append(cycle.year)
    may_edit = owning.may_design(uow, me.actor, owning.owner_of(uow, key))
    return [
        VersionLine(
            name=row.version[:_NAME],
            href=address(f"{MODELS}/{key}", pb=row.version[:_NAME]),
            row=row,
            shown=row.version == shown.row.version,
            years=", ".join(map(str, sorted(years.get(row.version, [])))),
            again_href=again_href(key, row) if may_edit and row is not shown.rows[0] else "",
        )
        for row in shown.rows
    ]


def again_href(key: str, row: PackRow) -> str:
    """Where an earlier version becomes the one for new cycles again."""
    return address(f"{MODELS}/{key}/dung-lai", pb=row.version[:_NAME])


def _roles(uow: UnitOfWork, roles: Sequence[str]) -> str:
    return ", ".join(uow.words.label("role", role) for role in roles)


def _dates(uow: UnitOfWork, model: CycleModel, group: DeadlineGroup, year: int) -> list[Deadline]:
    rows = uow.calendar.days(date(year - 1, 1, 1), date(year + 1, 12, 31))
    found = deadlines_of(model.deadlines, group, year, WorkingCalendar({row.day: row for row in rows}))
    return sorted(found.values(), key=lambda deadline: (deadline.last_day is None, deadline.last_day or date.max))


def coming(uow: UnitOfWork, model: CycleModel, today: date) -> list[tuple[str, str, str]]:
    """The next occurrences of every deadline that has a day: what, for whom, the last valid days in order."""
    rows = uow.calendar.days(date(today.year - _YEARS, 1, 1), date(today.year + 2 * _YEARS, 12, 31))
    calendar = WorkingCalendar({row.day: row for row in rows})
    found = []
    for rule in model.deadlines:
        days = [d.last_day for _, d in next_occurrences(rule, calendar, after=today, count=_COMING) if d.last_day]
        if days:
            label = rule.label.replace("{number}", "").strip()
            found.append((label, for_whom(uow, rule), ", ".join(map(short_date, days))))
    return found


def _criteria_view(uow: UnitOfWork, found: CriteriaSet) -> CriteriaView:
    rows = tuple(
        (
            c.key,
            c.group,
            c.text,
            number(c.max_points),
            "Có" if c.evidence_required else "",
            "Có" if c.hard_fail else "",
            _for_whom(uow, c),
        )
        for c in found.criteria
    )
    # A criterion for some cohorts only is another's alternative: the sum of all says nothing.
    everybody = all(not c.unit_cohorts and not c.unit_kinds for c in found.criteria)
    total = number(sum((c.max_points for c in found.criteria), Decimal(0))) if everybody else ""
    return CriteriaView(found=found, rows=rows, total=total)


def _for_whom(uow: UnitOfWork, criterion: Criterion) -> str:
    kinds = [uow.words.label("unit_kind", kind) for kind in criterion.unit_kinds]
    cohorts = [uow.words.label("cohort", cohort) for cohort in criterion.unit_cohorts]
    return ", ".join([*kinds, *cohorts]) or "Mọi khối"


def _uses(uow: UnitOfWork, version: str) -> dict[str, list[str]]:
    """Form key → names of the steps that ask it."""
    used: dict[str, list[str]] = {}
    for process in uow.models.definition(version).processes.values():
        for node in process.nodes.values():
            key = node.form_key or node.properties.get("form", "")
            if key and node.name not in used.setdefault(key, []):
                used[key].append(node.name)
    return used
