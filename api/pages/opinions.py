"""How does a lead ask for opinions, and how does a unit answer? Asked, answered once with a file, seen who has not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.asking import asked_day, refused
from api.pages.programme import BOARD, check_may_look
from api.pages.programme_entries import units_named
from api.pages.shell import number_in, page, said, today_of
from api.pages.uploads import download
from api.texts import label
from api.texts.words import day, instant
from engine.errors import FieldError, Invalid, NotFound, NotPermitted
from engine.ports.store import UnitOfWork
from engine.rules.opinions import Opinion, View
from engine.rules.opinions import Request as Asked
from engine.rules.programme import Part
from engine.rules.units import UnitId
from engine.use_cases import opinions
from engine.use_cases.opinions import ANSWERERS, Answer, Question
from engine.use_cases.programme import Planned, find_planned, units_of, writing_units

router = APIRouter()
OPINIONS = "/y-kien"
RequestPath = Annotated[int, Path(ge=1)]
_FIELDS = {
    "subject": "viec",
    "question": "noi_dung",
    "last_day": "han",
    "units": "don_vi",
    "text": "y_kien",
    "file": "tep",
}
_SENT = ("moc", "viec", "noi_dung", "han", "don_vi")
KINDS = frozenset({"pdf", "docx", "xlsx", "png", "jpg"})


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionLine:
    """One question as the list of a model shows it."""

    asked: Asked
    href: str
    milestone: str
    given: int
    total: int
    waiting: tuple[str, ...]  #: names of those who have not answered


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLine:
    """One unit's answer."""

    unit: str
    opinion: Opinion
    file: str  #: address; empty: none

    @property
    def tag(self) -> tuple[str, str]:
        """What it comes to, with the tone of the tag."""
        if self.opinion.view is None:
            return "Chưa trả lời", "warn"
        return label("opinion_view", self.opinion.view.value), "good" if self.opinion.view is View.AGREE else "info"


@router.get(BOARD + "/{key}/y-kien")
def listing(request: Request, key: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show what was asked about a model, and who has not answered."""
    check_may_look(me)
    planned = find_planned(uow, key)
    found = uow.opinions.of_model(key)
    return page(
        request,
        "chuong_trinh/questions.html",
        me,
        uow,
        page_title="Xin ý kiến",
        breadcrumbs=_crumbs(planned, "Xin ý kiến"),
        where=f"{BOARD}/{key}",
        lines=_lines(uow, planned, found),
        may_ask=bool(writing_units(uow, planned, me.actor, today_of(house.clock()))),
    )


@router.get(BOARD + "/{key}/y-kien/moi")
def ask(request: Request, key: str, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Ask for the question."""
    planned = _led(uow, me, key, house)
    chosen = request.query_params.get("moc", "")
    milestone = planned.programme.milestone(chosen)
    units = units_of(uow, planned, today_of(house.clock()))[Part.COORDINATING]
    values = {
        "moc": chosen if milestone else "",
        "viec": milestone.label[:200] if milestone else "",
        "don_vi": "\n".join(unit.name for unit in units),
    }
    return _ask_page(request, me, uow, planned, values, {})


@router.post(BOARD + "/{key}/y-kien/moi")
def send(request: Request, key: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Send the question to the units."""
    planned = _led(uow, me, key, house)
    try:
        with uow.savepoint():
            asked = _question(uow, planned, form, house.clock())
            made = opinions.ask(uow, planned, asked, actor=me.actor, now=house.clock())
    except Invalid as refusal:
        values = {name: form.text(name) for name in _SENT}
        return _ask_page(request, me, uow, planned, values, refused(refusal, _FIELDS), status=422)
    return said(f"{OPINIONS}/{made.id}", "da-hoi")


@router.get(OPINIONS + "/{request_id:int}")
def show(request: Request, request_id: RequestPath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show a question: to be answered, or with the answers, as far as the person may see them."""
    return _question_page(request, me, uow, house, request_id, {}, {})


@router.post(OPINIONS + "/{request_id:int}")
def answer(request: Request, request_id: RequestPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Answer for a unit."""
    unit = number_in(form.text("don_vi"))
    try:
        with uow.savepoint():
            given = _answer(house, form)
            opinions.answer(uow, request_id, UnitId(unit or 0), given, actor=me.actor, now=house.clock())
    except Invalid as refusal:
        values = {name: form.text(name) for name in ("quan_diem", "y_kien", "don_vi")}
        errors = refused(refusal, _FIELDS)
        return _question_page(request, me, uow, house, request_id, values, errors, status=422)
    return said(f"{OPINIONS}/{request_id}", "da-tra-loi")


@router.post(OPINIONS + "/{request_id:int}/ket-thuc")
def close(request_id: RequestPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Wait for nobody any more."""
    planned = opinions.planned_of(uow, uow.opinions.get(request_id))
    opinions.close(uow, planned, request_id, actor=me.actor, now=house.clock())
    return said(f"{OPINIONS}/{request_id}", "da-ket-thuc")


@router.get(OPINIONS + "/{request_id:int}/tep/{unit_id:int}")
def file(request_id: RequestPath, unit_id: RequestPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the file of an answer."""
    asked = uow.opinions.get(request_id)
    found = uow.opinions.answer_of(request_id, UnitId(unit_id))
    if found is None or not found.file_sha256:
        raise NotFound("file", unit_id)
    if not (me.actor.holds(found.unit_id, *ANSWERERS) or _sees(uow, me, asked, house)):
        raise NotPermitted("not_opinion_reader")
    return download(house.archive.get(found.file_sha256), found.file_name, found.media_type)


def _led(uow: UnitOfWork, me: Visitor, key: str, house: House) -> Planned:
    check_may_look(me)
    planned = find_planned(uow, key)
    if not writing_units(uow, planned, me.actor, today_of(house.clock())):
        raise NotPermitted("not_programme_lead", model=planned.model.name)
    return planned


def _sees(uow: UnitOfWork, me: Visitor, asked: Asked, house: House) -> bool:
    planned = opinions.planned_of(uow, asked)
    return opinions.may_see(uow, planned, asked, me.actor, today_of(house.clock()))


def _question(uow: UnitOfWork, planned: Planned, form: Posted, now: datetime) -> Question:
    if planned.programme.milestone(form.text("moc")) is None:
        raise Invalid({"moc": FieldError("form.required_choice", {"title": "Mốc"})})
    units = units_named(uow, planned, form.text("don_vi"), "don_vi", today_of(now))
    return Question(
        milestone=form.text("moc"),
        subject=form.text("viec"),
        question=form.text("noi_dung"),
        last_day=asked_day(form, "han", "Hạn trả lời"),
        units=frozenset(unit.id for unit in units),
    )


def _answer(house: House, form: Posted) -> Answer:
    views = {view.value: view for view in View}
    if form.text("quan_diem") not in views:
        raise Invalid({"quan_diem": FieldError("form.required_choice", {"title": "Ý kiến"})})
    given = Answer(view=views[form.text("quan_diem")], text=form.text("y_kien"))
    files = form.files("tep")
    if not files:
        return given
    content = files[0].file.read(house.settings.upload_mb * 1024 * 1024 + 1)
    checked = house.gate.check(content, files[0].filename or "", field="tep", kinds=KINDS)
    digest = house.archive.put(content)
    return Answer(
        view=given.view, text=given.text, file_sha256=digest, file_name=checked.name, media_type=checked.media_type
    )


def _ask_page(
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
        "chuong_trinh/ask.html",
        me,
        uow,
        status=status,
        page_title="Xin ý kiến",
        has_errors=bool(errors),
        breadcrumbs=_crumbs(planned, "Xin ý kiến"),
        where=f"{BOARD}/{planned.model.key}",
        milestones=[("", "Chọn…"), *((m.key, m.label) for m in planned.programme.milestones)],
        values=values,
        errors=errors,
    )


def _question_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: House,
    request_id: int,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    asked, answers = uow.opinions.get(request_id), uow.opinions.answers([request_id])
    planned, sees = opinions.planned_of(uow, asked), _sees(uow, me, asked, house)
    mine = [one for one in answers if me.actor.holds(one.unit_id, *ANSWERERS)]
    if not sees and not mine:
        raise NotPermitted("not_opinion_reader")
    open_ones = [one for one in mine if one.answered_at is None and asked.closed_at is None]
    leads = writing_units(uow, planned, me.actor, today_of(house.clock()))
    return page(
        request,
        "chuong_trinh/question.html",
        me,
        uow,
        status=status,
        page_title=asked.subject,
        has_errors=bool(errors),
        breadcrumbs=[*_crumbs(planned, "")[:2], ("Xin ý kiến", f"{BOARD}/{asked.model}/y-kien"), (asked.subject, None)],
        asked=asked,
        facts=_facts(uow, planned, asked),
        overdue=asked.closed_at is None and asked.last_day < today_of(house.clock()),
        lines=[_answer_line(uow, one) for one in (answers if sees else mine)],
        given=sum(one.answered_at is not None for one in answers) if sees else None,
        to_answer=[(str(one.unit_id), uow.units.get(one.unit_id).name) for one in open_ones],
        views=[(view.value, label("opinion_view", view.value)) for view in View],
        may_close=bool(leads) and asked.closed_at is None,
        values=values,
        errors=errors,
    )


def _facts(uow: UnitOfWork, planned: Planned, asked: Asked) -> list[tuple[str, str]]:
    milestone = planned.programme.milestone(asked.milestone)
    facts = [
        ("Cơ quan hỏi", f"{uow.units.get(asked.unit_id).name} ({asked.by_name}, {instant(asked.asked_at)})"),
        ("Mô hình", planned.model.name),
        ("Mốc", milestone.label if milestone else asked.milestone),
        ("Hạn trả lời", f"hết ngày {day(asked.last_day)}"),
        ("Kết thúc lúc", instant(asked.closed_at)),
    ]
    return [(name, text) for name, text in facts if text]


def _answer_line(uow: UnitOfWork, one: Opinion) -> AnswerLine:
    where = f"{OPINIONS}/{one.request_id}/tep/{one.unit_id}" if one.file_sha256 else ""
    return AnswerLine(unit=uow.units.get(one.unit_id).name, opinion=one, file=where)


def _lines(uow: UnitOfWork, planned: Planned, found: list[Asked]) -> list[QuestionLine]:
    answers = uow.opinions.answers([asked.id for asked in found]) if found else []
    lines = []
    for asked in found:
        own = [one for one in answers if one.request_id == asked.id]
        milestone = planned.programme.milestone(asked.milestone)
        lines.append(
            QuestionLine(
                asked=asked,
                href=f"{OPINIONS}/{asked.id}",
                milestone=milestone.label if milestone else asked.milestone,
                given=sum(one.answered_at is not None for one in own),
                total=len(own),
                waiting=tuple(uow.units.get(one.unit_id).name for one in own if one.answered_at is None),
            )
        )
    return lines


def _crumbs(planned: Planned, title: str) -> list[tuple[str, str | None]]:
    return [("Chương trình", BOARD), (planned.model.name, f"{BOARD}/{planned.model.key}"), (title, None)]


def waiting_lines(uow: UnitOfWork, me: Visitor) -> list[tuple[str, str, date, str]]:
    """What waits for an opinion of the person's units: subject, address, last day, whom it is asked of."""
    return [
        (asked.subject, f"{OPINIONS}/{asked.id}", asked.last_day, uow.units.get(one.unit_id).name)
        for asked, one in opinions.waiting_for(uow, me.actor)
    ]
