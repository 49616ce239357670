"""How does a prebuilt statement reach the driver? Compiled once, its values turned by SQLAlchemy's types, on the driver's own cursor.

SQLAlchemy's way through `Connection.execute` costs several times what SQLite needs for a statement (docs/performance.md).
A statement that cannot be compiled once (an IN list of any length) still goes that way. Listeners for SQLAlchemy's
`before_cursor_execute` hear these statements too, and faults arrive as SQLAlchemy's `DBAPIError`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import DBAPIError

Params = Mapping[str, Any]
Turn = Callable[[Any], Any]
#: More statements than that are not kept: somebody builds statements for every question, which would fill the memory.
_MOST = 3000
#: dialect → (identity of the statement, names of its values) → the statement, held so that nobody else gets its
#: identity, and how it is run. So only statements that are built once may come here.
_made: WeakKeyDictionary[Dialect, dict[tuple[int, tuple[str, ...]], tuple[Any, "_Ready | None"]]] = WeakKeyDictionary()


class _Ready:
    """A statement in the words of one dialect."""

    __slots__ = ("_dialect", "_named", "_slots", "_turns", "_types", "sql")

    def __init__(self, compiled: Any, dialect: Dialect, types: Sequence[Any]) -> None:
        self.sql, self._named = str(compiled), not compiled.positional
        names = compiled.bind_names.values() if self._named else compiled.positiontup
        self._slots = tuple(_slot(compiled, name, dialect) for name in names)
        self._dialect, self._types = dialect, types
        self._turns: tuple[tuple[int, Turn], ...] | None = None

    def values(self, params: Params) -> Any:
        """The driver's own values of one run."""
        found = [
            fixed if given is None else params[given] if turn is None else turn(params[given])
            for _, given, turn, fixed in self._slots
        ]
        return dict(zip((slot[0] for slot in self._slots), found, strict=True)) if self._named else found

    def rows(self, cursor: Any) -> list[Sequence[Any]]:
        """What the statement answers, as the types read it."""
        found: list[Sequence[Any]] = cursor.fetchall()
        if not found:
            return found
        if self._turns is None:
            self._turns = tuple(_turns(self._types, cursor.description, self._dialect))
        return [_turned(row, self._turns) for row in found] if self._turns else found


def say(connection: Connection, sql: str) -> None:
    """Run a statement without values or an answer, unheard by listeners."""
    cursor: Any = connection.connection.cursor()
    with _Faults(connection, cursor, sql, ()):
        cursor.execute(sql)


def fetch(connection: Connection, statement: Any, params: Params) -> list[Sequence[Any]]:
    """Run a statement that answers rows; all of them, as tuples."""
    ready = _ready(connection, statement, ())
    if ready is None:
        return list(connection.execute(statement, params))
    return ready.rows(_run(connection, ready, params))


def write(connection: Connection, statement: Any, params: Params) -> int:
    """Run a statement that answers nothing; how many rows it changed."""
    ready = _ready(connection, statement, tuple(params))
    if ready is None:
        return int(connection.execute(statement, params).rowcount)
    return int(_run(connection, ready, params).rowcount)


def write_many(connection: Connection, statement: Any, rows: Sequence[Params]) -> int:
    """Run a statement once for each row, all with the same names; how many rows it changed."""
    if len(rows) == 1:
        return write(connection, statement, rows[0])
    ready = _ready(connection, statement, tuple(rows[0]))
    if ready is None:
        return int(connection.execute(statement, rows).rowcount)
    cursor: Any = connection.connection.cursor()
    values = [ready.values(row) for row in rows]
    connection.dispatch.before_cursor_execute(connection, cursor, ready.sql, values, None, True)
    with _Faults(connection, cursor, ready.sql, values):
        cursor.executemany(ready.sql, values)
    return int(cursor.rowcount)


def insert(connection: Connection, statement: Any, returning: Any, params: Params) -> int:
    """Insert one row; answer its id. `returning` is the same statement, answering it."""
    if connection.dialect.name != "sqlite":
        ready = _ready(connection, returning, tuple(params))
        assert ready is not None  # noqa: S101  # an insert has no IN list
        return int(_run(connection, ready, params).fetchone()[0])
    ready = _ready(connection, statement, tuple(params))
    assert ready is not None  # noqa: S101
    return int(_run(connection, ready, params).lastrowid)


def _ready(connection: Connection, statement: Any, names: tuple[str, ...]) -> _Ready | None:
    dialect = connection.dialect
    known = _made.get(dialect)
    if known is None:
        known = _made[dialect] = {}
    found = known.get((id(statement), names))
    if found is None:
        # Names of values that the statement does not ask for by name are the columns that are written.
        compiled = statement.compile(dialect=dialect, column_keys=list(names) or None)
        unfit = compiled.post_compile_params or compiled.literal_execute_params
        found = (statement, None if unfit else _Ready(compiled, dialect, _types(statement)))
        if len(known) < _MOST:
            known[id(statement), names] = found
    return found[1]


def kept(connection: Connection) -> int:
    """How many statements are kept ready for the connection's dialect."""
    return len(_made.get(connection.dialect, ()))


def _types(statement: Any) -> Sequence[Any]:
    return tuple(column.type for column in getattr(statement, "exported_columns", ()))


def _turns(types: Sequence[Any], description: Sequence[Any], dialect: Dialect) -> Iterator[tuple[int, Turn]]:
    """Which places of a row are turned, and how; the driver says of what kind they came."""
    for place, (kind, column) in enumerate(zip(types, description, strict=True)):
        turn = kind.dialect_impl(dialect).result_processor(dialect, column[1])
        if turn is not None:
            yield place, turn


def _slot(compiled: Any, name: str, dialect: Dialect) -> tuple[str, str | None, Turn | None, Any]:
    """A place for a value: its name in the SQL, the name by which it is given (None: fixed), how it is turned."""
    bind = compiled.binds[name]
    turn = bind.type.dialect_impl(dialect).bind_processor(dialect)
    written = compiled.escaped_bind_names.get(name, name)
    if bind.required:
        return written, name, turn, None
    return written, None, None, bind.effective_value if turn is None else turn(bind.effective_value)


def _turned(row: Sequence[Any], turns: Sequence[tuple[int, Turn]]) -> list[Any]:
    read = list(row)
    for place, turn in turns:
        read[place] = turn(read[place])
    return read


def _run(connection: Connection, ready: _Ready, params: Params) -> Any:
    """The driver's cursor, having run the statement."""
    values = ready.values(params)
    cursor: Any = connection.connection.cursor()
    connection.dispatch.before_cursor_execute(connection, cursor, ready.sql, values, None, False)
    with _Faults(connection, cursor, ready.sql, values):
        cursor.execute(ready.sql, values)
    return cursor


class _Faults:
    """A block in which the driver's faults are raised as SQLAlchemy raises them."""

    __slots__ = ("_connection", "_cursor", "_sql", "_values")

    def __init__(self, connection: Connection, cursor: Any, sql: str, values: Any) -> None:
        self._connection, self._cursor, self._sql, self._values = connection, cursor, sql, values

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            self._raise(error)

    def _raise(self, error: Any) -> None:
        connection, dialect = self._connection, self._connection.dialect
        faults = dialect.loaded_dbapi.Error
        of_driver = isinstance(error, faults)
        gone = of_driver and dialect.is_disconnect(error, connection.connection.driver_connection, self._cursor)
        # Broken off from outside (Ctrl-C), nobody knows what the server still does.
        if gone or not isinstance(error, Exception):
            connection.invalidate(error)
        if of_driver:
            raise DBAPIError.instance(self._sql, self._values, error, faults, dialect=dialect) from error
