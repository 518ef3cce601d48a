"""A theme's face: where its title comes from, its key phrases, and what a configured language model
wrote."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "theme_face",
        sa.Column("theme_id", sa.Uuid(), nullable=False),
        sa.Column("comment_id", sa.BigInteger(), nullable=True),
        sa.Column("fingerprint", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("mentions", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("phrases", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("summary", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("summary_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("asked", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("theme_id"),
    )
    op.create_table(
        "written_answer",
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("title", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("summary", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "answered_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("question"),
    )
    op.create_table(
        "written_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calls", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.add_column("theme", sa.Column("face_seen", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "theme_face_due",
        "theme",
        ["product_id"],
        postgresql_where=sa.text("face_seen is distinct from changed_at"),
    )


def downgrade() -> None:
    op.drop_index("theme_face_due", table_name="theme")
    op.drop_column("theme", "face_seen")
    op.drop_table("written_day")
    op.drop_table("written_answer")
    op.drop_table("theme_face")
