"""Who may sign in, and who looks after that? Accounts, passwords, sessions, slips, positions; an audit line each.

Passwords and tokens are hashed before they come here: neither is ever seen by the store or the audit chain. A slip
(phiếu) carries a code that is good once, instead of a first password.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from engine.errors import FieldError, Invalid, NotPermitted
from engine.ports.services import Message, OpenUow, Outside
from engine.ports.store import NEW, OneTimeToken, SessionRow, UnitOfWork
from engine.rules.audit import AuditLine
from engine.rules.deadlines import local_day
from engine.rules.permissions import ADMINISTRATOR, AUDITOR, DEPUTY, DESIGNER, OFFICER, SECRETARY
from engine.rules.text import nfc
from engine.rules.units import Account, AccountId, Actor, Position, Unit, UnitId

#: How long a slip and a mailed address are good.
SLIP_DAYS, RESET_MINUTES = 30, 30
_AWAITED_MINUTES = 60
_ACTIVATE, _RESET = "activate", "reset"
#: Roles that only an administrator gives.
_TRUSTED = frozenset({ADMINISTRATOR, AUDITOR, DESIGNER})
#: Without the letters and digits that people mix up.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
JOB = "reset"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """A person to be given an account, as an officer types or uploads it."""

    username: str
    full_name: str
    email: str
    unit_code: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What is printed and handed over: the code replaces the password at the first sign-in."""

    account: Account
    unit: Unit | None  #: None: they hold no position
    code: str
    expires_on: date  #: last day


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A browser that has just proved who sits before it."""

    token_sha256: str
    csrf: str
    agent: str
    replaces_sha256: str | None  #: the session that the browser had before


def digest(token: str) -> str:
    """How a token or a code is stored and looked up."""
    return sha256(token.encode()).hexdigest()


def code_digest(code: str) -> str:
    """How a slip's code is looked up: capitals, spaces and dashes do not count."""
    return digest("".join(c for c in code.upper() if c.isalnum()))


# ---- signing in and out


def sign_in(uow: UnitOfWork, account: Account, session: NewSession, *, now: datetime) -> SessionRow:
    """Open a session for a person who proved who they are; the browser's former session ends."""
    if account.disabled_at is not None:
        raise NotPermitted("account_disabled")
    former = uow.accounts.session(session.replaces_sha256) if session.replaces_sha256 else None
    if former is not None:
        uow.accounts.revoke_sessions(former.account_id, now, former.token_sha256)
    row = SessionRow(
        token_sha256=session.token_sha256,
        account_id=account.id,
        csrf=session.csrf,
        created_at=now,
        seen_at=now,
        revoked_at=None,
        agent=session.agent[:200],
    )
    uow.accounts.add_session(row)
    uow.audit.write(_line(account, "signed_in", by=account, now=now))
    return row


def sign_in_by_slip(uow: UnitOfWork, username: str, code: str, session: NewSession, *, now: datetime) -> SessionRow:
    """Open a first session with a slip's code, which is spent; `NotPermitted` when the code is not good for them."""
    account = uow.accounts.find_username(username)
    holder = uow.accounts.use_token(code_digest(code), _ACTIVATE, now)
    if account is None or holder != account.id:
        raise NotPermitted("wrong_password")
    account = uow.accounts.save(replace(account, must_change_password=True))
    return sign_in(uow, account, session, now=now)


def sign_out(uow: UnitOfWork, session: SessionRow, *, now: datetime) -> None:
    """End one session."""
    account = uow.accounts.get(session.account_id)
    uow.accounts.revoke_sessions(account.id, now, session.token_sha256)
    uow.audit.write(_line(account, "signed_out", by=account, now=now))


def change_password(
    uow: UnitOfWork, account: Account, password_hash: str, session: NewSession, *, now: datetime
) -> SessionRow:
    """Set the person's own new password; every session ends, this browser gets a new one."""
    uow.accounts.revoke_sessions(account.id, now)
    account = uow.accounts.save(replace(account, password_hash=password_hash, must_change_password=False))
    uow.audit.write(_line(account, "password_changed", by=account, now=now))
    return sign_in(uow, account, session, now=now)


# ---- forgotten passwords


def ask_reset(uow: UnitOfWork, name_or_address: str, *, now: datetime) -> None:
    """Promise a mail to whoever owns the name or the address; nobody is told whether there is such an account."""
    text = nfc(name_or_address).strip()
    named = uow.accounts.find_username(text)
    for account in [named] if named else uow.accounts.find_email(text):
        if account.email and account.disabled_at is None:
            # One a minute: pressing the button again does not fill a mailbox.
            key = f"reset:{account.id}:{now:%Y%m%d%H%M}"
            uow.jobs.enqueue(JOB, key, {"account_id": account.id, "key": key, "asked_at": now.isoformat()})
            uow.audit.write(_line(account, "reset_asked", by=None, now=now))


def send_reset(open_uow: OpenUow, outside: Outside, payload: Mapping[str, object], *, now: datetime) -> None:
    """Mail an address that sets a new password, good once for half an hour.

    The token is made here and stands in no row and no job: a copy of the database opens no account. A mail that could
    not leave for so long that nobody waits for it any more is not sent.
    """
    if now - datetime.fromisoformat(str(payload["asked_at"])) > timedelta(minutes=_AWAITED_MINUTES):
        return
    token = secrets.token_urlsafe(32)
    with open_uow() as uow:
        account = uow.accounts.get(AccountId(int(str(payload["account_id"]))))
        if not account.email or account.disabled_at is not None:
            return
        uow.accounts.add_token(_token(account.id, digest(token), _RESET, now + timedelta(minutes=RESET_MINUTES)))
        facts = {"username": account.username, "minutes": RESET_MINUTES, "token": token}
        subject, text, html = (part.replace("{base_url}", outside.base_url) for part in uow.words.mail("reset", facts))
    host = outside.base_url.split("//", 1)[-1].split("/", 1)[0].split(":", 1)[0]
    message_id = f"<{digest(str(payload['key']))[:32]}@{host}>"
    outside.mailer.send(Message(message_id=message_id, to=account.email, subject=subject, text=text, html=html, at=now))


def reset_password(uow: UnitOfWork, token: str, password_hash: str, *, now: datetime) -> Account:
    """Spend a mailed token for a new password; every session ends. `NotPermitted` when it is spent or too old."""
    account_id = uow.accounts.use_token(digest(token), _RESET, now)
    if account_id is None:
        raise NotPermitted("token_spent")
    account = uow.accounts.get(account_id)
    uow.accounts.revoke_sessions(account.id, now)
    account = uow.accounts.save(replace(account, password_hash=password_hash, must_change_password=False))
    uow.audit.write(_line(account, "password_reset", by=account, now=now))
    return account


# ---- looking after accounts


def may_manage(actor: Actor, path: Sequence[Unit]) -> bool:
    """Whether the actor looks after the accounts of the unit at the start of `path` (unit, superior, … root).

    Administrators anywhere; officers, secretaries and their deputies for the units directly below their own.
    """
    if actor.holds_anywhere(ADMINISTRATOR):
        return True
    return len(path) > 1 and actor.holds(path[1].id, OFFICER, SECRETARY, DEPUTY)


def create_account(uow: UnitOfWork, new: NewAccount, *, actor: Actor, now: datetime) -> Slip:
    """Give a person an account and a position from today on; the slip is shown once and stored nowhere."""
    try:
        return create_accounts(uow, [new], actor=actor, now=now)[0]
    except Invalid as refused:
        raise Invalid({name.rpartition(".")[2]: error for name, error in refused.fields.items()}) from refused


def create_accounts(uow: UnitOfWork, rows: Sequence[NewAccount], *, actor: Actor, now: datetime) -> list[Slip]:
    """Give many people accounts, all or none; slips come in the order of the rows.

    Field errors are named `rows.<row>.<column>`, rows counted from 0. A unit that the actor does not look after
    raises `NotPermitted`.
    """
    units = {row.unit_code: uow.units.find_code(row.unit_code.strip()) for row in rows}
    taken = {row.username.strip().casefold() for row in rows if uow.accounts.find_username(row.username.strip())}
    errors: dict[str, FieldError] = {}
    for index, row in enumerate(rows):
        found = _row_errors(row, units[row.unit_code], taken)
        errors |= {f"rows.{index}.{column}": error for column, error in found.items()}
        taken.add(row.username.strip().casefold())
    if errors:
        raise Invalid(errors)
    return [_create(uow, row, unit, actor=actor, now=now) for row in rows if (unit := units[row.unit_code])]


def renew_slip(uow: UnitOfWork, account_id: AccountId, *, actor: Actor, now: datetime) -> Slip:
    """Take the person's password away and give a new slip; every session ends."""
    account = uow.accounts.get(account_id)
    unit = _home(uow, account, actor, now)
    uow.accounts.revoke_sessions(account.id, now)
    account = uow.accounts.save(replace(account, password_hash=None, must_change_password=True))
    uow.audit.write(_line(account, "slip_renewed", by=actor, unit=unit, now=now))
    return _slip(uow, account, unit, now)


def disable(uow: UnitOfWork, account_id: AccountId, *, actor: Actor, now: datetime) -> Account:
    """Close the account; its sessions end at once."""
    if account_id == actor.account_id:
        raise NotPermitted("own_account")
    account = uow.accounts.get(account_id)
    unit = _home(uow, account, actor, now)
    uow.accounts.revoke_sessions(account.id, now)
    uow.audit.write(_line(account, "account_disabled", by=actor, unit=unit, now=now))
    return uow.accounts.save(replace(account, disabled_at=now))


def enable(uow: UnitOfWork, account_id: AccountId, *, actor: Actor, now: datetime) -> Account:
    """Open a closed account again."""
    account = uow.accounts.get(account_id)
    unit = _home(uow, account, actor, now)
    uow.audit.write(_line(account, "account_enabled", by=actor, unit=unit, now=now))
    return uow.accounts.save(replace(account, disabled_at=None))


def give_position(
    uow: UnitOfWork,
    account_id: AccountId,
    unit_id: UnitId,
    role: str,
    *,
    from_day: date,
    actor: Actor,
    now: datetime,
) -> Position:
    """Let a person hold a role at a unit from `from_day` on."""
    unit = _managed(uow, unit_id, [role], actor)
    account = uow.accounts.get(account_id)
    if any(p.unit_id == unit_id and p.role == role and p.held_on(from_day) for p in uow.accounts.positions(account_id)):
        raise Invalid({"role": FieldError("position_held", {})})
    uow.audit.write(_line(account, "position_given", by=actor, unit=unit, now=now, role=role, from_day=from_day))
    return uow.accounts.add_position(
        Position(id=NEW, account_id=account_id, unit_id=unit_id, role=role, from_day=from_day, until_day=None)
    )


def end_position(
    uow: UnitOfWork, account_id: AccountId, position_id: int, *, last_day: date, actor: Actor, now: datetime
) -> Position:
    """Let a position end with `last_day`, inclusive."""
    account, position = uow.accounts.get(account_id), _position(uow, account_id, position_id)
    unit = _managed(uow, position.unit_id, [position.role], actor)
    if last_day < position.from_day:
        raise Invalid({"last_day": FieldError("before_first_day", {"first_day": position.from_day})})
    uow.audit.write(
        _line(account, "position_ended", by=actor, unit=unit, now=now, role=position.role, last_day=last_day)
    )
    return uow.accounts.save_position(replace(position, until_day=last_day))


def hand_over(
    uow: UnitOfWork,
    account_id: AccountId,
    position_id: int,
    successor_id: AccountId,
    *,
    first_day: date,
    actor: Actor,
    now: datetime,
) -> Position:
    """Hand a position over: it ends the day before `first_day`, the successor holds it from then on.

    Open work stays with the unit and role, so nothing else has to be moved.
    """
    position = _position(uow, account_id, position_id)
    end_position(uow, account_id, position_id, last_day=first_day - timedelta(days=1), actor=actor, now=now)
    return give_position(uow, successor_id, position.unit_id, position.role, from_day=first_day, actor=actor, now=now)


# ---- the pieces


def _row_errors(row: NewAccount, unit: Unit | None, taken: Iterable[str]) -> dict[str, FieldError]:
    errors = {
        column: FieldError("required", {})
        for column, value in (("username", row.username), ("full_name", row.full_name), ("role", row.role))
        if not value.strip()
    }
    if row.username.strip().casefold() in taken:
        errors["username"] = FieldError("username_taken", {"username": row.username})
    if len(row.username.strip()) > 60 or any(c.isspace() for c in row.username.strip()):
        errors["username"] = FieldError("username_form", {})
    if unit is None:
        errors["unit_code"] = FieldError("unknown_unit", {"code": row.unit_code})
    if row.email.strip() and "@" not in row.email:
        errors["email"] = FieldError("not_an_email", {})
    return errors


def _create(uow: UnitOfWork, row: NewAccount, unit: Unit, *, actor: Actor, now: datetime) -> Slip:
    _managed(uow, unit.id, [row.role], actor)
    account = uow.accounts.add(
        Account(
            id=AccountId(NEW),
            username=nfc(row.username.strip()),
            full_name=nfc(" ".join(row.full_name.split())),
            email=row.email.strip() or None,
            password_hash=None,
            must_change_password=True,
            disabled_at=None,
            created_at=now,
        )
    )
    uow.accounts.add_position(
        Position(id=NEW, account_id=account.id, unit_id=unit.id, role=row.role, from_day=local_day(now), until_day=None)
    )
    uow.audit.write(_line(account, "account_created", by=actor, unit=unit, now=now, role=row.role))
    return _slip(uow, account, unit, now)


def _slip(uow: UnitOfWork, account: Account, unit: Unit | None, now: datetime) -> Slip:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(12))
    expires = now + timedelta(days=SLIP_DAYS)
    uow.accounts.add_token(_token(account.id, digest(letters), _ACTIVATE, expires))
    code = "-".join(letters[start : start + 4] for start in (0, 4, 8))
    return Slip(account=account, unit=unit, code=code, expires_on=local_day(expires))


def _token(account_id: AccountId, token_sha256: str, purpose: str, expires_at: datetime) -> OneTimeToken:
    return OneTimeToken(
        token_sha256=token_sha256, account_id=account_id, purpose=purpose, expires_at=expires_at, used_at=None
    )


def _managed(uow: UnitOfWork, unit_id: UnitId, roles: Iterable[str], actor: Actor) -> Unit:
    path = uow.units.path(unit_id)
    if not _is_administrator(actor) and (not may_manage(actor, path) or _TRUSTED & set(roles)):
        raise NotPermitted("not_account_manager", unit=path[0].name)
    return path[0]


def _is_administrator(actor: Actor) -> bool:
    # Nobody's account: the system itself, or who sits at the server's terminal.
    return actor.account_id is None or actor.holds_anywhere(ADMINISTRATOR)


def _home(uow: UnitOfWork, account: Account, actor: Actor, now: datetime) -> Unit | None:
    """The account's first unit, when the actor looks after every place where it holds something."""
    held = [p for p in uow.accounts.positions(account.id) if p.until_day is None or p.held_on(local_day(now))]
    units = [_managed(uow, position.unit_id, [position.role], actor) for position in held]
    if not units and not _is_administrator(actor):
        raise NotPermitted("not_account_manager", unit="")
    return units[0] if units else None


def _position(uow: UnitOfWork, account_id: AccountId, position_id: int) -> Position:
    for position in uow.accounts.positions(account_id):
        if position.id == position_id:
            return position
    raise NotPermitted("not_account_manager", unit="", account=account_id)


def _line(
    account: Account,
    event: str,
    *,
    by: Actor | Account | None,
    now: datetime,
    unit: Unit | None = None,
    **facts: object,
) -> AuditLine:
    if isinstance(by, Actor):
        actor_id, name = by.account_id, by.full_name
    else:
        actor_id, name = (by.id, by.full_name) if by else (None, "")
    return AuditLine(
        at=now,
        actor_id=actor_id,
        actor_name=name,
        event=event,
        target=f"account:{account.id}",
        unit_id=unit.id if unit else None,
        facts={"username": account.username, "full_name": account.full_name, **facts},
    )
