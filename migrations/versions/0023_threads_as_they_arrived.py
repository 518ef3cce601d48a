"""What was said last in a thread is what arrived last, whichever worker stored it first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("comment_by_thread", "comment")
    op.create_index(
        "comment_by_thread",
        "comment",
        ["source_id", "thread_id", sa.text("coalesce(delivery_id, 0::bigint)"), "id"],
    )


def downgrade() -> None:
    op.drop_index("comment_by_thread", "comment")
    op.create_index("comment_by_thread", "comment", ["source_id", "thread_id", "id"])
