"""Reads labels of kinds as a refit needs them: texts of their time, copies in one group."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.judging.places import place_of
from app.judging.product_models import shipped_scores
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.triage.labels import CORRECTION_WEIGHT
from classifiers.contract import UNSURE, Enricher, Enrichment, Kind
from classifiers.kinds.kind import KINDS
from classifiers.refits.refit import Examples, examples
from classifiers.texts.text import fingerprint

LABELS_MAX = 2_000
UNLABELLED_MAX = 400
TEXTS_AT_ONCE = 64
NO_LABEL_ID = 0
NO_KIND = -1

SELECT_KIND_LABELS = """
    select l.id, l.comment_id, l.version, l.theme_id, l.kind, l.weight, v.text,
           c.platform, c.thread_id
    from kind_label l
    join activity a on a.id = l.activity_id and a.undone_by is null
    join comment c on c.id = l.comment_id and c.deleted_at is null
    join lateral (
        select v.text from comment_version v
        where v.source_id = c.source_id and v.external_id = c.external_id
          and v.version = l.version and v.text <> ''
        order by v.id limit 1
    ) v on true
    where l.product_id = %s order by l.id desc limit %s
"""
SELECT_UNLABELLED_TEXTS = """
    select c.text from comment c
    where c.product_id = %s and c.kind_by = 'model' and c.kind_reason in ('', %s)
      and c.deleted_at is null and c.stage in ('enriched', 'grouped') and c.text <> ''
      and not exists (select 1 from kind_label l where l.comment_id = c.id)
    order by c.id desc limit %s
"""


@dataclass(frozen=True, slots=True)
class KindLabelled:
    """What a person said about the text of one version of a comment."""

    id: int
    comment_id: int
    version: str
    theme_id: uuid.UUID | None
    kind: Kind
    weight: float
    text: str
    platform: str
    thread_id: str

    @property
    def sort(self) -> str:
        """The sort of place that it was said in."""
        return place_of(self.platform, self.thread_id)


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


async def kind_labels(connection: Connection, product_id: uuid.UUID) -> list[KindLabelled]:
    """The newest labels that still count, oldest first: one for each version of a comment, the last
    clear word."""
    newest_first = await fetch_all(
        connection, SELECT_KIND_LABELS, [product_id, LABELS_MAX], of=KindLabelled
    )
    counting: dict[tuple[int, str], KindLabelled] = {}
    for label in reversed(newest_first):
        key = label.comment_id, label.version
        if key not in counting or label.weight >= min(counting[key].weight, CORRECTION_WEIGHT):
            counting[key] = label
    return sorted(counting.values(), key=lambda label: label.id)


async def unlabelled(
    connection: Connection, product_id: uuid.UUID, most: int = UNLABELLED_MAX
) -> list[str]:
    """Newest texts whose kind nobody spoke about."""
    values = [product_id, UNSURE, most]
    rows = await fetch_all(connection, SELECT_UNLABELLED_TEXTS, values, of=_Text)
    return [row.text for row in rows]


async def understood(enricher: Enricher, texts: Sequence[str]) -> list[Enrichment]:
    """What the model makes of the texts now, a few at a time, so that the pipeline gets its turn in
    between."""
    enrichments: list[Enrichment] = []
    for start in range(0, len(texts), TEXTS_AT_ONCE):
        batch = texts[start : start + TEXTS_AT_ONCE]
        enrichments += await asyncio.to_thread(enricher.enrich, batch)
    return enrichments


def examples_of(
    labels: Sequence[KindLabelled],
    unlabelled_texts: Sequence[str],
    enrichments: Sequence[Enrichment],
) -> tuple[Examples, NDArray[np.int64]]:
    """Examples for a refit, and the id of each one's label (0 for none). ``enrichments`` is what
    the model makes of the texts of ``labels`` and then of ``unlabelled_texts``.

    What the model sets aside (noise, unknown languages) teaches nothing: a correction is never
    asked about it.
    """
    texts = [label.text for label in labels] + list(unlabelled_texts)
    groups = _Groups()
    kinds, weights, ids, chosen = [], [], [], []
    for position, (text, enrichment) in enumerate(zip(texts, enrichments, strict=True)):
        if enrichment.reason not in ("", UNSURE):
            continue
        label = labels[position] if position < len(labels) else None
        groups.add(text, label.theme_id if label else None)
        kinds.append(KINDS.index(label.kind) if label else NO_KIND)
        weights.append(label.weight if label else 1.0)
        ids.append(label.id if label else NO_LABEL_ID)
        chosen.append(enrichment)
    vectors = np.zeros((0, 1), np.float32)
    if chosen:
        vectors = np.stack([enrichment.vector for enrichment in chosen])
    data = examples(
        vectors,
        shipped_scores(chosen).reshape(-1, len(KINDS)),
        np.array(kinds, np.int64),
        np.array(weights),
        np.array(groups.numbers, np.int64),
    )
    return data, np.array(ids, np.int64)


class _Groups:
    """Numbers texts so that those are held out together which belong together: of one theme, or
    copies of one another."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self._group_of_text: dict[str, object] = {}
        self._number_of_group: dict[object, int] = {}

    def add(self, text: str, theme_id: uuid.UUID | None) -> None:
        mark = fingerprint(text)
        group = self._group_of_text.setdefault(mark, theme_id or mark)
        number = self._number_of_group.setdefault(group, len(self._number_of_group))
        self.numbers.append(number)
