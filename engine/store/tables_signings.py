"""How is it kept in which way documents are signed, and which wait for a signature from outside?

More tables of `engine.store.tables`, in the same metadata.
"""

from sqlalchemy import CheckConstraint, Column, Index, Table, UniqueConstraint

from engine.rules.batches import BatchState
from engine.rules.signings import SigningStep, Way
from engine.store.columns import Code
from engine.store.tables import _at, _document, _id, _number, _ref, _text, _version, metadata

way_settings = Table(
    "ck_way_setting",
    metadata,
    _id(),
    _ref("unit_id", "unit", null=True),
    _ref("account_id", "account", null=True),
    Column("way", Code(Way), nullable=True),
    _text("picture_sha256"),
    _at("at"),
    _ref("by_id", "account", null=True),
    _version(),
    UniqueConstraint("unit_id"),
    UniqueConstraint("account_id"),
    CheckConstraint("(unit_id IS NULL) <> (account_id IS NULL)", name="one_holder"),
)

signings = Table(
    "ck_signing",
    metadata,
    _id(),
    _ref("decision_id", "decision"),
    _ref("unit_id", "unit"),
    _ref("instance_id", "instance"),
    _text("token"),
    Column("person_way", Code(Way), nullable=False),
    Column("seal_way", Code(Way), nullable=True),
    Column("step", Code(SigningStep), nullable=False),
    _text("given_sha256"),
    _text("prepared_sha256"),
    _document("prepared"),
    _text("answer_sha256"),
    _text("scan_sha256"),
    _text("scan_name"),
    _text("scan_type"),
    _at("since"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _version(),
    UniqueConstraint("decision_id"),
    Index(None, "step"),
)

#: What one person signs in one go.
batches = Table(
    "ck_batch",
    metadata,
    _id(),
    _ref("account_id", "account"),
    _at("at"),
    Index(None, "account_id"),
)

batch_items = Table(
    "ck_batch_item",
    metadata,
    _id(),
    _ref("batch_id", "batch"),
    _ref("work_item_id", "work_item"),
    _number("seen_version"),
    Column("state", Code(BatchState), nullable=False),
    _ref("decision_id", "decision", null=True),
    _text("code"),
    _document("facts"),
    _version(),
    UniqueConstraint("batch_id", "work_item_id"),
)
