"""A ticket that was created is followed: webhooks of trackers come in, statuses are compared, and
what differs between here and there is said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
NOTHING = sa.text("'{}'::jsonb")


def upgrade() -> None:
    for name in ("hook_secret", "hook_old_secret"):
        op.add_column("tracker", sa.Column(name, sa.LargeBinary()))
    for name in ("hook_id", "bookmark"):
        op.add_column("tracker", sa.Column(name, sa.Text(), server_default="", nullable=False))
    for name in ("heard_at", "compared_at", "reads_from"):
        op.add_column("tracker", sa.Column(name, MOMENT))
    op.add_column("tracker", sa.Column("reads", sa.Integer(), server_default="0", nullable=False))
    for table, name in (("tracker", "status_map"), ("ticket", "hint")):
        op.add_column(table, sa.Column(name, JSONB(), server_default=NOTHING, nullable=False))
    op.add_column(
        "tracker", sa.Column("recurrence", sa.Text(), server_default="nothing", nullable=False)
    )
    op.create_check_constraint(
        "tracker_recurrence", "tracker", "recurrence in ('nothing', 'comment', 'reopen')"
    )
    _add_ticket_columns()
    _create_deliveries()


def _add_ticket_columns() -> None:
    texts = ("status", "status_by", "status_from", "living_key", "living_url", "drift")
    for name in (*texts, "drift_detail"):
        op.add_column("ticket", sa.Column(name, sa.Text(), server_default="", nullable=False))
    for name in ("status_since", "look_at", "looked_at", "recurred_since", "told_at"):
        op.add_column("ticket", sa.Column(name, MOMENT))
    op.create_check_constraint(
        "ticket_status",
        "ticket",
        "status in ('', 'open', 'in_progress', 'done', 'declined', 'duplicate')",
    )
    op.create_check_constraint(
        "ticket_status_from", "ticket", "status_from in ('', 'webhook', 'comparison', 'us')"
    )
    op.create_index(
        "ticket_to_look_at",
        "ticket",
        ["tracker_id", "look_at"],
        postgresql_where=sa.text("look_at is not null"),
    )
    op.create_index("ticket_remote", "ticket", ["tracker_id", "remote_id"])
    # What was created before is looked at soon, an hour's worth of tickets at a time.
    op.execute(
        "update ticket set status = 'open', status_since = coalesce(pushed_at, created_at),"
        " look_at = now() where state = 'created' and superseded_at is null"
    )


def _create_deliveries() -> None:
    op.create_table(
        "ticket_delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("tracker_id", sa.Uuid(), nullable=False),
        sa.Column("dedup_key", sa.Text(), nullable=False),
        sa.Column("received_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("headers", JSONB(), server_default=NOTHING, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("stage", sa.Text(), server_default="received", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("try_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "stage in ('received', 'read', 'ignored', 'failed')", name="ticket_delivery_stage"
        ),
        sa.ForeignKeyConstraint(["tracker_id"], ["tracker.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("tracker_id", "dedup_key", name="ticket_delivery_once"),
    )
    op.create_index(
        "ticket_delivery_waiting",
        "ticket_delivery",
        ["tracker_id", "id"],
        postgresql_where=sa.text("stage = 'received'"),
    )
    op.create_index("ticket_delivery_by_time", "ticket_delivery", ["received_at"])


def downgrade() -> None:
    op.drop_table("ticket_delivery")
    op.drop_index("ticket_remote", "ticket")
    op.drop_index("ticket_to_look_at", "ticket")
    for name in (
        "told_at",
        "recurred_since",
        "drift_detail",
        "drift",
        "hint",
        "looked_at",
        "look_at",
        "living_url",
        "living_key",
        "status_from",
        "status_by",
        "status_since",
        "status",
    ):
        op.drop_column("ticket", name)
    for name in (
        "recurrence",
        "status_map",
        "reads_from",
        "reads",
        "compared_at",
        "bookmark",
        "heard_at",
        "hook_id",
        "hook_old_secret",
        "hook_secret",
    ):
        op.drop_column("tracker", name)
