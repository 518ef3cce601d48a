"""Whom everybody helped, as it was counted last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "help_score",
        sa.Column(
            "author_id",
            sa.BigInteger(),
            sa.ForeignKey("author.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column(
            "product_id", sa.Uuid(), sa.ForeignKey("product.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("people", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    op.create_index("ix_help_score_product_id", "help_score", ["product_id"])


def downgrade() -> None:
    op.drop_table("help_score")
