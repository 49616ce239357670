"""Which questionnaires has a cycle, and what was answered? Opened, prolonged and closed by the lead unit; results for who may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor, house_of
from api.pages.asking import day_in, day_text, refused
from api.pages.cycles import readable_scope
from api.pages.shell import page, said, today_of
from api.pages.survey_parts import (
    WAYS,
    count_views,
    figure_text,
    period_text,
    sample_text,
    state_tag,
    texts_of,
    way_counts,
)
from api.pages.uploads import XLSX, download
from api.texts.words import number
from engine.errors import FieldError, Invalid, NotFound, NotPermitted
from engine.ports.outside import Cell, Sheet
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import CycleModel
from engine.rules.cycles import Cycle, CycleId, CycleState
from engine.rules.permissions import OFFICER, SECRETARY
from engine.rules.survey_rounds import RoundState
from engine.rules.surveys import Result, Survey
from engine.use_cases import survey_results, surveys
from engine.use_cases.surveys import Held, Standing

router = APIRouter()
CyclePath = Annotated[int, Path(ge=1)]
KeyPath = Annotated[str, Path(max_length=60)]
LIST = "/chu-ky/{cycle_id:int}/khao-sat"
ONE = LIST + "/{key}"
FIRST, LAST = "tu_ngay", "den_ngay"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRow:
    """One questionnaire of a cycle."""

    href: str
    title: str
    meta: tuple[str, ...]
    state: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRow:
    """One unit's results as the table shows them."""

    unit: str
    href: str  #: of its sheets and links; empty: not for this person
    sheets: str
    ways: tuple[str, ...]
    differing: int
    sample: tuple[str, str]
    figures: tuple[str, ...]


@router.get(LIST)
def all_surveys(request: Request, cycle_id: CyclePath, me: Me, uow: Uow) -> HTMLResponse:
    """List the questionnaires of a cycle."""
    cycle, model = _cycle(uow, me, cycle_id)
    known = {held.key: held for held in uow.surveys.of_cycle(cycle.id)}
    return page(
        request,
        "khao_sat/list.html",
        me,
        uow,
        page_title="Khảo sát",
        breadcrumbs=[*_crumbs(cycle), ("Khảo sát", None)],
        cycle=cycle,
        model=model,
        rows=[
            SurveyRow(
                href=f"/chu-ky/{cycle.id}/khao-sat/{key}",
                title=survey.title,
                meta=(
                    survey.asked,
                    f"{number(survey.sample)} phiếu mỗi đơn vị, tối thiểu {number(survey.minimum)}",
                    period_text(known[key]) if key in known else "",
                    "kín" if survey.confidential else "",
                ),
                state=state_tag(known.get(key)),
            )
            for key, survey in model.surveys.items()
        ],
    )


@router.get(ONE)
def show(request: Request, cycle_id: CyclePath, key: KeyPath, me: Me, uow: Uow) -> HTMLResponse:
    """Show one questionnaire: its results where it is held, else how to open it."""
    return _page(request, me, uow, cycle_id, key)


@router.post(ONE)
def act(request: Request, cycle_id: CyclePath, key: KeyPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Open the questionnaire, take answers for longer, or close it."""
    cycle, now = uow.cycles.get(CycleId(cycle_id)), house.clock()
    if not _leads(uow, me, cycle, key):
        raise NotPermitted("not_lead")
    base = f"/chu-ky/{cycle.id}/khao-sat/{key}"
    try:
        match form.text("viec"):
            case "mo":
                first, last = _day(form, FIRST, "Nhận phiếu từ ngày"), _day(form, LAST, "Nhận phiếu đến hết ngày")
                surveys.open_survey(uow, cycle.id, key, first_day=first, last_day=last, actor=me.actor, now=now)
                return said(base, "mo-khao-sat")
            case "gia-han":
                last = _day(form, LAST, "Nhận phiếu đến hết ngày")
                held = surveys.load(uow, cycle.id, key).round
                surveys.prolong(uow, held.id, last, actor=me.actor, now=now)
                return said(base, "gia-han-khao-sat")
            case "khep":
                surveys.close_survey(uow, surveys.load(uow, cycle.id, key).round.id, actor=me.actor, now=now)
                return said(base, "khep-khao-sat")
    except Invalid as refusal:
        given = {name: form.text(name) for name in (FIRST, LAST)}
        names = {"first_day": FIRST, "last_day": LAST}
        return _page(request, me, uow, cycle_id, key, errors=refused(refusal, names), given=given, status=422)
    raise Invalid({"viec": FieldError("choice", {"title": "Việc"})})


@router.get(ONE + "/ket-qua.xlsx")
def as_excel(cycle_id: CyclePath, key: KeyPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand the results out as an Excel file: units, and how often each answer was given."""
    cycle, _ = _cycle(uow, me, cycle_id)
    found = surveys.load(uow, cycle.id, key)
    rows, _ = _seen(uow, me, found)
    survey = found.survey
    heads = (
        "STT", "Mã", "Đơn vị", "Số phiếu", *(name for name, _ in WAYS), "Chờ xử lý khác biệt", "Mẫu",
        *(indicator.label for indicator in survey.indicators),
    )  # fmt: skip
    body: list[list[Cell]] = [_cells(found, place, row) for place, row in enumerate(rows, 1)]
    sheets = [
        Sheet(name="Đơn vị", title=f"{survey.title} – {cycle.year}", heads=heads, rows=body),
        Sheet(
            name="Câu trả lời",
            title=survey.title,
            heads=("Câu hỏi", "Trả lời", "Số phiếu"),
            rows=_answers(found, rows),
        ),
    ]
    if written := [[r.unit.name, question, t] for r in rows for question, texts in texts_of(found, r) for t in texts]:
        sheets.append(Sheet(name="Ý kiến", title=survey.title, heads=("Đơn vị", "Câu hỏi", "Ý kiến"), rows=written))
    return download(house.sheets.write_all(sheets), f"khao-sat-{key}-{cycle.year}.xlsx", XLSX)


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    cycle_id: int,
    key: str,
    *,
    errors: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    cycle, model = _cycle(uow, me, cycle_id)
    held = uow.surveys.find(cycle.id, key)
    if held is None and key not in model.surveys:
        raise NotFound("survey", key)
    found = surveys.load(uow, cycle.id, key) if held is not None else None
    survey = found.survey if found is not None else model.surveys[key]
    leads = _leads(uow, me, cycle, key)
    if survey.confidential and not leads:
        raise NotPermitted("survey.confidential")
    values: dict[str, Any] = {
        "cycle": cycle,
        "survey": survey,
        "held": held,
        "state": state_tag(held),
        "base": f"/chu-ky/{cycle.id}/khao-sat/{key}",
        "may_lead": leads and cycle.state is CycleState.OPEN,
        "errors": errors or {},
        "given": given
        or _given(uow, cycle, model, survey, held.last_day if held is not None else None, new=held is None),
        "period": period_text(held) if held is not None else "",
        "open_now": held is not None and held.state is RoundState.OPEN,
    }
    if found is not None:
        values |= _results(uow, me, found)
    else:
        values["units"] = len(surveys.units_asked(uow, model, survey, day=today_of(house_of(request).clock())))
    crumbs = [*_crumbs(cycle), ("Khảo sát", f"/chu-ky/{cycle.id}/khao-sat"), (survey.title, None)]
    return page(
        request,
        "khao_sat/detail.html" if found is not None else "khao_sat/new.html",
        me,
        uow,
        status=status,
        page_title=survey.title,
        has_errors=bool(errors),
        breadcrumbs=crumbs,
        **values,
    )


def _results(uow: UnitOfWork, me: Visitor, found: Held) -> dict[str, Any]:
    rows, whole = _seen(uow, me, found)
    survey = found.survey
    counts = surveys.counts_of(found, rows)
    everything = sum(row.sheets for row in rows)
    reached = sum(row.sheets >= survey.minimum for row in rows)
    return {
        "stats": [
            (number(everything), "Phiếu đã nhận", "", "info", f"dự kiến {number(survey.sample * len(rows))}"),
            (
                number(reached),
                "Đơn vị đủ mẫu tối thiểu",
                "",
                "good" if reached == len(rows) else "",
                f"trên {number(len(rows))} đơn vị",
            ),
            *(
                (
                    figure_text(result),
                    result.indicator.label,
                    "",
                    "" if result.gap is None else "warn",
                    "mọi đơn vị đủ mẫu" if result.gap is None else "",
                )
                for result in whole
            ),
        ],
        "ways": [name for name, _ in WAYS],
        "indicators": [indicator.label for indicator in survey.indicators],
        "rows": [_row(uow, me, found, row) for row in rows],
        "counts": count_views(counts, survey.minimum) if everything >= survey.minimum else [],
        "differing": sum(row.differing for row in rows),
    }


def _seen(uow: UnitOfWork, me: Visitor, found: Held) -> tuple[list[Standing], list[Result]]:
    """The units whose results the person may see, and the figures over them."""
    every = surveys.standings(uow, found)
    if surveys.leads(me.actor, found):
        rows = every
    elif found.survey.confidential:
        raise NotPermitted("survey.confidential")
    else:
        rows = [row for row in every if surveys.may_look(me.actor, found, uow.units.path(row.unit.id))]
    if len(rows) < 2:
        return rows, []
    return rows, [survey_results.overall(found.survey, i, [row.kept for row in rows]) for i in found.survey.indicators]


def _row(uow: UnitOfWork, me: Visitor, found: Held, row: Standing) -> PlaceRow:
    mine = surveys.may_work(me.actor, found, uow.units.path(row.unit.id))
    return PlaceRow(
        unit=row.unit.name,
        href=f"/phieu-khao-sat/{row.place.id}" if mine else "",
        sheets=number(row.sheets),
        ways=tuple(number(count) for count in way_counts(row.origins)),
        differing=row.differing,
        sample=sample_text(found, row),
        # A unit without enough sheets says so once, not in every column.
        figures=tuple("–" if row.sheets < found.survey.minimum else figure_text(result) for result in row.results),
    )


def _cells(found: Held, place: int, row: Standing) -> list[Cell]:
    figures = [result.value if result.gap is None else figure_text(result) for result in row.results]
    head: list[Cell] = [place, row.unit.code, row.unit.name, row.sheets, *way_counts(row.origins), row.differing]
    return [*head, sample_text(found, row)[0], *figures]


def _answers(found: Held, rows: Sequence[Standing]) -> list[list[Cell]]:
    if sum(row.sheets for row in rows) < found.survey.minimum:
        return []
    views = count_views(surveys.counts_of(found, rows), found.survey.minimum)
    return [[view.text, bar.label, bar.count] for view in views for bar in view.bars]


def _cycle(uow: UnitOfWork, me: Visitor, cycle_id: int) -> tuple[Cycle, CycleModel]:
    cycle = uow.cycles.get(CycleId(cycle_id))
    readable_scope(me, uow, cycle)
    return cycle, uow.models.get(cycle.version)


def _leads(uow: UnitOfWork, me: Visitor, cycle: Cycle, key: str) -> bool:
    """Whether the person leads the survey: an officer or secretary of the leading unit, or of the body that holds it."""
    if uow.surveys.find(cycle.id, key) is None:
        return me.actor.holds(cycle.unit_id, OFFICER, SECRETARY)
    return surveys.leads(me.actor, surveys.load(uow, cycle.id, key))


def _crumbs(cycle: Cycle) -> list[tuple[str, str | None]]:
    return [("Chu kỳ", "/chu-ky"), (str(cycle.year), f"/chu-ky/{cycle.id}")]


def _given(
    uow: UnitOfWork, cycle: Cycle, model: CycleModel, survey: Survey, last: date | None, *, new: bool
) -> dict[str, str]:
    first, due = surveys.period_of(uow, cycle, model, survey) if new else (None, last)
    return {FIRST: day_text(first), LAST: day_text(due)}


def _day(form: Posted, name: str, title: str) -> date | None:
    """The day in a field, or None when it is empty; `Invalid` when it does not exist."""
    text = form.text(name)
    found = day_in(text) if text else None
    if text and found is None:
        raise Invalid({name: FieldError("bad_day", {"title": title})})
    return found
