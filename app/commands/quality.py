"""`relay model prepare` and `relay evaluate`: the classifiers' side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands import output
from app.commands.options import settings

if TYPE_CHECKING:
    from classifiers.enrich import DefaultEnricher

model = typer.Typer(no_args_is_help=True, help="The encoder.")
evaluate = typer.Typer(no_args_is_help=True, help="Score the classifiers on a labelled file.")

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSONL, JSONL.gz or CSV.")]
Weights = Annotated[Path | None, typer.Option(help="A folder of other heads than the shipped ones.")]
Write = Annotated[Path | None, typer.Option("--json", help="Write the report to this file as well.")]


@model.command()
def prepare() -> None:
    """Build the encoder's graph once from its published weights; does nothing when it is there."""
    from classifiers import encoder

    folder = settings().model_path
    ready = encoder.is_prepared(folder)
    place = encoder.prepare(folder, progress=output.hint)
    output.done(f"The encoder {'was' if ready else 'is now'} prepared in {place}.")


@evaluate.command()
def kind(
    file: File,
    only: Annotated[str | None, typer.Option(help="Score this kind against the rest.")] = None,
    folds: Annotated[list[str] | None, typer.Option("--map", help="Fold a kind: question=other; repeatable.")] = None,
    weights: Weights = None,
    write: Write = None,
) -> None:
    """Score kinds: fields `text` and `kind`, any subset of kinds."""
    from app.commands.secrets_in import pairs

    mapping = pairs(folds or [], "--map")
    enricher = _enricher(weights)
    from classifiers.evaluate import evaluate_kind

    _report(evaluate_kind(file, enricher, only=only, mapping=mapping, unsure_below=enricher.unsure_below), write)


@evaluate.command()
def duplicates(
    file: File,
    shuffle: Annotated[int | None, typer.Option(metavar="SEED", help="Take the comments in a random order.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first rows.")] = None,
    weights: Weights = None,
    write: Write = None,
) -> None:
    """Score grouping: fields `text`, `duplicate_group`, `created_at`, optional `kind` and `product`."""
    enricher = _enricher(weights)
    from classifiers.evaluate import evaluate_duplicates
    from classifiers.grouping import DefaultGrouper, Thresholds

    grouper = DefaultGrouper(Thresholds.read(weights))
    _report(evaluate_duplicates(file, enricher, grouper, shuffle=shuffle, limit=limit), write)


def _enricher(weights: Path | None) -> DefaultEnricher:
    from classifiers import encoder
    from classifiers.enrich import DefaultEnricher

    chosen = settings()
    return DefaultEnricher(encoder.load(chosen.model_path, threads=chosen.model_threads or None), folder=weights)


def _report(report: Any, write: Path | None) -> None:
    import json

    from classifiers.report import render

    output.console().print(render(report), soft_wrap=False)
    if write:
        write.write_text(json.dumps(report.to_json(), indent=2) + "\n", encoding="utf-8")
        output.hint(f"Written to {write}")
