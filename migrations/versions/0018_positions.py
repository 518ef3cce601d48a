"""A forum names what is answered by its number in the thread."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# What an extra says is a number where it is one: nothing else may end an upgrade.
FILL_FROM_EXTRAS = """
    update comment set
        position = case when extras ->> 'post_number' ~ '^[0-9]{1,9}$'
                        then (extras ->> 'post_number')::int else 0 end,
        answers_position = case when extras ->> 'reply_to_post_number' ~ '^[0-9]{1,9}$'
                                then (extras ->> 'reply_to_post_number')::int else 0 end,
        extras = extras - 'post_number' - 'reply_to_post_number'
    where extras ? 'post_number'
"""
NAME_WHAT_IS_ANSWERED = """
    update comment c set parent_id = answered.external_id from comment answered
    where answered.source_id = c.source_id and answered.thread_id = c.thread_id
      and answered.position = c.answers_position and c.answers_position > 0 and c.parent_id = ''
"""
RESTORE_EXTRAS = """
    update comment set extras = extras || jsonb_build_object(
        'post_number', position, 'reply_to_post_number', answers_position)
    where position > 0
"""


def upgrade() -> None:
    for name in ("position", "answers_position"):
        op.add_column(
            "comment", sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
        )
    op.execute(FILL_FROM_EXTRAS)
    op.execute(NAME_WHAT_IS_ANSWERED)


def downgrade() -> None:
    op.execute(RESTORE_EXTRAS)
    for name in ("answers_position", "position"):
        op.drop_column("comment", name)
