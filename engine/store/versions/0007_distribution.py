"""To whom documents went, and who has them; files that a mail carries; units found by their names."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the table, add the columns."""
    op.create_table(
        "ck_recipient",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("way", TEXT, nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("delivery_id", ID, nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("reminded_at", INSTANT, nullable=True),
        sa.Column("received_at", INSTANT, nullable=True),
        sa.Column("received_on", sa.Date(), nullable=True),
        sa.Column("received_by", TEXT, nullable=False),
        sa.Column("received_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["decision_id"], ["ck_decision.id"], name=op.f("fk_ck_recipient_decision_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["ck_delivery.id"], name=op.f("fk_ck_recipient_delivery_id")),
        sa.ForeignKeyConstraint(["received_by_id"], ["ck_account.id"], name=op.f("fk_ck_recipient_received_by_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_recipient_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_recipient")),
        sa.UniqueConstraint("decision_id", "number", name=op.f("uq_ck_recipient_decision_id_number")),
    )
    op.create_index(
        op.f("ix_ck_recipient_unit_id_received_at"), "ck_recipient", ["unit_id", "received_at"], unique=False
    )
    op.create_index(op.f("ix_ck_unit_name"), "ck_unit", ["name"], unique=False)
    with op.batch_alter_table("ck_delivery") as batch:
        batch.add_column(sa.Column("file_sha256", TEXT, nullable=False, server_default=""))
        batch.add_column(sa.Column("file_name", TEXT, nullable=False, server_default=""))


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
