"""Which of several themes lives on when they become one, unless a person says otherwise."""

from __future__ import annotations

from psycopg import sql

SURVIVOR_FIRST = sql.SQL("""
    (select min(k.created_at) from ticket k
     where k.theme_id = t.id and k.state = 'created' and k.superseded_at is null) nulls last,
    t.people desc, t.mentions desc, t.created_at, t.id
""")
"""The order of themes ``t``: the one with the oldest ticket, else the one that most people speak
of, else the oldest."""
