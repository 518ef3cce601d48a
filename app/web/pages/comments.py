"""Everything that was said, the questions and the praise as well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from app.models.states import Tone
from app.queries.comments import COMMENT_ORDERS, SOUNDS, CommentFilter, list_comments
from app.queries.spans import span_of
from app.web import guard, rendering
from app.web.guard import Viewer
from app.web.params import Cursor, Word, identifier
from app.web.routes import PageRoute
from app.web.words import KIND_NAMES
from integrations import registry

router = APIRouter(route_class=PageRoute)
COMMENTS_PER_PAGE = 40
COMMENT_SORTS = (
    ("recent", "Newest first"),
    ("oldest", "Oldest first"),
    ("liked", "Most liked"),
    ("doubt", "Worth a look, 30 days"),
)
DOUBT_DAYS = 30
"""What is older is seldom decided any more, and all of it would take long to sort."""


@router.get("/comments")
async def comments_page(
    request: Request,
    user: Viewer,
    q: Word = "",
    kind: Word = "",
    also: Word = "",
    tone: Word = "",
    unsure: Word = "",
    unplaced: Word = "",
    platform: Word = "",
    language: Word = "",
    sounds: Word = "",
    author: Word = "",
    theme: Word = "",
    person: Word = "",
    first_day: Annotated[str, Query(alias="from", max_length=20)] = "",
    last_day: Annotated[str, Query(alias="to", max_length=20)] = "",
    tz: Word = "UTC",
    source: Word = "",
    sort: Word = "recent",
    cursor: Cursor = None,
) -> Response:
    """The comments that match, forty at a time."""
    frame = await rendering.shell(request)
    if sort not in COMMENT_ORDERS:
        sort = "recent"
    since = until = None
    if sort == "doubt":
        since = datetime.now(UTC) - timedelta(days=DOUBT_DAYS)
    if first_day or last_day:
        span = span_of(first_day, last_day, tz, datetime.now(UTC))
        since, until = span.since, span.until
    chosen = CommentFilter(
        product_id=frame.product_id,
        source_id=identifier(source),
        theme_id=identifier(theme),
        platform=platform or None,
        kind=kind if kind in KIND_NAMES else None,
        also=bool(also),
        tone=Tone.hostile if tone == Tone.hostile else None,
        unsure=bool(unsure),
        unplaced=bool(unplaced),
        q=q or None,
        since=since,
        until=until,
        language=language or None,
        sounds=sounds if sounds in SOUNDS else None,
        author_id=int(author) if author.isdecimal() and len(author) < 16 else None,
        person_id=int(person) if person.isdecimal() and len(person) < 16 else None,
    )
    async with guard.database(request).transaction() as connection:
        comments = await list_comments(
            connection, chosen, order=sort, cursor=cursor or None, limit=COMMENTS_PER_PAGE
        )
    return await rendering.page(
        request,
        user,
        "comments.html",
        frame=frame,
        comments=comments.items,
        cursor=comments.next_cursor,
        first=not cursor,
        sort=sort,
        sorts=COMMENT_SORTS,
        filters={
            "q": q,
            "kind": kind,
            "also": also,
            "tone": tone,
            "unsure": unsure,
            "unplaced": unplaced,
            "platform": platform,
            "source": source,
            "language": language,
            "sounds": sounds,
            "author": author,
            "theme": theme,
            "person": person,
            "from": first_day,
            "to": last_day,
            "tz": tz if first_day or last_day else "",
        },
        filtered=bool(
            q
            or kind
            or tone
            or unsure
            or unplaced
            or platform
            or source
            or language
            or sounds
            or author
            or person
            or first_day
            or last_day
        ),
        platforms=[(name, platform.title) for name, platform in registry.sources().items()],
    )
