"""What was counted of indicators, row by row."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
EXACT = sa.Text().with_variant(sa.Numeric(), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "ck_figure",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("indicator", TEXT, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("value", EXACT, nullable=True),
        sa.Column("whole", EXACT, nullable=True),
        sa.Column("baseline", EXACT, nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_name", TEXT, nullable=False),
        sa.Column("submission_id", ID, nullable=True),
        sa.CheckConstraint("quarter BETWEEN 0 AND 4", name=op.f("ck_ck_figure_quarter")),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_figure_by_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["ck_submission.id"], name=op.f("fk_ck_figure_submission_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_figure_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_figure")),
        sa.UniqueConstraint(
            "model", "indicator", "unit_id", "year", "quarter", "number",
            name=op.f("uq_ck_figure_model_indicator_unit_id_year_quarter_number"),
        ),
    )  # fmt: skip
    op.create_index(op.f("ix_ck_figure_model_year"), "ck_figure", ["model", "year"], unique=False)
    op.create_index(op.f("ix_ck_figure_unit_id"), "ck_figure", ["unit_id"], unique=False)


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
