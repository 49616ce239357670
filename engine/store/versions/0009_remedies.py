"""What is done about documents that are out: replaced, corrected, recalled."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "ck_remedy",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("draft_id", ID, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("kept", DOCUMENT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_name", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("settled_by", TEXT, nullable=False),
        sa.Column("settled_why", TEXT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_remedy_by_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["ck_decision.id"], name=op.f("fk_ck_remedy_decision_id")),
        sa.ForeignKeyConstraint(["draft_id"], ["ck_decision.id"], name=op.f("fk_ck_remedy_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_remedy")),
        sa.UniqueConstraint("draft_id", name=op.f("uq_ck_remedy_draft_id")),
    )
    op.create_index(op.f("ix_ck_remedy_decision_id"), "ck_remedy", ["decision_id"], unique=False)


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
