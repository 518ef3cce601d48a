"""Evaluation reports as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from classifiers.contract import Kind
from classifiers.evaluation.agreement import ClusterScore
from classifiers.evaluation.evaluate_duplicates import DuplicateReport
from classifiers.evaluation.evaluate_kind import KindReport
from classifiers.evaluation.labels import listed
from classifiers.evaluation.measures import Interval
from classifiers.evaluation.stream import Misplaced, OrderReport, StreamReport

WAYS = {"words": "words (BM25)", "vector": "vectors (MiniLM)", "fused": "both, fused"}
FEW = 30
"""Rows of a label below which its interval says little."""
TEXTS = ("text", "comment", "joined", "its group says", "trained")


def render(report: KindReport | DuplicateReport) -> RenderableType:
    """The report as one printable: scores, confusion matrix or stream, and the worst mistakes."""
    return _kind(report) if isinstance(report, KindReport) else _duplicates(report)


def _kind(report: KindReport) -> RenderableType:
    title = f"{report.file}: {_counted(report.rows, 'row')}"
    doubt = [Text(one) for one in _doubt(report)]
    version = Text(f"Read by {report.version}", style="dim", overflow="fold")
    used = [label for label, score in report.labels.items() if score.rows]
    if len(used) == 1:
        told = (
            f"{title}, every one labelled {used[0]}: there is nothing to choose between, and "
            "neither precision nor F1 "
            f"means anything. With all five kinds on offer {_interval(report.accuracy)} of them "
            f"are told as {used[0]}."
        )
        return Group(Text(told), *_remarks(report), *doubt, _kind_mistakes(report), version)
    scores = _table(title, "kind", "precision", "recall", "F1 (95 %)", "rows")
    for label, score in report.labels.items():
        scores.add_row(
            label,
            f"{score.precision:.3f}",
            f"{score.recall:.3f}",
            _interval(score.f1),
            f"{score.rows:,}",
        )
    scores.add_section()
    scores.add_row("macro", "", "", _interval(report.macro_f1), "")
    scores.add_row("accuracy", "", "", _interval(report.accuracy), "")
    matrix = _table("Confusion: truth down, predicted across", "", *report.confusion)
    for truth, row in report.confusion.items():
        matrix.add_row(truth, *(f"{count:,}" for count in row.values()))
    return Group(
        scores, *_remarks(report), matrix, *doubt, *_rivals(report), _kind_mistakes(report), version,
    )  # fmt: skip


def _doubt(report: KindReport) -> list[str]:
    sure = (
        f"{report.coverage:.1%} of the rows, {report.precision:.1%} of them right"
        if report.coverage
        else "no row"
    )
    offered = "" if report.plain else ", with all five kinds on offer"
    what = (
        "of that confidence"
        if report.plain
        else "of the probability of the label among what was offered"
    )
    return [
        f"In the service{offered}, at or above a confidence of {report.unsure_below:.2f}: {sure}; "
        "the rest is unsure.",
        f"Expected calibration error {what}: {report.calibration_error:.3f}.",
    ]


def _remarks(report: KindReport) -> list[Text]:
    said = []
    if report.seen:
        said.append("The heads were trained on this very file: these figures flatter.")
    withheld = [kind for kind in Kind if kind not in report.offered]
    if withheld:
        said.append(
            f"Kinds the file does not use were not offered: {', '.join(withheld)} (fold them with "
            "--map). "
            f"With all five on offer: macro F1 {_interval(report.free.macro_f1)}, "
            f"accuracy {_interval(report.free.accuracy)}, "
            f"{report.free.elsewhere:,} rows given a kind the file does not use."
        )
    if report.set_aside:
        aside = ", ".join(f"{reason} ({count:,})" for reason, count in report.set_aside.items())
        said.append(f"Rows that a rule answered with other, not the model: {aside}.")
    if report.left_out:
        said.append(f"Rows left out, as they have no text or no label: {report.left_out:,}.")
    if report.repeated:
        said.append(f"Rows that repeat the words of an earlier one: {report.repeated:,}.")
    few = [
        f"{label} ({score.rows})" for label, score in report.labels.items() if 0 < score.rows < FEW
    ]
    if few:
        said.append(f"Too few rows to say much: {', '.join(few)}.")
    return [Text(one) for one in said]


def _rivals(report: KindReport) -> list[Table]:
    if not report.baselines:
        return []
    table = _table("Baselines on the same rows", "method", "macro F1", "ours minus it", "accuracy", *report.labels,
                   "trained")  # fmt: skip
    for name, rival in report.baselines.items():
        f1 = [f"{rival.f1[label]:.3f}" for label in report.labels]
        table.add_row(
            name, _interval(rival.macro_f1), _interval(rival.ahead, "+"), _interval(rival.accuracy), *f1,
            f"{rival.way}, {rival.trained:,} rows",
        )  # fmt: skip
    return [table]


def _kind_mistakes(report: KindReport) -> RenderableType:
    if not report.mistakes:
        return Text("No mistakes.")
    sure = "confidence" if report.plain else "probability"
    worst = _table("Surest mistakes", "truth", "predicted", sure, "text")
    for mistake in report.mistakes:
        worst.add_row(
            mistake.truth,
            mistake.predicted,
            f"{mistake.probability:.2f}",
            Text(_line(mistake.text)),
        )
    return worst


def _duplicates(report: DuplicateReport) -> RenderableType:
    title = f"{report.file}: {_counted(report.rows, 'row')} in {_counted(report.groups, 'group')}"
    if report.queries:
        search = _table(f"{title}, {report.queries:,} with a duplicate", "search by",
                        *(f"recall@{depth}" for depth in report.recall_intervals["fused"]))  # fmt: skip
        for way, recall in report.recall_intervals.items():
            search.add_row(WAYS[way], *(_interval(value) for value in recall.values()))
        parts: list[RenderableType] = [search]
    else:
        parts = [
            Text(
                f"{title}. None has a duplicate, so there is nothing to find; whatever joins is a "
                "wrong join."
            )
        ]
    parts += [Text(one) for one in _left(report)]
    parts.append(_stream(report.stream))
    if report.orders:
        parts.append(_orders(report.orders))
    if report.baselines:
        parts.append(_clusterings(report))
    parts.append(_misplaced("Surest wrong joins", "joined", report.mistakes))
    parts.append(
        _misplaced("Kept furthest apart from their group", "its group says", report.missed)
    )
    return Group(*parts, Text(f"Read by {report.version}", style="dim", overflow="fold"))


def _left(report: DuplicateReport) -> list[str]:
    said = []
    if report.left_out:
        said.append(f"Rows left out, as they have no text: {report.left_out:,}.")
    if report.undated:
        undated = f"Rows without a created_at that can be read: {report.undated:,}"
        said.append(f"{undated}; unless shuffled, they come last.")
    if report.strange_kinds:
        said.append(
            "Kinds of the file that are none of ours, so that the model's were taken: "
            f"{listed(report.strange_kinds)}. "
            "Say what they are with --map LABEL=KIND."
        )
    if report.no_theme:
        said.append(
            f"Rows that are neither bug nor request: {report.no_theme:,}. They are grouped here "
            "all the same; the "
            "service makes themes of bugs and requests only."
        )
    return said


def _stream(found: StreamReport) -> Table:
    stream = _table("As a stream, with the thresholds in force", "", "value")
    for name, value in (
        ("comments", f"{found.comments:,}"),
        ("joined a theme", f"{found.joins:,}"),
        ("wrong joins", f"{found.wrong_joins:,}"),
        ("... per 1,000 comments", _interval(found.wrong_joins_interval, digits=1)),
        ("suggested to a person", f"{found.suggestions:,} ({found.right_suggestions:,} right)"),
        ("kept apart from their theme", f"{found.kept_apart:,}"),
        ("themes", f"{found.themes:,}"),
        (
            "B-cubed precision, recall",
            " / ".join(f"{value:.3f}" for value in found.clusters.b_cubed[:2]),
        ),
        ("... F1", _interval(found.clusters.b_cubed_f1)),
        (
            "pair precision, recall",
            " / ".join(f"{value:.3f}" for value in found.clusters.pairs[:2]),
        ),
        ("... F1", _interval(found.clusters.pair_f1)),
    ):
        stream.add_row(name, value)
    return stream


def _orders(found: OrderReport) -> Table:
    table = _table(f"The same comments in {found.orders} orders", "", "lowest", "median", "highest")
    for name, values, digits in (
        ("B-cubed F1", found.b_cubed_f1, 3),
        ("wrong joins per 1,000", found.wrong_joins_per_1000, 1),
        ("themes", found.themes, 0),
    ):
        ranked = sorted(values)
        table.add_row(
            name,
            *(
                f"{value:,.{digits}f}"
                for value in (ranked[0], ranked[len(ranked) // 2], ranked[-1])
            ),
        )
    table.add_section()
    table.add_row("agreement of two orders: adjusted Rand index", "", f"{found.rand_index:.3f}", "")
    table.add_row("... B-cubed F1", "", f"{found.mutual_b_cubed_f1:.3f}", "")
    return table


def _clusterings(report: DuplicateReport) -> Table:
    table = _table("Other groupings of the same vectors, which see all comments at once", "method", "setting",
                   "B-cubed P / R", "B-cubed F1", "pair F1")  # fmt: skip

    def row(name: str, setting: str, score: ClusterScore) -> None:
        both = " / ".join(f"{value:.3f}" for value in score.b_cubed[:2])
        table.add_row(name, setting, both, _interval(score.b_cubed_f1), _interval(score.pair_f1))

    row("ours, as a stream", "the thresholds in force", report.stream.clusters)
    for name, found in report.baselines.items():
        if found.default:
            row(name, "default", found.default)
        if name != "singletons":
            row(name, f"best for these labels: {found.best_setting}", found.best)
    return table


def _misplaced(title: str, other: str, mistakes: Sequence[Misplaced]) -> RenderableType:
    if not mistakes:
        return Text(f"{title}: none.")
    worst = _table(title, "score", "needed", "comment", other)
    for one in mistakes:
        texts = (Text(_line(text)) for text in (one.text, one.other))
        worst.add_row(
            f"{one.score:.2f}", f"{one.join_at:.2f}" if one.join_at <= 1 else "a person", *texts
        )
    return worst


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 or column in TEXTS else "right")
    return table


def _interval(value: Interval, sign: str = "", digits: int = 3) -> str:
    return f"{value.value:{sign}.{digits}f} ({value.low:{sign}.{digits}f} to {value.high:{sign}.{digits}f})"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _line(text: str) -> str:
    return " ".join(text.split())[:160]
