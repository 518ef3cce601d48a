"""The queue of themes that wait for a decision, with the evidence of one of them beside it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Invalid
from app.models.states import ThemeStatus
from app.queries.rows import ThemeRow, TimelineDay
from app.queries.themes import THEME_ORDERS, list_themes, read_theme, theme_comments
from app.triage.bulk import BulkChoice, BulkDecision, decide_many
from app.web import charts, guard, rendering
from app.web.guard import Act, Acting, Viewer
from app.web.params import Cursor, Word, identifier
from app.web.routes import PageRoute
from app.web.words import counted
from integrations import registry

router = APIRouter(route_class=PageRoute)
THEME_SORTS = (
    ("people", "Most people"),
    ("recent", "Last spoken of"),
    ("new", "Newest"),
    ("confidence", "Surest kind"),
)
STATUS_TABS = (
    (ThemeStatus.triage, "Waiting"),
    (ThemeStatus.accepted, "Accepted"),
    (ThemeStatus.ignored, "Ignored"),
)
IGNORE_REASONS = (
    "Not something we will do",
    "Works as intended",
    "Already solved",
    "Too vague to act on",
    "Not about our product",
    "Spam",
)
DECIDED = {"accept": "accepted", "ignore": "ignored"}
"""What the page can decide about many themes, and how it says that it was done."""
THEMES_PER_PAGE, COMMENTS_BESIDE = 30, 8


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
    """The themes that match, and the evidence of the chosen one (by default the first)."""
    frame = await rendering.shell(request)
    if status not in dict(STATUS_TABS):
        status = ThemeStatus.triage
    if sort not in THEME_ORDERS:
        sort = "people"
    async with guard.database(request).transaction() as connection:
        themes = await list_themes(
            connection,
            frame.product_id,
            status=status,
            kind=kind or None,
            platform=platform or None,
            source_id=identifier(source),
            q=q or None,
            sort=sort,
            cursor=cursor or None,
            limit=THEMES_PER_PAGE,
        )
        rows = themes.items
        place = next((index for index, row in enumerate(rows) if str(row.id) == open), 0)
        chosen = comments = None
        if rows:
            chosen = await read_theme(connection, rows[place].id)
            comments = await theme_comments(connection, chosen.row.id, limit=COMMENTS_BESIDE)
    following = _following(rows, place)
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
        sorts=THEME_SORTS,
        tabs=STATUS_TABS,
        reasons=IGNORE_REASONS,
        rows=rows,
        cursor=themes.next_cursor,
        first=not cursor,
        chosen=chosen,
        explicit=any(str(row.id) == open for row in rows),
        following=str(following.id) if following else "",
        comments=comments,
    )


def _following(rows: Sequence[ThemeRow], place: int) -> ThemeRow | None:
    """What comes up when the theme at ``place`` is decided: the next one, else the one before."""
    if place + 1 < len(rows):
        return rows[place + 1]
    if place > 0:
        return rows[place - 1]
    return None


def sparkline(timeline: Sequence[TimelineDay]) -> charts.Bars:
    """The mentions of a theme per day, as one row of bars."""
    days = [point.day for point in timeline]
    series = (charts.Series("Mentions", tuple(point.mentions for point in timeline), 0),)
    return charts.stacked(days, series, height=72, plot=38)


@router.post("/triage/bulk")
async def decide_selected(act: Acting) -> Response:
    """Accept or ignore every selected theme; one that cannot be decided is named, the others
    are."""
    chosen, choice, reason = _chosen(act), act.text("decision"), act.text("reason")
    if choice not in DECIDED:
        raise Invalid(
            "Choose whether to accept or to ignore the selected themes.", reason="decision_unknown"
        )
    if choice == BulkChoice.ignore and not reason:
        raise Invalid("Choose why the selected themes are ignored.", reason="reason_missing")
    undo_seconds = guard.settings(act.request).undo_seconds
    decision = BulkDecision(BulkChoice(choice), act.actor, undo_seconds, reason)
    outcome = await decide_many(act.database, decision, chosen)
    text = f"{counted(len(outcome.decided), 'theme')} {DECIDED[choice]}."
    if outcome.refused:
        text += f" {len(outcome.refused)} could not be: {outcome.refused[0].detail}"
    activities = [one.activity_id for one in outcome.decided if one.activity_id is not None]
    return act.done(text, *activities, tone="failed" if outcome.refused else "done")


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
