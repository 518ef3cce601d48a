"""The queue of pairs: themes that may be the same, decided with one key each, or many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Invalid
from app.queries.pairs import (
    PairRow,
    QueueItem,
    QuoteRow,
    pair_queue,
    quotes_of,
    read_pairs,
    titles_of,
)
from app.queries.rows import ThemeRow
from app.queries.themes import theme_rows
from app.triage.suggestions import LATER_DAYS, keep_apart, postpone
from app.web import guard, rendering
from app.web.guard import Act, Acting, Viewer
from app.web.merging import chosen_themes, merge_chosen, merge_or_ask, said_of, theme_of
from app.web.pages.triage import STATUS_TABS
from app.web.params import Word, identifier
from app.web.routes import PageRoute
from app.web.words import counted

router = APIRouter(route_class=PageRoute)
PAIR_SORTS = (("likely", "Likeliest"), ("people", "Most people"))
ITEMS_SHOWN_MOST = 40
QUOTES_OF_PAIR, QUOTES_OF_CLUSTER = 3, 1


@router.get("/pairs")
async def pairs_page(
    request: Request, user: Viewer, theme: Word = "", sort: Word = "likely", open: Word = ""
) -> Response:
    """What may be the same, with all that each of the themes says of itself; with ``theme`` only
    what hangs together with this one."""
    frame = await rendering.shell(request)
    if sort not in dict(PAIR_SORTS):
        sort = "likely"
    only = identifier(theme)
    async with guard.database(request).transaction() as connection:
        queue = await pair_queue(connection, frame.product_id, only, by_people=sort == "people")
        items = queue[:ITEMS_SHOWN_MOST]
        listed = [member for item in items for member in item.themes[:2]]
        titles = await titles_of(connection, listed)
        place = next((n for n, item in enumerate(items) if str(item.key) == open), 0)
        pairs: list[PairRow] = []
        quotes: Mapping[UUID, Sequence[QuoteRow]] = {}
        themes: Mapping[UUID, ThemeRow] = {}
        if items:
            chosen = items[place]
            themes = await theme_rows(connection, chosen.themes)
            pairs = await read_pairs(connection, [pair.id for pair in chosen.pairs])
            first = [comment for pair in pairs for comment in pair.quoted]
            most = QUOTES_OF_PAIR if len(chosen.themes) == 2 else QUOTES_OF_CLUSTER
            quotes = await quotes_of(connection, chosen.themes, first, most)
    return await rendering.page(
        request,
        user,
        "pairs.html",
        frame=frame,
        tabs=STATUS_TABS,
        sort=sort,
        sorts=PAIR_SORTS,
        only=str(only) if only else "",
        items=items,
        more=len(queue) - len(items),
        themes=themes,
        titles=titles,
        chosen=items[place] if items else None,
        explicit=any(str(item.key) == open for item in items),
        following=_following(items, place),
        reasons=_reasons(items[place], pairs) if items else {},
        quotes=quotes,
        later_days=LATER_DAYS,
    )


def _following(items: Sequence[QueueItem], place: int) -> str:
    """What comes up when the item at ``place`` is decided: the next one, else the one before."""
    others = [*items[place + 1 :][:1], *items[:place][-1:]]
    return str(others[0].key) if others else ""


def _reasons(item: QueueItem, pairs: Sequence[PairRow]) -> dict[UUID, tuple[PairRow, str]]:
    """For each theme but the one that would live on: the likeliest pair that it is part of, and the
    title of the theme on the other side."""
    reasons: dict[UUID, tuple[PairRow, str]] = {}
    lead = item.themes[0]
    for pair in pairs:
        for theme, other in (
            (pair.theme_id, pair.other_title),
            (pair.other_id, pair.theme_title),
        ):
            if theme != lead and theme not in reasons:
                reasons[theme] = (pair, other)
    return reasons


@router.post("/pairs")
async def answer_pairs(act: Acting) -> Response:
    """The themes that are ticked are the same, different, or for later."""
    answer = act.text("answer")
    if answer == "same":
        return await merge_or_ask(act, lambda: _same(act))
    if answer not in ("different", "later"):
        raise Invalid("Choose same, different or later.", reason="decision_unknown")
    async with act.database.transaction() as connection:
        ticked = set(_ticked(act))
        named = await read_pairs(connection, _suggestions(act))
        chosen = [pair.id for pair in named if {pair.theme_id, pair.other_id} <= ticked]
        if not chosen:
            raise Invalid(
                "Nothing suggests that the ticked themes are the same; tick others as well.",
                reason="nothing_selected",
            )
        decide = keep_apart if answer == "different" else postpone
        activity = await decide(connection, chosen, actor=act.actor)
    if answer == "different":
        message = "Kept apart for good."
        if len(chosen) > 1:
            message = f"{counted(len(chosen), 'pair')} kept apart for good."
    else:
        comes = "they come" if len(ticked) > 2 else "it comes"
        message = f"Later: {comes} after all others for {LATER_DAYS} days."
    return act.done(message, activity)


async def _same(act: Act) -> Response:
    themes = _ticked(act)
    into = theme_of(act.text("into"))
    if into not in themes:
        raise Invalid(
            "The theme that lives on has to be one of those that are ticked.",
            reason="into_not_ticked",
        )
    async with act.database.transaction() as connection:
        rows: Mapping[UUID, ThemeRow] = await theme_rows(connection, [into])
    has_ticket = into in rows and any(ticket.is_there for ticket in rows[into].tickets)
    merged = await merge_chosen(act, themes, into=into, tickets_of=into if has_ticket else None)
    return act.done(said_of(merged, len(themes)), *_undoable(merged.already, merged.activity_id))


def _ticked(act: Act) -> list[UUID]:
    """The themes that the answer is about. Raises Invalid."""
    if len(act.texts("theme")) < 2:
        raise Invalid(
            "Tick at least two themes: the answer says how they stand to each other.",
            reason="nothing_to_merge",
        )
    return chosen_themes(act)


def _undoable(already: bool, activity: int) -> tuple[int, ...]:
    """What somebody else did is not offered for undo here."""
    return () if already else (activity,)


def _suggestions(act: Act) -> list[int]:
    try:
        return [int(value) for value in act.texts("suggestion")]
    except ValueError:
        raise Invalid(
            "The selection holds something that is no pair; select again.", reason="pair_invalid"
        ) from None
