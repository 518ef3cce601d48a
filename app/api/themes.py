"""Themes: the queue, one theme, and what is known about it."""

from dataclasses import fields
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from app.api.access import DatabaseOf, Reader
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import CleanText, Cursor, In, Limit, PageOut, QueryFlag, Word
from app.api.schemas.comment import CommentOut, Kind
from app.api.schemas.theme import (
    ActivityOut,
    LanguageShare,
    NamedTheme,
    QuoteOut,
    RoutingOut,
    SimilarThemeOut,
    SourceShare,
    SuggestionOut,
    ThemeDetailOut,
    ThemeOut,
    ThemeStatus,
    TimelineDayOut,
)
from app.queries import suggestions, theme_history, themes
from app.queries.paging import Page
from app.queries.rows import ActivityRow, CommentRow, SuggestionRow, ThemeRow, TimelineDay
from app.queries.theme_filters import ThemeFilter
from app.themes import quotes as theme_face
from app.tickets.routing import decide_theme

router = APIRouter(route_class=LimitedRoute, prefix="/themes", tags=["themes"])
ThemeId = Annotated[
    UUID, Path(description="The theme's `id`.", examples=["7f0a6c1e-2d0b-4f6e-b2b4-6f2f4be8a001"])
]
Zone = Annotated[
    Word, Query(description="Where days begin, such as Europe/Berlin.", examples=["UTC"])
]
Days = Annotated[int, Query(ge=1, le=731, description="Days, today among them.")]


class FilterQuery(In):
    """What themes to list have to be."""

    product_id: UUID | None = None
    status: ThemeStatus | None = Field(default=None, description="Without it, all but merged ones.")
    kind: Kind | None = None
    platform: Word | None = None
    source_id: UUID | None = None
    q: Annotated[CleanText, Field(max_length=500)] | None = Field(
        default=None,
        description='Full-text search in titles and comments: words, "a phrase", or, -not.',
    )
    min_people: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    ticket_status: (
        Literal["open", "in_progress", "done", "declined", "duplicate", "again"] | None
    ) = Field(
        default=None,
        description="What the status of a ticket of theirs means; `again`: people speak of them "
        "since they were shipped.",
    )
    suggested: QueryFlag = Field(
        default=False, description="Only those that may be the same as another theme."
    )

    rare: QueryFlag = Field(
        default=False,
        description="Only those that nobody speaks of who wrote more than two comments in all.",
    )

    def chosen(self) -> ThemeFilter:
        """As the queries read it."""
        names = [field.name for field in fields(ThemeFilter)]
        return ThemeFilter(**{name: getattr(self, name) for name in names})


class ThemeQuery(FilterQuery):
    """Which themes to list, and in which order."""

    sort: Literal["people", "recent", "new", "confidence", "weight"] = "people"
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


class ThemeCommentQuery(In):
    """Which comments of a theme to list."""

    order: Literal["recent", "oldest", "liked"] = "recent"
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


@router.get(
    "",
    operation_id="list_themes",
    summary="List themes",
    response_model=PageOut[ThemeOut],
    responses=refusals("cursor_invalid"),
)
async def list_all(
    caller: Reader, database: DatabaseOf, query: Annotated[ThemeQuery, Query()]
) -> Page[ThemeRow]:
    """Themes, those that most people speak of first."""
    async with database.transaction() as connection:
        return await themes.list_themes(
            connection, query.chosen(), sort=query.sort, cursor=query.cursor, limit=query.limit
        )


@router.get(
    "/{theme_id}",
    operation_id="read_theme",
    summary="Read a theme",
    response_model=ThemeDetailOut,
    responses=refusals("theme_not_found"),
)
async def read(caller: Reader, database: DatabaseOf, theme_id: ThemeId) -> ThemeDetailOut:
    """A theme with its tickets, its open suggestions, and where its comments came from."""
    async with database.transaction() as connection:
        detail = await themes.read_theme(connection, theme_id)
        face = await theme_face.read_face(connection, theme_id)
        quotes = await theme_face.theme_quotes(connection, theme_id)
        routing = await decide_theme(connection, detail.row.product_id, theme_id)
    return ThemeDetailOut(
        theme=ThemeOut.model_validate(detail.row),
        policy=detail.policy,
        routing=RoutingOut.model_validate(routing),
        suggestions=[SuggestionOut.model_validate(row) for row in detail.suggestions],
        merged_from=[NamedTheme(id=merged, title=title) for merged, title in detail.merged_from],
        sources=[
            SourceShare(id=source, name=name, comments=count)
            for source, name, count in detail.sources
        ],
        languages=[
            LanguageShare(language=language, comments=count) for language, count in detail.languages
        ],
        phrases=list(face.phrases) if face else [],
        summary=face.summary if face else "",
        summary_by=face.summary_by if face else "",
        quotes=[
            QuoteOut(
                comment_id=quote.id,
                text=quote.text,
                author=quote.author,
                platform=quote.platform,
                permalink=quote.permalink,
                created_at=quote.created_at,
            )
            for quote in quotes
        ],
    )


@router.get(
    "/{theme_id}/comments",
    operation_id="list_theme_comments",
    summary="List a theme's comments",
    response_model=PageOut[CommentOut],
    responses=refusals("theme_not_found", "cursor_invalid"),
)
async def list_comments(
    caller: Reader,
    database: DatabaseOf,
    theme_id: ThemeId,
    query: Annotated[ThemeCommentQuery, Query()],
) -> Page[CommentRow]:
    """The comments of a theme with the evidence that put them there; deleted ones are marked by
    `deleted_at`."""
    async with database.transaction() as connection:
        return await themes.theme_comments(
            connection, theme_id, query.cursor, query.limit, query.order
        )


@router.get(
    "/{theme_id}/activity",
    operation_id="list_theme_activity",
    summary="List what happened to a theme",
    response_model=list[ActivityOut],
    responses=refusals("theme_not_found"),
)
async def list_activity(
    caller: Reader,
    database: DatabaseOf,
    theme_id: ThemeId,
    limit: Annotated[int, Query(ge=1, le=200)] = 200,
) -> list[ActivityRow]:
    """What happened to a theme, newest first. An `undoable` step is taken back with `POST
    /actions/{id}/undo`."""
    async with database.transaction() as connection:
        return await theme_history.theme_activity(connection, theme_id, limit)


@router.get(
    "/{theme_id}/timeline",
    operation_id="read_theme_timeline",
    summary="Read how a theme was spoken of over time",
    response_model=list[TimelineDayOut],
    responses=refusals("theme_not_found", "timezone_unknown"),
)
async def read_timeline(
    caller: Reader, database: DatabaseOf, theme_id: ThemeId, days: Days = 30, tz: Zone = "UTC"
) -> list[TimelineDay]:
    """Mentions and people per day, silent days too."""
    async with database.transaction() as connection:
        return await theme_history.theme_timeline(connection, theme_id, days, tz=tz)


@router.get(
    "/{theme_id}/similar",
    operation_id="list_similar_themes",
    summary="List similar themes",
    response_model=list[SimilarThemeOut],
    responses=refusals("theme_not_found"),
)
async def list_similar(
    caller: Reader,
    database: DatabaseOf,
    theme_id: ThemeId,
    limit: Annotated[int, Query(ge=1, le=50)] = 8,
) -> list[dict[str, object]]:
    """The themes of the same product whose comments are nearest, nearest first."""
    async with database.transaction() as connection:
        neighbours = await theme_history.similar_themes(connection, theme_id, limit)
    return [{"theme": theme, "cosine": cosine} for theme, cosine in neighbours]


@router.get(
    "/{theme_id}/suggestions",
    operation_id="list_theme_suggestions",
    summary="List what may be the same theme",
    response_model=list[SuggestionOut],
    responses=refusals("theme_not_found"),
)
async def list_suggestions(
    caller: Reader,
    database: DatabaseOf,
    theme_id: ThemeId,
    state: Literal["open", "accepted", "rejected"] = "open",
) -> list[SuggestionRow]:
    """Suggestions that another theme is the same, likeliest first; a person decides."""
    async with database.transaction() as connection:
        await themes.require_theme(connection, theme_id)
        return await suggestions.list_suggestions(connection, theme_id, state)
