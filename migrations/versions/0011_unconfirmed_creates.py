"""A ticket remembers that its create call was cut off, until a look-up says what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# What was sent before this column was there is not known any more: where no ticket was recorded, a
# look-up that was not needed costs little, and a second ticket costs trust.
REMEMBER_SENT_CREATES = """
    update ticket
    set create_unconfirmed_at = called_at,
        state = case when state = 'pending' then 'creating' else state end
    where called_at is not null and remote_id = '' and state <> 'created'
"""


def upgrade() -> None:
    op.add_column(
        "ticket", sa.Column("create_unconfirmed_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("ticket", sa.Column("create_note", sa.Text(), server_default="", nullable=False))
    op.execute(REMEMBER_SENT_CREATES)
    op.create_check_constraint(
        "ticket_pending_is_confirmed",
        "ticket",
        "state <> 'pending' or create_unconfirmed_at is null",
    )


def downgrade() -> None:
    op.drop_constraint("ticket_pending_is_confirmed", "ticket", type_="check")
    op.drop_column("ticket", "create_note")
    op.drop_column("ticket", "create_unconfirmed_at")
