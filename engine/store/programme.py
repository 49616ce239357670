"""What was said of the programmes, and what was asked and answered, as it is kept?"""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection, bindparam, func, select

from engine.ports.store import NEW
from engine.rules.opinions import Opinion, Request
from engine.rules.programme import Bond, Mark, MoneyYear
from engine.rules.units import UnitId
from engine.store.rows import Rows
from engine.store.tables_programme import bonds, marks, money_years, opinions, requests

MARKS, MONEY, BONDS = Rows(Mark, marks), Rows(MoneyYear, money_years), Rows(Bond, bonds)
REQUESTS, OPINIONS = Rows(Request, requests), Rows(Opinion, opinions)
_MARKS, _BONDS = MARKS.where(), BONDS.where()
_MARK = MARKS.where(marks.c.model == bindparam("model"), marks.c.milestone == bindparam("milestone"))
_MONEY = MONEY.select.order_by(money_years.c.model, money_years.c.money, money_years.c.year)
_YEAR = MONEY.where(
    money_years.c.model == bindparam("model"),
    money_years.c.money == bindparam("money"),
    money_years.c.year == bindparam("year"),
)
_UNBIND = bonds.delete().where(bonds.c.model == bindparam("b_model"))
_OF_MODEL = REQUESTS.select.where(requests.c.model == bindparam("model")).order_by(requests.c.id.desc())
_ANSWERS = OPINIONS.where(opinions.c.request_id.in_(bindparam("ids", expanding=True)))
_ANSWER = OPINIONS.where(opinions.c.request_id == bindparam("request_id"), opinions.c.unit_id == bindparam("unit_id"))
_WAITING = OPINIONS.where(
    opinions.c.unit_id.in_(bindparam("units", expanding=True)),
    opinions.c.answered_at.is_(None),
    opinions.c.request_id == requests.c.id,
    requests.c.closed_at.is_(None),
)
_WAITING_COUNT = (
    select(func.count())
    .select_from(opinions)
    .join(requests, requests.c.id == opinions.c.request_id)
    .where(
        opinions.c.unit_id.in_(bindparam("units", expanding=True)),
        opinions.c.answered_at.is_(None),
        requests.c.closed_at.is_(None),
    )
)
_REQUESTS = REQUESTS.where(requests.c.id.in_(bindparam("ids", expanding=True)))


class SqlProgrammes:
    """`engine.ports.programme.Programmes`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def marks(self) -> list[Mark]:
        return MARKS.list(self._connection, _MARKS)

    def mark(self, model: str, milestone: str) -> Mark | None:
        return MARKS.find(self._connection, _MARK, model=model, milestone=milestone)

    def put_mark(self, mark: Mark) -> Mark:
        return MARKS.add(self._connection, mark) if mark.id == NEW else MARKS.save(self._connection, mark)

    def money(self) -> list[MoneyYear]:
        return MONEY.list(self._connection, _MONEY)

    def money_year(self, model: str, money: str, year: int) -> MoneyYear | None:
        return MONEY.find(self._connection, _YEAR, model=model, money=money, year=year)

    def put_money(self, row: MoneyYear) -> MoneyYear:
        return MONEY.add(self._connection, row) if row.id == NEW else MONEY.save(self._connection, row)

    def bonds(self) -> list[Bond]:
        return BONDS.list(self._connection, _BONDS)

    def set_bonds(self, model: str, bonds: Collection[Bond]) -> None:
        self._connection.execute(_UNBIND, {"b_model": model})
        BONDS.insert(self._connection, [replace(bond, id=NEW, model=model) for bond in bonds])


class SqlOpinions:
    """`engine.ports.programme.Opinions`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self, request: Request, units: Collection[UnitId]) -> Request:
        made = REQUESTS.add(self._connection, request)
        OPINIONS.insert(self._connection, [_awaited(made.id, unit) for unit in units])
        return made

    def get(self, request_id: int) -> Request:
        return REQUESTS.get(self._connection, request_id)

    def save(self, request: Request) -> Request:
        return REQUESTS.save(self._connection, request)

    def of_model(self, model: str) -> list[Request]:
        return REQUESTS.list(self._connection, _OF_MODEL, model=model)

    def answers(self, request_ids: Collection[int]) -> list[Opinion]:
        return self._opinions(_ANSWERS, ids=sorted(request_ids))

    def answer_of(self, request_id: int, unit_id: UnitId) -> Opinion | None:
        return OPINIONS.find(self._connection, _ANSWER, request_id=request_id, unit_id=unit_id)

    def save_answer(self, opinion: Opinion) -> Opinion:
        return OPINIONS.save(self._connection, opinion)

    def waiting(self, units: Collection[UnitId]) -> list[tuple[Request, Opinion]]:
        awaited = self._opinions(_WAITING, units=sorted(units))
        if not awaited:
            return []
        rows = self._connection.execute(_REQUESTS, {"ids": sorted({one.request_id for one in awaited})})
        asked = {request.id: request for request in map(REQUESTS.read, rows)}
        found = [(asked[one.request_id], one) for one in awaited]
        return sorted(found, key=lambda pair: (pair[0].last_day, pair[0].id))

    def waiting_count(self, units: Collection[UnitId]) -> int:
        return int(self._connection.execute(_WAITING_COUNT, {"units": sorted(units)}).scalar_one())

    def _opinions(self, statement: object, **params: object) -> list[Opinion]:
        return [OPINIONS.read(row) for row in self._connection.execute(statement, params)]  # type: ignore[call-overload]


def _awaited(request_id: int, unit_id: UnitId) -> Opinion:
    return Opinion(
        id=NEW,
        request_id=request_id,
        unit_id=unit_id,
        view=None,
        text="",
        file_sha256="",
        file_name="",
        media_type="",
        answered_at=None,
        by_id=None,
        by_name="",
        row_version=0,
    )
