"""Messages, counters and signals between instances; instances brought to another version; suspension."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)

KEYS_OF_INSTANCES = """
    UPDATE ck_instance SET business_key = (
        SELECT u.code FROM ck_dossier d JOIN ck_unit u ON u.id = d.unit_id WHERE d.id = ck_instance.dossier_id)
"""
KEYS_OF_SUBSCRIPTIONS = """
    UPDATE ck_subscription SET correlation = (
        SELECT u.code FROM ck_dossier d JOIN ck_unit u ON u.id = d.unit_id WHERE d.id = ck_subscription.dossier_id)
"""


def upgrade() -> None:
    """Add the columns, give running instances the key that they would have today, make the tables."""
    op.add_column("ck_instance", sa.Column("business_key", TEXT, nullable=False, server_default=""))
    op.add_column("ck_instance", sa.Column("suspended_at", INSTANT, nullable=True))
    op.add_column("ck_subscription", sa.Column("correlation", TEXT, nullable=False, server_default=""))
    op.add_column("ck_subscription", sa.Column("expected", sa.Integer(), nullable=True))
    op.execute(KEYS_OF_INSTANCES)
    op.execute(KEYS_OF_SUBSCRIPTIONS)
    make_tables()


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")


def make_tables() -> None:
    op.create_table(
        "ck_switch",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("from_version", TEXT, nullable=False),
        sa.Column("to_version", TEXT, nullable=False),
        sa.Column("mapping", DOCUMENT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reached", ID, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_name", TEXT, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_switch_by_id")),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_switch_cycle_id")),
        sa.ForeignKeyConstraint(["from_version"], ["ck_pack.version"], name=op.f("fk_ck_switch_from_version")),
        sa.ForeignKeyConstraint(["to_version"], ["ck_pack.version"], name=op.f("fk_ck_switch_to_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_switch")),
    )
    op.create_index(op.f("ix_ck_switch_cycle_id"), "ck_switch", ["cycle_id"], unique=False)
    op.create_table(
        "ck_message",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("correlation", TEXT, nullable=False),
        sa.Column("payload", DOCUMENT, nullable=False),
        sa.Column("sender_id", ID, nullable=True),
        sa.Column("sender_key", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("taken_by", ID, nullable=True),
        sa.Column("taken_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_message_cycle_id")),
        sa.ForeignKeyConstraint(["sender_id"], ["ck_instance.id"], name=op.f("fk_ck_message_sender_id")),
        sa.ForeignKeyConstraint(["taken_by"], ["ck_instance.id"], name=op.f("fk_ck_message_taken_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_message")),
        sa.UniqueConstraint("key", name=op.f("uq_ck_message_key")),
    )
    op.create_index(
        op.f("ix_ck_message_cycle_id_name_correlation_state"),
        "ck_message",
        ["cycle_id", "name", "correlation", "state"],
        unique=False,
    )
    op.create_index(op.f("ix_ck_message_state_expires_at"), "ck_message", ["state", "expires_at"], unique=False)
    op.create_table(
        "ck_signal",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("payload", DOCUMENT, nullable=False),
        sa.Column("sender_id", ID, nullable=True),
        sa.Column("thrown_at", INSTANT, nullable=False),
        sa.Column("last_subscription", ID, nullable=False),
        sa.Column("reached", ID, nullable=False),
        sa.Column("delivered", sa.Integer(), nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_signal_cycle_id")),
        sa.ForeignKeyConstraint(["sender_id"], ["ck_instance.id"], name=op.f("fk_ck_signal_sender_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_signal")),
        sa.UniqueConstraint("key", name=op.f("uq_ck_signal_key")),
    )
    op.create_table(
        "ck_switch_item",
        sa.Column("switch_id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("notes", DOCUMENT, nullable=False),
        sa.Column("version_before", TEXT, nullable=False),
        sa.Column("blob_before", sa.LargeBinary(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["ck_instance.id"], name=op.f("fk_ck_switch_item_instance_id")),
        sa.ForeignKeyConstraint(["switch_id"], ["ck_switch.id"], name=op.f("fk_ck_switch_item_switch_id")),
        sa.ForeignKeyConstraint(["version_before"], ["ck_pack.version"], name=op.f("fk_ck_switch_item_version_before")),
        sa.PrimaryKeyConstraint("switch_id", "instance_id", name=op.f("pk_ck_switch_item")),
    )
    op.create_table(
        "ck_tally",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("token", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("got", sa.Integer(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["ck_instance.id"], name=op.f("fk_ck_tally_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_tally")),
        sa.UniqueConstraint("instance_id", "token", name=op.f("uq_ck_tally_instance_id_token")),
    )
    op.create_table(
        "ck_tally_vote",
        sa.Column("tally_id", ID, nullable=False),
        sa.Column("sender_key", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["tally_id"], ["ck_tally.id"], name=op.f("fk_ck_tally_vote_tally_id")),
        sa.PrimaryKeyConstraint("tally_id", "sender_key", name=op.f("pk_ck_tally_vote")),
    )
    op.create_index(
        op.f("ix_ck_subscription_kind_name_correlation"),
        "ck_subscription",
        ["kind", "name", "correlation"],
        unique=False,
    )
