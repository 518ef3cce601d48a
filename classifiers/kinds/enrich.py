"""The whole enrich step: clean, language, vector, kinds, sentiment, tone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from classifiers.contract import (
    UNSURE,
    Embedder,
    Enrichment,
    Kind,
    ModelError,
    Span,
    Vectors,
    space_of,
)
from classifiers.encoding.model_files import DIMENSIONS
from classifiers.kinds.heads import Floats
from classifiers.kinds.kind import KindModel, scores_of, strongest
from classifiers.kinds.noise import noise
from classifiers.kinds.sentiment import SentimentModel
from classifiers.kinds.several import SideKinds, clearest, read, segments
from classifiers.kinds.tone import HOSTILE, ToneModel
from classifiers.texts.language import detect
from classifiers.texts.text import clean

ENGLISH_ONLY = frozenset({"en"})
RULES_VERSION = "r4"
"""Raised whenever cleaning, noise rules or language rules change."""
UNSUPPORTED_LANGUAGE = "unsupported_language"
WORDLESS_REASONS = frozenset({UNSUPPORTED_LANGUAGE, "empty_text", "link_only"})
"""Reasons for which there are no words to tell a sentiment or a tone from."""


class _Rules(NamedTuple):
    """What needs no encoder: the reason that makes a text noise, if any, and its language."""

    noise: str
    language: str
    language_confidence: float


@dataclass(frozen=True, slots=True)
class _Opinion:
    """What the heads say of all texts, and of all their parts behind them."""

    kinds: Floats
    feelings: Floats
    attacks: Floats


class DefaultEnricher:
    """Enriches a batch with the given encoder and the trained heads. Call it from one thread at a
    time."""

    def __init__(
        self,
        embedder: Embedder,
        *,
        folder: Path | None = None,
        languages: frozenset[str] | None = ENGLISH_ONLY,
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
                f"the database stores {DIMENSIONS}; choose an encoder with {DIMENSIONS} "
                "dimensions.",
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
        return f"{self._embedder.name}+{heads}+{RULES_VERSION}"

    @property
    def space(self) -> str:
        """The encoder without its backend."""
        return space_of(self._embedder.name)

    @property
    def unsure_below(self) -> float:
        """Below this confidence a kind goes to a person, wherever it was said."""
        return self._kind.unsure_below

    def unsure_below_in(self, sort: str) -> float:
        """The same in a place of this sort; see ``KindModel.unsure_below_in``."""
        return self._kind.unsure_below_in(sort)

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        """One Enrichment per text, in order; any string is fine.

        ``scores`` are always the model's own, also where ``reason`` says that the kind is not.
        Doubt is that of the strictest sort of place; ``doubt.by_sort`` takes back what is too much.
        """
        if not texts:
            return []
        cleaned = [clean(text) for text in texts]
        parts = [segments(text) for text in cleaned]
        with ThreadPoolExecutor(1) as executor:  # while the encoder computes
            rules_read = executor.submit(
                lambda: [_Rules(noise(one), *detect(one)) for one in cleaned]
            )
            vectors, features = read(self._embedder, cleaned, parts)
            rules = rules_read.result()
        texts_alone = features.take(np.arange(len(texts)))
        opinion = _Opinion(
            kinds=self._kind.probabilities(features, self._embedder, cleaned),
            feelings=self._sentiment.score(texts_alone),
            attacks=self._tone.hostile(features),
        )
        spans = pairwise(accumulate((len(text_parts) for text_parts in parts), initial=len(texts)))
        return [
            self._enrichment(row, text, text_parts, slice(*span), rules[row], opinion, vectors[row])
            for row, (text, text_parts, span) in enumerate(zip(cleaned, parts, spans, strict=True))
        ]

    def _enrichment(
        self,
        row: int,
        text: str,
        parts: Sequence[Span],
        part_rows: slice,
        rules: _Rules,
        opinion: _Opinion,
        vector: Vectors,
    ) -> Enrichment:
        """Rules and opinions put together: those of a text in ``row``, of its parts in
        ``part_rows``."""
        scores = scores_of(opinion.kinds[row])
        kind, confidence = strongest(scores)
        reason = rules.noise
        other_kinds: tuple[Kind, ...] = ()
        if reason:
            kind, confidence = Kind.other, 1.0
        elif not self._judges(rules.language, rules.language_confidence):
            reason, kind, confidence = UNSUPPORTED_LANGUAGE, Kind.other, 0.0
        elif parts:
            clearness = clearest(text, parts, opinion.kinds[part_rows])
            other_kinds = self._side_kinds.beside(kind, clearness)
        if not reason and confidence < self._kind.unsure_below:
            reason = UNSURE
        sentiment, tone, hostile = 0.0, "", 0.0
        if reason not in WORDLESS_REASONS:
            sentiment = round(float(opinion.feelings[row]), 4)
            tone, hostile = self._tone_of(opinion.attacks[row], opinion.attacks[part_rows])
        return Enrichment(
            clean=text,
            language=rules.language,
            language_confidence=rules.language_confidence,
            kind=kind,
            confidence=confidence,
            scores=scores,
            sentiment=sentiment,
            vector=np.array(vector),
            reason=reason,
            other_kinds=other_kinds,
            tone=tone,
            hostile=hostile,
        )

    def _tone_of(self, comment: float, parts: Floats) -> tuple[str, float]:
        """The hint, if any, and the probability of an attack: of the comment or its worst part."""
        comment, part = float(comment), float(parts.max(initial=0.0))
        tone = ""
        if self._tone.is_hint(comment, part):
            tone = HOSTILE
        return tone, round(max(comment, part), 4)

    def _judges(self, language: str, confidence: float) -> bool:
        """Whether the model may judge this language; what has none, such as code, is judged as it
        is."""
        return self._languages is None or language in self._languages or confidence == 0


def _check_space(card: Mapping[str, Any], name: str) -> None:
    if card["encoder"] != space_of(name):
        raise ModelError(
            "encoder_mismatch",
            f"The heads were trained on {card['encoder']}, not on {space_of(name)}; train heads "
            "for that encoder with: python -m classifiers.training.train_encoder",
        )
