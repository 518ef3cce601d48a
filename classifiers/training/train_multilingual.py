"""Train everything that belongs to the multilingual model:
``python -m classifiers.training.train_multilingual --data DIR --model DIR --out DIR``.

``--model`` is a folder in which the model is installed (``relay model use multilingual``). The
public sets are English, so that most of what the heads know is learned from English texts and
carried over; our own comments in other languages show them what is left of a language in a vector.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from classifiers.encoding import encoder
from classifiers.encoding.models import MULTILINGUAL
from classifiers.encoding.neutral import VECTORS, LanguageNeutral
from classifiers.encoding.openvino_encoder import OpenVinoEmbedder
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.stored_weights import version_of, write
from classifiers.texts.text import clean
from classifiers.training.corpora import Report
from classifiers.training.seed_texts import comments
from classifiers.training.train_encoder import train_encoder
from classifiers.training.train_grouping import train_grouping
from classifiers.training.train_threads import train_threads

PUBLIC_MOST = 1_000
"""Comments of each public set that the link is fitted on: this encoder takes its time."""
ENGLISH = "en"


def train_multilingual(
    embedder: OpenVinoEmbedder, data: Path, out: Path, seed: int, *, say: Report = print
) -> None:
    """Write vectors' center and directions, all heads, the link and the thresholds to ``out``.

    Raises:
        DataError: for a missing or unreadable data file.
    """
    out.mkdir(parents=True, exist_ok=True)
    embedder.neutral = fit_neutral(embedder, out)
    train_encoder(embedder, data, out, seed, languages=True, say=say)
    enricher = DefaultEnricher(embedder, folder=out, languages=None)
    train_grouping(data, enricher, out, seed, most=PUBLIC_MOST, say=say)
    train_threads(enricher, out, say=say)


def fit_neutral(embedder: OpenVinoEmbedder, out: Path) -> LanguageNeutral:
    """What our own comments in each language have in common, and what tells those apart that say
    the same, written to ``out``."""
    embedder.neutral = None
    texts, same = texts_by_language(), texts_that_say_the_same()
    neutral = LanguageNeutral.fit(
        [embedder.embed(texts[language]) for language in texts],
        [embedder.embed(group) for group in same],
    )
    card = {
        "encoder": MULTILINGUAL.name,
        "texts": {language: len(texts[language]) for language in texts},
        "groups_that_say_the_same": len(same),
        "version": version_of(neutral),
    }
    write(VECTORS, neutral, card, out)
    return neutral


def texts_by_language() -> Mapping[str, list[str]]:
    """Our own comments, cleaned, English ones first."""
    texts = {ENGLISH: [clean(str(row["text"])) for row in comments("own")]}
    for row in comments("languages"):
        texts.setdefault(str(row["language"]), []).append(clean(str(row["text"])))
    return texts


def texts_that_say_the_same() -> list[list[str]]:
    """Our own English comments by their group, two or more in each."""
    groups: dict[str, list[str]] = {}
    for row in comments("own"):
        if row.get("group"):
            groups.setdefault(str(row["group"]), []).append(clean(str(row["text"])))
    return [texts for texts in groups.values() if len(texts) > 1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: ``--data``, ``--model``, ``--out``, ``--seed``."""
    parser = argparse.ArgumentParser(
        prog="python -m classifiers.training.train_multilingual", description="Train all heads."
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    folder = encoder.prepare(options.model, model=MULTILINGUAL)
    train_multilingual(
        OpenVinoEmbedder(folder, model=MULTILINGUAL), options.data, options.out, options.seed
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
