"""How are packages for the archive kept?

More tables of `engine.store.tables`, in the same metadata.
"""

from sqlalchemy import BigInteger, Column, Index, Table

from engine.rules.archiving import PackageState
from engine.store.columns import Code
from engine.store.tables import _at, _id, _ref, _text, _version, metadata

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
