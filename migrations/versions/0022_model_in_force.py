"""Which model is in force, and how far the comments that another one read have been read again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_in_force",
        sa.Column("id", sa.Integer(), server_default="1", nullable=False),
        sa.Column("choice", sa.Text(), server_default="default", nullable=False),
        sa.Column("rereading", sa.Text(), server_default="done", nullable=False),
        sa.Column("chosen_by", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "chosen_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.CheckConstraint("id = 1", name="model_in_force_once"),
        sa.CheckConstraint("choice in ('default', 'multilingual')", name="model_in_force_choice"),
        sa.CheckConstraint(
            "rereading in ('themes', 'rest', 'done')", name="model_in_force_rereading"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("insert into model_in_force (id) values (1)")


def downgrade() -> None:
    op.drop_table("model_in_force")
