"""How far is the city from what it set out to reach? All models of a year, one model over the years, as pages and Excel."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from api.actor import Me, TheHouse, Uow, Visitor
from api.charts import PathPoint, path_chart
from api.pages.shell import address, number_in, page, today_of
from api.pages.uploads import excel
from api.texts.aims import counted_text, gap_reason, reached_text, target_text, verdict_text, years_text
from api.texts.words import number
from engine.errors import NotFound, NotPermitted
from engine.ports.outside import Cell
from engine.rules.cycle_models import CycleModel
from engine.rules.permissions import READERS
from engine.rules.targets import Gap, Measure, Target, reached, shown
from engine.use_cases.targets import Line, latest_models, lines, years_of

router = APIRouter()
TARGETS, FIGURES, TITLES = "/chi-tieu", "/so-lieu", "/chi-tieu/danh-hieu"
HEADS = (
    "Mô hình", "Chỉ tiêu", "Năm", "Mức", "Thực hiện", "Số thực hiện", "Tổng số", "Số gốc", "Đơn vị tính", "Kết quả",
    "Lý do chưa kết luận", "Cách có số liệu", "Nguồn nói", "Nguồn", "Ghi chú",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One target of one year as its row shows it."""

    title: str
    href: str
    meta: tuple[str, ...]
    tag: tuple[str, str]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class YearRow:
    """One year of one indicator."""

    year: int
    target: str
    reached: str
    tag: tuple[str, str]
    how: tuple[str, ...]
    each: tuple[tuple[str, str, tuple[str, str]], ...]  #: unit, what it reached, what is said


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorView:
    """One indicator over the years."""

    id: str
    label: str
    note: str
    said: tuple[str, ...]  #: what the source says, once for each of its targets
    chart: Markup | None
    rows: tuple[YearRow, ...]
    enter: str  #: where its figures are entered; empty: the cycle counts


@router.get(TARGETS)
def overview(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show what every model is to reach in a year, and what it reached."""
    check_reader(me)
    today = today_of(house.clock())
    models = latest_models(uow)
    years = sorted({year for model in models for year in years_of(model, today)} | {today.year})
    year = number_in(request.query_params.get("nam", "")) or today.year
    found = lines(uow, models, [year], today=today, targeted=True)
    groups = [(model, [_row(line) for line in found if line.model.key == model.key]) for model in models]
    return page(
        request,
        "chi_tieu/list.html",
        me,
        uow,
        page_title=f"Chỉ tiêu năm {year}",
        parts=parts(TARGETS),
        years=[(str(one), address(TARGETS, nam=one), one == year, None) for one in years],
        year=year,
        stats=_stats(found),
        groups=[(model.name, f"{TARGETS}/mo-hinh/{model.key}", rows) for model, rows in groups if rows],
        export=address(f"{TARGETS}.xlsx", nam=year),
        export_all=f"{TARGETS}.xlsx",
    )


@router.get(TARGETS + ".xlsx")
def as_excel(request: Request, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the targets of the year that is asked for, else of every year, as an Excel file."""
    check_reader(me)
    today = today_of(house.clock())
    asked = number_in(request.query_params.get("nam", ""))
    rows: list[list[Cell]] = []
    for model in latest_models(uow):
        found = lines(uow, [model], [asked] if asked else years_of(model, today), today=today)
        rows += [_cells(line) for line in found if line.target is not None or line.gathered.figure.value is not None]
    name = f"chi-tieu-{asked}" if asked else "chi-tieu"
    return excel(house, f"Chỉ tiêu năm {asked}" if asked else "Chỉ tiêu các năm", HEADS, rows, name)


@router.get(TARGETS + "/mo-hinh/{key}")
def of_model(request: Request, key: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show every indicator of a model over the years."""
    check_reader(me)
    today = today_of(house.clock())
    model = next((model for model in latest_models(uow) if model.key == key), None)
    if model is None:
        raise NotFound("model", key)
    by_indicator: dict[str, list[Line]] = {}
    for line in lines(uow, [model], years_of(model, today), today=today):
        by_indicator.setdefault(line.indicator.key, []).append(line)
    return page(
        request,
        "chi_tieu/model.html",
        me,
        uow,
        page_title=f"Chỉ tiêu – {model.name}",
        breadcrumbs=[("Chỉ tiêu", TARGETS), (model.name, None)],
        model=model,
        indicators=[_indicator(model, own) for own in by_indicator.values()],
    )


def check_reader(me: Visitor) -> None:
    """Refuse who reads nothing of any unit."""
    if not me.actor.holds_anywhere(*READERS):
        raise NotPermitted("no_scope")


def parts(current: str) -> list[tuple[str, str, bool, None]]:
    """The screens about targets, as quick links."""
    named = (("Chỉ tiêu", TARGETS), ("Số liệu", FIGURES), ("Danh hiệu", TITLES))
    return [(text, href, href == current, None) for text, href in named]


def _stats(found: Sequence[Line]) -> list[tuple[str, str, str, str, str]]:
    said = [line.verdict.met if line.verdict else None for line in found]
    met, missed = said.count(True), said.count(False)
    return [
        (str(len(said)), "Chỉ tiêu của năm", "", "", ""),
        (str(met), "Đạt", "", "good" if met else "", ""),
        (str(missed), "Chưa đạt", "", "late" if missed else "", ""),
        (str(len(said) - met - missed), "Chưa kết luận được", "", "", "lý do ghi ở từng dòng"),
    ]


def _row(line: Line) -> Row:
    assert line.target is not None  # noqa: S101  # lines without a target were left out
    reached_now = _reached(line)
    return Row(
        title=line.target.label,
        href=f"{TARGETS}/mo-hinh/{line.model.key}#{line.indicator.key}",
        meta=(
            f"Mức: {target_text(line.target)}",
            f"Thực hiện: {reached_now}" if reached_now else "",
            counted_text(line.gathered),
            f"Ghi chú: {line.target.note}" if line.target.note else "",
        ),
        tag=verdict_text(line.verdict),
        reason=gap_reason(line.verdict, line.indicator),
    )


def _indicator(model: CycleModel, own: Sequence[Line]) -> IndicatorView:
    indicator = own[-1].indicator
    sign = "%" if indicator.measure in (Measure.PERCENT, Measure.REDUCTION) else ""
    points = [point_of(line) for line in own]
    drawn = [p for p in points if p.target is not None or p.reached is not None]
    notes = dict.fromkeys(
        note for line in own for note in (line.indicator.note, line.target.note if line.target else "") if note
    )
    return IndicatorView(
        id=indicator.key,
        label=indicator.label,
        note=" ".join(notes),
        said=tuple(dict.fromkeys(_said(line.target) for line in own if line.target)),
        chart=path_chart(f"Lộ trình: {indicator.label}", drawn, sign=sign) if len(drawn) > 1 else None,
        rows=tuple(_year_row(line) for line in own if line.target or line.gathered.figure.value is not None),
        enter="" if indicator.origin else f"{FIGURES}/{model.key}/{indicator.key}",
    )


def _said(target: Target) -> str:
    return f"{target.source}: “{target.wording}” ({target_text(target)}, {years_text(target)})"


def point_of(line: Line) -> PathPoint:
    """One year of an indicator's path."""
    exact = reached(line.indicator.measure, line.gathered.figure)
    weakest = line.verdict.reached if line.verdict and line.each else None
    text, tone = verdict_text(line.verdict)
    return PathPoint(
        label=str(line.year),
        target=line.target.value if line.target else None,
        target_text=target_text(line.target) if line.target else "",
        reached=weakest if line.each else None if isinstance(exact, Gap) else shown(exact),
        reached_text=_reached(line),
        said=text,
        tone=tone,
    )


def _year_row(line: Line) -> YearRow:
    target, gathered = line.target, line.gathered
    of_units = reached_text(line.indicator, gathered.of_units) if gathered.of_units else ""
    how = (
        counted_text(gathered),
        f"gộp số của các đơn vị: {of_units}" if of_units else "",
        gap_reason(line.verdict, line.indicator),
    )
    return YearRow(
        year=line.year,
        target=target_text(target) if target else "–",
        reached=_reached(line),
        tag=verdict_text(line.verdict),
        how=tuple(text for text in how if text),
        each=tuple(
            (unit.name, _each_text(verdict.reached, line), verdict_text(verdict)) for unit, verdict in line.each
        ),
    )


def _reached(line: Line) -> str:
    if line.each and line.verdict is not None:
        return f"thấp nhất {_each_text(line.verdict.reached, line)}" if line.verdict.reached is not None else ""
    return reached_text(line.indicator, line.gathered.figure)


def _each_text(value: Decimal | None, line: Line) -> str:
    if value is None:
        return "chưa có số liệu"
    return number(value) + ("%" if line.indicator.measure is Measure.PERCENT else "")


def _cells(line: Line) -> list[Cell]:
    target, figure = line.target, line.gathered.figure
    return [
        line.model.name,
        target.label if target else line.indicator.label,
        line.year,
        target_text(target) if target else "",
        _reached(line),
        figure.value,
        figure.whole,
        figure.baseline,
        line.indicator.unit,
        verdict_text(line.verdict)[0],
        gap_reason(line.verdict, line.indicator),
        counted_text(line.gathered),
        target.wording if target else "",
        target.source if target else "",
        target.note if target else line.indicator.note,
    ]
