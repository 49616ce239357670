"""How is it kept what lists did: to the tree of units, to figures, to the drafts of scores?

One more table of `engine.store.tables`, in the same metadata.
"""

from sqlalchemy import Index, Table

from engine.store.tables import _at, _document, _id, _ref, _text, _version, metadata

unit_lists = Table(
    "ck_unit_list",
    metadata,
    _id(),
    _text("kind"),
    _at("at"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _document("steps"),
    _at("undone_at", null=True),
    _text("undone_by"),
    _version(),
    _text("about"),
    Index(None, "about"),
)
