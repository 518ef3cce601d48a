"""Train every head for another encoder:
``python -m classifiers.training.train_encoder --encoder NAME --data DIR --heads DIR``.

``NAME`` is the published name or the folder of a sentence-transformers model; ``--heads`` is what
``RELAY_HEADS_DIR`` then names. The texts are English: a multilingual encoder carries what was
learned from them over to its other languages, where it is weaker (Reimers and Gurevych, EMNLP
2020); how much was not measured in this project.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from classifiers.contract import Embedder, ModelError, space_of
from classifiers.encoding import encoder
from classifiers.encoding.model_files import DIMENSIONS
from classifiers.stored_weights import SHIPPED_WEIGHTS
from classifiers.training.corpora import Report
from classifiers.training.fit_several import Case, fit_several
from classifiers.training.train import train
from classifiers.training.train_tone import ToneTexts, train_tone

Training = Callable[[Path, Path, int, Embedder, Report], object]
THRESHOLDS = "grouping.json"


def train_encoder(
    embedder: Embedder,
    data: Path,
    heads: Path,
    seed: int,
    *,
    say: Report = print,
    base: Training | None = None,
    tone: ToneTexts | None = None,
    several: Sequence[Case] | None = None,
    languages: bool = False,
) -> list[str]:
    """Write all heads for ``embedder`` to the folder ``heads``; returns the names of the files.

    The grouping thresholds are copied from the shipped ones: they were fixed with the built-in
    encoder. ``base`` trains kind and sentiment, by default from the public sets under ``data``;
    ``tone`` and ``several`` are other texts for the rest. ``languages``: the encoder reads others
    than English, so that it learns from our comments in them.

    Raises:
        ModelError: ``vector_length`` when the vectors are not 384 long.
        DataError: for a missing or unreadable data file.
    """
    if embedder.dimensions != DIMENSIONS:
        raise ModelError(
            "vector_length",
            f"The vectors of {space_of(embedder.name)} have {embedder.dimensions} numbers, and the "
            f"database stores {DIMENSIONS}; choose an encoder with {DIMENSIONS} dimensions.",
        )
    heads.mkdir(parents=True, exist_ok=True)
    if base is None:
        train(data, heads, seed, embedder=embedder, languages=languages, say=say)
    else:
        base(data, heads, seed, embedder, say)
    for card in heads.glob("*.json"):
        named = json.loads(card.read_text(encoding="utf-8")) | {"encoder": space_of(embedder.name)}
        card.write_text(json.dumps(named, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    train_tone(embedder, heads, seed, say=say, source=tone)
    fit_several(embedder, heads, seed, say=say, all_cases=several)
    shutil.copyfile(SHIPPED_WEIGHTS / THRESHOLDS, heads / THRESHOLDS)
    return sorted(path.name for path in heads.iterdir())


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: ``--encoder``, ``--data``, ``--heads``, ``--seed``, ``--languages``."""
    parser = argparse.ArgumentParser(
        prog="python -m classifiers.training.train_encoder", description="Train all heads."
    )
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--heads", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--languages", action="store_true")
    options = parser.parse_args(arguments)
    try:
        train_encoder(
            encoder.load_named(options.encoder),
            options.data,
            options.heads,
            options.seed,
            languages=options.languages,
        )
    except ModelError as error:
        print(error.detail, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
