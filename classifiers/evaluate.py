"""Evaluation on any labelled file: ``python -m classifiers.evaluate kind|duplicates FILE --model DIR``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from classifiers import encoder
from classifiers.contract import ModelError
from classifiers.datasets import DataError
from classifiers.enrich import DefaultEnricher
from classifiers.evaluate_duplicates import DuplicateReport, evaluate_duplicates
from classifiers.evaluate_kind import KindReport, evaluate_kind
from classifiers.grouping import DefaultGrouper, Thresholds
from classifiers.report import render

__all__ = ["DuplicateReport", "KindReport", "evaluate_duplicates", "evaluate_kind", "main", "render"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report and, with ``--json``, write it; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m classifiers.evaluate", description=__doc__)
    parser.add_argument("task", choices=["kind", "duplicates"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", type=Path, required=True, help="folder of the prepared encoder")
    parser.add_argument("--weights", type=Path, help="folder of other heads than the shipped ones")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--only", help="score this kind against the rest")
    parser.add_argument("--map", action="append", default=[], metavar="KIND=KIND", help="fold one kind into another")
    parser.add_argument("--shuffle", type=int, metavar="SEED", help="take the comments in a random order")
    parser.add_argument("--limit", type=int, help="only the first rows")
    parser.add_argument("--json", type=Path, help="write the report here")
    options = parser.parse_args(arguments)
    try:
        enricher = DefaultEnricher(encoder.load(options.model, threads=options.threads), folder=options.weights)
        report: KindReport | DuplicateReport
        if options.task == "kind":
            mapping = dict(pair.split("=", 1) for pair in options.map if "=" in pair)
            report = evaluate_kind(
                options.file, enricher, only=options.only, mapping=mapping, unsure_below=enricher.unsure_below
            )
        else:
            grouper = DefaultGrouper(Thresholds.read(options.weights))
            report = evaluate_duplicates(options.file, enricher, grouper, shuffle=options.shuffle, limit=options.limit)
    except (DataError, ModelError) as error:
        print(f"{error.detail} ({error.reason})", file=sys.stderr)
        return 1
    Console().print(render(report))
    if options.json:
        options.json.write_text(json.dumps(report.to_json(), indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
