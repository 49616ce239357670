"""How is it kept by which books an office numbers, which numbers it reserved, and which documents wait for one?

More tables of `engine.store.tables`, in the same metadata.
"""

from sqlalchemy import CheckConstraint, Column, Index, Table, UniqueConstraint

from engine.rules.books import BookMode, BookPeriod
from engine.store.columns import Code, Codes
from engine.store.tables import _at, _day, _document, _id, _number, _ref, _text, _version, metadata

books = Table(
    "ck_book",
    metadata,
    _id(),
    _ref("unit_id", "unit"),
    _text("code"),
    _text("name"),
    Column("types", Codes(), nullable=False),
    Column("mode", Code(BookMode), nullable=False),
    Column("period", Code(BookPeriod), nullable=False),
    _day("first_day", null=True),
    _day("last_day", null=True),
    _number("first_number"),
    _number("first_year", null=True),
    _version(),
    UniqueConstraint("unit_id", "code"),
    CheckConstraint("first_number >= 1", name="first_number"),
)

number_blocks = Table(
    "ck_number_block",
    metadata,
    _id(),
    _ref("book_id", "book"),
    _number("year"),
    _number("first"),
    _number("last"),
    _number("taken"),
    _day("reserved_on"),
    _text("reason"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _at("at"),
    _version(),
    CheckConstraint("first >= 1 AND last >= first", name="numbers"),
    CheckConstraint("taken >= 0 AND taken <= last - first + 1", name="taken"),
    Index(None, "book_id", "year"),
)

awaited_numbers = Table(
    "ck_awaited_number",
    metadata,
    _id(),
    _ref("unit_id", "unit"),
    _text("book"),
    _text("kind"),
    _ref("decision_id", "decision", null=True),
    _ref("submission_id", "submission", null=True),
    _text("type_code"),
    _text("symbol"),
    _text("subject"),
    _text("signer_name"),
    _text("recipients"),
    _at("asked_at"),
    _document("payload"),
    _at("settled_at", null=True),
    _version(),
    Index(None, "unit_id", "settled_at"),
    Index(None, "decision_id"),
)
