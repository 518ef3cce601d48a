"""The same decision about many themes, for the page that selects them and for the API.

Each theme stands for itself: it is decided in a transaction of its own, so that one which is
refused stops no other, and nobody waits for the locks of two hundred themes at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from psycopg import Rollback
from structlog.contextvars import bound_contextvars

from app.errors import RelayError
from app.storage.db import Connection, Database
from app.triage import decisions


class BulkChoice(StrEnum):
    """What can be decided about many themes."""

    accept = "accept"
    ignore = "ignore"
    reopen = "reopen"


@dataclass(frozen=True, slots=True)
class BulkDecision:
    """One decision, by whom. Only an ``ignore`` has, and needs, a ``reason``; an ``accept`` waits
    ``undo_seconds`` before its tickets are made."""

    choice: BulkChoice
    actor: str
    undo_seconds: float
    reason: str = ""

    async def take(self, connection: Connection, theme_id: UUID) -> int:
        """Decide about one theme; returns the line of activity."""
        if self.choice is BulkChoice.accept:
            return await decisions.accept(
                connection, theme_id, actor=self.actor, undo_seconds=self.undo_seconds
            )
        if self.choice is BulkChoice.ignore:
            return await decisions.ignore(
                connection, theme_id, actor=self.actor, reason=self.reason
            )
        return await decisions.reopen(connection, theme_id, actor=self.actor)


@dataclass(frozen=True, slots=True)
class Decided:
    """A theme for which the decision was taken; no ``activity_id`` in a dry run."""

    theme_id: UUID
    activity_id: int | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A theme for which it was not: the reason in one word and in a sentence."""

    theme_id: UUID
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of each theme, in the order of their ids."""

    decided: list[Decided]
    refused: list[Refused]


async def decide_many(
    database: Database,
    decision: BulkDecision,
    theme_ids: Iterable[UUID],
    *,
    dry_run: bool = False,
) -> BulkOutcome:
    """Take one decision about every theme, each named once; ``dry_run`` changes nothing and says
    what would happen.

    Raises Invalid for a decision that nobody could take about any theme; DatabaseAway where the
    database goes away before the first decision is taken. After that the themes that are left are
    refused, so that the caller learns which ones were decided.
    """
    if decision.choice is BulkChoice.ignore:
        decisions.stated_reason(decision.reason)
    outcome = BulkOutcome([], [])
    ordered = sorted(set(theme_ids))
    for number, theme_id in enumerate(ordered):
        try:
            activity_id = await _decide(database, decision, theme_id, dry_run)
        except RelayError as error:
            if error.status < 500:
                outcome.refused.append(Refused(theme_id, error.reason, error.detail))
                continue
            if dry_run or not outcome.decided:
                raise
            left = ordered[number:]
            outcome.refused.extend(Refused(one, error.reason, error.detail) for one in left)
            break
        outcome.decided.append(Decided(theme_id, activity_id))
    return outcome


async def _decide(
    database: Database, decision: BulkDecision, theme_id: UUID, dry_run: bool
) -> int | None:
    with bound_contextvars(theme=str(theme_id)):
        async with database.transaction() as connection, connection.transaction():
            activity_id = await decision.take(connection, theme_id)
            if dry_run:
                raise Rollback
            return activity_id
    return None
