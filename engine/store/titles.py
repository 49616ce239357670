"""Who holds which title, by which decision, as it is kept and as it is listed?"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select

from engine.ports.titles import TitleFilter, TitlePage, TitleRow, TitleState
from engine.rules.decisions import DecisionId
from engine.rules.dossiers import DossierId
from engine.rules.text import fold
from engine.rules.titles import ENDING_DAYS, Title
from engine.rules.units import UnitId
from engine.store.hidden import Hidden
from engine.store.query_parts import SUPERIOR, below
from engine.store.rows import Rows
from engine.store.tables import decisions, titles, units

TITLES = Rows(Title, titles)
_TITLES_OF_UNIT = TITLES.where(titles.c.unit_id == bindparam("unit_id"))
_TITLES_OF_DECISION = TITLES.where(titles.c.decision_id == bindparam("decision_id"))
_TITLES_OF_DOSSIER = TITLES.where(titles.c.dossier_id == bindparam("dossier_id"))


def _held(day: Any) -> ColumnElement[bool]:
    return and_(
        titles.c.from_day <= day,
        or_(titles.c.until_day.is_(None), titles.c.until_day >= day),
        or_(titles.c.cancelled_on.is_(None), titles.c.cancelled_on > day),
    )


_HELD = TITLES.where(titles.c.model == bindparam("model"), titles.c.key == bindparam("by_key"), _held(bindparam("day")))
_earlier = titles.alias("earlier")
#: Since when the holder has held this very title, renewals included.
_SINCE = (
    select(func.min(_earlier.c.from_day))
    .where(
        _earlier.c.model == titles.c.model,
        _earlier.c.key == titles.c.key,
        _earlier.c.unit_id == titles.c.unit_id,
        _earlier.c.member_name == titles.c.member_name,
        _earlier.c.cancelled_on.is_(None),
    )
    .correlate(titles)
    .scalar_subquery()
)
_OWN = ("id", "model", "key", "year", "unit_id", "member_name", "from_day", "until_day", "cancelled_on", "decision_id")
_ROWS = (
    select(
        *(titles.c[name] for name in _OWN),
        func.coalesce(_SINCE, titles.c.from_day).label("since"),
        units.c.name.label("unit"),
        units.c.code.label("unit_code"),
        SUPERIOR.c.name.label("superior"),
        decisions.c.symbol,
        decisions.c.code,
    )
    .join(units, units.c.id == titles.c.unit_id)
    .outerjoin(SUPERIOR, SUPERIOR.c.id == units.c.parent_id)
    .join(decisions, decisions.c.id == titles.c.decision_id)
    .order_by(units.c.sort_key, units.c.code, titles.c.member_name != "", titles.c.id)
)


class SqlTitles:
    """`engine.ports.store.Titles`."""

    def __init__(self, connection: Connection, hidden: Hidden) -> None:
        self._connection, self._hidden = connection, hidden

    def grant(self, titles: Sequence[Title]) -> None:
        TITLES.insert(self._connection, titles)

    def save(self, title: Title) -> Title:
        return TITLES.save(self._connection, title)

    def of_unit(self, unit_id: UnitId) -> list[Title]:
        return TITLES.list(self._connection, _TITLES_OF_UNIT, unit_id=unit_id)

    def of_decision(self, decision_id: DecisionId) -> list[Title]:
        return TITLES.list(self._connection, _TITLES_OF_DECISION, decision_id=decision_id)

    def of_dossier(self, dossier_id: DossierId) -> list[Title]:
        return TITLES.list(self._connection, _TITLES_OF_DOSSIER, dossier_id=dossier_id)

    def held_on(self, model: str, key: str, day: date) -> list[Title]:
        return TITLES.list(self._connection, _HELD, model=model, by_key=key, day=day)

    def page(self, wanted: TitleFilter, *, limit: int, offset: int = 0) -> TitlePage:
        conditions = _conditions(wanted)
        if self._hidden.keys:
            conditions.append(titles.c.model.not_in(self._hidden.keys))
        counted = select(func.count(titles.c.id)).join(units, units.c.id == titles.c.unit_id).where(*conditions)
        rows = self._connection.execute(_ROWS.where(*conditions).limit(limit).offset(offset))
        return TitlePage(
            rows=tuple(TitleRow(**row._mapping) for row in rows),
            total=int(self._connection.execute(counted).scalar_one()),
        )


def _conditions(wanted: TitleFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_in_state(wanted.state, wanted.day)] if wanted.state else []
    if wanted.scope is not None:
        found.append(titles.c.unit_id.in_(below(wanted.scope)))
    for column, value in ((titles.c.model, wanted.model), (titles.c.key, wanted.key)):
        if value:
            found.append(column == value)
    if wanted.members is not None:
        found.append(titles.c.member_name != "" if wanted.members else titles.c.member_name == "")
    if wanted.text:
        found.append(units.c.search_text.contains(fold(wanted.text), autoescape=True))
    return found


def _in_state(state: TitleState, day: date) -> ColumnElement[bool]:
    if state is TitleState.HELD:
        return _held(day)
    if state is TitleState.ENDING:
        return and_(_held(day), titles.c.until_day <= day + timedelta(days=ENDING_DAYS))
    if state is TitleState.CANCELLED:
        return titles.c.cancelled_on <= day
    return and_(titles.c.until_day < day, titles.c.cancelled_on.is_(None))
