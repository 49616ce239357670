"""Which kinds of columns are there? The same values come back from SQLite and PostgreSQL, order included."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Cast,
    ColumnElement,
    DateTime,
    Dialect,
    Float,
    Integer,
    Numeric,
    Text,
    cast,
    literal_column,
    type_coerce,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine

Closed = TypeVar("Closed", bound=StrEnum)

#: Ids: 64 bits on both; SQLite numbers rows itself only when the type is INTEGER.
ID = BigInteger().with_variant(Integer(), "sqlite")

#: Text in the order of its code points: SQLite's habit, and PostgreSQL's only when asked.
TEXT = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")

#: A small free-form document; `json_codec` writes and reads it (the engines are told so in `unit_of_work`).
DOCUMENT = JSON().with_variant(postgresql.JSONB(), "postgresql")


class Instant(TypeDecorator[datetime]):
    """A moment: aware on the way in, UTC on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC; a naive moment raises `ValueError`."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive instant is not stored: {value}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Exact(TypeDecorator[Decimal]):
    """A decimal with the digits it was given; on SQLite as text, so order by `as_number`."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Take each database's own way of keeping every digit."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Write every digit."""
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Read every digit."""
        return value if value is None or isinstance(value, Decimal) else Decimal(value)


class Code(TypeDecorator[Closed], Generic[Closed]):
    """A member of a closed set, by its value."""

    impl = TEXT
    cache_ok = True

    def __init__(self, kind: type[Closed]) -> None:
        super().__init__()
        self.kind = kind
        self._members = {member.value: member for member in kind}

    def process_bind_param(self, value: Closed | None, dialect: Dialect) -> str | None:
        """Write the value."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Closed | None:
        """Find the member; an unknown value raises `KeyError`."""
        return None if value is None else self._members[value]


class Codes(TypeDecorator[tuple[str, ...]]):
    """A short list of codes, as a tuple."""

    impl = DOCUMENT
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> list[str] | None:
        """Write as a JSON list."""
        return None if value is None else list(value)

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Read as a tuple."""
        return None if value is None else tuple(value)


def unindexed(column: ColumnElement[Any]) -> ColumnElement[str]:
    """A text column as no index serves it.

    For a state beside an id: SQLite, which keeps no statistics by itself, takes an index on the state, with all that
    waits, rather than the few rows of the id.
    """
    return type_coerce(column, TEXT).concat(literal_column("''"))


def as_number(column: ColumnElement[Decimal]) -> Cast[float]:
    """Order or average an `Exact` column: the same on both databases, up to a double's 15 digits."""
    return cast(column, Float(53))
