"""What lists did to the tree of units, so that it can be undone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "ck_unit_list",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_name", TEXT, nullable=False),
        sa.Column("steps", DOCUMENT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.Column("undone_by", TEXT, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_unit_list_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_unit_list")),
    )


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
