"""Sources are polled: for their history, for what is new, and for what a webhook missed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def _word(name: str, default: str = "") -> sa.Column[object]:
    return sa.Column(name, sa.Text(), server_default=sa.text(f"'{default}'"), nullable=False)


def _count(name: str, kind: sa.types.TypeEngine[int]) -> sa.Column[object]:
    return sa.Column(name, kind, server_default=sa.text("0"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "source_poll",
        sa.Column(
            "source_id", sa.Uuid(), sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("credentials", sa.LargeBinary(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        _count("interval_seconds", sa.Integer()),
        _word("cursor"),
        _now("due_at"),
        sa.Column("lease_id", sa.Uuid(), nullable=True),
        _moment("lease_until"),
        _moment("paused_until"),
        _word("reason"),
        _word("detail"),
        _count("failures", sa.Integer()),
        _moment("polled_at"),
        _moment("looked_back_at"),
        _count("comments", sa.BigInteger()),
        _count("missed", sa.BigInteger()),
        _moment("missed_at"),
        _now("created_at"),
    )
    op.create_index("source_poll_due", "source_poll", ["due_at"])
    op.create_table(
        "source_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column(
            "source_id", sa.Uuid(), sa.ForeignKey("source.id", ondelete="CASCADE"), nullable=False
        ),
        _moment("since"),
        _word("state", "running"),
        sa.Column("cursor", sa.Text(), nullable=False),
        _moment("reached_at"),
        _count("pages", sa.BigInteger()),
        _count("comments", sa.BigInteger()),
        _count("repeated", sa.BigInteger()),
        _now("started_at"),
        _moment("finished_at"),
        sa.CheckConstraint(
            "state in ('running', 'done', 'cancelled')", name="source_history_state"
        ),
    )
    op.create_index("ix_source_history_source_id", "source_history", ["source_id"])
    op.create_index(
        "source_history_running",
        "source_history",
        ["source_id"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "poll_account",
        sa.Column("key", sa.Text(), primary_key=True),
        _now("free_at"),
        _moment("paused_until"),
    )


def downgrade() -> None:
    for table in ("poll_account", "source_history", "source_poll"):
        op.drop_table(table)
