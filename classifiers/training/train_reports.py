"""Tune the encoder's upper layers on issue reports:
``python -m classifiers.training.train_reports --data D --model M``.

It takes torch, and some five minutes of one processor for the weights that are shipped and for each
fold.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import ModelError, Vectors
from classifiers.encoding import encoder
from classifiers.encoding.graph import Weights, read_weights
from classifiers.encoding.model_files import MODEL_NAME, published_model, sha256, verify
from classifiers.encoding.openvino_encoder import OpenVinoEmbedder
from classifiers.encoding.tuned_layers import REPORT_ENCODER, packed, unpacked
from classifiers.evaluation.datasets import DataError, read_rows
from classifiers.kinds.experts import REPORT_KINDS
from classifiers.kinds.heads import Floats
from classifiers.kinds.report_encoder import ReportHead, TunedEncoder
from classifiers.kinds.softmax import fit
from classifiers.stored_weights import SHIPPED_WEIGHTS, version_of, write
from classifiers.texts.text import clean
from classifiers.training.corpora import DOMAINS, Corpus, Report, balance, read_corpus
from classifiers.training.crossdomain import (
    REPORTS_DOMAIN,
    folds_of_reports,
    general_opinion,
    report_heads,
    score_domain,
)
from classifiers.training.fitting import Table
from classifiers.training.train import DOMAIN_POWER, KIND_PENALTIES, LABEL_POWER
from classifiers.training.tuning import Rows, States, freeze, tune

HEAD_PENALTY = 0.3
"""Of the head, over columns of unit variance: the tuned layers have seen its rows, and tell them
apart too surely."""


@dataclass(frozen=True, slots=True)
class Issues:
    """The texts, cleaned; their kinds as places in ``REPORT_KINDS``; and what tuning starts
    from."""

    texts: Sequence[str]
    kinds: NDArray[np.intp]
    published: Weights
    states: States

    @classmethod
    def read(cls, path: Path, model: OpenVinoEmbedder) -> Issues:
        """The rows of ``path``, in its order.

        Raises:
            DataError: for a missing or unreadable file.
            ModelError: ``model_missing``, ``model_digest_mismatch`` or ``torch_missing``.
        """
        rows = read_rows(path, "text", "kind")
        texts = [clean(str(row["text"])) for row in rows]
        names = [kind.value for kind in REPORT_KINDS]
        published = read_weights(verify(published_model()) / "model.safetensors")
        states = freeze(published, model.tokenize(texts))
        return cls(
            texts, np.array([names.index(str(row["kind"])) for row in rows]), published, states
        )

    def learn(self, rows: Rows, seed: int, say: Report) -> tuple[TunedEncoder, Vectors]:
        """An encoder tuned on ``rows``, and the vectors it gives to all texts, as they would be
        served."""
        layers = packed(tune(self.published, self.states, self.kinds, rows, seed, say))
        with tempfile.TemporaryDirectory() as folder:
            encoder.save_graph(
                {**self.published, **unpacked(layers)}, published_model(), Path(folder)
            )
            vectors = OpenVinoEmbedder(Path(folder), threads=1).embed(self.texts)
        return TunedEncoder(layers, fit_head(vectors[rows], self.kinds[rows])), vectors


def fit_head(vectors: Vectors, kinds: NDArray[np.intp]) -> ReportHead:
    """The softmax regression over the tuned vectors, on columns of one level."""
    center = vectors.mean(axis=0, dtype=np.float64)
    spread = vectors.std(axis=0, dtype=np.float64) + 1e-9
    allowed = np.eye(len(REPORT_KINDS), dtype=bool)[kinds]
    coefficients, intercepts = fit(
        (vectors - center) / spread, allowed, np.ones(len(kinds)), HEAD_PENALTY
    )
    folded = coefficients / spread[:, None]
    return ReportHead(folded, intercepts - center @ folded)


def judge_folds(
    reports: Issues, corpus: Corpus, table: Table, seed: int, count: int, say: Report
) -> Mapping[str, Any]:
    """Kinds of the issue reports by heads and a tuned encoder that have not seen them, on the first
    ``count`` of the five folds that the report heads are judged on; without the tuned encoder and
    with it."""
    allowed = corpus.allowed()
    weights = balance(
        corpus.labels, corpus.domains, domain_power=DOMAIN_POWER, label_power=LABEL_POWER
    )
    folds = folds_of_reports(corpus.domains, seed)
    own = folds[corpus.domains == REPORTS_DOMAIN]
    folds_judged: list[tuple[Floats, Floats, NDArray[np.str_]]] = []
    for number in range(count):
        unseen = folds == number
        tuned, vectors = reports.learn(np.flatnonzero(own != number), seed, say)
        opinion = tuned.head.opinion(vectors[own == number])
        general = general_opinion(table, allowed, weights, KIND_PENALTIES, unseen)
        heads = report_heads(corpus, table, allowed, weights, ~unseen)
        features = table.features.take(np.flatnonzero(unseen))
        alone = heads.blend(general, features)
        blended = heads.blend(general, features, opinion.__getitem__)
        folds_judged.append((alone, blended, corpus.labels[unseen]))
        say(f"fold {number + 1}: {score(folds_judged[-1:])}")
    return {
        "folds": count,
        "rows": sum(len(labels) for *_, labels in folds_judged),
        **score(folds_judged),
    }


def score(folds_judged: Sequence[tuple[Floats, Floats, NDArray[np.str_]]]) -> dict[str, Any]:
    """F1 and mean log loss of the kinds in all folds together, before and after."""
    labels = np.concatenate([labels for *_, labels in folds_judged])
    names = [kind.value for kind in REPORT_KINDS]
    places = [names.index(label) for label in labels]
    scores = {}
    for way, title in enumerate(("without", "with")):
        logits = np.concatenate([fold[way] for fold in folds_judged])
        own = logits[:, : len(names)]
        among = own - np.logaddexp.reduce(own, axis=1, keepdims=True)
        loss = -float(among[np.arange(len(labels)), places].mean())
        scores[title] = {**score_domain(REPORTS_DOMAIN, logits, labels), "log_loss": round(loss, 3)}
    return scores


def train_reports(
    data: Path,
    out: Path,
    model: OpenVinoEmbedder,
    seed: int,
    *,
    folds: int = 0,
    say: Report = print,
) -> Mapping[str, Any]:
    """Tune on all issue reports under ``data``, write weights and card to ``out``, and return the
    card.

    ``folds`` of the five are judged first, each by an encoder of its own that has not seen it.

    Raises:
        DataError: for a missing or unreadable data file.
        ModelError: ``torch_missing``, or when the encoder cannot be used.
    """
    name, title = DOMAINS[REPORTS_DOMAIN]
    path = data / "classification" / name
    reports = Issues.read(path, model)
    judged = {}
    if folds:
        corpus = read_corpus(data, model, say)
        judged = {
            "folds": judge_folds(reports, corpus, Table.of(corpus.features), seed, folds, say)
        }
    tuned, _ = reports.learn(np.arange(len(reports.texts)), seed, say)
    packages = ("numpy", "openvino", "scipy", "torch")
    card = {
        "version": version_of(tuned),
        "encoder": MODEL_NAME,
        "trained_on": title,
        "data_sha256": {REPORTS_DOMAIN: sha256(path)},
        "rows": {REPORTS_DOMAIN: len(reports.texts)},
        "seed": seed,
        "versions": {
            "python": platform.python_version(),
            **{name: installed(name) for name in packages},
        },
        **judged,
    }
    write(REPORT_ENCODER, tuned, card, out)
    return card


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: ``--data``, ``--out``, ``--model`` (folder of the prepared encoder),
    ``--seed``, ``--folds``."""
    parser = argparse.ArgumentParser(
        prog="python -m classifiers.training.train_reports", description="Tune on issue reports."
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=SHIPPED_WEIGHTS)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--folds",
        type=int,
        choices=range(6),
        default=0,
        help="How many of five folds to judge first.",
    )
    options = parser.parse_args(arguments)
    try:
        model = OpenVinoEmbedder(encoder.prepare(options.model), threads=1)
        train_reports(options.data, options.out, model, options.seed, folds=options.folds)
    except (DataError, ModelError) as error:
        print(error.detail, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
