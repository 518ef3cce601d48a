"""`relay`: the command line. Every command imports what it needs when it runs, so that help comes
at once."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated, Any

import typer

from app.commands import (
    comments,
    digests,
    importing,
    insights,
    learning,
    models,
    people,
    person,
    person_links,
    polling,
    products,
    promises,
    quality,
    questions,
    replies,
    reply_accounts,
    reply_policies,
    retention,
    routing,
    serving,
    sources,
    suggestions,
    theme_decisions,
    themes,
    ticket_fields,
    ticket_links,
    tickets,
    trackers,
    upkeep,
)
from app.commands.options import options
from app.commands.refusals import Commands

app = typer.Typer(
    cls=Commands,
    name="relay",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="Feedback Relay: what a community says becomes tickets that a product team trusts.",
)

RUNNING, UPKEEP, SETUP, WORK = "Run", "Look after it", "Set up", "Work with it"

app.command("run", rich_help_panel=RUNNING)(serving.run)
app.command("demo", rich_help_panel=RUNNING)(serving.demo)
app.command("serve", rich_help_panel=RUNNING)(serving.serve)
app.command("worker", rich_help_panel=RUNNING)(serving.worker)
app.command("sandbox", rich_help_panel=RUNNING)(serving.sandbox)
app.command("status", rich_help_panel=UPKEEP)(upkeep.status)
app.command("doctor", rich_help_panel=UPKEEP)(upkeep.doctor)
app.command("migrate", rich_help_panel=UPKEEP)(upkeep.migrate)
app.add_typer(retention.app, name="retention", rich_help_panel=UPKEEP)
app.command("secret-key", rich_help_panel=UPKEEP)(upkeep.secret_key)
app.command("version", rich_help_panel=UPKEEP)(upkeep.version)
app.add_typer(products.app, name="product", rich_help_panel=SETUP)
app.add_typer(sources.app, name="source", rich_help_panel=SETUP)
app.add_typer(trackers.app, name="tracker", rich_help_panel=SETUP)
app.add_typer(routing.app, name="rule", rich_help_panel=SETUP)
app.add_typer(people.users, name="user", rich_help_panel=SETUP)
app.add_typer(people.tokens, name="token", rich_help_panel=SETUP)
app.add_typer(quality.model, name="model", rich_help_panel=SETUP)
app.add_typer(themes.app, name="theme", rich_help_panel=WORK)
app.add_typer(comments.app, name="comment", rich_help_panel=WORK)
app.add_typer(tickets.app, name="ticket", rich_help_panel=WORK)
app.add_typer(replies.app, name="reply", rich_help_panel=WORK)
app.command("insights", rich_help_panel=WORK)(insights.insights)
app.add_typer(digests.app, name="digest", rich_help_panel=WORK)
app.add_typer(questions.app, name="question", rich_help_panel=WORK)
app.add_typer(promises.app, name="promise", rich_help_panel=WORK)
app.add_typer(person.app, name="person", rich_help_panel=WORK)
app.add_typer(suggestions.app, name="suggestion", rich_help_panel=WORK)
app.command("import", rich_help_panel=WORK)(importing.import_file)
app.command("replay", rich_help_panel=WORK)(tickets.replay)
app.add_typer(quality.evaluate, name="evaluate", rich_help_panel=WORK)
app.command("train", rich_help_panel=WORK)(learning.train)
themes.app.command("accept")(theme_decisions.accept)
themes.app.command("ignore")(theme_decisions.ignore)
themes.app.command("merge")(theme_decisions.merge)
tickets.app.command("similar")(ticket_links.similar)
tickets.app.command("preview")(ticket_fields.preview)
trackers.app.command("fields")(ticket_fields.fields)
tickets.app.command("link")(ticket_links.link)
tickets.app.command("relink")(ticket_links.relink)
tickets.app.command("unlink")(ticket_links.unlink)
tickets.app.command("recreate")(ticket_links.recreate)
person.app.command("links")(person_links.links)
person.app.command("link")(person_links.link)
person.app.command("confirm")(person_links.confirm)
person.app.command("refuse")(person_links.refuse)
person.app.command("unlink")(person_links.unlink)
replies.app.command("rules")(reply_policies.rules)
replies.app.command("template")(reply_policies.template)
sources.app.command("reply")(replies.answer)
sources.app.command("replies")(reply_accounts.replies)
sources.app.command("check-replies")(reply_accounts.check_replies)
for name, command in (
    ("use", models.use_model),
    ("list", models.list_models),
    ("show", models.show_model),
    ("prepare", models.prepare_model),
    ("versions", learning.versions),
    ("promote", learning.promote),
    ("rollback", learning.rollback),
):
    quality.model.command(name)(command)


sources.app.command("credentials")(polling.credentials)
sources.app.command("poll")(polling.poll)
sources.app.command("history")(polling.history)


@app.callback()
def before(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    demo: Annotated[bool, typer.Option("--demo", help="Use the demo's data.")] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the program's version.",
            is_eager=True,
            callback=upkeep.print_version,
        ),
    ] = False,
) -> None:
    """Feedback Relay: what a community says becomes tickets that a product team trusts."""
    options.debug, options.demo = debug, demo


def main() -> None:
    """Run the command that was typed. SIGTERM ends it in order: the embedded database stops with
    its last user."""

    def end(*_: Any) -> None:
        sys.exit(143)

    signal.signal(signal.SIGTERM, end)
    # Read when NumPy is first imported. Our matrices are small, and threads that share busy cores
    # wait for each other: a refit of 300 labels took 1 s with one thread and 40 s with two beside a
    # training run.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    app()


if __name__ == "__main__":
    main()
