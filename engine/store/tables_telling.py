"""How is it kept what people are told and what they chose?

More tables of `engine.store.tables`, in the same metadata.
"""

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint

from engine.rules.notices import MailMode, MailState
from engine.store.columns import ID, Code, Codes
from engine.store.tables import _at, _day, _document, _id, _number, _ref, _text, metadata

notices = Table(
    "ck_notice",
    metadata,
    _id(),
    _text("key"),
    _ref("account_id", "account"),
    _text("kind"),
    _text("title"),
    _text("href"),
    _document("facts"),
    _ref("work_item_id", "work_item", null=True),
    _ref("unit_id", "unit", null=True),
    _day("last_day", null=True),
    _at("created_at"),
    _at("read_at", null=True),
    Column("mail", Code(MailState), nullable=False),
    UniqueConstraint("key"),
    Index(None, "account_id", "mail"),
    Index(None, "work_item_id"),
)

webhooks = Table(
    "ck_webhook",
    metadata,
    _id(),
    _ref("unit_id", "unit"),
    _text("url"),
    _text("secret"),
    _ref("by_id", "account", null=True),
    _at("created_at"),
    _at("disabled_at", null=True),
)

personal_settings = Table(
    "ck_personal_setting",
    metadata,
    Column("account_id", ID, ForeignKey("ck_account.id"), primary_key=True, autoincrement=False),
    Column("mail", Code(MailMode), nullable=False),
    _number("quiet_from"),
    _number("quiet_until"),
    Column("digest_days", Codes(), nullable=False),
    _number("digest_minute"),
    _text("feed_sha256", null=True),
    _at("feed_since", null=True),
    UniqueConstraint("feed_sha256"),
)
