"""What was said last in a thread, and what opened it, is found without reading the whole thread;
comments are grouped in the order of their deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("theme", sa.Column("looked_at", sa.DateTime(timezone=True)))
    op.add_column(
        "product", sa.Column("boldness", sa.Text(), server_default="balanced", nullable=False)
    )
    op.create_check_constraint(
        "product_boldness", "product", "boldness in ('careful', 'balanced', 'bold')"
    )
    op.drop_index("comment_to_group", "comment")
    op.create_index(
        "comment_to_group",
        "comment",
        ["product_id", "delivery_id", "id"],
        postgresql_where=sa.text("stage = 'enriched'"),
    )
    op.drop_index("comment_by_thread", "comment")
    op.create_index("comment_by_thread", "comment", ["source_id", "thread_id", "id"])
    op.create_index(
        "comment_opening",
        "comment",
        ["source_id", "thread_id"],
        postgresql_where=sa.text("opens_thread"),
    )


def downgrade() -> None:
    op.drop_column("product", "boldness")
    op.drop_column("theme", "looked_at")
    op.drop_index("comment_opening", "comment")
    op.drop_index("comment_by_thread", "comment")
    op.create_index("comment_by_thread", "comment", ["source_id", "thread_id"])
    op.drop_index("comment_to_group", "comment")
    op.create_index(
        "comment_to_group",
        "comment",
        ["product_id", "id"],
        postgresql_where=sa.text("stage = 'enriched'"),
    )
