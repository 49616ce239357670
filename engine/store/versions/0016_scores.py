"""By which criteria units are judged, with which points, and in which lists they stand."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"

# The kinds of columns as they were at this revision (`columns.py` may change).
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
EXACT = sa.Text().with_variant(sa.Numeric(), "postgresql")

#: Table, act, and when it is refused (empty: always).
GUARDS = (
    ("ck_score", "UPDATE", ""),
    ("ck_score", "DELETE", ""),
    ("ck_ranking", "UPDATE", "OLD.published_at IS NOT NULL"),
    ("ck_ranking", "DELETE", "OLD.published_at IS NOT NULL"),
)


def upgrade() -> None:
    """Make the tables, then the triggers that keep what was given and published."""
    op.create_table(
        "ck_criteria_version",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_name", TEXT, nullable=False),
        sa.Column("frozen_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_criteria_version_by_id")),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_criteria_version_cycle_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_criteria_version")),
        sa.UniqueConstraint("cycle_id", "number", name=op.f("uq_ck_criteria_version_cycle_id_number")),
    )
    op.create_table(
        "ck_score",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("dossier_id", ID, nullable=False),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("points", EXACT, nullable=True),
        sa.Column("band", TEXT, nullable=True),
        sa.Column("recognised", sa.Boolean(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("criteria_sha256", TEXT, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_name", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_score_by_id")),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_score_cycle_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["ck_dossier.id"], name=op.f("fk_ck_score_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_score")),
        sa.UniqueConstraint("dossier_id", "stage", "number", name=op.f("uq_ck_score_dossier_id_stage_number")),
    )
    op.create_index(op.f("ix_ck_score_cycle_id"), "ck_score", ["cycle_id"], unique=False)
    op.create_table(
        "ck_ranking",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("cycle_id", ID, nullable=False),
        sa.Column("dossier_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("drafted_at", INSTANT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("by_name", TEXT, nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.Column("decision_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["ck_account.id"], name=op.f("fk_ck_ranking_by_id")),
        sa.ForeignKeyConstraint(["cycle_id"], ["ck_cycle.id"], name=op.f("fk_ck_ranking_cycle_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["ck_decision.id"], name=op.f("fk_ck_ranking_decision_id")),
        sa.ForeignKeyConstraint(["dossier_id"], ["ck_dossier.id"], name=op.f("fk_ck_ranking_dossier_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ck_ranking")),
        sa.UniqueConstraint("cycle_id", "number", name=op.f("uq_ck_ranking_cycle_id_number")),
    )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, act, refused in GUARDS:
        head = f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table}"
        if on_sqlite:
            when = f" WHEN {refused}" if refused else ""
            op.execute(f"{head}{when} BEGIN SELECT RAISE(ABORT, '{table} is append only'); END")
        else:
            when = f" WHEN ({refused})" if refused else ""
            op.execute(f"{head} FOR EACH ROW{when} EXECUTE FUNCTION ck_refuse()")


def downgrade() -> None:
    """Restore a backup instead."""
    raise NotImplementedError("restore a backup instead")
