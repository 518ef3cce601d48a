"""Who asks, and when somebody else first answered: what lists of questions and their numbers share.

A question is answered by whatever another person writes in its thread later, by an answer that a
person of the team sent there from here, or by a link to a question like it that was answered. What
programs write answers nothing.
"""

from __future__ import annotations

from psycopg import sql

from app.replies.targets import THREAD_KEY

FIRST_ANSWER = sql.SQL(
    """
    left join question q on q.comment_id = cm.id
    left join lateral (
      select * from (
        (select o.created_at as at, coalesce(nullif(b.name, ''), b.handle, '') as author,
                o.permalink
         from comment o left join author b on b.id = o.author_id
         where o.source_id = cm.source_id and o.thread_id = cm.thread_id and o.thread_id <> ''
           and o.deleted_at is null and (o.created_at, o.id) > (cm.created_at, cm.id)
           and (o.author_id is null or o.author_id is distinct from cm.author_id)
           and (b.person_id is null or b.person_id is distinct from a.person_id)
           and not coalesce(b.is_bot, false)
         order by o.created_at, o.id limit 1)
        union all
        (select p.posted_at, p.author, p.permalink from reply p
         where p.source_id = cm.source_id and p.thread = {thread} and p.state = 'posted'
           and not p.automatic and p.posted_at > cm.created_at
         order by p.posted_at limit 1)
        union all
        (select q.linked_at, q.linked_by, coalesce(k.permalink, '') from (select) one
         left join comment k on k.id = q.like_id and k.deleted_at is null
         where q.linked_at is not null)
      ) answers order by at limit 1
    ) first on true
    """
).format(thread=THREAD_KEY)
"""Over ``comment cm left join author a``: ``first.at`` is null where nobody answered yet."""

# One row at most, asked for each comment: what could be hashed would read everybody's comments.
IS_NEWCOMER = sql.SQL(
    """
    (a.id is not null
     and coalesce((
       select false from comment e where e.author_id = a.id and e.created_at < cm.created_at
         and (e.source_id <> cm.source_id or e.thread_id <> cm.thread_id or e.thread_id = '')
       limit 1), true)
     and (a.person_id is null or coalesce((
       select false from author n join comment e on e.author_id = n.id
       where n.person_id = a.person_id and e.created_at < cm.created_at
         and (e.source_id <> cm.source_id or e.thread_id <> cm.thread_id or e.thread_id = '')
       limit 1), true)))
    """
)
"""Whether whoever wrote a comment had said nothing before, except in its thread."""
