"""Who counts as one voice, and whose voice a copied comment is."""

from psycopg import sql

VOICE = sql.SQL(
    "case when a.person_id is not null then 4 * a.person_id when a.id is not null then 4 * a.id + 1"
    " else 4 * cm.id + 2 end"
)
"""One person is one voice however many handles; a comment without an author is a voice of its own.

Over a query with ``comment cm left join author a``. A number, because counting distinct
texts takes three times as long.
"""

VOICE_OF_ACCOUNT = sql.SQL(
    "case when a.person_id is not null then 4 * a.person_id else 4 * a.id + 1 end"
)
"""The same of an account ``a``, where no comment is at hand."""

CREDIT = sql.SQL(
    "case when cm.wording = '' then {voice} else first_value({voice})"
    " over (partition by cm.theme_id, cm.wording order by cm.created_at, cm.id) end"
).format(voice=VOICE)
"""The voice a comment counts for in its theme: that of whoever was first with this wording, so that
a text that is passed round, or posted twice by one person under two names, is one voice. Who adds
something of their own is counted.

A window over the rows that the query's ``where`` leaves; texts too short to be copied have no
wording.
"""

SPEAKS = sql.SQL("(cm.kind in ('bug', 'feature') or cm.theme_by = 'person')")
"""Whether a comment ``cm`` of a theme tells what the theme is: not where it joined as an agreement,
a question or praise, unless a person put it there."""
