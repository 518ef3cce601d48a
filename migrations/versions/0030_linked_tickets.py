"""Tickets that people opened are linked to themes; what a ticket was told, and what it is to become
there, stands in its row."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = "'pending', 'creating', 'created', 'blocked', 'cancelled', 'gone'"


def upgrade() -> None:
    op.add_column("ticket", sa.Column("linked_at", MOMENT))
    for name in ("comment_id", "wanted_status"):
        op.add_column("ticket", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column(
        "ticket",
        sa.Column("former", JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
    )
    op.add_column("ticket", sa.Column("announced", JSONB()))
    _hold_states(f"{STATES}, 'unlinked'")
    op.add_column(
        "tracker",
        sa.Column("status_out", JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
    )
    op.add_column(
        "tracker",
        sa.Column("announces", sa.Boolean(), server_default=sa.true(), nullable=False),
    )
    _hold_recurrences("'nothing', 'comment', 'reopen', 'new_ticket'")


def downgrade() -> None:
    op.execute("update ticket set state = 'cancelled', due_at = null where state = 'unlinked'")
    op.execute("update tracker set recurrence = 'comment' where recurrence = 'new_ticket'")
    _hold_recurrences("'nothing', 'comment', 'reopen'")
    _hold_states(STATES)
    for name in ("announces", "status_out"):
        op.drop_column("tracker", name)
    for name in ("announced", "former", "wanted_status", "comment_id", "linked_at"):
        op.drop_column("ticket", name)


def _hold_states(states: str) -> None:
    op.drop_constraint("ticket_state", "ticket")
    op.create_check_constraint("ticket_state", "ticket", f"state in ({states})")


def _hold_recurrences(words: str) -> None:
    op.drop_constraint("tracker_recurrence", "tracker")
    op.create_check_constraint("tracker_recurrence", "tracker", f"recurrence in ({words})")
