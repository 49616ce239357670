"""How is it kept what was said of the programmes' milestones and money, and who was asked for an opinion?

More tables of `engine.store.tables`, in the same metadata.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Table, UniqueConstraint

from engine.rules.opinions import View
from engine.rules.programme import MilestoneState, Part
from engine.store.columns import Code
from engine.store.tables import _at, _day, _id, _number, _ref, _text, _version, metadata

marks = Table(
    "ck_milestone_mark",
    metadata,
    _id(),
    _text("model"),
    _text("milestone"),
    Column("state", Code(MilestoneState), nullable=False),
    _text("number"),
    _day("dated", null=True),
    _ref("decision_id", "decision", null=True),
    _text("note"),
    _at("at"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _version(),
    UniqueConstraint("model", "milestone"),
)

money_years = Table(
    "ck_money_year",
    metadata,
    _id(),
    _text("model"),
    _text("money"),
    _number("year"),
    Column("planned", BigInteger, nullable=True),
    Column("actual", BigInteger, nullable=True),
    _text("paper"),
    _at("at"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _version(),
    UniqueConstraint("model", "money", "year"),
    CheckConstraint("planned IS NULL OR planned >= 0", name="planned"),
    CheckConstraint("actual IS NULL OR actual >= 0", name="actual"),
)

bonds = Table(
    "ck_programme_unit",
    metadata,
    _id(),
    _text("model"),
    _ref("unit_id", "unit"),
    Column("part", Code(Part), nullable=False),
    UniqueConstraint("model", "unit_id"),
    Index(None, "unit_id"),
)

requests = Table(
    "ck_opinion_request",
    metadata,
    _id(),
    _text("model"),
    _text("milestone"),
    _ref("unit_id", "unit"),
    _text("subject"),
    _text("question"),
    _day("last_day"),
    _at("asked_at"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _at("closed_at", null=True),
    _version(),
    Index(None, "model"),
)

opinions = Table(
    "ck_opinion",
    metadata,
    _id(),
    _ref("request_id", "opinion_request"),
    _ref("unit_id", "unit"),
    Column("view", Code(View), nullable=True),
    _text("text"),
    _text("file_sha256"),
    _text("file_name"),
    _text("media_type"),
    _at("answered_at", null=True),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _version(),
    UniqueConstraint("request_id", "unit_id"),
    Index(None, "unit_id", "answered_at"),
)
