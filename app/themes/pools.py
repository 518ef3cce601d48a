"""What each comment of a batch might belong with, ranked when its turn comes: what stands in themes
by then, whether that was written by this batch or before."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.storage.db import Connection
from app.themes.candidates import load_members, thread_mates, titles_of, vectors_of
from app.themes.searches import FIND_BY_FINGERPRINT, FIND_BY_TEXT, nearest, scores_by_query
from classifiers.contract import Member
from classifiers.grouping.fusion import (
    NEAREST_SEARCHED,
    WORDS_SEARCHED,
    fused_scores,
    shared_titles,
)
from classifiers.grouping.threads import in_thread

Halves = NDArray[np.float16]

CANDIDATES_MOST = 16
"""As many as the thresholds were fixed with; see classifiers/evaluation/evaluate_duplicates."""
CANDIDATES_SPARE = 8
"""Loaded beside them: some of the batch that seemed to be nearer may get no theme."""
NEAREST_SPARE = 28
"""Kept beside the nearest, for the same reason."""
COPIES_MOST = 3


@dataclass(frozen=True, slots=True)
class Vectors:
    """Vectors of comments in one matrix, float32[n, dimensions]; ``rows`` says where each
    stands."""

    matrix: NDArray[np.float32]
    rows: Mapping[int, int]

    @classmethod
    def of(cls, halves: Mapping[int, Halves]) -> Vectors:
        """From the vectors as they are stored."""
        rows = {number: row for row, number in enumerate(halves)}
        if not halves:
            return cls(np.empty((0, 0), np.float32), rows)
        return cls(np.stack(list(halves.values())).astype(np.float32), rows)

    def take(self, numbers: Sequence[int]) -> NDArray[np.float32]:
        """Those of these comments, in this order."""
        return self.matrix[[self.rows[number] for number in numbers]]

    def nearest(self, query: int, numbers: Sequence[int], most: int) -> list[int]:
        """Of these comments so many that are nearest to one of them, nearest first."""
        if not numbers:
            return []
        cosines = self.take(numbers) @ self.matrix[self.rows[query]]
        order = np.argsort(-cosines, kind="stable")[:most]
        return [numbers[place] for place in order.tolist()]


@dataclass(frozen=True, slots=True)
class Pools:
    """What was found for the comments of a batch; those of the batch stand for themselves, in the
    order of ``places``. ``ranks`` are worked out as if all of the batch before a comment had
    themes, which most of them get."""

    places: Mapping[int, int]
    near: Mapping[int, Sequence[int]]
    texts: Mapping[int, Mapping[int, float]]
    copies: Mapping[int, Mapping[int, float]]
    threads: Mapping[int, Sequence[int]]
    vectors: Vectors
    titles: Mapping[int, str]
    members: dict[int, Member] = field(default_factory=dict)
    ranks: dict[int, list[int]] = field(default_factory=dict)

    def candidates(self, query: int, placed: Mapping[int, Member]) -> list[Member]:
        """The members of themes that may say the same: copies, then the others, best first.
        ``placed`` are the comments of the batch that have a theme by now."""
        ranked = self.ranks.get(query, [])
        if any(number in self.places and number not in placed for number in ranked):
            ranked = self.ranked(query, placed.keys())
        standing = [
            placed.get(number) or self.members.get(number) for number in ranked[:CANDIDATES_MOST]
        ]
        return [member for member in standing if member is not None]

    def in_thread(self, query: int) -> list[Member]:
        """Of its thread what stood in themes before the batch."""
        return [
            self.members[number]
            for number in self.threads.get(query, ())
            if number in self.members and number not in self.places
        ]

    def ranked(self, query: int, placed: Collection[int]) -> list[int]:
        """The pool of a comment, best first, of what stood in themes before or is ``placed``."""
        if query not in self.vectors.rows:
            return []
        texts, copies = self.texts.get(query, {}), self.copies.get(query, {})
        near = [one for one in self.near.get(query, ()) if self._stands(one, placed)]
        others = [one for one in {*texts, *copies} if self._stands(one, placed)]
        pool = sorted({*near[:NEAREST_SEARCHED], *others})
        if not pool:
            return []
        words = np.array([texts.get(number, 0.0) for number in pool], np.float32)
        own_title = self.titles.get(query, "")
        shared = None
        if own_title:
            shared = shared_titles(own_title, [self.titles.get(number, "") for number in pool])
        vector = self.vectors.matrix[self.vectors.rows[query]]
        scores = fused_scores(vector, self.vectors.take(pool), words, shared)
        by_number = dict(zip(pool, scores.tolist(), strict=True))
        return sorted(pool, key=lambda number: (number not in copies, -by_number[number], number))

    def _stands(self, number: int, placed: Collection[int]) -> bool:
        if number not in self.vectors.rows:
            return False
        return number not in self.places or number in placed


async def pools_of(
    connection: Connection, product_id: uuid.UUID, ids: Sequence[int], batch: Sequence[int]
) -> Pools:
    """What may say the same as each of ``ids``; ``batch`` are all comments that are placed now, in
    their order."""
    found_near = await nearest(connection, product_id, ids, NEAREST_SEARCHED)
    halves = await vectors_of(connection, {*batch, *ids}.union(*found_near.values()))
    vectors = Vectors.of(halves)
    places = {number: place for place, number in enumerate(batch)}
    near = {}
    for query in ids:
        if query in vectors.rows:
            before = [one for one in batch[: places.get(query, 0)] if one in vectors.rows]
            outside = [one for one in found_near.get(query, ()) if one not in places]
            near[query] = vectors.nearest(
                query, sorted({*before, *outside}), NEAREST_SEARCHED + NEAREST_SPARE
            )
    texts = await scores_by_query(
        connection, FIND_BY_TEXT, product_id, ids, WORDS_SEARCHED, near, batch=batch
    )
    copies = await scores_by_query(
        connection, FIND_BY_FINGERPRINT, product_id, ids, COPIES_MOST, batch=batch
    )
    threads = await thread_mates(connection, product_id, ids)
    pool = set(halves).union(*(scores.keys() for scores in (*texts.values(), *copies.values())))
    halves |= await vectors_of(connection, pool - halves.keys())
    titles = await titles_of(connection, ids)
    if titles:
        titles |= await titles_of(connection, pool)
    pools = Pools(places, near, texts, copies, threads, Vectors.of(halves), titles)
    loaded_ids: set[int] = set().union(*threads.values())
    for query in ids:
        pools.ranks[query] = pools.ranked(query, set(batch[: places.get(query, 0)]))
        outside = [number for number in pools.ranks[query] if number not in places]
        loaded_ids.update(outside[: CANDIDATES_MOST + CANDIDATES_SPARE])
    pools.members.update(await load_members(connection, sorted(loaded_ids - places.keys())))
    return pools


async def candidates(
    connection: Connection, product_id: uuid.UUID, ids: Sequence[int]
) -> dict[int, list[Member]]:
    """For each comment the members of themes that may say the same, whatever else is placed now."""
    pools = await pools_of(connection, product_id, ids, ())
    members: dict[int, list[Member]] = {}
    for query in ids:
        standing = [*pools.candidates(query, {}), *pools.in_thread(query)]
        members[query] = list({member.comment_id: member for member in standing}.values())
    return members


def said_in_thread(comment: Member, members: Sequence[Member], latest: int) -> list[Member]:
    """Of ``members`` those of the comment's thread: what opened it, what is answered, and the
    latest."""
    if not comment.thread:
        return []
    thread = sorted(in_thread(comment, members), key=lambda one: one.place)
    first = [
        one for one in thread if one.opens or (comment.answers and one.name == comment.answers)
    ]
    return [*first, *thread[-latest:]]
