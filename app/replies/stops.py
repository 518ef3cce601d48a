"""Whoever answers STOP to us gets no more answers, on any source of the same platform."""

from __future__ import annotations

from app.errors import NotFound
from app.storage.db import Connection
from app.storage.rows import fetch_value

STOP_PATTERN = r"^\W*(stop|unsubscribe|opt[ -]?out)\W*$"
"""All that the comment says, in any case, with whatever signs around it."""
STOPS_LOOKED_BACK = "30 days"

# Only what stands in a thread after an answer of ours is said to us. Accounts that are linked to
# one person are one person.
NOTE_STOPS = """
    with stops as (
        select distinct cm.author_id from reply p
        join comment cm on cm.source_id = p.source_id and cm.thread_id = p.thread
        where p.state = 'posted' and p.posted_at > now() - %(back)s::interval
          and cm.created_at > p.posted_at - interval '1 minute' and cm.deleted_at is null
          and length(cm.text) <= 40 and cm.text ~* %(pattern)s
    ), people as (
        select a.id, a.person_id from author a join stops on stops.author_id = a.id
        where a.no_replies_at is null
    )
    update author a set no_replies_at = now()
    from people
    where a.no_replies_at is null
      and (a.id = people.id or (people.person_id is not null and a.person_id = people.person_id))
    returning a.id
"""
SET_NO_REPLIES = """
    update author a
    set no_replies_at = case when %(wanted)s then null else coalesce(a.no_replies_at, now()) end
    from comment cm join author w on w.id = cm.author_id
    where cm.id = %(comment)s
      and (a.id = w.id or (w.person_id is not null and a.person_id = w.person_id))
    returning a.id
"""
SET_NO_REPLIES_OF_ACCOUNT = """
    update author a
    set no_replies_at = case when %(wanted)s then null else coalesce(a.no_replies_at, now()) end
    from author w
    where w.id = %(account)s
      and (a.id = w.id or (w.person_id is not null and a.person_id = w.person_id))
    returning a.id
"""


async def note_stops(connection: Connection) -> bool:
    """Remember who said STOP since the last look; whether anybody did."""
    values = {"back": STOPS_LOOKED_BACK, "pattern": STOP_PATTERN}
    return await fetch_value(connection, NOTE_STOPS, values) is not None


async def set_replies_wanted(
    connection: Connection, comment_id: int, *, wants_replies: bool
) -> None:
    """Whether whoever wrote a comment gets answers of ours, as a person says. Raises NotFound."""
    values = {"comment": comment_id, "wanted": wants_replies}
    if await fetch_value(connection, SET_NO_REPLIES, values) is None:
        raise NotFound(
            "There is no comment with this number, or nobody is known to have written it.",
            reason="comment_not_found",
        )


async def set_replies_wanted_by(
    connection: Connection, account_id: int, *, wants_replies: bool
) -> bool:
    """The same of whoever is behind an account; False where there is no such account."""
    values = {"account": account_id, "wanted": wants_replies}
    return await fetch_value(connection, SET_NO_REPLIES_OF_ACCOUNT, values) is not None
