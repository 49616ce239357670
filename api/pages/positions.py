"""Who holds which position of a unit? Appointing, ending, handing over; a new person gets an account and a slip."""

from collections.abc import Mapping
from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.actor import Form, Me, TheHouse, Uow, Visitor
from api.pages.account_parts import (
    FIELDS,
    asked_account,
    asked_role,
    given_roles,
    new_account,
    sent_person,
    slip_view,
    slips_page,
)
from api.pages.asking import asked_day, day_text, refused
from api.pages.shell import page, said, today_of
from api.pages.units import UNITS, UnitPath, crumbs
from api.texts.words import day
from engine.errors import FieldError, Invalid
from engine.ports.store import UnitOfWork
from engine.rules.units import Account, Position, Unit, UnitId
from engine.use_cases import accounts, people

router = APIRouter()


@router.get(UNITS + "/{unit_id:int}/bo-nhiem")
def ask_appointment(request: Request, unit_id: UnitPath, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Ask who is to hold which position."""
    path = _managed(uow, me, unit_id)
    return _appoint_page(request, me, uow, path, {"ngay": day_text(today_of(house.clock()))}, {})


@router.post(UNITS + "/{unit_id:int}/bo-nhiem")
def appoint(request: Request, unit_id: UnitPath, me: Me, form: Form, uow: Uow, house: TheHouse) -> Response:
    """Give a position to a known person, or make an account for a new one and show its slip, once."""
    path = _managed(uow, me, unit_id)
    values, now = sent_person(form), house.clock()
    try:
        with uow.savepoint():
            _check_who(values)
            role = asked_role(uow, me, form)
            if values["ai"] == "moi":
                slip = accounts.create_account(uow, new_account(values, path[0], role), actor=me.actor, now=now)
                return slips_page(request, me, uow, house, [slip_view(uow, slip, role)], f"{UNITS}/{unit_id}")
            account = asked_account(uow, form)
            first = asked_day(form, "ngay", "Giữ chức vụ từ ngày")
            accounts.give_position(uow, account.id, path[0].id, role, from_day=first, actor=me.actor, now=now)
    except Invalid as refusal:
        return _appoint_page(request, me, uow, path, values, refused(refusal, FIELDS), status=422)
    return said(f"{UNITS}/{unit_id}", "da-luu")


@router.get(UNITS + "/{unit_id:int}/chuc-vu/{position_id:int}/ket-thuc")
def ask_end(request: Request, unit_id: UnitPath, position_id: int, me: Me, uow: Uow, house: TheHouse) -> HTMLResponse:
    """Ask for the last day of a position."""
    path = _managed(uow, me, unit_id)
    position, account = people.position_of(uow, path[0].id, position_id)
    return _end_page(request, me, uow, path, position, account, day_text(today_of(house.clock())), {})


@router.post(UNITS + "/{unit_id:int}/chuc-vu/{position_id:int}/ket-thuc")
def end(
    request: Request, unit_id: UnitPath, position_id: int, me: Me, form: Form, uow: Uow, house: TheHouse
) -> Response:
    """Let a position end."""
    path = _managed(uow, me, unit_id)
    position, account = people.position_of(uow, path[0].id, position_id)
    try:
        last = asked_day(form, "ngay", "Ngày giữ chức vụ cuối cùng")
        accounts.end_position(uow, account.id, position.id, last_day=last, actor=me.actor, now=house.clock())
    except Invalid as refusal:
        shown = refused(refusal, FIELDS)
        return _end_page(request, me, uow, path, position, account, form.text("ngay"), shown, status=422)
    return said(f"{UNITS}/{unit_id}", "da-luu")


@router.get(UNITS + "/{unit_id:int}/chuc-vu/{position_id:int}/ban-giao")
def ask_successor(
    request: Request, unit_id: UnitPath, position_id: int, me: Me, uow: Uow, house: TheHouse
) -> HTMLResponse:
    """Ask who takes a position over."""
    path = _managed(uow, me, unit_id)
    held = people.position_of(uow, path[0].id, position_id)
    return _hand_page(request, me, uow, path, held, {"ngay": day_text(today_of(house.clock()))}, {})


@router.post(UNITS + "/{unit_id:int}/chuc-vu/{position_id:int}/ban-giao")
def hand_over(
    request: Request, unit_id: UnitPath, position_id: int, me: Me, form: Form, uow: Uow, house: TheHouse
) -> Response:
    """Hand a position over to a known person, or to a new one whose slip is shown once."""
    path = _managed(uow, me, unit_id)
    held = position, account = people.position_of(uow, path[0].id, position_id)
    values, now = sent_person(form), house.clock()
    try:
        with uow.savepoint():
            _check_who(values)
            first = asked_day(form, "ngay", "Người mới giữ chức vụ từ ngày")
            if first <= position.from_day:
                earliest = position.from_day + timedelta(days=1)
                raise Invalid({"ngay": FieldError("too_early", {"first_day": earliest})})
            if values["ai"] == "moi":
                new = new_account(values, path[0], position.role)
                slip = people.hand_over_to_new(
                    uow, account.id, position.id, new, first_day=first, actor=me.actor, now=now
                )
                return slips_page(request, me, uow, house, [slip_view(uow, slip, position.role)], f"{UNITS}/{unit_id}")
            successor = asked_account(uow, form)
            accounts.hand_over(uow, account.id, position.id, successor.id, first_day=first, actor=me.actor, now=now)
    except Invalid as refusal:
        shown = refused(refusal, FIELDS | {"role": "ten_dang_nhap"})
        return _hand_page(request, me, uow, path, held, values, shown, status=422)
    return said(f"{UNITS}/{unit_id}", "da-luu")


def _check_who(values: Mapping[str, str]) -> None:
    if values["ai"] not in ("cu", "moi"):
        raise Invalid({"ai": FieldError("form.required_choice", {"title": "Người giữ chức vụ"})})


def _managed(uow: UnitOfWork, me: Visitor, unit_id: int) -> tuple[Unit, ...]:
    people.check_may_manage(uow, UnitId(unit_id), actor=me.actor)
    return uow.units.path(UnitId(unit_id))


def _appoint_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    path: tuple[Unit, ...],
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "don_vi/appoint.html",
        me,
        uow,
        status=status,
        page_title="Giao chức vụ",
        has_errors=bool(errors),
        breadcrumbs=crumbs(me, path, ("Giao chức vụ", None)),
        unit=path[0],
        roles=[("", "Chọn chức vụ"), *given_roles(uow, me).items()],
        values=values,
        errors=errors,
    )


def _end_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    path: tuple[Unit, ...],
    position: Position,
    account: Account,
    text: str,
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "don_vi/position_end.html",
        me,
        uow,
        status=status,
        page_title="Kết thúc chức vụ",
        has_errors=bool(errors),
        breadcrumbs=crumbs(me, path, ("Kết thúc chức vụ", None)),
        unit=path[0],
        position=position,
        account=account,
        role=uow.words.label("role", position.role),
        since=day(position.from_day),
        text=text,
        errors=errors,
    )


def _hand_page(
    request: Request,
    me: Visitor,
    uow: UnitOfWork,
    path: tuple[Unit, ...],
    held: tuple[Position, Account],
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> HTMLResponse:
    return page(
        request,
        "don_vi/hand_over.html",
        me,
        uow,
        status=status,
        page_title="Bàn giao chức vụ",
        has_errors=bool(errors),
        breadcrumbs=crumbs(me, path, ("Bàn giao chức vụ", None)),
        unit=path[0],
        position=held[0],
        account=held[1],
        role=uow.words.label("role", held[0].role),
        values=values,
        errors=errors,
    )
