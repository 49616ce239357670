"""How does an officer look after the people below, and a person after their own sessions? On top of `accounts`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from engine.errors import FieldError, Invalid, NotFound, NotPermitted
from engine.ports.store import SessionRow, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.deadlines import local_day
from engine.rules.permissions import ADMINISTRATOR, AUDITOR, DEPUTY, DESIGNER, OFFICER, SECRETARY
from engine.rules.text import nfc
from engine.rules.units import Account, AccountId, Actor, Position, Unit, UnitId
from engine.use_cases import accounts
from engine.use_cases.accounts import NewAccount, Slip, may_manage

#: Roles that only an administrator gives (as `accounts` checks).
TRUSTED = frozenset({ADMINISTRATOR, AUDITOR, DESIGNER})
_MANAGERS = (OFFICER, SECRETARY, DEPUTY)
_TITLES = {
    "username": "Tên đăng nhập",
    "full_name": "Họ và tên",
    "unit_code": "Mã đơn vị",
    "role": "Chức vụ",
}


def managed_units(actor: Actor) -> frozenset[UnitId] | None:
    """The units directly below which the actor looks after accounts; None: everywhere."""
    if actor.holds_anywhere(ADMINISTRATOR):
        return None
    return frozenset(unit for unit, role in actor.positions if role in _MANAGERS)


def check_may_manage(uow: UnitOfWork, unit_id: UnitId, *, actor: Actor) -> Unit:
    """The unit, when the actor looks after its accounts; else `NotPermitted`."""
    path = uow.units.path(unit_id)
    if not may_manage(actor, path):
        raise NotPermitted("not_account_manager", unit=path[0].name)
    return path[0]


def managed_account(uow: UnitOfWork, account_id: AccountId, *, actor: Actor, now: datetime) -> Account:
    """The account, when the actor looks after every place where its owner holds something; else `NotPermitted`."""
    account = uow.accounts.get(account_id)
    day = local_day(now)
    held = [p for p in uow.accounts.positions(account_id) if p.until_day is None or p.until_day >= day]
    if not held and not actor.holds_anywhere(ADMINISTRATOR):
        raise NotPermitted("not_account_manager", unit="")
    for position in held:
        check_may_manage(uow, position.unit_id, actor=actor)
        if position.role in TRUSTED and not actor.holds_anywhere(ADMINISTRATOR):
            raise NotPermitted("not_account_manager", unit="")
    return account


def check_accounts(
    uow: UnitOfWork, rows: Sequence[NewAccount], *, actor: Actor, now: datetime
) -> dict[str, FieldError]:
    """Say what `accounts.create_accounts` would refuse, and more, as `rows.<row>.<column>`, rows from 0.

    Use it in a transaction that may write; nothing remains.
    """
    errors: dict[str, FieldError] = {}
    for index, row in enumerate(rows):
        found = _row_errors(uow, row, actor)
        errors |= {f"rows.{index}.{column}": error for column, error in found.items()}
    try:
        with uow.savepoint():
            accounts.create_accounts(uow, rows, actor=actor, now=now)
            raise _Enough
    except _Enough:
        return errors
    except Invalid as refused:
        return dict(refused.fields) | errors
    except NotPermitted:  # a row of `errors` says where
        return errors


def hand_over_to_new(
    uow: UnitOfWork,
    account_id: AccountId,
    position_id: int,
    new: NewAccount,
    *,
    first_day: date,
    actor: Actor,
    now: datetime,
) -> Slip:
    """Hand a position over to a person without an account: it gets one, and the position from `first_day` on."""
    accounts.end_position(uow, account_id, position_id, last_day=first_day - timedelta(days=1), actor=actor, now=now)
    slip = accounts.create_account(uow, new, actor=actor, now=now)
    for position in uow.accounts.positions(slip.account.id):
        uow.accounts.save_position(replace(position, from_day=first_day))
    return slip


def correct(
    uow: UnitOfWork, account_id: AccountId, full_name: str, email: str, *, actor: Actor, now: datetime
) -> Account:
    """Correct a person's name and mail address. Field errors: no name, no mail address."""
    account = managed_account(uow, account_id, actor=actor, now=now)
    errors = {}
    if not full_name.strip():
        errors["full_name"] = FieldError("form.required", {"title": "Họ và tên"})
    if email.strip() and "@" not in email:
        errors["email"] = FieldError("not_an_email", {})
    if errors:
        raise Invalid(errors)
    saved = uow.accounts.save(replace(account, full_name=nfc(" ".join(full_name.split())), email=email.strip() or None))
    facts = {"username": account.username, "full_name": saved.full_name, "old": account.full_name}
    uow.audit.write(_line("account_corrected", account, facts, actor=actor, now=now))
    return saved


def end_own_session(uow: UnitOfWork, account_id: AccountId, token_sha256: str, *, now: datetime) -> None:
    """End one of a person's own sessions."""
    session = uow.accounts.session(token_sha256)
    if session is None or session.account_id != account_id:
        raise NotFound("session", "")
    accounts.sign_out(uow, session, now=now)


def end_other_sessions(
    uow: UnitOfWork, account: Account, kept: SessionRow, others: Sequence[str], *, now: datetime
) -> int:
    """End all of a person's sessions but the one they are in; how many."""
    ended = [token for token in others if token != kept.token_sha256]
    for token in ended:
        end_own_session(uow, account.id, token, now=now)
    return len(ended)


def position_of(uow: UnitOfWork, unit_id: UnitId, position_id: int) -> tuple[Position, Account]:
    """A position of the unit with who holds it; `NotFound` else."""
    for position, account in uow.accounts.at_unit(unit_id):
        if position.id == position_id:
            return position, account
    raise NotFound("position", position_id)


class _Enough(Exception):
    """All rows would be taken."""


def _row_errors(uow: UnitOfWork, row: NewAccount, actor: Actor) -> dict[str, FieldError]:
    errors = {
        column: FieldError("form.required", {"title": title})
        for column, title in _TITLES.items()
        if not str(getattr(row, column)).strip()
    }
    if row.role and row.role not in uow.words.codes("role"):
        errors["role"] = FieldError("unknown_code", {"text": row.role})
    elif row.role in TRUSTED and not actor.holds_anywhere(ADMINISTRATOR):
        errors["role"] = FieldError("role_of_administrator", {})
    unit = uow.units.find_code(row.unit_code.strip())
    if unit is not None and unit.until_day is not None:
        errors["unit_code"] = FieldError("unit_ended", {"unit": unit.name, "day": unit.until_day})
    elif unit is not None and not may_manage(actor, uow.units.path(unit.id)):
        errors["unit_code"] = FieldError("not_account_manager", {"unit": unit.name})
    return errors


def _line(event: str, account: Account, facts: Mapping[str, object], *, actor: Actor, now: datetime) -> AuditLine:
    return AuditLine(
        at=now,
        actor_id=actor.account_id,
        actor_name=actor.full_name,
        event=event,
        target=f"account:{account.id}",
        facts=facts,
    )
