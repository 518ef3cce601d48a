"""People: who they are, what became of what they said, and what the team noted."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import ConfigDict, Field

from app.api.access import Admin, DatabaseOf, Decider, Reader
from app.api.reasons import refusals
from app.api.routes import LimitedRoute
from app.api.schemas.base import BigId, Cursor, In, Limit, PageOut
from app.api.schemas.people import (
    ForgottenOut,
    NoteIn,
    NoteOut,
    PersonDetailOut,
    PersonOut,
    WeightsIn,
    WeightsSetOut,
)
from app.api.schemas.reply import RepliesWantedIn
from app.people.accounts import set_wants_replies
from app.people.forgetting import Forgotten, forget_person
from app.people.notes import add_note, remove_note
from app.people.weights import WeightLine, WeightsSet, set_weights
from app.queries.paging import Page
from app.queries.people import PeopleFilter, PeopleList, PersonRow, list_people
from app.queries.person import NoteRow, PersonDetail, read_person
from app.queries.person_export import export_person
from app.setup.products import get_product

router = APIRouter(route_class=LimitedRoute, prefix="/people", tags=["people"])
PersonId = Annotated[BigId, Path(description="The number of any account of theirs.", examples=[12])]
NoteId = Annotated[BigId, Path(description="The note's `id`.", examples=[3])]


class PeopleQuery(In):
    """Which people to list."""

    product_id: UUID | None = None
    which: PeopleList = Field(
        default=PeopleList.all,
        description="`newcomers` whom nobody answered, `lost` regulars, or `helpers`.",
    )
    q: Annotated[str, Field(max_length=200, description="Part of a handle or a name.")] = ""
    sort: str = Field(default="recent", description="`recent` or `weight`.")
    cursor: Cursor = None
    limit: Limit = 50

    model_config = ConfigDict(extra="forbid")


@router.get(
    "",
    operation_id="list_people",
    summary="List people",
    response_model=PageOut[PersonOut],
    responses=refusals("cursor_invalid", "sort_unknown"),
)
async def listed(
    caller: Reader, database: DatabaseOf, query: Annotated[PeopleQuery, Query()]
) -> Page[PersonRow]:
    """Everybody who spoke, whoever was heard last first; linked accounts are one person."""
    chosen = PeopleFilter(query.product_id, query.which, query.q)
    async with database.transaction() as connection:
        return await list_people(
            connection, chosen, sort=query.sort, cursor=query.cursor, limit=query.limit
        )


@router.get(
    "/{person_id}",
    operation_id="read_person",
    summary="Read a person",
    response_model=PersonDetailOut,
    responses=refusals("person_not_found"),
)
async def shown(caller: Reader, database: DatabaseOf, person_id: PersonId) -> PersonDetail:
    """Somebody with their accounts, what they spoke of and what became of it, and whom they
    helped."""
    async with database.transaction() as connection:
        return await read_person(connection, person_id, datetime.now(UTC))


@router.get(
    "/{person_id}/export",
    operation_id="export_person",
    summary="Export all that is kept about a person",
    responses=refusals("person_not_found"),
)
async def exported(caller: Admin, database: DatabaseOf, person_id: PersonId) -> dict[str, Any]:
    """One object: accounts, links, comments, what became of them, answers and promises of ours, and
    notes."""
    async with database.transaction() as connection:
        return await export_person(connection, person_id, datetime.now(UTC))


@router.delete(
    "/{person_id}",
    operation_id="forget_person",
    summary="Forget a person",
    response_model=ForgottenOut,
    responses=refusals("person_not_found", writes=True),
)
async def forgotten(caller: Admin, database: DatabaseOf, person_id: PersonId) -> Forgotten:
    """Empty whatever they said here and let go of their accounts. It cannot be undone. The answer
    names what could not be reached."""
    return await forget_person(database, person_id, now=datetime.now(UTC), actor=caller.actor)


@router.post(
    "/{person_id}/notes",
    operation_id="add_note",
    summary="Note something about a person",
    status_code=201,
    response_model=list[NoteOut],
    responses=refusals("person_not_found", "note_empty", "text_too_long", body=True),
)
async def note(
    caller: Decider, database: DatabaseOf, person_id: PersonId, body: NoteIn
) -> list[NoteRow]:
    """Write a note that the team sees; answers all notes about the person, the newest first."""
    async with database.transaction() as connection:
        await add_note(connection, person_id, body.text, actor=caller.actor)
        return (await read_person(connection, person_id, datetime.now(UTC))).notes


@router.put(
    "/weights",
    operation_id="set_weights",
    summary="Say what people weigh",
    response_model=WeightsSetOut,
    responses=refusals("product_not_found", body=True),
)
async def weights(caller: Admin, database: DatabaseOf, body: WeightsIn) -> WeightsSet:
    """Plan, customer and weight of accounts, as your books say; lines that cannot be used are
    named, and the others count."""
    lines = {
        number: WeightLine(**line.model_dump(exclude={"weight"}), weight=str(line.weight))
        for number, line in enumerate(body.lines, 1)
    }
    async with database.transaction() as connection:
        await get_product(connection, body.product_id)
        return await set_weights(connection, body.product_id, lines, actor=caller.actor)


@router.delete(
    "/notes/{note_id}",
    operation_id="remove_note",
    summary="Take a note away",
    status_code=204,
    responses=refusals("note_not_found", writes=True),
)
async def unnote(caller: Decider, database: DatabaseOf, note_id: NoteId) -> None:
    """The note is gone."""
    async with database.transaction() as connection:
        await remove_note(connection, note_id)


@router.put(
    "/{person_id}/answers-wanted",
    operation_id="set_answers_wanted",
    summary="Say whether a person wants answers",
    status_code=204,
    responses=refusals("person_not_found", body=True),
)
async def wanted(
    caller: Decider, database: DatabaseOf, person_id: PersonId, body: RepliesWantedIn
) -> None:
    """Whether somebody gets answers of ours, under all their accounts."""
    async with database.transaction() as connection:
        await set_wants_replies(connection, person_id, wants_replies=body.wanted)
