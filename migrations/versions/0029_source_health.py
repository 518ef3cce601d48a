"""Refused requests are counted by source, and credentials may have an end that is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "refused_request",
        sa.Column(
            "source_id", sa.Uuid(), sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("reason", sa.Text(), primary_key=True),
        sa.Column("origin", sa.Text(), primary_key=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        _now("first_at"),
        _now("last_at"),
    )
    op.add_column(
        "source_poll",
        sa.Column("credentials_end_at", sa.DateTime(timezone=True), nullable=True),
    )


def downgrade() -> None:
    op.drop_column("source_poll", "credentials_end_at")
    op.drop_table("refused_request")
