"""Periods are counted from the index alone: comments are wide, and most of a page's time went into
reading them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ORDER = ["product_id", sa.text("created_at desc"), sa.text("id desc")]
COUNTED = [
    "deleted_at",
    "source_id",
    "author_id",
    "kind",
    "kind_reason",
    "sentiment",
    "tone",
    "theme_id",
    "wording",
]


def upgrade() -> None:
    op.drop_index("comment_by_product", "comment")
    op.create_index("comment_by_product", "comment", ORDER, postgresql_include=COUNTED)


def downgrade() -> None:
    op.drop_index("comment_by_product", "comment")
    op.create_index("comment_by_product", "comment", ORDER)
