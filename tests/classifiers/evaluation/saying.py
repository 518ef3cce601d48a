"""An enricher that reads its answer off the text, and a report as it is printed."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from rich.console import Console

from classifiers.contract import Enrichment, Kind
from classifiers.evaluation.evaluate import (
    DuplicateReport,
    KindReport,
    render,
)


class SayingEnricher:
    """Reads the kind and its confidence off the text: ``bug .9 axis3`` points along the third
    axis."""

    version = space = "saying"

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        return [self._one(text) for text in texts]

    def _one(self, text: str) -> Enrichment:
        kind, confidence, axis = text.split()[:3]
        vector = np.zeros(384, np.float32)
        vector[int(axis.removeprefix("axis"))] = 1
        scores = {one: (1 - float(confidence)) / 4 for one in Kind} | {
            Kind(kind): float(confidence)
        }
        return Enrichment(text, "en", 1.0, Kind(kind), float(confidence), scores, 0.0, vector)


def printed(report: KindReport | DuplicateReport) -> str:
    console = Console(record=True, width=200, file=io.StringIO())
    console.print(render(report))
    return " ".join(console.export_text().split())
