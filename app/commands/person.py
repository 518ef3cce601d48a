"""`relay person`: the humans behind accounts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, Yes, perform, require_one_of

if TYPE_CHECKING:
    from app.queries.paging import Page
    from app.queries.people import PersonRow
    from app.queries.person import PersonDetail
    from app.running.runtime import Services

PERSON_ACTOR = "command line"

app = typer.Typer(no_args_is_help=True, help="People: who they are, and what became of it.")
Number = Annotated[int, typer.Argument(help="Number of any of their accounts, as `list` shows.")]


@app.command("list")
def list_(
    product: OfProduct = None,
    which: Annotated[str, typer.Option(help="all, newcomers, lost or helpers.")] = "all",
    q: Annotated[str, typer.Option("--search", help="Part of a handle or a name.")] = "",
    sort: Annotated[str, typer.Option(help="recent or weight.")] = "recent",
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show people, whoever was heard last first: all, newcomers nobody answered, lost regulars,
    or those who help others."""
    from app.queries.people import PEOPLE_ORDERS, PeopleFilter, PeopleList, list_people

    require_one_of(which, PeopleList, "--which")
    require_one_of(sort, PEOPLE_ORDERS, "--sort")

    async def work(services: Services) -> Page[PersonRow]:
        async with services.database.transaction() as connection:
            product_id = await finding.product_id(connection, product)
            chosen = PeopleFilter(product_id, PeopleList(which), q)
            return await list_people(connection, chosen, sort=sort, limit=limit)

    people = perform(work).items
    if as_json:
        output.as_json(people)
        return
    output.table(
        ["last", "name", "accounts", "comments", "plan", "weight", "helps", "number"],
        [
            (
                output.ago(person.last_at),
                person.name,
                ", ".join(person.accounts),
                person.comments,
                person.plan,
                person.weight,
                person.band,
                str(person.id),
            )
            for person in people
        ],
        empty="Nobody here.",
        cut="accounts",
    )


@app.command()
def show(person: Number, as_json: AsJson = False) -> None:
    """Show somebody: their accounts, what became of what they said, and notes."""
    from app.queries.person import read_person

    async def work(services: Services) -> PersonDetail:
        async with services.database.transaction() as connection:
            return await read_person(connection, person, datetime.now(UTC))

    detail = perform(work)
    if as_json:
        output.as_json(detail)
        return
    helping = detail.helping
    output.card(
        {
            "name": detail.name,
            "accounts": ", ".join(f"{one.platform}: {one.handle}" for one in detail.accounts),
            "comments": detail.comments,
            "answers": "wants none" if detail.no_replies else "may be sent",
            "helps": f"{helping.band or 'nobody'} ({helping.people:,} people in 360 days)",
        }
    )
    output.table(
        ["heard", "ticket", "shipped", "told", "theme"],
        [
            (
                output.ago(matter.heard_at),
                matter.ticket_key,
                matter.shipped_at,
                matter.told_link or matter.told_at,
                matter.title,
            )
            for matter in detail.matters
        ],
        empty="Nothing of what they said is in a theme.",
        cut="theme",
    )
    for note in detail.notes:
        output.say(f"{note.created_at:%Y-%m-%d} {note.written_by}: {note.text}")


@app.command()
def note(
    person: Number,
    text: Annotated[str, typer.Argument(help="What to note.")],
) -> None:
    """Note something about somebody."""
    from app.people.notes import add_note

    async def work(services: Services) -> int:
        async with services.database.transaction() as connection:
            return await add_note(connection, person, text, actor=PERSON_ACTOR)

    output.done(f"Noted as number {perform(work)}.")


@app.command()
def weights(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file.")],
    product: OfProduct = None,
    as_json: AsJson = False,
) -> None:
    """Take in what accounts weigh: handle, platform, plan, customer and weight, a line each. Lines
    that cannot be used are shown, and the exit code is 1."""
    from app.people.weights import WeightsSet, read_weights, set_weights

    try:
        lines = read_weights(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise typer.BadParameter("The file is not UTF-8.", param_hint="FILE") from None

    async def work(services: Services) -> WeightsSet:
        async with services.database.transaction() as connection:
            product_id = (await finding.product_or_only(connection, product)).id
            return await set_weights(connection, product_id, lines, actor=PERSON_ACTOR)

    outcome = perform(work)
    if as_json:
        output.as_json(outcome)
    else:
        output.done(f"{outcome.accounts:,} accounts got a weight.")
        for line in outcome.refused:
            output.hint(f"Line {line.line}: {line.detail}")
    if outcome.refused:
        raise typer.Exit(1)


@app.command()
def export(person: Number) -> None:
    """Print all that is kept about somebody, as JSON."""
    from app.queries.person_export import export_person

    async def work(services: Services) -> dict[str, Any]:
        async with services.database.transaction() as connection:
            return await export_person(connection, person, datetime.now(UTC))

    output.as_json(perform(work))


@app.command()
def forget(person: Number, yes: Yes = False, as_json: AsJson = False) -> None:
    """Forget somebody: all that they said here is emptied. It cannot be undone."""
    from app.people.forgetting import Forgotten, forget_person

    if not yes:
        typer.confirm(f"Forget whoever has account {person}?", abort=True, err=True)

    async def work(services: Services) -> Forgotten:
        now = datetime.now(UTC)
        return await forget_person(services.database, person, now=now, actor=PERSON_ACTOR)

    forgotten = perform(work)
    if as_json:
        output.as_json(forgotten)
        return
    output.done(f"{forgotten.accounts:,} accounts and {forgotten.comments:,} comments forgotten.")
    for sentence in forgotten.unreached:
        output.hint(sentence)


@app.command("opt-out")
def opt_out(
    person: Number,
    back: Annotated[bool, typer.Option("--back", help="They want answers again.")] = False,
) -> None:
    """Send somebody no answers any more, under any of their accounts."""
    from app.people.accounts import set_wants_replies

    async def work(services: Services) -> None:
        async with services.database.transaction() as connection:
            await set_wants_replies(connection, person, wants_replies=back)

    perform(work)
    output.done("They get answers again." if back else "They get no answers of ours.")
