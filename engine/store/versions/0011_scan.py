"""What a virus scanner said of a file."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"

# The kinds of columns as they were at this revision (`columns.py` may change).
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("ck_blob") as batch:
        batch.add_column(sa.Column("scan", TEXT, nullable=False, server_default=""))


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
