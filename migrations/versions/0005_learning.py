"""Labels from people's decisions, and the versions of what they taught."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
EMPTY = sa.text("''")


def _key(target: str) -> sa.ForeignKey:
    return sa.ForeignKey(target, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "kind_label",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("product_id", sa.Uuid(), _key("product.id"), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), _key("comment.id"), nullable=False, index=True),
        sa.Column("activity_id", sa.BigInteger(), _key("activity.id"), nullable=False),
        sa.Column("theme_id", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("was", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("confidence", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("weight", sa.Float(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.UniqueConstraint("activity_id", "comment_id", name="kind_label_once"),
        sa.CheckConstraint(
            "kind in ('bug', 'feature', 'question', 'praise', 'other')", name="kind_label_kind"
        ),
    )
    op.create_index("kind_label_by_product", "kind_label", ["product_id", "id"])
    op.create_table(
        "pair_label",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("product_id", sa.Uuid(), _key("product.id"), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), _key("comment.id"), nullable=False, index=True),
        sa.Column("activity_id", sa.BigInteger(), _key("activity.id"), nullable=False),
        sa.Column("version", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("near", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("join_at", sa.Float(), nullable=False),
        sa.Column("suggest_at", sa.Float(), nullable=False),
        sa.Column("size", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("judge", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("weight", sa.Float(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.UniqueConstraint("activity_id", "comment_id", "same", name="pair_label_once"),
    )
    op.create_index("pair_label_by_product", "pair_label", ["product_id", "id"])
    op.create_table(
        "product_model",
        sa.Column("id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column("product_id", sa.Uuid(), _key("product.id"), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("base", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=False),
        sa.Column("settings", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'candidate'"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("detail", sa.Text(), server_default=EMPTY, nullable=False),
        sa.Column("labels", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_label", sa.BigInteger(), nullable=True),
        sa.Column("scores", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), server_default=NOW, nullable=False),
        sa.Column("trained_by", sa.Text(), server_default=sa.text("'system'"), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("product_id", "what", "number", name="product_model_once"),
        sa.CheckConstraint("what in ('kind', 'grouping')", name="product_model_what"),
        sa.CheckConstraint(
            "status in ('candidate', 'active', 'retired', 'rejected')", name="product_model_status"
        ),
    )
    op.create_index(
        "product_model_active",
        "product_model",
        ["product_id", "what"],
        unique=True,
        postgresql_where=sa.text("status = 'active'"),
    )


def downgrade() -> None:
    for table in ("product_model", "pair_label", "kind_label"):
        op.drop_table(table)
