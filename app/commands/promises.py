"""`relay promise`: what the team said that it would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, perform, require_one_of

if TYPE_CHECKING:
    from app.models.states import PromiseState
    from app.queries.promises import PromiseRow
    from app.running.runtime import Services

PROMISED_BY = "command line"

app = typer.Typer(no_args_is_help=True, help="Promises: who, to whom, what, and until when.")
PromiseNumber = Annotated[int, typer.Argument(help="Its number, as `promise list` shows it.")]


@app.command("list")
def list_(
    product: OfProduct = None,
    state: Annotated[str, typer.Option(help="open, overdue, kept or withdrawn.")] = "open",
    tz: Annotated[str, typer.Option(help="Where days end, such as Europe/Berlin.")] = "UTC",
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show promises: what stands by its last day, what is settled newest first."""
    from app.queries.promises import PromiseList, list_promises

    require_one_of(state, PromiseList, "--state")

    async def work(services: Services) -> list[PromiseRow]:
        async with services.database.transaction() as connection:
            product_id = await finding.product_id(connection, product)
            page = await list_promises(
                connection, product_id, state=PromiseList(state), tz=tz, limit=limit
            )
            return page.items

    promises = perform(work)
    if as_json:
        output.as_json(promises)
        return
    output.table(
        ["until", "late", "to", "by", "what", "number"],
        [
            (
                promise.due_on or "",
                promise.is_overdue,
                promise.made_to,
                promise.promised_by,
                promise.words,
                str(promise.id),
            )
            for promise in promises
        ],
        empty="No promise here.",
        cut="what",
    )


@app.command()
def add(
    words: Annotated[str, typer.Argument(help="What is promised.")],
    to: Annotated[str, typer.Option(help="To whom, where no comment is named.")] = "",
    comment: Annotated[int | None, typer.Option(help="Number of their comment.")] = None,
    due: Annotated[str | None, typer.Option(help="The last day, such as 2026-12-24.")] = None,
    product: OfProduct = None,
) -> None:
    """Write a promise down."""
    from datetime import date

    from app.replies.promises import NewPromise, make_promise

    try:
        due_on = date.fromisoformat(due) if due else None
    except ValueError:
        raise typer.BadParameter("A day is written like 2026-12-24.", param_hint="--due") from None

    async def work(services: Services) -> int:
        async with services.database.transaction() as connection:
            product_id = None
            if comment is None:
                product_id = (await finding.product_or_only(connection, product)).id
            new = NewPromise(
                words=words,
                promised_by=PROMISED_BY,
                due_on=due_on,
                comment_id=comment,
                made_to=to,
                product_id=product_id,
            )
            return await make_promise(connection, new)

    output.done(f"Written down as number {perform(work)}.")


@app.command()
def keep(
    promise: PromiseNumber,
    evidence: Annotated[str, typer.Option(help="The address where it can be seen.")] = "",
) -> None:
    """Say that a promise was kept."""
    from app.models.states import PromiseState

    _settle(promise, PromiseState.kept, evidence)
    output.done("Kept.")


@app.command()
def withdraw(promise: PromiseNumber) -> None:
    """Say that a promise will not be kept, and nobody need wait."""
    from app.models.states import PromiseState

    _settle(promise, PromiseState.withdrawn, "")
    output.done("Withdrawn.")


def _settle(promise: int, state: PromiseState, evidence: str) -> None:
    from app.replies.promises import settle_promise

    async def work(services: Services) -> None:
        async with services.database.transaction() as connection:
            await settle_promise(connection, promise, state, actor=PROMISED_BY, evidence=evidence)

    perform(work)
