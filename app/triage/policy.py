"""Applies rules and policies to the themes that the group step changed: on ``auto``, a theme that
enough people speak of is accepted by itself.

It is a step of its own after grouping. The group step marks a theme as due in its own transaction,
so a worker that dies in between loses nothing: whoever works next finds the mark.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import psycopg
import structlog
from structlog.contextvars import bound_contextvars

from app.errors import RelayError
from app.models.states import ThemeStatus
from app.storage.db import Connection, Database, is_away
from app.storage.rows import fetch_one, fetch_value
from app.themes.activity import SYSTEM
from app.tickets.routing import decide_theme
from app.triage import decisions

log = structlog.get_logger(__name__)

POLICY_RETRY_SECONDS = 60
"""After this time a theme is tried again whose acceptance failed; others go on meanwhile."""

CLAIM_DUE_THEME = """
    select t.id, t.product_id, t.status, t.people, t.confidence
    from theme t
    where t.policy_due_at <= now() order by t.policy_due_at, t.id limit 1
    for no key update of t skip locked
"""
CLEAR_POLICY_DUE = "update theme set policy_due_at = null where id = %s"
POSTPONE_POLICY = "update theme set policy_due_at = now() + make_interval(secs => %s) where id = %s"
COUNT_THEMES_DUE = """
    select count(*) from theme where product_id = %s and policy_due_at <= now()
"""


@dataclass(frozen=True, slots=True)
class DueTheme:
    """A theme that changed, and what thresholds are held against."""

    id: uuid.UUID
    product_id: uuid.UUID
    status: ThemeStatus
    people: int
    confidence: float


async def apply_policies(database: Database, *, limit: int) -> int:
    """Look at up to ``limit`` themes that are due, each in a transaction of its own; returns how
    many."""
    for number in range(limit):
        if not await _apply_next(database):
            return number
    return limit


async def _apply_next(database: Database) -> bool:
    """Apply the policy to the theme that is due first; False where none is."""
    async with database.transaction() as connection:
        theme = await fetch_one(connection, CLAIM_DUE_THEME, of=DueTheme)
        if theme is None:
            return False
        with bound_contextvars(stage="policy", theme=str(theme.id)):
            try:
                async with connection.transaction():
                    if await _is_ripe(connection, theme):
                        await decisions.accept(connection, theme.id, actor=SYSTEM, undo_seconds=0)
                    await connection.execute(CLEAR_POLICY_DUE, [theme.id])
            except (psycopg.Error, RelayError) as error:
                if is_away(error):
                    raise
                log.exception("policy_not_applied")
                await connection.execute(POSTPONE_POLICY, [POLICY_RETRY_SECONDS, theme.id])
    return True


async def _is_ripe(connection: Connection, theme: DueTheme) -> bool:
    """Whether the rule that matches it, or its product, accepts it without a person's word."""
    if theme.status is not ThemeStatus.triage:
        return False
    decision = await decide_theme(connection, theme.product_id, theme.id)
    return decision.is_ripe(theme.people, theme.confidence)


async def themes_due(connection: Connection, product_id: uuid.UUID) -> int:
    """How many themes of a product wait for its policy."""
    return int(await fetch_value(connection, COUNT_THEMES_DUE, [product_id]))
