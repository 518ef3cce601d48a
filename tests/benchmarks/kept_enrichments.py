"""Enrichments kept on disk, so that grouping is tried again without reading every text again."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Sequence
from pathlib import Path

from classifiers.contract import Enricher, Enrichment
from classifiers.encoding import encoder
from classifiers.kinds.enrich import DefaultEnricher


class KeptEnricher:
    """The shipped enricher, whose answers are kept in ``folder``; the encoder is loaded when a text
    is new."""

    def __init__(self, model: Path, folder: Path) -> None:
        self._model = model
        self._folder = folder
        self._inner: Enricher | None = None
        self._names = folder / "names.pickle"
        folder.mkdir(parents=True, exist_ok=True)
        if not self._names.exists():
            inner = self._load()
            self._names.write_bytes(pickle.dumps((inner.version, inner.space)))
        self.version, self.space = pickle.loads(self._names.read_bytes())
        digest = hashlib.sha256(self.version.encode()).hexdigest()[:12]
        self._file = folder / f"{digest}.pickle"
        self._known: dict[str, Enrichment] = {}
        if self._file.exists():
            self._known = pickle.loads(self._file.read_bytes())

    def _load(self) -> Enricher:
        if self._inner is None:
            encoder.prepare(self._model)
            self._inner = DefaultEnricher(encoder.load(self._model, backend="openvino"))
        return self._inner

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        """One Enrichment per text, in order; texts that are new are read and kept."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known |= dict(zip(new, self._load().enrich(new), strict=True))
            self._file.write_bytes(pickle.dumps(self._known))
        return [self._known[text] for text in texts]
