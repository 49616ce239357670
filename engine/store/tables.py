"""What is kept, and under which keys? Every table (`ck_`), constraint and index.

A change here needs a migration under `versions/` (a test compares both). Instants are UTC, days are days in
Asia/Ho_Chi_Minh. `row_version` guards against overwriting; `search_text` and `sort_key` are computed in Python.
Columns have the names of the fields of the values they hold (`engine/rules`, `engine/ports/store.py`).
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
)

from engine.rules.cycles import CycleState
from engine.rules.decisions import DecisionState, RegisterState
from engine.rules.dossiers import DossierState, InstanceState, WorkState
from engine.rules.redating import ChangeKind, ChangeScope, ChangeState
from engine.store.columns import DOCUMENT, ID, TEXT, Code, Codes, Exact, Instant

PREFIX = "ck_"

#: Every constraint has a name, or SQLite could never drop it.
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _id() -> Column[Any]:
    return Column("id", ID, primary_key=True, autoincrement=True)


def _text(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, TEXT, nullable=null)


def _ref(name: str, target: str, *, null: bool = False) -> Column[Any]:
    return Column(name, ID, ForeignKey(f"{PREFIX}{target}.id"), nullable=null)


def _own(name: str) -> Column[Any]:
    # A row may point to a later one of its own table, so a copy of the whole checks at its end.
    return Column(name, ID, nullable=True)


def _own_key(table: str, name: str) -> Any:
    return ForeignKeyConstraint([name], [f"{PREFIX}{table}.id"], deferrable=True, initially="IMMEDIATE")


def _at(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Instant(), nullable=null)


def _day(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Date, nullable=null)


def _number(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Integer, nullable=null)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean, nullable=False)


def _document(name: str) -> Column[Any]:
    return Column(name, DOCUMENT, nullable=False)


def _version() -> Column[Any]:
    return Column("row_version", Integer, nullable=False)


# Units, people and their positions

units = Table(
    "ck_unit",
    metadata,
    _id(),
    _text("code"),
    _text("name"),
    _text("kind"),
    _text("cohort", null=True),
    _own("parent_id"),
    _day("from_day"),
    _day("until_day", null=True),
    _own("successor_id"),
    _text("symbol"),
    _text("place"),
    _text("search_text"),
    _text("sort_key"),
    _own_key("unit", "parent_id"),
    _own_key("unit", "successor_id"),
    UniqueConstraint("code"),
    Index(None, "parent_id", "code"),
    Index(None, "kind", "cohort"),
    Index(None, "name"),
)

accounts = Table(
    "ck_account",
    metadata,
    _id(),
    _text("username"),
    _text("full_name"),
    _text("email", null=True),
    _text("password_hash", null=True),
    _flag("must_change_password"),
    _at("disabled_at", null=True),
    _at("created_at"),
    _text("username_key"),  # no case: two people never differ by capitals only
    _text("email_key", null=True),  # not unique: an office may share an address
    _text("search_text"),
    _text("sort_key"),  # by given name
    UniqueConstraint("username_key"),
    Index(None, "email_key"),
)

positions = Table(
    "ck_position",
    metadata,
    _id(),
    _ref("account_id", "account"),
    _ref("unit_id", "unit"),
    _text("role"),
    _day("from_day"),
    _day("until_day", null=True),
    Index(None, "account_id"),
    Index(None, "unit_id", "role"),
)

sessions = Table(
    "ck_session",
    metadata,
    Column("token_sha256", TEXT, primary_key=True),
    _ref("account_id", "account"),
    _text("csrf"),
    _at("created_at"),
    _at("seen_at"),
    _at("revoked_at", null=True),
    _text("agent"),
    Index(None, "account_id"),
)

tokens = Table(
    "ck_token",
    metadata,
    Column("token_sha256", TEXT, primary_key=True),
    _ref("account_id", "account"),
    _text("purpose"),
    _at("expires_at"),
    _at("used_at", null=True),
    Index(None, "account_id"),
)

# Packs: each version once, each file once, by hash

files = Table(
    "ck_file",
    metadata,
    Column("sha256", TEXT, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

packs = Table(
    "ck_pack",
    metadata,
    _id(),  # the order of deployment
    _text("version"),  # sha256 of the pack
    _text("key"),
    _text("name"),
    _at("deployed_at"),
    _ref("owner_unit_id", "unit", null=True),  # None: the whole installation
    UniqueConstraint("version"),
    Index(None, "key"),
)

pack_files = Table(
    "ck_pack_file",
    metadata,
    Column("version", TEXT, ForeignKey("ck_pack.version"), primary_key=True),
    Column("path", TEXT, primary_key=True),
    Column("sha256", TEXT, ForeignKey("ck_file.sha256"), nullable=False),
)

# Cycles and dossiers

cycles = Table(
    "ck_cycle",
    metadata,
    _id(),
    _text("model"),
    Column("version", TEXT, ForeignKey("ck_pack.version"), nullable=False),
    _number("year"),
    _ref("unit_id", "unit"),
    Column("state", Code(CycleState), nullable=False),
    _at("opened_at"),
    _at("closed_at", null=True),
    _flag("reading_confirmed"),
    _text("dispatch"),
    _document("settings"),
    _day("transitional_until", null=True),
    _version(),
    UniqueConstraint("model", "year"),
)

deadlines = Table(
    "ck_deadline",
    metadata,
    Column("cycle_id", ID, ForeignKey("ck_cycle.id"), primary_key=True),
    Column("group", TEXT, primary_key=True),
    Column("name", TEXT, primary_key=True),
    _number("position"),  # the order of the pack
    _text("label"),
    _day("first_day", null=True),
    _day("campaign_day", null=True),
    _day("last_day", null=True),
    _text("wording"),
    _text("source"),
    _day("named_day", null=True),
)

deadline_changes = Table(
    "ck_deadline_change",
    metadata,
    _id(),
    _ref("cycle_id", "cycle"),
    Column("kind", Code(ChangeKind), nullable=False),
    _text("deadline"),
    Column("scope", Code(ChangeScope), nullable=False),
    _text("code"),
    _day("last_day", null=True),
    _text("dispatch"),
    _text("reason"),
    Column("state", Code(ChangeState), nullable=False),
    Column("reached", ID, nullable=False),
    _at("at"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _at("undone_at", null=True),
    _version(),
    Index(None, "cycle_id"),
)

dossiers = Table(
    "ck_dossier",
    metadata,
    _id(),
    _ref("cycle_id", "cycle"),
    _ref("unit_id", "unit"),
    _text("process"),
    _text("group"),
    _text("cohort", null=True),
    Column("state", Code(DossierState), nullable=False),
    _at("opened_at"),
    _at("submitted_at", null=True),
    _number("days_late", null=True),
    _text("receipt"),
    Column("score", Exact()),
    _text("band", null=True),
    _number("member_count"),
    _at("closed_at", null=True),
    _flag("on_named_day"),
    _version(),
    Index(None, "cycle_id", "process", "state"),
    Index(None, "unit_id", "cycle_id"),
    Index(None, "receipt"),
)

members = Table(
    "ck_member",
    metadata,
    _id(),
    _ref("dossier_id", "dossier"),
    _text("full_name"),
    _number("birth_year", null=True),
    _text("self_result", null=True),
    _text("result", null=True),
    _text("note"),
    _text("search_text"),
    _text("sort_key"),
    Index(None, "dossier_id"),
)

blobs = Table(
    "ck_blob",
    metadata,
    _id(),
    _text("sha256"),
    Column("size", BigInteger, nullable=False),
    _text("media_type"),
    _text("name"),
    _ref("dossier_id", "dossier", null=True),
    _ref("by_id", "account", null=True),
    _at("at"),
    _text("scan"),
    UniqueConstraint("sha256", "dossier_id"),
    Index(None, "dossier_id"),
)

# Running processes and what they wait for

instances = Table(
    "ck_instance",
    metadata,
    _id(),
    _ref("dossier_id", "dossier"),
    _ref("cycle_id", "cycle"),
    Column("version", TEXT, ForeignKey("ck_pack.version"), nullable=False),
    _text("process"),
    Column("state", Code(InstanceState), nullable=False),
    Column("blob", LargeBinary, nullable=False),
    _text("business_key"),
    _at("started_at"),
    _at("ended_at", null=True),
    _at("suspended_at", null=True),
    _version(),
    Index(None, "dossier_id"),
    Index(None, "cycle_id", "state"),
)

work_items = Table(
    "ck_work_item",
    metadata,
    _id(),
    _ref("instance_id", "instance"),
    _ref("dossier_id", "dossier"),
    _ref("cycle_id", "cycle"),
    _ref("subject_unit_id", "unit"),
    _ref("unit_id", "unit"),
    Column("roles", Codes(), nullable=False),
    _text("token"),
    _text("node"),
    _text("name"),
    _text("act"),
    _text("form", null=True),
    _text("deadline", null=True),
    _day("last_day", null=True),
    _document("properties"),
    Column("state", Code(WorkState), nullable=False),
    _at("opened_at"),
    _at("done_at", null=True),
    _ref("done_by", "account", null=True),
    _document("draft"),
    _day("lenient_until", null=True),
    _number("moves"),
    _version(),
    UniqueConstraint("instance_id", "token"),
    Index(None, "unit_id", "state"),
    Index(None, "dossier_id", "state"),
    Index(None, "state", "last_day"),
    Index(None, "state", "id"),
)

submissions = Table(
    "ck_submission",
    metadata,
    _id(),
    _ref("dossier_id", "dossier"),
    _ref("work_item_id", "work_item", null=True),
    _text("act"),
    _text("node"),
    _text("title"),
    _text("form", null=True),
    _document("answers"),
    _at("at"),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _text("deadline", null=True),
    _day("last_day", null=True),
    _number("days_late", null=True),
    _flag("on_named_day"),
    _document("paper"),
    Index(None, "dossier_id", "act", "at"),
)

subscriptions = Table(
    "ck_subscription",
    metadata,
    _id(),
    _ref("instance_id", "instance"),
    _ref("dossier_id", "dossier"),
    _text("token"),
    _text("kind"),
    _text("name"),
    _text("correlation"),
    _number("expected", null=True),
    Index(None, "instance_id"),
    Index(None, "dossier_id", "kind", "name"),
    Index(None, "kind", "name", "correlation"),
)

# Messages and signals between instances

messages = Table(
    "ck_message",
    metadata,
    _id(),
    _text("key"),
    _ref("cycle_id", "cycle"),
    _text("name"),
    _text("correlation"),
    _document("payload"),
    _ref("sender_id", "instance", null=True),
    _text("sender_key"),
    _text("state"),
    _at("sent_at"),
    _at("expires_at"),
    _ref("taken_by", "instance", null=True),
    _at("taken_at", null=True),
    UniqueConstraint("key"),
    Index(None, "cycle_id", "name", "correlation", "state"),
    Index(None, "state", "expires_at"),
)

#: How many of the expected senders a catcher has heard: one row instead of thousands of messages.
tallies = Table(
    "ck_tally",
    metadata,
    _id(),
    _ref("instance_id", "instance"),
    _text("token"),
    _text("name"),
    _number("expected"),
    _number("got"),
    _at("opened_at"),
    _at("closed_at", null=True),
    UniqueConstraint("instance_id", "token"),
)

tally_votes = Table(
    "ck_tally_vote",
    metadata,
    Column("tally_id", ID, ForeignKey("ck_tally.id"), primary_key=True),
    Column("sender_key", TEXT, primary_key=True),
    _at("at"),
)

signals = Table(
    "ck_signal",
    metadata,
    _id(),
    _text("key"),
    _ref("cycle_id", "cycle"),
    _text("name"),
    _document("payload"),
    _ref("sender_id", "instance", null=True),
    _at("thrown_at"),
    Column("last_subscription", ID, nullable=False),  # no foreign key: the subscription may be gone by then
    Column("reached", ID, nullable=False),
    _number("delivered"),
    _at("done_at", null=True),
    UniqueConstraint("key"),
)

# Running instances brought to another version

switches = Table(
    "ck_switch",
    metadata,
    _id(),
    _ref("cycle_id", "cycle"),
    Column("from_version", TEXT, ForeignKey("ck_pack.version"), nullable=False),
    Column("to_version", TEXT, ForeignKey("ck_pack.version"), nullable=False),
    _document("mapping"),
    _text("reason"),
    _text("state"),
    Column("reached", ID, nullable=False),
    _at("started_at"),
    _at("finished_at", null=True),
    _ref("by_id", "account", null=True),
    _text("by_name"),
    _version(),
    Index(None, "cycle_id"),
)

switch_items = Table(
    "ck_switch_item",
    metadata,
    Column("switch_id", ID, ForeignKey("ck_switch.id"), primary_key=True),
    Column("instance_id", ID, ForeignKey("ck_instance.id"), primary_key=True),
    _text("state"),
    _document("notes"),
    Column("version_before", TEXT, ForeignKey("ck_pack.version"), nullable=False),
    Column("blob_before", LargeBinary, nullable=False),
    _number("row_version", null=True),
)

timers = Table(
    "ck_timer",
    metadata,
    _id(),
    _text("kind"),
    _text("key"),
    _at("due_at"),
    _ref("instance_id", "instance", null=True),
    _ref("cycle_id", "cycle", null=True),
    _ref("work_item_id", "work_item", null=True),
    _text("token"),
    _document("payload"),
    _text("state"),
    UniqueConstraint("key"),
    Index(None, "state", "due_at"),
    Index(None, "instance_id", "state"),
    Index(None, "work_item_id"),
)

# Decisions, their numbers, the titles they confer

decisions = Table(
    "ck_decision",
    metadata,
    _id(),
    _ref("cycle_id", "cycle"),
    _ref("dossier_id", "dossier"),
    _ref("unit_id", "unit"),
    _text("document"),
    _text("type_code"),
    _text("subject"),
    Column("state", Code(DecisionState), nullable=False),
    _number("number", null=True),
    _text("symbol"),
    _day("dated", null=True),
    _ref("signer_id", "account", null=True),
    _text("signer_name"),
    _text("signer_title"),
    _at("signed_at", null=True),
    _document("content"),
    _text("content_sha256"),
    _text("file_name"),
    _text("pdf_sha256"),
    _text("docx_sha256"),
    _text("code"),
    _own("replaces_id"),
    _own("cancelled_by_id"),
    _at("created_at"),
    _at("issued_at", null=True),
    _version(),
    _text("search_text"),
    _own_key("decision", "replaces_id"),
    _own_key("decision", "cancelled_by_id"),
    Index(None, "cycle_id", "state"),
    Index(None, "dossier_id"),
    Index(None, "unit_id", "state"),
    Index(None, "code"),
)

#: The last number of each book. A row, never a sequence: a number that was rolled back is given again.
counters = Table(
    "ck_counter",
    metadata,
    Column("unit_id", ID, ForeignKey("ck_unit.id"), primary_key=True),
    Column("book", TEXT, primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    _number("last"),
    CheckConstraint("last >= 1", name="last"),
)

register_rows = Table(
    "ck_register_row",
    metadata,
    _id(),
    _ref("unit_id", "unit"),
    _text("book"),
    _number("year"),
    _text("term"),
    _number("number"),
    _text("symbol"),
    _day("dated"),
    _text("type_code"),
    _text("subject"),
    _text("signer_name"),
    _text("recipients"),
    _ref("decision_id", "decision", null=True),
    _ref("submission_id", "submission", null=True),
    _text("mode"),
    Column("state", Code(RegisterState), nullable=False),
    _text("note"),
    _text("changed_by"),
    _at("changed_at", null=True),
    UniqueConstraint("unit_id", "book", "year", "number"),
    CheckConstraint("number >= 1", name="number"),
    Index(None, "decision_id"),
    Index(None, "submission_id"),
)

legal_bases = Table(
    "ck_legal_basis",
    metadata,
    _id(),
    _text("key"),
    _text("name"),
    _text("number"),
    _day("dated", null=True),
    _text("issuer"),
    _flag("sample"),
    UniqueConstraint("key"),
)

titles = Table(
    "ck_title",
    metadata,
    _id(),
    _text("model"),
    _text("key"),
    _number("year"),
    _ref("unit_id", "unit"),
    _text("member_name"),
    _ref("dossier_id", "dossier"),
    _ref("decision_id", "decision"),
    _day("from_day"),
    _day("until_day", null=True),
    _day("cancelled_on", null=True),
    _ref("cancelled_by_id", "decision", null=True),
    Index(None, "unit_id"),
    Index(None, "dossier_id"),
    Index(None, "model", "key", "from_day"),
    Index(None, "decision_id"),
)

# What leaves the house, and what could not go on

deliveries = Table(
    "ck_delivery",
    metadata,
    _id(),
    _text("key"),
    _ref("account_id", "account", null=True),
    _text("address"),
    _text("message_id"),
    _text("subject"),
    _text("text"),
    _text("html"),
    _text("state"),
    _number("attempts"),
    _text("error"),
    _at("created_at"),
    _at("sent_at", null=True),
    _ref("work_item_id", "work_item", null=True),
    _text("calendar"),
    _text("file_sha256"),
    _text("file_name"),
    _text("channel"),
    _ref("webhook_id", "webhook", null=True),
    UniqueConstraint("key"),
    Index(None, "state"),
    Index(None, "message_id"),
    Index(None, "work_item_id"),
    Index(None, "webhook_id"),
    Index(None, "account_id"),
)

incidents = Table(
    "ck_incident",
    metadata,
    _id(),
    _text("kind"),
    _ref("instance_id", "instance", null=True),
    _ref("decision_id", "decision", null=True),
    _ref("dossier_id", "dossier", null=True),
    _text("reason"),
    _document("payload"),
    _at("opened_at"),
    _at("resolved_at", null=True),
    _text("resolution"),
    Index(None, "resolved_at"),
    Index(None, "dossier_id"),
)

calendar_days = Table(
    "ck_calendar_day",
    metadata,
    _id(),
    _day("day"),
    _ref("unit_id", "unit", null=True),
    _text("kind"),
    _text("reason"),
    _text("source"),
    UniqueConstraint("day", "unit_id"),
    Index(None, "unit_id", "day"),
)

#: One row: counted on with every change of units, deadlines and rest days (see `known`).
reference = Table(
    "ck_reference",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", ID, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)

# The audit chain: triggers refuse to change or delete its rows (see `versions/`).

audit_chain = Table(
    "ck_audit",
    metadata,
    Column("seq", ID, primary_key=True, autoincrement=False),
    _text("digest"),
    _text("previous"),
    _text("hash"),
)

#: One row: where the chain ends. Writers lock it, so the chain never forks.
audit_head = Table(
    "ck_audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", ID, nullable=False),
    _text("hash"),
    CheckConstraint("id = 1", name="one_row"),
)

#: What the digests stand for. Erasing empties `content`; the row keeps the place in its dossier's history.
audit_content = Table(
    "ck_audit_content",
    metadata,
    Column("seq", ID, ForeignKey("ck_audit.seq"), primary_key=True, autoincrement=False),
    Column("dossier_id", ID, nullable=True),  # no foreign keys: the log outlives what it tells of
    Column("cycle_id", ID, nullable=True),
    Column("unit_id", ID, nullable=True),
    Column("actor_id", ID, nullable=True),
    _at("at", null=True),
    _text("event", null=True),
    _text("content", null=True),
    Index(None, "dossier_id", "seq"),
    Index(None, "cycle_id", "seq"),
)
