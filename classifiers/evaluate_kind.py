"""How well kinds are told on a labelled file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from classifiers.contract import Enricher, Enrichment, Kind
from classifiers.datasets import DataError, read_rows
from classifiers.measures import Interval, LabelScore, calibration_error, confusion, label_scores, tabulate

REST = "rest"
BATCH = 512


@dataclass(frozen=True, slots=True)
class Mistake:
    """A comment whose kind was told wrong, and how sure the model was (0..1)."""

    text: str
    truth: str
    predicted: str
    confidence: float


@dataclass(frozen=True, slots=True)
class KindReport:
    """Scores of one file. ``coverage`` is the share of rows at or above ``unsure_below``, ``precision`` how many
    are right."""

    file: str
    version: str
    rows: int
    labels: Mapping[str, LabelScore]
    macro_f1: Interval
    accuracy: Interval
    confusion: Mapping[str, Mapping[str, int]]
    unsure_below: float
    coverage: float
    precision: float
    calibration_error: float
    mistakes: Sequence[Mistake]

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists and numbers."""
        return asdict(self)


def evaluate_kind(
    path: Path,
    enricher: Enricher,
    *,
    only: str | None = None,
    mapping: Mapping[str, str] | None = None,
    unsure_below: float = 0.0,
    seed: int = 7,
    samples: int = 1000,
    mistakes: int = 10,
) -> KindReport:
    """Score ``enricher`` on a file with the fields ``text`` and ``kind``.

    ``mapping`` folds kinds into others (``{"question": "other"}``), in the file and in what is predicted. ``only``
    scores one kind against the rest, whatever the file calls the rest. Kinds that the file does not use are not
    offered to
    the model: a set of bugs and requests asks for one of the two. Intervals come from ``samples`` resamplings of
    the rows.

    Raises:
        DataError: for an unusable file or a label that is no kind (``unknown_kind``).
    """
    folds = dict(mapping or {})
    for name in [*folds, *([only] if only else [])]:
        _check(name, path)
    rows = read_rows(path, "text", "kind")
    truth = [_fold(str(row["kind"]).strip().casefold(), folds, only) for row in rows]
    if only is None:
        for label in set(truth):
            _check(label, path, {*Kind, *folds.values()})
    offered = [kind for kind in Kind if only or _fold(kind, folds, only) in set(truth)]
    found = [result for start in range(0, len(rows), BATCH)
             for result in enricher.enrich([str(row["text"]) for row in rows[start : start + BATCH]])]  # fmt: skip
    choices = [choose(result, offered) for result in found]
    predicted = [_fold(kind, folds, only) for kind, _ in choices]
    labels = [only, REST] if only else sorted(set(truth) | set(predicted))
    right = [one == other for one, other in zip(truth, predicted, strict=True)]
    scores, macro, accuracy = label_scores(truth, predicted, labels, seed=seed, samples=samples)
    sure = [hit for (_, confidence), hit in zip(choices, right, strict=True) if confidence >= unsure_below]
    wrong = sorted((place for place, hit in enumerate(right) if not hit), key=lambda place: (-choices[place][1], place))
    return KindReport(
        path.name, enricher.version, len(rows), scores, macro, accuracy,
        tabulate(confusion(truth, predicted, labels), labels),
        unsure_below, len(sure) / len(rows), sum(sure) / len(sure) if sure else 0.0,
        calibration_error([confidence for _, confidence in choices], right),
        [Mistake(found[place].clean[:240], truth[place], predicted[place], round(choices[place][1], 3))
         for place in wrong[:mistakes]],
    )  # fmt: skip


def choose(result: Enrichment, offered: Sequence[Kind]) -> tuple[Kind, float]:
    """The kind among those offered, and its confidence among them: the verdict itself wherever it is on offer."""
    if result.kind in offered:
        return result.kind, result.confidence
    total = sum(result.scores.get(kind, 0.0) for kind in offered)
    kind = max(offered, key=lambda one: result.scores.get(one, 0.0))
    return kind, result.scores.get(kind, 0.0) / total if total else 0.0


def _fold(label: str, folds: Mapping[str, str], only: str | None) -> str:
    label = str(folds.get(label, label))
    return (label if label == only else REST) if only else label


def _check(name: str, path: Path, known: set[str] | None = None) -> None:
    names = sorted(str(one) for one in known or set(Kind))
    if name not in names:
        raise DataError(
            "unknown_kind",
            f"{name!r} (for {path.name}) is not one of {', '.join(names)}; fold it with --map {name}=other or "
            "score one kind alone with --only.",
        )
