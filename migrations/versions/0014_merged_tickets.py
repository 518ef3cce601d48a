"""A ticket whose theme was merged away remembers which ticket the matter is followed in, what it
said last and what was done to it; a ticket that is being written remembers what it was read as."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# A theme could have one ticket in a tracker before: of those that were merged, only the one that
# lives on can stay in the ledger. The tickets themselves are not touched.
FORGET_SUPERSEDED = """
    delete from ticket k
    where k.superseded_at is not null and exists (
        select from ticket x
        where x.theme_id = k.theme_id and x.tracker_id = k.tracker_id and x.id <> k.id
          and (x.superseded_at is null or x.id < k.id)
    )
"""


def _document(name: str) -> sa.Column[object]:
    return sa.Column(
        name,
        postgresql.JSONB(astext_type=sa.Text()),
        server_default=sa.text("'{}'::jsonb"),
        nullable=False,
    )


def upgrade() -> None:
    op.add_column("ticket", sa.Column("superseded_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("ticket", sa.Column("superseded_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        "ticket_superseded_by_fkey",
        "ticket",
        "ticket",
        ["superseded_by"],
        ["id"],
        ondelete="SET NULL",
    )
    op.add_column("ticket", _document("last_words"))
    op.add_column("ticket", _document("duplicate_mark"))
    op.add_column("ticket", sa.Column("writing", sa.Text(), server_default="", nullable=False))
    op.drop_constraint("ticket_once", "ticket", type_="unique")
    op.create_index(
        "ticket_once",
        "ticket",
        ["theme_id", "tracker_id"],
        unique=True,
        postgresql_where=sa.text("superseded_at is null"),
    )
    op.create_index(
        "ticket_followers",
        "ticket",
        ["superseded_by"],
        postgresql_where=sa.text("superseded_by is not null"),
    )
    op.create_index("ticket_of_theme", "ticket", ["theme_id"])


def downgrade() -> None:
    op.execute(FORGET_SUPERSEDED)
    op.drop_index("ticket_of_theme", "ticket")
    op.drop_index("ticket_followers", "ticket")
    op.drop_index("ticket_once", "ticket")
    op.create_unique_constraint("ticket_once", "ticket", ["theme_id", "tracker_id"])
    op.drop_column("ticket", "writing")
    op.drop_column("ticket", "duplicate_mark")
    op.drop_column("ticket", "last_words")
    op.drop_column("ticket", "superseded_by")
    op.drop_column("ticket", "superseded_at")
