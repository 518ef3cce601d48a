"""Search whose cost does not grow with the product, and proposals of merges that can be taken
back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = "to_tsvector('english', left(thread_title || ' ' || text, 20000))"
STATES = "state in ('open', 'accepted', 'rejected'{})"


def upgrade() -> None:
    _search(f"{TEXT} || array_to_tsvector(array[product_id::text])")
    op.create_table(
        "word_share",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("lexeme", sa.Text(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column(
            "counted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("product_id", "lexeme"),
    )
    op.add_column("theme", sa.Column("compared_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "theme_to_compare",
        "theme",
        ["product_id", "changed_at"],
        postgresql_where=sa.text("compared_at is distinct from changed_at"),
    )
    _states(", 'withdrawn'")


def downgrade() -> None:
    op.execute("delete from theme_suggestion where state = 'withdrawn'")
    _states("")
    op.drop_index("theme_to_compare", table_name="theme")
    op.drop_column("theme", "compared_at")
    op.drop_table("word_share")
    _search(TEXT)


def _search(expression: str) -> None:
    # PostgreSQL 16 cannot change the expression of a generated column.
    op.drop_index("comment_search", table_name="comment")
    op.drop_column("comment", "search")
    op.execute(
        f"alter table comment add column search tsvector generated always as ({expression}) stored"
    )
    op.create_index("comment_search", "comment", ["search"], postgresql_using="gin")


def _states(more: str) -> None:
    op.drop_constraint("theme_suggestion_state", "theme_suggestion")
    op.create_check_constraint("theme_suggestion_state", "theme_suggestion", STATES.format(more))
