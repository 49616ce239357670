"""How are rounds of questionnaires and their answers kept? More tables of `engine.store.tables`, in the same metadata.

Nothing leads from an answer that came by a link to the link, and nothing says at which moment it came.
"""

from sqlalchemy import CheckConstraint, Column, Index, Table, UniqueConstraint

from engine.rules.survey_rounds import AnswerState, RoundState
from engine.rules.surveys import Origin
from engine.store.columns import Code
from engine.store.tables import _at, _day, _document, _flag, _id, _number, _ref, _text, _version, metadata

survey_rounds = Table(
    "ck_survey_round",
    metadata,
    _id(),
    _ref("cycle_id", "cycle"),
    _text("key"),
    _ref("unit_id", "unit"),
    _text("version"),
    Column("state", Code(RoundState), nullable=False),
    _day("first_day"),
    _day("last_day", null=True),
    _at("opened_at"),
    _ref("opened_by_id", "account", null=True),
    _text("opened_by_name"),
    _at("closed_at", null=True),
    _version(),
    UniqueConstraint("cycle_id", "key"),
)

survey_places = Table(
    "ck_survey_place",
    metadata,
    _id(),
    _ref("round_id", "survey_round"),
    _ref("unit_id", "unit"),
    _text("token"),
    _number("batches"),
    _number("sheets"),
    _version(),
    UniqueConstraint("round_id", "unit_id"),
    UniqueConstraint("token"),
)

survey_sheets = Table(
    "ck_survey_sheet",
    metadata,
    _id(),
    _ref("place_id", "survey_place"),
    _number("batch"),
    _number("number"),
    _text("token"),
    _flag("used"),
    UniqueConstraint("place_id", "number"),
    UniqueConstraint("token"),
)

survey_answers = Table(
    "ck_survey_answer",
    metadata,
    _id(),
    _ref("place_id", "survey_place"),
    Column("origin", Code(Origin), nullable=False),
    Column("state", Code(AnswerState), nullable=False),
    _day("day"),
    _document("answers"),
    _text("once_sha256", null=True),
    _ref("sheet_id", "survey_sheet", null=True),
    _text("upload"),
    _ref("by_id", "account", null=True),
    _flag("checked"),
    _document("second"),
    _ref("second_by_id", "account", null=True),
    _ref("settled_by_id", "account", null=True),
    _version(),
    UniqueConstraint("once_sha256"),
    UniqueConstraint("sheet_id"),
    Index(None, "place_id"),
    CheckConstraint("origin IN ('paper', 'sheet') OR (sheet_id IS NULL AND by_id IS NULL)", name="anonymous"),
)
