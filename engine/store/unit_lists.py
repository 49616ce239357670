"""Which lists were carried out, as it is kept?"""

from sqlalchemy import Connection, bindparam

from engine.rules.unit_lists import ListChange
from engine.store.rows import Rows
from engine.store.tables_unit_lists import unit_lists

CHANGES = Rows(ListChange, unit_lists)
_ABOUT = CHANGES.select.where(unit_lists.c.about == bindparam("b_about")).order_by(unit_lists.c.id.desc())


class SqlUnitLists:
    """`engine.ports.unit_lists.UnitLists`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, change_id: int) -> ListChange:
        return CHANGES.get(self._connection, change_id)

    def add(self, change: ListChange) -> ListChange:
        return CHANGES.add(self._connection, change)

    def save(self, change: ListChange) -> ListChange:
        return CHANGES.save(self._connection, change)

    def newest(self, limit: int) -> list[ListChange]:
        return self.about("", limit)

    def about(self, about: str, limit: int) -> list[ListChange]:
        return CHANGES.list_once(self._connection, _ABOUT.limit(limit), b_about=about)
