"""A product of any size for the benchmark of grouping: real texts where there are some, and as many
variations of them as it takes, so that there are themes to find."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Kind
from classifiers.encoding import encoder
from classifiers.kinds.enrich import DefaultEnricher
from tests.benchmarks.made_texts import made_text

LONGEST = 4_000
MADE = 20_000


@dataclass(frozen=True, slots=True)
class Corpus:
    """Distinct texts with ``float32[n, 384]`` vectors of unit length, and whether each is a bug."""

    texts: Sequence[str]
    vectors: NDArray[np.float32]
    bugs: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Said:
    """One comment: ``origin`` is the place of the text that it is a variation of."""

    text: str
    vector: NDArray[np.float32]
    bug: bool
    origin: int


def read(files: Sequence[Path]) -> list[str]:
    """The distinct texts of JSON-lines files, or made ones where there are none."""
    found: dict[str, None] = {}
    for path in files:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                found.setdefault(json.loads(line)["text"][:LONGEST].replace("\0", " "))
    if not found:
        chance = random.Random(5)
        found = dict.fromkeys(made_text(chance) for _ in range(MADE))
    return [text for text in found if text.strip()]


def corpus(files: Sequence[Path], model: Path, cache: Path | None) -> Corpus:
    """The texts with what the shipped model says of them; embedding 35,000 takes minutes, ``cache``
    keeps that."""
    texts = read(files)
    if cache is not None and cache.exists():
        kept = np.load(cache)
        if len(kept["bugs"]) == len(texts):
            return Corpus(texts, kept["vectors"].astype(np.float32), kept["bugs"])
    encoder.prepare(model)
    enricher = DefaultEnricher(encoder.load(model))
    found = [
        each
        for start in range(0, len(texts), 512)
        for each in enricher.enrich(texts[start : start + 512])
    ]
    vectors = np.stack([each.vector for each in found])
    bugs = np.array([each.scores[Kind.bug] >= each.scores[Kind.feature] for each in found])
    if cache is not None:
        np.savez(cache, vectors=vectors.astype(np.float16), bugs=bugs)
    return Corpus(texts, vectors, bugs)


def sayings(of: Corpus, chance: random.Random) -> Iterator[Said]:
    """Endless comments: every text once as it is, in random order, then variations, of few texts
    often and of many seldom."""
    places = chance.sample(range(len(of.texts)), len(of.texts))
    noise = np.random.default_rng(chance.randrange(2**31))
    number = 0
    while True:
        if chance.random() < 0.5 and number < len(places):
            origin, number = places[number], number + 1
            yield Said(of.texts[origin], of.vectors[origin], bool(of.bugs[origin]), origin)
            continue
        origin = places[int(number * chance.random() ** 2)]
        other = chance.choice(places)
        words = [word for word in of.texts[origin].split() if chance.random() > 0.15]
        words += chance.sample(of.texts[other].split(), min(4, len(of.texts[other].split())))
        vector = (
            0.85 * of.vectors[origin]
            + 0.2 * of.vectors[other]
            + noise.normal(0, 0.012, 384).astype(np.float32)
        )
        yield Said(
            " ".join(words)[:LONGEST],
            vector / np.linalg.norm(vector),
            bool(of.bugs[origin]),
            origin,
        )
