"""`relay model prepare` and `relay evaluate`: the classifiers' side."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import output
from app.commands.options import perform, settings, settings_with_model
from classifiers.grouping.sorts import Sort

if TYPE_CHECKING:
    from app.running.runtime import Services
    from classifiers.kinds.enrich import DefaultEnricher

model = typer.Typer(no_args_is_help=True, help="The encoder, and what products learned.")
evaluate = typer.Typer(no_args_is_help=True, help="Score the classifiers on a labelled file.")

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSONL, JSONL.gz or CSV.")]
Folds = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="LABEL=KIND", help="Fold a label: question=other; repeatable."),
]
Fields = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        metavar="NAME=FIELD",
        help="What the file calls a field: kind=truth.kind; repeatable.",
    ),
]
Conditions = Annotated[
    list[str] | None,
    typer.Option(
        "--where", metavar="FIELD=VALUE", help="Only rows that say so: language=en; repeatable."
    ),
]
Weights = Annotated[
    Path | None, typer.Option(help="A folder of other heads and thresholds than the shipped ones.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first rows.")]


def _writable(path: Path | None) -> Path | None:
    """Refuses before the work what could not be written after it."""
    if path is None:
        return None
    place = path if path.exists() else path.parent
    if path.is_dir() or not os.access(place, os.W_OK):
        raise typer.BadParameter(
            f"{path} cannot be written: name a file in a folder that is there and yours."
        )
    return path


Write = Annotated[
    Path | None,
    typer.Option("--json", callback=_writable, help="Write the report to this file as well."),
]


@model.command()
def reenrich() -> None:
    """Read comments again after a change of encoder or heads: those that others have read."""
    from app.judging.chosen_model import load_enricher
    from app.learning.reenriching import reenrich as read_again
    from app.learning.reenriching import stale_comments

    async def work(services: Services) -> int:
        async with services.database.transaction() as connection:
            count = await stale_comments(connection, enricher)
        output.hint(f"Comments to read again: {count:,}.")
        return await read_again(
            services.database, enricher, say=lambda done: output.hint(f"{done:,} of {count:,}")
        )

    enricher = load_enricher(settings_with_model())
    done = perform(work)
    output.done(f"Comments read again: {done:,}. What is not in a theme goes on to be grouped.")


@evaluate.command()
def kind(
    file: File,
    only: Annotated[
        str | None, typer.Option(metavar="KIND", help="Score this kind against the rest.")
    ] = None,
    mapping: Folds = None,
    baseline: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Score tfidf, minilm or setfit as well; repeatable."),
    ] = None,
    train: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="A labelled file for baselines to learn from; repeatable.",
        ),
    ] = None,
    folds: Annotated[
        int, typer.Option(min=2, help="Without --train, baselines learn from folds of the file.")
    ] = 5,
    sort: Annotated[
        Sort, typer.Option(help="The sort of place of all rows; else what each row names.")
    ] = Sort.unknown,
    fields: Fields = None,
    conditions: Conditions = None,
    limit: Limit = None,
    weights: Weights = None,
    write: Write = None,
) -> None:
    """Score kinds: fields `text` and `kind`, any subset of kinds."""
    from classifiers.evaluation.datasets import Reading
    from classifiers.evaluation.evaluate import evaluate_kind, learned_from
    from classifiers.evaluation.labels import read_folds

    folded, reading = read_folds(mapping or []), Reading.of(fields or [], conditions or [])
    enricher = _enricher(weights)
    report = evaluate_kind(
        file,
        enricher,
        reading=reading,
        only=only,
        mapping=folded,
        unsure_below=enricher.unsure_below,
        sort=sort,
        baselines=baseline or [],
        train=train or [],
        folds=folds,
        limit=limit,
        seen=learned_from(file, weights),
        say=output.hint,
    )
    _report(report, write)


@evaluate.command()
def duplicates(
    file: File,
    shuffle: Annotated[
        int | None, typer.Option(metavar="SEED", help="Take the comments in a random order.")
    ] = None,
    orders: Annotated[
        int, typer.Option(min=0, help="Repeat the stream in so many other random orders.")
    ] = 0,
    baseline: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Score singletons, agglomerative, hdbscan or bertopic too; repeatable.",
        ),
    ] = None,
    as_served: Annotated[
        bool, typer.Option("--as-served", help="Let only bugs and requests open themes.")
    ] = False,
    mapping: Folds = None,
    fields: Fields = None,
    conditions: Conditions = None,
    limit: Limit = None,
    weights: Weights = None,
    write: Write = None,
) -> None:
    """Score grouping: fields `text`, `duplicate_group`, `created_at`, optional `kind`, `product`,
    `thread`, `parent` and `channel`."""
    from classifiers.evaluation.datasets import Reading
    from classifiers.evaluation.evaluate import evaluate_duplicates
    from classifiers.evaluation.labels import read_folds
    from classifiers.grouping.grouper import DefaultGrouper
    from classifiers.grouping.thresholds import Thresholds

    folded, reading = read_folds(mapping or []), Reading.of(fields or [], conditions or [])
    enricher = _enricher(weights)
    report = evaluate_duplicates(
        file,
        enricher,
        DefaultGrouper(Thresholds.read(weights)),
        reading=reading,
        mapping=folded,
        shuffle=shuffle,
        limit=limit,
        orders=orders,
        baselines=baseline or [],
        as_served=as_served,
        say=output.hint,
    )
    _report(report, write)


def _enricher(weights: Path | None) -> DefaultEnricher:
    from app.judging.chosen_model import load_enricher

    return load_enricher(settings(), heads=weights)


def _report(report: Any, write: Path | None) -> None:
    import json

    from classifiers.evaluation.report import render

    output.console().print(render(report), soft_wrap=False)
    if write:
        write.write_text(json.dumps(report.to_json(), indent=2) + "\n", encoding="utf-8")
        output.hint(f"Written to {write}")
