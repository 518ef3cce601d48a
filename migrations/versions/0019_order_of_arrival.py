"""Comments are read in the order of their deliveries, and grouped in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None
WAITING = sa.text("stage = 'parsed'")


def upgrade() -> None:
    op.drop_index("comment_to_enrich", "comment")
    op.create_index("comment_to_enrich", "comment", ["delivery_id", "id"], postgresql_where=WAITING)


def downgrade() -> None:
    op.drop_index("comment_to_enrich", "comment")
    op.create_index("comment_to_enrich", "comment", ["id"], postgresql_where=WAITING)
