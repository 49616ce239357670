"""How does one unit ask? Its links and codes, its printed sheets, what it received by which way; lists that come as Excel."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.assembly import House
from api.forms import Widget
from api.pages import task_forms
from api.pages.answering import PUBLIC
from api.pages.asking import refused
from api.pages.listing import TEXT, Column, preview, read_list, sent_cells
from api.pages.shell import number_in, page, said
from api.pages.survey_parts import (
    WAYS,
    address_of,
    count_views,
    figure_text,
    period_text,
    sample_text,
    state_tag,
    texts_of,
    way_counts,
)
from api.pages.uploads import PDF, XLSX, download
from api.texts.words import day, number
from engine.errors import Invalid, NotFound, WrongState
from engine.ports.questionnaires import Card, PrintedForm, PrintedQuestion
from engine.ports.store import UnitOfWork
from engine.rules.survey_rounds import MOST_SHEETS, RoundState, SurveyPlace
from engine.rules.surveys import NO_KEY, YES_KEY, Question, QuestionKind
from engine.rules.units import Unit
from engine.use_cases import survey_sheets, surveys
from engine.use_cases.surveys import Held

router = APIRouter()
PlacePath = Annotated[int, Path(ge=1)]
BatchPath = Annotated[int, Path(ge=1)]
PLACE = "/phieu-khao-sat/{place_id:int}"
COUNT = "so_phieu"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchView:
    """Numbered sheets that were made together."""

    title: str
    href: str
    used: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadView:
    """A spreadsheet that was taken."""

    title: str
    upload: str


@router.get(PLACE)
def show(request: Request, place_id: PlacePath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show how the unit can ask, and what has come."""
    return _page(request, me, uow, house, place_id)


@router.post(PLACE)
def act(request: Request, place_id: PlacePath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Number more sheets, or give the unit another open link."""
    now, base = house.clock(), f"/phieu-khao-sat/{place_id}"
    if form.text("viec") == "doi-lien-ket":
        surveys.renew_link(uow, place_id, actor=me.actor, now=now)
        return said(base, "doi-lien-ket")
    if form.text("viec") == "bo-tep":
        survey_sheets.undo_rows(uow, place_id, form.text("tep_nao"), actor=me.actor, now=now)
        return said(base, "bo-tep")
    try:
        count = number_in(form.text(COUNT)) or 0
        survey_sheets.make_sheets(uow, place_id, count, actor=me.actor, now=now)
    except Invalid as refusal:
        given = {COUNT: form.text(COUNT)}
        return _page(
            request, me, uow, house, place_id, errors=refused(refusal, {"count": COUNT}), given=given, status=422
        )
    return said(base, "lap-phieu")


@router.get(PLACE + "/qr.png")
def code(place_id: PlacePath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the open link as a picture for screens and posters."""
    _, place, _ = surveys.workplace(uow, place_id, actor=me.actor)
    return Response(house.questionnaires.code(_url(house, place.token)), media_type="image/png")


@router.get(PLACE + "/to-ap-phich.pdf")
def poster(place_id: PlacePath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Print cards with the open link, to be laid out."""
    found, place, unit = surveys.workplace(uow, place_id, actor=me.actor)
    cards = [Card(number=0, url=_url(house, place.token))] * 8
    content = house.questionnaires.cards(_printed(uow, found, unit), cards)
    return download(content, f"ma-qr-{found.survey.key}-{unit.code}.pdf", PDF)


@router.get(PLACE + "/dot/{batch:int}/phieu.pdf")
def sheets(place_id: PlacePath, batch: BatchPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Print the questionnaire once for every number of a batch."""
    found, unit, cards = _batch(uow, me, house, place_id, batch)
    content = house.questionnaires.sheets(_printed(uow, found, unit), cards)
    return download(content, f"phieu-{found.survey.key}-{unit.code}-{batch}.pdf", PDF)


@router.get(PLACE + "/dot/{batch:int}/the.pdf")
def cards(place_id: PlacePath, batch: BatchPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Print cards with the codes of a batch."""
    found, unit, made = _batch(uow, me, house, place_id, batch)
    content = house.questionnaires.cards(_printed(uow, found, unit), made)
    return download(content, f"the-qr-{found.survey.key}-{unit.code}-{batch}.pdf", PDF)


@router.get(PLACE + "/excel/mau.xlsx")
def sample(place_id: PlacePath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out an Excel file to fill in, one row a sheet."""
    found, _, unit = surveys.workplace(uow, place_id, actor=me.actor)
    columns = _columns(found)
    example = [column.example for column in columns]
    content = house.sheets.write(f"{found.survey.title} – {unit.name}", [c.title for c in columns], [example])
    return download(content, f"mau-{found.survey.key}.xlsx", XLSX)


@router.get(PLACE + "/excel")
def ask_list(request: Request, place_id: PlacePath, me: Me, uow: Uow) -> HTMLResponse:
    """Ask for a list of sheets."""
    found, place, unit = surveys.workplace(uow, place_id, actor=me.actor)
    return _list_page(request, me, uow, found, place, unit, "", {})


@router.post(PLACE + "/excel")
def take_list(request: Request, place_id: PlacePath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Show the list as it was understood; keep its answers once it is confirmed."""
    found, place, unit = surveys.workplace(uow, place_id, actor=me.actor)
    columns = _columns(found)
    try:
        rows = read_list(columns, sent_cells(house, form))
    except Invalid as refusal:
        text = (form.all(TEXT) or [""])[0]
        return _list_page(request, me, uow, found, place, unit, text, refused(refusal), status=422)
    errors = survey_sheets.check_rows(uow, found, place, rows)[1]
    if errors or not form.text("xac_nhan"):
        seen = preview(columns, rows, errors)
        return page(
            request,
            "khao_sat/list_check.html",
            me,
            uow,
            status=422 if seen.bad else 200,
            page_title="Kiểm tra danh sách phiếu",
            has_errors=bool(seen.bad),
            breadcrumbs=[*crumbs(found, place, unit), ("Kiểm tra danh sách", None)],
            action=f"/phieu-khao-sat/{place.id}/excel",
            seen=seen,
        )
    survey_sheets.take_rows(uow, place.id, rows, actor=me.actor, now=house.clock())
    return said(f"/phieu-khao-sat/{place.id}", "nhan-excel")


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: House,
    place_id: int,
    *,
    errors: dict[str, str] | None = None,
    given: dict[str, str] | None = None,
    status: int = 200,
) -> HTMLResponse:
    found, place, unit = surveys.workplace(uow, place_id, actor=me.actor)
    row = surveys.standings(uow, found, [unit.id])[0]
    looks = surveys.may_look(me.actor, found, uow.units.path(unit.id))
    base = f"/phieu-khao-sat/{place.id}"
    return page(
        request,
        "khao_sat/place.html",
        me,
        uow,
        status=status,
        page_title=f"{found.survey.title}: {unit.name}",
        has_errors=bool(errors),
        breadcrumbs=[*crumbs(found, place, unit)[:-1], (unit.name, None)],
        survey=found.survey,
        unit=unit,
        base=base,
        state=state_tag(found.round),
        period=period_text(found.round),
        open_now=found.round.state is RoundState.OPEN,
        link=_url(house, place.token),
        sample=sample_text(found, row),
        sheets=row.sheets,
        checked=row.checked,
        differing=row.differing,
        ways=list(zip((name for name, _ in WAYS), map(number, way_counts(row.origins)), strict=True)),
        figures=[(result.indicator.label, figure_text(result)) for result in row.results] if looks else [],
        counts=count_views(surveys.counts_of(found, [row]), found.survey.minimum)
        if looks and row.sheets >= found.survey.minimum
        else [],
        texts=texts_of(found, row) if looks else [],
        batches=_batches(uow, place),
        uploads=[
            UploadView(title=f"{number(count)} phiếu, {by}", upload=upload)
            for upload, count, by in survey_sheets.uploads(uow, place)
        ],
        errors=errors or {},
        given=given or {COUNT: str(min(found.survey.sample, MOST_SHEETS)) if not place.sheets else ""},
    )


def _batches(uow: UnitOfWork, place: SurveyPlace) -> list[BatchView]:
    views = []
    for batch in range(1, place.batches + 1):
        made = uow.surveys.sheets(place.id, batch)
        views.append(
            BatchView(
                title=f"Phiếu số {number(made[0].number)}–{number(made[-1].number)}",
                href=f"/phieu-khao-sat/{place.id}/dot/{batch}",
                used=f"đã dùng {number(sum(sheet.used for sheet in made))}/{number(len(made))}",
            )
        )
    return views


def _batch(uow: UnitOfWork, me: Visitor, house: House, place_id: int, batch: int) -> tuple[Held, Unit, list[Card]]:
    found, place, unit = surveys.workplace(uow, place_id, actor=me.actor)
    made = uow.surveys.sheets(place.id, batch)
    if not made:
        raise NotFound("SurveySheet", batch)
    return found, unit, [Card(number=sheet.number, url=_url(house, sheet.token)) for sheet in made]


def _url(house: House, token: str) -> str:
    return f"{house.settings.site}{PUBLIC}/{token}"


def _printed(uow: UnitOfWork, found: Held, unit: Unit) -> PrintedForm:
    """The questionnaire as it is printed for a unit."""
    until = f" Nhận phiếu đến hết ngày {day(found.round.last_day)}." if found.round.last_day else ""
    return PrintedForm(
        title=found.survey.title,
        introduction=found.survey.introduction,
        note=(
            "Phiếu này không ghi tên. Trả lời trên giấy, hoặc quét mã để trả lời trên điện thoại; mỗi phiếu chỉ tính "
            f"một lần.{until}"
        ),
        card=f"Quét mã để trả lời: không cần đăng nhập, không ghi tên.{until}",
        lead=found.holder.name,
        unit=unit.name,
        questions=tuple(_questions(found)),
    )


def _questions(found: Held) -> list[PrintedQuestion]:
    spec = task_forms.spec_of(found.model, found.survey.form)
    questions = {question.key: question for question in found.survey.questions}
    titles = {section.id: section for section in spec.sections}
    printed, section = [], ""
    for field in spec.fields:
        if field.section != section and field.section in titles:
            section = field.section
            printed.append(PrintedQuestion(text=titles[section].title, hint=titles[section].text))
        if field.widget in (Widget.HEADING, Widget.HELP):
            printed.append(PrintedQuestion(text=field.title, hint=field.help or field.hint))
        elif field.name in questions:
            printed.append(_question(questions[field.name], field.hint))
    return printed


def _question(question: Question, hint: str) -> PrintedQuestion:
    how = {
        QuestionKind.CHOICE: "Đánh dấu một ô.",
        QuestionKind.CHOICES: "Đánh dấu các ô phù hợp.",
        QuestionKind.YES_NO: "Đánh dấu một ô.",
        QuestionKind.WHOLE: f"Viết một số từ {number(question.low)} đến {number(question.high)}.",
        QuestionKind.TEXT: "Viết vào chỗ trống.",
    }[question.kind]
    options = tuple((choice.digit, choice.label) for choice in question.options)
    if question.kind is QuestionKind.YES_NO:
        options = ((YES_KEY, "Có"), (NO_KEY, "Không"))
    lines = {QuestionKind.WHOLE: 1, QuestionKind.TEXT: 4}.get(question.kind, 0)
    return PrintedQuestion(text=question.text, how=how, hint=hint, options=options, lines=lines)


def _columns(found: Held) -> tuple[Column, ...]:
    """One column for the number of the sheet, and one a question: its digits are typed."""
    number_column = Column(name=survey_sheets.NUMBER, title="Số phiếu", heads=("Phiếu số", "STT phiếu"))
    return (
        number_column,
        *(
            Column(name=q.key, title=f"{place}. {q.text}", heads=(q.text,), example=_example(q))
            for place, q in enumerate(found.survey.questions, 1)
        ),
    )


def _example(question: Question) -> str:
    if question.kind is QuestionKind.YES_NO:
        return YES_KEY
    if question.kind is QuestionKind.WHOLE:
        return str(question.low)
    return question.options[0].digit if question.options else ""


def legend(found: Held) -> list[tuple[str, str]]:
    """Which digits stand for which answers, question by question."""
    rows = []
    for place, question in enumerate(found.survey.questions, 1):
        options = "; ".join(f"{c.digit} {c.label}" for c in question.options)
        if question.kind is QuestionKind.YES_NO:
            options = f"{YES_KEY} Có; {NO_KEY} Không"
        elif question.kind is QuestionKind.WHOLE:
            options = f"số từ {number(question.low)} đến {number(question.high)}"
        elif question.kind is QuestionKind.TEXT:
            options = "viết bằng chữ"
        elif question.kind is QuestionKind.CHOICES:
            options = f"{options} (ghi liền nhiều số)"
        rows.append((f"{place}. {question.text}", options))
    return rows


def _list_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    found: Held,
    place: SurveyPlace,
    unit: Unit,
    text: str,
    errors: dict[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    if found.round.state is RoundState.CLOSED:
        raise WrongState("survey.closed")
    return page(
        request,
        "khao_sat/list_import.html",
        me,
        uow,
        status=status,
        page_title="Nhập phiếu bằng Excel",
        has_errors=bool(errors),
        breadcrumbs=[*crumbs(found, place, unit), ("Nhập bằng Excel", None)],
        base=f"/phieu-khao-sat/{place.id}",
        text=text,
        errors=errors,
        titles=[column.title for column in _columns(found)],
        legend=legend(found),
    )


def crumbs(found: Held, place: SurveyPlace, unit: Unit) -> list[tuple[str, str | None]]:
    """The way to the pages of a unit's sheets."""
    return [
        ("Khảo sát", f"/chu-ky/{found.cycle.id}/khao-sat"),
        (found.survey.title, address_of(found.round)),
        (unit.name, f"/phieu-khao-sat/{place.id}"),
    ]
