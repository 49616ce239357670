"""How is it kept what is done about documents that are out? More tables of `engine.store.tables`, in the same metadata."""

from sqlalchemy import Column, Index, Table, UniqueConstraint

from engine.rules.remedies import RemedyKind, RemedyState
from engine.store.columns import Code, Codes
from engine.store.tables import _at, _id, _ref, _text, _version, metadata

remedies = Table(
    "ck_remedy",
    metadata,
    _id(),
    Column("kind", Code(RemedyKind), nullable=False),
    _ref("decision_id", "decision"),
    _ref("draft_id", "decision"),
    Column("state", Code(RemedyState), nullable=False),
    _text("reason"),
    Column("kept", Codes(), nullable=False),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _at("at"),
    _text("settled_by"),
    _text("settled_why"),
    _at("settled_at", null=True),
    _version(),
    UniqueConstraint("draft_id"),
    Index(None, "decision_id"),
)
