"""What a comment is beyond its kind: other kinds, tone, copied wording; and vectors named by their
space alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "comment",
        sa.Column("other_kinds", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column(
        "comment", sa.Column("tone", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "comment",
        sa.Column("tone_confidence", sa.Float(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "comment", sa.Column("wording", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.create_check_constraint("comment_tone", "comment", "tone in ('', 'hostile')")
    op.create_index(
        "comment_hostile",
        "comment",
        ["product_id", sa.text("created_at desc")],
        postgresql_where=sa.text("tone <> ''"),
    )
    op.add_column(
        "theme", sa.Column("copies", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    # A vector was stored under encoder, backend and heads together; only the encoder decides what
    # it compares with.
    op.execute(
        "update comment_embedding"
        " set model = regexp_replace(model, '/(openvino|sentence-transformers)-[a-z0-9]+\\+.*$', "
        "'')"
    )


def downgrade() -> None:
    op.drop_column("theme", "copies")
    op.drop_index("comment_hostile", "comment")
    op.drop_constraint("comment_tone", "comment")
    for name in ("wording", "tone_confidence", "tone", "other_kinds"):
        op.drop_column("comment", name)
