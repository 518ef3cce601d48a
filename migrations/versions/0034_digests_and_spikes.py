"""Digests are sent, and spikes are found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "digest_subscription",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=True),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("shown", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("signing_secret", sa.LargeBinary(), nullable=True),
        sa.Column("digests", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("alerts", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("frequency", sa.Text(), server_default=sa.text("'weekly'"), nullable=False),
        sa.Column("weekday", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("hour", sa.Integer(), server_default=sa.text("8"), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default=sa.text("'UTC'"), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "channel in ('email', 'slack', 'discord', 'teams', 'webhook')",
            name="digest_subscription_channel",
        ),
        sa.CheckConstraint(
            "frequency in ('daily', 'weekly')", name="digest_subscription_frequency"
        ),
        sa.CheckConstraint("hour between 0 and 23", name="digest_subscription_hour"),
        sa.CheckConstraint("weekday between 0 and 6", name="digest_subscription_weekday"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "digest_subscription_due",
        "digest_subscription",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("next_at is not null"),
    )
    op.create_index(
        op.f("ix_digest_subscription_product_id"),
        "digest_subscription",
        ["product_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_digest_subscription_user_id"), "digest_subscription", ["user_id"], unique=False
    )
    op.create_table(
        "dispatch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state in ('pending', 'sending', 'sent', 'unknown', 'failed', 'skipped')",
            name="dispatch_state",
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["digest_subscription.id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "dispatch_due",
        "dispatch",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state in ('pending', 'sending')"),
    )
    op.create_index("dispatch_once", "dispatch", ["subscription_id", "about"], unique=True)
    op.create_table(
        "spike",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("sort", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("theme_id", sa.Uuid(), nullable=True),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("people", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("expected", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("chance", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("escalates", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column(
            "found_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("sort in ('theme', 'phrase', 'silence')", name="spike_sort"),
        sa.CheckConstraint("state in ('open', 'acknowledged')", name="spike_state"),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_spike_source_id"), "spike", ["source_id"], unique=False)
    op.create_index(op.f("ix_spike_theme_id"), "spike", ["theme_id"], unique=False)
    op.create_index(
        "spike_open",
        "spike",
        ["product_id", sa.literal_column("found_at desc"), "id"],
        unique=False,
    )
    op.create_index(
        "spike_subject",
        "spike",
        ["product_id", "sort", "subject", sa.literal_column("found_at desc")],
        unique=False,
    )


def downgrade() -> None:
    op.drop_table("spike")
    op.drop_table("dispatch")
    op.drop_table("digest_subscription")
