"""What was derived from a comment goes at once from a theme that the comment left.

A proposal to merge that quotes it is withdrawn: the next pass proposes anew, from the comments that
are there, where that still holds. Phrases and a summary go, and are made anew by the face step. The
title is found anew there as well; where a ticket carries it, the ticket gets the new one too.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from app.storage.db import Connection

# Evidence names comments as `comment` and `of`; a proposal that the group step made for a comment
# holds the same evidence as that comment.
WITHDRAW_QUOTING = """
    update theme_suggestion g set state = 'withdrawn'
    where g.state = 'open'
      and (g.theme_id = any(%(themes)s::uuid[]) or g.other_id = any(%(themes)s::uuid[]))
      and exists (
        select 1 from comment c
        where c.id = any(%(comments)s::bigint[])
          and (c.deleted_at is not null
               or (c.theme_id is distinct from g.theme_id
                   and c.theme_id is distinct from g.other_id))
          and (c.id in (
                 select (n.value ->> side.name)::bigint
                 from jsonb_array_elements(
                        case when jsonb_typeof(g.evidence -> 'nearest') = 'array'
                             then g.evidence -> 'nearest' else '[]' end) as n(value)
                 cross join (values ('comment'), ('of')) as side(name))
               or (c.grouping = g.evidence and c.grouping <> '{}'))
      )
"""
FORGET_DERIVED = """
    update theme_face f set summary = '', summary_by = '', asked = 0, phrases = '{}'
    where f.theme_id = any(%(themes)s::uuid[])
      and exists (
        select 1 from comment c
        where c.id = any(%(comments)s::bigint[]) and c.theme_id is distinct from f.theme_id
      )
      and (f.summary <> '' or f.phrases <> '{}')
"""


async def withdraw_quoting(
    connection: Connection, themes: Sequence[uuid.UUID], comments: Sequence[int]
) -> None:
    """Withdraw the open proposals about these themes that quote one of these comments, where it
    belongs to neither of their two themes any more."""
    if themes and comments:
        values = {"themes": list(themes), "comments": list(comments)}
        await connection.execute(WITHDRAW_QUOTING, values)


async def forget_derived(
    connection: Connection, themes: Sequence[uuid.UUID], comments: Sequence[int]
) -> None:
    """Forget phrases and summaries of these themes that may be made of comments which a person took
    out of them."""
    if themes and comments:
        values = {"themes": list(themes), "comments": list(comments)}
        await connection.execute(FORGET_DERIVED, values)
