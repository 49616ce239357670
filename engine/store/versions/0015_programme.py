"""What was said of the programmes' milestones and money; opinions that were asked for and given."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def _column(name: str, kind: Any, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=null)


def _id() -> sa.Column[Any]:
    return sa.Column("id", ID, autoincrement=True, nullable=False)


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    """Make the tables."""
    _marks()
    _money()
    _bonds()
    _opinions()


def _marks() -> None:
    table = "ck_milestone_mark"
    op.create_table(
        table,
        _id(),
        *(_column(name, TEXT) for name in ("model", "milestone", "state", "number")),
        _column("dated", sa.Date(), null=True),
        _column("decision_id", ID, null=True),
        _column("note", TEXT),
        _column("at", INSTANT),
        _column("by_id", ID, null=True),
        _column("by_name", TEXT),
        _column("row_version", sa.Integer()),
        _key(table, "decision_id", "ck_decision"),
        _key(table, "by_id", "ck_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("model", "milestone", name=op.f(f"uq_{table}_model_milestone")),
    )


def _money() -> None:
    table = "ck_money_year"
    op.create_table(
        table,
        _id(),
        _column("model", TEXT),
        _column("money", TEXT),
        _column("year", sa.Integer()),
        _column("planned", sa.BigInteger(), null=True),
        _column("actual", sa.BigInteger(), null=True),
        _column("paper", TEXT),
        _column("at", INSTANT),
        _column("by_id", ID, null=True),
        _column("by_name", TEXT),
        _column("row_version", sa.Integer()),
        sa.CheckConstraint("planned IS NULL OR planned >= 0", name=op.f(f"ck_{table}_planned")),
        sa.CheckConstraint("actual IS NULL OR actual >= 0", name=op.f(f"ck_{table}_actual")),
        _key(table, "by_id", "ck_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("model", "money", "year", name=op.f(f"uq_{table}_model_money_year")),
    )


def _bonds() -> None:
    table = "ck_programme_unit"
    op.create_table(
        table,
        _id(),
        _column("model", TEXT),
        _column("unit_id", ID),
        _column("part", TEXT),
        _key(table, "unit_id", "ck_unit"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("model", "unit_id", name=op.f(f"uq_{table}_model_unit_id")),
    )
    op.create_index(op.f(f"ix_{table}_unit_id"), table, ["unit_id"], unique=False)


def _opinions() -> None:
    table = "ck_opinion_request"
    op.create_table(
        table,
        _id(),
        _column("model", TEXT),
        _column("milestone", TEXT),
        _column("unit_id", ID),
        _column("subject", TEXT),
        _column("question", TEXT),
        _column("last_day", sa.Date()),
        _column("asked_at", INSTANT),
        _column("by_id", ID, null=True),
        _column("by_name", TEXT),
        _column("closed_at", INSTANT, null=True),
        _column("row_version", sa.Integer()),
        _key(table, "unit_id", "ck_unit"),
        _key(table, "by_id", "ck_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_model"), table, ["model"], unique=False)
    table = "ck_opinion"
    op.create_table(
        table,
        _id(),
        _column("request_id", ID),
        _column("unit_id", ID),
        _column("view", TEXT, null=True),
        *(_column(name, TEXT) for name in ("text", "file_sha256", "file_name", "media_type")),
        _column("answered_at", INSTANT, null=True),
        _column("by_id", ID, null=True),
        _column("by_name", TEXT),
        _column("row_version", sa.Integer()),
        _key(table, "request_id", "ck_opinion_request"),
        _key(table, "unit_id", "ck_unit"),
        _key(table, "by_id", "ck_account"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("request_id", "unit_id", name=op.f(f"uq_{table}_request_id_unit_id")),
    )
    op.create_index(op.f(f"ix_{table}_unit_id_answered_at"), table, ["unit_id", "answered_at"], unique=False)


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
