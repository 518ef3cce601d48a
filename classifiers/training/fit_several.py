"""From which clearness on a comment keeps a second kind, measured on our own comments put together
by twos.

``python -m classifiers.training.fit_several --model DIR``; to be run whenever the kind heads were
trained again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.contract import Embedder, Kind
from classifiers.encoding import encoder
from classifiers.evaluation.datasets import Row, read_rows
from classifiers.kinds.features import FEATURE_CHARACTERS
from classifiers.kinds.heads import Floats
from classifiers.kinds.kind import KINDS, KindModel
from classifiers.kinds.several import (
    NEVER_CLEAR,
    SEGMENTED_CHARACTERS,
    SIDE_KINDS,
    SIDE_KINDS_CARD,
    clearest,
    read,
    segments,
)
from classifiers.stored_weights import SHIPPED_WEIGHTS
from classifiers.texts.text import clean
from classifiers.training.corpora import Report
from classifiers.training.seed_texts import comments

SIDE_KIND_PRECISION = 0.75
"""Of the kinds kept beside the strongest. Labels name one kind of a comment, so some that count as
wrong are right."""
TEXTS_OF_TWO = 60
"""Texts of two kinds for every ordered pair of kinds; as many of one kind twice for every kind."""
TEXTS_OF_ONE = 250
"""Comments as they are, with several sentences, for every kind, at most."""
LEAST_KEPT = 15
SHORT_WORDS = range(5, 61)
Case = tuple[str, frozenset[Kind]]

assert SEGMENTED_CHARACTERS == FEATURE_CHARACTERS


def cases(rows: Sequence[Row], seed: int) -> list[Case]:
    """Cleaned texts with all their kinds: two comments of two kinds, two of one kind, and single
    comments.

    ``also`` names what a row says beside its kind.
    """
    random = np.random.default_rng(seed)
    by_kind = {kind: [_case(row) for row in rows if row["kind"] == kind] for kind in KINDS}
    short = {
        kind: [text for text, kinds in own if len(kinds) == 1 and len(text.split()) in SHORT_WORDS]
        for kind, own in by_kind.items()
    }
    built: list[Case] = []
    for one, other in product(KINDS, KINDS):
        if Kind.other in (one, other) and one is not other:
            continue
        for _ in range(TEXTS_OF_TWO):
            first, second = (
                str(short[kind][random.integers(len(short[kind]))]) for kind in (one, other)
            )
            if not first.endswith((".", "!", "?")):
                first += "."
            gap = ("\n\n", " ")[int(random.integers(2))]
            built.append((f"{first}{gap}{second}", frozenset({one, other})))
    for own in by_kind.values():
        singles = [case for case in own if segments(case[0])]
        built += [singles[place] for place in random.permutation(len(singles))[:TEXTS_OF_ONE]]
    return built


def _case(row: Row) -> Case:
    kinds = [str(row["kind"]), *map(str, row.get("also") or ())]
    return clean(str(row["text"])), frozenset(map(Kind, kinds))


def judge(
    all_cases: Sequence[Case], embedder: Embedder, model: KindModel
) -> tuple[Floats, list[Kind]]:
    """The clearness of each kind in each case, ``float64[n, 5]``, and the strongest kind of
    each."""
    texts = [text for text, _ in all_cases]
    parts = [segments(text) for text in texts]
    _, features = read(embedder, texts, parts)
    rows = model.probabilities(features, embedder, texts)
    clearness = np.zeros((len(all_cases), len(KINDS)))
    place = len(all_cases)
    for case, ((text, _), text_parts) in enumerate(zip(all_cases, parts, strict=True)):
        if text_parts:
            clearness[case] = clearest(text, text_parts, rows[place : place + len(text_parts)])
        place += len(text_parts)
    return clearness, [KINDS[int(row.argmax())] for row in rows[: len(all_cases)]]


def fit_several(
    embedder: Embedder,
    out: Path,
    seed: int,
    *,
    all_cases: Sequence[Case] | None = None,
    say: Report = print,
) -> Mapping[str, Any]:
    """Read the thresholds off our own comments for the kind heads in ``out``, and write them there
    with their scores.

    Raises:
        ModelError: ``heads_unreadable`` when ``out`` has no kind heads.
    """
    model = KindModel(out)
    all_cases = all_cases or cases(comments("own"), seed)
    clearness, strongest = judge(all_cases, embedder, model)
    clear_from = {kind: _threshold(clearness, strongest, all_cases, kind) for kind in SIDE_KINDS}
    content = json.dumps([clear_from, model.version]).encode()
    card = {
        "version": hashlib.sha256(content).hexdigest()[:10],
        "kind_version": model.version,
        "clear_from": clear_from,
        "scores": score(clearness, strongest, all_cases, clear_from),
        "seed": seed,
    }
    say(f"several kinds: {card['scores']}")
    (out / SIDE_KINDS_CARD).write_text(
        json.dumps(card, indent=2, sort_keys=True) + "\n", encoding="utf-8"
    )
    return card


def _threshold(
    clearness: Floats, strongest: Sequence[Kind], all_cases: Sequence[Case], kind: Kind
) -> float:
    """The lowest clearness from which ``SIDE_KIND_PRECISION`` of what is kept is right."""
    beside = np.array([one is not kind for one in strongest])
    values = clearness[beside, KINDS.index(kind)]
    right = np.array([kind in kinds for _, kinds in all_cases])[beside]
    order = np.argsort(-values, kind="stable")
    good = np.cumsum(right[order]) / np.arange(1, len(order) + 1) >= SIDE_KIND_PRECISION
    good[: LEAST_KEPT - 1] = False
    if not good.any():
        return NEVER_CLEAR
    return round(float(values[order][np.flatnonzero(good)[-1]]), 4)


def score(
    clearness: Floats,
    strongest: Sequence[Kind],
    all_cases: Sequence[Case],
    clear_from: Mapping[Kind, float],
) -> dict[str, Any]:
    """Precision and recall of the kinds kept, and how often a text of one kind is given another
    one."""
    truth = {kind: np.array([kind in kinds for _, kinds in all_cases]) for kind in SIDE_KINDS}
    claimed = right = expected = added = singles = 0
    by_kind: dict[str, str] = {}
    for kind in SIDE_KINDS:
        beside = np.array([one is not kind for one in strongest])
        clear = beside & (clearness[:, KINDS.index(kind)] >= clear_from[kind])
        kind_kept = int(clear.sum())
        kind_right = int((clear & truth[kind]).sum())
        kind_expected = int((beside & truth[kind]).sum())
        by_kind[kind.value] = f"{kind_right} of {kind_kept} right, {kind_expected} wanted"
        claimed, right, expected = claimed + kind_kept, right + kind_right, expected + kind_expected
    for row, main_kind, (_, kinds) in zip(clearness, strongest, all_cases, strict=True):
        if len(kinds) == 1:
            singles += 1
            added += any(
                row[KINDS.index(kind)] >= clear_from[kind]
                for kind in SIDE_KINDS
                if kind is not main_kind and kind not in kinds
            )
    return {
        "texts": len(all_cases),
        "precision": round(right / max(claimed, 1), 3),
        "recall": round(right / max(expected, 1), 3),
        "one_kind_given_another": round(added / max(singles, 1), 3),
        "by_kind": by_kind,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: ``--model``, ``--out``, ``--seed``; ``--judge FILE`` scores the thresholds
    there instead."""
    parser = argparse.ArgumentParser(
        prog="python -m classifiers.training.fit_several", description="Fit thresholds."
    )
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=SHIPPED_WEIGHTS)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--judge", type=Path, help="Labelled comments of one kind each, never trained on."
    )
    options = parser.parse_args(arguments)
    encoder.prepare(options.model)
    embedder = encoder.load(options.model, threads=2, backend="openvino")
    if options.judge is None:
        fit_several(embedder, options.out, options.seed)
        return 0
    all_cases = cases(read_rows(options.judge, "text", "kind"), options.seed)
    clearness, strongest = judge(all_cases, embedder, KindModel(options.out))
    card = json.loads((options.out / SIDE_KINDS_CARD).read_text(encoding="utf-8"))
    print(json.dumps(score(clearness, strongest, all_cases, card["clear_from"]), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
