"""Where are figures entered and corrected? By indicator, unit and period, each with its source and every earlier row."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.forms.cells import clean_text, read_number
from api.pages.asking import refused
from api.pages.shell import address, number_in, page, said, today_of
from api.pages.targets import FIGURES, TARGETS, parts
from api.texts import label
from api.texts.aims import quarter_text, reached_text
from api.texts.words import number
from engine.errors import FieldError, Invalid, NotFound, NotPermitted
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.figures import QUARTERS, WHOLE_YEAR, Entry, Indicator, Part, Period
from engine.rules.permissions import READERS
from engine.rules.targets import Measure
from engine.rules.units import Unit, UnitId
from engine.use_cases import figures
from engine.use_cases.figures import FIRST_YEAR, LAST_YEAR, Stated
from engine.use_cases.targets import latest_models, years_of

router = APIRouter()
#: Where figures come in by lists (`figure_lists`).
LISTS = "/nhap-so-lieu"
_FIELDS = {"value": "gia_tri", "whole": "tong_so", "baseline": "so_goc", "source": "nguon", "year": "nam",
           "quarter": "quy"}  # fmt: skip
_BOXES: Mapping[Part, str] = {Part.VALUE: "gia_tri", Part.WHOLE: "tong_so", Part.BASELINE: "so_goc"}


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorLine:
    """An indicator that the person may state figures of."""

    label: str
    href: str
    meta: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One number of a form."""

    name: str
    title: str
    hint: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """One row of a figure's past."""

    entry: Entry
    numbers: str
    stands: bool


@router.get(FIGURES)
def listing(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show the indicators that the person may state figures of."""
    check_reader(me)
    year = _year(request, today_of(house.clock()).year)
    groups = []
    for model in latest_models(uow):
        found = [_line(model, own, year) for own in model.indicators if _units(uow, me, model, own, year)]
        groups += [(model.name, found, f"{LISTS}/{model.key}/{year}")] if found else []
    return page(
        request, "so_lieu/list.html", me, uow, page_title="Số liệu", parts=parts(FIGURES), groups=groups, year=year
    )


@router.get(FIGURES + "/{key}/{indicator}")
def grid(request: Request, key: str, indicator: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show the figures of one indicator in a year, unit by unit."""
    check_reader(me)
    today = today_of(house.clock())
    year = _year(request, today.year)
    model, own = _known(uow, key, indicator, year)
    units = _units(uow, me, model, own, year)
    if not units:
        raise NotPermitted("not_your_figure", unit=None)
    standing = {(e.unit_id, e.quarter): e for e in uow.figures.standing([key], year, year) if e.indicator == indicator}
    periods = [*QUARTERS, WHOLE_YEAR] if own.quarterly else [WHOLE_YEAR]
    return page(
        request,
        "so_lieu/grid.html",
        me,
        uow,
        page_title=own.label,
        breadcrumbs=[("Số liệu", address(FIGURES, nam=year)), (own.label, None)],
        model=model,
        indicator=own,
        year=year,
        years=[(str(y), address(request.url.path, nam=y), y == year, None) for y in _years(model, today)],
        heads=["Đơn vị", *(_period_text(year, quarter) for quarter in periods)],
        rows=[
            [unit.name, *(_cell(model, own, unit, year, q, standing.get((unit.id, q))) for q in periods)]
            for unit in units
        ],
        target=f"{TARGETS}/mo-hinh/{key}#{indicator}",
    )


@router.get(FIGURES + "/{key}/{indicator}/{unit_id:int}")
def ask(request: Request, key: str, indicator: str, unit_id: int, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show one figure with its past, to be entered or corrected."""
    check_reader(me)
    period = _period(request.query_params.get("nam", ""), request.query_params.get("quy", ""), house)
    model, own, unit = _may(uow, me, key, indicator, unit_id, period.year)
    past = uow.figures.history(key, own.key, unit.id, period.year, period.quarter)
    return _page(request, me, uow, model, own, unit, period, past, _values(past), {})


@router.post(FIGURES + "/{key}/{indicator}/{unit_id:int}")
def keep(
    request: Request, key: str, indicator: str, unit_id: int, me: Me, form: Form, uow: Uow, house: TheHouse
) -> Response:
    """Keep a figure, its correction, or that it is taken back."""
    period = _period(form.text("nam"), form.text("quy"), house)
    model, own, unit = _may(uow, me, key, indicator, unit_id, period.year)
    past = uow.figures.history(key, own.key, unit.id, period.year, period.quarter)
    try:
        figures.state(uow, model, _stated(own, unit, period, form, past), actor=me.actor, now=house.clock())
    except Invalid as refusal:
        values = {name: form.text(name) for name in (*_BOXES.values(), "nguon", "so_van_ban", "bo")}
        return _page(request, me, uow, model, own, unit, period, past, values, refused(refusal, _FIELDS), status=422)
    return said(address(f"{FIGURES}/{key}/{own.key}", nam=period.year), "da-luu")


def check_reader(me: Visitor) -> None:
    """Refuse who reads no unit."""
    if not me.actor.holds_anywhere(*READERS):
        raise NotPermitted("no_scope")


def _known(uow: UnitOfWork, key: str, indicator: str, year: int) -> tuple[CycleModel, Indicator]:
    """The model as it holds in the year, and its indicator; `NotFound` where there is none, or the cycle counts it."""
    model = known_model(uow, key, year)
    own = model.indicator(indicator)
    if own is None or own.origin is not None:
        raise NotFound("indicator", f"{key}/{indicator}")
    return model, own


def known_model(uow: UnitOfWork, key: str, year: int) -> CycleModel:
    """The model as it holds in the year; `NotFound` where there is none."""
    cycle = uow.cycles.find(key, year)
    model = uow.models.get(cycle.version) if cycle is not None else uow.models.latest(key)
    if model is None:
        raise NotFound("model", key)
    return model


def _may(
    uow: UnitOfWork, me: Visitor, key: str, indicator: str, unit_id: int, year: int
) -> tuple[CycleModel, Indicator, Unit]:
    model, own = _known(uow, key, indicator, year)
    unit = uow.units.get(UnitId(unit_id))
    figures.check_may_state(uow, model, own, unit, year, me.actor)
    return model, own, unit


def _units(uow: UnitOfWork, me: Visitor, model: CycleModel, own: Indicator, year: int) -> list[Unit]:
    """The units whose figures of the indicator the person may state; the lead unit first."""
    if own.origin is not None:
        return []
    mine = [uow.units.get(unit) for unit in sorted(me.actor.units())]
    lead = figures.lead_units(uow, model, year)
    if not any(figures.may_state(uow, model, own, unit, year, me.actor) for unit in (*lead, *mine)):
        return []
    below = [u for u in uow.figures.units_of(own.unit_kinds) if u.until_day is None] if own.unit_kinds else []
    return [unit for unit in dict.fromkeys((*lead, *below)) if figures.may_state(uow, model, own, unit, year, me.actor)]


def _line(model: CycleModel, own: Indicator, year: int) -> IndicatorLine:
    return IndicatorLine(
        label=own.label,
        href=address(f"{FIGURES}/{model.key}/{own.key}", nam=year),
        meta=("theo quý" if own.quarterly else "theo năm", own.unit),
    )


def _cell(model: CycleModel, own: Indicator, unit: Unit, year: int, quarter: int, entry: Entry | None) -> Markup:
    href = address(f"{FIGURES}/{model.key}/{own.key}/{unit.id}", nam=year, quy=quarter or None)
    shown = (_numbers(own, entry) if entry is not None else "") or "Nhập"
    named = f"{shown}: {unit.name}, {_period_text(year, quarter)}"
    return Markup('<a href="{}" aria-label="{}">{}</a>').format(href, named, shown)


def _numbers(own: Indicator, entry: Entry) -> str:
    """A figure in one line; parts without a value name themselves."""
    if entry.value is not None:
        return reached_text(own, entry.figure) or number(entry.value)
    parts_of = [(part, getattr(entry, part.value)) for part in (Part.WHOLE, Part.BASELINE)]
    return "; ".join(f"{label('figure_part', part.value).lower()} {number(v)}" for part, v in parts_of if v is not None)


def _year(request: Request, this: int) -> int:
    asked = number_in(request.query_params.get("nam", ""))
    return asked if asked is not None and FIRST_YEAR <= asked <= LAST_YEAR else this


def _years(model: CycleModel, today: date) -> Iterable[int]:
    return range(min(years_of(model, today)), today.year + 2)


def _period(year: str, quarter: str, house: TheHouse) -> Period:
    asked = number_in(year)
    return Period(year=asked if asked is not None else today_of(house.clock()).year, quarter=number_in(quarter) or 0)


def _period_text(year: int, quarter: int) -> str:
    return f"Quý {quarter_text(quarter)}/{year}" if quarter in QUARTERS else f"Cả năm {year}"


def _boxes(own: Indicator) -> list[Box]:
    unit = f", {own.unit}" if own.unit else ""
    found = [Box(name="gia_tri", title=f"{label('figure_part', 'value')}{unit}", hint=_hint(own), required=True)]
    if own.measure is Measure.PERCENT:
        hint = "Để trống nếu số thực hiện đã là tỷ lệ phần trăm."
        found.append(Box(name="tong_so", title=f"{label('figure_part', 'whole')}{unit}", hint=hint, required=False))
    if own.measure is Measure.REDUCTION:
        hint = "Mức ban đầu để so. Ghi một lần; các năm sau để trống thì lấy số gốc đã ghi."
        found.append(Box(name="so_goc", title=f"{label('figure_part', 'baseline')}{unit}", hint=hint, required=False))
    return found


def _hint(own: Indicator) -> str:
    return (
        "Ví dụ 3."
        if own.measure is Measure.RANK
        else "Ví dụ 1.234,5: dấu chấm ngăn hàng nghìn, dấu phẩy là phần thập phân."
    )


def _values(past: Sequence[Entry]) -> dict[str, str]:
    last = past[-1] if past else None
    found = {box: number(getattr(last, part.value)) if last else "" for part, box in _BOXES.items()}
    return {**found, "nguon": last.source if last else "", "so_van_ban": last.document if last else ""}


def _stated(own: Indicator, unit: Unit, period: Period, form: Posted, past: Sequence[Entry]) -> Stated:
    errors: dict[str, FieldError] = {}
    numbers: dict[Part, Decimal | None] = {}
    asked = {box.name: box.title for box in _boxes(own)}
    taken_back = form.text("bo") == "true" and bool(past)
    for part, box in _BOXES.items():
        typed = read_number(clean_text(form.text(box))) if box in asked and form.text(box) else None
        if isinstance(typed, str):
            errors[box] = FieldError("form.not_a_number", {"title": asked[box]})
        numbers[part] = None if taken_back or isinstance(typed, str) or typed is None else Decimal(typed)
    if not taken_back and numbers[Part.VALUE] is None and "gia_tri" not in errors:
        errors["gia_tri"] = FieldError("form.required", {"title": asked["gia_tri"]})
    if errors:
        raise Invalid(errors)
    return Stated(
        indicator=own.key,
        unit_id=unit.id,
        period=period,
        value=numbers[Part.VALUE],
        whole=numbers[Part.WHOLE],
        baseline=numbers[Part.BASELINE],
        source=form.text("nguon")[:500],
        document=form.text("so_van_ban")[:60],
    )


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    model: CycleModel,
    own: Indicator,
    unit: Unit,
    period: Period,
    past: Sequence[Entry],
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    where = address(f"{FIGURES}/{model.key}/{own.key}", nam=period.year)
    return page(
        request,
        "so_lieu/entry.html",
        me,
        uow,
        status=status,
        page_title=own.label,
        has_errors=bool(errors),
        breadcrumbs=[("Số liệu", FIGURES), (own.label, where), (unit.name, None)],
        model=model,
        indicator=own,
        unit=unit,
        period=period,
        period_text=_period_text(period.year, period.quarter),
        boxes=_boxes(own),
        values=values,
        errors=errors,
        may_take_back=bool(past) and past[-1].value is not None,
        action=request.url.path,
        back=where,
        past=[_before(own, entry, stands=entry is past[-1]) for entry in reversed(past)],
    )


def _before(own: Indicator, entry: Entry, *, stands: bool) -> Before:
    return Before(entry=entry, numbers=_numbers(own, entry) or "đã bỏ", stands=stands)
