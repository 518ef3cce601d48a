"""The queue of themes that wait for a decision, with the evidence of one of them beside it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Invalid
from app.models.states import ThemeStatus
from app.queries.matters import MATTER_ORDERS, Matter, list_matters
from app.queries.rows import ThemeRow, TimelineDay
from app.queries.theme_filters import SAID_AGAIN_CHOICE, ThemeFilter
from app.queries.themes import THEME_ORDERS, list_themes, read_theme, theme_comments
from app.triage.bulk import BulkChoice, BulkDecision, decide_many
from app.web import charts, guard, rendering
from app.web.guard import Act, Acting, Viewer
from app.web.merging import chosen_themes, merge_chosen, merge_or_ask, said_of
from app.web.params import Cursor, Word, identifier
from app.web.routes import PageRoute
from app.web.words import TICKET_STATUSES, counted
from integrations import registry

router = APIRouter(route_class=PageRoute)
THEME_SORTS = (
    ("people", "Most people"),
    ("rising", "Rising most"),
    ("recent", "Last spoken of"),
    ("new", "Newest"),
    ("confidence", "Surest kind"),
    ("weight", "Weight of people"),
)
STATUS_TABS = (
    (ThemeStatus.triage, "Waiting"),
    (ThemeStatus.accepted, "Accepted"),
    (ThemeStatus.ignored, "Ignored"),
)
TICKET_CHOICES = (
    ("", "Every ticket status"),
    *TICKET_STATUSES.items(),
    (SAID_AGAIN_CHOICE, "Said again since shipped"),
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
MERGE = "merge"
THEMES_PER_PAGE, COMMENTS_BESIDE = 30, 8


@router.get("/triage")
async def triage_page(
    request: Request,
    user: Viewer,
    status: Word = "triage",
    kind: Word = "",
    platform: Word = "",
    source: Word = "",
    ticket: Word = "",
    q: Word = "",
    sort: Word = "people",
    cursor: Cursor = None,
    open: Word = "",
    view: Word = "",
    same: Word = "",
    rare: Word = "",
) -> Response:
    """The matters that match, or with ``view`` every theme by itself, and the evidence of the
    chosen one (by default the first)."""
    frame = await rendering.shell(request)
    if status not in dict(STATUS_TABS):
        status = ThemeStatus.triage
    if ticket not in dict(TICKET_CHOICES):
        ticket = ""
    by_themes = view == "themes"
    if sort not in MATTER_ORDERS:
        sort = "people"
    if by_themes and sort not in THEME_ORDERS:
        sort = "people"
    theme_filter = ThemeFilter(
        product_id=frame.product_id,
        status=status,
        kind=kind or None,
        platform=platform or None,
        source_id=identifier(source),
        q=q or None,
        suggested=bool(same),
        rare=bool(rare),
        ticket_status=ticket or None,
    )
    async with guard.database(request).transaction() as connection:
        matters: dict[UUID, Matter] = {}
        if by_themes:
            themes = await list_themes(
                connection, theme_filter, sort=sort, cursor=cursor or None, limit=THEMES_PER_PAGE
            )
            rows, next_cursor = themes.items, themes.next_cursor
        else:
            page = await list_matters(
                connection, theme_filter, sort=sort, cursor=cursor or None, limit=THEMES_PER_PAGE
            )
            matters = {matter.theme.id: matter for matter in page.items}
            rows, next_cursor = [matter.theme for matter in page.items], page.next_cursor
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
        filters={
            "kind": kind,
            "platform": platform,
            "source": source,
            "ticket": ticket,
            "q": q,
            "same": same,
            "rare": rare,
        },
        filtered=bool(kind or platform or source or ticket or q or same or rare),
        ticket_choices=TICKET_CHOICES,
        view="themes" if by_themes else "",
        matters=matters,
        platforms=[(name, source.title) for name, source in registry.sources().items()],
        sorts=[one for one in THEME_SORTS if not by_themes or one[0] in THEME_ORDERS],
        tabs=STATUS_TABS,
        reasons=IGNORE_REASONS,
        rows=rows,
        cursor=next_cursor,
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
    are. Merging is one decision about all of them."""
    chosen, choice, reason = chosen_themes(act), act.text("decision"), act.text("reason")
    if choice == MERGE:
        return await merge_or_ask(act, lambda: _merge(act, chosen))
    if choice not in DECIDED:
        raise Invalid(
            "Choose whether to accept, to merge or to ignore the selected themes.",
            reason="decision_unknown",
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


async def _merge(act: Act, chosen: list[UUID]) -> Response:
    merged = await merge_chosen(act, chosen)
    undo = () if merged.already else (merged.activity_id,)
    return act.done(said_of(merged, len(set(chosen))), *undo)
