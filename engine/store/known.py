"""What rarely changes is read once in a process: units, deadlines, rest days. One number says whether it still holds.

Whoever changes any of it counts the number on in the same transaction (`ck_reference`); a command reads the number
together with its instance, before it uses what the process knows. So a process never acts on dates or units that
another has changed and committed, and two commands in a row read them once.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from engine.store.rows import Upsert
from engine.store.tables import reference

Value = TypeVar("Value")

#: Values kept in a process; beyond that it begins anew.
_MOST = 20_000
_COUNT_ON = Upsert(reference, ["id"], lambda insert: {"number": insert.table.c.number + 1})
_HOLD = select(reference.c.number).where(reference.c.id == 1).with_for_update()

#: The number as a column of another statement; NULL before the first change.
NUMBER = select(reference.c.number).where(reference.c.id == 1).scalar_subquery()


class Known:
    """What a process knows, all of it under one number."""

    def __init__(self) -> None:
        self._shelf: tuple[int, dict[Hashable, Any]] = (0, {})

    def shelf(self, number: int) -> dict[Hashable, Any]:
        """The values under this number; a new number empties the shelf."""
        known, values = self._shelf
        if known != number or len(values) > _MOST:
            values = {}
            self._shelf = number, values
        return values


class Reference:
    """The same within one transaction; until `read_at` tells the number, everything is read from the database.

    A transaction that changes any of it knows only what it has read itself since its last change: a list of ten thousand
    units asks for the same dates ten thousand times.
    """

    def __init__(self, connection: Connection, known: Known) -> None:
        self._connection, self._known = connection, known
        self._values: dict[Hashable, Any] | None = None
        self._changed = False

    def read_at(self, number: int | None) -> None:
        """Use what the process knows under the number that this transaction has just read."""
        if not self._changed:
            self._values = self._known.shelf(number or 0)

    def recall(self, key: Hashable, read: Callable[[], Value]) -> Value:
        """The value of `key`, read when nobody knows it."""
        if self._values is None:
            return read()
        if key not in self._values:
            self._values[key] = read()
        value: Value = self._values[key]
        return value

    def hold(self) -> None:
        """Let nobody else change any of it before this transaction ends; from here on it reads what the others left."""
        self._connection.execute(_HOLD).all()
        self.changed()

    def changed(self) -> None:
        """Say that this transaction changes what others know; from here on it reads for itself, anew after each change."""
        self._values, self._changed = {}, True

    def forget(self) -> None:
        """Forget what was read in a part that is undone."""
        if self._changed:
            self._values = {}

    def flush(self) -> None:
        """Count on, just before the commit."""
        if self._changed:
            _COUNT_ON.run(self._connection, [{"id": 1, "number": 1}])
            self._values, self._changed = None, False
