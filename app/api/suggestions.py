"""Pairs of themes that may be the same, and a person's answers to them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict

from app.api.access import DatabaseOf, Decider, Reader, SettingsOf
from app.api.actions import action_as_it_is
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import BigId, Cursor, In, Limit, PageOut
from app.api.schemas.decision import ActionOut, PairsIn, SameIn
from app.api.schemas.theme import PairOut
from app.queries.paging import Page
from app.queries.pairs import PairRow, list_pairs
from app.triage.suggestions import decide_suggestion, keep_apart, postpone

router = APIRouter(route_class=LimitedRoute, prefix="/suggestions")
WITHOUT_CHOICE = SameIn()
SuggestionId = Annotated[BigId, Path(description="The suggestion's `id`.", examples=[5])]
ANSWER_REFUSALS = ("suggestion_not_found", "suggestion_decided", "theme_merged")


class PairQuery(In):
    """Which pairs to list."""

    product_id: UUID | None = None
    theme_id: UUID | None = None
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


@router.get(
    "",
    operation_id="list_suggestions",
    summary="List what may be the same",
    tags=["themes"],
    response_model=PageOut[PairOut],
    responses=refusals("cursor_invalid"),
)
async def list_all(
    caller: Reader, database: DatabaseOf, query: Annotated[PairQuery, Query()]
) -> Page[PairRow]:
    """Pairs of open themes that wait for an answer, the likeliest first; those that somebody put
    off come after all others."""
    async with database.transaction() as connection:
        return await list_pairs(connection, **query.model_dump())


@router.post(
    "/decisions",
    operation_id="answer_suggestions",
    summary="Answer many suggestions at once",
    tags=["decisions"],
    responses=refusals(*ANSWER_REFUSALS, "nothing_selected", "other_product", body=True),
)
async def answer_many(caller: Decider, database: DatabaseOf, body: PairsIn) -> ActionOut:
    """Say of up to 200 pairs of one product that they are different, or put them off: one decision,
    all of it or nothing, undone as a whole."""
    answer = keep_apart if body.answer == "different" else postpone
    async with database.transaction() as connection:
        action = await answer(connection, body.ids, actor=caller.actor)
        return await action_as_it_is(connection, action)


@router.post(
    "/{suggestion_id}/accept",
    operation_id="accept_suggestion",
    summary="Merge what was suggested",
    tags=["decisions"],
    responses=refusals(*ANSWER_REFUSALS, "ticket_choice_invalid", "merge_shows_private", body=True),
)
async def accept_suggestion(
    caller: Decider,
    database: DatabaseOf,
    settings: SettingsOf,
    suggestion_id: SuggestionId,
    body: SameIn = WITHOUT_CHOICE,
) -> ActionOut:
    """Say that both themes are the same: the first is merged into the other."""
    async with database.transaction() as connection:
        action = await decide_suggestion(
            connection,
            suggestion_id,
            True,
            actor=caller.actor,
            tickets_of=body.tickets_of,
            although=body.although,
            undo_seconds=settings.undo_seconds,
        )
        return await action_as_it_is(connection, action)


@router.post(
    "/{suggestion_id}/reject",
    operation_id="reject_suggestion",
    summary="Keep apart what was suggested",
    tags=["decisions"],
    responses=refusals(*ANSWER_REFUSALS, writes=True),
)
async def reject_suggestion(
    caller: Decider, database: DatabaseOf, suggestion_id: SuggestionId
) -> ActionOut:
    """Say that both themes are different; it is not suggested again."""
    async with database.transaction() as connection:
        action = await keep_apart(connection, [suggestion_id], actor=caller.actor)
        return await action_as_it_is(connection, action)


@router.post(
    "/{suggestion_id}/later",
    operation_id="postpone_suggestion",
    summary="Put off what was suggested",
    tags=["decisions"],
    responses=refusals(*ANSWER_REFUSALS, writes=True),
)
async def postpone_suggestion(
    caller: Decider, database: DatabaseOf, suggestion_id: SuggestionId
) -> ActionOut:
    """Let a pair come after all others for seven days."""
    async with database.transaction() as connection:
        action = await postpone(connection, [suggestion_id], actor=caller.actor)
        return await action_as_it_is(connection, action)
