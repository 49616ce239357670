"""How does the first person come in, and how is somebody let in again from the server's terminal?"""

import argparse
from collections.abc import Callable

from api.assembly import House, build
from api.commands.house import opened
from api.commands.saying import say
from api.settings import read_settings
from engine.errors import NotFound, WrongState
from engine.ports.store import UnitOfWork
from engine.rules.deadlines import local_day
from engine.rules.permissions import ADMINISTRATOR
from engine.rules.units import Account, Actor
from engine.use_cases import accounts, units
from engine.use_cases.accounts import NewAccount, Slip

#: Who sits at the server's terminal may do what an administrator may.
OPERATOR = Actor(account_id=None, full_name="Người vận hành máy chủ", positions=frozenset())


def init(options: argparse.Namespace) -> int:
    """Make the first unit and the first administrator, deploy the shipped models, fill the calendar."""
    house = build(read_settings())
    house.prepare(migrate=True)
    with house.open_uow() as uow:
        if uow.units.all():
            raise WrongState("already_founded")
        _fill(house, uow)
        _found(house, uow, options)
        slip = accounts.create_account(
            uow, _person(options, options.unit_code, ADMINISTRATOR), actor=OPERATOR, now=house.clock()
        )
    house.close()
    _print(slip, house)
    return 0


def show_help(_: argparse.Namespace) -> int:
    """Say that a word is missing."""
    say("Thiếu việc cần làm: add, slip, disable hoặc enable. Xem: chuky user --help")
    return 2


def add(options: argparse.Namespace) -> int:
    """Add a person and print their code."""
    house = opened()
    new = _person(options, options.unit, options.role)
    with house.open_uow() as uow:
        slip = accounts.create_account(uow, new, actor=OPERATOR, now=house.clock())
    house.close()
    _print(slip, house)
    return 0


def slip(options: argparse.Namespace) -> int:
    """Take a password away and print a new code."""
    house = opened()
    with house.open_uow() as uow:
        new = accounts.renew_slip(uow, _account(uow, options).id, actor=OPERATOR, now=house.clock())
    house.close()
    _print(new, house)
    return 0


def disable(options: argparse.Namespace) -> int:
    """Close an account."""
    return _change(
        options, lambda uow, account, house: accounts.disable(uow, account.id, actor=OPERATOR, now=house.clock())
    )


def enable(options: argparse.Namespace) -> int:
    """Open an account again."""
    return _change(
        options, lambda uow, account, house: accounts.enable(uow, account.id, actor=OPERATOR, now=house.clock())
    )


def _change(options: argparse.Namespace, act: Callable[[UnitOfWork, Account, House], Account]) -> int:
    house = opened()
    with house.open_uow() as uow:
        changed = act(uow, _account(uow, options), house)
    house.close()
    say(f"{changed.username}: {'đã khóa' if changed.disabled_at else 'đang mở'}.")
    return 0


def _account(uow: UnitOfWork, options: argparse.Namespace) -> Account:
    account = uow.accounts.find_username(options.username)
    if account is None:
        raise NotFound("tài khoản", options.username)
    return account


def _person(options: argparse.Namespace, unit_code: str, role: str) -> NewAccount:
    return NewAccount(
        username=options.username,
        full_name=options.full_name,
        email=options.email,
        unit_code=unit_code,
        role=role,
    )


def _fill(house: House, uow: UnitOfWork) -> None:
    from engine.process.packs import read_pack, shipped
    from engine.runner.holidays_seed import seed_calendar

    now = house.clock()
    uow.calendar.put(seed_calendar(local_day(now).year - 1, local_day(now).year + 2))
    for folder in shipped():
        uow.models.deploy(read_pack(folder), now)


def _found(house: House, uow: UnitOfWork, options: argparse.Namespace) -> None:
    now = house.clock()
    root = units.NewUnit(
        code=options.unit_code,
        name=options.unit_name,
        kind=options.unit_kind,
        cohort="",
        parent_code="",
        symbol=options.unit_symbol,
        place=options.place,
    )
    units.add_unit(uow, root, actor=OPERATOR, now=now, day=local_day(now))


def _print(new: Slip, house: House) -> None:
    print(f"Địa chỉ:        {house.settings.site}/dang-nhap")
    print(f"Tên đăng nhập:  {new.account.username}")
    print(f"Mã lần đầu:     {new.code}  (dùng một lần, đến hết {new.expires_on:%d/%m/%Y})")
