"""What do the pages about accounts share? Roles one may give, the form for a person, slips that are shown once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import Request
from starlette.responses import HTMLResponse

from api.actor import Posted, Visitor
from api.assembly import House
from api.pages.asking import asked_text
from api.pages.shell import page
from engine.errors import FieldError, Invalid
from engine.ports.store import UnitOfWork
from engine.rules.permissions import ADMINISTRATOR
from engine.rules.units import Account, Unit
from engine.use_cases import people
from engine.use_cases.accounts import NewAccount, Slip

#: Field of a use case → field of the page.
FIELDS = {
    "username": "ten_moi",
    "full_name": "ho_ten",
    "email": "thu",
    "role": "chuc_vu",
    "unit_code": "chuc_vu",
    "last_day": "ngay",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SlipView:
    """One slip as it is printed."""

    full_name: str
    unit: str
    role: str
    username: str
    code: str
    expires_on: date


def given_roles(uow: UnitOfWork, me: Visitor) -> dict[str, str]:
    """The roles that the person may give."""
    codes = uow.words.codes("role")
    if me.actor.holds_anywhere(ADMINISTRATOR):
        return dict(codes)
    return {code: name for code, name in codes.items() if code not in people.TRUSTED}


def asked_role(uow: UnitOfWork, me: Visitor, form: Posted) -> str:
    """The role in the form, one that the person may give; else `Invalid`."""
    role = form.text("chuc_vu")
    if role not in given_roles(uow, me):
        raise Invalid({"role": FieldError("form.required_choice", {"title": "Chức vụ"})})
    return role


def asked_account(uow: UnitOfWork, form: Posted) -> Account:
    """The account whose user name stands in the form; else `Invalid`."""
    username = asked_text(form, "ten_dang_nhap", "Tên đăng nhập")
    account = uow.accounts.find_username(username)
    if account is None:
        raise Invalid({"ten_dang_nhap": FieldError("unknown_person", {"username": username})})
    return account


def sent_person(form: Posted) -> dict[str, str]:
    """What was sent of the form for a person."""
    names = ("ai", "ten_dang_nhap", "ho_ten", "ten_moi", "thu", "chuc_vu", "ngay")
    return {name: form.text(name) for name in names}


def new_account(values: Mapping[str, str], unit: Unit, role: str) -> NewAccount:
    """The new person of the form; `Invalid` when name or user name is missing."""
    named = (("ho_ten", "Họ và tên"), ("ten_moi", "Tên đăng nhập"))
    missing = {name: FieldError("form.required", {"title": title}) for name, title in named if not values[name]}
    if missing:
        raise Invalid(missing)
    return NewAccount(
        username=values["ten_moi"],
        full_name=values["ho_ten"],
        email=values["thu"],
        unit_code=unit.code,
        role=role,
    )


def slip_view(uow: UnitOfWork, slip: Slip, role: str) -> SlipView:
    """A slip as it is printed."""
    return SlipView(
        full_name=slip.account.full_name,
        unit=slip.unit.name if slip.unit else "",
        role=uow.words.label("role", role) if role else "",
        username=slip.account.username,
        code=slip.code,
        expires_on=slip.expires_on,
    )


def slips_page(
    request: Request, me: Visitor, uow: UnitOfWork, house: House, slips: Sequence[SlipView], back: str
) -> HTMLResponse:
    """Show slips; they are stored nowhere, so this is the only time."""
    return page(
        request,
        "don_vi/slips.html",
        me,
        uow,
        page_title="Phiếu đăng nhập" if len(slips) == 1 else f"{len(slips)} phiếu đăng nhập",
        slips=slips,
        site=house.settings.site,
        back=back,
    )
