"""`relay theme list` and `relay theme show`: what the community speaks of."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, ThemeNamed, perform, require_one_of

if TYPE_CHECKING:
    from app.queries.rows import CommentRow, ThemeDetail, ThemeRow
    from app.running.runtime import Services

THEME_COMMENTS_SHOWN = 5
THEME_ID_CHARACTERS_SHOWN = 8

app = typer.Typer(no_args_is_help=True, help="Themes: what people speak of, and decisions.")


@app.command("list")
def list_(
    product: OfProduct = None,
    status: Annotated[
        str | None,
        typer.Option(help="triage, accepted, ignored or merged; without it all but merged ones."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="bug or feature.")] = None,
    source: Annotated[
        str | None, typer.Option(help="Only those that a comment of this source is in: name or id.")
    ] = None,
    q: Annotated[
        str | None,
        typer.Option("--q", help='Search titles and comments: words, "a phrase", or, -not.'),
    ] = None,
    sort: Annotated[
        str, typer.Option(help="people, recent, new, confidence or weight, highest first.")
    ] = "people",
    limit: Annotated[int, typer.Option(min=1, help="The first, at most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show themes, those that most people speak of first."""
    from app.models.states import ThemeStatus
    from app.queries.paging import Page, rows_of_pages
    from app.queries.theme_filters import ThemeFilter
    from app.queries.themes import THEME_ORDERS, list_themes
    from classifiers.kind_words import THEME_KINDS

    require_one_of(status, ThemeStatus, "--status")
    require_one_of(kind, sorted(THEME_KINDS), "--kind")
    require_one_of(sort, THEME_ORDERS, "--sort")

    async def work(services: Services) -> list[ThemeRow]:
        async with services.database.transaction() as connection:
            chosen = ThemeFilter(
                product_id=await finding.product_id(connection, product),
                status=status,
                kind=kind,
                source_id=await finding.source_id(connection, source, product),
                q=q,
            )

            async def read_page(cursor: str | None, rows: int) -> Page[ThemeRow]:
                return await list_themes(connection, chosen, sort=sort, cursor=cursor, limit=rows)

            return [theme async for theme in rows_of_pages(read_page, limit)]

    themes = perform(work)
    if as_json:
        output.as_json(themes)
        return
    # The start of an id is enough for every command that takes one.
    id_characters = THEME_ID_CHARACTERS_SHOWN if sys.stdout.isatty() else None
    output.table(
        ["people", "comments", "7 days", "kind", "status", "last", "title", "id"],
        [
            (
                theme.people,
                theme.mentions,
                theme.recent,
                theme.kind,
                theme.status,
                output.ago(theme.last_seen),
                theme.title,
                str(theme.id)[:id_characters],
            )
            for theme in themes
        ],
        empty="No themes.",
        cut="title",
    )


@app.command()
def show(theme: ThemeNamed, as_json: AsJson = False) -> None:
    """Show one theme: what was decided, its tickets, what may be the same, its newest comments."""
    from app.queries.themes import read_theme, theme_comments

    async def work(services: Services) -> tuple[ThemeDetail, list[CommentRow]]:
        async with services.database.transaction() as connection:
            theme_id = await finding.theme(connection, theme)
            newest = await theme_comments(connection, theme_id, limit=THEME_COMMENTS_SHOWN)
            return await read_theme(connection, theme_id), newest.items

    detail, comments = perform(work)
    if as_json:
        output.as_json({"theme": detail, "newest_comments": comments})
        return
    _print_theme(detail.row)
    if detail.row.tickets:
        output.table(
            ["state", "tracker", "status", "address"],
            [
                (ticket.state, ticket.tracker_name, ticket.status, ticket.url)
                for ticket in detail.row.tickets
            ],
        )
    if detail.suggestions:
        output.table(
            ["likeness", "people", "may be the same", "id"],
            [
                (f"{other.score:.2f}", other.other_people, other.other_title, str(other.other_id))
                for other in detail.suggestions
            ],
            cut="may be the same",
        )
    output.table(
        ["written", "by", "source", "comment", "number"],
        [
            (
                output.ago(comment.created_at),
                comment.author,
                comment.source_name,
                "(deleted there)" if comment.deleted else " ".join(comment.text.split()),
                str(comment.id),
            )
            for comment in comments
        ],
        empty="No comment is in it.",
        cut="comment",
    )


def _print_theme(row: ThemeRow) -> None:
    output.card(
        {
            "title": row.title,
            "product": row.product_name,
            "kind": row.kind,
            "status": row.status,
            "reason": row.status_reason,
            "merged into": row.merged_into,
            "people": row.people,
            "comments": row.mentions,
            "in 7 days": row.recent,
            "first said": row.first_seen,
            "last said": row.last_seen,
            "platforms": ", ".join(row.platforms),
            "id": row.id,
        }
    )
