"""How does a model come in for the first time? As a ZIP file or a copy of another one; looked at as a whole, then deployed.

Nothing is kept before it is deployed: the file goes from page to page in the form itself, and is judged anew each time.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.asking import refused
from api.pages.model_boxes import one_line
from api.pages.model_drafts import MODEL, calendar_around, coming, drawn_anew, judged_files
from api.pages.model_files import MAX_PACK
from api.pages.models import MODELS, NEW_MODEL, for_whom, told
from api.pages.shell import page, said, today_of
from api.texts import sentence
from api.texts.words import number
from engine.errors import BadPack, FieldError, Finding, Invalid, NotPermitted, Refused
from engine.ports.queries import PackRow
from engine.ports.store import UnitOfWork
from engine.rules.criteria import CriteriaSet
from engine.rules.cycle_models import KEY, CycleModel
from engine.rules.permissions import check_may_design
from engine.rules.text import fold
from engine.rules.units import Unit
from engine.use_cases import introducing, owning

router = APIRouter()
TITLE = "Thêm mô hình"
#: Fields of the form; a file that was taken already is carried in pieces, each smaller than one field may be.
FILE, CARRIED, NAME, COPY, COPY_NAME, CODE, OWNER = "tep_zip", "goi", "ten_tep", "chep", "ten", "ma", "don_vi"
_PIECE: Final = 3_000_000
_MOST_CODE, _MOST_NAME = 60, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was sent."""

    name: str = ""  #: of the file
    content: bytes = b""  #: a ZIP archive; empty: none yet
    copy: str = ""  #: key of the model that is to be copied; empty: none
    copy_name: str = ""  #: what the copy is called
    code: str = ""  #: the key that the model is to have; empty: as its file says
    owner: str = ""  #: code or name of the unit whose it is to be; empty: the whole installation's

    @property
    def carried(self) -> list[str]:
        """The file as values of hidden fields."""
        starts = range(0, len(self.content), _PIECE)
        return [b64encode(self.content[start : start + _PIECE]).decode() for start in starts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the file holds: a model that may be deployed, and whose it will be."""

    model: CycleModel
    notes: Sequence[Finding]
    owner: Unit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """Why there is no such model yet."""

    errors: Mapping[str, str]  #: field → sentence
    findings: Sequence[Finding] = ()
    known: PackRow | None = None  #: the model that has the key already
    status: int = 422


@router.get(NEW_MODEL)
def ask(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Ask for a model."""
    check_may_design(me.actor)
    places = _places(uow, me, house)
    own = me.unit.code if me.unit and not _everywhere(uow, me) and me.unit in places else ""
    return _ask_page(request, me, uow, places, Asked(owner=own))


@router.post(NEW_MODEL)
def take(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Show a model as a whole, or what is wrong with it; deploy it once that was looked at."""
    check_may_design(me.actor)
    places, asked = _places(uow, me, house), _asked(form)
    if form.text("viec") == "sua-lai":
        return _ask_page(request, me, uow, places, asked)
    asked, found = _found(uow, house, me, asked, places, new=bool(form.files(FILE)))
    if isinstance(found, Found) and form.text("viec") == "trien-khai":
        try:
            with uow.savepoint():
                introducing.introduce(uow, found.model, found.owner, actor=me.actor, now=house.clock())
        except NotPermitted:
            raise
        except Refused as refusal:
            found = _refusal(uow, refusal)
        else:
            return said(f"{MODELS}/{found.model.key}", "da-them-mo-hinh")
    if isinstance(found, Wrong):
        return _ask_page(request, me, uow, places, asked, found)
    return _look_page(request, me, uow, house, asked, found)


# ---- what was sent


def _asked(form: Posted) -> Asked:
    uploads = form.files(FILE)
    if uploads:
        name, content = (uploads[0].filename or "").replace("\\", "/"), uploads[0].file.read(MAX_PACK + 1)
    else:
        name, content = form.text(NAME), _joined(form.all(CARRIED))
    name = one_line(name.rpartition("/")[2])[:_MOST_NAME]
    return Asked(
        name=f"{name[:-4]}.zip" if name.lower().endswith(".zip") else name,
        content=content,
        copy=form.text(COPY),
        copy_name=one_line(form.text(COPY_NAME)),
        code=form.text(CODE),
        owner=one_line(form.text(OWNER)),
    )


def _joined(pieces: Sequence[str]) -> bytes:
    try:
        return b"".join(b64decode(piece, validate=True) for piece in pieces)
    except (NotBase64, ValueError):
        raise Invalid({FILE: FieldError("invalid", {})}) from None


def _found(
    uow: UnitOfWork, house: House, me: Visitor, asked: Asked, places: Sequence[Unit], *, new: bool
) -> tuple[Asked, Found | Wrong]:
    """The model that was sent, or why there is none; and what of it is worth to be kept in the form."""
    try:
        if asked.code and (len(asked.code) > _MOST_CODE or not KEY.fullmatch(asked.code)):
            raise Invalid({CODE: FieldError("model_key", {"most": _MOST_CODE})})
        owner = _owner(uow, me, asked, places)
        if asked.copy:
            asked = _copied(uow, house, asked, new=new)
        if not asked.content:
            raise Invalid({FILE: FieldError("model_file_needed", {})})
    except Invalid as refusal:
        return asked, Wrong(errors=refused(refusal))
    try:
        key, files = house.pack_desk.unpack(asked.content, asked.name)
    except BadPack as unreadable:
        return replace(asked, name="", content=b""), Wrong(errors={}, findings=unreadable.findings)
    try:
        key = asked.code or _tidy(key)
        introducing.check_free(uow, key)
        judged = judged_files(house, key, house.pack_desk.completed(files))
        if judged.model is None:
            return asked, Wrong(errors={}, findings=judged.findings)
        introducing.check_new(uow, judged.model, owner, actor=me.actor)
    except NotPermitted:
        raise
    except Refused as refusal:
        return asked, _refusal(uow, refusal)
    return asked, Found(model=judged.model, notes=judged.findings, owner=owner)


def _owner(uow: UnitOfWork, me: Visitor, asked: Asked, places: Sequence[Unit]) -> Unit | None:
    """Whose the model is to be; `Invalid` where the visitor may not say so."""
    if not asked.owner:
        if _everywhere(uow, me):
            return None
        raise Invalid({OWNER: FieldError("owner_needed", {})})
    named = [unit for unit in places if asked.owner in (unit.code, unit.name)]
    named = named or [unit for unit in places if fold(unit.name) == fold(asked.owner)]
    if len(named) != 1:
        raise Invalid({OWNER: FieldError("owner_unknown", {"unit": asked.owner})})
    return named[0]


def _copied(uow: UnitOfWork, house: House, asked: Asked, *, new: bool) -> Asked:
    """The model that is to be copied, under its new name, as if its archive had been sent."""
    if new:
        raise Invalid({COPY: FieldError("model_file_or_copy", {})})
    model = uow.models.latest(asked.copy)
    if model is None:
        raise Invalid({COPY: FieldError("model_file_needed", {})})
    if not asked.copy_name or len(asked.copy_name) > _MOST_NAME or asked.copy_name == model.name:
        raise Invalid({COPY_NAME: FieldError("model_name", {"most": _MOST_NAME})})
    try:
        head = house.pack_desk.edited(MODEL, model.files[MODEL], {("model", 0): {"name": asked.copy_name}})
    except BadPack:
        raise Invalid({COPY: FieldError("model_not_copied", {})}) from None
    key = _made_of(asked.copy_name)
    content = house.pack_desk.packed(key, {**model.files, MODEL: head})
    return replace(asked, name=f"{key}.zip", content=content, copy="", copy_name="")


def _tidy(name: str) -> str:
    """The name of a folder or file as a key."""
    return name if KEY.fullmatch(name) and len(name) <= _MOST_CODE else _made_of(name)


def _made_of(name: str) -> str:
    """A key made of a name: small letters without marks, with "-" between words."""
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:_MOST_CODE].strip("-") or "mo-hinh"


def _refusal(uow: UnitOfWork, refusal: Refused) -> Wrong:
    said_so = sentence(refusal.code, refusal.facts)
    if refusal.code != "key_taken":
        return Wrong(errors={OWNER if "owner" in refusal.facts else "": said_so}, status=409)
    # Who is not to know of the model is told of its key alone.
    known = next((row for row in uow.queries.packs() if row.key == refusal.facts["key"]), None)
    return Wrong(errors={CODE: said_so}, known=known, status=409)


# ---- whose it may be


def _places(uow: UnitOfWork, me: Visitor, house: House) -> list[Unit]:
    return owning.may_design_for(uow, me.actor, today_of(house.clock()))


def _everywhere(uow: UnitOfWork, me: Visitor) -> bool:
    return owning.may_design(uow, me.actor, None)


# ---- pages


def _ask_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    places: Sequence[Unit],
    asked: Asked,
    wrong: Wrong | None = None,
) -> HTMLResponse:
    wrong = wrong or Wrong(errors={}, status=200)
    latest = {row.key: row for row in reversed(uow.queries.packs())}
    known = wrong.known
    return page(
        request,
        "sua_mo_hinh/add.html",
        me,
        uow,
        status=wrong.status,
        page_title=TITLE,
        has_errors=bool(wrong.errors or wrong.findings),
        breadcrumbs=[("Quy trình", MODELS), (TITLE, None)],
        asked=asked,
        action=NEW_MODEL,
        places=[(unit.code, unit.name) for unit in places],
        everywhere=_everywhere(uow, me),
        models=[("", "Không chép"), *((key, row.name) for key, row in sorted(latest.items()))],
        errors=wrong.errors,
        findings=wrong.findings,
        known=known,
        known_edits=known is not None and owning.may_design(uow, me.actor, owning.owner_of(uow, known.key)),
    )


def _look_page(
    request: Request, me: Visitor, uow: UnitOfWork, house: House, asked: Asked, found: Found
) -> HTMLResponse:
    model, today = found.model, today_of(house.clock())
    title = "Xem mô hình mới"
    return page(
        request,
        "sua_mo_hinh/add_look.html",
        me,
        uow,
        page_title=title,
        breadcrumbs=[("Quy trình", MODELS), (TITLE, NEW_MODEL), (title, None)],
        asked=replace(asked, code=model.key, owner=found.owner.code if found.owner else ""),
        action=NEW_MODEL,
        model=model,
        scope=f"Của: {found.owner.name}" if found.owner else "Toàn thành phố",
        notes=found.notes,
        nobody=_nobody(uow, model, today),
        dates=_dates(uow, model, today),
        criteria=[f"{s.name} (áp dụng từ năm {s.year}): {number(len(s.criteria))} tiêu chí" for s in _sets(model)],
        forms=[str(form.get("title", key)) for key, form in model.forms.items()],
        surveys=[survey.title for survey in model.surveys.values()],
        processes=drawn_anew(house, model),
        **told(uow, model),  # type: ignore[arg-type]  # the template's own
    )


def _sets(model: CycleModel) -> list[CriteriaSet]:
    return [model.criteria[year] for year in sorted(model.criteria, reverse=True)]


def _dates(uow: UnitOfWork, model: CycleModel, today: date) -> list[tuple[str, str, str, str]]:
    """Every deadline: what is due, for whom, its next days, its source."""
    calendar = calendar_around(uow, today)
    return [
        (rule.label.replace("{number}", "").strip(), for_whom(uow, rule), coming(rule, calendar, today), rule.source)
        for rule in model.deadlines
    ]


def _nobody(uow: UnitOfWork, model: CycleModel, today: date) -> list[str]:
    """What nobody could do here yet: no unit of its kind stands in the register."""
    kinds = {unit.kind for unit in uow.units.all() if unit.exists_on(today)}
    wanted = {"mở chu kỳ": model.lead_unit_kind}
    wanted |= {f"làm việc ở làn “{lane.name}”": lane.unit_kind for lane in model.lanes.values()}
    missing = {what: kind for what, kind in wanted.items() if not kinds.intersection(model.kinds(kind))}
    return [f"{uow.words.label('unit_kind', kind)}: để {what}" for what, kind in missing.items()]
