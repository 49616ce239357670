"""Who holds which title? For everybody by unit, and for those who read units with what runs out, as pages and Excel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.datastructures import QueryParams
from starlette.responses import HTMLResponse, Response

from api.actor import Anybody, Me, TheHouse, Uow, Visitor, narrowed
from api.charts import path_chart
from api.pages.shell import PAGE_SIZE, address, page, page_address, scope_of, sliced, today_of
from api.pages.targets import TARGETS, TITLES, check_reader, parts, point_of
from api.pages.uploads import excel
from api.texts import label
from api.texts.words import day
from api.view import show
from engine.ports.outside import Cell
from engine.ports.store import UnitOfWork
from engine.ports.titles import TitleFilter, TitleRow, TitleState
from engine.rules.cycle_models import CycleModel
from engine.rules.figures import Origin
from engine.rules.titles import ENDING_DAYS
from engine.use_cases.targets import latest_models, lines, years_of

router, open_router = APIRouter(), APIRouter(include_in_schema=False)
PUBLIC = "/danh-hieu"
EVERYTHING = 100_000
HEADS = (
    "STT", "Danh hiệu", "Đơn vị", "Mã đơn vị", "Trực thuộc", "Người giữ", "Giữ từ ngày", "Quyết định", "Ngày công nhận",
    "Hết hạn sau ngày", "Tình trạng",
)  # fmt: skip
#: Names of titles: (model, key) → name.
Names = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many hold one title, year by year, against its target."""

    name: str
    chart: Markup | None
    said: str  #: this year's figure and target
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One title of a list."""

    title: str
    href: str
    meta: tuple[str, ...]
    tag: tuple[str, str]


@open_router.get(PUBLIC)
def public(request: Request, visitor: Anybody, house: TheHouse) -> HTMLResponse:
    """List the units that hold titles today, for everybody; no names of persons."""
    asked, today = request.query_params, today_of(house.clock())
    with house.read_uow() as uow:
        narrowed(uow, None)
        names = _names(uow, holder="unit")
        wanted = _wanted(asked, today, None, state=TitleState.HELD)
        wanted = replace(wanted, members=False)
        part = sliced(uow.titles.page(wanted, limit=1).total, asked.get("trang"))
        rows = uow.titles.page(wanted, limit=PAGE_SIZE, offset=part.first).rows
    kept = {name: asked.get(name, "")[:200] for name in ("q", "dh")}
    return show(
        request,
        "danh_hieu/public.html",
        visitor,
        page_title="Danh hiệu",
        asked=kept,
        filtered=any(kept.values()),
        choices=_choices(names),
        lines=[_public_line(row, names) for row in rows],
        total=part.total,
        page_no=part.page,
        pages=part.pages,
        page_url=page_address(PUBLIC, **kept),
    )


@router.get(TITLES)
def listing(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """List the titles of units that one reads, with what runs out, and how far the city is with each."""
    check_reader(me)
    asked, today = request.query_params, today_of(house.clock())
    names = _names(uow)
    wanted = _wanted(asked, today, me)
    part = sliced(uow.titles.page(wanted, limit=1).total, asked.get("trang"))
    rows = uow.titles.page(wanted, limit=PAGE_SIZE, offset=part.first).rows
    kept = {name: asked.get(name, "") for name in ("q", "dh", "tt")}
    ending = uow.titles.page(TitleFilter(day=today, scope=scope_of(me.actor), state=TitleState.ENDING), limit=1).total
    return page(
        request,
        "danh_hieu/list.html",
        me,
        uow,
        page_title="Danh hiệu",
        parts=parts(TITLES),
        asked=kept,
        filtered=any(kept.values()),
        choices=_choices(names),
        states=[("", "Mọi tình trạng"), *((s.value, label("title_state", s.value)) for s in TitleState)],
        lines=[_line(row, names, today) for row in rows],
        total=part.total,
        ending=ending,
        ending_href=address(TITLES, tt=TitleState.ENDING.value),
        coverage=[] if any(kept.values()) or part.page > 1 else _coverage(uow, today),
        export=address(f"{TITLES}.xlsx", **kept) if part.total else "",
        page_no=part.page,
        pages=part.pages,
        page_url=page_address(TITLES, **kept),
    )


@router.get(TITLES + ".xlsx")
def as_excel(request: Request, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the same list, whole, as an Excel file."""
    check_reader(me)
    today, names = today_of(house.clock()), _names(uow)
    found = uow.titles.page(_wanted(request.query_params, today, me), limit=EVERYTHING).rows
    rows = [_cells(place, row, names, today) for place, row in enumerate(found, 1)]
    return excel(house, f"Danh hiệu, ngày {day(today)}", HEADS, rows, "danh-hieu")


def _wanted(asked: QueryParams, today: date, me: Visitor | None, state: TitleState | None = None) -> TitleFilter:
    model, _, key = asked.get("dh", "")[:200].partition("/")
    chosen = asked.get("tt", "")
    return TitleFilter(
        day=today,
        scope=scope_of(me.actor) if me is not None else None,
        state=state or (TitleState(chosen) if chosen in tuple(TitleState) else None),
        model=model,
        key=key,
        text=asked.get("q", "")[:200].strip(),
    )


def _names(uow: UnitOfWork, holder: str = "") -> Names:
    return {
        (model.key, spec.key): spec.name
        for model in _models(uow)
        for spec in model.titles
        if holder in ("", spec.holder)
    }


def _models(uow: UnitOfWork) -> Sequence[CycleModel]:
    return [model for key in uow.models.keys() if (model := uow.models.latest(key)) is not None]  # noqa: SIM118  # not a mapping


def _choices(names: Names) -> list[tuple[str, str]]:
    return [("", "Mọi danh hiệu"), *((f"{model}/{key}", name) for (model, key), name in names.items())]


def _name(row: TitleRow, names: Names) -> str:
    return names.get((row.model, row.key), row.key)


def _public_line(row: TitleRow, names: Names) -> Line:
    return Line(
        title=row.unit,
        href=f"/kiem-tra/{row.code}",
        meta=(
            _name(row, names),
            row.superior or "",
            f"từ {day(row.since)}",
            f"đến hết {day(row.until_day)}" if row.until_day else "",
            f"quyết định {row.symbol}",
        ),
        tag=("Đang giữ", "good"),
    )


def _line(row: TitleRow, names: Names, today: date) -> Line:
    state = _state(row, today)
    return Line(
        title=f"{row.member_name} – {row.unit}" if row.member_name else row.unit,
        href=f"/van-ban/{row.decision_id}",
        meta=(
            _name(row, names),
            row.superior or "",
            f"từ {day(row.since)}",
            f"hết hạn sau {day(row.until_day)}" if row.until_day else "",
            f"hủy bỏ từ {day(row.cancelled_on)}" if row.cancelled_on else "",
            f"quyết định {row.symbol}",
        ),
        tag=(label("title_state", state.value), label("title_state_tone", state.value)),
    )


def _state(row: TitleRow, today: date) -> TitleState:
    if row.cancelled_on is not None and row.cancelled_on <= today:
        return TitleState.CANCELLED
    if row.until_day is None or row.until_day >= today:
        near = row.until_day is not None and (row.until_day - today).days <= ENDING_DAYS
        return TitleState.ENDING if near else TitleState.HELD
    return TitleState.ENDED


def _cells(place: int, row: TitleRow, names: Names, today: date) -> list[Cell]:
    return [
        place,
        _name(row, names),
        row.unit,
        row.unit_code,
        row.superior or "",
        row.member_name or "tập thể",
        row.since,
        row.symbol,
        row.from_day,
        row.until_day,
        label("title_state", _state(row, today).value),
    ]


def _coverage(uow: UnitOfWork, today: date) -> list[Coverage]:
    """For each title that an indicator counts: its holders year by year, against the target."""
    found: list[Coverage] = []
    for model in latest_models(uow):
        counted = [own for own in model.indicators if own.origin is Origin.TITLED_UNITS]
        if not counted:
            continue
        rows = lines(uow, [model], years_of(model, today), today=today)
        for own in counted:
            points = [point_of(line) for line in rows if line.indicator.key == own.key]
            drawn = [point for point in points if point.target is not None or point.reached is not None]
            now = next((point for point in points if point.label == str(today.year)), None)
            found.append(
                Coverage(
                    name=own.label,
                    chart=path_chart(f"Độ phủ: {own.label}", drawn, sign="%") if drawn else None,
                    said=now.reached_text if now else "",
                    href=f"{TARGETS}/mo-hinh/{model.key}#{own.key}",
                )
            )
    return found
