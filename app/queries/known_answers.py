"""Answered questions that may say the same as one that waits: found by nearness and shared words,
ranked as the comments of a theme are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
from psycopg import sql

from app.queries.first_answers import FIRST_ANSWER
from app.queries.questions import read_question
from app.storage.db import Connection
from app.storage.rows import fetch_all
from app.themes.candidates import titles_of, vectors_of
from app.themes.searches import FIND_QUESTIONS_BY_TEXT, scores_by_query
from classifiers.grouping.fusion import (
    NEAREST_SEARCHED,
    WORDS_SEARCHED,
    fused_scores,
    shared_titles,
)

QUESTIONS_SEARCHED = 5_000
"""The latest questions of a product whose vectors are compared, one by one."""
ANSWERS_SHOWN = 5

FIND_NEAR_QUESTIONS = """
    select q.id from (
      select c.id from comment c
      where c.product_id = %(product)s and c.kind = 'question' and c.deleted_at is null
        and c.id <> %(asked)s
      order by c.created_at desc, c.id desc limit %(searched)s
    ) q
    join comment_embedding e on e.comment_id = q.id
    join comment_embedding own on own.comment_id = %(asked)s and own.model = e.model
    order by e.embedding <#> own.embedding, q.id limit %(most)s
"""
# Where fewer people can read an answer than the question, its link would help nobody.
SELECT_ANSWERED = sql.SQL(
    """
    select cm.id as comment_id, left(cm.text, 500) as text, cm.permalink, cm.thread_title,
           s.name as source_name, s.platform, cm.created_at as asked_at, first.at as answered_at,
           coalesce(first.author, '') as answered_by,
           coalesce(nullif(first.permalink, ''), cm.permalink) as answer_permalink
    from comment cm join source s on s.id = cm.source_id
    left join author a on a.id = cm.author_id {first}
    where cm.id = any(%(ids)s::bigint[]) and cm.deleted_at is null and cm.kind = 'question'
      and first.at is not null
      and (cm.visibility in ('public', 'unknown') or cm.source_id = %(source)s)
    """
).format(first=FIRST_ANSWER)


@dataclass(frozen=True, slots=True)
class _Id:
    id: int


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """A question that was answered, and where."""

    comment_id: int
    text: str
    permalink: str
    thread_title: str
    source_name: str
    platform: str
    asked_at: datetime
    answered_at: datetime
    answered_by: str
    answer_permalink: str


async def known_answers(connection: Connection, comment_id: int) -> list[KnownAnswer]:
    """Answered questions that are most like this one, the likest first. Raises NotFound."""
    question = await read_question(connection, comment_id)
    values = {"product": question.product_id, "asked": comment_id}
    limits = {"searched": QUESTIONS_SEARCHED, "most": NEAREST_SEARCHED}
    near = await fetch_all(connection, FIND_NEAR_QUESTIONS, {**values, **limits}, of=_Id)
    near_ids = [row.id for row in near]
    by_words = await scores_by_query(
        connection,
        FIND_QUESTIONS_BY_TEXT,
        question.product_id,
        [comment_id],
        WORDS_SEARCHED,
        {comment_id: near_ids},
    )
    words = by_words.get(comment_id, {})
    ranked = await _ranked(connection, comment_id, near_ids, words)
    rows = await fetch_all(
        connection,
        SELECT_ANSWERED,
        {"ids": ranked, "source": question.source_id},
        of=KnownAnswer,
    )
    by_id = {row.comment_id: row for row in rows}
    return [by_id[number] for number in ranked if number in by_id][:ANSWERS_SHOWN]


async def read_known_answer(connection: Connection, comment_id: int, source_id: UUID) -> str:
    """The address of the first answer to a question, blank where it has none that people who read
    ``source_id`` could open."""
    values = {"ids": [comment_id], "source": source_id}
    rows = await fetch_all(connection, SELECT_ANSWERED, values, of=KnownAnswer)
    return rows[0].answer_permalink if rows else ""


async def _ranked(
    connection: Connection, question: int, near: list[int], words: dict[int, float]
) -> list[int]:
    """The questions that were found, the likest first: by the score by which comments are grouped,
    or by their words alone where the question has no vector yet."""
    vectors = await vectors_of(connection, {question, *near, *words})
    pool = sorted(number for number in {*near, *words} if number in vectors)
    if question not in vectors or not pool:
        return sorted(words, key=lambda number: (-words[number], number))
    titles = await titles_of(connection, [question, *pool])
    shared = shared_titles(titles.get(question, ""), [titles.get(number, "") for number in pool])
    scores = fused_scores(
        vectors[question].astype(np.float32),
        np.stack([vectors[number] for number in pool]).astype(np.float32),
        np.array([words.get(number, 0.0) for number in pool], np.float32),
        shared,
    )
    by_number = dict(zip(pool, scores.tolist(), strict=True))
    return sorted(pool, key=lambda number: (-by_number[number], number))
