"""How do paper questionnaires get in? By number and digit keys, sheet after sheet; a second time by somebody else; settled where both differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.asking import refused
from api.pages.shell import address, number_in, page, said
from api.pages.survey_places import PLACE, crumbs, legend
from api.templating import Notice
from api.texts.words import number
from api.view import go
from engine.errors import Invalid
from engine.ports.store import UnitOfWork
from engine.rules.surveys import QuestionKind, shown
from engine.use_cases import survey_sheets, surveys

router = APIRouter()
PlacePath = Annotated[int, Path(ge=1)]
ENTRY, APART = PLACE + "/nhap", PLACE + "/khac-biet"
NUMBER, SECOND, MEND = "so", "lan", "sua"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """One question to be typed."""

    name: str
    text: str
    keys: str
    value: str
    error: str
    one: bool  #: one key answers it
    wide: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApartLine:
    """One question that two people read differently."""

    name: str
    text: str
    first: str
    second: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApartView:
    """One sheet that two people read differently."""

    answer_id: int
    number: str
    first_by: str
    second_by: str
    lines: tuple[ApartLine, ...]


@router.get(ENTRY)
def ask(request: Request, place_id: PlacePath, me: Me, uow: Uow) -> HTMLResponse:
    """Show the next sheet to be entered."""
    query = request.query_params
    return _page(request, me, uow, place_id, second=query.get(SECOND) == "2", done=query)


@router.post(ENTRY)
def take(request: Request, place_id: PlacePath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Keep a sheet and go on to the next."""
    second = form.text(SECOND) == "2"
    found, _, _ = surveys.workplace(uow, place_id, actor=me.actor)
    texts = {q.key: form.text(f"q.{q.key}") for q in found.survey.questions}
    try:
        answers = survey_sheets.read_typed(found, texts)
        entered = survey_sheets.enter(
            uow,
            place_id,
            number_in(form.text(NUMBER)) or 0,
            answers,
            second=second,
            mend=form.text(MEND) == "1",
            actor=me.actor,
            now=house.clock(),
        )
    except Invalid as refusal:
        errors = refused(refusal, {survey_sheets.NUMBER: NUMBER})
        given = {**texts, NUMBER: form.text(NUMBER), MEND: form.text(MEND)}
        return _page(request, me, uow, place_id, second=second, errors=errors, given=given, status=422)
    apart = len(entered.differences) or ""
    return go(address(f"/phieu-khao-sat/{place_id}/nhap", lan=2 if second else "", vua=entered.number, khac=apart))


@router.get(APART)
def apart(request: Request, place_id: PlacePath, me: Me, uow: Uow) -> HTMLResponse:
    """Show the sheets that two people read differently."""
    return _apart_page(request, me, uow, place_id)


@router.post(APART)
def settle(request: Request, place_id: PlacePath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Decide which of two entries is what the sheet says."""
    answer_id = number_in(form.text("phieu")) or 0
    chosen = {name.removeprefix("c."): values[0] for name, values in form.data().items() if name.startswith("c.")}
    try:
        survey_sheets.settle(uow, place_id, answer_id, chosen, actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _apart_page(request, me, uow, place_id, answer_id, refused(refusal), status=422)
    return said(f"/phieu-khao-sat/{place_id}/khac-biet", "xu-ly-phieu")


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    place_id: int,
    *,
    second: bool,
    done: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    given: Mapping[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    found, place, unit = surveys.workplace(uow, place_id, actor=me.actor)
    values, wrong = given or {}, errors or {}
    following = survey_sheets.next_number(uow, place, second=second)
    keys = dict(zip((q.key for q in found.survey.questions), (text for _, text in legend(found)), strict=True))
    return page(
        request,
        "khao_sat/entry.html",
        me,
        uow,
        status=status,
        notices=_done(done or {}, place_id),
        page_title="Nhập phiếu giấy, lần hai" if second else "Nhập phiếu giấy",
        has_errors=bool(wrong),
        breadcrumbs=[*crumbs(found, place, unit), ("Nhập lần hai" if second else "Nhập phiếu", None)],
        base=f"/phieu-khao-sat/{place.id}",
        survey=found.survey,
        unit=unit,
        place=place,
        second=second,
        number=values.get(NUMBER) or (str(following) if following is not None else ""),
        mend=values.get(MEND) == "1",
        none_left=following is None and not wrong,
        summary=[(f"q.{key}" if key in keys else key, text) for key, text in wrong.items()],
        number_error=wrong.get(NUMBER, ""),
        lines=[
            EntryLine(
                name=f"q.{q.key}",
                text=f"{order}. {q.text}",
                keys=keys[q.key],
                value=values.get(q.key, ""),
                error=wrong.get(q.key, ""),
                one=q.kind in (QuestionKind.CHOICE, QuestionKind.YES_NO),
                wide=q.kind is QuestionKind.TEXT,
            )
            for order, q in enumerate(found.survey.questions, 1)
        ],
    )


def _done(done: Mapping[str, str], place_id: int) -> list[Notice]:
    entered, apart_count = number_in(done.get("vua", "")), number_in(done.get("khac", ""))
    if entered is None:
        return []
    if apart_count:
        text = f"Phiếu số {number(entered)}: {number(apart_count)} câu khác lần nhập đầu. Phiếu chưa được tính cho đến khi xử lý."
        return [Notice(kind="warn", text=text)]
    return [Notice(kind="good", text=f"Đã lưu phiếu số {number(entered)}.")]


def _apart_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    place_id: int,
    answer_id: int = 0,
    errors: Mapping[str, str] | None = None,
    *,
    status: int = 200,
) -> HTMLResponse:
    found, place, unit = surveys.workplace(uow, place_id, actor=me.actor)
    wrong = errors or {}
    views = [
        ApartView(
            answer_id=row.answer_id,
            number=number(row.number),
            first_by=row.first_by,
            second_by=row.second_by,
            lines=tuple(
                ApartLine(
                    name=f"c.{d.question.key}",
                    text=d.question.text,
                    first=shown(d.question, d.first),
                    second=shown(d.question, d.second),
                    error=wrong.get(d.question.key, "") if row.answer_id == answer_id else "",
                )
                for d in row.differences
            ),
        )
        for row in survey_sheets.unsettled(uow, place.id, actor=me.actor)
    ]
    return page(
        request,
        "khao_sat/apart.html",
        me,
        uow,
        status=status,
        page_title="Khác biệt giữa hai lần nhập",
        has_errors=bool(wrong),
        breadcrumbs=[*crumbs(found, place, unit), ("Khác biệt", None)],
        base=f"/phieu-khao-sat/{place.id}",
        survey=found.survey,
        unit=unit,
        views=views,
        summary=[(f"{answer_id}-c.{key}.0", text) for key, text in wrong.items()],
    )
