"""In which way documents are signed, and which wait for a signature from outside."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ck_way_setting",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("way", TEXT, nullable=True),
        sa.Column("picture_sha256", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(unit_id IS NULL) <> (account_id IS NULL)", name=op.f("ck_ck_way_setting_one_holder")),
        sa.ForeignKeyConstraint(["account_id"], ["ck_account.id"], name=op.f("fk_ck_way_setting_account_id")),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_way_setting_by_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_way_setting_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_way_setting")),
        sa.UniqueConstraint("account_id", name=op.f("uq_ck_way_setting_account_id")),
        sa.UniqueConstraint("unit_id", name=op.f("uq_ck_way_setting_unit_id")),
    )
    op.create_table(
        "ck_signing",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("token", TEXT, nullable=False),
        sa.Column("person_way", TEXT, nullable=False),
        sa.Column("seal_way", TEXT, nullable=True),
        sa.Column("step", TEXT, nullable=False),
        sa.Column("given_sha256", TEXT, nullable=False),
        sa.Column("prepared_sha256", TEXT, nullable=False),
        sa.Column("prepared", DOCUMENT, nullable=False),
        sa.Column("answer_sha256", TEXT, nullable=False),
        sa.Column("scan_sha256", TEXT, nullable=False),
        sa.Column("scan_name", TEXT, nullable=False),
        sa.Column("scan_type", TEXT, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_name", TEXT, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_signing_by_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["ck_decision.id"], name=op.f("fk_ck_signing_decision_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["ck_instance.id"], name=op.f("fk_ck_signing_instance_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_signing_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_signing")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_ck_signing_decision_id")),
    )
    op.create_index(op.f("ix_ck_signing_step"), "ck_signing", ["step"], unique=False)
    op.create_table(
        "ck_batch",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["ck_account.id"], name=op.f("fk_ck_batch_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_batch")),
    )
    op.create_index(op.f("ix_ck_batch_account_id"), "ck_batch", ["account_id"], unique=False)
    op.create_table(
        "ck_batch_item",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("batch_id", ID, nullable=False),
        sa.Column("work_item_id", ID, nullable=False),
        sa.Column("seen_version", sa.Integer(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("decision_id", ID, nullable=True),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["ck_batch.id"], name=op.f("fk_ck_batch_item_batch_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["ck_decision.id"], name=op.f("fk_ck_batch_item_decision_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["ck_work_item.id"], name=op.f("fk_ck_batch_item_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_batch_item")),
        sa.UniqueConstraint("batch_id", "work_item_id", name=op.f("uq_ck_batch_item_batch_id_work_item_id")),
    )


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
