"""How are the offices' own templates kept?

More tables of `engine.store.tables`, in the same metadata.
"""

from sqlalchemy import Table, UniqueConstraint

from engine.store.tables import _at, _day, _document, _id, _number, _ref, _text, metadata

office_templates = Table(
    "ck_office_template",
    metadata,
    _id(),
    _ref("unit_id", "unit"),
    _text("model"),
    _text("document"),
    _number("number"),
    _document("content"),
    _day("from_day"),
    _text("note"),
    _at("created_at"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _at("used_at", null=True),
    _at("withdrawn_at", null=True),
    UniqueConstraint("unit_id", "model", "document", "number"),
)
