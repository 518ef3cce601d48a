"""Reading suggestions that two themes are the same."""

from __future__ import annotations

from uuid import UUID

from app.queries.rows import SuggestionRow
from app.storage.db import Connection
from app.storage.rows import fetch_all, fetch_value

SELECT_SUGGESTIONS_OF_THEME = """
    select g.id, %(theme)s::uuid as theme_id, o.id as other_id, o.title as other_title,
           o.kind as other_kind, o.status as other_status, o.people as other_people,
           o.mentions as other_mentions, g.score, g.evidence, g.state, g.created_at,
           exists (select from ticket k where k.theme_id = o.id and k.superseded_at is null
                     and k.state in ('creating', 'created')) as other_ticketed
    from theme_suggestion g
    join theme o on o.id = case when g.theme_id = %(theme)s then g.other_id else g.theme_id end
    where %(theme)s in (g.theme_id, g.other_id) and g.state = %(state)s
    order by g.score desc, g.id
"""
SELECT_REMAINING_THEME = "select other_id from theme_suggestion where id = %s"


async def list_suggestions(
    connection: Connection, theme_id: UUID, state: str = "open"
) -> list[SuggestionRow]:
    """The themes that may be the same as this one, likeliest first, seen from this side."""
    values = {"theme": theme_id, "state": state}
    return await fetch_all(connection, SELECT_SUGGESTIONS_OF_THEME, values, of=SuggestionRow)


async def remaining_theme(connection: Connection, suggestion_id: int) -> UUID | None:
    """The theme that stays where a suggestion is accepted; None where there is no such one."""
    theme_id: UUID | None = await fetch_value(connection, SELECT_REMAINING_THEME, [suggestion_id])
    return theme_id
