"""Pairs of themes that may be the same can be put off, and open ones are found by their
likelihood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("theme_suggestion", sa.Column("later_until", sa.DateTime(timezone=True)))
    op.create_index(
        "theme_suggestion_open",
        "theme_suggestion",
        ["product_id", sa.text("score desc"), "id"],
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    op.drop_index("theme_suggestion_open", "theme_suggestion")
    op.drop_column("theme_suggestion", "later_until")
