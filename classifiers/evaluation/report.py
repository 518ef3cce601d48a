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
from classifiers.evaluation.lost import Loss, Losses
from classifiers.evaluation.measures import Interval
from classifiers.evaluation.stream import Misplaced, OrderReport, StreamReport

SEARCH_NAMES = {"words": "words (BM25)", "vector": "vectors (MiniLM)", "fused": "both, fused"}
FEW_ROWS = 30
"""Rows of a label below which its interval says little."""
TEXT_COLUMNS = ("text", "comment", "joined", "its group says", "trained")


def render(report: KindReport | DuplicateReport) -> RenderableType:
    """The report as one printable: scores, confusion matrix or stream, and the worst mistakes."""
    if isinstance(report, KindReport):
        return _kind(report)
    return _duplicates(report)


def _kind(report: KindReport) -> RenderableType:
    title = f"{report.file}: {_counted(report.rows, 'row')}"
    doubt = [Text(one) for one in _doubt(report)]
    version = Text(f"Read by {report.version}", style="dim", overflow="fold")
    used = [label for label, score in report.labels.items() if score.rows]
    if len(used) == 1:
        sentence = (
            f"{title}, every one labelled {used[0]}: there is nothing to choose between, and "
            "neither precision nor F1 means anything. With all five kinds on offer "
            f"{_interval(report.accuracy)} of them are told as {used[0]}."
        )
        return Group(Text(sentence), *_remarks(report), *doubt, _kind_mistakes(report), version)
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
    rivals, mistakes = _rivals(report), _kind_mistakes(report)
    return Group(scores, *_remarks(report), matrix, *doubt, *rivals, mistakes, version)


def _doubt(report: KindReport) -> list[str]:
    if report.plain:
        offered, confidence = "", "of that confidence"
    else:
        offered = ", with all five kinds on offer"
        confidence = "of the probability of the label among what was offered"
    sure = "no row"
    if report.coverage:
        sure = f"{report.coverage:.1%} of the rows, {report.precision:.1%} of them right"
    places = [
        f"{below:.2f}{f' ({sort})' if sort else ''}"
        for sort, below in report.unsure_by_sort.items()
    ]
    return [
        f"In the service{offered}, at or above a confidence of {', '.join(places)}: {sure}; "
        "the rest is unsure.",
        f"Expected calibration error {confidence}: {report.calibration_error:.3f}.",
    ]


def _remarks(report: KindReport) -> list[Text]:
    remarks = []
    if report.seen:
        remarks.append("The heads were trained on this very file: these figures flatter.")
    withheld = [kind for kind in Kind if kind not in report.offered]
    if withheld:
        remarks.append(
            f"Kinds the file does not use were not offered: {', '.join(withheld)} (fold them with "
            f"--map). With all five on offer: macro F1 {_interval(report.free.macro_f1)}, "
            f"accuracy {_interval(report.free.accuracy)}, "
            f"{report.free.elsewhere:,} rows given a kind the file does not use."
        )
    if report.set_aside:
        aside = ", ".join(f"{reason} ({count:,})" for reason, count in report.set_aside.items())
        remarks.append(f"Rows that a rule answered with other, not the model: {aside}.")
    if report.left_out:
        remarks.append(f"Rows left out, as they have no text or no label: {report.left_out:,}.")
    if report.repeated:
        remarks.append(f"Rows that repeat the words of an earlier one: {report.repeated:,}.")
    few = [
        f"{label} ({score.rows})"
        for label, score in report.labels.items()
        if 0 < score.rows < FEW_ROWS
    ]
    if few:
        remarks.append(f"Too few rows to say much: {', '.join(few)}.")
    return [Text(remark) for remark in remarks]


def _rivals(report: KindReport) -> list[Table]:
    if not report.baselines:
        return []
    columns = ("method", "macro F1", "ours minus it", "accuracy", *report.labels, "trained")
    table = _table("Baselines on the same rows", *columns)
    for name, rival in report.baselines.items():
        table.add_row(
            name,
            _interval(rival.macro_f1),
            _interval(rival.ahead, "+"),
            _interval(rival.accuracy),
            *(f"{rival.f1[label]:.3f}" for label in report.labels),
            f"{rival.way}, {rival.trained:,} rows",
        )
    return [table]


def _kind_mistakes(report: KindReport) -> RenderableType:
    if not report.mistakes:
        return Text("No mistakes.")
    certainty = "confidence" if report.plain else "probability"
    worst = _table("Surest mistakes", "truth", "predicted", certainty, "text")
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
        depths = (f"recall@{depth}" for depth in report.recall_intervals["fused"])
        search = _table(f"{title}, {report.queries:,} with a duplicate", "search by", *depths)
        for way, recall in report.recall_intervals.items():
            search.add_row(SEARCH_NAMES[way], *(_interval(value) for value in recall.values()))
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
    if report.stream.losses:
        parts.append(_losses(report.stream.losses))
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
    remarks = []
    if report.left_out:
        remarks.append(f"Rows left out, as they have no text: {report.left_out:,}.")
    if report.undated:
        undated = f"Rows without a created_at that can be read: {report.undated:,}"
        remarks.append(f"{undated}; unless shuffled, they come last.")
    if report.strange_kinds:
        remarks.append(
            "Kinds of the file that are none of ours, so that the model's were taken: "
            f"{listed(report.strange_kinds)}. Say what they are with --map LABEL=KIND."
        )
    if report.no_theme:
        remarks.append(
            f"Rows that are neither bug nor request: {report.no_theme:,}. They are grouped here "
            "all the same; the service makes themes of bugs and requests only."
        )
    return remarks


def _stream(report: StreamReport) -> Table:
    clusters = report.clusters
    stream = _table("As a stream, with the thresholds in force", "", "value")
    for name, value in (
        ("comments", f"{report.comments:,}"),
        ("joined a theme", f"{report.joins:,}"),
        ("wrong joins", f"{report.wrong_joins:,}"),
        ("... per 1,000 comments", _interval(report.wrong_joins_interval, digits=1)),
        ("suggested to a person", f"{report.suggestions:,} ({report.right_suggestions:,} right)"),
        ("kept apart from their theme", f"{report.kept_apart:,}"),
        ("themes", f"{report.themes:,}"),
        ("in no theme", f"{report.unplaced:,}"),
        ("B-cubed precision, recall", _precision_recall(clusters.b_cubed)),
        ("... F1", _interval(clusters.b_cubed_f1)),
        ("pair precision, recall", _precision_recall(clusters.pairs)),
        ("... F1", _interval(clusters.pair_f1)),
    ):
        stream.add_row(name, value)
    return stream


def _losses(losses: Losses) -> Table:
    """Where comments with an earlier mate are lost, by sort of place."""
    sorts = list(losses)
    table = _table("Where it is lost", "", *(sort or "unknown place" for sort in sorts))
    for loss in Loss:
        counts = [losses[sort].get(loss, 0) for sort in sorts]
        if any(counts):
            table.add_row(str(loss), *(f"{count:,}" for count in counts))
    return table


def _orders(report: OrderReport) -> Table:
    title = f"The same comments in {report.orders} orders"
    table = _table(title, "", "lowest", "median", "highest")
    for name, values, digits in (
        ("B-cubed F1", report.b_cubed_f1, 3),
        ("wrong joins per 1,000", report.wrong_joins_per_1000, 1),
        ("themes", report.themes, 0),
    ):
        ranked = sorted(values)
        shown = (ranked[0], ranked[len(ranked) // 2], ranked[-1])
        table.add_row(name, *(f"{value:,.{digits}f}" for value in shown))
    table.add_section()
    table.add_row(
        "agreement of two orders: adjusted Rand index", "", f"{report.rand_index:.3f}", ""
    )
    table.add_row("... B-cubed F1", "", f"{report.mutual_b_cubed_f1:.3f}", "")
    return table


def _clusterings(report: DuplicateReport) -> Table:
    title = "Other groupings of the same vectors, which see all comments at once"
    table = _table(title, "method", "setting", "B-cubed P / R", "B-cubed F1", "pair F1")

    def row(name: str, setting: str, score: ClusterScore) -> None:
        f1 = _interval(score.b_cubed_f1), _interval(score.pair_f1)
        table.add_row(name, setting, _precision_recall(score.b_cubed), *f1)

    row("ours, as a stream", "the thresholds in force", report.stream.clusters)
    for name, clustering in report.baselines.items():
        if clustering.default:
            row(name, "default", clustering.default)
        if name != "singletons":
            row(name, f"best for these labels: {clustering.best_setting}", clustering.best)
    return table


def _precision_recall(score: tuple[float, float, float]) -> str:
    precision, recall, _ = score
    return f"{precision:.3f} / {recall:.3f}"


def _misplaced(title: str, another: str, mistakes: Sequence[Misplaced]) -> RenderableType:
    """A table of comments, each beside ``another`` one."""
    if not mistakes:
        return Text(f"{title}: none.")
    worst = _table(title, "score", "needed", "comment", another)
    for mistake in mistakes:
        needed = "a person"
        if mistake.join_at <= 1:
            needed = f"{mistake.join_at:.2f}"
        texts = (Text(_line(text)) for text in (mistake.text, mistake.other))
        worst.add_row(f"{mistake.score:.2f}", needed, *texts)
    return worst


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for place, column in enumerate(columns):
        is_text = place == 0 or column in TEXT_COLUMNS
        table.add_column(column, justify="left" if is_text else "right")
    return table


def _interval(interval: Interval, sign: str = "", digits: int = 3) -> str:
    numbers = (interval.value, interval.low, interval.high)
    value, low, high = (f"{number:{sign}.{digits}f}" for number in numbers)
    return f"{value} ({low} to {high})"


def _counted(count: int, noun: str) -> str:
    if count == 1:
        return f"{count:,} {noun}"
    return f"{count:,} {noun}s"


def _line(text: str) -> str:
    return " ".join(text.split())[:160]
