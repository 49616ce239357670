"""What was counted, as it is kept?"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, func, select

from engine.rules.figures import Entry
from engine.rules.units import UnitId
from engine.store.rows import Rows
from engine.store.tables_figures import figures

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
