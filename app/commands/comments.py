"""`relay comment`: what people said, and what was made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, perform, require_one_of

if TYPE_CHECKING:
    from app.queries.rows import CommentDetail, CommentRow
    from app.running.runtime import Services

app = typer.Typer(no_args_is_help=True, help="Comments: what people said.")


@app.command("list")
def list_(
    product: OfProduct = None,
    source: Annotated[str | None, typer.Option(help="Name or id.")] = None,
    theme: Annotated[str | None, typer.Option(help="Its id, or the start of it.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="bug, feature, question, praise or other.")
    ] = None,
    status: Annotated[
        str | None,
        typer.Option("--status", "--stage", help="parsed, enriched, grouped or failed."),
    ] = None,
    tone: Annotated[
        str | None, typer.Option(help="hostile: those that may attack a person.")
    ] = None,
    q: Annotated[
        str | None, typer.Option("--q", help='Search: words, "a phrase", or, -not.')
    ] = None,
    unsure: Annotated[
        bool, typer.Option("--unsure", help="Only those whose kind the model does not trust.")
    ] = False,
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Only those deleted where they were written.")
    ] = False,
    sort: Annotated[
        str,
        typer.Option(help="recent, oldest, liked, or doubt: unsure ones, where it matters most."),
    ] = "recent",
    limit: Annotated[int, typer.Option(min=1, help="The first, at most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show comments, newest first."""
    from app.models.states import CommentStage, Tone
    from app.queries.comments import COMMENT_ORDERS, CommentFilter, list_comments
    from app.queries.paging import Page, rows_of_pages
    from classifiers.kind_words import Kind

    require_one_of(kind, Kind, "--kind")
    require_one_of(status, CommentStage, "--status")
    require_one_of(tone, Tone, "--tone")
    require_one_of(sort, COMMENT_ORDERS, "--sort")

    async def work(services: Services) -> list[CommentRow]:
        async with services.database.transaction() as connection:
            chosen = CommentFilter(
                product_id=await finding.product_id(connection, product),
                source_id=await finding.source_id(connection, source, product),
                theme_id=await finding.theme(connection, theme) if theme else None,
                kind=kind,
                stage=status,
                tone=tone,
                q=q,
                unsure=unsure,
                deleted=deleted,
            )

            async def read_page(cursor: str | None, rows: int) -> Page[CommentRow]:
                return await list_comments(
                    connection, chosen, order=sort, cursor=cursor, limit=rows
                )

            return [comment async for comment in rows_of_pages(read_page, limit)]

    comments = perform(work)
    if as_json:
        output.as_json(comments)
        return
    output.table(
        ["written", "by", "source", "kind", "comment", "number"],
        [
            (
                output.ago(comment.created_at),
                comment.author,
                comment.source_name,
                comment.kind,
                " ".join(comment.text.split()),
                str(comment.id),
            )
            for comment in comments
        ],
        empty="No comments.",
        cut="comment",
    )


@app.command()
def show(
    comment: Annotated[int, typer.Argument(help="Its number, as `comment list` shows it.")],
    as_json: AsJson = False,
) -> None:
    """Show one comment, deleted or not: its text, what was made of it, and how often it changed."""
    from app.queries.comments import read_comment

    async def work(services: Services) -> CommentDetail:
        async with services.database.transaction() as connection:
            return await read_comment(connection, comment)

    detail = perform(work)
    if as_json:
        output.as_json(detail)
        return
    row = detail.row
    output.card(
        {
            "by": row.author,
            "source": row.source_name,
            "written": row.created_at,
            "edited": row.edited_at,
            "deleted there": row.deleted_at,
            "versions": len(detail.versions),
            "kind": f"{row.kind} ({row.kind_confidence:.0%}, by {row.kind_by})" if row.kind else "",
            "also": ", ".join(row.other_kinds),
            "tone": row.tone,
            "stage": row.stage,
            "trouble": row.detail or row.reason,
            "theme": row.theme_title,
            "theme's id": row.theme_id,
            "address": row.permalink,
        }
    )
    output.say(output.printable(f"\n{row.text}"))
