"""How is it kept by which criteria units are judged, with which points, and in which lists they stand?

More tables of `engine.store.tables`, in the same metadata. Triggers refuse to change or delete a score, and a list that was
published (see `versions/`).
"""

from sqlalchemy import Boolean, Column, Index, Table, UniqueConstraint

from engine.rules.scores import Stage
from engine.store.columns import Code, Exact
from engine.store.tables import _at, _document, _id, _number, _ref, _text, metadata

criteria_versions = Table(
    "ck_criteria_version",
    metadata,
    _id(),
    _ref("cycle_id", "cycle"),
    _number("number"),
    _document("content"),
    _text("sha256"),
    _text("note"),
    _at("created_at"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _at("frozen_at", null=True),
    UniqueConstraint("cycle_id", "number"),
)

scores = Table(
    "ck_score",
    metadata,
    _id(),
    _ref("cycle_id", "cycle"),
    _ref("dossier_id", "dossier"),
    Column("stage", Code(Stage), nullable=False),
    _number("number"),
    Column("points", Exact(), nullable=True),
    _text("band", null=True),
    Column("recognised", Boolean, nullable=False),
    _document("content"),
    _text("criteria_sha256"),
    _at("at"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    UniqueConstraint("dossier_id", "stage", "number"),
    Index(None, "cycle_id"),
)

rankings = Table(
    "ck_ranking",
    metadata,
    _id(),
    _ref("cycle_id", "cycle"),
    _ref("dossier_id", "dossier"),
    _number("number"),
    _document("content"),
    _text("sha256"),
    _at("drafted_at"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _at("published_at", null=True),
    _ref("decision_id", "decision", null=True),
    UniqueConstraint("cycle_id", "number"),
)
