"""The parse step: deliveries become comments, each version exactly once, whatever order they come
in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
import structlog
from pydantic import BaseModel, ValidationError

from app.intake.comment_store import ParsedDelivery, store_comments
from app.metrics import STAGE_ROWS
from app.storage.db import Connection, Database, is_away
from integrations import registry
from integrations.contract import Inbound, IntegrationError
from integrations.source_contract import CommentEvent

log = structlog.get_logger(__name__)

CLAIM = """
    with picked as (
        select id from delivery
        where stage = 'received' and (lease_until is null or lease_until < now())
        order by id limit %(limit)s for update skip locked
    )
    update delivery d set lease_until = now() + make_interval(secs => %(lease)s), attempts = d.attempts + 1
    from picked, source s where d.id = picked.id and s.id = d.source_id
    returning d.id, d.product_id, d.source_id, d.received_at, d.method, d.headers, d.query, d.body, d.attempts,
              s.platform, s.settings
"""
FINISH = """
    update delivery d
    set stage = o.stage, event = o.event, reason = o.reason, detail = o.detail, lease_until = null, finished_at = now()
    from unnest(%t::bigint[], %t::text[], %t::text[], %t::text[], %t::text[]) as o(id, stage, event, reason, detail)
    where d.id = o.id and d.stage = 'received'
"""


@dataclass(slots=True)
class Outcome:
    """What became of one delivery: its next stage, the event's name, and why."""

    delivery_id: int
    stage: str
    event: str = ""
    reason: str = ""
    detail: str = ""
    events: Sequence[CommentEvent] = field(default_factory=tuple)


def understand(row: dict[str, Any], max_attempts: int) -> Outcome:
    """Name the delivery's event and parse it. Pure: no database, no network."""
    number: int = row["id"]
    if row["attempts"] > max_attempts:
        return Outcome(
            number,
            "failed",
            reason="gave_up",
            detail="The worker stopped every time it tried this delivery; replay it.",
        )
    inbound = Inbound(
        row["method"], row["headers"], bytes(row["body"]), row["query"], row["received_at"]
    )
    event = ""
    try:
        source = registry.source(row["platform"])
        event = source.event(inbound)[:200]
        known, why = registry.outcome(source, event)
        if known == "ignored":
            return Outcome(number, "ignored", event, "ignored_event", why)
        if known == "unknown":
            return Outcome(
                number,
                "unknown",
                event,
                "unknown_event",
                f"No rule says what to do with {event or 'this event'}.",
            )
        settings: BaseModel = source.settings.model_validate(row["settings"])
        events = source.parse(inbound, settings)
        return Outcome(number, "parsed", event, events=events)
    except ValidationError:
        return Outcome(
            number,
            "failed",
            event,
            "settings_invalid",
            "The source's settings are not complete; correct them and replay.",
        )
    except IntegrationError as error:
        return Outcome(number, "failed", event, error.reason, error.detail)
    except Exception:
        log.exception("parse_failed", delivery=number, platform=row["platform"])
        return Outcome(
            number, "failed", event, "internal_error", "An error of ours; it is in the log."
        )


async def parse_batch(database: Database, *, limit: int, lease: float, max_attempts: int) -> int:
    """Parse up to ``limit`` waiting deliveries; returns how many were taken. Raises
    DatabaseAway."""
    async with database.transaction() as connection:
        cursor = await connection.execute(CLAIM, {"limit": limit, "lease": lease})
        rows = sorted(await cursor.fetchall(), key=lambda row: int(row["id"]))
    if not rows:
        return 0
    done = [(row, understand(row, max_attempts)) for row in rows]
    try:
        async with database.transaction() as connection:
            await _finish(connection, done)
    except (psycopg.Error, ValueError) as error:
        if is_away(error):
            raise
        log.warning("parse_batch_split", size=len(done), error=type(error).__name__)
        for each in done:
            await _finish_alone(database, each)
    return len(rows)


async def _finish_alone(database: Database, each: tuple[dict[str, Any], Outcome]) -> None:
    """One delivery in its own transaction, so that one the database refuses does not hold the
    others back."""
    try:
        async with database.transaction() as connection:
            await _finish(connection, [each])
    except (psycopg.Error, ValueError) as error:
        if is_away(error) or isinstance(error, psycopg.OperationalError):
            raise
        log.exception("comment_refused", delivery=each[1].delivery_id)
        outcome = Outcome(
            each[1].delivery_id,
            "failed",
            each[1].event,
            "not_storable",
            "The database refused it; see the log.",
        )
        async with database.transaction() as connection:
            await _finish(connection, [(each[0], outcome)])


async def _finish(connection: Connection, done: Sequence[tuple[dict[str, Any], Outcome]]) -> None:
    parsed = [
        ParsedDelivery(
            row["id"],
            row["product_id"],
            row["source_id"],
            row["platform"],
            row["received_at"],
            outcome.events,
        )
        for row, outcome in done
        if outcome.events
    ]
    if parsed:
        await store_comments(connection, parsed)
    outcomes = [outcome for _, outcome in done]
    await connection.execute(
        FINISH,
        [
            [o.delivery_id for o in outcomes],
            [o.stage for o in outcomes],
            [_clean(o.event) for o in outcomes],
            [o.reason for o in outcomes],
            [_clean(o.detail)[:2000] for o in outcomes],
        ],
    )
    for outcome in outcomes:
        STAGE_ROWS.labels("parse", outcome.stage).inc()


def _clean(text: str) -> str:
    """``text`` as PostgreSQL takes it."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
