"""How much doubt is due depends on where something was said: the same confidence is right more
often in a community than in a chat of developers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from classifiers.contract import UNSURE, Enricher, Enrichment


def unsure_below_in(enricher: Enricher, sort: str, otherwise: float = 0.0) -> float:
    """The confidence below which the enricher doubts a kind in a sort of place
    (``classifiers.grouping.sorts``); ``otherwise`` for an enricher that knows of none."""
    below = getattr(enricher, "unsure_below_in", None)
    return otherwise if below is None else float(below(sort))


def by_sort(
    enricher: Enricher, enrichments: Sequence[Enrichment], sorts: Sequence[str]
) -> list[Enrichment]:
    """The enrichments without the doubt that is not due in places of these ``sorts``, one for each.
    The enricher doubts as the strictest of them asks, so that none has to be added."""
    return [
        replace(enrichment, reason="") if _too_doubtful(enricher, enrichment, sort) else enrichment
        for enrichment, sort in zip(enrichments, sorts, strict=True)
    ]


def _too_doubtful(enricher: Enricher, enrichment: Enrichment, sort: str) -> bool:
    below = unsure_below_in(enricher, sort, otherwise=1.0)
    return enrichment.reason == UNSURE and enrichment.confidence >= below
