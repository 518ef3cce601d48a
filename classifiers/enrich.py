"""The whole enrich step: clean, language, vector, kind, sentiment."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifiers.contract import Embedder, Enrichment, Kind
from classifiers.heads import Features
from classifiers.kind import KindModel, scores_of, strongest
from classifiers.language import detect
from classifiers.noise import noise
from classifiers.sentiment import SentimentModel
from classifiers.text import clean

ENGLISH = frozenset({"en"})
RULES = "r1"
"""Raised whenever cleaning, noise rules or language rules change."""


class DefaultEnricher:
    """Enriches a batch with the given encoder and the trained heads. Call it from one thread at a time."""

    def __init__(
        self, embedder: Embedder, *, folder: Path | None = None, languages: frozenset[str] | None = ENGLISH
    ) -> None:
        """``folder`` holds other heads than the shipped ones; ``languages`` are those the model knows (None: all).

        Raises:
            ModelError: ``heads_unreadable``, or ``encoder_mismatch`` for an encoder the heads were not trained on.
        """
        self._embedder = embedder
        self._kind = KindModel(folder)
        self._sentiment = SentimentModel(folder)
        self._kind.check_encoder(embedder.name, embedder.dimensions)
        self._languages = languages

    @property
    def version(self) -> str:
        """Encoder, heads and rules."""
        return f"{self._embedder.name}+kind-{self._kind.version}+sentiment-{self._sentiment.version}+{RULES}"

    @property
    def unsure_below(self) -> float:
        """Below this confidence a kind goes to a person."""
        return self._kind.unsure_below

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        """One Enrichment per text, in order; any string is fine.

        ``scores`` are always the model's own, also where ``reason`` says that the kind is not.
        """
        if not texts:
            return []
        cleaned = [clean(text) for text in texts]
        vectors = self._embedder.embed(cleaned)
        features = Features.of(cleaned, vectors)
        kinds = self._kind.probabilities(features)
        feelings = self._sentiment.score(features)
        results = []
        for text, vector, row, feeling in zip(cleaned, vectors, kinds, feelings, strict=True):
            language, sure = detect(text)
            scores = scores_of(row)
            kind, confidence = strongest(scores)
            reason = noise(text)
            if reason:
                kind, confidence = Kind.other, 1.0
            elif not self._known(language):
                reason, kind, confidence = "unsupported_language", Kind.other, 0.0
            sentiment = (
                0.0 if reason in ("unsupported_language", "empty_text", "link_only") else round(float(feeling), 4)
            )
            results.append(
                Enrichment(text, language, sure, kind, confidence, scores, sentiment, np.array(vector), reason)
            )
        return results

    def _known(self, language: str) -> bool:
        return self._languages is None or language in self._languages
