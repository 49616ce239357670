"""By which books offices number, which numbers they reserved, what waits for one; reports get rows of the register."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
_KEPT = (
    "id, unit_id, book, year, number, symbol, dated, type_code, subject, signer_name, recipients, decision_id, state"
)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ck_book",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("types", DOCUMENT, nullable=False),
        sa.Column("mode", TEXT, nullable=False),
        sa.Column("period", TEXT, nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("first_number", sa.Integer(), nullable=False),
        sa.Column("first_year", sa.Integer(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_number >= 1", name=op.f("ck_ck_book_first_number")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_book_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_book")),
        sa.UniqueConstraint("unit_id", "code", name=op.f("uq_ck_book_unit_id_code")),
    )
    op.create_table(
        "ck_number_block",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("book_id", ID, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("reserved_on", sa.Date(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_name", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("first >= 1 AND last >= first", name=op.f("ck_ck_number_block_numbers")),
        sa.CheckConstraint("taken >= 0 AND taken <= last - first + 1", name=op.f("ck_ck_number_block_taken")),
        sa.ForeignKeyConstraint(["book_id"], ["ck_book.id"], name=op.f("fk_ck_number_block_book_id")),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_number_block_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_number_block")),
    )
    op.create_index(op.f("ix_ck_number_block_book_id_year"), "ck_number_block", ["book_id", "year"], unique=False)
    op.create_table(
        "ck_awaited_number",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("book", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("decision_id", ID, nullable=True),
        sa.Column("submission_id", ID, nullable=True),
        sa.Column("type_code", TEXT, nullable=False),
        sa.Column("symbol", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("signer_name", TEXT, nullable=False),
        sa.Column("recipients", TEXT, nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("payload", DOCUMENT, nullable=False),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["ck_decision.id"], name=op.f("fk_ck_awaited_number_decision_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["ck_submission.id"], name=op.f("fk_ck_awaited_number_submission_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_awaited_number_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_awaited_number")),
    )
    op.create_index(op.f("ix_ck_awaited_number_decision_id"), "ck_awaited_number", ["decision_id"], unique=False)
    op.create_index(
        op.f("ix_ck_awaited_number_unit_id_settled_at"), "ck_awaited_number", ["unit_id", "settled_at"], unique=False
    )
    widen_the_register()


def widen_the_register() -> None:
    """Make the register's table anew: rows of papers that are no decisions, terms, and why a row was changed."""
    op.execute(f"CREATE TEMPORARY TABLE kept_rows AS SELECT {_KEPT} FROM ck_register_row")  # noqa: S608  # fixed words
    op.drop_table("ck_register_row")
    op.create_table(
        "ck_register_row",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("unit_id", ID, nullable=False),
        sa.Column("book", TEXT, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("term", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("symbol", TEXT, nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("type_code", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("signer_name", TEXT, nullable=False),
        sa.Column("recipients", TEXT, nullable=False),
        sa.Column("decision_id", ID, nullable=True),
        sa.Column("submission_id", ID, nullable=True),
        sa.Column("mode", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("changed_by", TEXT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=True),
        sa.CheckConstraint("number >= 1", name=op.f("ck_ck_register_row_number")),
        sa.ForeignKeyConstraint(["decision_id"], ["ck_decision.id"], name=op.f("fk_ck_register_row_decision_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["ck_submission.id"], name=op.f("fk_ck_register_row_submission_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["ck_unit.id"], name=op.f("fk_ck_register_row_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_register_row")),
        sa.UniqueConstraint(
            "unit_id", "book", "year", "number", name=op.f("uq_ck_register_row_unit_id_book_year_number")
        ),
    )
    op.create_index(op.f("ix_ck_register_row_decision_id"), "ck_register_row", ["decision_id"], unique=False)
    op.create_index(op.f("ix_ck_register_row_submission_id"), "ck_register_row", ["submission_id"], unique=False)
    op.execute(
        f"INSERT INTO ck_register_row ({_KEPT}, term, mode, note, changed_by)"  # noqa: S608  # fixed words
        f" SELECT {_KEPT}, '', 'kept', '', '' FROM kept_rows ORDER BY id"
    )
    op.execute("DROP TABLE kept_rows")
    if op.get_bind().dialect.name == "postgresql":
        # The rows kept their ids: new ones go on behind them.
        op.execute(
            "SELECT setval(pg_get_serial_sequence('ck_register_row', 'id'),"
            " (SELECT coalesce(max(id), 0) + 1 FROM ck_register_row), false)"
        )


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
