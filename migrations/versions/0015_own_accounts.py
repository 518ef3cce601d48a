"""A tracker knows whose account it writes by, and what we posted is recognised later."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("account_id", "account_login", "account_name"):
        op.add_column("tracker", sa.Column(name, sa.Text(), server_default="", nullable=False))
    for name in ("account_is_machine", "account_confirmed"):
        op.add_column(
            "tracker", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    op.create_table(
        "posted_text",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), nullable=False),
        sa.Column("lead", sa.BigInteger(), nullable=False),
        sa.Column("lines", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column(
            "posted_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["ticket_id"], ["ticket.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_posted_text_ticket_id", "posted_text", ["ticket_id"])
    op.create_index("posted_text_lead", "posted_text", ["lead"])


def downgrade() -> None:
    op.drop_table("posted_text")
    for name in (
        "account_confirmed",
        "account_is_machine",
        "account_name",
        "account_login",
        "account_id",
    ):
        op.drop_column("tracker", name)
