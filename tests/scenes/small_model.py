"""A model small enough to reason about in a test: words hashed into a vector, kinds from plain
words."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from classifiers.contract import Decision, Enrichment, Kind, Member, Nearest, Vectors, Verdict
from classifiers.middle import Middle

_KINDS = {
    Kind.bug: {"crash", "crashes", "broken", "fails", "error", "bug"},
    Kind.feature: {"please", "wish", "add", "want"},
    Kind.question: {"how", "why", "where"},
    Kind.praise: {"love", "great"},
}


def vector(text: str) -> Vectors:
    """A unit vector whose cosine is the share of common words."""
    values = np.zeros(384, dtype=np.float32)
    for word in set(re.findall(r"\w+", text.lower())) or {""}:
        values[zlib.crc32(word.encode()) % 384] += 1
    return values / np.float32(np.linalg.norm(values))


class SmallEnricher:
    """Kinds by the words above, all that occur; everything else is 'other'. Who says idiot is
    hostile."""

    version = "small/1"
    space = "small"

    def enrich(self, texts: Sequence[str]) -> list[Enrichment]:
        found = []
        for text in texts:
            words = set(re.findall(r"\w+", text.lower()))
            kind, *others = [kind for kind, signs in _KINDS.items() if words & signs] or [
                Kind.other
            ]
            tone, hostile = ("hostile", 0.9) if words & {"idiot", "idiots"} else ("", 0.1)
            plain = Enrichment(text, "en", 1.0, kind, 0.9, {kind: 0.9}, 0.0, vector(text))
            found.append(replace(plain, other_kinds=tuple(others), tone=tone, hostile=hostile))
        return found


class SmallGrouper:
    """Joins the nearest theme of the same kind from a cosine of 0.6, suggests from 0.45."""

    join_at, suggest_at = 0.6, 0.45

    def decide(
        self,
        comment: Member,
        candidates: Sequence[Member],
        blocked: frozenset[str] = frozenset(),
        middles: Mapping[str, Middle] | None = None,
    ) -> Decision:
        open_ = [c for c in candidates if c.theme_id not in blocked and c.kind is comment.kind]
        near = sorted(
            ((float(c.vector @ comment.vector), c) for c in open_),
            key=lambda pair: (-pair[0], pair[1].comment_id),
        )
        if not near or near[0][0] < self.suggest_at:
            return Decision(
                Verdict.new, None, near[0][0] if near else 0.0, self.join_at, self.suggest_at, ()
            )
        score, best = near[0]
        verdict = Verdict.join if score >= self.join_at else Verdict.suggest
        evidence = (Nearest(best.comment_id, best.theme_id, score, score, ("words",)),)
        return Decision(verdict, best.theme_id, score, self.join_at, self.suggest_at, evidence)
