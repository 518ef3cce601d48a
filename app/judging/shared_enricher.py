"""One model for the pipeline and for learning: who comes second waits for the batch in hand."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from classifiers.contract import Enrichment
from classifiers.kinds.enrich import DefaultEnricher


class SharedEnricher:
    """An enricher that may be called from several threads. Send small batches: others wait for
    them."""

    def __init__(self, inner: DefaultEnricher) -> None:
        self._inner = inner
        self._turn = threading.Lock()

    @property
    def version(self) -> str:
        """As of the model."""
        return self._inner.version

    @property
    def space(self) -> str:
        """As of the model."""
        return self._inner.space

    @property
    def unsure_below(self) -> float:
        """As of the model."""
        return self._inner.unsure_below

    def unsure_below_in(self, sort: str) -> float:
        """As of the model."""
        return self._inner.unsure_below_in(sort)

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        """One Enrichment per text, in order."""
        with self._turn:
            return self._inner.enrich(texts)
