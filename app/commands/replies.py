"""`relay reply`: answers that wait for a person, and what became of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, perform

if TYPE_CHECKING:
    from app.queries.replies import ReplyRow
    from app.running.runtime import Services

ANSWERED_BY = "command line"
ID_CHARACTERS_SHOWN = 8

app = typer.Typer(no_args_is_help=True, help="Answers: what goes back to the people who asked.")
Named = Annotated[str, typer.Argument(help="Its id, or the start of it.")]


@app.command("list")
def list_(
    product: OfProduct = None,
    state: Annotated[
        str | None, typer.Option(help="draft, approved, sending, posted or skipped.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="The newest, at most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show answers, newest first."""
    from app.queries.replies import list_replies

    async def work(services: Services) -> list[ReplyRow]:
        async with services.database.transaction() as connection:
            product_id = await finding.product_id(connection, product)
            page = await list_replies(connection, product_id, state=state, limit=limit)
        return list(page.items)

    replies = perform(work)
    if as_json:
        output.as_json(replies)
        return
    output.table(
        ["state", "source", "says", "theme", "address or trouble", "id"],
        [
            (
                reply.state,
                reply.source_name,
                reply.meaning,
                reply.theme_title,
                f"{reply.detail} ({reply.reason})" if reply.reason else reply.permalink,
                str(reply.id)[:ID_CHARACTERS_SHOWN],
            )
            for reply in replies
        ],
        empty="No answers.",
        cut="theme",
    )


@app.command()
def show(reply: Named, as_json: AsJson = False) -> None:
    """Show one answer, and what its readers would see."""
    from app.queries.replies import read_reply_row
    from app.replies.deciding import preview
    from app.replies.ledger import read_reply

    async def work(services: Services) -> dict[str, Any]:
        async with services.database.transaction() as connection:
            reply_id = await finding.reply(connection, reply)
            row = await read_reply_row(connection, reply_id)
            shown = await preview(connection, await read_reply(connection, reply_id))
        return {**asdict(row), **previewed(shown)}

    card = perform(work)
    if as_json:
        output.as_json(card)
        return
    output.card(card)


@app.command()
def approve(reply: Named) -> None:
    """Send a draft."""
    from app.replies.deciding import approve_reply

    async def work(services: Services) -> None:
        async with services.database.transaction() as connection:
            reply_id = await finding.reply(connection, reply)
            await approve_reply(connection, reply_id, actor=ANSWERED_BY, undo_seconds=0)

    perform(work)
    output.done("Approved: the worker sends it now.")


@app.command()
def skip(reply: Named) -> None:
    """Do not send a draft, or one that was approved and is not out yet."""
    from app.replies.deciding import skip_reply

    async def work(services: Services) -> None:
        async with services.database.transaction() as connection:
            await skip_reply(connection, await finding.reply(connection, reply), actor=ANSWERED_BY)

    perform(work)
    output.done("Skipped: it is not sent, and not drafted again.")


def answer(
    comment: Annotated[int, typer.Argument(help="Number of the comment, as its page shows it.")],
    text: Annotated[str, typer.Option(help="What to say; blank for the template.")] = "",
    meaning: Annotated[
        str,
        typer.Option(help="free, acknowledged, planned, shipped, declined or need_detail."),
    ] = "free",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be said, and send nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Answer a comment in its thread."""
    from app.errors import Invalid
    from app.models.states import ReplyMeaning
    from app.replies.deciding import preview_answer, write_reply

    if meaning not in set(ReplyMeaning):
        raise Invalid(f"A meaning is one of {', '.join(ReplyMeaning)}.", reason="meaning_invalid")
    chosen = ReplyMeaning(meaning)

    async def work(services: Services) -> dict[str, Any]:
        async with services.database.transaction() as connection:
            if dry_run:
                return previewed(await preview_answer(connection, comment, text, chosen))
            written = await write_reply(
                connection, comment, text, actor=ANSWERED_BY, undo_seconds=0, meaning=chosen
            )
            return {"id": written.id, "state": written.state}

    card = perform(work)
    if as_json:
        output.as_json(card)
        return
    output.card(card)


def previewed(shown: Any) -> dict[str, Any]:
    """A preview as a card: what is said, how long it is, and why it cannot be sent."""
    worded = shown.worded
    return {
        "says": worded.plain if worded else "",
        "length": f"{worded.length:,} of {worded.limit:,}" if worded else "",
        "left out": " ".join(worded.notes) if worded else "",
        "can be sent": "yes" if shown.able.ok else f"no: {shown.able.detail} ({shown.able.reason})",
    }
