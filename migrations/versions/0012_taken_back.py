"""What was taken back at its source can be found wherever it is kept: in repeated deliveries, in
titles of themes, and in titles of tickets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "delivery_repeat",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source_id", "external_id", "delivery_id"),
    )
    op.create_index("ix_delivery_repeat_delivery_id", "delivery_repeat", ["delivery_id"])
    op.create_index("ix_theme_face_comment_id", "theme_face", ["comment_id"])
    op.add_column("ticket", sa.Column("title", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "ticket",
        sa.Column("title_gone", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.execute(
        "update ticket k set title = t.title from theme t"
        " where t.id = k.theme_id and k.state in ('creating', 'created')"
    )


def downgrade() -> None:
    op.drop_column("ticket", "title_gone")
    op.drop_column("ticket", "title")
    op.drop_index("ix_theme_face_comment_id", "theme_face")
    op.drop_index("ix_delivery_repeat_delivery_id", "delivery_repeat")
    op.drop_table("delivery_repeat")
