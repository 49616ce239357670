"""Who stands where this year? Lists of cycles, as drafts and as published, on the screen, as Excel and as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Me, TheHouse, Uow, Visitor
from api.exact_json import exact_json
from api.pages.shell import address, number_in, page, page_address, scope_of, sliced
from api.pages.uploads import download, excel
from api.texts.words import day, number
from engine.errors import NotFound, NotPermitted
from engine.ports.outside import Cell
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle, CycleId
from engine.rules.deadlines import local_day
from engine.rules.dossiers import Dossier, WorkState
from engine.rules.permissions import may_read
from engine.rules.ranking_data import ranked as ranked_again
from engine.rules.ranking_spec import RankingSpec
from engine.rules.scores import Ranking
from engine.rules.text import fold
from engine.use_cases import runs
from engine.use_cases.rankings import published

router = APIRouter()
CyclePath = Annotated[int, Path(ge=1)]
LISTS = "/xep-hang"
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleRow:
    """A cycle whose units are ranked."""

    href: str
    title: str
    meta: tuple[str, ...]
    state: tuple[str, str]  #: words and tone


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRow:
    """One line of a list."""

    place: str
    name: str
    href: str  #: of the score sheet, for those who may read it
    points: str
    change: str
    note: str
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A cycle whose units are ranked, as a person may see it."""

    cycle: Cycle
    model: CycleModel
    spec: RankingSpec
    leads: bool  #: whether the person reads every dossier of the cycle
    dossiers: Mapping[str, Dossier]  #: by unit code: those that the person may read
    versions: Sequence[Ranking]  #: those that the person may see, the oldest first


@router.get(LISTS)
def all_lists(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Show every cycle whose units are ranked, the latest first."""
    rows = []
    for cycle in sorted(uow.cycles.all(), key=lambda c: (-c.year, c.model)):
        model = uow.models.get(cycle.version)
        if model.ranking is not None:
            rows.append(_cycle_row(cycle, model, _seen(uow, me, cycle, model)))
    return page(request, "xep_hang/list.html", me, uow, page_title="Xếp hạng", rows=rows)


@router.get(LISTS + "/{cycle_id:int}")
def one(request: Request, cycle_id: CyclePath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show one list, block by block: as draft to those who take part, to everybody once it is published."""
    found = ranked(uow, me, cycle_id)
    shown, block = _chosen(found, request.query_params.get("ban"), request.query_params.get("khoi"))
    text, base = request.query_params.get("q", "").strip(), f"{LISTS}/{cycle_id}"
    rows = _rows(found, shown, block, text) if shown is not None else []
    until, over = _until(uow, found, house.clock())
    part = sliced(len(rows), request.query_params.get("trang"), 200)
    kept = {
        "khoi": block,
        "q": text,
        "ban": shown.number if shown is not None and shown is not found.versions[-1] else "",
    }
    return page(
        request,
        "xep_hang/detail.html",
        me,
        uow,
        page_title=f"{found.spec.title} {found.cycle.year}",
        breadcrumbs=[("Xếp hạng", LISTS), (str(found.cycle.year), None)],
        found=found,
        shown=shown,
        sample=bool(shown is not None and shown.content["about"]["criteria"].get("sample")),
        decision=_decision(uow, shown),
        until=until,
        over=over,
        appeals=_appeals(uow, found),
        blocks=[
            (b.label, address(base, khoi=b.key, q=text, ban=kept["ban"]), b.key == block, None)
            for b in found.spec.blocks
        ],
        block=block,
        own=_own(me, found, shown),
        rows=rows[part.first : part.first + 200],
        text=text,
        total=len(rows),
        page_no=part.page,
        pages=part.pages,
        page_url=page_address(base, **kept),
        base=base,
        versions=[_version(base, v, v is shown) for v in reversed(found.versions)],
        files=[(name, address(f"{base}/{file}", **kept)) for name, file in _FILES] if shown is not None else [],
    )


@router.get(LISTS + "/{cycle_id:int}/xep-hang.xlsx")
def as_excel(request: Request, cycle_id: CyclePath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out one block of a list, whole, as an Excel file."""
    found = ranked(uow, me, cycle_id)
    shown, block = _chosen(found, request.query_params.get("ban"), request.query_params.get("khoi"))
    if shown is None:
        raise NotFound("Ranking", cycle_id)
    label = next(b.label for b in found.spec.blocks if b.key == block)
    heads = ("Hạng", "Mã", "Đơn vị", "Điểm", "Số bậc lên, xuống so với năm trước", "Ghi chú")
    listed: Sequence[Mapping[str, Any]] = shown.content["result"]["blocks"][block]
    rows: list[list[Cell]] = [
        [row["number"], row["key"], row["name"], row["points"], row["change"], row["reason"]] for row in listed
    ]
    title = f"{found.spec.title} {found.cycle.year}, {label}{'' if shown.published_at else ' (dự thảo)'}"
    return excel(house, title, heads, rows, f"xep-hang-{found.cycle.year}-{block}")


@router.get(LISTS + "/{cycle_id:int}/du-lieu.json")
def as_data(request: Request, cycle_id: CyclePath, me: Me, uow: Uow) -> Response:
    """Hand out everything that a list was made of: `chuky rank` makes the same list of it, byte by byte."""
    found = ranked(uow, me, cycle_id)
    shown, _ = _chosen(found, request.query_params.get("ban"), None)
    if shown is None:
        raise NotFound("Ranking", cycle_id)
    content = exact_json(data_of(shown, whole=found.leads), indent=2).encode()
    return download(content, f"xep-hang-{found.cycle.year}-ban-{shown.number}.json", JSON)


def data_of(shown: Ranking, *, whole: bool) -> dict[str, Any]:
    """What `chuky rank` asks, and what it rests on; the points of each criterion only for those who lead."""
    about = {**shown.content["about"], "version": shown.number, "content_sha256": shown.sha256}
    scores = about.pop("scores")
    about["scores"] = scores if whole else {unit: {**own, "lines": []} for unit, own in scores.items()}
    about["result_sha256"] = sha256(exact_json(ranked_again(shown.content["asked"]), indent=2).encode()).hexdigest()
    return {**shown.content["asked"], "about": about}


def ranked(uow: UnitOfWork, me: Visitor, cycle_id: int) -> Ranked:
    """A cycle with the versions of its list that the person may see; `NotFound` when its units are not ranked."""
    cycle = uow.cycles.get(CycleId(cycle_id))
    model = uow.models.get(cycle.version)
    if model.ranking is None:
        raise NotFound("Ranking", cycle_id)
    found = _seen(uow, me, cycle, model)
    if not found.versions and not found.dossiers and not found.leads:
        raise NotPermitted("not_your_unit", cycle=cycle_id)
    return found


def _seen(uow: UnitOfWork, me: Visitor, cycle: Cycle, model: CycleModel) -> Ranked:
    assert model.ranking is not None  # noqa: S101
    leads = may_read(me.actor, uow.units.path(cycle.unit_id))
    over = next((p.over for p in model.processes if p.unit_kind == model.lead_unit_kind and p.over), None)
    dossiers = _dossiers(uow, me, cycle, over, leads=leads)
    versions = uow.rankings.of_cycle(cycle.id)
    if not leads and not dossiers:
        versions = [version for version in versions if version.published_at is not None]
    return Ranked(cycle=cycle, model=model, spec=model.ranking, leads=leads, dossiers=dossiers, versions=versions)


def _dossiers(uow: UnitOfWork, me: Visitor, cycle: Cycle, process: str | None, *, leads: bool) -> dict[str, Dossier]:
    scope = scope_of(me.actor)
    found = {}
    for dossier in uow.dossiers.of_cycle(cycle.id):
        if dossier.process == process and (leads or _below(uow, scope, dossier)):
            found[uow.units.get(dossier.unit_id).code] = dossier
    return found


def _below(uow: UnitOfWork, scope: frozenset[Any], dossier: Dossier) -> bool:
    return dossier.unit_id in scope or any(unit.id in scope for unit in uow.units.path(dossier.unit_id))


def _cycle_row(cycle: Cycle, model: CycleModel, found: Ranked) -> CycleRow:
    out, last = published(found.versions), found.versions[-1] if found.versions else None
    if out is not None and out is last:
        state = ("Đã công bố", "good")
    elif last is not None:
        state = ("Dự thảo", "warn")
    else:
        state = ("Chưa lập", "quiet")
    ranks = sum(unit["points"] is not None for unit in last.content["asked"]["units"]) if last is not None else 0
    return CycleRow(
        href=f"{LISTS}/{cycle.id}",
        title=f"{found.spec.title} {cycle.year}",
        meta=(model.name, f"{ranks} đơn vị có hạng" if last is not None else ""),
        state=state,
    )


def _chosen(found: Ranked, version: str | None, block: str | None) -> tuple[Ranking | None, str]:
    """The version and block that an address asks for: else the latest version, and the block of the person's own unit."""
    wanted = number_in(version or "")
    shown = next((v for v in found.versions if v.number == wanted), found.versions[-1] if found.versions else None)
    keys = [b.key for b in found.spec.blocks]
    if block in keys:
        return shown, str(block)
    if shown is None or found.leads:
        return shown, keys[0]
    blocks: Mapping[str, Sequence[Mapping[str, Any]]] = shown.content["result"]["blocks"]
    own = (key for key in keys if any(row["key"] in found.dossiers for row in blocks.get(key, ())))
    return shown, next(own, keys[0])


def _rows(found: Ranked, shown: Ranking, block: str, text: str) -> list[PlaceRow]:
    listed: Sequence[Mapping[str, Any]] = shown.content["result"]["blocks"].get(block, ())
    return [_row(found, row) for row in listed if fold(text) in fold(f"{row['name']} {row['key']}")]


def _row(found: Ranked, row: Mapping[str, Any]) -> PlaceRow:
    dossier = found.dossiers.get(row["key"])
    return PlaceRow(
        place="–" if row["number"] is None else str(row["number"]),
        name=row["name"],
        href=f"{LISTS}/phieu-diem/{dossier.id}" if dossier is not None else "",
        points=points_text(row["points"]),
        change=change_text(row["change"]),
        note=row["reason"],
        own=dossier is not None and not found.leads,
    )


def points_text(points: Decimal | None) -> str:
    """Points as they are published: two decimals."""
    return "" if points is None else number(points, 2)


def change_text(change: int | None) -> str:
    """How many places a unit went up or down."""
    if change is None:
        return ""
    return f"lên {change}" if change > 0 else f"xuống {-change}" if change < 0 else "giữ nguyên"


def _own(me: Visitor, found: Ranked, shown: Ranking | None) -> list[tuple[str, str, str, list[str]]]:
    """Of each of the person's own units: name, addresses of sheet and dossier, and its places."""
    if shown is None or found.leads:
        return []
    blocks: Mapping[str, Sequence[Mapping[str, Any]]] = shown.content["result"]["blocks"]
    own = []
    for code, dossier in found.dossiers.items():
        if dossier.unit_id not in me.actor.units():
            continue
        rows = [(b.label, row) for b in found.spec.blocks for row in blocks.get(b.key, ()) if row["key"] == code]
        said = [
            _said(label, row, len(blocks[b.key])) for b in found.spec.blocks for label, row in rows if label == b.label
        ]
        name = next((row["name"] for _, row in rows), code)
        own.append((name, f"{LISTS}/phieu-diem/{dossier.id}", f"/ho-so/{dossier.id}", said))
    return own


def _said(label: str, row: Mapping[str, Any], count: int) -> str:
    if row["number"] is None:
        return f"{label}: chưa có hạng. {row['reason']}"
    change = change_text(row["change"])
    return f"{label}: hạng {row['number']} trên {count} đơn vị, {points_text(row['points'])} điểm" + (
        f" ({change} so với năm trước)" if change else ""
    )


def _decision(uow: UnitOfWork, shown: Ranking | None) -> tuple[str, str, str] | None:
    """Symbol, day and address of the decision by which it was published."""
    if shown is None or shown.decision_id is None:
        return None
    decision = uow.decisions.get(shown.decision_id)
    return decision.symbol, day(decision.dated), f"/van-ban/{decision.id}"


def _until(uow: UnitOfWork, found: Ranked, now: datetime) -> tuple[str, bool]:
    """The last day on which units may answer the draft, and whether it is over; a duration is counted from the first draft."""
    if found.spec.appeal is None or not found.versions:
        return "", False
    first = found.versions[0]
    instance = next(i for i in uow.instances.of_dossier(first.dossier_id))
    run = runs.look(uow, instance.id, now=now)
    deadline = run.deadlines.get(found.spec.appeal)
    last = run.counted(deadline, first.drafted_at, found.cycle.unit_id) if deadline is not None else None
    return (day(last), local_day(now) > last) if last is not None else ("", False)


def _appeals(uow: UnitOfWork, found: Ranked) -> list[tuple[str, str, str, str]]:
    """Which units have answered the draft: name, address, and how far the answer is with its tone."""
    items = uow.work.of_act(found.cycle.id, "answer_appeal")
    own = {dossier.id for dossier in found.dossiers.values()}
    said = {WorkState.DONE: ("Đã trả lời", "good"), WorkState.GONE: ("Không còn xem xét", "quiet")}
    return [
        (uow.units.get(i.subject_unit_id).name, f"/ho-so/{i.dossier_id}", *said.get(i.state, ("Đang xem xét", "warn")))
        for i in items
        if i.dossier_id in own
    ]


def _version(base: str, version: Ranking, current: bool) -> tuple[str, str, bool, None]:
    words = "đã công bố" if version.published_at is not None else "dự thảo"
    return f"Bản {version.number}, {words}", address(base, ban=version.number), current, None


_FILES = (("Xuất Excel", "xep-hang.xlsx"), ("Tải dữ liệu xếp hạng", "du-lieu.json"))
