"""How does a frozen value lie in a table? Field by field; its statements are built once, when the module is read."""

import builtins
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Connection, Executable, Select, Table, Update, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from engine.errors import NotFound, StaleVersion
from engine.store import direct

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Value = TypeVar("Value", bound="DataclassInstance")
Params = Mapping[str, Any]


class Rows(Generic[Value]):
    """Values of one dataclass in one table; the columns are named like the fields.

    `more` computes columns that people search and sort by and the value does not hold.
    """

    def __init__(self, kind: type[Value], table: Table, more: Callable[[Value], Params] = lambda _: {}) -> None:
        self.table, self._kind, self._more = table, kind, more
        self.names = tuple(field.name for field in fields(kind))
        self._fields = attrgetter(*self.names)
        self._versioned = "row_version" in self.names
        self.select: Select[Any] = select(*(table.c[name] for name in self.names))
        self._insert = table.insert()
        if "id" in self.names:
            self._returning = self._insert.returning(table.c.id)
            self._by_id = self.select.where(table.c.id == bindparam("b_id"))
            self._exists = select(table.c.id).where(table.c.id == bindparam("b_id"))
            self._update = self._guarded_update()

    def _guarded_update(self) -> Update:
        update = self.table.update().where(self.table.c.id == bindparam("b_id"))
        return update.where(self.table.c.row_version == bindparam("b_version")) if self._versioned else update

    def where(self, *conditions: Any) -> Select[Any]:
        """A statement for `list` and `find`, in the order of ids; build it once."""
        statement = self.select.where(*conditions)
        return statement.order_by(self.table.c.id) if "id" in self.names else statement

    def read(self, row: Sequence[Any]) -> Value:
        """The value of a row whose columns begin with the fields."""
        return self._kind(**dict(zip(self.names, row, strict=False)))

    def write(self, value: Value) -> dict[str, Any]:
        """The columns of a value, its id included."""
        return {**dict(zip(self.names, self._fields(value), strict=True)), **self._more(value)}

    def find(self, connection: Connection, statement: Executable, **params: object) -> Value | None:
        """The first value, or None."""
        found = direct.fetch(connection, statement, params)
        return self.read(found[0]) if found else None

    def list(self, connection: Connection, statement: Executable, **params: object) -> list[Value]:
        """All values, in the order of the statement, which was built once."""
        return [self.read(row) for row in direct.fetch(connection, statement, params)]

    def list_once(self, connection: Connection, statement: Executable, **params: object) -> builtins.list[Value]:
        """The same for a statement that is made for this very question."""
        return [self.read(row) for row in connection.execute(statement, params)]

    def get(self, connection: Connection, value_id: int) -> Value:
        """The value with this id; `NotFound` else."""
        value = self.find(connection, self._by_id, b_id=value_id)
        if value is None:
            raise NotFound(self._kind.__name__, value_id)
        return value

    def add(self, connection: Connection, value: Value) -> Value:
        """Insert; answer the value with the id that it got."""
        params = self.write(value)
        del params["id"]
        return replace(value, id=direct.insert(connection, self._insert, self._returning, params))

    def insert(self, connection: Connection, values: Iterable[Value]) -> None:
        """Insert many: an id of 0 is given by the database, others are kept."""
        params = [self.write(value) for value in values]
        for row in params:
            if row.get("id") == 0:
                del row["id"]
        if params:
            direct.write_many(connection, self._insert, params)

    def save(self, connection: Connection, value: Value, was: Value | None = None) -> Value:
        """Write the value over the version it was read in; `StaleVersion` when somebody else did.

        Of a value that `was` read in this transaction only what changed is written.
        """
        params = self._changed(value, was) if was is not None else self.write(value)
        params.pop("id", None)
        params["b_id"] = value_id = attrgetter("id")(value)
        if not self._versioned:
            self._check(connection, value_id, direct.write(connection, self._update, params))
            return value
        params["b_version"] = before = attrgetter("row_version")(value)
        params["row_version"] = before + 1
        self._check(connection, value_id, direct.write(connection, self._update, params))
        return replace(value, row_version=before + 1)

    def _changed(self, value: Value, was: Value) -> dict[str, Any]:
        now, before = self._fields(value), self._fields(was)
        changed = {name: new for name, new, old in zip(self.names, now, before, strict=True) if not _is_same(new, old)}
        more, known = self._more(value), self._more(was)
        return changed | {name: new for name, new in more.items() if known[name] != new}

    def _check(self, connection: Connection, value_id: int, updated: int) -> None:
        if updated:
            return
        if not direct.fetch(connection, self._exists, {"b_id": value_id}):
            raise NotFound(self._kind.__name__, value_id)
        raise StaleVersion("stale", kind=self._kind.__name__, id=value_id)


class Seen(Generic[Value]):
    """The versioned values that a transaction has read: what they were when they are saved."""

    def __init__(self, rows: Rows[Value], connection: Connection) -> None:
        self._rows, self._connection = rows, connection
        self._values: dict[int, Value] = {}

    def note(self, value: Value) -> Value:
        """Remember a value as it stands in the database."""
        self._values[attrgetter("id")(value)] = value
        return value

    def forget(self, ids: Iterable[int]) -> None:
        """These were changed past us."""
        for value_id in ids:
            self._values.pop(value_id, None)

    def save(self, value: Value) -> Value:
        """Write what changed; the whole value when it was not read in this transaction."""
        was = self._values.get(attrgetter("id")(value))
        if was is not None and attrgetter("row_version")(was) != attrgetter("row_version")(value):
            was = None
        return self.note(self._rows.save(self._connection, value, was))


#: Types whose equal values are stored alike. (1 equals True, and 1.0 equals 1.00; lists may hold either.)
_PLAIN = frozenset({str, int, bool, date})


def _is_same(new: object, old: object) -> bool:
    return new is old or (type(new) is type(old) and type(new) in _PLAIN and new == old)


class Upsert:
    """INSERT … ON CONFLICT in the words of each database; without `changes`, a known key changes nothing.

    `changes` gives the new columns from the insert (`excluded` holds what was to be inserted).
    """

    def __init__(
        self,
        table: Table,
        key: Sequence[str],
        changes: Callable[[Any], dict[str, Any]] | None = None,
        *,
        returns: str | None = None,
    ) -> None:
        self._statements = {
            "sqlite": _upsert(sqlite.insert(table), key, changes, returns),
            "postgresql": _upsert(postgresql.insert(table), key, changes, returns),
        }

    def run(self, connection: Connection, params: list[dict[str, Any]]) -> None:
        """Insert the rows."""
        if params:
            direct.write_many(connection, self._statements[connection.dialect.name], params)

    def one(self, connection: Connection, params: dict[str, Any]) -> Any:
        """Insert one row and answer the column `returns`; None when nothing was changed."""
        return connection.execute(self._statements[connection.dialect.name], params).scalar()


def replacing(*names: str) -> Callable[[Any], dict[str, Any]]:
    """Changes that take these columns from the row that was to be inserted."""
    return lambda insert: {name: insert.excluded[name] for name in names}


def _upsert(
    insert: Any, key: Sequence[str], changes: Callable[[Any], dict[str, Any]] | None, returns: str | None
) -> Any:
    if changes is None:
        statement = insert.on_conflict_do_nothing(index_elements=key)
    else:
        statement = insert.on_conflict_do_update(index_elements=key, set_=changes(insert))
    return statement if returns is None else statement.returning(insert.table.c[returns])
