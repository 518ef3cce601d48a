"""People: everybody who spoke, those who are easily overlooked, and one with the evidence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import Invalid
from app.models.states import LinkState
from app.people.accounts import set_wants_replies
from app.people.forgetting import forget_person
from app.people.linking import decide_link, link_accounts
from app.people.notes import NOTE_MAX_CHARACTERS, add_note, remove_note
from app.people.weights import read_weights, set_weights
from app.queries.account_links import list_links
from app.queries.comments import CommentFilter, list_comments
from app.queries.paging import BIGINT_MAX
from app.queries.people import PEOPLE_ORDERS, PeopleFilter, PeopleList, list_people
from app.queries.person import read_person
from app.queries.person_export import export_person
from app.web import guard, rendering
from app.web.guard import Act, Acting, Admin, Administering, Viewer
from app.web.params import Cursor, Word, identifier
from app.web.routes import PageRoute
from app.web.words import counted

router = APIRouter(route_class=PageRoute)
PERSONS_PER_PAGE = 40
LINKS_SHOWN = 10
SAID_SHOWN = 20
CHOICES_FOUND = 8
Number = Annotated[int, Path(ge=0, le=BIGINT_MAX)]


@router.get("/people")
async def people_page(
    request: Request,
    user: Viewer,
    which: Word = "",
    q: Word = "",
    sort: Word = "recent",
    cursor: Cursor = None,
) -> Response:
    """People, whoever was heard last first, and accounts that may be one of them."""
    frame = await rendering.shell(request)
    chosen = PeopleFilter(
        frame.product_id, PeopleList(which) if which in set(PeopleList) else PeopleList.all, q
    )
    if sort not in PEOPLE_ORDERS:
        sort = "recent"
    async with guard.database(request).transaction() as connection:
        page = await list_people(
            connection, chosen, sort=sort, cursor=cursor or None, limit=PERSONS_PER_PAGE
        )
        proposed = await list_links(connection, frame.product_id, limit=LINKS_SHOWN)
    return await rendering.page(
        request,
        user,
        "people.html",
        frame=frame,
        people=page.items,
        cursor=page.next_cursor,
        first=not cursor,
        proposed=proposed,
        which=chosen.which,
        q=q,
        sort=sort,
    )


@router.get("/people/weights")
async def weights_again() -> Response:
    """What a file did is told once; a reload leads back to the people."""
    return RedirectResponse("/people", status_code=303)


@router.get("/people/{person_id}")
async def person_page(
    request: Request, user: Viewer, person_id: Number, find: Word = ""
) -> Response:
    """One person; ``find`` looks for an account of theirs that is not linked yet."""
    frame = await rendering.shell(request)
    async with guard.database(request).transaction() as connection:
        person = await read_person(connection, person_id, datetime.now(UTC))
        of_person = CommentFilter(person_id=person_id)
        comments = await list_comments(connection, of_person, limit=SAID_SHOWN)
        choices = []
        if find.strip():
            named = PeopleFilter(person.product_id, q=find)
            others = await list_people(connection, named, limit=CHOICES_FOUND)
            choices = [other for other in others.items if other.id != person.id]
    return await rendering.page(
        request,
        user,
        "person.html",
        frame=frame,
        person=person,
        comments=comments.items,
        has_more=comments.next_cursor is not None,
        find=find,
        choices=choices,
    )


@router.post("/people/{person_id}/link")
async def link(act: Acting, person_id: Number) -> Response:
    """Another account is of the same human."""
    other = act.text("other")
    other_id = int(other) if other.isdigit() and len(other) < 16 else 0
    async with act.database.transaction() as connection:
        await link_accounts(connection, person_id, other_id, why=act.text("why"), actor=act.actor)
    return act.done("Linked: themes count them as one person now. It can be taken back below.")


@router.post("/account-links/{link_id}")
async def decide(act: Acting, link_id: Number) -> Response:
    """A proposed link is right or wrong, or one that was made is taken back."""
    sentences = {
        LinkState.linked: "Linked: themes count them as one person now.",
        LinkState.refused: "They are two people; this is not proposed again.",
        LinkState.undone: "Taken back: everything counts as before the link.",
    }
    state = _state(act)
    async with act.database.transaction() as connection:
        await decide_link(connection, link_id, state, why=act.text("why"), actor=act.actor)
    return act.done(sentences[state])


@router.post("/people/{person_id}/notes")
async def note(act: Acting, person_id: Number) -> Response:
    """Somebody of the team notes something."""
    # One character more than may be, so that a longer note is refused and not cut.
    text = act.text("text", NOTE_MAX_CHARACTERS + 1)
    async with act.database.transaction() as connection:
        await add_note(connection, person_id, text, actor=act.actor)
    return act.done("Noted.")


@router.post("/person-notes/{note_id}/remove")
async def unnote(act: Acting, note_id: Number) -> Response:
    """A note goes."""
    async with act.database.transaction() as connection:
        await remove_note(connection, note_id)
    return act.done("The note is gone.")


@router.post("/people/{person_id}/answers-wanted")
async def wanted(act: Acting, person_id: Number) -> Response:
    """Whether they get answers of ours."""
    wants_replies = act.text("wanted") == "on"
    async with act.database.transaction() as connection:
        await set_wants_replies(connection, person_id, wants_replies=wants_replies)
    return act.done("They get answers again." if wants_replies else "They get no answers of ours.")


@router.get("/people/{person_id}/export")
async def export(request: Request, user: Admin, person_id: Number) -> Response:
    """All that is kept about somebody, as a file."""
    async with guard.database(request).transaction() as connection:
        person = await export_person(connection, person_id, datetime.now(UTC))
    headers = {
        "Content-Disposition": f'attachment; filename="person-{person_id}.json"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    text = json.dumps(person, default=str, ensure_ascii=False, indent=2)
    return Response(text, media_type="application/json", headers=headers)


@router.get("/people/{person_id}/forget")
async def forget_page(request: Request, user: Admin, person_id: Number) -> Response:
    """What will be forgotten, and what cannot be, before it is done."""
    async with guard.database(request).transaction() as connection:
        person = await read_person(connection, person_id, datetime.now(UTC))
    return await rendering.page(request, user, "person_forget.html", person=person)


@router.post("/people/{person_id}/forget")
async def forget(act: Administering, person_id: Number) -> Response:
    """Forget them; it cannot be undone."""
    forgotten = await forget_person(act.database, person_id, now=datetime.now(UTC), actor=act.actor)
    accounts = counted(forgotten.accounts, "account")
    counts = f"{accounts} and {counted(forgotten.comments, 'comment')} are forgotten."
    return act.done(" ".join([counts, *forgotten.unreached]), to="/people")


@router.post("/people/weights")
async def weigh(request: Request, act: Administering) -> Response:
    """A CSV file says what accounts weigh; lines that cannot be used are shown."""
    upload = act.form.get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        raise Invalid("Choose a CSV file.", reason="weights_unreadable")
    try:
        text = (await upload.read()).decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid(
            "The file is not UTF-8; save it as such.", reason="weights_unreadable"
        ) from None
    frame = await rendering.shell(request)
    product_id = identifier(act.text("product_id")) or frame.product_id
    if product_id not in {product.id for product in frame.products}:
        raise Invalid("Say of which product.", reason="product_missing")
    lines = read_weights(text)
    async with act.database.transaction() as connection:
        outcome = await set_weights(connection, product_id, lines, actor=act.actor)
    if not outcome.refused:
        return act.done(f"{counted(outcome.accounts, 'account')} got a weight.")
    return await rendering.page(
        request, act.user, "people_weights.html", frame=frame, outcome=outcome
    )


def _state(act: Act) -> LinkState:
    """What the form says of a link. Raises Invalid (``link_state_invalid``)."""
    word = act.text("state")
    if word not in set(LinkState) - {LinkState.proposed}:
        raise Invalid("Say whether they are one person.", reason="link_state_invalid")
    return LinkState(word)
