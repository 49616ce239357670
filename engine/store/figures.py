"""What was counted, as it is kept?"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, Connection, bindparam, case, cast, func, or_, select

from engine.ports.figures import CycleCount, PeopleCount
from engine.rules.cycles import CycleId
from engine.rules.dossiers import DossierState
from engine.rules.figures import Entry
from engine.rules.units import Unit, UnitId
from engine.store.columns import TEXT
from engine.store.query_parts import ACCEPTED, REGISTERED, REGISTERING
from engine.store.rows import Rows
from engine.store.tables import dossiers, members, submissions, titles, units
from engine.store.tables_figures import figures
from engine.store.units import UNITS

ENTRIES = Rows(Entry, figures)
_KEY = (figures.c.model, figures.c.indicator, figures.c.unit_id, figures.c.year, figures.c.quarter)
_HISTORY = ENTRIES.select.where(
    *(column == bindparam(f"b_{column.name}") for column in _KEY),
).order_by(figures.c.number)
_newest = select(func.max(figures.c.id)).where(
    figures.c.model.in_(bindparam("models", expanding=True)),
    figures.c.year.between(bindparam("first_year"), bindparam("last_year")),
)
_STANDING = ENTRIES.select.where(figures.c.id.in_(_newest.group_by(*_KEY))).order_by(
    figures.c.model, figures.c.indicator, figures.c.unit_id, figures.c.year, figures.c.quarter
)


def _units_with(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many different units of a group fit: a unit may have several dossiers."""
    return func.count(case((condition, dossiers.c.unit_id)).distinct())


_OF_CYCLES = (dossiers.c.cycle_id.in_(bindparam("cycle_ids", expanding=True)), REGISTERING)
_COUNTS = (
    select(
        dossiers.c.cycle_id,
        units.c.kind,
        func.count(dossiers.c.unit_id.distinct()).label("units"),
        _units_with(REGISTERED).label("registered"),
        _units_with(dossiers.c.state.in_(ACCEPTED)).label("accepted"),
        _units_with(dossiers.c.state == DossierState.RECOGNISED).label("recognised"),
    )
    .join(units, units.c.id == dossiers.c.unit_id)
    .where(*_OF_CYCLES)
    .group_by(dossiers.c.cycle_id, units.c.kind)
    .order_by(dossiers.c.cycle_id, units.c.kind)
)
_PEOPLE = (
    select(dossiers.c.cycle_id, units.c.kind, func.count().label("members"))
    .select_from(members)
    .join(dossiers, dossiers.c.id == members.c.dossier_id)
    .join(units, units.c.id == dossiers.c.unit_id)
    .where(*_OF_CYCLES)
    .group_by(dossiers.c.cycle_id, units.c.kind)
    .order_by(dossiers.c.cycle_id, units.c.kind)
)
#: Counted from the titles: there are far fewer of them than members, whose titles would be looked for one by one.
_TITLED = (
    select(
        dossiers.c.cycle_id,
        units.c.kind,
        func.count((cast(titles.c.dossier_id, TEXT) + ":" + titles.c.member_name).distinct()),
    )
    .select_from(titles)
    .join(dossiers, dossiers.c.id == titles.c.dossier_id)
    .join(units, units.c.id == dossiers.c.unit_id)
    .where(*_OF_CYCLES, titles.c.member_name != "", titles.c.cancelled_on.is_(None))
    .group_by(dossiers.c.cycle_id, units.c.kind)
)
_HANDED_IN = (
    select(dossiers.c.cycle_id, units.c.kind, func.count(dossiers.c.unit_id.distinct()))
    .join(submissions, submissions.c.dossier_id == dossiers.c.id)
    .join(units, units.c.id == dossiers.c.unit_id)
    .where(*_OF_CYCLES, submissions.c.form == bindparam("by_form"))
    .group_by(dossiers.c.cycle_id, units.c.kind)
)
_LISTED = (
    select(dossiers.c.unit_id, func.sum(dossiers.c.member_count))
    .where(dossiers.c.cycle_id == bindparam("by_cycle"), REGISTERING, REGISTERED)
    .group_by(dossiers.c.unit_id)
)
_SCORES = (
    select(units.c.kind, dossiers.c.score)
    .join(units, units.c.id == dossiers.c.unit_id)
    .where(dossiers.c.cycle_id == bindparam("by_cycle"), REGISTERING, dossiers.c.score.is_not(None))
    .order_by(dossiers.c.id)
)
_OF_TITLE = (
    titles.c.model == bindparam("model"),
    titles.c.key == bindparam("by_title"),
    titles.c.member_name == "",
)
_HOLDERS = (
    select(units.c.kind, func.count(titles.c.unit_id.distinct()))
    .join(units, units.c.id == titles.c.unit_id)
    .where(
        *_OF_TITLE,
        titles.c.from_day <= bindparam("day"),
        or_(titles.c.until_day.is_(None), titles.c.until_day >= bindparam("day")),
        or_(titles.c.cancelled_on.is_(None), titles.c.cancelled_on > bindparam("day")),
    )
    .group_by(units.c.kind)
)
_SINCE = (
    select(titles.c.unit_id, func.min(titles.c.from_day))
    .where(*_OF_TITLE, titles.c.cancelled_on.is_(None))
    .group_by(titles.c.unit_id)
)
_OF_KINDS = UNITS.select.where(units.c.kind.in_(bindparam("kinds", expanding=True))).order_by(units.c.code)


class SqlFigures:
    """`engine.ports.figures.Figures`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, entries: Sequence[Entry]) -> None:
        ENTRIES.insert(self._connection, entries)

    def history(self, model: str, indicator: str, unit_id: UnitId, year: int, quarter: int) -> list[Entry]:
        key = {"b_model": model, "b_indicator": indicator, "b_unit_id": unit_id, "b_year": year, "b_quarter": quarter}
        return ENTRIES.list(self._connection, _HISTORY, **key)

    def standing(self, models: Collection[str], first_year: int, last_year: int) -> list[Entry]:
        params = {"models": sorted(models), "first_year": first_year, "last_year": last_year}
        return [ENTRIES.read(row) for row in self._connection.execute(_STANDING, params)]

    def units_of(self, kinds: Collection[str]) -> list[Unit]:
        return [UNITS.read(row) for row in self._connection.execute(_OF_KINDS, {"kinds": sorted(kinds)})]

    def cycle_counts(self, cycle_ids: Collection[CycleId]) -> list[CycleCount]:
        found = self._connection.execute(_COUNTS, {"cycle_ids": sorted(cycle_ids)})
        return [CycleCount(**row._mapping) for row in found]

    def people_counts(self, cycle_ids: Collection[CycleId]) -> list[PeopleCount]:
        asked = {"cycle_ids": sorted(cycle_ids)}
        titled = {(row[0], row[1]): row[2] for row in self._connection.execute(_TITLED, asked)}
        found = self._connection.execute(_PEOPLE, asked)
        return [PeopleCount(**row._mapping, titled=titled.get((row.cycle_id, row.kind), 0)) for row in found]

    def handed_in(self, cycle_ids: Collection[CycleId], form: str) -> Mapping[tuple[CycleId, str], int]:
        found = self._connection.execute(_HANDED_IN, {"cycle_ids": sorted(cycle_ids), "by_form": form})
        return {(CycleId(row[0]), row[1]): row[2] for row in found}

    def members_listed(self, cycle_id: CycleId) -> Mapping[UnitId, int]:
        found = self._connection.execute(_LISTED, {"by_cycle": cycle_id})
        return {UnitId(row[0]): int(row[1]) for row in found}

    def scores(self, cycle_id: CycleId) -> list[tuple[str, Decimal]]:
        return [(row[0], row[1]) for row in self._connection.execute(_SCORES, {"by_cycle": cycle_id})]

    def holders(self, model: str, title: str, day: date) -> Mapping[str, int]:
        found = self._connection.execute(_HOLDERS, {"model": model, "by_title": title, "day": day})
        return {row[0]: row[1] for row in found}

    def holding_since(self, model: str, title: str) -> Mapping[UnitId, date]:
        found = self._connection.execute(_SINCE, {"model": model, "by_title": title})
        return {UnitId(row[0]): row[1] for row in found}
