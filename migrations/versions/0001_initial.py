"""The tables of the service, and the vector extension that one of them needs."""

from __future__ import annotations

import pgvector.sqlalchemy
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create extension if not exists vector")
    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), server_default=sa.text("'read'"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_table(
        "product",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), server_default=sa.text("'review'"), nullable=False),
        sa.Column("auto_min_people", sa.Integer(), server_default=sa.text("2"), nullable=False),
        sa.Column("auto_min_confidence", sa.Float(), server_default=sa.text("0.6"), nullable=False),
        sa.Column("count_staff", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("policy in ('auto', 'review', 'hold')", name="product_policy"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), server_default=sa.text("'member'"), nullable=False),
        sa.Column("failed_logins", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("role in ('admin', 'member')", name="user_role"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "login_session",
        sa.Column("id_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id_hash"),
    )
    op.create_index(
        op.f("ix_login_session_expires_at"), "login_session", ["expires_at"], unique=False
    )
    op.create_index(op.f("ix_login_session_user_id"), "login_session", ["user_id"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_person_product_id"), "person", ["product_id"], unique=False)
    op.create_table(
        "source",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("product_id", "name", name="source_name"),
    )
    op.create_index(op.f("ix_source_product_id"), "source", ["product_id"], unique=False)
    op.create_table(
        "theme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("kind_by", sa.Text(), server_default=sa.text("'model'"), nullable=False),
        sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("title_by", sa.Text(), server_default=sa.text("'model'"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'triage'"), nullable=False),
        sa.Column("status_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("people", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("mentions", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("confidence", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("sentiment", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "kind in ('bug', 'feature', 'question', 'praise', 'other')", name="theme_kind"
        ),
        sa.CheckConstraint(
            "status in ('triage', 'accepted', 'ignored', 'merged')", name="theme_status"
        ),
        sa.ForeignKeyConstraint(["merged_into"], ["theme.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_theme_merged_into"), "theme", ["merged_into"], unique=False)
    op.create_index(
        "theme_queue",
        "theme",
        ["product_id", "status", sa.literal_column("people desc"), sa.literal_column("id")],
        unique=False,
    )
    op.create_index(
        "theme_recent",
        "theme",
        ["product_id", sa.literal_column("last_seen desc"), sa.literal_column("id")],
        unique=False,
    )
    op.create_table(
        "tracker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("credentials", sa.LargeBinary(), nullable=False),
        sa.Column("kinds", sa.Text(), server_default=sa.text("'bug,feature'"), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("product_id", "name", name="tracker_name"),
    )
    op.create_index(op.f("ix_tracker_product_id"), "tracker", ["product_id"], unique=False)
    op.create_table(
        "activity",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("theme_id", sa.Uuid(), nullable=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("actor", sa.Text(), server_default=sa.text("'system'"), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column(
            "detail",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "before",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["undone_by"], ["activity.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "activity_by_theme", "activity", ["theme_id", sa.literal_column("id desc")], unique=False
    )
    op.create_index(op.f("ix_activity_product_id"), "activity", ["product_id"], unique=False)
    op.create_table(
        "author",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("realm", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("is_staff", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_bot", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("product_id", "realm", "external_id", name="author_once"),
    )
    op.create_index(op.f("ix_author_person_id"), "author", ["person_id"], unique=False)
    op.create_table(
        "comment_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("type", sa.Text(), server_default=sa.text("'created'"), nullable=False),
        sa.Column("text", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "source_id", "external_id", "version", "type", name="comment_version_once"
        ),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("method", sa.Text(), server_default=sa.text("'POST'"), nullable=False),
        sa.Column(
            "headers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "query",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("event", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("stage", sa.Text(), server_default=sa.text("'received'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "stage in ('received', 'parsed', 'ignored', 'unknown', 'failed')", name="delivery_stage"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id", "dedup_key", name="delivery_once"),
    )
    op.create_index(
        "delivery_by_source", "delivery", ["source_id", sa.literal_column("id desc")], unique=False
    )
    op.create_index(
        "delivery_by_time", "delivery", ["received_at"], unique=False, postgresql_using="brin"
    )
    op.create_index(
        "delivery_troubled",
        "delivery",
        ["stage", sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("stage in ('failed', 'unknown')"),
    )
    op.create_index(
        "delivery_waiting",
        "delivery",
        ["id"],
        unique=False,
        postgresql_where=sa.text("stage = 'received'"),
    )
    op.create_table(
        "source_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_source_secret_source_id"), "source_secret", ["source_id"], unique=False
    )
    op.create_table(
        "theme_suggestion",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("theme_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column(
            "evidence",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state in ('open', 'accepted', 'rejected')", name="theme_suggestion_state"
        ),
        sa.ForeignKeyConstraint(["other_id"], ["theme.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("theme_id", "other_id", name="theme_suggestion_once"),
    )
    op.create_index(
        op.f("ix_theme_suggestion_other_id"), "theme_suggestion", ["other_id"], unique=False
    )
    op.create_index(
        op.f("ix_theme_suggestion_product_id"), "theme_suggestion", ["product_id"], unique=False
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("theme_id", sa.Uuid(), nullable=False),
        sa.Column("tracker_id", sa.Uuid(), nullable=False),
        sa.Column("marker", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("remote_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("remote_key", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("url", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("remote_status", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("content_hash", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('pending', 'creating', 'created', 'blocked', 'cancelled', 'gone')",
            name="ticket_state",
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tracker_id"], ["tracker.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("theme_id", "tracker_id", name="ticket_once"),
        sa.UniqueConstraint("tracker_id", "marker", name="ticket_marker_once"),
    )
    op.create_index(op.f("ix_ticket_product_id"), "ticket", ["product_id"], unique=False)
    op.create_index(
        "ticket_due",
        "ticket",
        ["tracker_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at is not null"),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("platform", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("thread_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("thread_title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("permalink", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("parent_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("opens_thread", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("text", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("likes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "extras",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("stage", sa.Text(), server_default=sa.text("'parsed'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("language", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("fingerprint", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind_confidence", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "kind_scores",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("kind_by", sa.Text(), server_default=sa.text("'model'"), nullable=False),
        sa.Column("kind_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("sentiment", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("model_version", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("theme_id", sa.Uuid(), nullable=True),
        sa.Column("theme_by", sa.Text(), server_default=sa.text("'model'"), nullable=False),
        sa.Column(
            "grouping",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("grouped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "to_tsvector('english', left(thread_title || ' ' || text, 20000))", persisted=True
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "kind in ('', 'bug', 'feature', 'question', 'praise', 'other')", name="comment_kind"
        ),
        sa.CheckConstraint(
            "stage in ('parsed', 'enriched', 'grouped', 'failed')", name="comment_stage"
        ),
        sa.ForeignKeyConstraint(["author_id"], ["author.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_id", "external_id", name="comment_once"),
    )
    op.create_index("comment_by_delivery", "comment", ["delivery_id"], unique=False)
    op.create_index(
        "comment_by_fingerprint",
        "comment",
        ["product_id", "fingerprint"],
        unique=False,
        postgresql_where=sa.text("fingerprint <> ''"),
    )
    op.create_index(
        "comment_by_product",
        "comment",
        ["product_id", sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "comment_by_theme",
        "comment",
        ["theme_id", sa.literal_column("created_at desc")],
        unique=False,
        postgresql_where=sa.text("theme_id is not null"),
    )
    op.create_index("comment_by_thread", "comment", ["source_id", "thread_id"], unique=False)
    op.create_index(
        "comment_by_time",
        "comment",
        [sa.literal_column("created_at desc"), sa.literal_column("id desc")],
        unique=False,
    )
    op.create_index(
        "comment_failed",
        "comment",
        ["product_id", "id"],
        unique=False,
        postgresql_where=sa.text("stage = 'failed'"),
    )
    op.create_index("comment_search", "comment", ["search"], unique=False, postgresql_using="gin")
    op.create_index(
        "comment_to_enrich",
        "comment",
        ["id"],
        unique=False,
        postgresql_where=sa.text("stage = 'parsed'"),
    )
    op.create_index(
        "comment_to_group",
        "comment",
        ["product_id", "id"],
        unique=False,
        postgresql_where=sa.text("stage = 'enriched'"),
    )
    op.create_index(op.f("ix_comment_author_id"), "comment", ["author_id"], unique=False)
    op.create_table(
        "comment_embedding",
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("embedding", pgvector.sqlalchemy.halfvec.HALFVEC(dim=384), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("comment_id"),
    )
    op.create_index(
        "embedding_live",
        "comment_embedding",
        ["product_id"],
        unique=False,
        postgresql_where=sa.text("live"),
    )
    op.create_table(
        "separation",
        sa.Column("comment_id", sa.BigInteger(), nullable=False),
        sa.Column("theme_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("comment_id", "theme_id"),
    )
    op.create_index(op.f("ix_separation_theme_id"), "separation", ["theme_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_separation_theme_id"), table_name="separation")
    op.drop_table("separation")
    op.drop_index(
        "embedding_live", table_name="comment_embedding", postgresql_where=sa.text("live")
    )
    op.drop_table("comment_embedding")
    op.drop_index(op.f("ix_comment_author_id"), table_name="comment")
    op.drop_index(
        "comment_to_group", table_name="comment", postgresql_where=sa.text("stage = 'enriched'")
    )
    op.drop_index(
        "comment_to_enrich", table_name="comment", postgresql_where=sa.text("stage = 'parsed'")
    )
    op.drop_index("comment_search", table_name="comment", postgresql_using="gin")
    op.drop_index(
        "comment_failed", table_name="comment", postgresql_where=sa.text("stage = 'failed'")
    )
    op.drop_index("comment_by_time", table_name="comment")
    op.drop_index("comment_by_thread", table_name="comment")
    op.drop_index(
        "comment_by_theme", table_name="comment", postgresql_where=sa.text("theme_id is not null")
    )
    op.drop_index("comment_by_product", table_name="comment")
    op.drop_index(
        "comment_by_fingerprint",
        table_name="comment",
        postgresql_where=sa.text("fingerprint <> ''"),
    )
    op.drop_index("comment_by_delivery", table_name="comment")
    op.drop_table("comment")
    op.drop_index("ticket_due", table_name="ticket", postgresql_where=sa.text("due_at is not null"))
    op.drop_index(op.f("ix_ticket_product_id"), table_name="ticket")
    op.drop_table("ticket")
    op.drop_index(op.f("ix_theme_suggestion_product_id"), table_name="theme_suggestion")
    op.drop_index(op.f("ix_theme_suggestion_other_id"), table_name="theme_suggestion")
    op.drop_table("theme_suggestion")
    op.drop_index(op.f("ix_source_secret_source_id"), table_name="source_secret")
    op.drop_table("source_secret")
    op.drop_index(
        "delivery_waiting", table_name="delivery", postgresql_where=sa.text("stage = 'received'")
    )
    op.drop_index(
        "delivery_troubled",
        table_name="delivery",
        postgresql_where=sa.text("stage in ('failed', 'unknown')"),
    )
    op.drop_index("delivery_by_time", table_name="delivery", postgresql_using="brin")
    op.drop_index("delivery_by_source", table_name="delivery")
    op.drop_table("delivery")
    op.drop_table("comment_version")
    op.drop_index(op.f("ix_author_person_id"), table_name="author")
    op.drop_table("author")
    op.drop_index(op.f("ix_activity_product_id"), table_name="activity")
    op.drop_index("activity_by_theme", table_name="activity")
    op.drop_table("activity")
    op.drop_index(op.f("ix_tracker_product_id"), table_name="tracker")
    op.drop_table("tracker")
    op.drop_index("theme_recent", table_name="theme")
    op.drop_index("theme_queue", table_name="theme")
    op.drop_index(op.f("ix_theme_merged_into"), table_name="theme")
    op.drop_table("theme")
    op.drop_index(op.f("ix_source_product_id"), table_name="source")
    op.drop_table("source")
    op.drop_index(op.f("ix_person_product_id"), table_name="person")
    op.drop_table("person")
    op.drop_index(op.f("ix_login_session_user_id"), table_name="login_session")
    op.drop_index(op.f("ix_login_session_expires_at"), table_name="login_session")
    op.drop_table("login_session")
    op.drop_table("user_account")
    op.drop_table("product")
    op.drop_table("api_token")
