"""Rules choose the tracker of a theme, and who accepts it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def _word(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "routing_rule",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column(
            "product_id", sa.Uuid(), sa.ForeignKey("product.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("position", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "filters",
            JSONB(),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "tracker_id", sa.Uuid(), sa.ForeignKey("tracker.id", ondelete="CASCADE"), nullable=True
        ),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("auto_min_people", sa.Integer(), server_default=sa.text("2"), nullable=False),
        sa.Column("auto_min_confidence", sa.Float(), server_default=sa.text("0.6"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.UniqueConstraint("product_id", "name", name="routing_rule_name"),
        sa.CheckConstraint("policy in ('review', 'auto', 'hold')", name="routing_rule_policy"),
    )
    op.create_index("routing_rule_order", "routing_rule", ["product_id", "position"])
    op.create_index("ix_routing_rule_tracker_id", "routing_rule", ["tracker_id"])
    op.add_column(
        "ticket",
        sa.Column(
            "rule_id",
            sa.Uuid(),
            sa.ForeignKey("routing_rule.id", ondelete="SET NULL"),
            nullable=True,
        ),
    )
    op.create_index(
        "ticket_of_rule",
        "ticket",
        ["rule_id"],
        postgresql_where=sa.text("rule_id is not null"),
    )
    op.add_column("ticket", _word("rule_name"))
    op.add_column("ticket", _word("rule_why"))


def downgrade() -> None:
    op.drop_index("ticket_of_rule", "ticket")
    for column in ("rule_why", "rule_name", "rule_id"):
        op.drop_column("ticket", column)
    op.drop_table("routing_rule")
