"""What the team promised: open, overdue, kept."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Invalid
from app.models.states import PromiseState
from app.queries.promises import PromiseList, count_promises, list_promises
from app.queries.shipped import count_untold
from app.replies.promises import NewPromise, make_promise, settle_promise
from app.web import guard, rendering
from app.web.guard import Acting, Viewer
from app.web.params import Cursor, Word, identifier
from app.web.routes import PageRoute

router = APIRouter(route_class=PageRoute)
PROMISES_PER_PAGE = 30
PROMISE_MAX_CHARACTERS = 4_000


@router.get("/promises")
async def promises_page(
    request: Request, user: Viewer, state: Word = "", until: Word = "", cursor: Cursor = None
) -> Response:
    """Promises by their last day; ``until`` leaves out those that may take longer."""
    frame = await rendering.shell(request)
    chosen = PromiseList(state) if state in set(PromiseList) else PromiseList.open
    due_until = _read_day(until)
    async with guard.database(request).transaction() as connection:
        page = await list_promises(
            connection,
            frame.product_id,
            state=chosen,
            due_until=due_until,
            cursor=cursor or None,
            limit=PROMISES_PER_PAGE,
        )
        counts = await count_promises(connection, frame.product_id)
        untold = await count_untold(connection, frame.product_id)
    return await rendering.page(
        request,
        user,
        "promises.html",
        frame=frame,
        promises=page.items,
        cursor=page.next_cursor,
        first=not cursor,
        counts=counts,
        untold=untold,
        state=chosen,
        states=list(PromiseList),
        due_until=due_until,
    )


@router.post("/promises")
async def make(act: Acting) -> Response:
    """Write a promise down."""
    comment = act.text("comment")
    new = NewPromise(
        words=act.text("words", PROMISE_MAX_CHARACTERS),
        promised_by=act.actor,
        due_on=_read_day(act.text("due_on")),
        comment_id=int(comment) if comment.isdigit() else None,
        reply_id=identifier(act.text("reply")),
        made_to=act.text("made_to"),
        product_id=identifier(act.text("product_id")),
    )
    async with act.database.transaction() as connection:
        await make_promise(connection, new)
    return act.done("Written down: it stands under Promises until it is kept.")


@router.post("/promises/{promise_id}")
async def settle(act: Acting, promise_id: int) -> Response:
    """It was kept, is withdrawn, or stands after all."""
    word = act.text("state")
    if word not in set(PromiseState):
        raise Invalid("Say whether it was kept or is withdrawn.", reason="promise_state_invalid")
    state = PromiseState(word)
    async with act.database.transaction() as connection:
        await settle_promise(
            connection, promise_id, state, actor=act.actor, evidence=act.text("evidence")
        )
    sentences = {
        PromiseState.kept: "Kept. Tell whoever waits for it, if nobody did.",
        PromiseState.withdrawn: "Withdrawn. Tell whoever waits for it.",
        PromiseState.open: "It stands again.",
    }
    return act.done(sentences[state])


def _read_day(typed: str) -> date | None:
    """A last day as it was typed; None where there is none. Raises Invalid (``due_invalid``)."""
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Invalid("A day is written like 2026-12-24.", reason="due_invalid") from None
