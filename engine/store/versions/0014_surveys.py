"""Questionnaires held in a cycle: rounds, the units where they are held, numbered sheets, answers without a name."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ck_survey_round",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("opened_by_id", ID, nullable=True),
        sa.Column("opened_by_name", TEXT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_survey_round_cycle_id")),
        sa.ForeignKeyConstraint(["opened_by_id"], ["ck_account.id"], name=op.f("fk_ck_survey_round_opened_by_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_survey_round_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_survey_round")),
        sa.UniqueConstraint("cycle_id", "key", name=op.f("uq_ck_survey_round_cycle_id_key")),
    )
    op.create_table(
        "ck_survey_place",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("round_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("token", TEXT, nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("sheets", sa.Integer(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["ck_survey_round.id"], name=op.f("fk_ck_survey_place_round_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_survey_place_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_survey_place")),
        sa.UniqueConstraint("round_id", "unit_id", name=op.f("uq_ck_survey_place_round_id_unit_id")),
        sa.UniqueConstraint("token", name=op.f("uq_ck_survey_place_token")),
    )
    op.create_table(
        "ck_survey_sheet",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("token", TEXT, nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["ck_survey_place.id"], name=op.f("fk_ck_survey_sheet_place_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_survey_sheet")),
        sa.UniqueConstraint("place_id", "number", name=op.f("uq_ck_survey_sheet_place_id_number")),
        sa.UniqueConstraint("token", name=op.f("uq_ck_survey_sheet_token")),
    )
    op.create_table(
        "ck_survey_answer",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("place_id", ID, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("answers", DOCUMENT, nullable=False),
        sa.Column("once_sha256", TEXT, nullable=True),
        sa.Column("sheet_id", ID, nullable=True),
        sa.Column("upload", TEXT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("checked", sa.Boolean(), nullable=False),
        sa.Column("second", DOCUMENT, nullable=False),
        sa.Column("second_by_id", ID, nullable=True),
        sa.Column("settled_by_id", ID, nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "origin IN ('paper', 'sheet') OR (sheet_id IS NULL AND by_id IS NULL)",
            name=op.f("ck_ck_survey_answer_anonymous"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_survey_answer_by_id")),
        sa.ForeignKeyConstraint(["place_id"], ["ck_survey_place.id"], name=op.f("fk_ck_survey_answer_place_id")),
        sa.ForeignKeyConstraint(["second_by_id"], ["ck_account.id"], name=op.f("fk_ck_survey_answer_second_by_id")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["ck_account.id"], name=op.f("fk_ck_survey_answer_settled_by_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["ck_survey_sheet.id"], name=op.f("fk_ck_survey_answer_sheet_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_survey_answer")),
        sa.UniqueConstraint("once_sha256", name=op.f("uq_ck_survey_answer_once_sha256")),
        sa.UniqueConstraint("sheet_id", name=op.f("uq_ck_survey_answer_sheet_id")),
    )
    op.create_index(op.f("ix_ck_survey_answer_place_id"), "ck_survey_answer", ["place_id"], unique=False)


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
