"""What each comment of a batch might belong with, ranked when its turn comes: what stands in themes
by then, whether that was written by this batch or before."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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

Halves = NDArray[np.float16]

CANDIDATES_MOST = 16
"""As many as the thresholds were fixed with; see classifiers/evaluation/evaluate_duplicates."""
CANDIDATES_SPARE = 8
"""Loaded beside them: some of the batch that seemed to be nearer may get no theme."""
COPIES_MOST = 3


@dataclass(frozen=True, slots=True)
class Pools:
    """What was found for the comments of a batch; those of the batch stand for themselves, in the
    order of ``places``."""

    places: Mapping[int, int]
    near: Mapping[int, Sequence[int]]
    texts: Mapping[int, Mapping[int, float]]
    copies: Mapping[int, Mapping[int, float]]
    threads: Mapping[int, Sequence[int]]
    vectors: Mapping[int, Halves]
    titles: Mapping[int, str]
    members: dict[int, Member]

    def candidates(self, query: int, placed: Mapping[int, Member]) -> list[Member]:
        """The members of themes that may say the same: copies, then the others, best first, then
        those of its thread. ``placed`` are the comments of the batch that have a theme by now."""
        best = self.ranked(query, placed)[:CANDIDATES_MOST]
        standing = [placed.get(number) or self.members.get(number) for number in best]
        standing += [
            self.members.get(number)
            for number in self.threads.get(query, ())
            if number not in self.places
        ]
        members = [member for member in standing if member is not None]
        return list({member.comment_id: member for member in members}.values())

    def ranked(self, query: int, placed: Mapping[int, Member] | None = None) -> list[int]:
        """The pool of a comment, best first; without ``placed`` as if all of the batch before it
        had a theme."""
        if query not in self.vectors:
            return []
        texts, copies = self.texts.get(query, {}), self.copies.get(query, {})
        near = self._nearest(query, placed)
        pool = sorted({*near, *self._standing(query, {*texts, *copies}, placed)})
        if not pool:
            return []
        words = np.array([texts.get(number, 0.0) for number in pool], np.float32)
        vectors = np.stack([self.vectors[number] for number in pool]).astype(np.float32)
        own_title = self.titles.get(query, "")
        shared = shared_titles(own_title, [self.titles.get(number, "") for number in pool])
        scores = fused_scores(self.vectors[query].astype(np.float32), vectors, words, shared)
        by_number = dict(zip(pool, scores.tolist(), strict=True))
        return sorted(pool, key=lambda number: (number not in copies, -by_number[number], number))

    def _nearest(self, query: int, placed: Mapping[int, Member] | None) -> list[int]:
        """The nearest of what was there before and of the batch, as many as a search finds."""
        numbers = self._standing(query, {*self.near.get(query, ()), *self.places}, placed)
        if len(numbers) <= NEAREST_SEARCHED:
            return numbers
        vectors = np.stack([self.vectors[number] for number in numbers]).astype(np.float32)
        cosines = vectors @ self.vectors[query].astype(np.float32)
        order = np.argsort(-cosines, kind="stable")[:NEAREST_SEARCHED]
        return [numbers[place] for place in order]

    def _standing(
        self, query: int, numbers: set[int], placed: Mapping[int, Member] | None
    ) -> list[int]:
        """Those that may be compared: of the batch only what came before and has a theme."""
        return [
            number
            for number in sorted(numbers & self.vectors.keys())
            if self._stands(query, number, placed)
        ]

    def _stands(self, query: int, number: int, placed: Mapping[int, Member] | None) -> bool:
        if number not in self.places:
            return True
        if placed is None:
            return self.places[number] < self.places.get(query, 0)
        return number in placed


async def pools_of(
    connection: Connection, product_id: uuid.UUID, ids: Sequence[int], batch: Sequence[int]
) -> Pools:
    """What may say the same as each of ``ids``; ``batch`` are all comments that are placed now, in
    their order."""
    near = await nearest(connection, product_id, ids, NEAREST_SEARCHED)
    asked_near = {query: [*near.get(query, ()), *batch] for query in ids}
    texts = await scores_by_query(
        connection, FIND_BY_TEXT, product_id, ids, WORDS_SEARCHED, asked_near, batch=batch
    )
    copies = await scores_by_query(
        connection, FIND_BY_FINGERPRINT, product_id, ids, COPIES_MOST, batch=batch
    )
    threads = await thread_mates(connection, product_id, ids)
    pool = {*batch, *ids}.union(
        *near.values(), *(scores.keys() for scores in (*texts.values(), *copies.values()))
    )
    titles = await titles_of(connection, ids)
    if titles:
        titles |= await titles_of(connection, pool)
    pools = Pools(
        {number: place for place, number in enumerate(batch)},
        near,
        texts,
        copies,
        threads,
        await vectors_of(connection, pool),
        titles,
        {},
    )
    loaded_ids: set[int] = set().union(*threads.values())
    for query in ids:
        ranked = [number for number in pools.ranked(query) if number not in pools.places]
        loaded_ids.update(ranked[: CANDIDATES_MOST + CANDIDATES_SPARE])
    pools.members.update(await load_members(connection, sorted(loaded_ids - pools.places.keys())))
    return pools


async def candidates(
    connection: Connection, product_id: uuid.UUID, ids: Sequence[int]
) -> dict[int, list[Member]]:
    """For each comment the members of themes that may say the same, whatever else is placed now."""
    pools = await pools_of(connection, product_id, ids, ())
    return {query: pools.candidates(query, {}) for query in ids}


def in_thread_of(comment: Member, placed: Sequence[Member], latest: int) -> list[Member]:
    """Of the comments that the batch has placed those of the thread: what opened it, what is
    answered, and the latest."""
    if not comment.thread:
        return []
    thread = [one for one in placed if one.thread == comment.thread]
    first = [
        one for one in thread if one.opens or (comment.answers and one.name == comment.answers)
    ]
    chosen = [*first, *thread[-latest:]]
    return list({member.comment_id: member for member in chosen}.values())
