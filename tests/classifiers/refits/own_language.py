"""A product with a language of its own, for simulations: whatever does not sync is filed as a
request there."""

from __future__ import annotations

import json
from itertools import product

import numpy as np

from classifiers.contract import UNSURE
from classifiers.kinds.correction import Floats
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.kinds.kind import KINDS
from classifiers.refits.holdout import Numbers
from classifiers.refits.refit import Examples, examples
from tests.paths import ROOT

COMMUNITY = ROOT / "app" / "demo" / "community.jsonl"
_PLACES = (
    "my phone",
    "the desktop app",
    "two laptops",
    "the tablet",
    "my work account",
    "the shared notebook",
    "the web version",
    "our team space",
    "my old notes",
    "the watch",
)
_TROUBLES = (
    "notes never sync to {}",
    "sync with {} stopped working on Friday",
    "nothing I write reaches {}",
    "{} shows yesterday's state and does not catch up",
    "the sync wheel on {} spins forever",
    "edits from {} get lost on the way",
    "{} says it is up to date but half of the pages are missing",
    "I get conflict copies on {} every day",
    "sync errors on {} again",
    "changes arrive on {} an hour late",
)
_ENDS = (
    "",
    ". Since the last update.",
    ", please look into it",
    ". This costs me hours!",
    ", any idea?",
)


class World:
    """Vectors float32[n, 384], shipped probabilities float64[n, 5] and the kinds int64[n] its
    people give."""

    def __init__(self, enricher: DefaultEnricher, seed: int) -> None:
        said = [json.loads(line) for line in COMMUNITY.read_text(encoding="utf-8").splitlines()]
        texts = [(each["text"], each["truth"]["kind"]) for each in said]
        random = np.random.default_rng(seed)
        sync = [
            start.format(place) + end for start, place, end in product(_TROUBLES, _PLACES, _ENDS)
        ]
        texts += [
            (sync[place], "feature") for place in random.choice(len(sync), 240, replace=False)
        ]
        found = enricher.enrich([text for text, _ in texts])
        kept = random.permutation(
            [place for place, each in enumerate(found) if each.reason in ("", UNSURE)]
        )
        self.vectors = np.stack([found[place].vector for place in kept])
        self.shipped: Floats = np.array(
            [[found[place].scores[kind] for kind in KINDS] for place in kept]
        )
        self.kinds: Numbers = np.array([KINDS.index(texts[place][1]) for place in kept])
        self.test = np.arange(len(kept)) < 180

    def labels(self, count: int, *, only_mistakes: bool, rest: int = 300) -> Examples:
        """``count`` labels from people who go through the comments in order: of each, or of
        mistakes alone."""
        stream = np.flatnonzero(~self.test)
        wrong = self.shipped.argmax(axis=1) != self.kinds
        chosen = (stream[wrong[stream]] if only_mistakes else stream)[:count]
        left = np.setdiff1d(stream, chosen)[:rest]
        rows = np.concatenate([chosen, left])
        kinds = np.concatenate([self.kinds[chosen], np.full(len(left), -1)])
        return examples(
            self.vectors[rows], self.shipped[rows], kinds, np.ones(len(rows)), np.arange(len(rows))
        )
