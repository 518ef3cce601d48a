"""Train the shipped heads from public sets and our own texts:
``python -m classifiers.training.train --data D --model M``."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.contract import Embedder, Kind
from classifiers.encoding import encoder
from classifiers.encoding.model_files import MODEL_NAME
from classifiers.kinds.experts import REPORT_HEADS, log_softmax
from classifiers.kinds.heads import Floats, Heads
from classifiers.kinds.troubles import TROUBLES
from classifiers.stored_weights import SHIPPED_WEIGHTS, Stored, version_of, write
from classifiers.training.corpora import (
    CHATS,
    DOMAINS,
    Corpus,
    Report,
    balance,
    read_asked,
    read_chats,
    read_corpus,
    read_inboxes,
)
from classifiers.training.crossdomain import REPORTS_DOMAIN, Unseen, calibrate, report_heads
from classifiers.training.fit_several import fit_several
from classifiers.training.fitting import Mask, Penalties, Table
from classifiers.training.train_tone import train_tone
from classifiers.training.train_troubles import Judged, TroubleTexts, hear

KIND_PENALTIES = Penalties(dense=1e-3, terms=1e-3, signs=3e-4, shares=(0.35, 0.35, 0.3))
DOMAIN_POWER = 0.5
LABEL_POWER = 0.5
SENTIMENT_PENALTIES = Penalties(dense=1e-3, terms=3e-4, signs=1e-3)


def train(
    data: Path,
    out: Path,
    seed: int,
    *,
    embedder: Embedder | None = None,
    languages: bool = False,
    say: Report = print,
) -> Mapping[str, Any]:
    """Fit kind and sentiment on all domains under ``data``, judge them on unseen domains, write
    heads and cards.

    ``seed`` orders the five folds of one score; the fit itself is a convex problem with one
    solution. ``languages``: learn from our comments in other languages than English as well.
    Returns the card of the kind heads.

    Raises:
        DataError: for a missing or unreadable data file.
        ModelError: when the encoder cannot be used.
    """
    model = embedder or encoder.load(out.parent / ".encoder", threads=2, backend="openvino")
    corpus = read_corpus(data, model, say, languages=languages)
    table = Table.of(corpus.features)
    troubles = TroubleTexts(read_chats(data, model, say), read_asked(model))
    card = train_kind(corpus, read_inboxes(model), troubles, table, out, seed, say)
    train_sentiment(corpus, table, out, seed, say)
    return card


def train_kind(
    corpus: Corpus,
    inboxes: Corpus,
    troubles: TroubleTexts,
    table: Table,
    out: Path,
    seed: int,
    say: Report,
) -> Mapping[str, Any]:
    """The kind heads, what hears ``troubles``, and their cards, written to ``out``; doubt is fixed
    on unseen domains, communities and on ``inboxes``. Returns the card of the heads."""
    allowed = corpus.allowed()
    weights = balance(
        corpus.labels, corpus.domains, domain_power=DOMAIN_POWER, label_power=LABEL_POWER
    )
    unseen = Unseen(corpus, table, allowed, weights, KIND_PENALTIES, troubles)
    judged, scores = unseen.domains(say)
    # Without the only set of issue reports nothing long was ever seen: doubt about those is taken
    # from folds instead.
    folds = unseen.folds(seed, judged)
    say(f"{REPORTS_DOMAIN}, five folds with all other domains: {folds}")
    say("Fitting the kind heads on all domains")
    everything = np.ones(len(corpus.texts), bool)
    heads = table.heads(everything, allowed, weights, KIND_PENALTIES)
    reports = report_heads(corpus, table, allowed, weights, everything)
    hearing = troubles.fit(corpus, everything)
    general = log_softmax(heads.logits(troubles.chats.features))
    judged_chats, bugs_told = troubles.judge_chats(corpus, general, reports)
    say(f"bugs in unseen communities: {bugs_told}")
    general = log_softmax(heads.logits(inboxes.features))
    parts = [
        (corpus, judged),
        (inboxes, hear(general, inboxes, reports, hearing)),
        (troubles.chats, judged_chats),
    ]
    calibration = calibrate(
        Judged.joined([part for _, part in parts]),
        np.concatenate([part.allowed() for part, _ in parts]),
        np.concatenate([part.domains for part, _ in parts]),
        np.concatenate([part.sorts for part, _ in parts]),
    )
    card = {
        **_card(corpus, seed, heads, reports),
        **calibration,
        "leave_one_domain_out": scores,
        "nlbse_five_folds": folds,
        "bugs_in_unseen_communities": bugs_told,
        "licences": {domain: title for domain, (_, title) in DOMAINS.items()},
    }
    write("kind", heads, card, out)
    write(
        REPORT_HEADS,
        reports,
        {**_card(corpus, seed, reports), "trained_on": DOMAINS[REPORTS_DOMAIN][1]},
        out,
    )
    write(
        TROUBLES,
        hearing,
        {
            **_card(corpus, seed, hearing),
            "data_sha256": {**troubles.chats.hashes, **troubles.asked.hashes, **corpus.hashes},
            "trained_on": f"{CHATS[1]}; texts written for this project (classifiers/seeds)",
        },
        out,
    )
    return card


def train_sentiment(
    corpus: Corpus, table: Table, out: Path, seed: int, say: Report
) -> Mapping[str, Any]:
    """The sentiment heads and their card, written to ``out``; judged on each review set after
    training on the other."""
    rated = ~np.isnan(corpus.ratings)
    calm = (corpus.domains == "nlbse") & np.isin(
        corpus.labels, [Kind.feature.value, Kind.question.value]
    )
    scores = {}
    for domain in ("clap", "maalej"):
        unseen = corpus.domains == domain
        heads = _feel(corpus, table, (rated | calm) & ~unseen)
        scores[domain] = _agreement(table.logits(heads, unseen), corpus.ratings[unseen])
        say(f"sentiment, unseen {domain}: {scores[domain]}")
    heads = _feel(corpus, table, rated | calm)
    card = {
        **_card(corpus, seed, heads),
        "scores": scores,
        "temperature": 1.0,
        "trained_on": (
            "stars of the app reviews; questions and requests among GitHub issues as neutral texts"
        ),
    }
    write("sentiment", heads, card, out)
    return card


def _feel(corpus: Corpus, table: Table, rows: Mask) -> Heads:
    """Each row twice, as bad and as good, weighted by its stars; three, or none, count as half of
    each."""
    good = np.select([corpus.ratings >= 4, corpus.ratings <= 2], [1.0, 0.0], 0.5)
    places = np.flatnonzero(rows)
    bands = np.array([f"{value}" for value in good])
    base = balance(bands, corpus.domains, domain_power=0.5, label_power=1.0)
    twice = table.take(np.tile(places, 2))
    allowed = np.zeros((2 * len(places), 2), bool)
    allowed[: len(places), 0] = allowed[len(places) :, 1] = True
    weights = np.concatenate([base[places] * (1 - good[places]), base[places] * good[places]])
    return twice.heads(weights >= 0, allowed, weights, SENTIMENT_PENALTIES)


def _agreement(logits: Floats, ratings: Floats) -> Mapping[str, float]:
    feeling = np.tanh((logits[:, 1] - logits[:, 0]) / 2)
    clear = (ratings <= 2) | (ratings >= 4)
    right = (feeling[clear] > 0) == (ratings[clear] >= 4)
    good = ratings[clear] >= 4
    return {
        "balanced_accuracy": round(float((right[good].mean() + right[~good].mean()) / 2), 3),
        "correlation_with_stars": round(float(np.corrcoef(feeling, ratings)[0, 1]), 3),
        "rows": len(ratings),
    }


def _card(corpus: Corpus, seed: int, *heads: Stored) -> dict[str, Any]:
    import scipy

    return {
        "version": version_of(*heads),
        "encoder": MODEL_NAME,
        "data_sha256": corpus.hashes,
        "rows": {domain: int((corpus.domains == domain).sum()) for domain in corpus.hashes},
        "seed": seed,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: ``--data``, ``--out``, ``--model`` (folder of the prepared encoder),
    ``--seed``."""
    parser = argparse.ArgumentParser(
        prog="python -m classifiers.training.train", description=__doc__
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=SHIPPED_WEIGHTS)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    encoder.prepare(options.model)
    embedder = encoder.load(options.model, threads=2, backend="openvino")
    train(options.data, options.out, options.seed, embedder=embedder)
    train_tone(embedder, options.out, options.seed)
    fit_several(embedder, options.out, options.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
