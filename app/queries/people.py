"""Who counts as one voice."""

from psycopg import sql

VOICE = sql.SQL(
    "case when a.person_id is not null then 4 * a.person_id when a.id is not null then 4 * a.id + 1"
    " else 4 * cm.id + 2 end"
)
"""One person is one voice however many handles; a comment without an author is a voice of its own.

Over a query with ``comment cm left join author a``. A number, because counting distinct
texts takes three times as long.
"""
