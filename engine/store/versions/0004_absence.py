"""Who does an absent person's work, what was done so, how much is too much for one person; days of single units."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ck_delegation",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("from_id", ID, nullable=False),
        sa.Column("to_id", ID, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("signs", sa.Boolean(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("form", TEXT, nullable=True),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["ck_account.id"], name=op.f("fk_ck_delegation_created_by")),
        sa.ForeignKeyConstraint(["from_id"], ["ck_account.id"], name=op.f("fk_ck_delegation_from_id")),
        sa.ForeignKeyConstraint(["to_id"], ["ck_account.id"], name=op.f("fk_ck_delegation_to_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_delegation_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_delegation")),
    )
    op.create_index(op.f("ix_ck_delegation_from_id_last_day"), "ck_delegation", ["from_id", "last_day"], unique=False)
    op.create_index(op.f("ix_ck_delegation_to_id_last_day"), "ck_delegation", ["to_id", "last_day"], unique=False)
    op.create_index(op.f("ix_ck_delegation_unit_id_last_day"), "ck_delegation", ["unit_id", "last_day"], unique=False)

    op.create_table(
        "ck_stand_in",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("delegation_id", ID, nullable=False),
        sa.Column("submission_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["delegation_id"], ["ck_delegation.id"], name=op.f("fk_ck_stand_in_delegation_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["ck_submission.id"], name=op.f("fk_ck_stand_in_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_stand_in")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_ck_stand_in_submission_id")),
    )
    op.create_index(op.f("ix_ck_stand_in_delegation_id"), "ck_stand_in", ["delegation_id"], unique=False)
    op.create_table(
        "ck_week_limit",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tasks", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_name", TEXT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ck_week_limit_one_row")),
        sa.CheckConstraint("tasks >= 1", name=op.f("ck_ck_week_limit_tasks")),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_week_limit_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_week_limit")),
    )
    give_days_to_units()


def give_days_to_units() -> None:
    """Make the calendar's table anew, with a key of its own and the unit whose day it is; every row stays."""
    op.execute("CREATE TEMPORARY TABLE kept_days AS SELECT day, kind, reason, source FROM ck_calendar_day")
    op.drop_table("ck_calendar_day")
    op.create_table(
        "ck_calendar_day",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_calendar_day_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_calendar_day")),
        sa.UniqueConstraint("day", "unit_id", name=op.f("uq_ck_calendar_day_day_unit_id")),
    )
    op.create_index(op.f("ix_ck_calendar_day_unit_id_day"), "ck_calendar_day", ["unit_id", "day"], unique=False)
    op.execute(
        "INSERT INTO ck_calendar_day (day, kind, reason, source) SELECT day, kind, reason, source FROM kept_days ORDER BY day"
    )
    op.execute("DROP TABLE kept_days")


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
