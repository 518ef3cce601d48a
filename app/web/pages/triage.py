"""The queue of themes that wait for a decision, with the evidence of one of them beside it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Invalid, RelayError
from app.queries.rows import TimelineDay
from app.queries.themes import ORDERS, list_themes, read_theme, theme_comments
from app.triage import decisions
from app.web import charts, guard, rendering
from app.web.guard import Act, Acting, Viewer
from app.web.params import Cursor, Word, identifier
from app.web.routes import PageRoute
from integrations import registry

router = APIRouter(route_class=PageRoute)
SORTS = (
    ("people", "Most people"),
    ("recent", "Last spoken of"),
    ("new", "Newest"),
    ("confidence", "Surest kind"),
)
TABS = (("triage", "Waiting"), ("accepted", "Accepted"), ("ignored", "Ignored"))
REASONS = (
    "Not something we will do",
    "Works as intended",
    "Already solved",
    "Too vague to act on",
    "Not about our product",
    "Spam",
)
_ROWS, _QUOTES = 30, 8


@router.get("/triage")
async def triage_page(
    request: Request,
    user: Viewer,
    status: Word = "triage",
    kind: Word = "",
    platform: Word = "",
    source: Word = "",
    q: Word = "",
    sort: Word = "people",
    cursor: Cursor = None,
    open: Word = "",
) -> Response:
    """The themes that match, thirty at a time, and the evidence of the chosen one (by default the
    first)."""
    frame = await rendering.shell(request)
    status = status if status in dict(TABS) else "triage"
    sort = sort if sort in ORDERS else "people"
    async with guard.database(request).transaction() as connection:
        found = await list_themes(
            connection,
            frame.product_id,
            status=status,
            kind=kind or None,
            platform=platform or None,
            source_id=identifier(source),
            q=q or None,
            sort=sort,
            cursor=cursor or None,
            limit=_ROWS,
        )
        rows = found.items
        place = next((index for index, row in enumerate(rows) if str(row.id) == open), 0)
        chosen = comments = None
        if rows:
            chosen = await read_theme(connection, rows[place].id)
            comments = await theme_comments(connection, chosen.row.id, limit=_QUOTES)
    following = rows[place + 1] if place + 1 < len(rows) else rows[place - 1] if place else None
    return await rendering.page(
        request,
        user,
        "triage.html",
        frame=frame,
        status=status,
        sort=sort,
        filters={"kind": kind, "platform": platform, "source": source, "q": q},
        filtered=bool(kind or platform or source or q),
        platforms=[(name, source.title) for name, source in registry.sources().items()],
        sorts=SORTS,
        tabs=TABS,
        reasons=REASONS,
        rows=rows,
        cursor=found.next_cursor,
        first=not cursor,
        chosen=chosen,
        explicit=any(str(row.id) == open for row in rows),
        following=str(following.id) if following else "",
        comments=comments,
    )


def sparkline(timeline: Sequence[TimelineDay]) -> charts.Bars:
    """The mentions of a theme per day, as one row of bars."""
    days = [point.day for point in timeline]
    series = (charts.Series("Mentions", tuple(point.mentions for point in timeline), 0),)
    return charts.stacked(days, series, height=72, plot=38)


@router.post("/triage/bulk")
async def decide_many(act: Acting) -> Response:
    """Accept or ignore every selected theme; one that cannot be decided is named, the others
    are."""
    chosen, decision, reason = _chosen(act), act.text("decision"), act.text("reason")
    if decision not in ("accept", "ignore"):
        raise Invalid(
            "Choose whether to accept or to ignore the selected themes.", reason="decision_unknown"
        )
    if decision == "ignore" and not reason:
        raise Invalid("Choose why the selected themes are ignored.", reason="reason_missing")
    done: list[int] = []
    failed: list[str] = []
    for theme_id in chosen:
        try:
            async with act.database.transaction() as connection:
                if decision == "accept":
                    done.append(await decisions.accept(connection, theme_id, actor=act.actor))
                else:
                    done.append(
                        await decisions.ignore(connection, theme_id, actor=act.actor, reason=reason)
                    )
        except RelayError as error:
            if error.status >= 500:
                raise
            failed.append(error.detail)
    text = f"{len(done)} {'theme' if len(done) == 1 else 'themes'} {'accepted' if decision == 'accept' else 'ignored'}."
    if failed:
        text += f" {len(failed)} could not be: {failed[0]}"
    return act.done(text, *done, tone="failed" if failed else "done")


def _chosen(act: Act) -> list[UUID]:
    try:
        chosen = [UUID(value) for value in act.texts("theme")]
    except ValueError:
        raise Invalid(
            "The selection holds something that is no theme; select again.", reason="theme_invalid"
        ) from None
    if not chosen:
        raise Invalid("Select at least one theme first.", reason="nothing_selected")
    return chosen
