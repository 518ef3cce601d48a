"""Candidates from a real database: copies first, then the score that evaluation ranks by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from app.themes.candidates import load_members
from app.themes.pools import CANDIDATES_MOST, candidates
from app.themes.searches import FIND_BY_TEXT
from classifiers.contract import Kind, Vectors
from classifiers.grouping.fusion import fused_scores
from tests.scenes.forum import Forum
from tests.scenes.placing import add_grouped_comments

TEXT = {"rare": 0.0002, "lexemes": 10, "matches": 100, "batch": []}


def turned(*degrees: float) -> Vectors:
    """Unit vectors in a plane of the space."""
    vectors = np.zeros((len(degrees), 384), np.float32)
    vectors[:, 0], vectors[:, 1] = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return vectors


async def found(forum: Forum, asked: int) -> list[int]:
    async with forum.database.transaction() as connection:
        members = await candidates(connection, forum.product_id, [asked])
    return [member.comment_id for member in members[asked]]


async def shares(forum: Forum, asked: int, most: int, near: Sequence[int] = ()) -> dict[int, float]:
    """The shares of words by the search for text alone."""
    values = {
        "ids": [asked],
        "near": [f"{{{','.join(map(str, near))}}}"],
        "product": forum.product_id,
        "most": most,
    }
    async with forum.database.transaction() as connection:
        rows = await (await connection.execute(FIND_BY_TEXT, TEXT | values)).fetchall()
    return {row["comment_id"]: float(row["score"]) for row in rows}


async def test_the_candidates_are_those_of_the_best_score(forum: Forum) -> None:
    chance = np.random.default_rng(4)
    middles = chance.normal(size=(5, 384))
    vectors = (middles[chance.integers(0, 5, 40)] + chance.normal(size=(40, 384))).astype(
        np.float32
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors.astype(np.float16).astype(np.float32)  # as they are stored
    texts = [" ".join(f"term{number}" for number in chance.integers(0, 30, 6)) for _ in range(40)]
    ids = await add_grouped_comments(forum, texts, vectors)
    for query in (0, 7, 21):
        said = await shares(forum, ids[query], 40)
        others = [number for number in range(40) if number != query]
        words = np.array([said.get(ids[number], 0) for number in others], np.float32)
        assert 0 < np.count_nonzero(words) < 39
        scores = fused_scores(vectors[query], vectors[others], words)
        best = [
            ids[others[number]] for number in np.argsort(-scores, kind="stable")[:CANDIDATES_MOST]
        ]
        assert await found(forum, ids[query]) == best


async def test_titles_count_where_both_have_one(forum: Forum) -> None:
    texts = [
        "camera crash\non my phone",
        "battery drain\nby camera crash",
        "camera crash\nby battery drain",
    ]
    ids = await add_grouped_comments(forum, texts, turned(0, 30, -30))
    assert await found(forum, ids[0]) == [ids[2], ids[1]]
    untitled = await add_grouped_comments(forum, ["camera crash on tablets"], turned(1))
    assert (await found(forum, untitled[0]))[0] == ids[0]


async def test_what_is_near_to_everything_gives_way(forum: Forum) -> None:
    bundle = [-28 - step / 10 for step in range(12)]
    texts = ["camera crash", "battery drain", *(f"list{number}" for number in range(12))]
    ids = await add_grouped_comments(forum, texts, turned(0, 30, *bundle))
    assert (await found(forum, ids[0]))[0] == ids[1]


async def test_copies_come_first_however_far_their_vectors(forum: Forum) -> None:
    texts = ["same words here", "quite near", "Same words here!", "nearer", "far away"]
    ids = await add_grouped_comments(forum, texts, turned(0, 10, 170, 5, 120))
    assert (await found(forum, ids[0]))[0] == ids[2]


async def test_one_other_comment_is_a_candidate_and_none_is_no_error(forum: Forum) -> None:
    (first,) = await add_grouped_comments(forum, ["camera crash"], turned(0))
    assert await found(forum, first) == []
    (second,) = await add_grouped_comments(forum, ["battery drain"], turned(40))
    assert await found(forum, first) == [second]


async def test_shared_words_count_as_a_share_of_the_comments_own(forum: Forum) -> None:
    texts = ["quux frob", "frob quux", "quux zork", "glib zork", "frob " + "glib zork " * 200]
    ids = await add_grouped_comments(forum, texts, turned(0, 1, 2, 3, 4))
    said = await shares(forum, ids[0], 10)
    assert said.keys() == {ids[1], ids[2], ids[4]}
    assert said[ids[1]] == pytest.approx(1)
    assert said[ids[2]] == pytest.approx(0.5, abs=0.01)
    assert said[ids[4]] < 0.25, "a long text holds a word sooner by chance"


async def test_near_comments_get_their_share_beyond_the_best_by_words(forum: Forum) -> None:
    ids = await add_grouped_comments(
        forum,
        ["quux frob", "quux frob now", "quux late", "frob later", "glib"],
        turned(0, 1, 2, 3, 4),
    )
    assert (await shares(forum, ids[0], 1)).keys() == {ids[1]}
    with_near = await shares(forum, ids[0], 1, near=[ids[3], ids[4]])
    assert with_near.keys() == {ids[1], ids[3]}
    assert with_near[ids[3]] == pytest.approx((await shares(forum, ids[0], 10))[ids[3]])


async def test_a_member_is_sure_where_a_person_spoke_or_the_model_does_not_doubt(
    forum: Forum,
) -> None:
    ids = await add_grouped_comments(forum, ["sure", "doubted", "another"], turned(0, 1, 2))
    await forum.rows("update comment set kind_reason = 'unsure' where id = %s returning id", ids[1])
    await forum.rows("update comment set kind = 'feature' where id = %s returning id", ids[2])

    async def sure() -> list[bool]:
        async with forum.database.transaction() as connection:
            members = await load_members(connection, ids)
        assert {members[number].kind for number in ids} == {Kind.bug}, "the theme's"
        return [members[number].sure for number in ids]

    assert await sure() == [True, False, False]
    await forum.rows("update theme set kind_by = 'person' returning id")
    assert await sure() == [True, True, True]
