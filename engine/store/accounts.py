"""Who may sign in, and what do they hold where? Accounts, positions, sessions, one-time tokens."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, or_

from engine.ports.store import OneTimeToken, SessionRow
from engine.rules.text import fold, nfc, person_sort_key
from engine.rules.units import Account, AccountId, Position, UnitId
from engine.store.rows import Rows
from engine.store.tables import accounts, positions, sessions, tokens


def _key(text: str) -> str:
    return nfc(text.strip()).casefold()


def _search(account: Account) -> dict[str, str | None]:
    return {
        "username_key": _key(account.username),
        "email_key": None if account.email is None else _key(account.email),
        "search_text": fold(f"{account.full_name} {account.username}"),
        "sort_key": person_sort_key(account.full_name),
    }


ACCOUNTS = Rows(Account, accounts, _search)
POSITIONS = Rows(Position, positions)
SESSIONS = Rows(SessionRow, sessions)
TOKENS = Rows(OneTimeToken, tokens)


def _held_on() -> ColumnElement[bool]:
    day: BindParameter[date] = bindparam("day")
    until = positions.c.until_day
    return (positions.c.from_day <= day) & or_(until.is_(None), until >= day)


_BY_USERNAME = ACCOUNTS.where(accounts.c.username_key == bindparam("key"))
_BY_EMAIL = ACCOUNTS.where(accounts.c.email_key == bindparam("key"))
_POSITIONS = POSITIONS.where(positions.c.account_id == bindparam("account_id"))
_HOLDERS = (
    ACCOUNTS.select.join(positions, positions.c.account_id == accounts.c.id)
    .where(positions.c.unit_id == bindparam("unit_id"))
    .where(positions.c.role.in_(bindparam("roles", expanding=True)))
    .where(accounts.c.disabled_at.is_(None), _held_on())
    .distinct()
    .order_by(accounts.c.id)
)
_AT_UNIT = (
    POSITIONS.select.add_columns(*(accounts.c[name].label(f"account_{name}") for name in ACCOUNTS.names))
    .join(accounts, accounts.c.id == positions.c.account_id)
    .where(positions.c.unit_id == bindparam("unit_id"))
    .order_by(positions.c.id)
)
_SESSION = SESSIONS.where(sessions.c.token_sha256 == bindparam("token"))
_ADD_SESSION = sessions.insert()
_TOUCH = sessions.update().where(sessions.c.token_sha256 == bindparam("token")).values(seen_at=bindparam("at"))
_REVOKE_ALL = (
    sessions.update()
    .where(sessions.c.account_id == bindparam("account"), sessions.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_REVOKE_ONE = _REVOKE_ALL.where(sessions.c.token_sha256 == bindparam("token"))
_ADD_TOKEN = tokens.insert()
_USE_TOKEN = (
    tokens.update()
    .where(tokens.c.token_sha256 == bindparam("token"), tokens.c.purpose == bindparam("for_purpose"))
    .where(tokens.c.used_at.is_(None), tokens.c.expires_at > bindparam("at"))
    .values(used_at=bindparam("at"))
    .returning(tokens.c.account_id)
)


class SqlAccounts:
    """`engine.ports.store.Accounts`; user names and addresses are found whatever their capitals."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, account_id: AccountId) -> Account:
        return ACCOUNTS.get(self._connection, account_id)

    def find_username(self, username: str) -> Account | None:
        return ACCOUNTS.find(self._connection, _BY_USERNAME, key=_key(username))

    def find_email(self, email: str) -> list[Account]:
        return ACCOUNTS.list(self._connection, _BY_EMAIL, key=_key(email))

    def add(self, account: Account) -> Account:
        return ACCOUNTS.add(self._connection, account)

    def save(self, account: Account) -> Account:
        return ACCOUNTS.save(self._connection, account)

    def add_position(self, position: Position) -> Position:
        return POSITIONS.add(self._connection, position)

    def save_position(self, position: Position) -> Position:
        return POSITIONS.save(self._connection, position)

    def positions(self, account_id: AccountId) -> list[Position]:
        return POSITIONS.list(self._connection, _POSITIONS, account_id=account_id)

    def holders(self, unit_id: UnitId, roles: Iterable[str], on: date) -> list[Account]:
        return ACCOUNTS.list(self._connection, _HOLDERS, unit_id=unit_id, roles=list(roles), day=on)

    def at_unit(self, unit_id: UnitId) -> list[tuple[Position, Account]]:
        split = len(POSITIONS.names)
        rows = self._connection.execute(_AT_UNIT, {"unit_id": unit_id}).all()
        return [
            (POSITIONS.read(row), Account(**dict(zip(ACCOUNTS.names, tuple(row)[split:], strict=True)))) for row in rows
        ]

    def add_session(self, session: SessionRow) -> None:
        self._connection.execute(_ADD_SESSION, SESSIONS.write(session))

    def session(self, token_sha256: str) -> SessionRow | None:
        return SESSIONS.find(self._connection, _SESSION, token=token_sha256)

    def touch_session(self, token_sha256: str, at: datetime) -> None:
        self._connection.execute(_TOUCH, {"token": token_sha256, "at": at})

    def revoke_sessions(self, account_id: AccountId, at: datetime, token_sha256: str | None = None) -> None:
        params = {"account": account_id, "at": at}
        if token_sha256 is None:
            self._connection.execute(_REVOKE_ALL, params)
        else:
            self._connection.execute(_REVOKE_ONE, params | {"token": token_sha256})

    def add_token(self, token: OneTimeToken) -> None:
        self._connection.execute(_ADD_TOKEN, TOKENS.write(token))

    def use_token(self, token_sha256: str, purpose: str, at: datetime) -> AccountId | None:
        params = {"token": token_sha256, "for_purpose": purpose, "at": at}
        account_id = self._connection.execute(_USE_TOKEN, params).scalar()
        return None if account_id is None else AccountId(account_id)
