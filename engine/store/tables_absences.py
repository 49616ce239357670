"""How is it kept who does an absent person's work, what was done so, and how much is too much for one person?

More tables of `engine.store.tables`, in the same metadata.
"""

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, UniqueConstraint

from engine.rules.delegations import DelegationKind, DelegationScope, LegalForm
from engine.store.columns import Code
from engine.store.tables import _at, _day, _flag, _id, _number, _ref, _text, _version, metadata

delegations = Table(
    "ck_delegation",
    metadata,
    _id(),
    _ref("unit_id", "unit"),
    _text("role"),
    _ref("from_id", "account"),
    _ref("to_id", "account"),
    _day("first_day"),
    _day("last_day"),
    Column("scope", Code(DelegationScope), nullable=False),
    _text("code"),
    _flag("signs"),
    Column("kind", Code(DelegationKind), nullable=False),
    Column("form", Code(LegalForm), nullable=True),
    _text("title"),
    _text("document"),
    _text("reason"),
    _at("created_at"),
    _ref("created_by", "account", null=True),
    _at("ended_at", null=True),
    _version(),
    Index(None, "to_id", "last_day"),
    Index(None, "from_id", "last_day"),
    Index(None, "unit_id", "last_day"),
)

#: Forms that were handed in by a delegation.
stand_ins = Table(
    "ck_stand_in",
    metadata,
    _id(),
    _ref("delegation_id", "delegation"),
    _ref("submission_id", "submission"),
    UniqueConstraint("submission_id"),
    Index(None, "delegation_id"),
)

#: One row: how many tasks of one person in one week are too many.
week_limits = Table(
    "ck_week_limit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _number("tasks"),
    _at("at"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    CheckConstraint("id = 1", name="one_row"),
    CheckConstraint("tasks >= 1", name="tasks"),
)
