"""Lookups that read a bounded number of rows: common words are known by number, copies are read
oldest first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

PRINTED = sa.text("fingerprint <> ''")


def upgrade() -> None:
    op.add_column(
        "word_share",
        sa.Column("comments", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )
    op.drop_index("comment_by_fingerprint", table_name="comment")
    op.create_index(
        "comment_by_fingerprint",
        "comment",
        ["product_id", "fingerprint", "id"],
        postgresql_where=PRINTED,
    )
    # Searched a dozen times for every comment: a pending list would be read from its start each
    # time.
    op.execute("alter index comment_search set (fastupdate = off)")
    op.execute("select gin_clean_pending_list('comment_search')")


def downgrade() -> None:
    op.execute("alter index comment_search reset (fastupdate)")
    op.drop_index("comment_by_fingerprint", table_name="comment")
    op.create_index(
        "comment_by_fingerprint", "comment", ["product_id", "fingerprint"], postgresql_where=PRINTED
    )
    op.drop_column("word_share", "comments")
