"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
EXACT = sa.Text().with_variant(sa.Numeric(), "postgresql")


def upgrade() -> None:
    """Make every table, then the triggers that keep the audit log from being rewritten."""
    make_tables()
    if op.get_context().dialect.name == "sqlite":
        guard_on_sqlite()
    else:
        guard_on_postgresql()


def downgrade() -> None:
    """Nothing came before."""
    raise NotImplementedError("restore a backup instead")


def make_tables() -> None:  # noqa: PLR0915  # one statement a table or index
    op.create_table(
        "ck_account",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("username", TEXT, nullable=False),
        sa.Column("full_name", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=True),
        sa.Column("password_hash", TEXT, nullable=True),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("username_key", TEXT, nullable=False),
        sa.Column("email_key", TEXT, nullable=True),
        sa.Column("search_text", TEXT, nullable=False),
        sa.Column("sort_key", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_account")),
        sa.UniqueConstraint("username_key", name=op.f("uq_ck_account_username_key")),
    )
    op.create_index(op.f("ix_ck_account_email_key"), "ck_account", ["email_key"], unique=False)
    op.create_table(
        "ck_audit",
        sa.Column("seq", ID, autoincrement=False, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("previous", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ck_audit")),
    )
    op.create_table(
        "ck_reference",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ck_reference_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_reference")),
    )
    op.create_table(
        "ck_audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", ID, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_audit_head")),
    )
    op.create_table(
        "ck_calendar_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_ck_calendar_day")),
    )
    op.create_table(
        "ck_file",
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_ck_file")),
    )
    op.create_table(
        "ck_legal_basis",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.Column("issuer", TEXT, nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_legal_basis")),
        sa.UniqueConstraint("key", name=op.f("uq_ck_legal_basis_key")),
    )
    op.create_table(
        "ck_pack",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("deployed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_pack")),
        sa.UniqueConstraint("version", name=op.f("uq_ck_pack_version")),
    )
    op.create_index(op.f("ix_ck_pack_key"), "ck_pack", ["key"], unique=False)
    op.create_table(
        "ck_unit",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("cohort", TEXT, nullable=True),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("successor_id", ID, nullable=True),
        sa.Column("symbol", TEXT, nullable=False),
        sa.Column("place", TEXT, nullable=False),
        sa.Column("search_text", TEXT, nullable=False),
        sa.Column("sort_key", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["ck_unit.id"], name=op.f("fk_ck_unit_parent_id"), initially="IMMEDIATE", deferrable=True
        ),
        sa.ForeignKeyConstraint(
            ["successor_id"],
            ["ck_unit.id"],
            name=op.f("fk_ck_unit_successor_id"),
            initially="IMMEDIATE",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_ck_unit_code")),
    )
    op.create_index(op.f("ix_ck_unit_kind_cohort"), "ck_unit", ["kind", "cohort"], unique=False)
    op.create_index(op.f("ix_ck_unit_parent_id_code"), "ck_unit", ["parent_id", "code"], unique=False)
    op.create_table(
        "ck_audit_content",
        sa.Column("seq", ID, autoincrement=False, nullable=False),
        sa.Column("dossier_id", ID, nullable=True),
        sa.Column("cycle_id", ID, nullable=True),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("actor_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=True),
        sa.Column("event", TEXT, nullable=True),
        sa.Column("content", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["seq"], ["ck_audit.seq"], name=op.f("fk_ck_audit_content_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ck_audit_content")),
    )
    op.create_index(op.f("ix_ck_audit_content_cycle_id_seq"), "ck_audit_content", ["cycle_id", "seq"], unique=False)
    op.create_index(op.f("ix_ck_audit_content_dossier_id_seq"), "ck_audit_content", ["dossier_id", "seq"], unique=False)
    op.create_table(
        "ck_counter",
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("book", TEXT, nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.CheckConstraint("last >= 1", name=op.f("ck_ck_counter_last")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_counter_unit_id")),
        sa.PrimaryKeyConstraint("unit_id", "book", "year", name=op.f("pk_ck_counter")),
    )
    op.create_table(
        "ck_cycle",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("reading_confirmed", sa.Boolean(), nullable=False),
        sa.Column("dispatch", TEXT, nullable=False),
        sa.Column("settings", DOCUMENT, nullable=False),
        sa.Column("transitional_until", sa.Date(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_cycle_unit_id")),
        sa.ForeignKeyConstraint(["version"], ["ck_pack.version"], name=op.f("fk_ck_cycle_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_cycle")),
        sa.UniqueConstraint("model", "year", name=op.f("uq_ck_cycle_model_year")),
    )
    op.create_table(
        "ck_pack_file",
        sa.Column("version", TEXT, nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["ck_file.sha256"], name=op.f("fk_ck_pack_file_sha256")),
        sa.ForeignKeyConstraint(["version"], ["ck_pack.version"], name=op.f("fk_ck_pack_file_version")),
        sa.PrimaryKeyConstraint("version", "path", name=op.f("pk_ck_pack_file")),
    )
    op.create_table(
        "ck_position",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["ck_account.id"], name=op.f("fk_ck_position_account_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_position_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_position")),
    )
    op.create_index(op.f("ix_ck_position_account_id"), "ck_position", ["account_id"], unique=False)
    op.create_index(op.f("ix_ck_position_unit_id_role"), "ck_position", ["unit_id", "role"], unique=False)
    op.create_table(
        "ck_session",
        sa.Column("token_sha256", TEXT, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("csrf", TEXT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("agent", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["ck_account.id"], name=op.f("fk_ck_session_account_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_ck_session")),
    )
    op.create_index(op.f("ix_ck_session_account_id"), "ck_session", ["account_id"], unique=False)
    op.create_table(
        "ck_token",
        sa.Column("token_sha256", TEXT, nullable=False),
        sa.Column("account_id", ID, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["ck_account.id"], name=op.f("fk_ck_token_account_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_ck_token")),
    )
    op.create_index(op.f("ix_ck_token_account_id"), "ck_token", ["account_id"], unique=False)
    op.create_table(
        "ck_deadline",
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("group", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("campaign_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("wording", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("named_day", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_deadline_cycle_id")),
        sa.PrimaryKeyConstraint("cycle_id", "group", "name", name=op.f("pk_ck_deadline")),
    )
    op.create_table(
        "ck_deadline_change",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("deadline", TEXT, nullable=False),
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("dispatch", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reached", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_name", TEXT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_deadline_change_by_id")),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_deadline_change_cycle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_deadline_change")),
    )
    op.create_index(op.f("ix_ck_deadline_change_cycle_id"), "ck_deadline_change", ["cycle_id"], unique=False)
    op.create_table(
        "ck_dossier",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("process", TEXT, nullable=False),
        sa.Column("group", TEXT, nullable=False),
        sa.Column("cohort", TEXT, nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("submitted_at", INSTANT, nullable=True),
        sa.Column("days_late", sa.Integer(), nullable=True),
        sa.Column("receipt", TEXT, nullable=False),
        sa.Column("score", EXACT, nullable=True),
        sa.Column("band", TEXT, nullable=True),
        sa.Column("member_count", sa.Integer(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("on_named_day", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_dossier_cycle_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_dossier_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_dossier")),
    )
    op.create_index(
        op.f("ix_ck_dossier_cycle_id_process_state"), "ck_dossier", ["cycle_id", "process", "state"], unique=False
    )
    op.create_index(op.f("ix_ck_dossier_receipt"), "ck_dossier", ["receipt"], unique=False)
    op.create_index(op.f("ix_ck_dossier_unit_id_cycle_id"), "ck_dossier", ["unit_id", "cycle_id"], unique=False)
    op.create_table(
        "ck_blob",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("dossier_id", ID, nullable=True),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_blob_by_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["ck_dossier.id"], name=op.f("fk_ck_blob_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_blob")),
        sa.UniqueConstraint("sha256", "dossier_id", name=op.f("uq_ck_blob_sha256_dossier_id")),
    )
    op.create_index(op.f("ix_ck_blob_dossier_id"), "ck_blob", ["dossier_id"], unique=False)
    op.create_table(
        "ck_decision",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("dossier_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("type_code", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("symbol", TEXT, nullable=False),
        sa.Column("dated", sa.Date(), nullable=True),
        sa.Column("signer_id", ID, nullable=True),
        sa.Column("signer_name", TEXT, nullable=False),
        sa.Column("signer_title", TEXT, nullable=False),
        sa.Column("signed_at", INSTANT, nullable=True),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("content_sha256", TEXT, nullable=False),
        sa.Column("file_name", TEXT, nullable=False),
        sa.Column("pdf_sha256", TEXT, nullable=False),
        sa.Column("docx_sha256", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("replaces_id", ID, nullable=True),
        sa.Column("cancelled_by_id", ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("search_text", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["cancelled_by_id"],
            ["ck_decision.id"],
            name=op.f("fk_ck_decision_cancelled_by_id"),
            initially="IMMEDIATE",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_decision_cycle_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["ck_dossier.id"], name=op.f("fk_ck_decision_dossier_id")),
        sa.ForeignKeyConstraint(
            ["replaces_id"],
            ["ck_decision.id"],
            name=op.f("fk_ck_decision_replaces_id"),
            initially="IMMEDIATE",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["signer_id"], ["ck_account.id"], name=op.f("fk_ck_decision_signer_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_decision_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_decision")),
    )
    op.create_index(op.f("ix_ck_decision_code"), "ck_decision", ["code"], unique=False)
    op.create_index(op.f("ix_ck_decision_cycle_id_state"), "ck_decision", ["cycle_id", "state"], unique=False)
    op.create_index(op.f("ix_ck_decision_dossier_id"), "ck_decision", ["dossier_id"], unique=False)
    op.create_index(op.f("ix_ck_decision_unit_id_state"), "ck_decision", ["unit_id", "state"], unique=False)
    op.create_table(
        "ck_instance",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("dossier_id", ID, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("process", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("blob", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_instance_cycle_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["ck_dossier.id"], name=op.f("fk_ck_instance_dossier_id")),
        sa.ForeignKeyConstraint(["version"], ["ck_pack.version"], name=op.f("fk_ck_instance_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_instance")),
    )
    op.create_index(op.f("ix_ck_instance_cycle_id_state"), "ck_instance", ["cycle_id", "state"], unique=False)
    op.create_index(op.f("ix_ck_instance_dossier_id"), "ck_instance", ["dossier_id"], unique=False)
    op.create_table(
        "ck_member",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("dossier_id", ID, nullable=False),
        sa.Column("full_name", TEXT, nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("self_result", TEXT, nullable=True),
        sa.Column("result", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("search_text", TEXT, nullable=False),
        sa.Column("sort_key", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["ck_dossier.id"], name=op.f("fk_ck_member_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_member")),
    )
    op.create_index(op.f("ix_ck_member_dossier_id"), "ck_member", ["dossier_id"], unique=False)
    op.create_table(
        "ck_incident",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("instance_id", ID, nullable=True),
        sa.Column("decision_id", ID, nullable=True),
        sa.Column("dossier_id", ID, nullable=True),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("payload", DOCUMENT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.Column("resolution", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["ck_decision.id"], name=op.f("fk_ck_incident_decision_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["ck_dossier.id"], name=op.f("fk_ck_incident_dossier_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["ck_instance.id"], name=op.f("fk_ck_incident_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_incident")),
    )
    op.create_index(op.f("ix_ck_incident_dossier_id"), "ck_incident", ["dossier_id"], unique=False)
    op.create_index(op.f("ix_ck_incident_resolved_at"), "ck_incident", ["resolved_at"], unique=False)
    op.create_table(
        "ck_register_row",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("book", TEXT, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("symbol", TEXT, nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("type_code", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("signer_name", TEXT, nullable=False),
        sa.Column("recipients", TEXT, nullable=False),
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_ck_register_row_number")),
        sa.ForeignKeyConstraint(["decision_id"], ["ck_decision.id"], name=op.f("fk_ck_register_row_decision_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_register_row_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_register_row")),
        sa.UniqueConstraint(
            "unit_id", "book", "year", "number", name=op.f("uq_ck_register_row_unit_id_book_year_number")
        ),
    )
    op.create_index(op.f("ix_ck_register_row_decision_id"), "ck_register_row", ["decision_id"], unique=False)
    op.create_table(
        "ck_subscription",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("dossier_id", ID, nullable=False),
        sa.Column("token", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["dossier_id"], ["ck_dossier.id"], name=op.f("fk_ck_subscription_dossier_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["ck_instance.id"], name=op.f("fk_ck_subscription_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_subscription")),
    )
    op.create_index(
        op.f("ix_ck_subscription_dossier_id_kind_name"), "ck_subscription", ["dossier_id", "kind", "name"], unique=False
    )
    op.create_index(op.f("ix_ck_subscription_instance_id"), "ck_subscription", ["instance_id"], unique=False)
    op.create_table(
        "ck_title",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("member_name", TEXT, nullable=False),
        sa.Column("dossier_id", ID, nullable=False),
        sa.Column("decision_id", ID, nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("cancelled_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["cancelled_by_id"], ["ck_decision.id"], name=op.f("fk_ck_title_cancelled_by_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["ck_decision.id"], name=op.f("fk_ck_title_decision_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["ck_dossier.id"], name=op.f("fk_ck_title_dossier_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_title_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_title")),
    )
    op.create_index(op.f("ix_ck_title_decision_id"), "ck_title", ["decision_id"], unique=False)
    op.create_index(op.f("ix_ck_title_dossier_id"), "ck_title", ["dossier_id"], unique=False)
    op.create_index(op.f("ix_ck_title_model_key_from_day"), "ck_title", ["model", "key", "from_day"], unique=False)
    op.create_index(op.f("ix_ck_title_unit_id"), "ck_title", ["unit_id"], unique=False)
    op.create_table(
        "ck_work_item",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("dossier_id", ID, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("subject_unit_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("roles", DOCUMENT, nullable=False),
        sa.Column("token", TEXT, nullable=False),
        sa.Column("node", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("act", TEXT, nullable=False),
        sa.Column("form", TEXT, nullable=True),
        sa.Column("deadline", TEXT, nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("properties", DOCUMENT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("done_by", ID, nullable=True),
        sa.Column("draft", DOCUMENT, nullable=False),
        sa.Column("lenient_until", sa.Date(), nullable=True),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_work_item_cycle_id")),
        sa.ForeignKeyConstraint(["done_by"], ["ck_account.id"], name=op.f("fk_ck_work_item_done_by")),
        sa.ForeignKeyConstraint(["dossier_id"], ["ck_dossier.id"], name=op.f("fk_ck_work_item_dossier_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["ck_instance.id"], name=op.f("fk_ck_work_item_instance_id")),
        sa.ForeignKeyConstraint(["subject_unit_id"], ["ck_unit.id"], name=op.f("fk_ck_work_item_subject_unit_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_work_item_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_work_item")),
        sa.UniqueConstraint("instance_id", "token", name=op.f("uq_ck_work_item_instance_id_token")),
    )
    op.create_index(op.f("ix_ck_work_item_dossier_id_state"), "ck_work_item", ["dossier_id", "state"], unique=False)
    op.create_index(op.f("ix_ck_work_item_state_id"), "ck_work_item", ["state", "id"], unique=False)
    op.create_index(op.f("ix_ck_work_item_state_last_day"), "ck_work_item", ["state", "last_day"], unique=False)
    op.create_index(op.f("ix_ck_work_item_unit_id_state"), "ck_work_item", ["unit_id", "state"], unique=False)
    op.create_table(
        "ck_delivery",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("account_id", ID, nullable=True),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("message_id", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("html", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", TEXT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("work_item_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["ck_account.id"], name=op.f("fk_ck_delivery_account_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["ck_work_item.id"], name=op.f("fk_ck_delivery_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_delivery")),
        sa.UniqueConstraint("key", name=op.f("uq_ck_delivery_key")),
    )
    op.create_index(op.f("ix_ck_delivery_message_id"), "ck_delivery", ["message_id"], unique=False)
    op.create_index(op.f("ix_ck_delivery_state"), "ck_delivery", ["state"], unique=False)
    op.create_index(op.f("ix_ck_delivery_work_item_id"), "ck_delivery", ["work_item_id"], unique=False)
    op.create_table(
        "ck_submission",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("dossier_id", ID, nullable=False),
        sa.Column("work_item_id", ID, nullable=True),
        sa.Column("act", TEXT, nullable=False),
        sa.Column("node", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("form", TEXT, nullable=True),
        sa.Column("answers", DOCUMENT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_name", TEXT, nullable=False),
        sa.Column("deadline", TEXT, nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("days_late", sa.Integer(), nullable=True),
        sa.Column("on_named_day", sa.Boolean(), nullable=False),
        sa.Column("paper", DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_submission_by_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["ck_dossier.id"], name=op.f("fk_ck_submission_dossier_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["ck_work_item.id"], name=op.f("fk_ck_submission_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_submission")),
    )
    op.create_index(
        op.f("ix_ck_submission_dossier_id_act_at"), "ck_submission", ["dossier_id", "act", "at"], unique=False
    )
    op.create_table(
        "ck_timer",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("instance_id", ID, nullable=True),
        sa.Column("cycle_id", ID, nullable=True),
        sa.Column("work_item_id", ID, nullable=True),
        sa.Column("token", TEXT, nullable=False),
        sa.Column("payload", DOCUMENT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_timer_cycle_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["ck_instance.id"], name=op.f("fk_ck_timer_instance_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["ck_work_item.id"], name=op.f("fk_ck_timer_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_timer")),
        sa.UniqueConstraint("key", name=op.f("uq_ck_timer_key")),
    )
    op.create_index(op.f("ix_ck_timer_instance_id_state"), "ck_timer", ["instance_id", "state"], unique=False)
    op.create_index(op.f("ix_ck_timer_state_due_at"), "ck_timer", ["state", "due_at"], unique=False)
    op.create_index(op.f("ix_ck_timer_work_item_id"), "ck_timer", ["work_item_id"], unique=False)


#: Table → the condition under which a change is refused ("" for always), and why.
GUARDS = (
    ("ck_audit", "UPDATE", ""),
    ("ck_audit", "DELETE", ""),
    ("ck_audit_content", "DELETE", ""),
    # Contents may be emptied, never rewritten or moved.
    (
        "ck_audit_content",
        "UPDATE",
        "NEW.content IS NOT NULL OR NEW.seq <> OLD.seq OR NEW.dossier_id IS DISTINCT FROM OLD.dossier_id"
        " OR NEW.cycle_id IS DISTINCT FROM OLD.cycle_id",
    ),
    ("ck_audit_head", "DELETE", ""),
    ("ck_audit_head", "UPDATE", "NEW.seq <= OLD.seq"),
)


def guard_on_sqlite() -> None:
    """Refuse changes of the audit log; take only what follows its end, and move the end with it."""
    op.execute(
        "CREATE TRIGGER ck_audit_follows BEFORE INSERT ON ck_audit WHEN NOT EXISTS"
        " (SELECT 1 FROM ck_audit_head WHERE id = 1 AND seq = NEW.seq - 1 AND hash = NEW.previous)"
        " BEGIN SELECT RAISE(IGNORE); END"
    )
    op.execute(
        "CREATE TRIGGER ck_audit_moves AFTER INSERT ON ck_audit"
        " BEGIN UPDATE ck_audit_head SET seq = NEW.seq, hash = NEW.hash WHERE id = 1; END"
    )
    for table, act, refused in GUARDS:
        when = f"WHEN {refused.replace('IS DISTINCT FROM', 'IS NOT')} " if refused else ""
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {when}"
            f"BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
        )


def guard_on_postgresql() -> None:
    """Refuse changes of the audit log, truncating included; take only what follows its end, and move the end with it."""
    op.execute(
        "CREATE FUNCTION ck_follow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " UPDATE ck_audit_head SET seq = NEW.seq, hash = NEW.hash"
        " WHERE id = 1 AND seq = NEW.seq - 1 AND hash = NEW.previous;"
        " IF NOT FOUND THEN RETURN NULL; END IF; RETURN NEW; END $$"
    )
    op.execute("CREATE TRIGGER ck_audit_follows BEFORE INSERT ON ck_audit FOR EACH ROW EXECUTE FUNCTION ck_follow()")
    op.execute(
        "CREATE FUNCTION ck_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table, act, refused in GUARDS:
        when = f"WHEN ({refused}) " if refused else ""
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} FOR EACH ROW {when}"
            "EXECUTE FUNCTION ck_refuse()"
        )
    for table in ("ck_audit", "ck_audit_content", "ck_audit_head"):
        op.execute(f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION ck_refuse()")
