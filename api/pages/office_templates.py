"""How does an office write its documents? Every document of its models, written over on a page that shows what comes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor, narrowed
from api.assembly import House
from api.pages import template_forms
from api.pages.asking import day_in, day_text, refused
from api.pages.papers import PaperView, paper_view
from api.pages.shell import address, number_in, page, said, today_of
from api.pages.template_forms import fields_of, form_of, wished_of
from api.pages.uploads import PDF, download
from api.texts import label, labels, sentence
from api.texts.words import day
from api.view import show
from engine.errors import BadTemplate, FieldError, Invalid, NotFound, NotPermitted, WrongState
from engine.ports.store import UnitOfWork
from engine.rules.office_templates import Content, OfficeTemplate, in_force, merged, overrides_of
from engine.rules.papers import Paper
from engine.rules.units import Unit, UnitId
from engine.use_cases import office_previews, office_templates
from engine.use_cases.drafting import document_title
from engine.use_cases.office_previews import Samples
from engine.use_cases.office_templates import Office, changed_parts

router = APIRouter()
TEMPLATES = "/mau-van-ban"
ONE = TEMPLATES + "/{unit_id:int}/{model}/{document}"
UnitPath = Annotated[int, Path(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """One document of a model, or about one that is out, and whether the office writes it in its own way."""

    href: str
    title: str
    source: str
    own: str  #: "Mẫu riêng, bản 2" or empty
    coming: str  #: what follows on a later day; may be empty
    unfit: tuple[str, ...]  #: what of the office's own wording the deployed model no longer knows


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One version as the page lists it."""

    number: int
    href: str
    from_day: date
    state: str  #: current | coming | past | withdrawn
    returned: bool  #: the pack's template again
    by_name: str
    made: object
    note: str
    changed: tuple[str, ...]
    withdrawable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What comes of a wish: the document, or why it cannot be put together."""

    paper: PaperView | None
    remarks: tuple[str, ...] = ()
    problem: str = ""


@router.get(TEMPLATES)
def listing(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show the documents of an office that the person writes for."""
    asked = number_in(request.query_params.get("don_vi", ""))
    wanted = UnitId(asked) if asked is not None else None
    units = office_templates.offices(uow, me.actor, wanted)
    if not units or (wanted is not None and units[0].id != wanted):
        raise NotPermitted("not_template_writer", unit="")
    chosen, today = units[0], today_of(house.clock())
    known = office_templates.own_versions(uow, chosen)
    lines = [
        DocumentLine(
            href=f"{TEMPLATES}/{chosen.id}/{source.key}/{form.key}",
            title=document_title(form.raw),
            source=source.name,
            own=_own(known.get((source.key, form.key), []), today),
            coming=_coming(known.get((source.key, form.key), []), today),
            unfit=_unfit(uow, me, chosen, (source.key, form.key), known, today),
        )
        for source, form in office_templates.documents(uow, chosen)
    ]
    return page(
        request,
        "mau_van_ban/list.html",
        me,
        uow,
        page_title="Mẫu văn bản",
        breadcrumbs=[("Văn bản", "/van-ban"), ("Mẫu văn bản", None)],
        unit=chosen,
        units=[(unit.name, address(TEMPLATES, don_vi=unit.id), unit.id == chosen.id, None) for unit in units],
        lines=lines,
        lost=office_templates.lost_documents(uow, chosen, today),
    )


@router.get(ONE)
def edit(
    request: Request, unit_id: UnitPath, model: str, document: str, me: Me, uow: Uow, house: TheHouse
) -> HTMLResponse:
    """Show the template as it stands, or an earlier version (`?ban=`; 0: the pack's) to begin from."""
    office = office_templates.office(uow, UnitId(unit_id), model, document, actor=me.actor)
    content = _content(office, request.query_params.get("ban", ""), today_of(house.clock()))
    return _page(request, me, uow, house, office, content)


@router.post(ONE)
def save(
    request: Request, unit_id: UnitPath, model: str, document: str, me: Me, form: Form, uow: Uow, house: TheHouse
) -> Response:
    """Try what was written, or keep it as the next version."""
    office = office_templates.office(uow, UnitId(unit_id), model, document, actor=me.actor)
    wished = wished_of(office, form)
    if form.text("viec") != "luu":
        return _page(request, me, uow, house, office, wished, form=form)
    try:
        _keep(uow, house, office, wished, form, me)
    except Invalid as refusal:
        errors = fields_of(refusal.fields, wished)
        return _page(request, me, uow, house, office, wished, form=form, errors=errors, status=422)
    return said(_address(office), "da-luu-mau")


@router.post(ONE + "/xem-thu")
def preview(
    request: Request, unit_id: UnitPath, model: str, document: str, me: Me, form: Form, house: TheHouse
) -> HTMLResponse:
    """The part of the page that shows what comes of what is being written."""
    with house.read_uow() as uow:
        narrowed(uow, me.actor)
        office = office_templates.office(uow, UnitId(unit_id), model, document, actor=me.actor)
        wished = wished_of(office, form)
        found = _preview(uow, house, office, wished, office_templates.faults(uow, office, wished))
    return show(request, "mau_van_ban/_preview.html", me, status=200, preview=found)


@router.post(ONE + "/xem-thu.pdf")
def preview_as_pdf(unit_id: UnitPath, model: str, document: str, me: Me, form: Form, house: TheHouse) -> Response:
    """The same as the PDF that would be printed, marked as no more than a try."""
    with house.read_uow() as uow:
        narrowed(uow, me.actor)
        office = office_templates.office(uow, UnitId(unit_id), model, document, actor=me.actor)
        wished = wished_of(office, form)
        errors = office_templates.faults(uow, office, wished)
        if errors:
            raise Invalid(errors)
        paper = office_previews.preview(uow, office, wished, samples(), now=house.clock())
    return download(house.renderer.render(paper).pdf, f"xem-thu-{document}.pdf", PDF)


@router.post(ONE + "/huy")
def withdraw(unit_id: UnitPath, model: str, document: str, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Take a version back that no document was made by."""
    office = office_templates.office(uow, UnitId(unit_id), model, document, actor=me.actor)
    number = number_in(form.text("ban"))
    office_templates.withdraw(uow, office, number or 0, actor=me.actor, now=house.clock())
    return said(_address(office), "da-huy-mau")


def samples() -> Samples:
    """Made-up words for examples."""
    return Samples(
        places=labels().get("template_word_example", {}), columns=labels().get("template_column_example", {})
    )


def _keep(uow: UnitOfWork, house: House, office: Office, wished: Content, form: Posted, me: Visitor) -> None:
    from_day, now = day_in(form.text("tu_ngay")), house.clock()
    if from_day is None:
        raise Invalid({"tu_ngay": FieldError("bad_day", {"title": "Áp dụng từ ngày"})})
    try:
        if not office_templates.faults(uow, office, wished):
            _check_form(uow, house, office, wished)
        office_templates.publish(uow, office, wished, from_day, form.text("ghi_chu"), actor=me.actor, now=now)
    except Invalid as refusal:
        names = {"from_day": "tu_ngay", "note": "ghi_chu"}
        raise Invalid({names.get(name, name): error for name, error in refusal.fields.items()}) from refusal
    except WrongState as refusal:
        if refusal.code != "template_unchanged":
            raise
        raise Invalid({"tu_ngay": FieldError(refusal.code, {})}) from refusal


def _check_form(uow: UnitOfWork, house: House, office: Office, wished: Content) -> None:
    """Refuse what breaks a rule of form that the pack's template keeps."""
    kept = set(house.faults(_paper(uow, house, office, {})))
    broken = [text for text in house.faults(_paper(uow, house, office, wished)) if text not in kept]
    if broken:
        raise Invalid({"the_thuc": FieldError("template_form", {"reason": " ".join(broken)})})


def _paper(uow: UnitOfWork, house: House, office: Office, wished: Content) -> Paper:
    try:
        return office_previews.preview(uow, office, wished, samples(), now=house.clock())
    except BadTemplate as error:
        raise Invalid({"the_thuc": FieldError("template_text", {"reason": error.findings[0].reason})}) from error


def _preview(
    uow: UnitOfWork, house: House, office: Office, wished: Content, errors: Mapping[str, FieldError]
) -> Preview:
    if errors:
        first = next(iter(errors.values()))
        return Preview(paper=None, problem=sentence(first.code, first.facts))
    try:
        paper = office_previews.preview(uow, office, wished, samples(), now=house.clock())
        return Preview(paper=paper_view(paper), remarks=house.remarks(paper))
    except BadTemplate as error:
        return Preview(paper=None, problem=error.findings[0].reason)
    except Invalid as refusal:
        return Preview(paper=None, problem=" ".join(refused(refusal).values()))


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: House,
    office: Office,
    content: Content,
    *,
    form: Posted | None = None,
    errors: Mapping[str, FieldError] | None = None,
    status: int = 200,
) -> HTMLResponse:
    now = house.clock()
    today = today_of(now)
    title = document_title(office.pack.raw)
    faults = office_templates.faults(uow, office, content)
    shown = errors if errors is not None else fields_of(faults, content) if form is not None else {}
    profile = office.pack.text("profile")
    return page(
        request,
        "mau_van_ban/edit.html",
        me,
        uow,
        status=status,
        page_title=title,
        breadcrumbs=[
            ("Văn bản", "/van-ban"),
            ("Mẫu văn bản", address(TEMPLATES, don_vi=office.unit.id)),
            (title, None),
        ],
        has_errors=bool(shown),
        office=office,
        action=_address(office),
        form_=form_of(
            office,
            merged(office.pack.raw, content),
            dict(overrides_of(content)),
            house.allowed_changes(profile, today) if profile else {},
        ),
        errors={name: sentence(error.code, error.facts) for name, error in shown.items()},
        places=_places(office),
        lists=[
            (name, [(key, text or label("template_column", key)) for key, text in columns.items()])
            for name, columns in office.named.lists.items()
        ],
        bases=[("", "(không chọn)"), *_bases(uow, office)],
        capacities=template_forms.capacities(),
        aligns=template_forms.aligns(),
        preview=_preview(uow, house, office, content, faults),
        versions=_versions(office, today),
        from_day=form.text("tu_ngay") if form else day_text(today),
        note=form.text("ghi_chu") if form else "",
        begun_from=number_in(request.query_params.get("ban", "")) if form is None else None,
    )


def _content(office: Office, asked: str, today: date) -> Content:
    """What the page begins from: the version asked for, else the one in force."""
    number = number_in(asked)
    if number == 0:
        return {}
    if number is not None:
        found = next((v for v in office.versions if v.number == number), None)
        if found is None:
            raise NotFound("OfficeTemplate", number)
        return found.content
    current = office.current(today)
    return current.content if current else {}


def _places(office: Office) -> list[tuple[str, str]]:
    return [(name, title or label("template_word", name)) for name, title in office.named.places.items()]


def _bases(uow: UnitOfWork, office: Office) -> list[tuple[str, str]]:
    known = {basis.key: basis for basis in uow.decisions.bases()}
    named = {
        key: f"{basis.name} số {basis.number or '……'} ngày {day(basis.dated) or '……'}" for key, basis in known.items()
    }
    missing = {key: f"{key} (chưa ghi trong sổ căn cứ)" for key in office.pack.lines("bases") if key not in known}
    return sorted((named | missing).items(), key=lambda pair: pair[1])


def _versions(office: Office, today: date) -> list[VersionLine]:
    current = office.current(today)
    lines = []
    for version in office.versions:
        earlier = [v for v in office.versions if v.number < version.number and v.withdrawn_at is None]
        before = max(earlier, key=lambda v: v.number, default=None)
        state = "past"
        if version.withdrawn_at is not None:
            state = "withdrawn"
        elif version.from_day > today:
            state = "coming"
        elif current is not None and version.id == current.id:
            state = "current"
        parts = changed_parts(before.content if before else {}, version.content)
        lines.append(
            VersionLine(
                number=version.number,
                href=address(_address(office), ban=version.number),
                from_day=version.from_day,
                state=state,
                returned=not version.content,
                by_name=version.by_name,
                made=version.created_at,
                note=version.note,
                changed=tuple(label("template_part", part) for part in parts),
                withdrawable=version.withdrawn_at is None and not version.is_used(),
            )
        )
    return lines


def _own(versions: list[OfficeTemplate], today: date) -> str:
    found = in_force(versions, today)
    return f"Mẫu riêng, bản {found.number} từ {day(found.from_day)}" if found and found.content else ""


def _unfit(
    uow: UnitOfWork,
    me: Visitor,
    unit: Unit,
    of: tuple[str, str],
    known: Mapping[tuple[str, str], list[OfficeTemplate]],
    today: date,
) -> tuple[str, ...]:
    own = office_templates.counting(known.get(of, []), today)
    office = office_templates.office(uow, unit.id, *of, actor=me.actor) if own else None
    return tuple(
        f"Bản {version.number}: {sentence(fault.code, fault.facts)}"
        for version in own
        if office is not None
        for fault in office_templates.misfits(uow, office, version)
    )


def _coming(versions: list[OfficeTemplate], today: date) -> str:
    later = [v for v in versions if v.withdrawn_at is None and v.from_day > today]
    first = min(later, key=lambda v: (v.from_day, -v.number), default=None)
    return f"Bản {first.number} áp dụng từ {day(first.from_day)}" if first else ""


def _address(office: Office) -> str:
    return f"{TEMPLATES}/{office.unit.id}/{office.source.key}/{office.pack.key}"
