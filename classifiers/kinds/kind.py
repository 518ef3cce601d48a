"""What a comment is: the trained heads with their calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.contract import Embedder, Kind
from classifiers.kinds.experts import Reports, log_softmax
from classifiers.kinds.heads import Features, Floats, read
from classifiers.kinds.report_encoder import ReportHead
from classifiers.kinds.softmax import softmax
from classifiers.kinds.troubles import TROUBLES, Troubles

KINDS = tuple(Kind)


class KindModel:
    """Scores each kind of a comment with calibrated probabilities."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read the heads from ``folder``, by default the shipped ones.

        Raises:
            ModelError: ``heads_unreadable``.
        """
        self._heads, self.card = read("kind", folder)
        self._reports = Reports.read(folder)
        self._troubles: Troubles | None = None
        """None for heads that were trained without any."""
        self._troubles_version = ""
        if folder is None or (folder / f"{TROUBLES}.npz").is_file():
            self._troubles, troubles_card = Troubles.read(folder)
            self._troubles_version = str(troubles_card["version"])
        self._report_head, card = ReportHead.read()
        self.rereads = ""
        """Version of the tuned layers with which reports are read again; empty for heads of another
        encoder."""
        if card["encoder"] == self.card["encoder"]:
            self.rereads = str(card["version"])
        self._temperature = float(self.card["temperature"])

    @property
    def version(self) -> str:
        """Changes with the weights; stored with each result."""
        return str(self.card["version"])

    @property
    def name(self) -> str:
        """The heads, what hears trouble, and the tuned layers where reports are read again:
        ``kind-<version>+troubles-<version>+reports-<version>``."""
        heads = f"kind-{self.version}"
        if self._troubles is not None:
            heads += f"+troubles-{self._troubles_version}"
        if not self.rereads:
            return heads
        return f"{heads}+reports-{self.rereads}"

    @property
    def unsure_below(self) -> float:
        """The confidence from which the kinds of unseen channels were right nine times out of ten,
        in the sort of place where that takes most."""
        return float(self.card["unsure_below"])

    def unsure_below_in(self, sort: str) -> float:
        """The same in a sort of place (``classifiers.grouping.sorts``); the strictest for one that
        is not known."""
        return float(self.card.get("unsure_below_by_sort", {}).get(sort, self.unsure_below))

    def probabilities(
        self, features: Features, embedder: Embedder | None = None, texts: Sequence[str] = ()
    ) -> NDArray[np.float64]:
        """``float64[n, 5]`` in the order of ``KINDS``; rows sum to 1.

        Reports are read again by the tuned layers of the ``embedder``, if it has any. ``texts`` are
        those of the first rows, all that can be reports or be heard for trouble.
        """

        def reread(rows: NDArray[np.intp]) -> Floats | None:
            if embedder is None or not self.rereads:
                return None
            tuned = embedder.for_reports
            if tuned is None:
                return None
            return self._report_head.opinion(tuned.embed([texts[row] for row in rows]))

        odds = self._reports.odds(features)
        general = log_softmax(self._heads.logits(features))
        opinion = self._reports.blend(general, features, reread, odds)
        if self._troubles is not None:
            opinion = self._troubles.blend(opinion, features, texts, odds)
        return softmax(opinion / self._temperature)


def scores_of(row: NDArray[np.float64]) -> dict[Kind, float]:
    """Probabilities of one comment by kind, to four places."""
    return {kind: round(float(value), 4) for kind, value in zip(KINDS, row, strict=True)}


def strongest(scores: Mapping[Kind, float]) -> tuple[Kind, float]:
    """The kind with the highest score; the first of ``KINDS`` wins a tie."""
    kind = max(KINDS, key=lambda one: scores.get(one, 0.0))
    return kind, scores.get(kind, 0.0)
