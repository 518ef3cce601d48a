"""Train the head for hostile comments, from texts of our own:
``python -m classifiers.training.train_tone --model DIR``.

``seeds/tone/hostile.txt`` and ``civil.txt`` hold one text a line; an empty line ends a group of
texts that are alike, and no group is split between training and judging. All our other comments are
civil as well.
"""

from __future__ import annotations

import argparse
import hashlib
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Embedder, space_of
from classifiers.encoding import encoder
from classifiers.kinds.heads import Features, Floats
from classifiers.kinds.tone import TONES, chance
from classifiers.stored_weights import SHIPPED_WEIGHTS, version_of, write
from classifiers.texts.text import clean
from classifiers.training.corpora import Report
from classifiers.training.fitting import Mask, Penalties, Table, temperature
from classifiers.training.seed_texts import SEEDS_FOLDER, seeds

TONE_PENALTIES = Penalties(dense=3e-3, terms=3e-4, signs=1e-3, shares=(0.6, 0.4, 0.0))
TONE_FOLDS = 5
HINT_PRECISION = 0.9
"""Of the hints on texts that were not trained on, where one in eleven is hostile."""
OTHER_COMMENTS_WEIGHT = 2_000
"""What our other comments weigh together, however many there are, so that a probability keeps its
meaning."""
SAME_GROUP_COSINE = 0.75
"""Two groups with texts of this cosine are judged as one."""


@dataclass(frozen=True, slots=True)
class ToneTexts:
    """Cleaned texts, whether each is hostile, the group it belongs to, and whether it was written
    for this head."""

    texts: Sequence[str]
    hostile: Mask
    groups: NDArray[np.int64]
    written: Mask


def read_texts() -> ToneTexts:
    """The tone texts in file order, then all our other comments, each a group of its own."""
    rows: list[tuple[str, bool, int, bool]] = []
    group = 0
    for name in reversed(TONES):
        for block in (
            (SEEDS_FOLDER / "tone" / f"{name}.txt").read_text(encoding="utf-8").split("\n\n")
        ):
            rows += [
                (clean(line), name == TONES[1], group, True)
                for line in block.splitlines()
                if line.strip()
            ]
            group += 1
    rows += [(clean(text), False, group + place, False) for place, (text, _) in enumerate(seeds())]
    texts, hostile, groups, written = zip(*rows, strict=True)
    return ToneTexts(texts, np.array(hostile), np.array(groups), np.array(written))


def train_tone(
    embedder: Embedder,
    out: Path,
    seed: int,
    *,
    say: Report = print,
    source: ToneTexts | None = None,
) -> Mapping[str, Any]:
    """Fit the head, judge it on groups it was not trained on, and write it with its card (returned)
    to ``out``.

    Raises:
        ModelError: when the encoder cannot be used.
    """
    rows = source or read_texts()
    encoded = embedder.encode(rows.texts)
    table = Table.of(Features.of(rows.texts, encoded.inner))
    allowed = np.stack([~rows.hostile, rows.hostile], axis=1)
    weights = np.where(
        rows.written, 1.0, OTHER_COMMENTS_WEIGHT / max(int((~rows.written).sum()), 1)
    )
    folds = _folds(_merged(rows.groups, encoded.vectors, rows.written), seed)
    logits = np.zeros((len(rows.texts), 2))
    for fold in range(TONE_FOLDS):
        unseen = folds == fold
        logits[unseen] = table.logits(
            table.heads(~unseen, allowed, weights, TONE_PENALTIES), unseen
        )
    scale = temperature(logits, allowed, weights / weights.sum())
    judged = _judge(chance(logits, scale), rows)
    say(f"tone, unseen groups: {judged}")
    heads = table.heads(np.ones(len(rows.texts), bool), allowed, weights, TONE_PENALTIES)
    import scipy

    card = {
        "version": version_of(heads),
        "encoder": space_of(embedder.name),
        "temperature": scale,
        "hostile_from": judged["hostile_from"],
        "scores": judged,
        "trained_on": "texts written for this project (classifiers/seeds)",
        "data_sha256": hashlib.sha256("\n".join(rows.texts).encode()).hexdigest(),
        "seed": seed,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scipy": scipy.__version__,
        },
    }
    write("tone", heads, card, out)
    return card


def _merged(
    groups: NDArray[np.int64], vectors: NDArray[np.float32], written: Mask
) -> NDArray[np.int64]:
    """Groups after joining those of the written texts that share near texts."""
    merged = groups.copy()
    places = np.flatnonzero(written)
    alike = vectors[places] @ vectors[places].T >= SAME_GROUP_COSINE
    for one, another in zip(*np.nonzero(np.triu(alike, 1)), strict=True):
        remaining, merged_away = merged[places[one]], merged[places[another]]
        merged[merged == merged_away] = remaining
    return merged


def _folds(groups: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    names, places = np.unique(groups, return_inverse=True)
    return np.asarray((np.random.default_rng(seed).permutation(len(names)) % TONE_FOLDS)[places])


def _judge(likely: Floats, rows: ToneTexts) -> dict[str, Any]:
    """The lowest threshold from which ``HINT_PRECISION`` of the hints are right, and what it finds
    and disturbs there."""
    order = np.argsort(-likely, kind="stable")
    precise = np.cumsum(rows.hostile[order]) / np.arange(1, len(order) + 1) >= HINT_PRECISION
    last = 0
    if precise.any():
        last = int(np.flatnonzero(precise)[-1])
    start = float(likely[order][last])
    flagged = likely >= start
    hard = rows.written & ~rows.hostile
    return {
        "hostile_from": round(start, 4),
        "precision": _share(rows.hostile, flagged),
        "precision_on_hard_texts": _share(rows.hostile, flagged & rows.written),
        "recall": _share(flagged, rows.hostile),
        "false_alarms_on_hard_civil": f"{int(flagged[hard].sum())} of {int(hard.sum())}",
        "false_alarms_on_our_comments": (
            f"{int(flagged[~rows.written].sum())} of {int((~rows.written).sum())}"
        ),
        "hostile_texts": int(rows.hostile.sum()),
        "groups": len(np.unique(rows.groups[rows.written])),
    }


def _share(of: Mask, among: Mask) -> float:
    return round(float((of & among).sum() / max(int(among.sum()), 1)), 3)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: ``--model`` (folder of the prepared encoder), ``--out``, ``--seed``."""
    parser = argparse.ArgumentParser(
        prog="python -m classifiers.training.train_tone", description="Train the tone head."
    )
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=SHIPPED_WEIGHTS)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(arguments)
    encoder.prepare(options.model)
    train_tone(
        encoder.load(options.model, threads=2, backend="openvino"), options.out, options.seed
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
