"""A theme remembers that its product's policy is to be applied to it, in a step of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("theme", sa.Column("policy_due_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "theme_policy_due",
        "theme",
        ["policy_due_at"],
        postgresql_where=sa.text("policy_due_at is not null"),
    )


def downgrade() -> None:
    op.drop_index("theme_policy_due", "theme")
    op.drop_column("theme", "policy_due_at")
