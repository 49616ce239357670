"""What is said of a programme here? How far a milestone is, on what evidence; money of each year; which units lead."""

from collections.abc import Mapping
from datetime import date, datetime

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.pages.asking import day_in, day_text, refused
from api.pages.programme import BOARD, check_may_look, evidence_text
from api.pages.shell import number_in, page, said, today_of
from api.texts import label
from api.texts.periods import amount_in, period_text, planned_text
from api.texts.words import number
from engine.errors import FieldError, Invalid, NotFound, NotPermitted
from engine.ports.store import UnitOfWork
from engine.rules.decisions import DecisionId
from engine.rules.programme import Milestone, MilestoneState, Money, Part
from engine.rules.text import sort_key
from engine.rules.units import Unit, UnitId
from engine.use_cases import owning, programme
from engine.use_cases.programme import Planned, Said, YearMoney, find_planned

router = APIRouter()
_FIELDS = {"number": "so", "dated": "ngay", "decision": "van_ban", "note": "ghi_chu", "state": "tt"}
_SENT = ("tt", "so", "ngay", "van_ban", "ghi_chu", "ban")
#: Years of an amount that the form offers at most, from the first; open ends reach a little past today.
MOST_YEARS, AHEAD = 15, 2
#: Units that are named in a text field, and its length.
MOST_UNITS, LONGEST = 500, 50_000


@router.get(BOARD + "/{key}/moc/{milestone}")
def ask(request: Request, key: str, milestone: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Ask how far a milestone is."""
    planned, found = _milestone(uow, me, key, milestone, today_of(house.clock()))
    mark = uow.programmes.mark(key, milestone)
    values = {"tt": MilestoneState.PLANNED.value}
    if mark is not None:
        document = f"/van-ban/{mark.decision_id}" if mark.decision_id else ""
        values = {"tt": mark.state.value, "so": mark.number, "ngay": day_text(mark.dated), "van_ban": document}
        values |= {"ghi_chu": mark.note, "ban": str(mark.row_version)}
    return _mark_page(request, me, uow, planned, found, values, {})


@router.post(BOARD + "/{key}/moc/{milestone}")
def say(request: Request, key: str, milestone: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Say how far a milestone is."""
    planned, found = _milestone(uow, me, key, milestone, today_of(house.clock()))
    try:
        programme.say(uow, planned, milestone, _sent(form), actor=me.actor, now=house.clock())
    except Invalid as refusal:
        values = {name: form.text(name) for name in _SENT}
        return _mark_page(request, me, uow, planned, found, values, refused(refusal, _FIELDS), status=422)
    return said(f"{BOARD}/{key}", "da-luu")


@router.get(BOARD + "/{key}/kinh-phi/{money}")
def ask_money(request: Request, key: str, money: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Ask what was allotted and spent in each year."""
    today = today_of(house.clock())
    planned, found = _money(uow, me, key, money, today)
    values: dict[str, str] = {}
    for year in _years(found, today):
        row = uow.programmes.money_year(key, money, year)
        if row is not None:
            values |= {f"giao.{year}": number(row.planned), f"chi.{year}": number(row.actual), f"vb.{year}": row.paper}
    return _money_page(request, me, uow, planned, found, today, values, {})


@router.post(BOARD + "/{key}/kinh-phi/{money}")
def say_money(request: Request, key: str, money: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Say what was allotted and spent."""
    today = today_of(house.clock())
    planned, found = _money(uow, me, key, money, today)
    errors: dict[str, str] = {}
    with uow.savepoint():
        for year in _years(found, today):
            errors |= _say_year(uow, planned, found, year, me, form, house.clock())
        if errors:
            values = {name: form.text(name) for name in form.data()}
            return _money_page(request, me, uow, planned, found, today, values, errors, status=422)
    return said(f"{BOARD}/{key}#kinh-phi", "da-luu")


@router.get(BOARD + "/{key}/don-vi")
def ask_units(request: Request, key: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Ask which units lead and coordinate."""
    planned = _bound(uow, me, key)
    found = programme.units_of(uow, planned, today_of(house.clock()))
    values = {part.value: "\n".join(unit.name for unit in found[part]) for part in Part}
    return _units_page(request, me, uow, planned, values, {})


@router.post(BOARD + "/{key}/don-vi")
def bind(request: Request, key: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Say which units lead and coordinate."""
    planned = _bound(uow, me, key)
    values = {part.value: form.text(part.value) for part in Part}
    try:
        named = {part: units_named(uow, planned, values[part.value], part.value, house.clock().date()) for part in Part}
    except Invalid as refusal:
        return _units_page(request, me, uow, planned, values, refused(refusal), status=422)
    parts = {unit.id: part for part in reversed(Part) for unit in named[part]}
    programme.bind(uow, planned, parts, actor=me.actor, now=house.clock())
    return said(f"{BOARD}/{key}", "da-luu")


def units_named(uow: UnitOfWork, planned: Planned, text: str, field: str, today: date) -> list[Unit]:
    """The units around the model's owner whose code or name stands in each line; `Invalid` names those that are unknown or not told apart."""
    lines = list(dict.fromkeys(" ".join(line.split()) for line in text[:LONGEST].splitlines() if line.strip()))
    units = [unit for unit in uow.units.all() if unit.exists_on(today)]
    units = owning.around(uow, planned.model.key, units)
    by_code = {unit.code: unit for unit in units}
    by_name: dict[str, list[Unit]] = {}
    for unit in units:
        by_name.setdefault(sort_key(unit.name), []).append(unit)
    found, unknown = [], []
    for line in lines[:MOST_UNITS]:
        fitting = [by_code[line]] if line in by_code else by_name.get(sort_key(line), [])
        if len(fitting) == 1:
            found.append(fitting[0])
        else:
            unknown.append(line)
    if unknown:
        raise Invalid({field: FieldError("unknown_units", {"names": ", ".join(unknown[:10])})})
    return found


def _milestone(uow: UnitOfWork, me: Visitor, key: str, milestone: str, today: date) -> tuple[Planned, Milestone]:
    planned = _written(uow, me, key, today)
    found = planned.programme.milestone(milestone)
    if found is None:
        raise NotFound("Milestone", milestone)
    return planned, found


def _money(uow: UnitOfWork, me: Visitor, key: str, money: str, today: date) -> tuple[Planned, Money]:
    planned = _written(uow, me, key, today)
    found = planned.programme.amount(money)
    if found is None or planned.programme.parts(money):
        raise NotFound("Money", money)
    return planned, found


def _written(uow: UnitOfWork, me: Visitor, key: str, today: date) -> Planned:
    check_may_look(me)
    planned = find_planned(uow, key)
    if not programme.writing_units(uow, planned, me.actor, today):
        raise NotPermitted("not_programme_lead", model=planned.model.name)
    return planned


def _bound(uow: UnitOfWork, me: Visitor, key: str) -> Planned:
    if not programme.may_bind(me.actor, uow):
        raise NotPermitted("not_programme_binder")
    return find_planned(uow, key)


def _sent(form: Posted) -> Said:
    day = day_in(form.text("ngay"))
    if form.text("ngay") and day is None:
        raise Invalid({"ngay": FieldError("bad_day", {"title": "Ngày văn bản"})})
    states = {state.value: state for state in MilestoneState}
    if form.text("tt") not in states:
        raise Invalid({"tt": FieldError("form.required_choice", {"title": "Tình trạng"})})
    written = form.text("van_ban")
    document = number_in(written.rpartition("/")[2])
    if written and document is None:
        raise Invalid({"van_ban": FieldError("no_such_document", {})})
    return Said(
        state=states[form.text("tt")],
        number=form.text("so"),
        dated=day,
        decision_id=DecisionId(document) if document is not None else None,
        note=form.text("ghi_chu"),
        row_version=number_in(form.text("ban")),
    )


def _mark_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    planned: Planned,
    found: Milestone,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    mark = uow.programmes.mark(planned.model.key, found.key)
    return page(
        request,
        "chuong_trinh/mark.html",
        me,
        uow,
        status=status,
        page_title="Ghi kết quả của mốc",
        has_errors=bool(errors),
        breadcrumbs=_crumbs(planned, "Ghi kết quả của mốc"),
        where=f"{BOARD}/{planned.model.key}",
        milestone=found,
        period=period_text(found.period),
        evidence=evidence_text(mark) if mark else "",
        states=[(s.value, label("milestone_state", s.value)) for s in MilestoneState],
        values=values,
        errors=errors,
    )


def _money_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    planned: Planned,
    found: Money,
    today: date,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "chuong_trinh/money.html",
        me,
        uow,
        status=status,
        page_title=f"Kinh phí: {found.label}",
        has_errors=bool(errors),
        breadcrumbs=_crumbs(planned, found.label),
        where=f"{BOARD}/{planned.model.key}",
        money=found,
        facts=[
            ("Nguồn vốn", found.fund),
            ("Thời gian", period_text(found.period)),
            ("Nguồn ghi", planned_text(found.amount, found.per)),
            ("Nguồn nói", f"“{found.wording}” ({found.source})"),
            *([("Ghi chú", found.note)] if found.note else []),
        ],
        years=_years(found, today),
        values=values,
        errors=errors,
    )


def _units_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    planned: Planned,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "chuong_trinh/units.html",
        me,
        uow,
        status=status,
        page_title="Đơn vị chủ trì, phối hợp",
        has_errors=bool(errors),
        breadcrumbs=_crumbs(planned, "Đơn vị chủ trì, phối hợp"),
        where=f"{BOARD}/{planned.model.key}",
        leads="; ".join(planned.programme.leads),
        coordinating="; ".join(planned.programme.coordinating),
        values=values,
        errors=errors,
    )


def _crumbs(planned: Planned, title: str) -> list[tuple[str, str | None]]:
    return [("Chương trình", BOARD), (planned.model.name, f"{BOARD}/{planned.model.key}"), (title, None)]


def _years(money: Money, today: date) -> list[int]:
    first = money.period.first.year if money.period.first else today.year - AHEAD
    last = money.period.last.year if money.period.last else max(today.year, first) + AHEAD
    return list(range(first, last + 1))[:MOST_YEARS]


def _say_year(
    uow: UnitOfWork, planned: Planned, money: Money, year: int, me: Visitor, form: Posted, now: datetime
) -> dict[str, str]:
    texts = {name: form.text(f"{name}.{year}") for name in ("giao", "chi", "vb")}
    amounts = {name: amount_in(texts[name]) for name in ("giao", "chi")}
    wrong = [name for name in amounts if texts[name] and amounts[name] is None]
    if wrong:
        return refused(Invalid({f"{name}.{year}": FieldError("money_amount", {}) for name in wrong}))
    row = uow.programmes.money_year(planned.model.key, money.key, year)
    known = (row.planned, row.actual, row.paper) if row else (None, None, "")
    if known == (amounts["giao"], amounts["chi"], texts["vb"]):
        return {}
    given = YearMoney(money=money.key, year=year, planned=amounts["giao"], actual=amounts["chi"], paper=texts["vb"])
    try:
        programme.say_money(uow, planned, given, actor=me.actor, now=now)
    except Invalid as refusal:
        names = {"planned": f"giao.{year}", "actual": f"chi.{year}", "year": f"giao.{year}", "money": f"giao.{year}"}
        return refused(refusal, names)
    return {}


def ids(units: list[Unit]) -> frozenset[UnitId]:
    """The ids of units."""
    return frozenset(unit.id for unit in units)
