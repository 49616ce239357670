"""How does a unit stand? Its people, titles since when by which decision, results by year, former names, units below."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse

from api.actor import Me, TheHouse, Uow, Visitor
from api.pages.shell import PAGE_SIZE, Slice, page, page_address, sliced, today_of
from api.texts import label
from api.texts.words import day, number
from engine.errors import NotFound
from engine.ports.queries import AuditFilter, UnitRow
from engine.ports.queries_admin import HeldTitle, ResultRow, UnitFilter
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.permissions import ADMINISTRATOR, OFFICER, READERS, SECRETARY, check_may_read
from engine.rules.units import Unit, UnitId
from engine.use_cases import absences, people
from engine.use_cases.accounts import may_manage
from engine.use_cases.arranging import may_arrange

router = APIRouter()
UnitPath = Annotated[int, Path(ge=1)]
UNITS = "/don-vi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A person of the unit as readers see them."""

    position_id: int
    account_id: int
    full_name: str
    role: str
    since: date
    until: date | None
    note: str  #: for those who look after accounts: has no password yet, is closed
    place: str  #: how the page on absences names the position, for those who may hand its work over


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the results by year."""

    title: str
    href: str
    tag: tuple[str, str]
    meta: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleLine:
    """A title as one sentence with the decision that confers it."""

    name: str
    holder: str
    since: date
    text: str
    href: str
    tone: str


@router.get(UNITS + "/{unit_id:int}")
def show(request: Request, unit_id: UnitPath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show a unit with everything that is known of it."""
    unit, path = readable(uow, me, unit_id)
    now = house.clock()
    part, below = _below(request, uow, unit)
    managing = may_manage(me.actor, path)
    standing_in = bool(absences.arranged(uow, [unit.id], actor=me.actor))
    holders = _holders(uow, unit, managing=managing, standing_in=standing_in)
    today = today_of(now)
    arranging = may_arrange(me.actor, path)
    return page(
        request,
        "don_vi/detail.html",
        me,
        uow,
        page_title=unit.name,
        breadcrumbs=crumbs(me, path),
        unit=unit,
        facts=_facts(uow, unit, path),
        successor=uow.units.get(unit.successor_id) if unit.successor_id else None,
        holders=[h for h in holders if h.until is None or h.until >= today],
        former=[h for h in holders if h.until is not None and h.until < today],
        titles=_titles(uow, unit, today),
        results=_results(uow, unit),
        below=below,
        page_no=part.page,
        pages=part.pages,
        total=part.total,
        page_url=page_address(f"{UNITS}/{unit.id}") + "#truc-thuoc",
        may_manage=managing and unit.until_day is None,
        may_arrange=arranging and unit.until_day is None,
        may_rename=arranging,
        # A unit with a cohort registers itself; nothing stands below it.
        may_add=may_arrange(me.actor, (unit, *path)) and unit.until_day is None and unit.cohort is None,
        manages_below=_manages_below(me, unit.id) and part.total > 0,
    )


def readable(uow: UnitOfWork, me: Visitor, unit_id: int) -> tuple[Unit, tuple[Unit, ...]]:
    """The unit with its path, when the person may read it; else `NotPermitted` or `NotFound`."""
    path = uow.units.path(UnitId(unit_id))
    if not path:
        raise NotFound("Unit", unit_id)
    check_may_read(me.actor, path)
    return path[0], path


def crumbs(me: Visitor, path: Sequence[Unit], *more: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    """The way to a unit, through the superiors that the person may read."""
    seen = [unit for place, unit in enumerate(path) if any(me.actor.holds(u.id, *READERS) for u in path[place:])]
    way: list[tuple[str, str | None]] = [("Đơn vị", UNITS)]
    way += [(unit.name, f"{UNITS}/{unit.id}") for unit in reversed(seen)]
    if not more:
        way[-1] = (way[-1][0], None)
    return [*way, *more]


def manages_somebody(uow: UnitOfWork, me: Visitor) -> bool:
    """Whether the person looks after the accounts of some unit."""
    below = people.managed_units(me.actor)
    return below is None or any(uow.units.children(unit) for unit in below)


def adds_units(uow: UnitOfWork, me: Visitor) -> bool:
    """Whether the person may add units somewhere: administrators, and officers and secretaries above others."""
    if me.actor.holds_anywhere(ADMINISTRATOR):
        return True
    holding = {unit for unit, role in me.actor.positions if role in (OFFICER, SECRETARY)}
    return any(uow.units.children(unit) for unit in holding)


def row_meta(uow: UnitOfWork, row: UnitRow, *, parent: bool) -> tuple[str, ...]:
    """The second line of a unit's row."""
    texts = [row.code, uow.words.label("unit_kind", row.kind)]
    texts += [uow.words.label("cohort", row.cohort)] if row.cohort else []
    texts += [row.parent] if parent and row.parent else []
    texts += [f"{number(row.below)} đơn vị trực thuộc"] if row.below else []
    texts.append(f"{number(row.people)} người giữ chức vụ" if row.people else "chưa có người giữ chức vụ")
    return tuple(texts)


def _below(request: Request, uow: UnitOfWork, unit: Unit) -> tuple[Slice, list[tuple[UnitRow, tuple[str, ...]]]]:
    wanted = UnitFilter(scope={unit.id}, parent_id=unit.id)
    total = uow.admin.units(wanted, limit=1)[1]
    part = sliced(total, request.query_params.get("trang"))
    rows, _ = uow.admin.units(wanted, limit=PAGE_SIZE, offset=part.first)
    return part, [(row, row_meta(uow, row, parent=False)) for row in rows]


def _facts(uow: UnitOfWork, unit: Unit, path: Sequence[Unit]) -> list[tuple[str, str]]:
    found = [
        ("Mã đơn vị", unit.code),
        ("Loại", uow.words.label("unit_kind", unit.kind)),
        ("Khối đối tượng", uow.words.label("cohort", unit.cohort) if unit.cohort else ""),
        ("Trực thuộc", path[1].name if len(path) > 1 else ""),
        ("Ký hiệu văn bản", unit.symbol),
        ("Địa danh", unit.place),
        ("Hoạt động từ", day(unit.from_day)),
        ("Kết thúc hoạt động", f"hết ngày {day(unit.until_day)}" if unit.until_day else ""),
        ("Tên trước đây", _former_names(uow, unit)),
    ]
    return [(name, value) for name, value in found if value]


def _former_names(uow: UnitOfWork, unit: Unit) -> str:
    lines = uow.queries.audit(AuditFilter(unit_id=unit.id, event="unit_renamed"), limit=20)
    known = [entry.line for entry in lines if entry.line is not None]
    return "; ".join(f"{(line.facts or {}).get('old', '')} (đến ngày {day(line.at)})" for line in known)


def _holders(uow: UnitOfWork, unit: Unit, *, managing: bool, standing_in: bool) -> list[Holder]:
    rows = uow.queries.people({unit.id}, exactly=True)
    order = {role: place for place, role in enumerate(uow.words.codes("role"))}
    rows = sorted(rows, key=lambda row: order.get(row.role, len(order)))
    return [
        Holder(
            position_id=row.position_id,
            account_id=row.account_id,
            full_name=row.full_name,
            role=uow.words.label("role", row.role),
            since=row.from_day,
            until=row.until_day,
            note=account_note(row.disabled_at, has_password=row.has_password) if managing else "",
            place=f"{unit.id}.{row.account_id}.{row.role}" if standing_in else "",
        )
        for row in rows
    ]


def account_note(disabled_at: datetime | None, *, has_password: bool) -> str:
    """How an account stands, for those who look after it; empty when all is well."""
    if disabled_at is not None:
        return "đã khóa"
    return "" if has_password else "chưa đặt mật khẩu"


def _titles(uow: UnitOfWork, unit: Unit, today: date) -> list[TitleLine]:
    held = uow.admin.titles(unit.id)
    frozen = uow.remedies.frozen({title.decision_id for title in held})
    return [_title(uow, title, today, frozen=title.decision_id in frozen) for title in held]


def _title(uow: UnitOfWork, title: HeldTitle, today: date, *, frozen: bool) -> TitleLine:
    model = uow.models.get(title.version)
    name = next((t.name for t in model.titles if t.key == title.key), title.key)
    over = title.until_day is not None and title.until_day < today
    text = f"năm {title.year}, từ ngày {day(title.from_day)}"
    text += f" đến hết ngày {day(title.until_day)}" if title.until_day else ""
    text += f"; bị hủy bỏ từ ngày {day(title.cancelled_on)}" if title.cancelled_on else ""
    text += "; tạm dừng sử dụng: quyết định đang được xem xét thu hồi" if frozen else ""
    return TitleLine(
        name=name,
        holder=title.member_name,
        since=title.from_day,
        text=f"{text}; Quyết định số {title.symbol}{f' ngày {day(title.dated)}' if title.dated else ''}",
        href=f"/van-ban/{title.decision_id}",
        tone="late" if title.cancelled_on or frozen else "" if over else "good",
    )


def _results(uow: UnitOfWork, unit: Unit) -> list[Result]:
    return [_result(uow, row) for row in uow.admin.results(unit.id)]


def _result(uow: UnitOfWork, row: ResultRow) -> Result:
    model = uow.models.get(row.version)
    criteria = model.criteria_for(row.year)
    band = next((b.label for b in criteria.bands if b.key == row.band), row.band or "") if criteria else ""
    meta = (
        *_which(model, row),
        f"{number(row.score.normalize() + 0)} điểm" if row.score is not None else "",
        band,
        f"{number(row.member_count)} đoàn viên đăng ký" if row.member_count else "",
        f"đăng ký muộn {number(row.days_late)} ngày" if row.days_late else "",
    )
    return Result(
        title=f"Năm {row.year} – {row.model_name}",
        href=f"/ho-so/{row.dossier_id}",
        tag=(label("dossier_state", row.state.value), label("dossier_state_tone", row.state.value)),
        meta=tuple(text for text in meta if text),
    )


def _which(model: CycleModel, row: ResultRow) -> list[str]:
    """What tells a unit's dossiers of one cycle apart: their process, and the deadline group."""
    spec = model.process(row.process)
    beside = [p for p in model.processes if p.scope != "demand" and p.setting is None and p.unit_kind == spec.unit_kind]
    found = [spec.label] if len(beside) > 1 else []
    if spec.scope == "group":
        found += [group.label for group in model.groups if group.key == row.group]
    return found


def _manages_below(me: Visitor, unit_id: UnitId) -> bool:
    below = people.managed_units(me.actor)
    return below is None or unit_id in below
