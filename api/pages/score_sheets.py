"""Why does a unit have these points? Its score sheet; what the council had to settle; last year under other weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Me, TheHouse, Uow, Visitor
from api.pages.rankings import LISTS, CyclePath, Ranked, change_text, points_text, ranked
from api.pages.shell import address, page
from api.pages.uploads import excel
from api.texts.words import instant, number
from engine.errors import NotPermitted
from engine.ports.outside import Cell
from engine.ports.store import UnitOfWork
from engine.rules.criteria import CriteriaSet, set_of
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle
from engine.rules.dossiers import Dossier, DossierId
from engine.rules.permissions import may_read
from engine.rules.scores import KeptScore, Stage
from engine.rules.scoring import applicable, weights
from engine.use_cases.rankings import published, reranked
from engine.use_cases.scoring import criteria_of

router = APIRouter()
DossierPath = Annotated[int, Path(ge=1)]
STAGES = ((Stage.SELF, "Tự chấm"), (Stage.APPRAISED, "Thẩm định"), (Stage.COUNCIL, "Hội đồng"))
HEADS = ("Nhóm", "Mã", "Tiêu chí", "Trọng số (%)", "Điểm tối đa", *(name for _, name in STAGES), "Lý do, minh chứng")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """One criterion of a unit's score sheet."""

    group: str
    key: str
    text: str
    weight: str
    most: str
    given: tuple[str, ...]  #: points by stage
    notes: tuple[str, ...]  #: who said what


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow:
    """A criterion that an appraisal left open."""

    unit: str
    href: str
    criterion: str
    said: str
    tone: str
    reason: str


@router.get(LISTS + "/phieu-diem/{dossier_id:int}")
def sheet(request: Request, dossier_id: DossierPath, me: Me, uow: Uow) -> HTMLResponse:
    """Show a unit's points, criterion by criterion: its own, the appraisal's, the council's, with reasons and evidence."""
    dossier, cycle, model, criteria = _readable(uow, me, dossier_id)
    unit = uow.units.get(dossier.unit_id)
    latest = _latest(uow, dossier)
    totals = [(name, _total(latest.get(stage)), _by(latest.get(stage))) for stage, name in STAGES if stage in latest]
    return page(
        request,
        "xep_hang/sheet.html",
        me,
        uow,
        page_title=f"Phiếu điểm: {unit.name}",
        breadcrumbs=_crumbs(cycle, model, unit.name),
        caption=f"{model.name} · {cycle.year}",
        heading=unit.name,
        sample=bool(criteria and criteria.sample),
        criteria=criteria.name if criteria else "",
        heads=[name for _, name in STAGES],
        totals=totals,
        lines=_lines(criteria, dossier, unit.kind, latest),
        apart=_apart(criteria, latest),
        failed=_failed(criteria, latest),
        dossier_id=dossier.id,
        excel=f"{LISTS}/phieu-diem/{dossier.id}/phieu-diem.xlsx",
    )


@router.get(LISTS + "/phieu-diem/{dossier_id:int}/phieu-diem.xlsx")
def sheet_as_excel(dossier_id: DossierPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out a unit's score sheet as an Excel file."""
    dossier, cycle, _, criteria = _readable(uow, me, dossier_id)
    unit, latest = uow.units.get(dossier.unit_id), _latest(uow, dossier)
    rows: list[list[Cell]] = [
        [own.group, own.key, own.text, own.weight, own.most, *own.given, " · ".join(own.notes)]
        for own in _lines(criteria, dossier, unit.kind, latest)
    ]
    return excel(house, f"Phiếu điểm {cycle.year}: {unit.name}", HEADS, rows, f"phieu-diem-{unit.code}-{cycle.year}")


@router.get(LISTS + "/{cycle_id:int}/hoi-dong")
def council(request: Request, cycle_id: CyclePath, me: Me, uow: Uow) -> HTMLResponse:
    """Show which criteria were left open, and what the council made of them."""
    found = _led(uow, me, cycle_id)
    rows = [row for code in sorted(found.dossiers) for row in _held(uow, found.dossiers[code])]
    return page(
        request,
        "xep_hang/council.html",
        me,
        uow,
        page_title="Tiêu chí chưa có điểm",
        breadcrumbs=[("Xếp hạng", LISTS), (str(found.cycle.year), f"{LISTS}/{cycle_id}"), ("Hội đồng", None)],
        caption=f"{found.model.name} · {found.cycle.year}",
        rows=rows,
        open=sum(row.tone == "warn" for row in rows),
    )


@router.get(LISTS + "/{cycle_id:int}/so-sanh")
def compare(request: Request, cycle_id: CyclePath, me: Me, uow: Uow) -> HTMLResponse:
    """Show a published list beside the same year under other criteria; nothing of it is kept."""
    found = _led(uow, me, cycle_id)
    out, choices = published(found.versions), _sets(uow, found)
    asked = request.query_params.get("bo", "")
    key = asked if asked in choices else next(reversed(choices), "")
    blocks = _compared(uow, found, choices[key][1]) if out is not None and key else []
    base = f"{LISTS}/{cycle_id}/so-sanh"
    return page(
        request,
        "xep_hang/compare.html",
        me,
        uow,
        page_title=f"Xếp hạng {found.cycle.year} theo bộ tiêu chí khác",
        breadcrumbs=[("Xếp hạng", LISTS), (str(found.cycle.year), f"{LISTS}/{cycle_id}"), ("So sánh", None)],
        caption=found.model.name,
        year=found.cycle.year,
        published=out is not None,
        choices=[(label, address(base, bo=one), one == key, None) for one, (label, _) in choices.items()],
        blocks=blocks,
    )


def _readable(uow: UnitOfWork, me: Visitor, dossier_id: int) -> tuple[Dossier, Cycle, CycleModel, CriteriaSet | None]:
    dossier = uow.dossiers.get(DossierId(dossier_id))
    cycle = uow.cycles.get(dossier.cycle_id)
    paths = (uow.units.path(dossier.unit_id), uow.units.path(cycle.unit_id))
    if not any(may_read(me.actor, path) for path in paths):
        raise NotPermitted("not_your_unit", dossier=dossier_id)
    model = uow.models.get(cycle.version)
    return dossier, cycle, model, criteria_of(uow, model, cycle)


def _led(uow: UnitOfWork, me: Visitor, cycle_id: int) -> Ranked:
    found = ranked(uow, me, cycle_id)
    if not found.leads:
        raise NotPermitted("not_lead", cycle=cycle_id)
    return found


def _crumbs(cycle: Cycle, model: CycleModel, name: str) -> list[tuple[str, str | None]]:
    if model.ranking is None:
        return [("Chu kỳ", "/chu-ky"), (str(cycle.year), f"/chu-ky/{cycle.id}"), (name, None)]
    return [("Xếp hạng", LISTS), (str(cycle.year), f"{LISTS}/{cycle.id}"), (name, None)]


def _latest(uow: UnitOfWork, dossier: Dossier) -> dict[Stage, KeptScore]:
    return {score.stage: score for score in uow.scores.of_dossier(dossier.id)}


def _lines(
    criteria: CriteriaSet | None, dossier: Dossier, kind: str, latest: Mapping[Stage, KeptScore]
) -> list[SheetLine]:
    if criteria is None:
        return []
    own = applicable(criteria, dossier.cohort, kind)
    given = {stage: {str(line["key"]): line for line in score.lines} for stage, score in latest.items()}
    return [
        SheetLine(
            group=c.group,
            key=c.key,
            text=c.text,
            weight=number(Decimal(share.numerator * 100) / share.denominator, 2),
            most=number(c.max_points),
            given=tuple(_points(latest, given, stage, c.key) for stage, _ in STAGES),
            notes=tuple(dict.fromkeys(_notes(given, c.key))),
        )
        for c, share in zip(own, weights(criteria, own), strict=True)
    ]


def _points(
    latest: Mapping[Stage, KeptScore], given: Mapping[Stage, Mapping[str, Mapping[str, Any]]], stage: Stage, key: str
) -> str:
    line = given.get(stage, {}).get(key)
    if line is None:
        return ""
    return number(line["points"]) if line["points"] is not None else "treo"


def _notes(given: Mapping[Stage, Mapping[str, Mapping[str, Any]]], key: str) -> list[str]:
    """Evidence and explanation of the unit, then each reason that was not given before."""
    own = given.get(Stage.SELF, {}).get(key)
    said = [("Minh chứng", str(own["proof"])), ("Giải trình", str(own["reason"]))] if own is not None else []
    before = ""
    for stage, name in STAGES[1:]:
        reason = str(given.get(stage, {}).get(key, {}).get("reason") or "")
        said += [(name, reason)] if reason != before else []
        before = reason or before
    return [f"{what}: {text}" for what, text in said if text]


def _total(score: KeptScore | None) -> str:
    if score is None:
        return ""
    return points_text(score.points) or "chưa đủ điểm"


def _by(score: KeptScore | None) -> str:
    return f"{score.by_name}, {instant(score.at)}" if score is not None else ""


def _apart(criteria: CriteriaSet | None, latest: Mapping[Stage, KeptScore]) -> list[str]:
    """The criteria that do not apply to the unit."""
    keys = {key for score in latest.values() for key in score.content["not_applicable"]}
    return [c.text for c in criteria.criteria if c.key in keys] if criteria is not None else []


def _failed(criteria: CriteriaSet | None, latest: Mapping[Stage, KeptScore]) -> list[str]:
    """The decisive criteria that the unit has failed."""
    score = latest.get(Stage.COUNCIL) or latest.get(Stage.APPRAISED)
    keys = set(score.content["failed"]) if score is not None else set()
    return [c.text for c in criteria.criteria if c.key in keys] if criteria is not None else []


def _held(uow: UnitOfWork, dossier: Dossier) -> list[HeldRow]:
    scores = uow.scores.of_dossier(dossier.id)
    appraised = next((s for s in reversed(scores) if s.stage is Stage.APPRAISED), None)
    if appraised is None or not appraised.held:
        return []
    decided = next((s for s in reversed(scores) if s.stage is Stage.COUNCIL and s.id > appraised.id), None)
    lines = {str(line["key"]): line for line in (decided or appraised).lines}
    name, href = uow.units.get(dossier.unit_id).name, f"{LISTS}/phieu-diem/{dossier.id}"
    return [_held_row(name, href, lines[key], decided is not None) for key in appraised.held]


def _held_row(name: str, href: str, line: Mapping[str, Any], decided: bool) -> HeldRow:
    points = line["points"]
    said = "Đang treo" if points is None else f"Hội đồng cho {number(points)}/{number(line['max_points'])} điểm"
    return HeldRow(
        unit=name,
        href=href,
        criterion=line["text"],
        said=said,
        tone="warn" if points is None else "good" if points else "info",
        reason=str(line["reason"]) if decided else "",
    )


def _sets(uow: UnitOfWork, found: Ranked) -> dict[str, tuple[str, CriteriaSet]]:
    """The criteria sets that one may rank the year by again: those of other years and of other cycles."""
    used = uow.scores.criteria(found.cycle.id)
    sets: dict[str, tuple[str, CriteriaSet]] = {}
    latest = uow.models.latest(found.model.key) or found.model
    for year, criteria in sorted(latest.criteria.items()):
        sets[f"tep-{year}"] = (f"Bộ tiêu chí áp dụng từ {year}", criteria)
    for cycle in sorted(uow.cycles.all(), key=lambda c: c.year):
        kept = uow.scores.criteria(cycle.id) if cycle.model == found.model.key and cycle.id != found.cycle.id else None
        if kept is not None and (used is None or kept.sha256 != used.sha256):
            sets[f"chu-ky-{cycle.year}"] = (f"Trọng số của chu kỳ {cycle.year}", set_of(kept.content))
    return sets


def _compared(uow: UnitOfWork, found: Ranked, criteria: CriteriaSet) -> list[tuple[str, list[tuple[str, ...]]]]:
    out = published(found.versions)
    assert out is not None  # noqa: S101
    was: Mapping[str, Sequence[Mapping[str, Any]]] = out.content["result"]["blocks"]
    now = reranked(uow, found.model, out, criteria)["result"]["blocks"]
    return [(b.label, _compared_rows(was.get(b.key, ()), now.get(b.key, ()))) for b in found.spec.blocks]


def _compared_rows(was: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    before = {row["key"]: row for row in was}
    return [
        (
            row["name"],
            _place(before[row["key"]]),
            _place(row),
            change_text(row["change"]),
            points_text(before[row["key"]]["points"]),
            points_text(row["points"]),
        )
        for row in now
        if row["key"] in before
    ]


def _place(row: Mapping[str, Any]) -> str:
    return "–" if row["number"] is None else str(row["number"])
