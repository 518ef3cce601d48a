"""Deliveries, comments, themes and tickets say who may read what is in them where it was written.

What is there already is told by its platform as far as that is possible: a delivery of GitHub holds
its repository's ``private``, one of Slack the kind of its channel, and what is posted in Slack is
never for the world. Anything else is ``unknown``: Discourse sent no word of a category that is
closed, and other programs were not asked.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

VISIBILITIES = "('public', 'unknown', 'members', 'private')"
COLUMNS = (
    ("delivery", "visibility", "unknown", "delivery_visibility"),
    ("comment", "visibility", "unknown", "comment_visibility"),
    ("theme", "visibility", "unknown", "theme_visibility"),
    ("tracker", "seen_audience", "unknown", "tracker_audience"),
    ("ticket", "shown_visibility", "public", "ticket_shown_visibility"),
)
"""Table, column, default, constraint."""

# A quotation mark in a text of somebody's is escaped, so these bytes are the platform's own.
TELL_DELIVERIES = """
    update delivery d
    set visibility = case
        when s.platform = 'slack' and (position('"channel_type":"group"'::bytea in d.body) > 0
          or position('"channel_type":"im"'::bytea in d.body) > 0
          or position('"channel_type":"mpim"'::bytea in d.body) > 0) then 'private'
        when s.platform = 'slack' then 'members'
        when position('"private"\\:true'::bytea in d.body) > 0
          or position('"private": true'::bytea in d.body) > 0
          or position('%22private%22%3Atrue'::bytea in d.body) > 0 then 'private'
        when position('"private"\\:false'::bytea in d.body) > 0
          or position('"private": false'::bytea in d.body) > 0
          or position('%22private%22%3Afalse'::bytea in d.body) > 0 then 'public'
        else 'unknown' end
    from source s where s.id = d.source_id and s.platform in ('slack', 'github')
"""
TELL_COMMENTS = """
    update comment c
    set visibility = case
            when c.platform = 'slack' and c.thread_id ~ '^[GD]' then 'private'
            when c.platform = 'slack' and d.visibility = 'private' then 'private'
            when c.platform = 'slack' then 'members'
            else coalesce(d.visibility, 'unknown') end,
        place = case
            when c.platform = 'slack' then 'channel:' || split_part(c.external_id, ':', 1)
            when coalesce(c.extras ->> 'repository', '') <> ''
              then 'repository:' || lower(c.extras ->> 'repository')
            else '' end
    from (select id from comment where platform in ('slack', 'github')) told
    join comment own on own.id = told.id
    left join delivery d on d.id = own.delivery_id
    where c.id = told.id
"""
TELL_THEMES = """
    update theme t
    set visibility = (array['public', 'unknown', 'members', 'private'])[told.closeness]
    from (
        select theme_id, max(array_position(
            array['public', 'unknown', 'members', 'private'], visibility)) as closeness
        from comment where theme_id is not null and deleted_at is null group by theme_id
    ) told
    where t.id = told.theme_id
"""


def upgrade() -> None:
    for table, column, default, constraint in COLUMNS:
        op.add_column(table, sa.Column(column, sa.Text(), server_default=default, nullable=False))
        op.create_check_constraint(constraint, table, f"{column} in {VISIBILITIES}")
    op.add_column("comment", sa.Column("place", sa.Text(), server_default="", nullable=False))
    op.add_column("author", sa.Column("named_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "private_scope",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "since", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("source_id", "kind", "key"),
    )
    op.execute(TELL_DELIVERIES)
    op.execute(TELL_COMMENTS)
    op.execute(TELL_THEMES)
    op.create_index(
        "comment_by_place",
        "comment",
        ["source_id", "place"],
        postgresql_where=sa.text("place <> ''"),
    )


def downgrade() -> None:
    op.drop_index("comment_by_place", "comment")
    op.drop_table("private_scope")
    op.drop_column("author", "named_at")
    op.drop_column("comment", "place")
    for table, column, _, constraint in reversed(COLUMNS):
        op.drop_constraint(constraint, table, type_="check")
        op.drop_column(table, column)
