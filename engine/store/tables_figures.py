"""How are figures of indicators kept? One row for each time that somebody stated one; none is ever changed.

More tables of `engine.store.tables`, in the same metadata.
"""

from sqlalchemy import CheckConstraint, Column, Index, Table, UniqueConstraint

from engine.store.columns import Exact
from engine.store.tables import _at, _id, _number, _ref, _text, metadata

figures = Table(
    "ck_figure",
    metadata,
    _id(),
    _text("model"),
    _text("indicator"),
    _ref("unit_id", "unit"),
    _number("year"),
    _number("quarter"),
    _number("number"),
    Column("value", Exact(), nullable=True),
    Column("whole", Exact(), nullable=True),
    Column("baseline", Exact(), nullable=True),
    _text("source"),
    _text("document"),
    _at("entered_at"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _ref("submission_id", "submission", null=True),
    UniqueConstraint("model", "indicator", "unit_id", "year", "quarter", "number"),
    CheckConstraint("quarter BETWEEN 0 AND 4", name="quarter"),
    Index(None, "model", "year"),
    Index(None, "unit_id"),
)
