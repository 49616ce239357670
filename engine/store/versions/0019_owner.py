"""Which unit a deployed model belongs to; none: the whole installation."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("ck_pack") as batch:
        batch.add_column(sa.Column("owner_unit_id", ID, nullable=True))
        batch.create_foreign_key(op.f("fk_ck_pack_owner_unit_id"), "ck_unit", ["owner_unit_id"], ["id"])


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
