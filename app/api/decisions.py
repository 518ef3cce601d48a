"""Decisions about themes, and their undo. Every one is recorded with the token's name."""

from typing import Annotated

from fastapi import APIRouter, Path

from app.api.access import DatabaseOf, Decider, SettingsOf
from app.api.actions import action_as_it_is, action_on_theme
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import BigId
from app.api.schemas.decision import (
    ActionOut,
    BulkDone,
    BulkFailure,
    BulkIn,
    BulkOut,
    DecisionIn,
    IgnoreIn,
    KindIn,
    SplitIn,
    SplitOut,
    TitleIn,
)
from app.api.schemas.theme import ThemeOut
from app.api.themes import ThemeId
from app.queries.themes import theme_rows
from app.triage import decisions, regroup, undo
from app.triage.bulk import BulkChoice, BulkDecision, decide_many
from app.triage.showing import show_although

router = APIRouter(route_class=LimitedRoute)
WITHOUT_VERSION = DecisionIn()
THEME_REFUSALS = ("theme_not_found", "theme_merged", "version_conflict")


@router.post(
    "/themes/decisions",
    operation_id="decide_themes",
    summary="Decide on many themes at once",
    tags=["decisions"],
    responses=refusals("reason_missing", body=True),
)
async def decide_themes(
    caller: Decider, database: DatabaseOf, settings: SettingsOf, body: BulkIn
) -> BulkOut:
    """Take the same decision about up to 200 themes. Each stands for itself: one that fails is
    named, the rest is done.

    With `dry_run` the answer is what would happen, and nothing changes.
    """
    decision = BulkDecision(
        BulkChoice(body.decision), caller.actor, settings.undo_seconds, body.reason
    )
    outcome = await decide_many(database, decision, body.ids, dry_run=body.dry_run)
    return BulkOut(
        dry_run=body.dry_run,
        succeeded=[BulkDone(id=one.theme_id, action_id=one.activity_id) for one in outcome.decided],
        failed=[
            BulkFailure(id=one.theme_id, reason=one.reason, detail=one.detail)
            for one in outcome.refused
        ],
    )


@router.post(
    "/themes/{theme_id}/accept",
    operation_id="accept_theme",
    summary="Approve a theme",
    tags=["decisions"],
    responses=refusals(*THEME_REFUSALS, "already_accepted", body=True),
)
async def accept(
    caller: Decider,
    database: DatabaseOf,
    settings: SettingsOf,
    theme_id: ThemeId,
    body: DecisionIn = WITHOUT_VERSION,
) -> ActionOut:
    """Approve a theme: it gets a ticket in every tracker of the product that takes its kind."""
    async with database.transaction() as connection:
        action = await decisions.accept(
            connection,
            theme_id,
            actor=caller.actor,
            undo_seconds=settings.undo_seconds,
            version=body.version,
        )
        return await action_on_theme(connection, action, theme_id)


@router.post(
    "/themes/{theme_id}/push-although",
    operation_id="push_theme_although",
    summary="Push a theme although more people read the tracker",
    tags=["decisions"],
    responses=refusals(*THEME_REFUSALS, "nothing_withheld", body=True),
)
async def push_although(
    caller: Decider, database: DatabaseOf, theme_id: ThemeId, body: DecisionIn = WITHOUT_VERSION
) -> ActionOut:
    """Let the theme's tickets say what people wrote where fewer could read it than can read the
    tracker. Tickets that are `blocked` by `more_private_than_tracker` are pushed now, quotes and
    names included. It is recorded who said so."""
    async with database.transaction() as connection:
        action = await show_although(connection, theme_id, actor=caller.actor, version=body.version)
        return await action_on_theme(connection, action, theme_id)


@router.post(
    "/themes/{theme_id}/ignore",
    operation_id="ignore_theme",
    summary="Decline a theme",
    tags=["decisions"],
    responses=refusals(*THEME_REFUSALS, "already_ignored", "reason_missing", body=True),
)
async def ignore(
    caller: Decider, database: DatabaseOf, theme_id: ThemeId, body: IgnoreIn
) -> ActionOut:
    """Decline a theme with a reason. Later comments that say the same still count towards it."""
    async with database.transaction() as connection:
        action = await decisions.ignore(
            connection, theme_id, actor=caller.actor, reason=body.reason, version=body.version
        )
        return await action_on_theme(connection, action, theme_id)


@router.post(
    "/themes/{theme_id}/reopen",
    operation_id="reopen_theme",
    summary="Put a theme back into the queue",
    tags=["decisions"],
    responses=refusals(*THEME_REFUSALS, "already_open", body=True),
)
async def reopen(
    caller: Decider, database: DatabaseOf, theme_id: ThemeId, body: DecisionIn = WITHOUT_VERSION
) -> ActionOut:
    """Put a decided theme back into the queue. A ticket that exists stays; one that waits is not
    made."""
    async with database.transaction() as connection:
        action = await decisions.reopen(
            connection, theme_id, actor=caller.actor, version=body.version
        )
        return await action_on_theme(connection, action, theme_id)


@router.post(
    "/themes/{theme_id}/kind",
    operation_id="change_theme_kind",
    summary="Correct a theme's kind",
    tags=["decisions"],
    responses=refusals(*THEME_REFUSALS, "already_this_kind", body=True),
)
async def change_kind(
    caller: Decider, database: DatabaseOf, theme_id: ThemeId, body: KindIn
) -> ActionOut:
    """Say whether a theme is a bug or a request; the model does not change it again."""
    async with database.transaction() as connection:
        action = await decisions.change_kind(
            connection, theme_id, body.kind, actor=caller.actor, version=body.version
        )
        return await action_on_theme(connection, action, theme_id)


@router.post(
    "/themes/{theme_id}/title",
    operation_id="rename_theme",
    summary="Give a theme a title",
    tags=["decisions"],
    responses=refusals(*THEME_REFUSALS, "title_length", body=True),
)
async def rename(
    caller: Decider, database: DatabaseOf, theme_id: ThemeId, body: TitleIn
) -> ActionOut:
    """Give a theme a title of your own; it stays whatever comments follow."""
    async with database.transaction() as connection:
        action = await decisions.rename(
            connection, theme_id, body.title, actor=caller.actor, version=body.version
        )
        return await action_on_theme(connection, action, theme_id)


@router.post(
    "/themes/{theme_id}/split",
    operation_id="split_theme",
    summary="Split comments off a theme",
    tags=["decisions"],
    responses=refusals(*THEME_REFUSALS, "comments_not_in_theme", "nothing_left", body=True),
)
async def split(
    caller: Decider, database: DatabaseOf, theme_id: ThemeId, body: SplitIn
) -> SplitOut:
    """Take comments out into a theme of their own; they are never joined to the old one again."""
    async with database.transaction() as connection:
        action, new_id = await regroup.split(
            connection, theme_id, body.comment_ids, actor=caller.actor, version=body.version
        )
        themes = await theme_rows(connection, [theme_id, new_id])
    return SplitOut(
        action_id=action,
        theme=ThemeOut.model_validate(themes[theme_id]),
        new_theme=ThemeOut.model_validate(themes[new_id]),
    )


@router.post(
    "/actions/{action_id}/undo",
    operation_id="undo_action",
    summary="Take a decision back",
    tags=["decisions"],
    responses=refusals(
        "activity_not_found", "not_undoable", "already_undone", "later_step", writes=True
    ),
)
async def undo_action(
    caller: Decider,
    database: DatabaseOf,
    action_id: Annotated[
        BigId, Path(description="The action's `id`, as the decision answered it.", examples=[88])
    ],
) -> ActionOut:
    """Restore what was before. A ticket that was not pushed yet is never made; one that was stays
    and is told so."""
    async with database.transaction() as connection:
        undone = await undo.undo(connection, action_id, actor=caller.actor)
        return await action_as_it_is(connection, undone)
