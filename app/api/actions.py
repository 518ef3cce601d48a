"""What the API answers to a decision that may be about no theme."""

from __future__ import annotations

from uuid import UUID

from app.api.schemas.decision import ActionOut
from app.api.schemas.theme import ThemeOut
from app.queries.theme_history import theme_of_activity
from app.queries.themes import theme_rows
from app.storage.db import Connection


async def action_with_theme(
    connection: Connection, action_id: int, theme_id: UUID | None
) -> ActionOut:
    """The action with its theme as it is now; without one where that is gone."""
    if theme_id is None:
        return ActionOut(action_id=action_id, theme=None)
    theme = (await theme_rows(connection, [theme_id])).get(theme_id)
    return ActionOut(action_id=action_id, theme=ThemeOut.model_validate(theme) if theme else None)


async def action_on_theme(connection: Connection, action_id: int, theme_id: UUID) -> ActionOut:
    """The action with a theme that is surely there, as it is now."""
    themes = await theme_rows(connection, [theme_id])
    return ActionOut(action_id=action_id, theme=ThemeOut.model_validate(themes[theme_id]))


async def action_as_it_is(connection: Connection, action_id: int) -> ActionOut:
    """What an action did; it may be about no theme, or about one that is gone."""
    theme_id = await theme_of_activity(connection, action_id)
    return await action_with_theme(connection, action_id, theme_id)
