"""Packages for the archive, each asked for by a person and made by a job."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "ck_package",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("dossier_id", ID, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_name", TEXT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_package_by_id")),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_package_cycle_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["ck_dossier.id"], name=op.f("fk_ck_package_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_package")),
    )
    op.create_index(op.f("ix_ck_package_cycle_id_dossier_id"), "ck_package", ["cycle_id", "dossier_id"], unique=False)
    op.create_index(op.f("ix_ck_package_dossier_id"), "ck_package", ["dossier_id"], unique=False)


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
