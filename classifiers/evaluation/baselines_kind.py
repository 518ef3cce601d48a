"""Other ways to tell kinds, trained and judged on the same rows: what our heads have to beat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Enricher
from classifiers.evaluation.datasets import DataError, labelled_rows
from classifiers.evaluation.labels import Labels
from classifiers.evaluation.measures import Interval, difference, label_scores
from classifiers.texts.text import clean, fingerprint

KIND_BASELINE_NEEDS = {
    "tfidf": ("sklearn",),
    "minilm": ("sklearn",),
    "setfit": ("sklearn", "setfit"),
}
READ_AT_ONCE = 512
SETFIT_TOKENS = 128
SETFIT_PAIRS = 1
"""Pairs of either sign per training text (``num_iterations`` of setfit): an hour, not a day, on two
cores."""

Names = NDArray[np.str_]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Cleaned texts with vectors (each float32[384]; none where no method reads them), labels and
    fingerprints."""

    texts: Sequence[str]
    vectors: Sequence[Any]
    labels: Names
    prints: Names

    def take(self, rows: NDArray[np.bool_]) -> Labelled:
        """The marked rows."""
        places = np.flatnonzero(rows).tolist()
        return Labelled(
            texts=[self.texts[place] for place in places],
            vectors=[self.vectors[place] for place in places if self.vectors],
            labels=self.labels[rows],
            prints=self.prints[rows],
        )


@dataclass(frozen=True, slots=True)
class Rival:
    """One method's scores on the rows. ``ahead`` is our macro F1 minus its own; ``trained`` the
    rows it learned from (per fold)."""

    macro_f1: Interval
    accuracy: Interval
    f1: Mapping[str, float]
    ahead: Interval
    trained: int
    way: str


def judge(
    names: Sequence[str],
    table: Labelled,
    predicted: Sequence[str],
    labels: Labels,
    enricher: Enricher,
    *,
    train: Sequence[Path],
    folds: int,
    seed: int,
    samples: int,
    say: Say,
) -> dict[str, Rival]:
    """Scores by method, learned from the files ``train``, or from ``folds`` folds of the rows
    themselves.

    Copies never stand on both sides: in the folds they stay together, in other files they are
    dropped.

    Raises:
        DataError: ``one_label`` where there is nothing to tell apart, ``too_few_rows`` or an
            unusable file of ``train``.
    """
    if len(labels.names) < 2:
        raise DataError(
            "one_label",
            f"Every row is labelled {labels.names[0]}, so a baseline has nothing to tell apart: "
            "leave out --baseline, or name a file of two labels or more.",
        )
    if train:
        training = _read(train, labels, enricher, "minilm" in names)
        training = training.take(~np.isin(training.prints, table.prints))
        way = f"trained on {', '.join(path.name for path in train)}"
        splits = [(np.ones(len(training.texts), bool), np.ones(len(table.texts), bool))]
    else:
        training, way, splits = table, f"{folds} folds", split(table, folds, seed)
    truth = table.labels.tolist()
    rivals = {}
    for name in names:
        say(f"Baseline {name}")
        answers = np.empty(len(table.texts), object)
        for learn, ask in splits:
            examples = training.take(learn)
            _enough(examples.labels, labels, name)
            answers[ask] = predict(name, examples, table.take(ask), seed)
        rival = [str(label) for label in answers]
        scores = label_scores(truth, rival, labels.names, seed=seed, samples=samples)
        rivals[name] = Rival(
            macro_f1=scores.macro_f1,
            accuracy=scores.accuracy,
            f1={label: score.f1.value for label, score in scores.labels.items()},
            ahead=difference(truth, predicted, rival, labels.names, seed=seed, samples=samples),
            trained=max(int(learn.sum()) for learn, _ in splits),
            way=way,
        )
    return rivals


def split(
    table: Labelled, folds: int, seed: int
) -> list[tuple[NDArray[np.bool_], NDArray[np.bool_]]]:
    """Pairs of masks (learn, ask): labels in the same proportions, the same words always in the
    same fold."""
    from sklearn.model_selection import StratifiedGroupKFold

    rarest = int(np.unique(table.labels, return_counts=True)[1].min())
    if folds < 2 or rarest < folds:
        raise DataError(
            "too_few_rows",
            f"A label has {rarest} rows: too few for {folds} folds; give fewer with --folds (at "
            "least 2), or other files with --train.",
        )
    shuffled = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    masks = []
    for _, fold in shuffled.split(table.texts, table.labels, table.prints):
        ask = np.zeros(len(table.texts), bool)
        ask[fold] = True
        masks.append((~ask, ask))
    return masks


def predict(name: str, training: Labelled, questions: Labelled, seed: int) -> Sequence[str]:
    """A label for each of ``questions``, by the method ``name`` trained on ``training``."""
    if name == "setfit":
        return _setfit(training, questions, seed)
    from sklearn.linear_model import LogisticRegression

    if name == "minilm":
        inputs, question_inputs = np.stack(training.vectors), np.stack(questions.vectors)
        head = LogisticRegression(C=10, max_iter=2000, class_weight="balanced")
    else:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_union

        terms = make_union(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
            TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2),
        )
        inputs, question_inputs = (
            terms.fit_transform(training.texts),
            terms.transform(questions.texts),
        )
        head = LogisticRegression(C=5, max_iter=2000, class_weight="balanced")
    return [str(label) for label in head.fit(inputs, training.labels).predict(question_inputs)]


def _setfit(training: Labelled, questions: Labelled, seed: int) -> Sequence[str]:
    import tempfile

    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    from classifiers.encoding.model_files import published_model, verify

    names = sorted(set(training.labels.tolist()))
    model = SetFitModel.from_pretrained(str(verify(published_model())), device="cpu")
    model.model_body.max_seq_length = SETFIT_TOKENS
    rows = Dataset.from_dict(
        {
            "text": list(training.texts),
            "label": [names.index(label) for label in training.labels.tolist()],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        plan = TrainingArguments(
            output_dir=folder,
            batch_size=16,
            num_epochs=1,
            num_iterations=SETFIT_PAIRS,
            seed=seed,
            show_progress_bar=False,
            save_strategy="no",
            report_to="none",
        )
        Trainer(model=model, args=plan, train_dataset=rows).train()
    return [
        names[int(place)] for place in model.predict(list(questions.texts), show_progress_bar=False)
    ]


def _read(paths: Sequence[Path], labels: Labels, enricher: Enricher, keep: bool) -> Labelled:
    """The rows of the files whose folded label is scored here; with ``only`` that is every row."""
    texts: list[str] = []
    vectors: list[Any] = []
    row_labels: list[str] = []
    for path in paths:
        rows = [
            (str(row["text"]), labels.fold(str(row["kind"])))
            for row in labelled_rows(path, "text", "kind")[0]
        ]
        rows = [(text, label) for text, label in rows if label in labels.names]
        row_labels += [label for _, label in rows]
        if not keep:
            texts += [clean(text) for text, _ in rows]
            continue
        for start in range(0, len(rows), READ_AT_ONCE):
            results = enricher.enrich([text for text, _ in rows[start : start + READ_AT_ONCE]])
            texts += [result.clean for result in results]
            vectors += [result.vector for result in results]
    prints = np.array([fingerprint(text) for text in texts], str)
    return Labelled(texts, vectors, np.array(row_labels, str), prints)


def _enough(training: Names, labels: Labels, name: str) -> None:
    lacking = [label for label in labels.names if label not in training]
    if lacking:
        raise DataError(
            "too_few_rows",
            f"The baseline {name} has no row of {', '.join(lacking)} to learn from; name other "
            "files with --train, or fold kinds with --map.",
        )
