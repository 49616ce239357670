"""What is handed over to the archive, and how long what is kept."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ck_handover",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("items", DOCUMENT, nullable=False),
        sa.Column("left_out", DOCUMENT, nullable=False),
        sa.Column("papers", DOCUMENT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("proposed_at", INSTANT, nullable=False),
        sa.Column("proposed_by_id", ID, nullable=True),
        sa.Column("proposed_by_name", TEXT, nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by_id", ID, nullable=True),
        sa.Column("decided_by_name", TEXT, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_handover_cycle_id")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["ck_account.id"], name=op.f("fk_ck_handover_decided_by_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["ck_account.id"], name=op.f("fk_ck_handover_proposed_by_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_handover_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_handover")),
        sa.UniqueConstraint("unit_id", "number", name=op.f("uq_ck_handover_unit_id_number")),
    )
    op.create_index(op.f("ix_ck_handover_cycle_id"), "ck_handover", ["cycle_id"], unique=False)
    op.create_table(
        "ck_retention",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("years", sa.Integer(), nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_retention")),
        sa.UniqueConstraint("kind", name=op.f("uq_ck_retention_kind")),
    )


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
