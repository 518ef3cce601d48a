"""How private the comments of a theme are, in SQL, and the tickets that wait because of it."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from app.models.states import Visibility
from app.storage.db import Connection

MORE_PRIVATE_REASON = "more_private_than_tracker"
"""Why a ticket is blocked: fewer people could read what is said than can read the tracker."""

CLOSENESS_WORDS = sql.SQL("array['public', 'unknown', 'members', 'private']")
MOST_PRIVATE = sql.SQL(
    "coalesce(({words})[max(array_position({words}, said.visibility))], 'unknown')"
).format(words=CLOSENESS_WORDS)
"""The visibility of the most private comment, over rows called ``said``."""

# Tried again where the theme now fits what is known of the tracker; the push asks once more.
WAKE_FITTING_TICKETS = """
    update ticket k
    set state = 'pending', reason = '', detail = '', due_at = clock_timestamp()
    from theme t, tracker r
    where k.theme_id = any(%s::uuid[]) and k.state = 'blocked'
      and k.reason = 'more_private_than_tracker' and t.id = k.theme_id and r.id = k.tracker_id
      and (t.visibility in ('public', 'unknown')
        or (t.visibility = 'members'
            and coalesce(nullif(r.settings ->> 'audience', ''), r.seen_audience)
              in ('members', 'private')))
"""


def hidden_from(shown: Visibility) -> list[str]:
    """The visibilities of comments that may not stand where ``shown`` is the most that may."""
    return [word.value for word in Visibility if not word.fits(shown)]


async def wake_fitting_tickets(connection: Connection, theme_ids: Sequence[object]) -> None:
    """Try tickets again that waited because of comments that are not in these themes any more."""
    await connection.execute(WAKE_FITTING_TICKETS, [list(theme_ids)])
