"""The whole enrich step: clean, language, vector, kinds, sentiment, tone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.contract import UNSURE, Embedder, Enrichment, Kind, ModelError, space_of
from classifiers.encoding.model_files import DIMENSIONS
from classifiers.kinds.kind import KindModel, scores_of, strongest
from classifiers.kinds.noise import noise
from classifiers.kinds.sentiment import SentimentModel
from classifiers.kinds.several import SideKinds, clearest, read, segments
from classifiers.kinds.tone import HOSTILE, ToneModel
from classifiers.texts.language import detect
from classifiers.texts.text import clean

ENGLISH = frozenset({"en"})
RULES = "r4"
"""Raised whenever cleaning, noise rules or language rules change."""
SILENT = frozenset({"unsupported_language", "empty_text", "link_only"})
"""Reasons for which there are no words to tell a sentiment or a tone from."""


class DefaultEnricher:
    """Enriches a batch with the given encoder and the trained heads. Call it from one thread at a
    time."""

    def __init__(
        self,
        embedder: Embedder,
        *,
        folder: Path | None = None,
        languages: frozenset[str] | None = ENGLISH,
    ) -> None:
        """``folder`` holds other heads than the shipped ones; ``languages`` are those the model
        knows (None: all).

        Raises:
            ModelError: ``heads_unreadable``; ``vector_length`` for vectors that are not 384 long;
                ``encoder_mismatch`` for an encoder the heads were not trained on.
        """
        if embedder.dimensions != DIMENSIONS:
            raise ModelError(
                "vector_length",
                f"The vectors of {space_of(embedder.name)} have {embedder.dimensions} numbers, and "
                "the database stores "
                f"{DIMENSIONS}; choose an encoder with {DIMENSIONS} dimensions.",
            )
        self._embedder = embedder
        self._kind = KindModel(folder)
        self._sentiment = SentimentModel(folder)
        self._tone = ToneModel(folder)
        self._side_kinds = SideKinds.read(folder)
        for card in (self._kind.card, self._sentiment.card, self._tone.card):
            _check_space(card, embedder.name)
        self._languages = languages

    @property
    def version(self) -> str:
        """Encoder, heads and rules."""
        kinds = f"{self._kind.name}+several-{self._side_kinds.version}"
        heads = f"{kinds}+sentiment-{self._sentiment.version}+tone-{self._tone.version}"
        return f"{self._embedder.name}+{heads}+{RULES}"

    @property
    def space(self) -> str:
        """The encoder without its backend."""
        return space_of(self._embedder.name)

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
        parts = [segments(text) for text in cleaned]
        with ThreadPoolExecutor(1) as beside:  # while the encoder computes
            ruled = beside.submit(lambda: [(noise(text), *detect(text)) for text in cleaned])
            vectors, features = read(self._embedder, cleaned, parts)
            rules = ruled.result()
        probabilities = self._kind.probabilities(features, self._embedder, cleaned)
        whole = features.take(np.arange(len(texts)))
        feelings, attacks = self._sentiment.score(whole), self._tone.hostile(features)
        spans = pairwise(accumulate((len(found) for found in parts), initial=len(texts)))
        results = []
        for row, (text, found, (start, end)) in enumerate(zip(cleaned, parts, spans, strict=True)):
            reason, language, sure = rules[row]
            scores = scores_of(probabilities[row])
            kind, confidence = strongest(scores)
            others: tuple[Kind, ...] = ()
            if reason:
                kind, confidence = Kind.other, 1.0
            elif not self._known(language, sure):
                reason, kind, confidence = "unsupported_language", Kind.other, 0.0
            elif found:
                others = self._side_kinds.beside(
                    kind, clearest(text, found, probabilities[start:end])
                )
            if not reason and confidence < self._kind.unsure_below:
                reason = UNSURE
            sentiment = 0.0 if reason in SILENT else round(float(feelings[row]), 4)
            tone, hostile = "", 0.0
            if reason not in SILENT:
                part = float(attacks[start:end].max(initial=0.0))
                tone = HOSTILE if self._tone.is_hint(float(attacks[row]), part) else ""
                hostile = round(max(float(attacks[row]), part), 4)
            vector = np.array(vectors[row])
            results.append(
                Enrichment(
                    text,
                    language,
                    sure,
                    kind,
                    confidence,
                    scores,
                    sentiment,
                    vector,
                    reason,
                    others,
                    tone,
                    hostile,
                )
            )
        return results

    def _known(self, language: str, sure: float) -> bool:
        """Whether the model may judge this language; what has none, such as code, is judged as it
        is."""
        return self._languages is None or language in self._languages or sure == 0


def _check_space(card: Mapping[str, Any], name: str) -> None:
    if card["encoder"] != space_of(name):
        raise ModelError(
            "encoder_mismatch",
            f"The heads were trained on {card['encoder']}, not on {space_of(name)}; train heads "
            "for that encoder with: "
            "python -m classifiers.training.train_encoder",
        )
