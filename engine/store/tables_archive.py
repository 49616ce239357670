"""How is it kept what was packed for the archive and handed over to it?

More tables of `engine.store.tables`, in the same metadata.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, UniqueConstraint

from engine.rules.archiving import HandoverState, PackageState
from engine.store.columns import Code
from engine.store.tables import _at, _document, _id, _number, _ref, _text, _version, metadata

packages = Table(
    "ck_package",
    metadata,
    _id(),
    _ref("cycle_id", "cycle"),
    _ref("dossier_id", "dossier", null=True),
    Column("state", Code(PackageState), nullable=False),
    _at("asked_at"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _at("made_at", null=True),
    _text("name"),
    _text("sha256"),
    Column("size", BigInteger, nullable=False),
    _text("reason"),
    _version(),
    Index(None, "cycle_id", "dossier_id"),
    Index(None, "dossier_id"),
)

handovers = Table(
    "ck_handover",
    metadata,
    _id(),
    _ref("cycle_id", "cycle"),
    _ref("unit_id", "unit"),
    _number("number"),
    Column("state", Code(HandoverState), nullable=False),
    _document("items"),
    _document("left_out"),
    _document("papers"),
    _text("note"),
    _text("reason"),
    _at("proposed_at"),
    _ref("proposed_by_id", "account", null=True),
    _text("proposed_by_name"),
    _at("decided_at", null=True),
    _ref("decided_by_id", "account", null=True),
    _text("decided_by_name"),
    _version(),
    UniqueConstraint("unit_id", "number"),
    Index(None, "cycle_id"),
)

retentions = Table(
    "ck_retention",
    metadata,
    _id(),
    _text("kind"),
    _text("label"),
    Column("years", Integer, nullable=True),
    _text("source"),
    UniqueConstraint("kind"),
)
