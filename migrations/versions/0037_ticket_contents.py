"""Rules say what their tickets look like, by fields that trackers tell of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def _json(name: str, default: str) -> sa.Column[object]:
    return sa.Column(name, JSONB(), server_default=sa.text(f"'{default}'::jsonb"), nullable=False)


def upgrade() -> None:
    op.add_column("routing_rule", _json("contents", "{}"))
    op.add_column("tracker", _json("fields", "[]"))
    op.add_column("tracker", sa.Column("fields_read_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("tracker", "fields_read_at")
    op.drop_column("tracker", "fields")
    op.drop_column("routing_rule", "contents")
