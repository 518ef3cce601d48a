"""The parse step: deliveries become comments, each version once, whatever order they come in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import psycopg
import structlog
from structlog.contextvars import bound_contextvars

from app.intake.changing import (
    Changed,
    DeliveredChanges,
    ThemesChanged,
    carry_out,
    lock_scopes,
)
from app.intake.comment_store import ParsedDelivery, Stored, store_comments
from app.intake.own_words import OWN_WORDS_DETAIL, own_events
from app.intake.taking_back import TakeBackInThemes, take_back
from app.intake.understanding import NOT_KEPT_REASON, ClaimedDelivery, Outcome, understand
from app.metrics import STAGE_ROWS
from app.models.states import DeliveryStage
from app.storage.db import Connection, Database, is_away
from app.storage.rows import fetch_all

log = structlog.get_logger(__name__)

DETAIL_MAX_CHARACTERS = 2_000

CLAIM_DELIVERIES = """
    with picked as (
        select id from delivery
        where stage = 'received' and (lease_until is null or lease_until < now())
        order by id limit %(limit)s for update skip locked
    )
    update delivery d
    set lease_until = now() + make_interval(secs => %(lease)s), attempts = d.attempts + 1
    from picked, source s where d.id = picked.id and s.id = d.source_id
    returning d.id, d.product_id, d.source_id, d.received_at, d.method, d.headers, d.query, d.body,
              d.attempts, s.platform, s.settings
"""
FINISH_DELIVERIES = """
    update delivery d
    set stage = o.stage, event = o.event, reason = o.reason, detail = o.detail,
        visibility = o.visibility,
        body = case when o.reason in ('not_kept', 'private_not_kept') then '' else d.body end,
        lease_until = null, finished_at = now()
    from unnest(%t::bigint[], %t::text[], %t::text[], %t::text[], %t::text[], %t::text[])
        as o(id, stage, event, reason, detail, visibility)
    where d.id = o.id and d.stage = 'received'
"""
KEEP_REST_OF_BODIES = """
    update delivery d set body = n.body
    from unnest(%(ids)b::bigint[], %(bodies)b::bytea[]) as n(id, body) where d.id = n.id
"""


@dataclass(frozen=True, slots=True)
class Hooks:
    """What themes, which stand above this room, do about what is stored here."""

    in_themes: TakeBackInThemes | None = None
    themes_changed: ThemesChanged | None = None


async def parse_batch(
    database: Database,
    *,
    limit: int,
    lease: float,
    max_attempts: int,
    in_themes: TakeBackInThemes | None = None,
    themes_changed: ThemesChanged | None = None,
) -> int:
    """Parse up to ``limit`` waiting deliveries; returns how many were taken. ``in_themes`` is what
    themes do about words that were taken back, ``themes_changed`` about comments that have another
    title, author or visibility. Raises DatabaseAway."""
    hooks = Hooks(in_themes, themes_changed)
    with bound_contextvars(stage="parse"):
        async with database.transaction() as connection:
            claimed = await fetch_all(
                connection, CLAIM_DELIVERIES, {"limit": limit, "lease": lease}, of=ClaimedDelivery
            )
        if not claimed:
            return 0
        outcomes = []
        for delivery in sorted(claimed, key=lambda delivery: delivery.id):
            with bound_contextvars(source=str(delivery.source_id), delivery=delivery.id):
                outcomes.append(understand(delivery, max_attempts))
        await _finish_batch(database, outcomes, hooks)
        return len(outcomes)


async def _finish_batch(database: Database, outcomes: Sequence[Outcome], hooks: Hooks) -> None:
    """Store the batch in one transaction, or one by one where the database refuses something."""
    try:
        async with database.transaction() as connection:
            await _finish(connection, outcomes, hooks)
    except (psycopg.Error, ValueError) as error:
        if is_away(error):
            raise
        log.warning("parse_batch_split", size=len(outcomes), error=type(error).__name__)
        for outcome in outcomes:
            delivery = outcome.delivery
            with bound_contextvars(source=str(delivery.source_id), delivery=delivery.id):
                await _finish_alone(database, outcome, hooks)


async def _finish_alone(database: Database, outcome: Outcome, hooks: Hooks) -> None:
    """One delivery in its own transaction, so that one the database refuses does not hold the
    others back."""
    try:
        async with database.transaction() as connection:
            await _finish(connection, [outcome], hooks)
    except (psycopg.Error, ValueError) as error:
        if is_away(error) or isinstance(error, psycopg.OperationalError):
            raise
        log.exception("comment_refused")
        refused = Outcome(
            outcome.delivery,
            DeliveryStage.failed,
            outcome.event,
            "not_storable",
            "The database refused it; see the log.",
        )
        async with database.transaction() as connection:
            await _finish(connection, [refused], hooks)


async def _finish(connection: Connection, outcomes: Sequence[Outcome], hooks: Hooks) -> None:
    speaking = [outcome for outcome in outcomes if outcome.events or outcome.changes]
    await lock_scopes(connection, [(one.delivery.source_id, one.changes) for one in speaking])
    outcomes = await _without_own_words(connection, outcomes)
    parsed = [
        ParsedDelivery(
            outcome.delivery.id,
            outcome.delivery.product_id,
            outcome.delivery.source_id,
            outcome.delivery.platform,
            outcome.delivery.received_at,
            outcome.events,
        )
        for outcome in outcomes
        if outcome.events
    ]
    stored = await store_comments(connection, parsed) if parsed else Stored()
    await connection.execute(
        FINISH_DELIVERIES,
        [
            [outcome.delivery.id for outcome in outcomes],
            [outcome.stage for outcome in outcomes],
            [_storable(outcome.event) for outcome in outcomes],
            [outcome.reason for outcome in outcomes],
            [_storable(outcome.detail)[:DETAIL_MAX_CHARACTERS] for outcome in outcomes],
            [outcome.visibility for outcome in outcomes],
        ],
    )
    rests = {outcome.delivery.id: outcome.rest for outcome in outcomes if outcome.rest is not None}
    if rests:
        values = {"ids": list(rests), "bodies": list(rests.values())}
        await connection.execute(KEEP_REST_OF_BODIES, values)
    changed = await _carry_out(connection, outcomes, stored)
    await take_back(connection, stored, hooks.in_themes)
    if changed.themes and hooks.themes_changed is not None:
        await hooks.themes_changed(connection, changed.themes, comments=changed.reached)
    for outcome in outcomes:
        STAGE_ROWS.labels("parse", outcome.stage).inc()


async def _carry_out(
    connection: Connection, outcomes: Sequence[Outcome], stored: Stored
) -> Changed:
    """What became private, is gone or is called otherwise."""
    changes = [
        DeliveredChanges(
            outcome.delivery.id,
            outcome.delivery.product_id,
            outcome.delivery.source_id,
            outcome.delivery.platform,
            outcome.delivery.received_at,
            outcome.keep,
            outcome.changes,
        )
        for outcome in outcomes
        if outcome.changes
    ]
    keeping = frozenset(outcome.delivery.source_id for outcome in outcomes if outcome.keep)
    changed = await carry_out(connection, changes, stored.keys, keeping)
    stored.keys.update(changed.withdrawn)
    return changed


async def _without_own_words(connection: Connection, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes without what we wrote ourselves; a delivery of nothing else is ignored, and its
    body is not kept."""
    own = await own_events(
        connection,
        [(outcome.delivery.platform, event) for outcome in outcomes for event in outcome.events],
    )
    return [_without(outcome, own) for outcome in outcomes] if own else list(outcomes)


def _without(outcome: Outcome, own: set[int]) -> Outcome:
    others = [event for event in outcome.events if id(event) not in own]
    if len(others) == len(outcome.events):
        return outcome
    if others:
        return replace(outcome, events=others)
    return replace(
        outcome,
        stage=DeliveryStage.ignored,
        reason=NOT_KEPT_REASON,
        detail=OWN_WORDS_DETAIL,
        events=(),
        rest=None,
    )


def _storable(text: str) -> str:
    """``text`` as PostgreSQL takes it."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
