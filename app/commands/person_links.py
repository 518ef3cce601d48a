"""`relay person link` and what belongs to it: which accounts are one human."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, perform, require_one_of
from app.commands.person import PERSON_ACTOR, Number

if TYPE_CHECKING:
    from app.models.states import LinkState
    from app.queries.account_links import AccountLinkRow
    from app.running.runtime import Services

LinkNumber = Annotated[int, typer.Argument(help="Its number, as `person links` shows it.")]
WhyNot = Annotated[str, typer.Option("--why", help="Why, in a word.")]


def links(
    product: OfProduct = None,
    state: Annotated[str, typer.Option(help="proposed, linked, refused or undone.")] = "proposed",
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show pairs of accounts that may be one human, with what speaks for it; or those decided."""
    from app.models.states import LinkState
    from app.queries.account_links import list_links

    require_one_of(state, LinkState, "--state")

    async def work(services: Services) -> list[AccountLinkRow]:
        async with services.database.transaction() as connection:
            product_id = await finding.product_id(connection, product)
            page = await list_links(connection, product_id, LinkState(state), limit=limit)
            return page.items

    rows = perform(work)
    if as_json:
        output.as_json(rows)
        return
    output.table(
        ["one", "other", "evidence", "why", "by", "accounts", "number"],
        [
            (
                row.one,
                row.other,
                ", ".join(str(sign["sign"]) for sign in row.signs) or row.basis,
                row.why,
                row.decided_by,
                f"{row.one_id} {row.other_id}",
                str(row.id),
            )
            for row in rows
        ],
        empty="No link here.",
        cut="why",
    )


def link(
    person: Number,
    other: Annotated[int, typer.Argument(help="Number of an account of the same human.")],
    why: Annotated[str, typer.Option(help="Why, in a word.")],
) -> None:
    """Say that two accounts are one human; themes count their people anew at once."""
    from app.people.linking import link_accounts

    async def work(services: Services) -> int:
        async with services.database.transaction() as connection:
            return await link_accounts(connection, person, other, why=why, actor=PERSON_ACTOR)

    output.done(f"Linked as number {perform(work)}; `relay person unlink` takes it back.")


def confirm(link: LinkNumber, why: WhyNot = "") -> None:
    """Say that a proposed link is right."""
    from app.models.states import LinkState

    _decide(link, LinkState.linked, why)
    output.done("Linked.")


def refuse(link: LinkNumber, why: WhyNot) -> None:
    """Say that the two accounts of a proposed link are two people."""
    from app.models.states import LinkState

    _decide(link, LinkState.refused, why)
    output.done("They are two people; it is not proposed again.")


def unlink(link: LinkNumber, why: WhyNot) -> None:
    """Take a link back; everything counts as before it."""
    from app.models.states import LinkState

    _decide(link, LinkState.undone, why)
    output.done("Taken back; they are never linked again by themselves.")


def _decide(link_id: int, state: LinkState, why: str) -> None:
    from app.people.linking import decide_link

    async def work(services: Services) -> None:
        async with services.database.transaction() as connection:
            await decide_link(connection, link_id, state, why=why, actor=PERSON_ACTOR)

    perform(work)
