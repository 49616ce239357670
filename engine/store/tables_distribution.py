"""How is it kept to whom documents went?

More tables of `engine.store.tables`, in the same metadata.
"""

from sqlalchemy import Column, Index, Table, UniqueConstraint

from engine.rules.distribution import Way
from engine.store.columns import Code
from engine.store.tables import _at, _day, _id, _number, _ref, _text, metadata

recipients = Table(
    "ck_recipient",
    metadata,
    _id(),
    _ref("decision_id", "decision"),
    _number("number"),
    _text("name"),
    Column("way", Code(Way), nullable=False),
    _ref("unit_id", "unit", null=True),
    _text("address"),
    _ref("delivery_id", "delivery", null=True),
    _at("sent_at", null=True),
    _at("reminded_at", null=True),
    _at("received_at", null=True),
    _day("received_on", null=True),
    _text("received_by"),
    _ref("received_by_id", "account", null=True),
    UniqueConstraint("decision_id", "number"),
    Index(None, "unit_id", "received_at"),
)
