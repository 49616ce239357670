"""Who has an account below? Search, many at once from a list, one account: a new slip, closed, corrected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.account_parts import FIELDS, given_roles, slip_view, slips_page
from api.pages.asking import refused
from api.pages.listing import TEXT, Column, Preview, preview, read_list, sample_sheet, sent_cells
from api.pages.shell import PAGE_SIZE, page, page_address, said, sliced, today_of
from api.pages.units import UNITS, account_note, manages_somebody
from engine.errors import Invalid, NotPermitted
from engine.ports.store import UnitOfWork
from engine.rules.units import Account, AccountId
from engine.use_cases import accounts, people
from engine.use_cases.accounts import NewAccount

router = APIRouter()
ACCOUNTS = UNITS + "/tai-khoan"
AccountPath = Annotated[int, Path(ge=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """One row of the list of accounts."""

    title: str
    href: str
    meta: tuple[str, ...]
    tag: tuple[str, str] | None


# ---- lists


@router.get(ACCOUNTS)
def listing(request: Request, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show the people whose accounts the reader looks after."""
    _check_manages(uow, me)
    text = request.query_params.get("tim", "").strip()
    below, today = people.managed_units(me.actor), today_of(house.clock())
    total = uow.admin.people(below, today, text=text, limit=1)[1]
    part = sliced(total, request.query_params.get("trang"))
    rows, _ = uow.admin.people(below, today, text=text, limit=PAGE_SIZE, offset=part.first)
    lines = []
    for row in rows:
        note = account_note(row.disabled_at, has_password=row.has_password)
        lines.append(
            PersonLine(
                title=row.full_name,
                href=f"{ACCOUNTS}/{row.account_id}",
                meta=(uow.words.label("role", row.role), row.unit, row.username),
                tag=(note.capitalize(), "late" if row.disabled_at else "warn") if note else None,
            )
        )
    return page(
        request,
        "don_vi/accounts.html",
        me,
        uow,
        page_title="Tài khoản",
        breadcrumbs=[("Đơn vị", UNITS), ("Tài khoản", None)],
        text=text,
        lines=lines,
        total=total,
        page_no=part.page,
        pages=part.pages,
        page_url=page_address(ACCOUNTS, tim=text),
    )


@router.get(ACCOUNTS + "/nhap")
def ask_list(request: Request, me: Me, uow: Uow) -> HTMLResponse:
    """Ask for a list of people to be given accounts."""
    _check_manages(uow, me)
    return _list_page(request, me, uow, "", {})


@router.get(ACCOUNTS + "/nhap/mau.xlsx")
def sample(me: Me, uow: Uow, house: TheHouse) -> Response:
    """Hand out an Excel file to fill in."""
    _check_manages(uow, me)
    return sample_sheet(house, "Danh sách tài khoản", _columns(uow, me), "danh-sach-tai-khoan.xlsx")


@router.post(ACCOUNTS + "/nhap")
def take_list(request: Request, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Show the list as it was understood; make the accounts once it is confirmed, and their slips, which are shown once."""
    _check_manages(uow, me)
    columns, now = _columns(uow, me), house.clock()
    try:
        rows = read_list(columns, sent_cells(house, form))
    except Invalid as refusal:
        text = (form.all(TEXT) or [""])[0]
        return _list_page(request, me, uow, text, refused(refusal), status=422)
    wanted = [NewAccount(**row) for row in rows]
    errors = people.check_accounts(uow, wanted, actor=me.actor, now=now)
    if errors or not form.text("xac_nhan"):
        return _preview_page(request, me, uow, preview(columns, rows, errors))
    slips = accounts.create_accounts(uow, wanted, actor=me.actor, now=now)
    views = [slip_view(uow, slip, row.role) for slip, row in zip(slips, wanted, strict=True)]
    return slips_page(request, me, uow, house, views, ACCOUNTS)


# ---- one account


@router.get(ACCOUNTS + "/{account_id:int}")
def show(request: Request, account_id: AccountPath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Show an account to those who look after it."""
    account = people.managed_account(uow, AccountId(account_id), actor=me.actor, now=house.clock())
    today = today_of(house.clock())
    held = uow.accounts.positions(account.id)
    return page(
        request,
        "don_vi/account.html",
        me,
        uow,
        page_title=account.full_name,
        breadcrumbs=[("Đơn vị", UNITS), ("Tài khoản", ACCOUNTS), (account.full_name, None)],
        account=account,
        note=account_note(account.disabled_at, has_password=account.password_hash is not None),
        own=account.id == me.account.id,
        last_mail=uow.notices.last_mail(account.id),
        positions=[
            (p, uow.words.label("role", p.role), uow.units.get(p.unit_id), p.until_day is None or p.until_day >= today)
            for p in sorted(held, key=lambda p: (p.until_day is not None, p.id))
        ],
    )


@router.get(ACCOUNTS + "/{account_id:int}/sua")
def ask_correction(request: Request, account_id: AccountPath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Ask for the right name and mail address."""
    account = people.managed_account(uow, AccountId(account_id), actor=me.actor, now=house.clock())
    return _correct_page(request, me, uow, account, {"ho_ten": account.full_name, "thu": account.email or ""}, {})


@router.post(ACCOUNTS + "/{account_id:int}/sua")
def correct(request: Request, account_id: AccountPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Correct name and mail address."""
    account = people.managed_account(uow, AccountId(account_id), actor=me.actor, now=house.clock())
    values = {"ho_ten": form.text("ho_ten"), "thu": form.text("thu")}
    try:
        people.correct(uow, account.id, values["ho_ten"], values["thu"], actor=me.actor, now=house.clock())
    except Invalid as refusal:
        return _correct_page(request, me, uow, account, values, refused(refusal, FIELDS), status=422)
    return said(f"{ACCOUNTS}/{account_id}", "da-luu")


@router.post(ACCOUNTS + "/{account_id:int}/phieu")
def renew(request: Request, account_id: AccountPath, me: Me, uow: Uow, house: TheHouse, form: Form) -> Response:
    """Take the password away and show a new slip, once."""
    account = people.managed_account(uow, AccountId(account_id), actor=me.actor, now=house.clock())
    if account.id == me.account.id:
        raise NotPermitted("own_account")
    slip = accounts.renew_slip(uow, account.id, actor=me.actor, now=house.clock())
    held = [p for p in uow.accounts.positions(account.id) if p.held_on(today_of(house.clock()))]
    view = slip_view(uow, slip, held[0].role if held else "")
    return slips_page(request, me, uow, house, [view], f"{ACCOUNTS}/{account_id}")


@router.post(ACCOUNTS + "/{account_id:int}/khoa")
def close(account_id: AccountPath, me: Me, uow: Uow, house: TheHouse, form: Form) -> Response:
    """Close the account; whoever is signed in with it is thrown out."""
    people.managed_account(uow, AccountId(account_id), actor=me.actor, now=house.clock())
    accounts.disable(uow, AccountId(account_id), actor=me.actor, now=house.clock())
    return said(f"{ACCOUNTS}/{account_id}", "da-luu")


@router.post(ACCOUNTS + "/{account_id:int}/mo")
def reopen(account_id: AccountPath, me: Me, uow: Uow, house: TheHouse, form: Form) -> Response:
    """Open the account again."""
    people.managed_account(uow, AccountId(account_id), actor=me.actor, now=house.clock())
    accounts.enable(uow, AccountId(account_id), actor=me.actor, now=house.clock())
    return said(f"{ACCOUNTS}/{account_id}", "da-luu")


# ---- the pieces


def _check_manages(uow: UnitOfWork, me: Visitor) -> None:
    if not manages_somebody(uow, me):
        raise NotPermitted("not_account_manager", unit="")


def _columns(uow: UnitOfWork, me: Visitor) -> tuple[Column, ...]:
    roles = given_roles(uow, me)
    return (
        Column(name="full_name", title="Họ và tên", heads=("Họ tên",), example="Nguyễn Văn An"),
        Column(name="username", title="Tên đăng nhập", heads=("Tài khoản",), example="nguyenvanan"),
        Column(name="email", title="Thư điện tử", heads=("Email", "E-mail"), example="an@vidu.vn"),
        Column(name="unit_code", title="Mã đơn vị", heads=("Đơn vị",), example="P1-01"),
        Column(name="role", title="Chức vụ", choices=roles, example=next(iter(roles.values()))),
    )


def _list_page(
    request: Request, me: Visitor, uow: UnitOfWork, text: str, errors: Mapping[str, str], *, status: int = 200
) -> HTMLResponse:
    return page(
        request,
        "don_vi/accounts_import.html",
        me,
        uow,
        status=status,
        page_title="Cấp nhiều tài khoản",
        has_errors=bool(errors),
        breadcrumbs=[("Đơn vị", UNITS), ("Tài khoản", ACCOUNTS), ("Cấp nhiều tài khoản", None)],
        text=text,
        errors=errors,
        titles=[column.title for column in _columns(uow, me)],
        roles=list(given_roles(uow, me).values()),
    )


def _preview_page(request: Request, me: Visitor, uow: UnitOfWork, seen: Preview) -> HTMLResponse:
    way = [("Đơn vị", UNITS), ("Tài khoản", ACCOUNTS), ("Cấp nhiều tài khoản", f"{ACCOUNTS}/nhap"), ("Kiểm tra", None)]
    return page(
        request,
        "don_vi/accounts_check.html",
        me,
        uow,
        status=422 if seen.bad else 200,
        page_title="Kiểm tra danh sách tài khoản",
        has_errors=bool(seen.bad),
        breadcrumbs=way,
        seen=seen,
    )


def _correct_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    account: Account,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    back = f"{ACCOUNTS}/{account.id}"
    return page(
        request,
        "don_vi/account_edit.html",
        me,
        uow,
        status=status,
        page_title="Sửa thông tin tài khoản",
        has_errors=bool(errors),
        breadcrumbs=[("Đơn vị", UNITS), ("Tài khoản", ACCOUNTS), (account.full_name, back), ("Sửa", None)],
        account=account,
        values=values,
        errors=errors,
    )
