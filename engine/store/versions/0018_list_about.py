"""Which values a list filled in: lists of figures and scores stand beside those of units."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"

# The kind of column as it was at this revision (`columns.py` may change).
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the column; lists that are there changed the tree of units."""
    with op.batch_alter_table("ck_unit_list") as batch:
        batch.add_column(sa.Column("about", TEXT, nullable=False, server_default=""))
    op.create_index(op.f("ix_ck_unit_list_about"), "ck_unit_list", ["about"])


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
