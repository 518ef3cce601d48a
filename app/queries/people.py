"""Who counts as one voice."""

from psycopg import sql

VOICE = sql.SQL(
    "case when a.person_id is not null then 'p' || a.person_id when a.id is not null then 'a' || a.id"
    " else 'c' || cm.id end"
)
"""One person is one voice however many handles; a comment without an author is a voice of its own.

Over a query with ``comment cm left join author a``.
"""
