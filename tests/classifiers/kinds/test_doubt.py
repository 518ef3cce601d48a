"""Doubt by sort of place: no more than is due, and another reason is left as it is."""

from __future__ import annotations

import numpy as np

from classifiers.contract import UNSURE, Enrichment, Kind
from classifiers.grouping.sorts import Sort
from classifiers.kinds.doubt import by_sort, unsure_below_in
from classifiers.kinds.enrich import DefaultEnricher
from classifiers.kinds.kind import KindModel


def told(confidence: float, reason: str) -> Enrichment:
    vector = np.zeros(384, np.float32)
    return Enrichment("a", "en", 1.0, Kind.bug, confidence, {}, 0.0, vector, reason)


class Doubtful:
    """Doubts a community below .5, everything else below .8."""

    version = space = "doubtful"

    def enrich(self, texts: object) -> list[Enrichment]:
        raise NotImplementedError

    def unsure_below_in(self, sort: str) -> float:
        return 0.5 if sort == "community" else 0.8


def test_doubt_is_taken_back_where_less_is_due() -> None:
    given = [told(0.6, UNSURE), told(0.6, UNSURE), told(0.4, UNSURE), told(0.6, "greeting")]
    kept = by_sort(Doubtful(), given, ["community", "chat", "community", "community"])
    assert [one.reason for one in kept] == ["", UNSURE, UNSURE, "greeting"]


def test_who_knows_no_sorts_doubts_the_same_everywhere() -> None:
    assert unsure_below_in(object(), "chat", 0.7) == 0.7  # type: ignore[arg-type]


def test_every_sort_has_its_threshold_and_an_unknown_place_the_strictest(
    enricher: DefaultEnricher,
) -> None:
    model = KindModel()
    below = {sort: enricher.unsure_below_in(sort) for sort in Sort}
    assert set(model.card["unsure_below_by_sort"]) == set(Sort) - {Sort.unknown}
    assert below[Sort.unknown] == max(below.values()) == enricher.unsure_below
    assert below[Sort.community] < below[Sort.unknown]
