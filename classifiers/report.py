"""Evaluation reports as tables for the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from classifiers.evaluate_duplicates import DuplicateReport
from classifiers.evaluate_kind import KindReport
from classifiers.measures import Interval

WAYS = {"words": "words (BM25)", "vector": "vectors", "fused": "both, fused"}


def render(report: KindReport | DuplicateReport) -> RenderableType:
    """The report as one printable: scores, confusion matrix or stream, and the worst mistakes."""
    return _kind(report) if isinstance(report, KindReport) else _duplicates(report)


def _kind(report: KindReport) -> RenderableType:
    scores = _table(f"{report.file}: {report.rows:,} rows", "kind", "precision", "recall", "F1 (95 %)", "rows")
    for label, score in report.labels.items():
        scores.add_row(label, f"{score.precision:.3f}", f"{score.recall:.3f}", _interval(score.f1), f"{score.rows:,}")
    scores.add_section()
    scores.add_row("macro", "", "", _interval(report.macro_f1), "")
    scores.add_row("accuracy", "", "", _interval(report.accuracy), "")
    matrix = _table("Confusion: truth down, predicted across", "", *report.confusion)
    for truth, row in report.confusion.items():
        matrix.add_row(truth, *(f"{count:,}" for count in row.values()))
    doubt = Text(
        f"At or above a confidence of {report.unsure_below:.2f}: {report.coverage:.1%} of the rows, "
        f"{report.precision:.1%} of them right. Expected calibration error {report.calibration_error:.3f}."
    )
    worst = _table("Surest mistakes", "truth", "predicted", "confidence", "text")
    for mistake in report.mistakes:
        worst.add_row(mistake.truth, mistake.predicted, f"{mistake.confidence:.2f}", Text(_line(mistake.text)))
    return Group(scores, matrix, doubt, worst, Text(report.version, style="dim"))


def _duplicates(report: DuplicateReport) -> RenderableType:
    title = f"{report.file}: {report.rows:,} rows in {report.groups:,} groups, {report.queries:,} with a duplicate"
    search = _table(title, "search by", *(f"recall@{depth}" for depth in report.recall["fused"]))
    for way, recall in report.recall.items():
        search.add_row(WAYS[way], *(f"{value:.3f}" for value in recall.values()))
    found = report.stream
    stream = _table("As a stream, with the thresholds in force", "", "value")
    for name, value in (
        ("comments", f"{found.comments:,}"),
        ("joined a theme", f"{found.joins:,}"),
        ("wrong joins", f"{found.wrong_joins:,} ({found.wrong_joins_per_1000:.2f} per 1,000 comments)"),
        ("suggested to a person", f"{found.suggestions:,} ({found.right_suggestions:,} right)"),
        ("kept apart from their theme", f"{found.kept_apart:,}"),
        ("themes", f"{found.themes:,}"),
        ("B-cubed precision, recall, F1", " / ".join(f"{value:.3f}" for value in found.clusters.b_cubed)),
        ("pair precision, recall, F1", " / ".join(f"{value:.3f}" for value in found.clusters.pairs)),
    ):
        stream.add_row(name, value)
    worst = _table("Surest wrong joins", "score", "comment", "joined")
    for mistake in report.mistakes:
        worst.add_row(f"{mistake.score:.2f}", Text(_line(mistake.text)), Text(_line(mistake.joined)))
    return Group(search, stream, worst, Text(report.version, style="dim"))


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 or column in ("text", "comment", "joined") else "right")
    return table


def _interval(value: Interval) -> str:
    return f"{value.value:.3f} ({value.low:.3f}–{value.high:.3f})"


def _line(text: str) -> str:
    return " ".join(text.split())[:160]
