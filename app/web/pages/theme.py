"""One theme: what people said, why it was put together, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.digests.spike_lines import spike_line
from app.models.states import ThemeStatus, TicketState
from app.queries.comments import read_excerpts
from app.queries.replies import answers_back, reply_ledger
from app.queries.rows import CommentRow, SuggestionRow, ThemeRow
from app.queries.spikes import list_spikes
from app.queries.theme_filters import ThemeFilter
from app.queries.theme_history import similar_themes, theme_activity, theme_timeline
from app.queries.themes import list_themes, read_theme, theme_comments
from app.setup.trackers import has_trackers
from app.storage.db import Connection
from app.themes.quotes import MemberRow, read_face, theme_quotes
from app.tickets.routing import decide_theme
from app.web import guard, rendering
from app.web.guard import Viewer
from app.web.pages.triage import IGNORE_REASONS, sparkline
from app.web.params import Cursor, Word
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
COMMENTS_SHOWN, SIMILAR_SHOWN, ACTIVITIES_SHOWN, CHOICES_SHOWN = 25, 5, 40, 20
THEME_DAYS = 60
SIMILAR_FROM_COSINE = 0.35
QUOTES_FROM_MENTIONS = 5
"""Below, the list of all comments says it as well as a choice of them."""
NEAREST_SHOWN = 3
SPIKES_OF_THEME = 3


async def near_texts(
    connection: Connection,
    comments: Sequence[CommentRow],
    suggestions: Sequence[SuggestionRow] = (),
) -> dict[int, str]:
    """The words of the comments that the evidence names, by id; without deleted ones."""
    comment_ids: set[int] = set()
    for comment in comments:
        nearest = comment.grouping.get("nearest") or []
        comment_ids.update(neighbour["comment"] for neighbour in nearest[:NEAREST_SHOWN])
    for suggestion in suggestions:
        for pair in (suggestion.evidence.get("nearest") or [])[:1]:
            comment_ids.update(pair[side] for side in ("of", "comment") if side in pair)
    return await read_excerpts(connection, comment_ids)


@router.get("/themes/{theme_id}")
async def theme_page(
    request: Request, user: Viewer, theme_id: UUID, cursor: Cursor = None
) -> Response:
    """A theme with its quotes, its history and its neighbours."""
    frame = await rendering.shell(request)
    async with guard.database(request).transaction() as connection:
        theme = await read_theme(connection, theme_id)
        comments = await theme_comments(connection, theme_id, cursor or None, COMMENTS_SHOWN)
        texts = await near_texts(connection, comments.items, theme.suggestions)
        face = await read_face(connection, theme_id)
        quotes: list[MemberRow] = []
        if not cursor and theme.row.mentions >= QUOTES_FROM_MENTIONS:
            quotes = await theme_quotes(connection, theme_id)
        timeline = await theme_timeline(connection, theme_id, THEME_DAYS)
        activity = await theme_activity(connection, theme_id, ACTIVITIES_SHOWN)
        similar = await similar_themes(connection, theme_id, SIMILAR_SHOWN)
        ledger = await reply_ledger(connection, theme_id)
        back = await answers_back(connection, theme_id)
        routing = await decide_theme(connection, theme.row.product_id, theme_id)
        spikes = await list_spikes(
            connection,
            theme_id=theme_id,
            since=datetime.now(UTC) - timedelta(days=THEME_DAYS),
            limit=SPIKES_OF_THEME,
        )
        trackable = await has_trackers(connection, theme.row.product_id)
        merged_into: ThemeRow | None = None
        if theme.row.merged_into:
            merged_into = (await read_theme(connection, theme.row.merged_into)).row
    suggested = {suggestion.other_id for suggestion in theme.suggestions}
    similar_to_show = [
        (other, cosine)
        for other, cosine in similar
        if cosine >= SIMILAR_FROM_COSINE and other.id not in suggested
    ]
    return await rendering.page(
        request,
        user,
        "theme.html",
        frame=frame,
        theme=theme.row,
        detail=theme,
        into=merged_into,
        comments=comments.items,
        near=texts,
        face=face,
        ledger=ledger,
        back=back,
        trackable=trackable,
        routing=routing,
        spikes=spikes.items,
        spike_line=spike_line,
        reply_key=uuid4,
        telling=quotes,
        cursor=comments.next_cursor,
        first=not cursor,
        chart=sparkline(timeline),
        spoken=sum(point.mentions for point in timeline),
        days=THEME_DAYS,
        activity=activity,
        similar=similar_to_show,
        reasons=IGNORE_REASONS,
    )


@router.get("/themes/{theme_id}/merge")
async def merge_page(
    request: Request, user: Viewer, theme_id: UUID, q: Word = "", other: UUID | None = None
) -> Response:
    """Choose the theme that this one goes into: the most similar ones, ``other`` before them, or
    what a search finds."""
    frame = await rendering.shell(request)
    words = q.strip()
    async with guard.database(request).transaction() as connection:
        theme = await read_theme(connection, theme_id)
        if theme.row.status == ThemeStatus.merged:
            return RedirectResponse(f"/themes/{theme_id}", status_code=303)
        choices: list[tuple[ThemeRow, float | None]] = []
        if words:
            of_words = ThemeFilter(product_id=theme.row.product_id, q=words)
            matches = await list_themes(connection, of_words, limit=CHOICES_SHOWN)
            choices += [(row, None) for row in matches.items if row.id != theme_id]
        else:
            if other is not None and other != theme_id:
                choices.append(((await read_theme(connection, other)).row, None))
            similar = await similar_themes(connection, theme_id, CHOICES_SHOWN)
            choices += [(row, near) for row, near in similar if row.id != other]
    return await rendering.page(
        request,
        user,
        "merge.html",
        frame=frame,
        theme=theme.row,
        choices=choices,
        q=words,
        searched=bool(words),
        oldest=oldest,
    )


def oldest(*themes: ThemeRow) -> ThemeRow:
    """Of themes with tickets, the one whose ticket is the oldest: it lives on unless a person says
    otherwise."""

    def age(theme: ThemeRow) -> tuple[bool, datetime]:
        tickets = [ticket for ticket in theme.tickets if ticket.is_there]
        certain = [one for one in tickets if one.state is TicketState.created]
        return not certain, min(one.created_at for one in certain or tickets)

    return min(themes, key=age)
