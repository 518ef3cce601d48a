"""Writes what a model made of comments: their vectors, and their kinds and the rest of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pgvector import HalfVector

from app.judging.may_report import MAY_REPORT_FROM, QUESTION_MAY_REPORT_FROM
from app.storage.db import Connection
from classifiers.contract import THEME_KINDS, UNSURE, Enrichment, Kind
from classifiers.grouping.copies import wording
from classifiers.kinds.enrich import UNSUPPORTED_LANGUAGE
from classifiers.texts.text import fingerprint

SCORE_DIGITS = 4
JOINING_REASONS = frozenset({"", UNSURE, UNSUPPORTED_LANGUAGE, "agreement", "no_words"})
"""Of what is neither bug nor request: "+1" or a thumb may agree in a thread; greetings, links and
spam say nothing that a theme could say as well."""

# A comment that was edited while it was with the model stays 'parsed' and comes round again.
# Staff's answers are understood like all others, but only what they open a thread with makes
# themes, unless the product says otherwise. What is neither bug nor request may belong to a theme
# all the same: where it answers in a thread, or where it may be one of them.
SAVE_ENRICHED = """
    update comment c
    set language = n.language, fingerprint = n.fingerprint, sentiment = n.sentiment,
        model_version = n.model_version,
        kind = case when c.kind_by = 'person' then c.kind else n.kind end,
        kind_confidence = case when c.kind_by = 'person' then 1 else n.confidence end,
        kind_scores = n.scores,
        kind_reason = case when c.kind_by = 'person' then '' else n.reason end,
        other_kinds = string_to_array(n.other_kinds, ' '),
        tone = n.tone, tone_confidence = n.hostile, wording = n.wording,
        stage = case
            when c.theme_id is not null then 'enriched'
            when c.kind_by = 'person' and c.kind <> all (%(theme_kinds)s) then 'grouped'
            when c.kind_by <> 'person' and n.kind <> all (%(theme_kinds)s)
                and not (n.may_join and (n.may_report or c.parent_id <> ''
                    or (c.thread_id <> '' and not c.opens_thread and exists (
                        select from comment o where o.source_id = c.source_id
                          and o.thread_id = c.thread_id and o.opens_thread)))) then 'grouped'
            when c.kind_by = 'model' and coalesce(a.is_staff, false) and not c.opens_thread
                and not p.count_staff then 'grouped'
            else 'enriched' end,
        attempts = 0, lease_until = null, reason = '', detail = ''
    from unnest(
        %(id)s::bigint[], %(version)s::text[], %(language)s::text[], %(fingerprint)s::text[],
        %(sentiment)s::float[], %(model_version)s::text[], %(kind)s::text[],
        %(confidence)s::float[], %(scores)s::jsonb[], %(reason)s::text[],
        %(other_kinds)s::text[], %(tone)s::text[], %(hostile)s::float[], %(wording)s::text[],
        %(may_join)s::boolean[], %(may_report)s::boolean[]
    ) as n(
        id, version, language, fingerprint, sentiment, model_version, kind,
        confidence, scores, reason, other_kinds, tone, hostile, wording, may_join,
        may_report
    ),
    product p, comment same left join author a on a.id = same.author_id
    where c.id = n.id and same.id = n.id and c.version = n.version and c.stage = 'parsed'
      and p.id = c.product_id
"""
UPSERT_VECTORS = """
    insert into comment_embedding (comment_id, product_id, model, embedding)
    select * from unnest(%b::bigint[], %b::uuid[], %t::text[], %b::halfvec[])
    on conflict (comment_id) do update set model = excluded.model, embedding = excluded.embedding
"""


@dataclass(frozen=True, slots=True)
class JudgedComment:
    """One version of a comment, what the model made of it, and the name of the model that chose
    its kind."""

    id: int
    product_id: uuid.UUID
    version: str
    text: str
    enrichment: Enrichment
    judge: str


async def save_vectors(
    connection: Connection, space: str, comments: Sequence[JudgedComment]
) -> None:
    """Store the vectors as ones of ``space``."""
    columns = [
        [comment.id for comment in comments],
        [comment.product_id for comment in comments],
        [space] * len(comments),
        [HalfVector(comment.enrichment.vector) for comment in comments],
    ]
    await connection.execute(UPSERT_VECTORS, columns)


def judgement_columns(comments: Sequence[JudgedComment]) -> dict[str, Any]:
    """The parameters of ``SAVE_ENRICHED``, a list for each column and what is the same for all."""
    enrichments = [comment.enrichment for comment in comments]
    return {
        "id": [comment.id for comment in comments],
        "version": [comment.version for comment in comments],
        "language": [enrichment.language for enrichment in enrichments],
        "fingerprint": [fingerprint(comment.text) for comment in comments],
        "sentiment": [enrichment.sentiment for enrichment in enrichments],
        "model_version": [comment.judge for comment in comments],
        "kind": [enrichment.kind.value for enrichment in enrichments],
        "confidence": [enrichment.confidence for enrichment in enrichments],
        "scores": [scores_json(enrichment.scores) for enrichment in enrichments],
        "reason": [enrichment.reason for enrichment in enrichments],
        "other_kinds": [
            " ".join(kind.value for kind in enrichment.other_kinds) for enrichment in enrichments
        ],
        "tone": [enrichment.tone for enrichment in enrichments],
        "hostile": [enrichment.hostile for enrichment in enrichments],
        "wording": [wording(comment.text) for comment in comments],
        "may_join": [enrichment.reason in JOINING_REASONS for enrichment in enrichments],
        "may_report": [_may_report(enrichment) for enrichment in enrichments],
        "theme_kinds": [kind.value for kind in THEME_KINDS],
    }


def _may_report(enrichment: Enrichment) -> bool:
    """Whether it may be a bug or a request though it was told neither."""
    likely = sum(enrichment.scores.get(kind, 0.0) for kind in THEME_KINDS)
    asks = enrichment.kind is Kind.question
    least = QUESTION_MAY_REPORT_FROM if asks else MAY_REPORT_FROM
    return enrichment.reason == UNSURE or (not enrichment.reason and likely >= least)


def scores_json(scores: Mapping[Kind, float]) -> str:
    """The scores of the kinds as they are stored."""
    return json.dumps({kind.value: round(score, SCORE_DIGITS) for kind, score in scores.items()})
