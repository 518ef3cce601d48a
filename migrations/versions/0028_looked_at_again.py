"""What is stored is looked at again where it was written, for edits and deletions that no event
told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0025"
branch_labels = None
depends_on = None


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _word(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)


def _count(name: str, kind: sa.types.TypeEngine[int]) -> sa.Column[object]:
    return sa.Column(name, kind, server_default=sa.text("0"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "source_recheck",
        sa.Column(
            "source_id", sa.Uuid(), sa.ForeignKey("source.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("ring", sa.Text(), primary_key=True),
        _word("thread_id"),
        _count("comment_id", sa.BigInteger()),
        _count("floor_id", sa.BigInteger()),
        sa.Column(
            "due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        _moment("began_at"),
        _moment("ended_at"),
        _count("edited", sa.BigInteger()),
        _count("gone", sa.BigInteger()),
        _word("reason"),
        _word("detail"),
        _count("failures", sa.Integer()),
        sa.CheckConstraint("ring in ('young', 'ticketed', 'all')", name="source_recheck_ring"),
    )


def downgrade() -> None:
    op.drop_table("source_recheck")
