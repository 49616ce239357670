"""In which way does each unit, and each person, sign? For administrators: chosen here, with the pictures on the page."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, Posted, TheHouse, Uow, Visitor
from api.assembly import House
from api.pages.asking import refused
from api.pages.shell import page, said
from api.pages.uploads import download
from api.texts import label
from engine.errors import FieldError, Invalid, NotFound
from engine.ports.store import UnitOfWork
from engine.rules.signings import Way, WaySetting
from engine.rules.units import AccountId, UnitId
from engine.use_cases import signing_ways

router = APIRouter()
WAYS = "/quan-tri/ky-so"
SettingPath = Annotated[int, Path(ge=1)]
_LIMIT = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WayView:
    """One setting as it is listed."""

    id: int
    code: str  #: unit code or user name
    name: str
    kind: str  #: don-vi | nguoi
    way: str
    picture: bool


@router.get(WAYS)
def listing(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show what was chosen, and a form to choose."""
    signing_ways.check_may(me.actor)
    asked = request.query_params
    given = {"loai": asked.get("loai", "don-vi"), "ma": asked.get("ma", ""), "cach": ""}
    return _page(request, me, uow, house, given, {})


@router.post(WAYS)
def choose(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Set how a unit or a person signs."""
    signing_ways.check_may(me.actor)
    given = {name: form.text(name) for name in ("loai", "ma", "cach")}
    try:
        unit_id, account_id = _holder(uow, given)
        picture = _picture(house, form, given)
        way = Way(given["cach"]) if given["cach"] else None
    except Invalid as refusal:
        return _page(request, me, uow, house, given, refused(refusal, {"file": "anh"}), status=422)
    signing_ways.choose(
        uow,
        way,
        unit_id=unit_id,
        account_id=account_id,
        picture_sha256=picture,
        actor=me.actor,
        now=house.clock(),
    )
    return said(WAYS, "da-luu")


@router.get(WAYS + "/{setting_id:int}/anh")
def picture(setting_id: SettingPath, me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out the picture of a signature or a seal."""
    signing_ways.check_may(me.actor)
    found = next((s for s in uow.signings.settings() if s.id == setting_id and s.picture_sha256), None)
    if found is None:
        raise NotFound("picture", setting_id)
    return download(house.archive.get(found.picture_sha256), "anh.png", "image/png")


def _holder(uow: UnitOfWork, given: dict[str, str]) -> tuple[UnitId | None, AccountId | None]:
    if given["cach"] not in {"", *Way}:
        raise Invalid({"cach": FieldError("choice", {"title": "Cách ký"})})
    if given["loai"] == "nguoi":
        account = uow.accounts.find_username(given["ma"])
        if account is None:
            raise Invalid({"ma": FieldError("unknown_username", {"username": given["ma"]})})
        return None, account.id
    unit = uow.units.find_code(given["ma"])
    if unit is None:
        raise Invalid({"ma": FieldError("unknown_unit", {"code": given["ma"]})})
    return unit.id, None


def _picture(house: House, form: Posted, given: dict[str, str]) -> str | None:
    """The hash of the picture that was sent; None: none was, empty: it is to go."""
    if form.text("bo_anh") == "true":
        return ""
    files = form.files("anh")
    if not files:
        return None
    kind = "signature" if given["loai"] == "nguoi" else "seal"
    return house.archive.put(house.clean_picture(files[0].file.read(_LIMIT + 1), kind))


def _page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    house: House,
    given: dict[str, str],
    errors: dict[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    ways = [(way.value, label("signing_way", way)) for way in Way]
    usual = Way.SERVER if house.outside.server_signs else Way.ELSEWHERE
    return page(
        request,
        "quan_tri/ways.html",
        me,
        uow,
        status=status,
        page_title="Cách ký văn bản",
        has_errors=bool(errors),
        breadcrumbs=[("Quản trị", "/quan-tri"), ("Cách ký văn bản", None)],
        settings=[_view(uow, setting) for setting in uow.signings.settings()],
        ways=[("", "Theo đơn vị cấp trên (người: theo đơn vị)"), *ways],
        usual=label("signing_way", usual),
        test=house.keys_are_tests,
        given=given,
        errors=errors,
    )


def _view(uow: UnitOfWork, setting: WaySetting) -> WayView:
    if setting.unit_id is not None:
        unit = uow.units.get(setting.unit_id)
        code, name, kind = unit.code, unit.name, "don-vi"
    else:
        account = uow.accounts.get(AccountId(setting.account_id or 0))
        code, name, kind = account.username, account.full_name, "nguoi"
    way = (
        label("signing_way", setting.way)
        if setting.way
        else "Theo đơn vị cấp trên"
        if kind == "don-vi"
        else "Theo đơn vị"
    )
    return WayView(id=setting.id, code=code, name=name, kind=kind, way=way, picture=bool(setting.picture_sha256))
