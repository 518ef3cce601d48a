"""Themes that are the same become one. Every merge can be undone."""

from fastapi import APIRouter

from app.api.access import DatabaseOf, Decider, SettingsOf
from app.api.actions import action_on_theme
from app.api.decisions import THEME_REFUSALS
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.decision import ActionOut, MergedOut, MergeIn, MergeManyIn
from app.api.themes import ThemeId
from app.triage import regroup
from app.triage.bulk_merge import merge_many

router = APIRouter(route_class=LimitedRoute, tags=["decisions"])
MERGE_REFUSALS = (
    *THEME_REFUSALS,
    "nothing_to_merge",
    "other_product",
    "ticket_choice_invalid",
    "merge_shows_private",
)


@router.post(
    "/themes/merge",
    operation_id="merge_many_themes",
    summary="Merge many themes into one",
    responses=refusals(*MERGE_REFUSALS, "too_many_themes", body=True),
)
async def merge_themes(
    caller: Decider, database: DatabaseOf, settings: SettingsOf, body: MergeManyIn
) -> MergedOut:
    """Make one theme of up to 200, in one decision that is undone as a whole. Asked for again, or
    by two at once, it answers what was done the first time (`already`). A theme that somebody else
    changed meanwhile is named, and nothing is merged."""
    async with database.transaction() as connection:
        merged = await merge_many(
            connection,
            body.theme_ids,
            actor=caller.actor,
            into=body.into,
            versions=body.versions,
            tickets_of=body.tickets_of,
            although=body.although,
            undo_seconds=settings.undo_seconds,
        )
        action = await action_on_theme(connection, merged.activity_id, merged.into)
    return MergedOut(action_id=action.action_id, theme=action.theme, already=merged.already)


@router.post(
    "/themes/{theme_id}/merge",
    operation_id="merge_themes",
    summary="Merge other themes into this one",
    responses=refusals(*MERGE_REFUSALS, body=True),
)
async def merge(
    caller: Decider,
    database: DatabaseOf,
    settings: SettingsOf,
    theme_id: ThemeId,
    body: MergeIn,
) -> ActionOut:
    """Move everything of the other themes into this one. The tickets of one theme live on; the
    others keep what they said last, say where the matter is followed, and are marked as
    duplicates."""
    async with database.transaction() as connection:
        action = await regroup.merge(
            connection,
            theme_id,
            body.theme_ids,
            actor=caller.actor,
            version=body.version,
            tickets_of=body.tickets_of,
            although=body.although,
            undo_seconds=settings.undo_seconds,
        )
        return await action_on_theme(connection, action, theme_id)
