"""`relay question`: what the community asks and nobody else answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import finding, output
from app.commands.options import AsJson, OfProduct, perform, require_one_of

if TYPE_CHECKING:
    from app.queries.known_answers import KnownAnswer
    from app.queries.questions import QuestionRow
    from app.queries.response_times import ResponseTimes
    from app.replies.questions import Linked
    from app.running.runtime import Services

ANSWER_LINKED_BY = "command line"
TEXT_CHARACTERS_SHOWN = 120

app = typer.Typer(no_args_is_help=True, help="Questions: what waits, and how soon others answer.")
Within = Annotated[int, typer.Option("--days", min=1, max=731, help="Asked within so many days.")]
Number = Annotated[int, typer.Argument(help="Number of the comment, as `question list` shows it.")]


@app.command("list")
def list_(
    product: OfProduct = None,
    state: Annotated[str, typer.Option(help="unanswered or answered.")] = "unanswered",
    days: Within = 30,
    newcomers: Annotated[
        bool, typer.Option("--newcomers", help="Only those who never spoke before.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show questions: what nobody else answered, the longest wait first; or what was answered, the
    newest first."""
    from app.queries.questions import QuestionFilter, QuestionState, list_questions

    require_one_of(state, QuestionState, "--state")

    async def work(services: Services) -> list[QuestionRow]:
        async with services.database.transaction() as connection:
            chosen = QuestionFilter(
                product_id=await finding.product_id(connection, product),
                state=QuestionState(state),
                days=days,
                newcomers=newcomers,
            )
            return (await list_questions(connection, chosen, limit=limit)).items

    questions = perform(work)
    if as_json:
        output.as_json(questions)
        return
    output.table(
        ["asked", "by", "new", "source", "question", "number"],
        [
            (
                output.ago(question.asked_at),
                question.author,
                question.is_newcomer,
                question.source_name,
                " ".join(question.text.split())[:TEXT_CHARACTERS_SHOWN],
                str(question.comment_id),
            )
            for question in questions
        ],
        empty="Nobody waits for an answer.",
        cut="question",
    )


@app.command()
def times(product: OfProduct = None, days: Within = 30, as_json: AsJson = False) -> None:
    """Show how soon somebody else answered what was asked; what has no answer counts as well."""
    from app.queries.response_times import response_times

    now = datetime.now(UTC)

    async def work(services: Services) -> ResponseTimes:
        async with services.database.transaction() as connection:
            product_id = await finding.product_id(connection, product)
            return await response_times(connection, product_id, now - timedelta(days=days), now)

    measured = perform(work)
    if as_json:
        output.as_json(measured)
        return
    coverage = measured.coverage
    output.card(
        {
            "asked": f"{measured.asked:,} in {days} days",
            "answered": f"{measured.answered:,}",
            "within 7 days": "—" if coverage is None else f"{coverage:.0%}",
            "still have time": f"{measured.undecided:,}",
            "half within": _span(measured.median_seconds),
            "nine of ten within": _span(measured.p90_seconds),
        }
    )


@app.command()
def answers(question: Number, as_json: AsJson = False) -> None:
    """Show answered questions that are most like one that waits."""
    from app.queries.known_answers import known_answers

    async def work(services: Services) -> list[KnownAnswer]:
        async with services.database.transaction() as connection:
            return await known_answers(connection, question)

    like_it = perform(work)
    if as_json:
        output.as_json(like_it)
        return
    output.table(
        ["question", "answer", "number"],
        [
            (
                " ".join(one.text.split())[:TEXT_CHARACTERS_SHOWN],
                one.answer_permalink,
                str(one.comment_id),
            )
            for one in like_it
        ],
        empty="No answered question is like it.",
        cut="question",
    )


@app.command()
def link(
    question: Number,
    answered: Annotated[int, typer.Argument(help="Number of the answered question like it.")],
) -> None:
    """Say that a question was answered before, under another one; a draft tells whoever asked."""
    from app.queries.known_answers import read_known_answer
    from app.queries.questions import read_question
    from app.replies.questions import link_question

    async def work(services: Services) -> Linked:
        async with services.database.transaction() as connection:
            source_id = (await read_question(connection, question)).source_id
            address = await read_known_answer(connection, answered, source_id)
            return await link_question(
                connection, question, answered, address, actor=ANSWER_LINKED_BY
            )

    linked = perform(work)
    if linked.reply_id is None:
        output.done(f"Linked. Nothing is drafted: {linked.detail}")
        return
    output.done(f"Linked. `relay reply approve {linked.reply_id}` tells whoever asked.")


def _span(seconds: float | None) -> str:
    return "—" if seconds is None else output.duration(seconds)
