"""What people are told and have chosen; the calendar part of a mail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the column and make the tables."""
    make_tables()
    with op.batch_alter_table("ck_delivery") as batch:
        batch.add_column(sa.Column("calendar", TEXT, nullable=False, server_default=""))
        batch.add_column(sa.Column("channel", TEXT, nullable=False, server_default="mail"))
        batch.add_column(sa.Column("webhook_id", ID, nullable=True))
        batch.create_foreign_key(op.f("fk_ck_delivery_webhook_id"), "ck_webhook", ["webhook_id"], ["id"])
        batch.create_index(op.f("ix_ck_delivery_account_id"), ["account_id"], unique=False)
        batch.create_index(op.f("ix_ck_delivery_webhook_id"), ["webhook_id"], unique=False)


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")


def make_tables() -> None:
    op.create_table(
        "ck_webhook",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("secret", TEXT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_webhook_by_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_webhook_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_webhook")),
    )
    op.create_table(
        "ck_personal_setting",
        sa.Column("account_id", ID, autoincrement=False, nullable=False),
        sa.Column("mail", TEXT, nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=False),
        sa.Column("quiet_until", sa.Integer(), nullable=False),
        sa.Column("digest_days", DOCUMENT, nullable=False),
        sa.Column("digest_minute", sa.Integer(), nullable=False),
        sa.Column("feed_sha256", TEXT, nullable=True),
        sa.Column("feed_since", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["ck_account.id"], name=op.f("fk_ck_personal_setting_account_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_ck_personal_setting")),
        sa.UniqueConstraint("feed_sha256", name=op.f("uq_ck_personal_setting_feed_sha256")),
    )
    op.create_table(
        "ck_notice",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("href", TEXT, nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("work_item_id", ID, nullable=True),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.Column("mail", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["ck_account.id"], name=op.f("fk_ck_notice_account_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_notice_unit_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["ck_work_item.id"], name=op.f("fk_ck_notice_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_ck_notice_key")),
    )
    op.create_index(op.f("ix_ck_notice_account_id_mail"), "ck_notice", ["account_id", "mail"], unique=False)
    op.create_index(op.f("ix_ck_notice_work_item_id"), "ck_notice", ["work_item_id"], unique=False)
