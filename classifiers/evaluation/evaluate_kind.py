"""How well kinds are told on a labelled file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.contract import UNSURE, Enricher, Enrichment, Kind
from classifiers.evaluation.baselines import check
from classifiers.evaluation.baselines_kind import KIND_BASELINE_NEEDS, Labelled, Rival, judge
from classifiers.evaluation.conversations import sort_of_row
from classifiers.evaluation.datasets import AS_NAMED, Reading, labelled_rows
from classifiers.evaluation.labels import ELSEWHERE, Labels, read_labels
from classifiers.evaluation.measures import (
    Interval,
    LabelScore,
    calibration_error,
    confusion,
    label_scores,
    tabulate,
)
from classifiers.grouping.sorts import Sort
from classifiers.kinds.doubt import by_sort, unsure_below_in
from classifiers.texts.text import fingerprint

JUDGED_AT_ONCE = 512
MISTAKE_CHARACTERS = 240

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A comment whose label was told wrong, and the probability (0..1) of what was told."""

    text: str
    truth: str
    predicted: str
    probability: float


@dataclass(frozen=True, slots=True)
class Free:
    """The same rows with all five kinds on offer: a kind that the file does not use is wrong,
    ``elsewhere`` times."""

    macro_f1: Interval
    accuracy: Interval
    elsewhere: int


@dataclass(frozen=True, slots=True)
class KindReport:
    """Scores of one file.

    ``coverage`` and ``precision`` are the service's, with all five kinds on offer and the
    confidence that it shows: the share of rows that it does not doubt, and how many of these are
    right. It doubts below ``unsure_by_sort`` of the places that occur (blank: an unknown one), of
    which ``unsure_below`` is the strictest. ``calibration_error`` and the ``mistakes``, surest
    first, are about the probability of the scored label among the kinds ``offered``; where these
    are all five, unfolded (``plain``), that is the same confidence. ``set_aside`` counts rows by
    the reason why a rule, not the model, said what they are.

    ``left_out`` rows lack a text or a label, ``repeated`` ones say the same words as an earlier
    row. ``seen`` is whether the heads were trained on this very file. ``baselines`` are other
    methods on the same rows.
    """

    file: str
    version: str
    rows: int
    left_out: int
    repeated: int
    seen: bool
    offered: Sequence[str]
    plain: bool
    labels: Mapping[str, LabelScore]
    macro_f1: Interval
    accuracy: Interval
    free: Free
    confusion: Mapping[str, Mapping[str, int]]
    unsure_below: float
    unsure_by_sort: Mapping[str, float]
    coverage: float
    precision: float
    calibration_error: float
    set_aside: Mapping[str, int]
    mistakes: Sequence[Mistake]
    baselines: Mapping[str, Rival]

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists and numbers."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is said of one row: the service's ``verdict`` with its ``confidence`` and ``reason``,
    and the label ``predicted`` among the kinds on offer with its ``probability`` (both 0..1)."""

    text: str
    verdict: str
    confidence: float
    reason: str
    predicted: str
    probability: float
    print: str


def evaluate_kind(
    path: Path,
    enricher: Enricher,
    *,
    reading: Reading = AS_NAMED,
    only: str | None = None,
    mapping: Mapping[str, str] | None = None,
    unsure_below: float = 0.0,
    sort: Sort = Sort.unknown,
    baselines: Sequence[str] = (),
    train: Sequence[Path] = (),
    folds: int = 5,
    limit: int | None = None,
    seen: bool = False,
    seed: int = 7,
    samples: int = 1000,
    mistakes: int = 10,
    say: Say = lambda _: None,
) -> KindReport:
    """Score ``enricher`` on a file with the fields ``text`` and ``kind``, or others by ``reading``;
    labels in any case.

    ``mapping`` folds kinds into others (``{"question": "other"}``), in the file and in what is
    predicted. ``only`` scores one kind against the rest, whatever the file calls the rest. Without
    it, kinds that the file does not use are not offered to the model: a set of bugs and requests
    asks for one of the two; ``free`` says what it does when they are. A file of one label leaves
    nothing to choose between: there all five are offered.

    Doubt is that of ``sort``, or of the sort of place that a row names (see
    ``conversations.sort_of_row``); ``unsure_below`` is for an enricher that knows none.

    Intervals resample the rows ``samples`` times. ``baselines`` (tfidf, minilm, setfit) learn from
    the files ``train``, or from ``folds`` folds of this one.

    Raises:
        DataError: for an unusable file, a label that is no kind (``unknown_kind``), or an unusable
            baseline.
    """
    check(baselines, KIND_BASELINE_NEEDS, "kinds")
    rows, left_out = labelled_rows(path, "text", "kind", limit=limit, reading=reading)
    labels = read_labels([row["kind"] for row in rows], path.name, only=only, mapping=mapping)
    truth = [labels.fold(str(row["kind"])) for row in rows]
    sorts = [sort or sort_of_row(row) for row in rows]
    below = {str(one): unsure_below_in(enricher, one, unsure_below) for one in sorted(set(sorts))}
    texts = [str(row["text"]) for row in rows]
    judged, vectors = _judge(texts, sorts, enricher, labels, "minilm" in baselines, say)
    predicted = [one.predicted for one in judged]
    names = list(labels.names)
    if ELSEWHERE in predicted:
        names.append(ELSEWHERE)
    right = [label == answer for label, answer in zip(truth, predicted, strict=True)]
    scores = label_scores(truth, predicted, names, seed=seed, samples=samples)
    sure = [
        one.verdict == label
        for one, label, place in zip(judged, truth, sorts, strict=True)
        if one.reason != UNSURE and one.confidence >= below[place]
    ]
    reasons = Counter(one.reason for one in judged if one.reason not in ("", UNSURE))
    prints = [one.print for one in judged]
    rivals = {}
    if baselines:
        table = Labelled([one.text for one in judged], vectors, np.array(truth), np.array(prints))
        rivals = judge(
            baselines,
            table,
            predicted,
            labels,
            enricher,
            train=train,
            folds=folds,
            seed=seed,
            samples=samples,
            say=say,
        )
    return KindReport(
        file=path.name,
        version=enricher.version,
        rows=len(rows),
        left_out=len(left_out),
        repeated=len(prints) - len(set(prints)),
        seen=seen,
        offered=[str(kind) for kind in labels.offered],
        plain=labels.plain,
        labels={label: scores.labels[label] for label in labels.names},
        macro_f1=scores.macro_f1,
        accuracy=scores.accuracy,
        free=_free(truth, [one.verdict for one in judged], labels, seed, samples),
        confusion=tabulate(confusion(truth, predicted, names), names),
        unsure_below=max(below.values(), default=unsure_below),
        unsure_by_sort=below,
        coverage=len(sure) / len(rows),
        precision=sum(sure) / max(len(sure), 1),
        calibration_error=calibration_error([one.probability for one in judged], right),
        set_aside=dict(reasons.most_common()),
        mistakes=_mistakes(judged, truth)[:mistakes],
        baselines=rivals,
    )


def _mistakes(judged: Sequence[Judged], truth: Sequence[str]) -> list[Mistake]:
    """What was told wrong, surest first."""
    return [
        Mistake(one.text[:MISTAKE_CHARACTERS], label, one.predicted, round(one.probability, 3))
        for one, label in sorted(
            zip(judged, truth, strict=True), key=lambda pair: -pair[0].probability
        )
        if one.predicted != label
    ]


def choose(result: Enrichment, offered: Sequence[Kind]) -> Kind:
    """The kind among those offered: the verdict itself wherever it is on offer, else the most
    probable of them."""
    if result.kind in offered:
        return result.kind
    return max(offered, key=lambda kind: result.scores.get(kind, 0.0))


def _judge(
    texts: Sequence[str],
    sorts: Sequence[Sort],
    enricher: Enricher,
    labels: Labels,
    keep: bool,
    say: Say,
) -> tuple[list[Judged], list[Any]]:
    """What the model says of each text; ``keep`` its vectors, which of a large file fill memory."""
    judged: list[Judged] = []
    vectors: list[Any] = []
    for start in range(0, len(texts), JUDGED_AT_ONCE):
        part = slice(start, start + JUDGED_AT_ONCE)
        for result in by_sort(enricher, enricher.enrich(texts[part]), sorts[part]):
            judged.append(_judged(result, labels))
            if keep:
                vectors.append(result.vector)
        if len(judged) % (JUDGED_AT_ONCE * 10) == 0:
            say(f"{len(judged):,} of {len(texts):,} rows")
    return judged, vectors


def _judged(result: Enrichment, labels: Labels) -> Judged:
    kind = choose(result, labels.offered)
    label, probability = labels.told(kind), result.confidence
    if kind != result.kind or (result.reason in ("", UNSURE) and not labels.plain):
        total = sum(result.scores.get(one, 0.0) for one in labels.offered)
        same = sum(
            result.scores.get(one, 0.0)
            for one in labels.offered
            if labels.fold(one) == labels.fold(kind)
        )
        probability = 0.0
        if total:
            probability = min(same / total, 1.0)
    return Judged(
        text=result.clean,
        verdict=labels.told(result.kind),
        confidence=result.confidence,
        reason=result.reason,
        predicted=label,
        probability=probability,
        print=fingerprint(result.clean),
    )


def _free(
    truth: Sequence[str], verdicts: Sequence[str], labels: Labels, seed: int, samples: int
) -> Free:
    scores = label_scores(truth, verdicts, [*labels.names, ELSEWHERE], seed=seed, samples=samples)
    return Free(scores.macro_f1, scores.accuracy, verdicts.count(ELSEWHERE))
