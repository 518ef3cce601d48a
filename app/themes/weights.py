"""What a theme weighs: the weights of the people who speak of it, each counted once.

Somebody weighs what the heaviest of their accounts does; whoever has no weight adds nothing.
"""

from __future__ import annotations

from psycopg import sql

from app.themes.voices import VOICE_OF_ACCOUNT

# Accounts that are linked to one with a weight weigh the same.
WEIGHED_ACCOUNTS = sql.SQL(
    """
    select weighed.id, max(weighed.weight) as weight from (
      select w.author_id as id, w.weight from account_weight w
      union all
      select o.id, w.weight from account_weight w join author a on a.id = w.author_id
      join author o on o.person_id = a.person_id
    ) weighed group by 1
    """
)
WEIGHT_OF_THEMES = sql.SQL(
    """
    (select theme_id, sum(weight)::float8 as weight from (
       select cm.theme_id, {voice} as voice, max(w.weight) as weight
       from ({accounts}) w join author a on a.id = w.id
       join comment cm on cm.author_id = a.id and cm.deleted_at is null
         and cm.theme_id is not null
       group by 1, 2
     ) voices group by 1)
    """
).format(voice=VOICE_OF_ACCOUNT, accounts=WEIGHED_ACCOUNTS)
"""``theme_id`` and ``weight`` of every theme of which somebody with a weight speaks."""
WEIGHT_OF_THEME = sql.SQL(
    """
    case when exists (select from account_weight w where w.product_id = t.product_id)
    then coalesce((
      select sum(voices.weight) from (
        select max(w.weight) as weight
        from comment cm join author a on a.id = cm.author_id
        join author o on o.id = a.id or o.person_id = a.person_id
        join account_weight w on w.author_id = o.id
        where cm.theme_id = t.id and cm.deleted_at is null group by {voice}
      ) voices), 0)
    else 0 end::float8
    """
).format(voice=VOICE_OF_ACCOUNT)
"""The weight of one theme ``t``, for the few that a page shows."""
