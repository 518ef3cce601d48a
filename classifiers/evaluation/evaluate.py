"""Evaluation on any labelled file:
``python -m classifiers.evaluation.evaluate kind|duplicates FILE --model DIR``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from classifiers.contract import ModelError
from classifiers.encoding import encoder
from classifiers.encoding.model_files import sha256
from classifiers.evaluation.datasets import DataError, Reading
from classifiers.evaluation.evaluate_duplicates import DuplicateReport, evaluate_duplicates
from classifiers.evaluation.evaluate_kind import KindReport, evaluate_kind
from classifiers.evaluation.labels import read_folds
from classifiers.evaluation.report import render
from classifiers.grouping.grouper import DefaultGrouper
from classifiers.grouping.sorts import Sort
from classifiers.grouping.thresholds import Thresholds
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.kinds.troubles import TROUBLES
from classifiers.stored_weights import SHIPPED_WEIGHTS

__all__ = [
    "DuplicateReport",
    "KindReport",
    "evaluate_duplicates",
    "evaluate_kind",
    "learned_from",
    "main",
    "render",
]


def learned_from(path: Path, weights: Path | None = None) -> bool:
    """Whether the kind heads in ``weights`` (default: the shipped ones), or what hears trouble
    beside them, were trained on this very file."""
    places = [(weights or SHIPPED_WEIGHTS) / f"{name}.json" for name in ("kind", TROUBLES)]
    cards = [json.loads(one.read_text(encoding="utf-8")) for one in places if one.exists()]
    digests = {digest for card in cards for digest in card.get("data_sha256", {}).values()}
    return path.is_file() and sha256(path) in digests


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m classifiers.evaluation.evaluate", description=__doc__
    )
    parser.add_argument("task", choices=["kind", "duplicates"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="folder of the prepared encoder")
    parser.add_argument("--weights", type=Path, help="folder of other heads than the shipped ones")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--only", help="score this kind against the rest")
    parser.add_argument(
        "--map", action="append", default=[], metavar="KIND=KIND", help="fold one kind into another"
    )
    parser.add_argument(
        "--field",
        action="append",
        default=[],
        metavar="NAME=FIELD",
        help="what the file calls a field",
    )
    parser.add_argument(
        "--where", action="append", default=[], metavar="FIELD=VALUE", help="only rows that say so"
    )
    parser.add_argument(
        "--baseline", action="append", default=[], metavar="NAME", help="score this method as well"
    )
    parser.add_argument(
        "--train", action="append", default=[], type=Path, help="what kind baselines learn from"
    )
    parser.add_argument(
        "--folds", type=int, default=5, help="without --train: folds of the file itself"
    )
    parser.add_argument(
        "--shuffle", type=int, metavar="SEED", help="take the comments in a random order"
    )
    parser.add_argument(
        "--orders", type=int, default=0, help="repeat the stream in so many random orders"
    )
    parser.add_argument(
        "--as-served", action="store_true", help="let only bugs and requests open themes"
    )
    parser.add_argument(
        "--sort", type=Sort, default=Sort.unknown, help="the sort of place of all rows, for kinds"
    )
    parser.add_argument("--limit", type=int, help="only the first rows")
    parser.add_argument("--json", type=Path, help="write the report here")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report and, with ``--json``, write it; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        folds, reading = read_folds(options.map), Reading.of(options.field, options.where)
        enricher = DefaultEnricher(
            encoder.load(options.model, threads=options.threads), folder=options.weights
        )
        report: KindReport | DuplicateReport
        if options.task == "kind":
            report = evaluate_kind(
                options.file,
                enricher,
                reading=reading,
                only=options.only,
                unsure_below=enricher.unsure_below,
                sort=options.sort,
                mapping=folds,
                baselines=options.baseline,
                train=options.train,
                folds=options.folds,
                limit=options.limit,
                seen=learned_from(options.file, options.weights),
            )
        else:
            report = evaluate_duplicates(
                options.file,
                enricher,
                DefaultGrouper(Thresholds.read(options.weights)),
                reading=reading,
                mapping=folds,
                shuffle=options.shuffle,
                limit=options.limit,
                orders=options.orders,
                baselines=options.baseline,
                as_served=options.as_served,
            )
    except (DataError, ModelError) as error:
        print(f"{error.detail} ({error.reason})", file=sys.stderr)
        return 1
    Console().print(render(report))
    if options.json:
        options.json.write_text(json.dumps(report.to_json(), indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
