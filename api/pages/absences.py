"""Who is absent, and who does their work meanwhile? Handed over, looked at, taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.pages.asking import asked_day, day_text, refused
from api.pages.shell import number_in, page, said, scope_of, today_of, wanted_id
from api.texts import label
from api.texts.words import day, instant
from engine.errors import FieldError, Invalid, NotFound
from engine.ports.absences import DoneWork
from engine.ports.queries import PersonRow
from engine.ports.store import UnitOfWork
from engine.rules.cycle_models import ACTS
from engine.rules.delegations import Delegation, DelegationKind, DelegationScope, DelegationState
from engine.rules.permissions import SIGNING, may_read
from engine.rules.units import Account, AccountId, Position, UnitId
from engine.use_cases import absences
from engine.use_cases.absences import Asked
from engine.use_cases.runs import readers_path

router = APIRouter()
ABSENCES = "/vang-mat"
DelegationPath = Annotated[int, Path(ge=1)]
_FIELDS = {
    "role": "vi_tri", "to": "nguoi", "first_day": "tu", "last_day": "den", "code": "viec", "signs": "ky",
    "document": "van_ban", "reason": "ly_do",
}  # fmt: skip
_SENT = ("vi_tri", "nguoi", "ten_dang_nhap", "tu", "den", "viec", "ky", "hinh_thuc", "van_ban", "ly_do")
#: Delegations of others that one page lists.
MOST = 200
OTHER = "khac"


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceRow:
    """One delegation of a list."""

    href: str
    title: str
    meta: tuple[str, ...]
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A position whose work may be handed over, and whose it is."""

    value: str
    title: str
    account_id: AccountId
    unit_id: UnitId
    role: str


@router.get(ABSENCES)
def listing(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show what the person handed over and does for others, and for those who look after units, theirs."""
    own = uow.absences.of_person(me.account.id)
    known = {found.id for found in own}
    scope = scope_of(me.actor)
    others = [d for d in uow.absences.of_units(scope, limit=MOST) if d.id not in known] if scope else []
    mine = {d.unit_id: absences.arranged(uow, [d.unit_id], actor=me.actor) for d in others}
    today = today_of(house.clock())

    def rows(found: Sequence[Delegation]) -> list[AbsenceRow]:
        return [_row(uow, d, d.state_on(today)) for d in found]

    return page(
        request,
        "vang_mat/list.html",
        me,
        uow,
        page_title="Vắng mặt, làm thay",
        given=rows([d for d in own if d.from_id == me.account.id]),
        received=rows([d for d in own if d.to_id == me.account.id]),
        others=rows([d for d in others if mine[d.unit_id]]),
        may_hand_over=bool(me.positions),
    )


@router.get(ABSENCES + "/moi")
def ask(request: Request, me: Me, uow: Uow, house: TheHouse, vi_tri: str = "") -> HTMLResponse:
    """Ask whose work is handed over to whom, when, which."""
    values = {"tu": day_text(today_of(house.clock())), "viec": "all", "hinh_thuc": "written", "vi_tri": vi_tri}
    return _asking(request, me, uow, house, values, {})


@router.post(ABSENCES + "/moi")
def hand_over(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Hand the work over."""
    values = {name: form.text(name)[:300] for name in _SENT}
    try:
        with uow.savepoint():
            made = absences.hand_over(uow, _asked(uow, me, house, form), actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _asking(request, me, uow, house, values, refused(refusal, _FIELDS), status=422)
    return said(f"{ABSENCES}/{made.id}", "da-giao-viec")


@router.get(ABSENCES + "/{delegation_id:int}")
def one(request: Request, delegation_id: DelegationPath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show one delegation with what was done by it."""
    found = absences.readable(uow, delegation_id, actor=me.actor)
    state = found.state_on(today_of(house.clock()))
    return page(
        request,
        "vang_mat/detail.html",
        me,
        uow,
        page_title=f"Làm thay {_name(uow, found.from_id)}",
        breadcrumbs=[("Vắng mặt, làm thay", ABSENCES), (f"Làm thay {_name(uow, found.from_id)}", None)],
        found=found,
        state=state.value,
        facts=_facts(uow, found),
        done=[(f"{work.name} – {work.unit}", _address(uow, me, work), work.at) for work in uow.absences.done(found.id)],
        received=found.to_id == me.account.id,
        endable=state in (DelegationState.PLANNED, DelegationState.RUNNING),
    )


@router.post(ABSENCES + "/{delegation_id:int}/lay-lai")
def take_back(delegation_id: DelegationPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Take the work back, or give it back."""
    absences.take_back(uow, delegation_id, actor=me.actor, now=house.clock())
    return said(f"{ABSENCES}/{delegation_id}", "da-lay-lai")


def _asked(uow: UnitOfWork, me: Visitor, house: TheHouse, form: Posted) -> Asked:
    place = next((p for p in _places(uow, me, house, form.text("vi_tri")) if p.value == form.text("vi_tri")), None)
    if place is None:
        raise Invalid({"vi_tri": FieldError("form.required_choice", {"title": "Chức vụ vắng mặt"})})
    scope, _, code = form.text("viec").partition(":")
    if scope not in {s.value for s in DelegationScope}:
        raise Invalid({"viec": FieldError("form.required_choice", {"title": "Việc được giao"})})
    kinds = {kind.value: kind for kind in DelegationKind}
    return Asked(
        from_id=place.account_id,
        unit_id=place.unit_id,
        role=place.role,
        to_id=_substitute(uow, form).id,
        first_day=asked_day(form, "tu", "Từ ngày"),
        last_day=asked_day(form, "den", "Đến hết ngày"),
        scope=DelegationScope(scope),
        code=code,
        signs=form.text("ky") == "true" or scope == DelegationScope.SIGNING,
        kind=kinds.get(form.text("hinh_thuc"), DelegationKind.WRITTEN),
        document=form.text("van_ban"),
        reason=form.text("ly_do"),
    )


def _substitute(uow: UnitOfWork, form: Posted) -> Account:
    chosen, typed = form.text("nguoi"), form.text("ten_dang_nhap")
    number = number_in(chosen)
    if number is not None:
        try:
            return uow.accounts.get(AccountId(number))
        except NotFound:
            number = None
    if chosen != OTHER or not typed:
        name = "ten_dang_nhap" if chosen == OTHER else "nguoi"
        raise Invalid({name: FieldError("form.required", {"title": "Người làm thay"})})
    found = uow.accounts.find_username(typed)
    if found is None:
        raise Invalid({"ten_dang_nhap": FieldError("unknown_person", {"username": typed})})
    return found


def _places(uow: UnitOfWork, me: Visitor, house: TheHouse, wanted: str) -> list[Place]:
    """The person's own positions; or the one of somebody else that an address names, when they may arrange it."""
    own = [
        Place(value=place_value(p), title="", account_id=p.account_id, unit_id=p.unit_id, role=p.role)
        for p in me.positions
    ]
    if wanted and wanted not in {place.value for place in own}:
        own = [_other_place(uow, me, house, wanted)]
    return [
        Place(
            value=p.value,
            title=_position(uow, p.unit_id, p.role),
            account_id=p.account_id,
            unit_id=p.unit_id,
            role=p.role,
        )
        for p in own
    ]


def place_value(position: Position) -> str:
    """How an address and the form name a position and who holds it."""
    return f"{position.unit_id}.{position.account_id}.{position.role}"


def _other_place(uow: UnitOfWork, me: Visitor, house: TheHouse, wanted: str) -> Place:
    unit, _, rest = wanted.partition(".")
    account, _, role = rest.partition(".")
    unit_id, account_id = UnitId(wanted_id(unit, "Position")), AccountId(wanted_id(account, "Position"))
    found = absences.position_held(uow, account_id, unit_id, role, today_of(house.clock()))
    if found is None:
        raise NotFound("Position", wanted)
    absences.check_may_arrange(uow, found.unit_id, found.account_id, actor=me.actor)
    return Place(value=wanted, title="", account_id=found.account_id, unit_id=found.unit_id, role=found.role)


def _asking(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: TheHouse,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    places = _places(uow, me, house, values.get("vi_tri", ""))
    absent = places[0].account_id if places else me.account.id
    name = "" if absent == me.account.id else _name(uow, absent)
    return page(
        request,
        "vang_mat/new.html",
        me,
        uow,
        status=status,
        page_title=f"Giao việc của {name} cho người làm thay" if name else "Giao việc cho người làm thay",
        has_errors=bool(errors),
        breadcrumbs=[("Vắng mặt, làm thay", ABSENCES), ("Giao việc", None)],
        places=[(place.value, place.title) for place in places],
        people=_people(uow, places, absent),
        scopes=_scopes(uow),
        kinds=[(kind.value, label("delegation_kind", kind.value), _KIND_HINTS[kind]) for kind in DelegationKind],
        values=values,
        errors=errors,
    )


_KIND_HINTS = {
    DelegationKind.WRITTEN: "Người ký là cấp phó thì ký thay (KT.), người khác thì ký thừa ủy quyền (TUQ.).",
    DelegationKind.RULES: "Người ký là cấp phó thì ký thay (KT.), người khác thì ký thừa lệnh (TL.).",
}


def _people(uow: UnitOfWork, places: Sequence[Place], absent: AccountId) -> list[tuple[str, str]]:
    """Colleagues at the same unit and at the one above it; others by their user name."""
    units: dict[UnitId, None] = {}
    for place in places:
        units |= dict.fromkeys(unit.id for unit in uow.units.path(place.unit_id)[:2])
    rows = uow.queries.people(list(units), exactly=True)
    named = {str(row.account_id): _person(uow, row) for row in rows if _may_be(row, absent)}
    return [("", "Chọn người làm thay"), *named.items(), (OTHER, "Người khác (nhập tên đăng nhập bên dưới)")]


def _may_be(row: PersonRow, absent: AccountId) -> bool:
    return row.account_id != absent and row.disabled_at is None and row.until_day is None


def _person(uow: UnitOfWork, row: PersonRow) -> str:
    return f"{row.full_name} – {uow.words.label('role', row.role)}, {row.unit}"


def _scopes(uow: UnitOfWork) -> list[tuple[str, str]]:
    models = [m for key in uow.models.keys() if (m := uow.models.latest(key)) is not None]  # noqa: SIM118  # a register
    return [
        (DelegationScope.ALL, label("delegation_scope", DelegationScope.ALL)),
        *((f"model:{m.key}", f"Chỉ việc của mô hình: {m.name}") for m in models),
        *((f"act:{act}", f"Chỉ loại việc: {label('act', act)}") for act in ACTS if act not in SIGNING),
        (DelegationScope.SIGNING, label("delegation_scope", DelegationScope.SIGNING)),
    ]


def _row(uow: UnitOfWork, found: Delegation, state: DelegationState) -> AbsenceRow:
    return AbsenceRow(
        href=f"{ABSENCES}/{found.id}",
        title=f"{_name(uow, found.to_id)} làm thay {_name(uow, found.from_id)}",
        meta=(
            _position(uow, found.unit_id, found.role),
            f"từ {day(found.first_day)} đến hết {day(found.last_day)}",
            label("legal_form", found.form.value) if found.form else "",
        ),
        state=state.value,
    )


def _facts(uow: UnitOfWork, found: Delegation) -> list[tuple[str, str]]:
    facts = [
        ("Người vắng mặt", f"{_name(uow, found.from_id)} – {_position(uow, found.unit_id, found.role)}"),
        ("Người làm thay", f"{_name(uow, found.to_id)} – {found.title}"),
        ("Thời gian", f"từ ngày {day(found.first_day)} đến hết ngày {day(found.last_day)}"),
        ("Việc được giao", _scope(uow, found)),
        ("Ký văn bản", _first_capital(label("legal_form", found.form.value)) if found.form else "Không giao"),
        ("Căn cứ", label("delegation_kind", found.kind.value) if found.signs else ""),
        ("Văn bản", found.document),
        ("Lý do", found.reason),
        ("Giao lúc", instant(found.created_at)),
        ("Lấy lại lúc", instant(found.ended_at)),
    ]
    if found.created_by not in (None, found.from_id):
        facts.append(("Người lập", _name(uow, AccountId(found.created_by or 0))))
    return [(name, text) for name, text in facts if text]


def _address(uow: UnitOfWork, me: Visitor, work: DoneWork) -> str:
    """The dossier's page, for those who may read it."""
    dossier = uow.dossiers.get(work.dossier_id)
    return f"/ho-so/{dossier.id}" if may_read(me.actor, readers_path(uow, dossier)) else ""


def _first_capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _scope(uow: UnitOfWork, found: Delegation) -> str:
    if found.scope is DelegationScope.MODEL:
        model = uow.models.latest(found.code)
        return f"Chỉ việc của mô hình: {model.name if model else found.code}"
    if found.scope is DelegationScope.ACT:
        return f"Chỉ loại việc: {label('act', found.code)}"
    return label("delegation_scope", found.scope.value)


def _position(uow: UnitOfWork, unit_id: UnitId, role: str) -> str:
    return f"{uow.words.label('role', role)}, {uow.units.get(unit_id).name}"


def _name(uow: UnitOfWork, account_id: AccountId) -> str:
    return uow.accounts.get(account_id).full_name
